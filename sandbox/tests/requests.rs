//! The log of requests: what came in, what was answered and why, without secrets.
#![allow(clippy::unwrap_used)]

mod common;

use ants_otp_sandbox::{Fault, LoggedRequest, Operation, Sandbox};
use common::{CODE, Caller, MOBILE, UNKNOWN_ID, WRONG, basic, sandbox, send};
use serde_json::{Value, json};

fn logged(sandbox: &Sandbox) -> Value {
    send(sandbox, "GET", "/sandbox/requests", "", b"").json()
}

fn last(sandbox: &Sandbox) -> LoggedRequest {
    sandbox.requests().pop().unwrap()
}

#[test]
fn a_request_stands_in_it_with_all_that_was_sent_and_answered() {
    let sandbox = sandbox();
    let otp_id = Caller::new(&sandbox).requested(MOBILE);
    let mut logged = logged(&sandbox);
    let entry = &mut logged[0];
    assert!(entry["duration_ms"].take().as_u64().unwrap() < 5000);
    let answer: Value = serde_json::from_str(entry["answer"]["body"].take().as_str().unwrap()).unwrap();
    assert_eq!(answer["otpId"], json!(otp_id));
    let body = json!({"otcId": sandbox.otc_id(), "mobile": MOBILE}).to_string();
    assert_eq!(
        *entry,
        json!({
            "id": 1, "time": "2026-01-01T00:00:00Z", "method": "POST", "path": "/otp/requestOTP", "operation": "request",
            "status": 200, "code": 0, "name": "OK", "reason": "", "mobile": MOBILE, "otp_id": otp_id, "fault": null,
            "duration_ms": null,
            "request": {
                "headers": {
                    "Host": "localhost", "Connection": "close", "Content-Length": body.len().to_string(),
                    "Authorization": "Basic ***", "Content-Type": "application/json",
                },
                "body": body,
            },
            "answer": {"headers": {"Content-Type": "application/json"}, "body": null},
        })
    );
    assert_eq!(sandbox.requests().len(), 1, "the sandbox's own paths are not logged");
}

#[test]
fn why_a_call_was_refused_is_told() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let otp_id = caller.requested(MOBILE);
    let refused = |code: i32, name: &str, reason: &str| {
        let last = last(&sandbox);
        assert_eq!((last.code, last.name, last.reason.as_str()), (code, name, reason));
        last
    };
    caller.request("0812345678");
    let entry =
        refused(302, "NUMBER_PREFIX_MISSING", "The number has no country prefix: it must be written as 66812345678.");
    assert_eq!((entry.mobile.as_deref(), entry.otp_id), (Some("0812345678"), None));
    caller.request("66800000301");
    refused(301, "INVALID_OTP_CONFIG", "The number is a magic one: it brings about this code.");
    caller.post("/otp/requestOTP", json!({"otcId": "x", "mobile": MOBILE}));
    refused(301, "INVALID_OTP_CONFIG", "There is no OTP configuration with this otcId.");
    caller.post("/otp/requestOTP", json!({"mobile": MOBILE}));
    refused(9996, "BAD_REQUEST", "otcId is missing.");
    caller.post_bytes("/otp/requestOTP", b"[]");
    refused(9996, "BAD_REQUEST", "The body is not a JSON object.");
    caller.verify(UNKNOWN_ID, CODE);
    let entry = refused(303, "NO_DATA_AVAILABLE", "This account has no OTP with this otpId.");
    assert_eq!(entry.otp_id.as_deref(), Some(UNKNOWN_ID));
    caller.verify(&otp_id, WRONG);
    let entry = refused(1, "WRONG_CODE", "The code is not the one of the SMS.");
    assert_eq!((entry.mobile.as_deref(), entry.operation), (Some(MOBILE), Some(Operation::Verify)));
    caller.verify(&otp_id, CODE);
    refused(0, "OK", "");
    caller.verify(&otp_id, CODE);
    refused(306, "CODE_CONFIRMED", "The OTP was confirmed before.");
    let no_credit = basic(sandbox.no_credit_username(), sandbox.no_credit_password());
    Caller::with(&sandbox, no_credit).request(MOBILE);
    refused(9995, "CREDIT_NOT_ENOUGH", "The account has no credit left for an SMS.");
}

#[test]
fn credentials_that_are_no_accounts_are_told_apart() {
    let sandbox = sandbox();
    for (authorization, reason) in [
        (basic("sandbox-user", "hunter2"), "No account has this user name with this password."),
        ("Basic hunter2".into(), "The Authorization is neither Bearer nor Basic with base64 behind it."),
        ("Bearer hunter2".into(), "No account has this token."),
        ("hunter2".into(), "The Authorization is neither Bearer nor Basic with base64 behind it."),
    ] {
        Caller::with(&sandbox, authorization.clone()).post("/account/balance", json!({"note": "hunter2"}));
        let entry = last(&sandbox);
        assert_eq!((entry.status, entry.code, entry.reason.as_str()), (401, 9998, reason));
        let all = logged(&sandbox).to_string();
        assert!(!all.contains("hunter2") && !all.contains(authorization.rsplit(' ').next().unwrap()), "{all}");
    }
    send(&sandbox, "POST", "/account/balance", "Content-Type: application/json\r\n", b"{}");
    assert_eq!(last(&sandbox).reason, "There is no Authorization header.");
}

#[test]
fn a_typed_code_is_masked_wherever_it_stands() {
    let sandbox = sandbox();
    let otp_id = Caller::new(&sandbox).requested(MOBILE);
    for body in [
        format!(r#"{{"otpId":"{otp_id}","otpCode":"{CODE}","callbackData":"it is {CODE}"}}"#),
        format!(r#"{{"otpId":"{otp_id}","otpCode":{CODE}"#),
        format!("otpId={otp_id}&otpCode={CODE}"),
    ] {
        Caller::new(&sandbox).post_bytes(&format!("/otp/verifyOTP?otpCode={CODE}"), body.as_bytes());
        let entry = logged(&sandbox).as_array().unwrap().last().unwrap().to_string();
        assert!(!entry.contains(CODE) && entry.contains(&otp_id), "{entry}");
    }
}

#[test]
fn paths_and_methods_that_are_none_name_the_one_that_was_meant() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let answer = caller.post("/v1/otp/requestOTP", json!({}));
    let reason = "There is no /v1/otp/requestOTP here. Did you mean POST /otp/requestOTP?";
    assert_eq!((answer.status, answer.json()), (404, json!({"message": "Not Found", "description": reason})));
    let entry = last(&sandbox);
    assert_eq!((entry.status, entry.name, entry.reason.as_str()), (404, "ERR_HTTP_STATUS", reason));
    assert_eq!((entry.operation, entry.path.as_str()), (None, "/v1/otp/requestOTP"));

    let answer = send(&sandbox, "GET", "/otp/requestOTP", "", b"");
    assert_eq!((answer.status, answer.text_of("description").as_str()), (405, "/otp/requestOTP takes POST, not GET."));
    assert!(answer.head.contains("\r\nallow: post"), "{}", answer.head);
    assert_eq!((last(&sandbox).code, last(&sandbox).operation), (-30, Some(Operation::Request)));

    let count = sandbox.requests().len();
    let answer = send(&sandbox, "GET", "/sandbox/message", "", b"");
    assert!(answer.text_of("description").ends_with("Did you mean GET /sandbox/messages?"), "{}", answer.text);
    assert_eq!(send(&sandbox, "PUT", "/sandbox/clock", "", b"").status, 405);
    assert_eq!(sandbox.requests().len(), count, "the sandbox's own paths are not logged");
}

#[test]
fn what_befell_the_answer_is_told_at_once() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    sandbox.add_fault(Fault::refuse(304).unwrap());
    caller.balance();
    let entry = last(&sandbox);
    assert_eq!((entry.fault, entry.code), (Some("refuse"), 304));
    assert_eq!(entry.reason, "A fault that is set refuses the call.");
    caller.request("66800000502");
    let entry = last(&sandbox);
    assert_eq!((entry.fault, entry.status, entry.code), (Some("html"), 502, 0));
    assert!(entry.answer.body.contains("502 Bad Gateway"), "{}", entry.answer.body);

    // No answer ever comes, and still it is logged.
    sandbox.add_fault(Fault::silent());
    let mut socket = common::connect(&sandbox);
    let credentials = basic(sandbox.username(), sandbox.password());
    let head = format!("POST /account/balance HTTP/1.1\r\nHost: x\r\nAuthorization: {credentials}\r\n");
    let head = format!("{head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}");
    std::io::Write::write_all(&mut socket, head.as_bytes()).unwrap();
    let waited = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        last(&sandbox).fault == Some("silent")
    });
    assert!(waited, "{:?}", last(&sandbox));
}

#[test]
fn the_newest_thousand_are_kept_until_a_reset() {
    let sandbox = sandbox();
    let stranger = Caller::with(&sandbox, "Bearer nobody's");
    (0..1001).for_each(|_| assert_eq!(stranger.balance().status, 401));
    let requests = sandbox.requests();
    assert_eq!((requests.len(), requests[0].id, requests[999].id), (1000, 2, 1001));
    assert_eq!(send(&sandbox, "POST", "/sandbox/reset", "", b"").status, 200);
    assert!(sandbox.requests().is_empty() && logged(&sandbox) == json!([]));
    stranger.balance();
    assert_eq!(last(&sandbox).id, 1002);
}

#[test]
fn a_body_is_kept_up_to_8_kib_and_of_one_that_is_too_large_its_beginning() {
    let sandbox = sandbox();
    for length in [9000, 70_000] {
        Caller::new(&sandbox).post("/otp/requestOTP", json!({"otcId": "x".repeat(length), "mobile": MOBILE}));
        let body = last(&sandbox).request.body;
        assert!(
            body.len() <= 8 * 1024 + 3 && body.ends_with("xx…") && body.starts_with("{\"mobile\""),
            "{}",
            body.len()
        );
    }
    assert_eq!((last(&sandbox).status, last(&sandbox).reason.as_str()), (413, "The body is larger than 65536 bytes."));
}
