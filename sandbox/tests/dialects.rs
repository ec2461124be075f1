//! Dialects chosen by account, by request and by the sandbox, and answers in XML.
#![allow(clippy::unwrap_used)]

mod common;

use ants_otp_sandbox::{Account, Dialect, Sandbox};
use common::{Answer, CODE, Caller, MOBILE, UNKNOWN_ID, basic, sandbox, send};
use serde_json::{Value, json};

fn post(caller: &Caller, headers: &str, path: &str, body: &Value) -> Answer {
    let authorization = &caller.authorization;
    let headers = format!("Authorization: {authorization}\r\nContent-Type: application/json\r\n{headers}");
    send(caller.sandbox, "POST", path, &headers, body.to_string().as_bytes())
}

#[test]
fn a_request_chooses_the_dialect_of_its_own_answer() {
    let account = Account::basic("thai", "secret").dialect(Dialect { thai: true, ..Dialect::default() });
    let sandbox = Sandbox::builder().account(account).start().unwrap();
    let caller = Caller::with(&sandbox, basic("thai", "secret"));
    let unknown = json!({"otpId": UNKNOWN_ID, "otpCode": CODE});
    let verify = |headers: &str| post(&caller, headers, "/otp/verifyOTP", &unknown);
    verify("").assert_refused(200, "ไม่พบข้อมูล OTP");
    verify("X-Sandbox-Dialect: specification\r\n").assert_refused(200, "No Data Available OTP");
    verify("x-sandbox-dialect: error-statuses\r\n").assert_refused(400, "No Data Available OTP");
    let other = verify("X-Sandbox-Dialect: error-codes, thai\r\n").json();
    assert_eq!(other["error"], json!({"code": "0303", "message": "ไม่พบข้อมูล OTP", "description": ""}));
    verify("").assert_refused(200, "ไม่พบข้อมูล OTP");
}

#[test]
fn a_request_without_credentials_is_answered_in_the_dialect_it_chose() {
    let sandbox = sandbox();
    let caller = Caller::with(&sandbox, "Basic x");
    let answer = post(&caller, "X-Sandbox-Dialect: thai\r\n", "/account/balance", &json!({}));
    answer.assert_refused(401, "username or password ผิดพลาด");
}

#[test]
fn an_unknown_dialect_is_a_400_that_names_the_known_ones() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    for dialect in ["klingon", "", "ไทย"] {
        let answer = post(&caller, &format!("X-Sandbox-Dialect: {dialect}\r\n"), "/account/balance", &json!({}));
        assert_eq!(answer.status, 400);
        assert!(answer.json()["error"]["description"].as_str().unwrap().contains("status-object"));
    }
}

#[test]
fn the_sandboxs_dialect_is_that_of_accounts_without_their_own() {
    let own = Account::basic("own", "secret").dialect(Dialect::default());
    let sandbox = Sandbox::builder().dialect(Dialect::other()).account(own).start().unwrap();
    assert_eq!(Caller::new(&sandbox).request(MOBILE).json()["status"]["message"], "สำเร็จ");
    assert_eq!(Caller::with(&sandbox, basic("own", "secret")).request(MOBILE).json()["success"]["message"], "success");
}

#[test]
fn xml_is_answered_where_only_xml_is_accepted() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let answer = post(&caller, "Accept: application/xml\r\n", "/account/balance", &json!({}));
    assert!(answer.head.contains("content-type: application/xml"), "{}", answer.head);
    assert_eq!(
        answer.text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><response><credit>1000</credit><type>postpaid</type></response>"
    );
    let verify = json!({"otpId": caller.requested(MOBILE), "otpCode": CODE});
    let answer = post(&caller, "Accept: text/xml\r\n", "/otp/verifyOTP", &verify);
    assert!(answer.text.contains("<isErrorCount>false</isErrorCount>"), "{}", answer.text);
    let both = post(&caller, "Accept: application/json, application/xml\r\n", "/account/balance", &json!({}));
    assert_eq!(both.json()["type"], "postpaid");
}
