//! Error: why a function did not return 0. It holds no secret and can be logged as it is.

use crate::border;
use otp::{Code, Delivery};
use std::ffi::{CString, c_char, c_int};

/// What went wrong, whether the request can have reached the service, and the service's own words.
pub struct Error {
    code: Code,
    delivery: Delivery,
    message: CString,
    service_message: CString,
    service_description: CString,
    service_code: c_int,
    http_status: c_int,
    retry_after_ms: i64,
    safe_to_retry: bool,
}

impl border::Handled for Error {
    const NAME: &str = "error";
}

impl Error {
    fn new(code: Code, delivery: Delivery, message: &str) -> Self {
        Error {
            code,
            delivery,
            message: border::c_string(message),
            service_message: CString::default(),
            service_description: CString::default(),
            service_code: 0,
            http_status: 0,
            retry_after_ms: -1,
            safe_to_retry: false,
        }
    }

    /// An argument that the border could not even read.
    pub fn argument(why: &str) -> Self {
        Error::new(Code::InvalidArgument, Delivery::NotSent, why)
    }

    /// A panic that was caught. Its own words stay out: what they hold is not known.
    pub fn internal() -> Self {
        let message = "The library failed inside (a panic was caught): please report it";
        Error::new(Code::Internal, Delivery::Unknown, message)
    }

    pub fn code(&self) -> c_int {
        self.code.number()
    }

    #[cfg(test)]
    pub fn delivery(&self) -> c_int {
        self.delivery.number()
    }
}

impl From<otp::Error> for Error {
    fn from(error: otp::Error) -> Self {
        Error {
            service_message: border::c_string(error.service_message()),
            service_description: border::c_string(error.service_description()),
            service_code: error.service_code().unwrap_or(0),
            http_status: error.http_status().map_or(0, c_int::from),
            retry_after_ms: error.retry_after().map_or(-1, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)),
            safe_to_retry: error.safe_to_retry(),
            ..Error::new(error.code(), error.delivery(), error.message())
        }
    }
}

/// The code: the number that the function returned.
///
/// Ownership: none.
/// Codes: any but 0; NULL gives ANTS_OTP_ERR_INVALID_ARGUMENT.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_error_code(error: *const Error) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { border::read(error, Code::InvalidArgument.number(), |error| error.code()) }
}

/// An English sentence or two for a log: what happened and, where it can be told, what to change. For the person, use
/// ants_otp_code_user_text().
///
/// Ownership: the text lives as long as `error`.
/// Codes: none; NULL gives "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_error_message(error: *const Error) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { border::text_of(error, |error| &error.message) }
}

/// Whether the request can have reached the service: one of ants_otp_delivery. Only ANTS_OTP_DELIVERY_NOT_SENT means that
/// calling again cannot send a second SMS.
///
/// Ownership: none.
/// Codes: none; NULL gives ANTS_OTP_DELIVERY_UNKNOWN.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_error_delivery(error: *const Error) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { border::read(error, Delivery::Unknown.number(), |error| error.delivery.number()) }
}

/// Whether nothing was sent and the same call may end otherwise a moment later: what a retry should ask. False for an argument,
/// an option, a certificate or a cancel, which end every call alike, and for any answer. The library has tried again itself
/// before (ants_otp_options_set_max_retries()).
///
/// Ownership: none.
/// Codes: none; NULL gives false.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_error_safe_to_retry(error: *const Error) -> bool {
    // SAFETY: a handle, by the header's conventions.
    unsafe { border::read(error, false, |error| error.safe_to_retry) }
}

/// How long the service asks to wait before the next call, in milliseconds; -1 where it did not say.
///
/// Ownership: none.
/// Codes: none; NULL gives -1.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_error_retry_after_ms(error: *const Error) -> i64 {
    // SAFETY: a handle, by the header's conventions.
    unsafe { border::read(error, -1, |error| error.retry_after_ms) }
}

/// The service's own message, or "". Control characters in it are shown as U+FFFD.
///
/// Ownership: the text lives as long as `error`.
/// Codes: none; NULL gives "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_error_service_message(error: *const Error) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { border::text_of(error, |error| &error.service_message) }
}

/// The service's own description, or "". Control characters in it are shown as U+FFFD.
///
/// Ownership: the text lives as long as `error`.
/// Codes: none; NULL gives "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_error_service_description(error: *const Error) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { border::text_of(error, |error| &error.service_description) }
}

/// The number that the service sent, also one that is not in the code table; 0 where it sent none.
///
/// Ownership: none.
/// Codes: none; NULL gives -1.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_error_service_code(error: *const Error) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { border::read(error, -1, |error| error.service_code) }
}

/// The HTTP status of the answer; 0 where there was no answer.
///
/// Ownership: none.
/// Codes: none; NULL gives -1.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_error_http_status(error: *const Error) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { border::read(error, -1, |error| error.http_status) }
}

/// Frees an error. NULL is taken and does nothing.
///
/// Ownership: takes `error`; its texts end with it.
/// Codes: none.
/// Threads: not beside a use of `error`.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_error_free(error: *mut Error) {
    // SAFETY: a handle, by the header's conventions.
    unsafe { border::free(error) }
}
