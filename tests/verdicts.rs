//! What an answer says beside its code: flags, words, numbers. A verdict comes as flags or as an error, and tells the same.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::{Delivery, Error, Sent, Status, Verification};
use support::{OTP_ID, Server, http};

fn verify(status: u16, body: &str) -> Result<Verification, Error> {
    Server::answering(http(status, body)).client().verify(OTP_ID, "79895")
}

fn request(status: u16, body: &str) -> Result<Sent, Error> {
    Server::answering(http(status, body)).client().request("081-234-5678")
}

fn flags(told: &Verification) -> (Status, bool, bool, bool) {
    (told.status(), told.result(), told.is_error_count(), told.is_expr_code())
}

/// The service tells them as flags on a 2xx answer, or as 0304 and 0305 in an `error`.
#[test]
fn over_limit_and_expired_are_the_same_as_flags_and_as_errors() {
    let told = [
        (r#"{"result":false,"isErrorCount":true}"#, r#"{"error":{"code":"0304"}}"#, Status::OverLimit),
        (r#"{"result":false,"isErrorCount":true}"#, r#"{"error":{"message":"Over Limit Usage"}}"#, Status::OverLimit),
        (r#"{"result":false,"isExprCode":true}"#, r#"{"error":{"code":305}}"#, Status::Expired),
        (r#"{"result":false,"isExprCode":true}"#, r#"{"error":"OTP Code หมดอายุ"}"#, Status::Expired),
    ];
    for (as_flags, as_error, status) in told {
        let (as_flags, as_error) = (verify(200, as_flags).unwrap(), verify(400, as_error).unwrap());
        assert_eq!(flags(&as_flags), flags(&as_error));
        let (over_limit, expired) = (status == Status::OverLimit, status == Status::Expired);
        assert_eq!(flags(&as_flags), (status, false, over_limit, expired));
        assert!(!as_error.is_verified());
    }
}

#[test]
fn an_error_says_what_its_own_code_says_and_what_is_said_beside_it() {
    let confirmed = verify(200, r#"{"error":{"code":"0306"}}"#).unwrap();
    assert_eq!(flags(&confirmed), (Status::AlreadyConfirmed, false, false, false));
    // `result` is what the service said, never the verdict.
    let beside = verify(200, r#"{"result":true,"isExprCode":true,"error":{"code":"0306"}}"#).unwrap();
    assert_eq!(flags(&beside), (Status::AlreadyConfirmed, true, false, true));
    let both = verify(200, r#"{"result":true,"isExprCode":true,"error":{"code":"0304"}}"#).unwrap();
    assert_eq!(flags(&both), (Status::OverLimit, true, true, true));
    let both = verify(200, r#"{"result":false,"isErrorCount":true,"error":{"code":"0305"}}"#).unwrap();
    assert_eq!(flags(&both), (Status::Expired, false, true, true));
}

/// An object named `success` or `status` whose message is no success is read like an error; so is plain text there.
#[test]
fn a_status_that_is_plain_text_counts_like_an_error() {
    for (key, words, code) in [
        ("status", "OTP Code Expired", 305),
        ("success", "OTP Code Confirmed", 306),
        ("status", "กรอกข้อมูลเกินจำนวนครั้งที่กำหนด", 304),
    ] {
        let told = verify(200, &format!(r#"{{"result":true,"{key}":"{words}"}}"#)).unwrap();
        assert_eq!((told.code().number(), told.is_verified()), (code, false), "{words}");
    }
    let refused = verify(200, r#"{"result":true,"status":"no"}"#).unwrap_err();
    assert_eq!((refused.code().number(), refused.service_message()), (2, "no"));
    assert!(verify(200, r#"{"result":true,"status":"Success"}"#).unwrap().is_verified());
    // Where one of the two says no, the other does not undo it.
    let refused = verify(200, r#"{"result":true,"success":"Success","status":"Exception"}"#).unwrap_err();
    assert_eq!(refused.code().number(), 9999);
    let refused = verify(200, r#"{"result":true,"success":"Exception","status":"Success"}"#).unwrap_err();
    assert_eq!(refused.code().number(), 9999);
}

#[test]
fn words_beside_a_success_are_kept() {
    for name in ["success", "status"] {
        let body = format!(r#"{{"otpId":"{OTP_ID}","{name}":{{"message":"Success","description":"queued"}}}}"#);
        let sent = request(200, &body).unwrap();
        assert_eq!((sent.message(), sent.description()), ("Success", "queued"), "{name}");
    }
    let sent = request(200, &format!(r#"{{"otpId":"{OTP_ID}","success":{{"message":"\u0007 Success"}}}}"#));
    assert_eq!(sent.unwrap_err().service_message(), "\u{FFFD} Success", "not the word that means success");
}

#[test]
fn every_verdict_but_verified_can_be_an_error_with_its_words() {
    assert!(verify(200, r#"{"result":true}"#).unwrap().into_result().is_ok());
    for (status, body, code) in [
        (200, r#"{"result":false}"#, 1),
        (200, r#"{"result":true,"isErrorCount":true}"#, 304),
        (200, r#"{"result":true,"isExprCode":true}"#, 305),
        (400, r#"{"error":{"code":"0306","message":"used","description":"up"}}"#, 306),
    ] {
        let told = verify(status, body).unwrap();
        assert_eq!(told.code().number(), code);
        let error = told.into_result().unwrap_err();
        assert_eq!((error.code().number(), error.delivery()), (code, Delivery::Answered));
        assert_eq!((error.message(), error.http_status()), (error.code().text("en"), Some(status)));
        let (words, number) = if code == 306 { (("used", "up"), Some(306)) } else { (("", ""), None) };
        assert_eq!((error.service_message(), error.service_description()), words);
        assert_eq!((error.service_code(), error.retry_after()), (number, None));
    }
}

#[test]
fn each_status_has_its_name_and_its_code() {
    for (status, name, code) in [
        (Status::Verified, "verified", 0),
        (Status::WrongCode, "wrong_code", 1),
        (Status::OverLimit, "over_limit", 304),
        (Status::Expired, "expired", 305),
        (Status::AlreadyConfirmed, "already_confirmed", 306),
    ] {
        assert_eq!((status.name(), status.code().number()), (name, code));
    }
}

/// One dialect writes them as text, in any letter case. Nothing else is a boolean, white space around it included.
#[test]
fn booleans_are_read_strictly() {
    for (body, code) in [
        (r#"{"result":"TRUE","isErrorCount":"False"}"#, 0),
        (r#"{"result":"true "}"#, -31),
        (r#"{"result":" false"}"#, -31),
        (r#"{"result":true,"isExprCode":"true\n"}"#, -31),
        (r#"{"result":true,"isErrorCount":""}"#, -31),
        (r#"{"result":true,"status":"true"}"#, 0),
        (r#"{"result":true,"success":"FALSE"}"#, 2),
    ] {
        let told = verify(200, body).map_or_else(|error| error.code(), |told| told.code());
        assert_eq!(told.number(), code, "{body}");
    }
}
