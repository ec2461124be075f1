//! Failures on their way to Python, where `ants_otp.error` makes an exception of each.

use ants_otp::{Code, Delivery, Error};
use std::time::Duration;

/// The numbers of code and delivery, the sentence, the HTTP status, the service's code, message and description, the seconds to
/// wait, and whether it is safe to retry: what `ants_otp.error.from_native` takes.
pub type Failure = (i32, i32, String, Option<u16>, Option<i32>, String, String, Option<f64>, bool);

pub fn failure(error: &Error) -> Failure {
    (
        error.code().number(),
        error.delivery().number(),
        error.message().to_owned(),
        error.http_status(),
        error.service_code(),
        error.service_message().to_owned(),
        error.service_description().to_owned(),
        error.retry_after().as_ref().map(Duration::as_secs_f64),
        error.safe_to_retry(),
    )
}

/// Refused here: an argument that the border could not even read.
pub fn argument(why: String) -> Failure {
    ours(Code::InvalidArgument, Delivery::NotSent, why)
}

/// A panic, which is a defect of this library. Its own words are left out: they may quote what was being handled.
pub fn panicked() -> Failure {
    let why = "A defect of this library stopped the call (a panic). Whether anything was sent is unknown.";
    ours(Code::Internal, Delivery::Unknown, why.to_owned())
}

fn ours(code: Code, delivery: Delivery, message: String) -> Failure {
    (code.number(), delivery.number(), message, None, None, String::new(), String::new(), None, false)
}

/// The value, or why there is none: what Python is told of anything but a call.
pub type Tried<T> = (Option<T>, Option<Failure>);

pub fn tried<T>(result: Result<T, Failure>) -> Tried<T> {
    match result {
        Ok(value) => (Some(value), None),
        Err(failure) => (None, Some(failure)),
    }
}
