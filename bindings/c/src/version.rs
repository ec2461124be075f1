//! Version.

use std::ffi::{CStr, c_char};

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// The version of the library in use, such as "0.1.0". ANTS_OTP_VERSION is that of the header which was compiled.
///
/// Ownership: the text lives for ever.
/// Codes: none.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn ants_otp_version() -> *const c_char {
    VERSION.as_ptr()
}
