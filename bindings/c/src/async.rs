//! Calls that do not block, for programs with an event loop: each is begun at once, carried out on a thread of the client,
//! and tells a function of yours, `done`, what came of it.
//!
//! Taken or not. A call that was begun returns 0, and `done` runs exactly once. What is wrong at first sight (NULL, not
//! UTF-8, no thread to be had) is returned with its error object, and `done` never runs. All else, a refused mobile number
//! too, is told to `done`.
//!
//! Threads. `done` runs on a thread of the client, never on the one that began the call, and may run before the function
//! that began it has returned. Several run at once. The threads are started on demand, at most
//! ants_otp_options_set_async_threads(), and one more while calls wait for a thread; after 5 s without work they end. All
//! signals are blocked on them. `done` should only hand its news over, by a write to an eventfd or a pipe for instance: as
//! long as it runs, its thread serves no other call. It must return as usual (no longjmp, no C++ exception), and may call
//! this library, ants_otp_client_free() on its own client too.
//!
//! Order. Calls are begun in the order in which they came, and end in any order.
//!
//! Time. The deadline counts from the beginning, the wait for a thread too: a call that finds none in time is told
//! ANTS_OTP_ERR_TIMEOUT, NOT_SENT. A cancel that was set on the call object ends it, waiting or under way;
//! ants_otp_client_free() ends them all.
//!
//! fork. In a child of fork() `done` never runs for the parent's calls; the child may begin calls of its own.

use crate::account::Account;
use crate::call::Call;
use crate::client::{Client, given, options, text};
use crate::error::{self, Error};
use crate::ffi;
use crate::sent::Sent;
use crate::verification::Verification;
use otp::Code;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use zeroize::Zeroizing;

/// Is told what came of a request or a resend. `sent` and `error` are yours, and as ants_otp_request() gives them: one of
/// them is NULL. Free them with ants_otp_sent_free() and ants_otp_error_free().
pub type SentDone =
    Option<unsafe extern "C" fn(code: c_int, sent: *mut Sent, error: *mut Error, user_data: *mut c_void)>;

/// Is told what came of a verify: **0 means that the person is verified, and nothing else does.** `verification` is never
/// NULL and lives until `done` returns. `error` is yours, and NULL on 0: free it with ants_otp_error_free().
pub type VerificationDone = Option<
    unsafe extern "C" fn(code: c_int, verification: *const Verification, error: *mut Error, user_data: *mut c_void),
>;

/// Is told what came of a balance call. `account` and `error` are yours, one of them is NULL: free them with
/// ants_otp_account_free() and ants_otp_error_free().
pub type AccountDone =
    Option<unsafe extern "C" fn(code: c_int, account: *mut Account, error: *mut Error, user_data: *mut c_void)>;

/// Begins what ants_otp_request() does, and returns at once.
///
/// Ownership: `mobile` and `call` are copied; `call` may be NULL. `user_data` is handed to `done` untouched. Free `*error`
/// with ants_otp_error_free().
/// Codes: ANTS_OTP_OK: begun, `done` will be told any code of ants_otp_request(). Else `done` is not called, and `*error`
/// is given: ANTS_OTP_ERR_INVALID_ARGUMENT: NULL for `client`, `mobile` or `done`, not UTF-8; ANTS_OTP_ERR_INTERNAL: no
/// thread could be started.
/// Threads: any, also beside other calls of the same client.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_request_async(
    client: *const Client,
    mobile: *const c_char,
    call: *const Call,
    done: SentDone,
    user_data: *mut c_void,
    error: *mut *mut Error,
) -> c_int {
    // SAFETY: by the header's conventions the out-parameter may be written, the rest are handles and strings.
    unsafe {
        error::report(error, || {
            let mobile = text("mobile", mobile)?.to_owned();
            let done = Done::new(done, user_data)?;
            begin(client, call, move |client, call| client.request_with(&mobile, call), move |sent| done.tell(sent))
        })
    }
}

/// Begins what ants_otp_resend() does, and returns at once.
///
/// Ownership: `otp_id` and `call` are copied, and may be NULL. `user_data` is handed to `done` untouched. Free `*error` with
/// ants_otp_error_free().
/// Codes: ANTS_OTP_OK: begun, `done` will be told any code of ants_otp_resend(). Else `done` is not called, and `*error` is
/// given: ANTS_OTP_ERR_INVALID_ARGUMENT: NULL for `client` or `done`, not UTF-8; ANTS_OTP_ERR_INTERNAL: no thread could be
/// started.
/// Threads: any, also beside other calls of the same client.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_resend_async(
    client: *const Client,
    otp_id: *const c_char,
    call: *const Call,
    done: SentDone,
    user_data: *mut c_void,
    error: *mut *mut Error,
) -> c_int {
    // SAFETY: by the header's conventions the out-parameter may be written, the rest are handles and strings.
    unsafe {
        error::report(error, || {
            let otp_id = if otp_id.is_null() { None } else { Some(text("otp_id", otp_id)?.to_owned()) };
            let done = Done::new(done, user_data)?;
            let work = move |client: &otp::Client, call: &otp::Call| match &otp_id {
                Some(otp_id) => client.resend_with(otp_id, call),
                None => client.resend_newest(call),
            };
            begin(client, call, work, move |sent| done.tell(sent))
        })
    }
}

/// Begins what ants_otp_verify() does, and returns at once. **0 means that it was begun**: whether the person is verified is
/// told to `done`.
///
/// Ownership: `otp_id`, `otp_code` and `call` are copied, the code into memory that is wiped; `call` may be NULL. `user_data`
/// is handed to `done` untouched. Free `*error` with ants_otp_error_free().
/// Codes: ANTS_OTP_OK: begun, `done` will be told any code of ants_otp_verify(). Else `done` is not called, and `*error` is
/// given: ANTS_OTP_ERR_INVALID_ARGUMENT: NULL for `client`, `otp_id`, `otp_code` or `done`, not UTF-8;
/// ANTS_OTP_ERR_INTERNAL: no thread could be started.
/// Threads: any, also beside other calls of the same client.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_verify_async(
    client: *const Client,
    otp_id: *const c_char,
    otp_code: *const c_char,
    call: *const Call,
    done: VerificationDone,
    user_data: *mut c_void,
    error: *mut *mut Error,
) -> c_int {
    // SAFETY: by the header's conventions the out-parameter may be written, the rest are handles and strings.
    unsafe {
        error::report(error, || {
            let otp_id = text("otp_id", otp_id)?.to_owned();
            let otp_code = Zeroizing::new(text("otp_code", otp_code)?.to_owned());
            let done = Done::new(done, user_data)?;
            let work = move |client: &otp::Client, call: &otp::Call| client.verify_with(&otp_id, &otp_code, call);
            begin(client, call, work, move |verification| done.tell_verdict(verification))
        })
    }
}

/// Begins what ants_otp_balance() does, and returns at once.
///
/// Ownership: `call` is copied, and may be NULL. `user_data` is handed to `done` untouched. Free `*error` with
/// ants_otp_error_free().
/// Codes: ANTS_OTP_OK: begun, `done` will be told any code of ants_otp_balance(). Else `done` is not called, and `*error`
/// is given: ANTS_OTP_ERR_INVALID_ARGUMENT: NULL for `client` or `done`; ANTS_OTP_ERR_INTERNAL: no thread could be started.
/// Threads: any, also beside other calls of the same client.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_balance_async(
    client: *const Client,
    call: *const Call,
    done: AccountDone,
    user_data: *mut c_void,
    error: *mut *mut Error,
) -> c_int {
    // SAFETY: by the header's conventions the out-parameter may be written, the rest are handles.
    unsafe {
        error::report(error, || {
            let done = Done::new(done, user_data)?;
            begin(client, call, otp::Client::balance_with, move |account| done.tell(account))
        })
    }
}

/// Hands `work` to a thread of the client, and what comes of it to `tell`.
///
/// # Safety
/// `client` and `call` are NULL or live handles.
unsafe fn begin<T>(
    client: *const Client,
    call: *const Call,
    work: impl FnOnce(&otp::Client, &otp::Call) -> otp::Result<T> + Send + 'static,
    tell: impl FnOnce(Result<T, Error>) + Send + 'static,
) -> Result<(), Error> {
    // SAFETY: as the caller promises.
    let (Client { core, workers }, call) = unsafe { (given(client)?, options(call)) };
    let client = core.clone();
    let job = move |turn: otp::Result<otp::Call>| {
        let body = || {
            ffi::may_panic("worker");
            Some(turn.and_then(|call| work(&client, &call)))
        };
        let outcome = ffi::wiping(|| ffi::guard(None, body));
        // The caller may free its client when it is told: nothing of it is held any more.
        drop(client);
        tell(outcome.map_or_else(|| Err(Error::internal()), |outcome| outcome.map_err(Error::from)));
    };
    Ok(workers.submit(core, call, job)?)
}

/// C's function and the pointer it asked to be handed.
struct Done<F> {
    function: F,
    user_data: *mut c_void,
}

// SAFETY: the pointer is only handed on; that the function and what it points to may be used from another thread is asked of
// the caller of the ..._async() functions.
unsafe impl<F> Send for Done<F> {}

impl<F> Done<F> {
    fn new(function: Option<F>, user_data: *mut c_void) -> Result<Self, Error> {
        let function = function.ok_or_else(|| Error::argument("done is NULL: give a function to be told"))?;
        Ok(Done { function, user_data })
    }
}

impl<H: ffi::Handled> Done<unsafe extern "C" fn(c_int, *mut H, *mut Error, *mut c_void)> {
    fn tell<T>(self, outcome: Result<T, Error>)
    where
        H: for<'a> From<&'a T>,
    {
        let (code, result, error) = match outcome {
            Ok(value) => (Code::Ok.number(), ffi::new(|| H::from(&value)), ptr::null_mut()),
            Err(error) => (error.code(), ptr::null_mut(), ffi::new(|| error)),
        };
        // SAFETY: the caller gave a function to be called so, once, from another thread.
        unsafe { (self.function)(code, result, error, self.user_data) }
    }
}

impl Done<unsafe extern "C" fn(c_int, *const Verification, *mut Error, *mut c_void)> {
    fn tell_verdict(self, outcome: Result<otp::Verification, Error>) {
        let (verification, outcome) = match outcome {
            Ok(answer) => (Verification::from(&answer), answer.into_result().map_err(Error::from)),
            Err(error) => (Verification::default(), Err(error)),
        };
        let (code, error) = match outcome {
            Ok(()) => (Code::Ok.number(), ptr::null_mut()),
            Err(error) => (error.code(), ffi::new(|| error)),
        };
        // SAFETY: as above; the flags live until the function returns.
        unsafe { (self.function)(code, &verification, error, self.user_data) }
    }
}
