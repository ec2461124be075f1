//! Account: what a balance call gives.

use crate::ffi;
use std::ffi::{CString, c_char};

/// The account behind the credentials, and its credit.
pub struct Account {
    kind: CString,
    credit: CString,
}

impl ffi::Handled for Account {
    const NAME: &str = "account";
}

impl From<&otp::Account> for Account {
    fn from(account: &otp::Account) -> Self {
        Account { kind: ffi::c_string(account.kind()), credit: ffi::c_string(account.credit()) }
    }
}

/// "prepaid" or "postpaid", as the service wrote it.
///
/// Ownership: the text lives as long as `account`.
/// Codes: none; NULL gives "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_account_type(account: *const Account) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::text_of(account, |account| &account.kind) }
}

/// The credit as exact decimal text, such as "100.50": money is no floating-point number.
///
/// Ownership: the text lives as long as `account`.
/// Codes: none; NULL gives "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_account_credit(account: *const Account) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::text_of(account, |account| &account.credit) }
}

/// Frees what a balance call gave. NULL is taken and does nothing.
///
/// Ownership: takes `account`; its texts end with it.
/// Codes: none.
/// Threads: not beside a use of `account`.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_account_free(account: *mut Account) {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::free(account) }
}
