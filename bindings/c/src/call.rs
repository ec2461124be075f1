//! Call: options of one call, where the client's do not do. One call object may serve many calls.
//!
//! The setters are as those of the options: a refused value is remembered, and a call that it is used for fails with
//! ANTS_OTP_ERR_INVALID_OPTION, in a sentence, before anything is sent.

use crate::cancel::Cancel;
use crate::ffi::{self, Settings};
use std::ffi::{c_char, c_int};

/// Options of one call; what is not set is the client's, or left out of the request. They belong to one thread while they
/// are set.
#[derive(Default)]
pub struct Call(pub otp::Call);

impl ffi::Handled for Call {
    const NAME: &str = "call";
}

impl Settings for Call {
    type Core = otp::Call;

    fn core(&mut self) -> &mut otp::Call {
        &mut self.0
    }

    fn refuse(core: otp::Call, option: &'static str, why: &str) -> otp::Call {
        core.refuse(option, why)
    }

    fn is_refused(core: &otp::Call, option: &str) -> bool {
        core.is_refused(option)
    }
}

/// Options of a call with nothing set.
///
/// Ownership: free them with ants_otp_call_free(). Never NULL.
/// Codes: none.
/// Threads: any.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn ants_otp_call_new() -> *mut Call {
    ffi::new(Call::default)
}

/// Frees options of a call. NULL is taken and does nothing.
///
/// Ownership: takes `call`.
/// Codes: none.
/// Threads: not beside a use of `call`.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_call_free(call: *mut Call) {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::free(call) }
}

/// The OTP configuration (otcId) of this call instead of the client's.
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_call_set_otc_id(call: *mut Call, otc_id: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(call, "otc_id", otc_id, |core, value| core.otc_id(value)) }
}

/// The deadline of this call instead of the client's: 1 to 600000 ms.
///
/// Ownership: none.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_call_set_timeout_ms(call: *mut Call, timeout_ms: i64) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::set(call, "timeout", |core| core.timeout(ffi::milliseconds(timeout_ms))) }
}

/// Where the service posts its delivery report: an http or https URL that it can reach.
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_call_set_notify_url(call: *mut Call, url: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(call, "notify_url", url, |core, value| core.notify_url(value)) }
}

/// The form of the delivery report: "application/json" or "application/xml".
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_call_set_notify_content_type(call: *mut Call, content_type: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(call, "notify_content_type", content_type, |core, value| core.notify_content_type(value)) }
}

/// Text that comes back with the delivery report, and links it to this call: at most 4096 bytes.
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_call_set_callback_data(call: *mut Call, data: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(call, "callback_data", data, |core, value| core.callback_data(value)) }
}

/// Whether the mobile number is sent untouched instead of in the form 66..., for numbers that this library does not
/// understand. Off if not set.
///
/// Ownership: none.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_call_set_mobile_as_given(call: *mut Call, on: bool) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::set(call, "mobile_as_given", |core| core.mobile_as_given(on)) }
}

/// Lets `cancel` end the call from another thread. One handle may be set on many calls.
///
/// Ownership: `cancel` stays yours and may be freed before `call`.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_call_set_cancel(call: *mut Call, cancel: *const Cancel) -> c_int {
    // SAFETY: handles, by the header's conventions.
    unsafe {
        ffi::set(call, "cancel", |core| match ffi::live(cancel) {
            Some(cancel) => core.cancel(&cancel.0),
            None => core.refuse("cancel", "cancel is NULL: make it with ants_otp_cancel_new()"),
        })
    }
}
