//! Client: request, resend, verify, balance. One client serves a whole program: it may be used from any number of threads
//! at once, and keeps its connections for the next call.

use crate::account::Account;
use crate::call::Call;
use crate::error::{self, Error};
use crate::ffi;
use crate::options::Options;
use crate::sent::Sent;
use crate::verification::Verification;
use std::ffi::{c_char, c_int};
use std::ptr;

/// A client of the OTP service.
pub struct Client {
    pub core: otp::Client,
    /// For calls that do not block.
    pub workers: otp::Workers,
}

impl ffi::Handled for Client {
    const NAME: &str = "client";
}

/// Makes a client. Certificate files are read here; nothing is connected to.
///
/// Ownership: `options` stays yours and may be freed or changed at once; free `*client` with ants_otp_client_free(), and
/// `*error` with ants_otp_error_free(). With NULL for `client` the options are only tried.
/// Codes: ANTS_OTP_OK and `*client`; or, with `*error`, ANTS_OTP_ERR_INVALID_OPTION: a refused setting, credentials
/// missing or given twice, plain http to another machine, a certificate file that cannot be used; ANTS_OTP_ERR_TLS: the
/// system gives no random numbers;
/// ANTS_OTP_ERR_INVALID_ARGUMENT: `options` is NULL.
/// Threads: `options` belongs to the calling thread.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_client_new(
    options: *const Options,
    client: *mut *mut Client,
    error: *mut *mut Error,
) -> c_int {
    // SAFETY: by the header's conventions the out-parameters may be written, and `options` is a handle.
    unsafe {
        error::report_with(error, ("client", client, ptr::null_mut()), |client| {
            let options =
                ffi::live(options).ok_or_else(|| Error::argument("options is NULL: make and set them first"))?;
            let core = options.core.build()?;
            let workers = otp::Workers::new(options.core.get_async_threads());
            ffi::give(client, Client { core, workers });
            Ok(())
        })
    }
}

/// Frees a client and closes its idle connections. NULL is taken and does nothing. Calls that were begun with one of the
/// ..._async() functions are stopped, as by ants_otp_cancel_fire(), and `done` has run for each of them before this
/// returns.
///
/// Ownership: takes `client`.
/// Codes: none.
/// Threads: not beside a use of `client`: wait for its blocking calls first. Not while a lock is held that a `done` takes.
/// In a `done` it may be called, and then waits for all others but not for that one.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_client_free(client: *mut Client) {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::free(client) }
}

/// Asks the service to send an OTP by SMS to `mobile`: 081-234-5678, +66 81 234 5678, 66812345678, +66 (0) 81...,
/// tel:+66-81-... or alike. Thai, Lao, Khmer, Myanmar, Arabic, Persian and full-width digits are read; white space and
/// invisible marks go. A number is certainly right or refused: its country and length must exist, and a text that can be
/// read as two numbers is refused. Keep the otp id of `*sent` for the verify, and show its reference code to the person.
///
/// Where it fails with delivery UNKNOWN, an SMS may have gone out all the same: nothing is sent a second time by itself.
///
/// Ownership: `call` may be NULL. Free `*sent` with ants_otp_sent_free(), `*error` with ants_otp_error_free().
/// Codes: ANTS_OTP_OK and `*sent`; or, with `*error`, ANTS_OTP_ERR_INVALID_MOBILE, ANTS_OTP_ERR_INVALID_ARGUMENT (NULL,
/// not UTF-8, no otc id), ANTS_OTP_ERR_INVALID_OPTION (a refused setting of `call`), the service's answers from
/// ANTS_OTP_REFUSED upwards, and ANTS_OTP_ERR_RESOLVE to ANTS_OTP_ERR_INTERNAL.
/// Threads: any, also beside other calls of the same client.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_request(
    client: *const Client,
    mobile: *const c_char,
    call: *const Call,
    sent: *mut *mut Sent,
    error: *mut *mut Error,
) -> c_int {
    // SAFETY: by the header's conventions the out-parameters may be written, the rest are handles and strings.
    unsafe {
        error::report_with(error, ("sent", sent, ptr::null_mut()), |sent| {
            let client = &given(client)?.core;
            let mobile = text("mobile", mobile)?;
            let answer = client.request_with(mobile, &options(call))?;
            ffi::give(sent, Sent::from(&answer));
            Ok(())
        })
    }
}

/// Asks the service to send an OTP again. Go on with the new `*sent`: its otp id may be another.
///
/// `otp_id` is sent where it is not NULL, and the otc id where `call` or the client has one. With NULL, the service
/// sends the newest OTP of that configuration again.
///
/// Ownership: as ants_otp_request().
/// Codes: ANTS_OTP_OK and `*sent`; else as ants_otp_request(), but for ANTS_OTP_ERR_INVALID_MOBILE;
/// ANTS_OTP_ERR_INVALID_ARGUMENT where neither `otp_id` nor an otc id is there; ANTS_OTP_OVER_LIMIT_USAGE after too many
/// resends.
/// Threads: any, also beside other calls of the same client.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_resend(
    client: *const Client,
    otp_id: *const c_char,
    call: *const Call,
    sent: *mut *mut Sent,
    error: *mut *mut Error,
) -> c_int {
    // SAFETY: by the header's conventions the out-parameters may be written, the rest are handles and strings.
    unsafe {
        error::report_with(error, ("sent", sent, ptr::null_mut()), |sent| {
            let client = &given(client)?.core;
            let answer = if otp_id.is_null() {
                client.resend_newest(&options(call))?
            } else {
                client.resend_with(text("otp_id", otp_id)?, &options(call))?
            };
            ffi::give(sent, Sent::from(&answer));
            Ok(())
        })
    }
}

/// Asks the service whether `otp_code` is the code it sent. **0 means that the person is verified, and nothing else
/// does**: let nobody in on any other return.
///
/// `otp_code` is what the person typed or pasted: white space, invisible marks and dashes between two digits go, and digits
/// of the scripts that ants_otp_request() reads become ASCII. Letters stay; words around the code are not taken away.
///
/// Ownership: `call` may be NULL. `*verification` is yours: it is filled on the first five codes, and zero on all others.
/// `*error` is given on every return but 0; free it with ants_otp_error_free().
/// Codes: ANTS_OTP_OK: verified; ANTS_OTP_WRONG_CODE; ANTS_OTP_OVER_LIMIT_USAGE; ANTS_OTP_CODE_EXPIRED;
/// ANTS_OTP_CODE_CONFIRMED: it was used before and verifies nobody again. Else there is no verdict:
/// ANTS_OTP_NO_DATA_AVAILABLE (the otp id is not known), ANTS_OTP_ERR_INVALID_ARGUMENT (NULL, not UTF-8, empty,
/// control characters, U+202E),
/// ANTS_OTP_ERR_INVALID_OPTION (a refused setting of `call`), the service's other answers, and ANTS_OTP_ERR_RESOLVE to
/// ANTS_OTP_ERR_INTERNAL.
/// Threads: any, also beside other calls of the same client.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_verify(
    client: *const Client,
    otp_id: *const c_char,
    otp_code: *const c_char,
    call: *const Call,
    verification: *mut Verification,
    error: *mut *mut Error,
) -> c_int {
    // SAFETY: by the header's conventions the out-parameters may be written, the rest are handles and strings.
    unsafe {
        error::report_with(error, ("verification", verification, Verification::default()), |place| {
            let client = &given(client)?.core;
            let (otp_id, otp_code) = (text("otp_id", otp_id)?, text("otp_code", otp_code)?);
            let verification = client.verify_with(otp_id, otp_code, &options(call))?;
            if let Some(place) = place {
                *place = Verification::from(&verification);
            }
            Ok(verification.into_result()?)
        })
    }
}

/// The account's type and credit. It costs nothing, so it is the way to test credentials.
///
/// Ownership: `call` may be NULL; its timeout and cancel apply. Free `*account` with ants_otp_account_free(), `*error`
/// with ants_otp_error_free().
/// Codes: ANTS_OTP_OK and `*account`; or, with `*error`, ANTS_OTP_AUTHENTICATION_FAILED, ANTS_OTP_RATE_LIMITED,
/// ANTS_OTP_REFUSED, ANTS_OTP_EXCEPTION, ANTS_OTP_ERR_INVALID_ARGUMENT (NULL), ANTS_OTP_ERR_INVALID_OPTION (a refused
/// setting of `call`), and ANTS_OTP_ERR_RESOLVE to ANTS_OTP_ERR_INTERNAL.
/// Threads: any, also beside other calls of the same client.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_balance(
    client: *const Client,
    call: *const Call,
    account: *mut *mut Account,
    error: *mut *mut Error,
) -> c_int {
    // SAFETY: by the header's conventions the out-parameters may be written, the rest are handles.
    unsafe {
        error::report_with(error, ("account", account, ptr::null_mut()), |account| {
            let answer = given(client)?.core.balance_with(&options(call))?;
            ffi::give(account, Account::from(&answer));
            Ok(())
        })
    }
}

/// The client behind the pointer.
///
/// # Safety
/// `client` is NULL or a live handle.
pub unsafe fn given<'a>(client: *const Client) -> Result<&'a Client, Error> {
    // SAFETY: as the caller promises.
    unsafe { ffi::live(client) }.ok_or_else(|| Error::argument("client is NULL: make one first"))
}

/// The options of a call; none for NULL.
///
/// # Safety
/// `call` is NULL or a live handle.
pub unsafe fn options(call: *const Call) -> otp::Call {
    // SAFETY: as the caller promises.
    unsafe { ffi::live(call) }.map(|call| call.0.clone()).unwrap_or_default()
}

/// A text argument.
///
/// # Safety
/// As [`ffi::text`].
pub unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<&'a str, Error> {
    // SAFETY: as the caller promises.
    unsafe { ffi::text(name, text) }.map_err(|why| Error::argument(&why))
}
