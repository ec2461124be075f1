//! Errors on their way to Python, where `ants_otp.error` makes an exception of each.

use ants_otp::{Code, Delivery, Error, Result};
use std::time::Duration;

/// The numbers of code and delivery, the sentence, the HTTP status, the service's code, message and description, the seconds to
/// wait, and whether it is safe to retry: what `ants_otp.error.from_native` takes.
pub type ErrorParts = (i32, i32, String, Option<u16>, Option<i32>, String, String, Option<f64>, bool);

pub fn parts(error: &Error) -> ErrorParts {
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

/// Refused here: an argument that cannot even be read.
pub fn argument(why: String) -> Error {
    Error::new(Code::InvalidArgument, Delivery::NotSent, why)
}

/// A panic, which is a defect of this library. Its own words are left out: they may quote what was being handled.
pub fn panicked() -> Error {
    let why = "A defect of this library stopped the call (a panic). Whether anything was sent is unknown.";
    Error::new(Code::Internal, Delivery::Unknown, why)
}

/// The value, or why there is none: what everything but a call gives.
pub type Fallible<T> = (Option<T>, Option<ErrorParts>);

pub fn fallible<T>(result: Result<T>) -> Fallible<T> {
    match result {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(parts(&error))),
    }
}
