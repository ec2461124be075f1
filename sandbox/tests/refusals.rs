//! What is refused before or beside the state: credentials, bad input, paths; and magic numbers and dialects.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write as _;

use ants_otp_sandbox::{Account, Dialect, Sandbox, State};
use common::{Answer, CODE, Caller, MOBILE, UNKNOWN_ID, WRONG, basic, connect, sandbox, send};
use serde_json::{Value, json};

const SERVICE: [&str; 4] = ["/otp/requestOTP", "/otp/resendOTP", "/otp/verifyOTP", "/account/balance"];

#[test]
fn bad_credentials_are_a_401_on_every_path() {
    let sandbox = sandbox();
    let (user, password, token) = (sandbox.username(), sandbox.password(), sandbox.token());
    let bad = [
        basic(user, "wrong"),
        basic("nobody", password),
        basic(user, ""),
        basic(user, &format!("{password} ")),
        basic(&user.to_uppercase(), password),
        basic("", token),
        format!("Bearer {token}x"),
        "Bearer".into(),
        "Bearer ".into(),
        "Basic !!!".into(),
        format!("Digest {token}"),
        token.into(),
        String::new(),
    ];
    for path in SERVICE {
        for authorization in &bad {
            let answer = Caller::with(&sandbox, authorization).post(path, json!({}));
            answer.assert_refused(401, "Authentication failed");
            assert!(answer.head.contains("www-authenticate: basic"), "{}", answer.head);
        }
        send(&sandbox, "POST", path, "Content-Type: application/json\r\n", b"{}")
            .assert_refused(401, "Authentication failed");
    }
}

#[test]
fn two_authorization_headers_are_a_401() {
    let sandbox = sandbox();
    let good = basic(sandbox.username(), sandbox.password());
    let headers = format!("Authorization: {good}\r\nAuthorization: {good}\r\nContent-Type: application/json\r\n");
    send(&sandbox, "POST", "/account/balance", &headers, b"{}").assert_refused(401, "Authentication failed");
}

#[test]
fn schemes_are_understood_in_any_letter_case() {
    let sandbox = sandbox();
    for authorization in [
        basic(sandbox.username(), sandbox.password()).replace("Basic", "bASIC"),
        format!("bearer  {}", sandbox.token()),
    ] {
        assert_eq!(Caller::with(&sandbox, authorization).balance().status, 200);
    }
}

#[test]
fn other_paths_are_a_404_and_other_methods_a_405() {
    let sandbox = sandbox();
    for path in ["/otp", "/otp/requestOTP/", "/otp/requestotp", "/v1/otp/requestOTP", "/sandbox", "/sandbox/other"] {
        assert_eq!(Caller::new(&sandbox).post(path, json!({})).status, 404, "{path}");
    }
    for path in SERVICE.into_iter().chain(["/sandbox/reset", "/sandbox/reports"]) {
        for method in ["GET", "PUT", "DELETE"] {
            assert_eq!(send(&sandbox, method, path, "", b"").status, 405, "{method} {path}");
        }
    }
    assert_eq!(send(&sandbox, "POST", "/sandbox/messages", "", b"").status, 405);
}

#[test]
fn bodies_that_are_no_json_object_are_bad_requests() {
    let sandbox = sandbox();
    let deep = "[".repeat(10_000);
    let bodies: [&[u8]; 10] = [
        b"",
        b"{",
        b"otcId=1",
        b"[]",
        b"\"text\"",
        b"null",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b"{\"a\": \"\xff\"}",
        deep.as_bytes(),
    ];
    for path in SERVICE {
        for body in bodies {
            Caller::new(&sandbox).post_bytes(path, body).assert_refused(200, "Bad Request");
        }
    }
}

#[test]
fn values_of_a_wrong_type_are_bad_requests_that_name_the_value() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let otp_id = caller.requested(MOBILE);
    let request = json!({"otcId": sandbox.otc_id(), "mobile": MOBILE});
    let verify = json!({"otpId": otp_id, "otpCode": CODE});
    let resend = json!({"otpId": otp_id, "otcId": sandbox.otc_id()});
    let optional = ["notifyUrl", "notifyContentType", "callbackData"];
    for (path, body, own) in [
        ("/otp/requestOTP", request, ["otcId", "mobile"]),
        ("/otp/verifyOTP", verify, ["otpId", "otpCode"]),
        ("/otp/resendOTP", resend, ["otpId", "otcId"]),
    ] {
        for name in own.into_iter().chain(optional) {
            for value in [json!(1), json!(true), json!(["x"]), json!({}), json!("nul\0inside")] {
                let mut body = body.clone();
                body[name] = value;
                let answer = caller.post(path, body);
                answer.assert_refused(200, "Bad Request");
                assert!(answer.json()["error"]["description"].as_str().unwrap().contains(name), "{}", answer.text);
            }
        }
    }
    assert_eq!(sandbox.messages().len(), 1);
    assert_eq!(sandbox.messages()[0].state, State::Waiting);
}

#[test]
fn missing_values_are_bad_requests() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    for (path, body) in [
        ("/otp/requestOTP", json!({})),
        ("/otp/requestOTP", json!({"mobile": MOBILE})),
        ("/otp/requestOTP", json!({"otcId": sandbox.otc_id()})),
        ("/otp/requestOTP", json!({"otcId": sandbox.otc_id(), "mobile": null})),
        ("/otp/verifyOTP", json!({"otpId": UNKNOWN_ID})),
        ("/otp/verifyOTP", json!({"otpCode": CODE})),
        ("/otp/resendOTP", json!({"otpId": null, "otcId": null})),
    ] {
        caller.post(path, body).assert_refused(200, "Bad Request");
    }
}

#[test]
fn report_options_are_taken_as_text_of_up_to_2048_characters() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let body = |callback_data: &str| {
        json!({
            "otcId": sandbox.otc_id(), "mobile": MOBILE, "notifyUrl": "https://testSendOTP",
            "notifyContentType": "application/json", "callbackData": callback_data,
        })
    };
    assert!(caller.post("/otp/requestOTP", body("OTP Data, สวัสดี\r\n")).json()["otpId"].is_string());
    assert!(caller.post("/otp/requestOTP", body(&"ส".repeat(2048))).json()["otpId"].is_string());
    caller.post("/otp/requestOTP", body(&"x".repeat(2049))).assert_refused(200, "Bad Request");
    let null = json!({"otcId": sandbox.otc_id(), "mobile": MOBILE, "notifyUrl": null, "other": [1]});
    assert!(caller.post("/otp/requestOTP", null).json()["otpId"].is_string());
}

#[test]
fn a_content_type_that_is_not_json_is_a_bad_request() {
    let sandbox = sandbox();
    let authorization = format!("Authorization: {}\r\n", basic(sandbox.username(), sandbox.password()));
    let post = |content_type: &str| {
        send(&sandbox, "POST", "/account/balance", &format!("{authorization}{content_type}"), b"{}")
    };
    for content_type in
        ["", "Content-Type: text/plain\r\n", "Content-Type: application/jsonx\r\n", "Content-Type: \r\n"]
    {
        post(content_type).assert_refused(200, "Bad Request");
    }
    for content_type in ["Content-Type: application/json; charset=utf-8\r\n", "content-type: Application/JSON\r\n"] {
        assert_eq!(post(content_type).json()["type"], "postpaid");
    }
}

#[test]
fn a_body_that_is_far_too_large_is_a_413_that_the_client_can_read() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    // The larger one does not fit into the socket's buffers: without reading past it, the client would see a reset.
    for megabytes in [1, 8] {
        let body = json!({"otcId": "x".repeat(megabytes * 1024 * 1024), "mobile": MOBILE}).to_string();
        for path in SERVICE {
            caller.post_bytes(path, body.as_bytes()).assert_refused(413, "Bad Request");
        }
        let without_credentials = send(&sandbox, "POST", "/account/balance", "", body.as_bytes());
        without_credentials.assert_refused(401, "Authentication failed");
        assert_eq!(send(&sandbox, "POST", "/sandbox/clock", "", body.as_bytes()).status, 400);
    }
}

#[test]
fn the_limit_is_64_kib_in_chunks_too() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let padded = |length: usize| format!("{{}}{}", " ".repeat(length - 2));
    assert_eq!(caller.post_bytes("/account/balance", padded(65_536).as_bytes()).status, 200);
    assert_eq!(caller.post_bytes("/account/balance", padded(65_537).as_bytes()).status, 413);

    let mut socket = connect(&sandbox);
    write!(
        socket,
        "POST /account/balance HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        caller.authorization
    )
    .unwrap();
    for _ in 0..65 {
        write!(socket, "400\r\n{}\r\n", " ".repeat(1024)).unwrap();
    }
    write!(socket, "0\r\n\r\n").unwrap();
    Answer::read(socket).assert_refused(413, "Bad Request");
}

#[test]
fn magic_numbers_that_act_on_request() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    for (mobile, status, message) in [
        ("66800000301", 200, "Invalid OTP Config"),
        ("66800000302", 200, "Number Prefix Missing"),
        ("66800000307", 200, "Invalid Number"),
        ("66800000429", 429, "Too Many Requests"),
        ("66800009995", 200, "Credit not enough"),
        ("66800009996", 200, "Bad Request"),
        ("66800009998", 401, "Authentication failed"),
        ("66800009999", 200, "Exception"),
    ] {
        let answer = caller.request(mobile);
        answer.assert_refused(status, message);
        assert_eq!(answer.head.contains("retry-after: 30"), status == 429, "{}", answer.head);
    }
    assert!(sandbox.messages().is_empty());
}

#[test]
fn magic_numbers_that_act_on_verify() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let verify = |mobile: &str, code: &str| caller.verify(&caller.requested(mobile), code);
    for code in [CODE, WRONG] {
        verify("66800000303", code).assert_refused(200, "No Data Available OTP");
        verify("66800000304", code).assert_verdict(false, true, false);
        verify("66800000305", code).assert_verdict(false, false, true);
        verify("66800000306", code).assert_refused(200, "OTP Code Confirmed");
    }
    verify("66800000000", CODE).assert_verdict(true, false, false);
}

#[test]
fn an_account_is_answered_in_its_dialect() {
    let account = Account::basic("other", "secret").dialect(Dialect::other());
    let sandbox = Sandbox::builder().account(account).start().unwrap();
    let caller = Caller::with(&sandbox, basic("other", "secret"));
    let error = |answer: Answer| {
        (answer.status, answer.json()["error"]["code"].clone(), answer.json()["error"]["message"].clone())
    };

    let sent = caller.request(MOBILE);
    assert_eq!(sent.json()["status"], json!({"message": "สำเร็จ", "description": ""}));
    assert_eq!(sent.json()["success"], Value::Null);
    let otp_id = sent.text_of("otpId");
    assert_eq!(
        caller.verify(&otp_id, "").json(),
        json!({"otpId": otp_id, "result": "false", "isErrorCount": "false", "isExprCode": "false"})
    );
    assert_eq!(caller.verify(&otp_id, &sandbox.last_code(MOBILE).unwrap()).json()["result"], "true");
    assert_eq!(error(caller.verify(&otp_id, "")), (400, json!("0306"), json!("OTP Code ยืนยันตัวตนไปแล้ว")));

    let magic = |mobile: &str| error(caller.verify(&caller.requested(mobile), ""));
    assert_eq!(magic("66800000304"), (400, json!("0304"), json!("กรอกข้อมูลเกินจำนวนครั้งที่กำหนด")));
    assert_eq!(magic("66800000305"), (400, json!("0305"), json!("OTP Code หมดอายุ")));
    assert_eq!(error(caller.request("66800009995")), (402, json!("9995"), json!("เครดิตหมด")));
    assert_eq!(error(caller.request("66800009999")), (500, json!("9999"), json!("ผิดพลาด")));
    assert_eq!(error(caller.request("66800009998")), (401, json!("9998"), json!("username or password ผิดพลาด")));
    assert_eq!(error(caller.request("66800000429")), (429, Value::Null, json!("Too Many Requests")));
    assert_eq!(error(caller.post("/account/balance", json!([]))), (400, json!("9996"), json!("คำสั่งไม่ถูกต้อง")));
    // The ready account beside it still hears the specification's form.
    Caller::new(&sandbox).request("66800009995").assert_refused(200, "Credit not enough");
}
