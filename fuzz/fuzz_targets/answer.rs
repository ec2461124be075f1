//! The answer reader on any status and body: it never panics, never verifies what is not clean, never shows a control
//! character, and its delivery follows from its code.
//!
//! The first byte is the status (`0` is 200, see below), the second the call (`s` request, `b` balance, else verify).
#![no_main]

mod oracle;

use ants_otp::{Delivery, Error, fuzzing};
use libfuzzer_sys::fuzz_target;

const ASKED: &str = "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6";
const STATUS: [u16; 12] = [200, 201, 204, 302, 400, 401, 402, 403, 404, 429, 500, 503];

fuzz_target!(|input: &[u8]| {
    let [status, call, body @ ..] = input else { return };
    let status = STATUS[usize::from(status.wrapping_sub(b'0')) % STATUS.len()];
    match call {
        b's' => match fuzzing::sent(status, body, "otc") {
            Ok(sent) => {
                assert!((200..300).contains(&status) && !sent.otp_id().is_empty() && !sent.otc_id().is_empty());
                for text in [sent.otp_id(), sent.otc_id(), sent.reference_code(), sent.message(), sent.description()] {
                    assert!(!text.contains(char::is_control), "{text:?}");
                }
            }
            Err(error) => check(&error),
        },
        b'b' => match fuzzing::account(status, body) {
            Ok(account) => {
                let digits = account.credit().strip_prefix('-').unwrap_or(account.credit());
                assert!(digits.starts_with(|c: char| c.is_ascii_digit()) && digits.len() <= 128, "{digits}");
                assert!(digits.chars().all(|c| c.is_ascii_digit() || c == '.') && digits.matches('.').count() <= 1);
                assert!((200..300).contains(&status) && !account.kind().contains(char::is_control));
            }
            Err(error) => check(&error),
        },
        _ => match fuzzing::verification(status, body, ASKED) {
            Ok(verification) if verification.is_verified() => {
                assert!((200..300).contains(&status) && oracle::verifies(body, ASKED));
                assert!(verification.result() && !verification.is_error_count() && !verification.is_expr_code());
            }
            Ok(verification) => {
                let error = verification.into_result().expect_err("not verified");
                assert!(matches!(error.code().number(), 1 | 304 | 305 | 306));
                check(&error);
            }
            Err(error) => check(&error),
        },
    }
});

fn check(error: &Error) {
    let delivery = if error.code().number() > 0 { Delivery::Answered } else { Delivery::Unknown };
    assert!(error.code().number() != 0 && error.delivery() == delivery, "{error}");
    let said = [error.message(), error.service_message(), error.service_description(), &error.to_string()].concat();
    assert!(!said.contains(char::is_control), "{said:?}");
}
