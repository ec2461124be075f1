//! Cancel: stops calls from another thread.
//!
//!     ants_otp_cancel *cancel = ants_otp_cancel_new();
//!     ants_otp_call_set_cancel(call, cancel);      then, in another thread, ants_otp_cancel_fire(cancel)

use crate::ffi;

/// Stops the calls that it is set on, once and for all.
pub struct Cancel(pub otp::Cancel);

impl ffi::Handled for Cancel {
    const NAME: &str = "cancel";
}

/// A handle that has not fired.
///
/// Ownership: free it with ants_otp_cancel_free(). Never NULL.
/// Codes: none.
/// Threads: any.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn ants_otp_cancel_new() -> *mut Cancel {
    ffi::new(|| Cancel(otp::Cancel::new()))
}

/// Ends every call that the handle is set on. A call in flight ends with ANTS_OTP_ERR_INTERRUPTED and says whether it was
/// sent; one that begins later ends so at once, NOT_SENT. Firing again changes nothing, and NULL does nothing.
///
/// Ownership: stays yours.
/// Codes: none.
/// Threads: any, beside anything but ants_otp_cancel_free(). Not from a signal handler.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_cancel_fire(cancel: *const Cancel) {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::read(cancel, (), |cancel| cancel.0.fire()) }
}

/// Frees the handle, at any time: calls that it is set on go on, and cannot be stopped by it any more. NULL is taken and
/// does nothing.
///
/// Ownership: takes `cancel`.
/// Codes: none.
/// Threads: not beside ants_otp_cancel_fire().
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_cancel_free(cancel: *mut Cancel) {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::free(cancel) }
}
