//! Error: why a function did not return 0. It holds no secret and can be logged as it is.

use crate::ffi;
use otp::{Code, Delivery};
use std::ffi::{CString, c_char, c_int};
use std::ptr;

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

impl ffi::Handled for Error {
    const NAME: &str = "error";
}

impl Error {
    /// An argument that cannot even be read.
    pub fn argument(why: &str) -> Self {
        otp::Error::new(Code::InvalidArgument, Delivery::NotSent, why).into()
    }

    /// A panic that was caught. Its own words stay out: what they hold is not known.
    pub fn internal() -> Self {
        let message = "The library failed inside (a panic was caught): please report it";
        otp::Error::new(Code::Internal, Delivery::Unknown, message).into()
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
            service_message: ffi::c_string(error.service_message()),
            service_description: ffi::c_string(error.service_description()),
            service_code: error.service_code().unwrap_or(0),
            http_status: error.http_status().map_or(0, c_int::from),
            retry_after_ms: error.retry_after().map_or(-1, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)),
            safe_to_retry: error.safe_to_retry(),
            code: error.code(),
            delivery: error.delivery(),
            message: ffi::c_string(error.message()),
        }
    }
}

/// Runs the body of a function that reports an error object: 0, or the error's code.
///
/// # Safety
/// `error` is as for [`ffi::out`].
pub unsafe fn report(error: *mut *mut Error, body: impl FnOnce() -> Result<(), Error>) -> c_int {
    // SAFETY: as the caller promises.
    let place = unsafe { ffi::out(error, ptr::null_mut()) };
    let body = || {
        ffi::may_panic("border");
        Some(body())
    };
    match ffi::wiping(|| ffi::guard(None, body)).unwrap_or_else(|| Err(Error::internal())) {
        Ok(()) => Code::Ok.number(),
        Err(error) => {
            let code = error.code();
            ffi::give(place, error);
            code
        }
    }
}

/// [`report`] for a function that has a result too: its place, `name` in the header, is set to `zero` and given to `body`.
///
/// # Safety
/// `result` and `error` are as for [`ffi::out`].
pub unsafe fn report_with<T>(
    error: *mut *mut Error,
    (name, result, zero): (&str, *mut T, T),
    body: impl FnOnce(Option<&mut T>) -> Result<(), Error>,
) -> c_int {
    let share = !result.is_null()
        && !error.is_null()
        && result.addr() < error.addr() + size_of::<*mut Error>()
        && error.addr() < result.addr() + size_of::<T>();
    // SAFETY: as the caller promises. Where the two share memory, the result is not used once the error stands there.
    unsafe {
        let result = ffi::out(result, zero);
        if share {
            let why = format!("{name} and error share memory: give each a place of its own, or NULL");
            return report(error, || Err(Error::argument(&why)));
        }
        report(error, || body(result))
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
    unsafe { ffi::read(error, Code::InvalidArgument.number(), |error| error.code()) }
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
    unsafe { ffi::text_of(error, |error| &error.message) }
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
    unsafe { ffi::read(error, Delivery::Unknown.number(), |error| error.delivery.number()) }
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
    unsafe { ffi::read(error, false, |error| error.safe_to_retry) }
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
    unsafe { ffi::read(error, -1, |error| error.retry_after_ms) }
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
    unsafe { ffi::text_of(error, |error| &error.service_message) }
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
    unsafe { ffi::text_of(error, |error| &error.service_description) }
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
    unsafe { ffi::read(error, -1, |error| error.service_code) }
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
    unsafe { ffi::read(error, -1, |error| error.http_status) }
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
    unsafe { ffi::free(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_internal_error_with_its_object() {
        let mut error = ptr::null_mut();
        // SAFETY: `error` may be written.
        let code = unsafe { report(&mut error, || panic!("forced by a test")) };
        assert_eq!(code, -99);
        // SAFETY: `report` has put a handle there, which is freed after its last use.
        let seen = unsafe { ffi::live(error) }.map(|error| (error.code(), error.delivery()));
        assert_eq!(seen, Some((-99, Delivery::Unknown.number())));
        // SAFETY: as above.
        unsafe { ffi::free(error) };
    }
}
