//! Sent: what a request or a resend gives. It holds no secret; the code itself is only in the SMS.

use crate::ffi;
use std::ffi::{CString, c_char};

/// An OTP that the service has taken for sending.
pub struct Sent {
    otp_id: CString,
    otc_id: CString,
    reference_code: CString,
    message: CString,
    description: CString,
}

impl ffi::Handled for Sent {
    const NAME: &str = "sent";
}

impl From<&otp::Sent> for Sent {
    fn from(sent: &otp::Sent) -> Self {
        Sent {
            otp_id: ffi::c_string(sent.otp_id()),
            otc_id: ffi::c_string(sent.otc_id()),
            reference_code: ffi::c_string(sent.reference_code()),
            message: ffi::c_string(sent.message()),
            description: ffi::c_string(sent.description()),
        }
    }
}

/// The id to verify and to resend; never empty. After a resend it may be another.
///
/// Ownership: the text lives as long as `sent`.
/// Codes: none; NULL gives "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_sent_otp_id(sent: *const Sent) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::text_of(sent, |sent| &sent.otp_id) }
}

/// The OTP configuration used: the answer's, or the one that was sent.
///
/// Ownership: the text lives as long as `sent`.
/// Codes: none; NULL gives "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_sent_otc_id(sent: *const Sent) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::text_of(sent, |sent| &sent.otc_id) }
}

/// Shown to the person, who finds the right SMS by it; "" where the answer had none.
///
/// Ownership: the text lives as long as `sent`.
/// Codes: none; NULL gives "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_sent_reference_code(sent: *const Sent) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::text_of(sent, |sent| &sent.reference_code) }
}

/// The service's words beside the answer, usually "success".
///
/// Ownership: the text lives as long as `sent`.
/// Codes: none; NULL gives "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_sent_message(sent: *const Sent) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::text_of(sent, |sent| &sent.message) }
}

/// The service's description beside the answer, often "".
///
/// Ownership: the text lives as long as `sent`.
/// Codes: none; NULL gives "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_sent_description(sent: *const Sent) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::text_of(sent, |sent| &sent.description) }
}

/// Frees what a request or a resend gave. NULL is taken and does nothing.
///
/// Ownership: takes `sent`; its texts end with it.
/// Codes: none.
/// Threads: not beside a use of `sent`.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_sent_free(sent: *mut Sent) {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::free(sent) }
}
