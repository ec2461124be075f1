//! The life of an OTP over a real socket: request, verify, resend, expiry, limits, credit.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use ants_otp_sandbox::{Account, Clock, Codes, Credit, OtpConfig, Sandbox, State};
use common::{CODE, Caller, MOBILE, UNKNOWN_ID, WRONG, basic, sandbox, send};
use serde_json::json;

#[test]
fn a_request_is_answered_as_in_the_specifications_example() {
    let sandbox = sandbox();
    let answer = Caller::new(&sandbox).request(MOBILE);
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/json"));
    let json = answer.json();
    assert_eq!(json["otcId"], sandbox.otc_id());
    assert_eq!(json["success"], json!({"message": "success", "description": ""}));
    assert_eq!(json["otpId"].as_str().unwrap().len(), 36);
    assert_eq!(json["referenceCode"].as_str().unwrap().len(), 5);
    assert_eq!(json.as_object().unwrap().len(), 4);
}

#[test]
fn wrong_then_right_then_confirmed_already() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let otp_id = caller.requested(MOBILE);
    caller.verify(&otp_id, WRONG).assert_verdict(false, false, false);
    let verified = caller.verify(&otp_id, CODE);
    verified.assert_verdict(true, false, false);
    assert_eq!(verified.text_of("otpId"), otp_id);
    caller.verify(&otp_id, CODE).assert_refused(200, "OTP Code Confirmed");
    assert_eq!(sandbox.messages()[0].state, State::Confirmed);
}

#[test]
fn too_many_wrong_codes_lock_the_otp() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let otp_id = caller.requested(MOBILE);
    caller.verify(&otp_id, WRONG).assert_verdict(false, false, false);
    caller.verify(&otp_id, WRONG).assert_verdict(false, false, false);
    caller.verify(&otp_id, WRONG).assert_verdict(false, true, false);
    caller.verify(&otp_id, CODE).assert_verdict(false, true, false);
    caller.resend(&otp_id).assert_refused(200, "Over Limit Usage");
    assert_eq!(sandbox.messages()[0].state, State::Locked);
}

#[test]
fn an_expired_otp_can_be_resent_and_then_verified() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let otp_id = caller.requested(MOBILE);
    sandbox.advance(Duration::from_secs(300));
    caller.verify(&otp_id, CODE).assert_verdict(false, false, true);
    assert_eq!(sandbox.messages()[0].state, State::Expired);
    let resent = caller.resend(&otp_id).text_of("otpId");
    caller.verify(&resent, CODE).assert_verdict(true, false, false);
}

#[test]
fn a_resend_takes_the_place_of_the_first() {
    let sandbox = Sandbox::builder().codes(Codes::sequence(["11111", "22222"])).start().unwrap();
    let caller = Caller::new(&sandbox);
    let first = caller.request(MOBILE);
    let second = caller.resend(&first.text_of("otpId"));
    assert_eq!(second.text_of("otcId"), sandbox.otc_id());
    assert_eq!(second.json()["success"], first.json()["success"]);
    assert_ne!(second.text_of("otpId"), first.text_of("otpId"));
    assert_ne!(second.text_of("referenceCode"), first.text_of("referenceCode"));
    assert_eq!(sandbox.last_code(MOBILE).as_deref(), Some("22222"));
    caller.verify(&first.text_of("otpId"), "11111").assert_refused(200, "No Data Available OTP");
    caller.resend(&first.text_of("otpId")).assert_refused(200, "No Data Available OTP");
    caller.verify(&second.text_of("otpId"), "11111").assert_verdict(false, false, false);
    caller.verify(&second.text_of("otpId"), "22222").assert_verdict(true, false, false);
    caller.resend(&second.text_of("otpId")).assert_refused(200, "OTP Code Confirmed");
    let states: Vec<State> = sandbox.messages().iter().map(|message| message.state).collect();
    assert_eq!(states, [State::Replaced, State::Confirmed]);
}

#[test]
fn a_resend_by_otc_id_means_the_accounts_newest_otp() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let by_otc_id = || caller.post("/otp/resendOTP", json!({"otcId": sandbox.otc_id().to_lowercase()}));
    by_otc_id().assert_refused(200, "No Data Available OTP");
    let older = caller.requested("66811111111");
    caller.requested("66822222222");
    let other = Caller::with(&sandbox, format!("Bearer {}", sandbox.token()));
    other.requested("66833333333");
    assert_eq!(by_otc_id().status, 200);
    assert_eq!(sandbox.messages().last().unwrap().mobile, "66822222222");
    caller.verify(&older, CODE).assert_verdict(true, false, false);
}

#[test]
fn otp_id_and_otc_id_of_a_resend_must_belong_together() {
    let sandbox = Sandbox::builder().config(OtpConfig::new("other")).start().unwrap();
    let caller = Caller::new(&sandbox);
    let otp_id = caller.requested(MOBILE);
    let resend = |otp_id: &str, otc_id: &str| caller.post("/otp/resendOTP", json!({"otpId": otp_id, "otcId": otc_id}));
    resend(&otp_id, "other").assert_refused(200, "No Data Available OTP");
    resend(&otp_id, "unknown").assert_refused(200, "Invalid OTP Config");
    resend(UNKNOWN_ID, sandbox.otc_id()).assert_refused(200, "No Data Available OTP");
    assert_eq!(resend(&otp_id.to_uppercase(), sandbox.otc_id()).status, 200);
    assert_eq!(sandbox.messages().len(), 2);
    caller.post("/otp/resendOTP", json!({})).assert_refused(200, "Bad Request");
}

#[test]
fn the_resend_limit_is_kept() {
    let sandbox = Sandbox::builder().config(OtpConfig::default().resend_limit(1)).start().unwrap();
    let caller = Caller::new(&sandbox);
    let first = caller.requested(MOBILE);
    let second = caller.resend(&first).text_of("otpId");
    caller.resend(&second).assert_refused(200, "Over Limit Usage");
    assert_eq!(sandbox.messages().len(), 2);
}

#[test]
fn a_configuration_says_length_life_tries_and_sender() {
    let config = OtpConfig::new("short").code_length(8).life(Duration::from_secs(10)).tries(1).sender("TEST");
    let sandbox = Sandbox::builder().clock(Clock::fixed()).config(config).start().unwrap();
    let caller = Caller::new(&sandbox);
    let sent = caller.post("/otp/requestOTP", json!({"otcId": "SHORT", "mobile": MOBILE}));
    assert_eq!(sent.text_of("otcId"), "short");
    let message = &sandbox.messages()[0];
    assert_eq!((message.code.len(), message.sender.as_str()), (8, "TEST"));
    assert!(message.code.bytes().all(|byte| byte.is_ascii_digit()));
    caller.verify(&sent.text_of("otpId"), "").assert_verdict(false, true, false);
    sandbox.advance(Duration::from_secs(10));
    caller.verify(&sent.text_of("otpId"), &message.code).assert_verdict(false, true, true);
}

#[test]
fn unknown_ids_are_refused() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    caller
        .post("/otp/requestOTP", json!({"otcId": UNKNOWN_ID, "mobile": MOBILE}))
        .assert_refused(200, "Invalid OTP Config");
    caller.verify(UNKNOWN_ID, CODE).assert_refused(200, "No Data Available OTP");
    caller.verify("", CODE).assert_refused(200, "No Data Available OTP");
    caller.resend(UNKNOWN_ID).assert_refused(200, "No Data Available OTP");
    assert!(sandbox.messages().is_empty());
}

#[test]
fn ids_are_the_same_in_either_letter_case() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let otp_id = caller.requested(MOBILE);
    caller.verify(&otp_id.to_uppercase(), CODE).assert_verdict(true, false, false);
}

#[test]
fn numbers_that_are_none_or_lack_their_prefix_are_refused() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    for mobile in ["", "abc", "+66812345678", "6681234567890123"] {
        caller.request(mobile).assert_refused(200, "Invalid Number");
    }
    for mobile in ["0812345678", "812345678"] {
        caller.request(mobile).assert_refused(200, "Number Prefix Missing");
    }
    assert!(sandbox.messages().is_empty());
}

#[test]
fn one_account_cannot_use_anothers_otps() {
    let sandbox = sandbox();
    let owner = Caller::new(&sandbox);
    let other = Caller::with(&sandbox, format!("Bearer {}", sandbox.token()));
    let otp_id = owner.requested(MOBILE);
    other.verify(&otp_id, CODE).assert_refused(200, "No Data Available OTP");
    other.resend(&otp_id).assert_refused(200, "No Data Available OTP");
    other.post("/otp/resendOTP", json!({"otcId": sandbox.otc_id()})).assert_refused(200, "No Data Available OTP");
    owner.verify(&otp_id, CODE).assert_verdict(true, false, false);
}

#[test]
fn a_prepaid_account_pays_for_each_sms_until_nothing_is_left() {
    let prepaid = Account::basic("prepaid", "secret").prepaid("2.5".parse::<Credit>().unwrap());
    let sandbox = Sandbox::builder().account(prepaid).start().unwrap();
    let caller = Caller::with(&sandbox, basic("prepaid", "secret"));
    assert_eq!(caller.balance().json(), json!({"type": "prepaid", "credit": 2.5}));
    let otp_id = caller.requested(MOBILE);
    caller.verify(&otp_id, "").assert_verdict(false, false, false);
    caller.request("nonsense").assert_refused(200, "Invalid Number");
    assert_eq!(caller.balance().json()["credit"], json!(1.5));
    let otp_id = caller.resend(&otp_id).text_of("otpId");
    caller.resend(&otp_id).assert_refused(200, "Credit not enough");
    caller.request(MOBILE).assert_refused(200, "Credit not enough");
    assert_eq!(caller.balance().json()["credit"], json!(0.5));
    // The refused resend has not taken the OTP's place.
    caller.verify(&otp_id, &sandbox.last_code(MOBILE).unwrap()).assert_verdict(true, false, false);
}

#[test]
fn the_ready_accounts_are_postpaid_or_without_credit() {
    let sandbox = sandbox();
    for authorization in [basic(sandbox.username(), sandbox.password()), format!("Bearer {}", sandbox.token())] {
        let caller = Caller::with(&sandbox, authorization);
        caller.requested(MOBILE);
        assert_eq!(caller.balance().json(), json!({"type": "postpaid", "credit": 1000}));
    }
    let empty = Caller::with(&sandbox, basic(sandbox.no_credit_username(), sandbox.no_credit_password()));
    assert_eq!(empty.balance().json(), json!({"type": "prepaid", "credit": 0}));
    empty.request(MOBILE).assert_refused(200, "Credit not enough");
}

#[test]
fn messages_over_http_are_the_telephones_view() {
    let sandbox = sandbox();
    let messages = || send(&sandbox, "GET", "/sandbox/messages", "", b"").json();
    assert_eq!(messages(), json!([]));
    let sent = Caller::new(&sandbox).request(MOBILE);
    Caller::new(&sandbox).request("66898765432");
    let reference = sent.text_of("referenceCode");
    assert_eq!(
        messages()[0],
        json!({
            "mobile": MOBILE,
            "text": format!("Your OTP is {CODE} (ref: {reference})"),
            "code": CODE,
            "reference_code": reference,
            "otp_id": sent.text_of("otpId"),
            "state": "waiting",
            "sender": "SANDBOX",
            "sent_at": "2026-01-01T00:00:00Z",
            "expires_at": "2026-01-01T00:05:00Z",
            "delivery": "PENDING",
            "report": null,
        })
    );
    assert_eq!(messages()[1]["mobile"], "66898765432");
}

#[test]
fn the_clock_is_moved_over_http() {
    let sandbox = sandbox();
    Caller::new(&sandbox).requested(MOBILE);
    let clock = |body: &str| send(&sandbox, "POST", "/sandbox/clock", "", body.as_bytes());
    let moved = json!({"advanced_seconds": 299.5, "now": "2026-01-01T00:04:59Z", "running": false});
    assert_eq!(clock(r#"{"advance_seconds": 299.5}"#).json(), moved);
    assert_eq!(send(&sandbox, "GET", "/sandbox/clock", "", b"").json(), moved);
    assert_eq!(sandbox.messages()[0].state, State::Waiting);
    assert_eq!(clock(r#"{"advance_seconds": 1}"#).status, 200);
    assert_eq!(sandbox.messages()[0].state, State::Expired);
    for body in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"advance_seconds": -1}"#,
        r#"{"advance_seconds": "1"}"#,
        r#"{"advance_seconds": 1e300}"#,
    ] {
        assert_eq!(clock(body).status, 400, "{body}");
    }
}
