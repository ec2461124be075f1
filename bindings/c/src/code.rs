//! Codes: what came of a call, as a number that is the same in every language.

use crate::ffi;
use otp::Code;
use std::ffi::{CStr, CString, c_char, c_int};
use std::sync::LazyLock;

/// What came of a call. 0 is success. A positive code is an answer: the service said no. A negative code is the lack of an
/// answer. Functions return these as int: a later version may return a number that is not listed here.
#[expect(non_camel_case_types, dead_code, reason = "written as they stand in the header, which is their only use")]
#[repr(C)]
pub enum Codes {
    /// Success: done; for verify, the person is verified.
    ANTS_OTP_OK = 0,
    /// The OTP code is wrong.
    ANTS_OTP_WRONG_CODE = 1,
    /// The service refused, in words that are not in the code table.
    ANTS_OTP_REFUSED = 2,
    /// Invalid OTP config: the service does not know this otcId.
    ANTS_OTP_INVALID_OTP_CONFIG = 301,
    /// Number prefix missing: the mobile number has no country prefix.
    ANTS_OTP_NUMBER_PREFIX_MISSING = 302,
    /// No OTP data available: the service does not know this otpId.
    ANTS_OTP_NO_DATA_AVAILABLE = 303,
    /// Over limit: too many wrong tries, or too many resends.
    ANTS_OTP_OVER_LIMIT_USAGE = 304,
    /// The OTP code has expired.
    ANTS_OTP_CODE_EXPIRED = 305,
    /// The OTP code has been confirmed already.
    ANTS_OTP_CODE_CONFIRMED = 306,
    /// Invalid number: the service does not take this mobile number.
    ANTS_OTP_INVALID_NUMBER = 307,
    /// Called too often: the service limits the rate (HTTP 429).
    ANTS_OTP_RATE_LIMITED = 429,
    /// Credit not enough: the account cannot pay for the SMS.
    ANTS_OTP_CREDIT_NOT_ENOUGH = 9995,
    /// Bad request: the service could not use the request.
    ANTS_OTP_BAD_REQUEST = 9996,
    /// Authentication failed: wrong user name, password or token.
    ANTS_OTP_AUTHENTICATION_FAILED = 9998,
    /// Exception: the service failed inside.
    ANTS_OTP_EXCEPTION = 9999,
    /// An argument is missing or cannot be used; nothing was sent.
    ANTS_OTP_ERR_INVALID_ARGUMENT = -1,
    /// This is not a mobile number; nothing was sent.
    ANTS_OTP_ERR_INVALID_MOBILE = -2,
    /// An option of the client cannot work; nothing was sent.
    ANTS_OTP_ERR_INVALID_OPTION = -3,
    /// The service's host name could not be resolved; nothing was sent.
    ANTS_OTP_ERR_RESOLVE = -10,
    /// No connection to the service could be made; nothing was sent.
    ANTS_OTP_ERR_CONNECT = -11,
    /// No trusted TLS connection could be made.
    ANTS_OTP_ERR_TLS = -12,
    /// The proxy could not be used; nothing was sent.
    ANTS_OTP_ERR_PROXY = -13,
    /// No answer before the deadline.
    ANTS_OTP_ERR_TIMEOUT = -20,
    /// The connection was cut before the whole answer came.
    ANTS_OTP_ERR_CONNECTION_LOST = -21,
    /// The caller stopped the call.
    ANTS_OTP_ERR_INTERRUPTED = -22,
    /// The service answered with an HTTP status that is no answer to the call.
    ANTS_OTP_ERR_HTTP_STATUS = -30,
    /// The answer cannot be read or trusted.
    ANTS_OTP_ERR_BAD_ANSWER = -31,
    /// A defect of this library.
    ANTS_OTP_ERR_INTERNAL = -99,
}

/// Whether a request can have reached the service. 0 is the cautious one, so that a zeroed value never reads as "safe to
/// send again".
#[expect(non_camel_case_types, dead_code, reason = "written as they stand in the header, which is their only use")]
#[repr(C)]
pub enum Delivery {
    /// It may have been carried out: an SMS may be on its way.
    ANTS_OTP_DELIVERY_UNKNOWN = 0,
    /// No byte of it was sent: the service cannot have acted, and calling again is safe.
    ANTS_OTP_DELIVERY_NOT_SENT = 1,
    /// The service answered.
    ANTS_OTP_DELIVERY_ANSWERED = 2,
}

/// The texts of one code with their NUL.
struct Row {
    code: Code,
    name: CString,
    english: CString,
    thai: CString,
    user_english: CString,
    user_thai: CString,
    advice: CString,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let row = |&code: &Code| Row {
        code,
        name: ffi::c_string(&format!("ANTS_OTP_{}", code.name())),
        english: ffi::c_string(code.text("en")),
        thai: ffi::c_string(code.text("th")),
        user_english: ffi::c_string(code.user_text("en")),
        user_thai: ffi::c_string(code.user_text("th")),
        advice: ffi::c_string(code.advice()),
    };
    Code::ALL.iter().map(row).collect()
});

/// A text of the code with this number, or `unknown`; it lives for ever.
fn text_of(number: c_int, unknown: &'static CStr, text: impl FnOnce(&'static Row) -> &'static CStr) -> *const c_char {
    ffi::guard(unknown, || TABLE.iter().find(|row| row.code.number() == number).map_or(unknown, text)).as_ptr()
}

/// The name of a code as it stands in this header, such as "ANTS_OTP_CODE_EXPIRED" for 305.
///
/// Ownership: the text lives for ever.
/// Codes: none; an unknown number gives "ANTS_OTP_UNKNOWN_CODE".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn ants_otp_code_name(code: c_int) -> *const c_char {
    text_of(code, c"ANTS_OTP_UNKNOWN_CODE", |row| &row.name)
}

/// Whether `language` means Thai.
///
/// # Safety
/// NULL or a string, by the header's conventions.
unsafe fn is_thai(language: *const c_char) -> bool {
    ffi::guard(false, || {
        // SAFETY: what this function asks for.
        let language = unsafe { ffi::text("language", language) }.unwrap_or_default();
        // The core knows the ways to write a language.
        Code::Ok.text(language) == Code::Ok.text("th")
    })
}

/// What happened, for developers and logs, in English ("en") or Thai ("th"). Show people ants_otp_code_user_text().
/// Tags such as "th-TH" are understood; any other language, and NULL, give English.
///
/// Ownership: the text lives for ever.
/// Codes: none; an unknown number gives a sentence that says so.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_code_text(code: c_int, language: *const c_char) -> *const c_char {
    // SAFETY: a string, by the header's conventions.
    if unsafe { is_thai(language) } {
        text_of(code, c"รหัสที่ไลบรารีรุ่นนี้ไม่รู้จัก", |row| &row.thai)
    } else {
        text_of(code, c"A code that this version of the library does not know.", |row| &row.english)
    }
}

/// What to show people, in English or Thai; languages as for ants_otp_code_text(). It says what that person can do; all
/// that they cannot mend is one sentence.
///
/// Ownership: the text lives for ever.
/// Codes: none; an unknown number gives the sentence of what is not the person's to mend.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_code_user_text(code: c_int, language: *const c_char) -> *const c_char {
    // A code of a newer version is none that this one can explain to a person.
    let code = Code::from_number(code).unwrap_or(Code::Internal).number();
    // SAFETY: a string, by the header's conventions.
    let thai = unsafe { is_thai(language) };
    text_of(code, c"", |row| if thai { &row.user_thai } else { &row.user_english })
}

/// What a developer or operator can do about a code, in English.
///
/// Ownership: the text lives for ever.
/// Codes: none; an unknown number gives a sentence that says so.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn ants_otp_code_advice(code: c_int) -> *const c_char {
    text_of(code, c"Look the number up in the header of a newer version.", |row| &row.advice)
}
