//! Options: how a client works. Make them, set them, make a client, free them.
//!
//! A setter returns 0, or ANTS_OTP_ERR_INVALID_OPTION for a value that cannot work, for NULL and for what is not UTF-8. Its
//! return may be ignored: the refusal is remembered, and ants_otp_client_new() fails with it, in a sentence, until the same
//! option is set well.

use crate::ffi::{self, Settings};
use otp::{Code, LogLevel};
use std::ffi::{CString, c_char, c_int, c_void};

/// Options of a client. They belong to one thread while they are set.
#[derive(Default)]
pub struct Options {
    pub core: otp::Options,
    problem: CString,
}

impl ffi::Handled for Options {
    const NAME: &str = "options";
}

impl Settings for Options {
    type Core = otp::Options;

    fn core(&mut self) -> &mut otp::Options {
        &mut self.core
    }

    fn refuse(core: otp::Options, option: &'static str, why: &str) -> otp::Options {
        core.refuse(option, why)
    }

    fn is_refused(core: &otp::Options, option: &str) -> bool {
        core.is_refused(option)
    }

    fn changed(&mut self) {
        self.problem = ffi::c_string(self.core.problem().unwrap_or_default());
    }
}

/// How much a log line matters.
#[expect(non_camel_case_types, dead_code, reason = "written as they stand in the header, which is their only use")]
#[repr(C)]
pub enum Level {
    /// A call that ended without an answer; certificates that were left out when the client was made.
    ANTS_OTP_LOG_WARNING = 2,
    /// A call that was answered.
    ANTS_OTP_LOG_INFO = 3,
    /// What happened on the way: an attempt that is tried again.
    ANTS_OTP_LOG_DEBUG = 4,
}

/// Options with nothing set.
///
/// Ownership: free them with ants_otp_options_free(). Never NULL.
/// Codes: none.
/// Threads: any.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn ants_otp_options_new() -> *mut Options {
    ffi::new(Options::default)
}

/// Frees options. Clients made from them live on. NULL is taken and does nothing.
///
/// Ownership: takes `options`; the text of ants_otp_options_problem() ends with it.
/// Codes: none.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_free(options: *mut Options) {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::free(options) }
}

/// The newest refused setting that stands, in a sentence that says what to change; "" if there is none.
///
/// Ownership: the text lives until `options` is set again or freed.
/// Codes: none; NULL gives "".
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_problem(options: *const Options) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::text_of(options, |options| &options.problem) }
}

/// User name and password (HTTP Basic). The user name cannot hold a colon.
///
/// Ownership: the texts are copied; the copies are wiped when they go.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_credentials(
    options: *mut Options,
    user: *const c_char,
    password: *const c_char,
) -> c_int {
    // SAFETY: a handle and strings, by the header's conventions.
    unsafe {
        ffi::set(options, "credentials", |core| {
            match (ffi::text("the user name", user), ffi::text("the password", password)) {
                (Ok(user), Ok(password)) => core.credentials(user, password),
                (Err(why), _) | (_, Err(why)) => core.refuse("credentials", &why),
            }
        })
    }
}

/// A bearer token instead of user name and password. A ready-made value of the Authorization header is taken too: one
/// that begins with "Bearer " or "Basic " is sent with that scheme.
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_token(options: *mut Options, token: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(options, "token", token, |core, value| core.token(value)) }
}

/// The OTP configuration (otcId) of calls that do not name one.
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_otc_id(options: *mut Options, otc_id: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(options, "otc_id", otc_id, |core, value| core.otc_id(value)) }
}

/// The service's address, https://api-service.ants.co.th if not set. A path in it stands before the service's own.
/// http:// is taken for loopback only, or with ants_otp_options_set_allow_plain_http().
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_base_url(options: *mut Options, url: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(options, "base_url", url, |core, value| core.base_url(value)) }
}

/// Takes what is not set from the environment: ANTS_OTP_USERNAME and ANTS_OTP_PASSWORD, or ANTS_OTP_TOKEN, and
/// ANTS_OTP_BASE_URL, ANTS_OTP_OTC_ID, ANTS_OTP_PROXY, ANTS_OTP_CA_FILE. Call it after the setters: credentials set
/// before replace all of the environment's. Empty variables count as not set. ANTS_OTP_PROXY is not used for a base URL
/// on this machine (127.0.0.0/8, ::1, localhost).
///
/// In a privileged program (setuid, file capabilities) nothing is taken, and that is ANTS_OTP_OK: see the conventions.
///
/// Ownership: the values are copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_load_env(options: *mut Options) -> c_int {
    const LOADED: [&str; 6] = ["credentials", "token", "base_url", "otc_id", "proxy", "ca_file"];
    // SAFETY: a handle, by the header's conventions.
    unsafe {
        ffi::guard(Code::Internal.number(), || {
            let code = ffi::set(options, "", |core| core.load_env());
            let refused = |options: &Options| LOADED.iter().any(|option| options.core.is_refused(option));
            if ffi::live(options).is_some_and(refused) { Code::InvalidOption.number() } else { code }
        })
    }
}

/// The deadline of a call, over DNS, connect, TLS, proxy, sending, answer and retries: 1 to 600000 ms, 15000 if not set.
///
/// Ownership: none.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_timeout_ms(options: *mut Options, timeout_ms: i64) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::set(options, "timeout", |core| core.timeout(ffi::milliseconds(timeout_ms))) }
}

/// How much of the deadline a connection may take to be made: 1 to 600000 ms, 5000 if not set.
///
/// Ownership: none.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_connect_timeout_ms(
    options: *mut Options,
    connect_timeout_ms: i64,
) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::set(options, "connect_timeout", |core| core.connect_timeout(ffi::milliseconds(connect_timeout_ms))) }
}

/// The country of mobile numbers in national form, such as 081...: its calling code, "66" if not set.
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_country_code(options: *mut Options, code: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(options, "country_code", code, |core, value| core.country_code(value)) }
}

/// A PEM file of certificates to trust beside the roots. It is read by ants_otp_client_new(), which fails where none of
/// them can be used; single ones that cannot, or that say that they are not for servers (TRUSTED CERTIFICATE), are left
/// out with a log line.
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_ca_file(options: *mut Options, path: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(options, "ca_file", path, |core, value| core.ca_file(value)) }
}

/// Which roots are trusted: "bundled" (Mozilla's, compiled in; the default), "system" (this machine's; SSL_CERT_FILE and
/// SSL_CERT_DIR may name others, but in a privileged program) or "none": the certificates of
/// ants_otp_options_set_ca_file() alone, which are then needed.
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_root_certificates(options: *mut Options, which: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(options, "root_certificates", which, |core, value| core.root_certificates(value)) }
}

/// The client's own certificate chain and key (PEM files), for services that ask for one. They are read by
/// ants_otp_client_new().
///
/// Ownership: the texts are copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_client_certificate(
    options: *mut Options,
    cert_file: *const c_char,
    key_file: *const c_char,
) -> c_int {
    // SAFETY: a handle and strings, by the header's conventions.
    unsafe {
        ffi::set(options, "client_certificate", |core| {
            match (ffi::text("cert_file", cert_file), ffi::text("key_file", key_file)) {
                (Ok(cert_file), Ok(key_file)) => core.client_certificate(cert_file, key_file),
                (Err(why), _) | (_, Err(why)) => core.refuse("client_certificate", &why),
            }
        })
    }
}

/// A proxy: http://, https://, socks5:// (names are resolved here) or socks5h:// (names are resolved there), with
/// user:password@ if it asks. It replaces ANTS_OTP_PROXY. With an http:// base URL it must be on this machine too
/// (127.0.0.0/8, ::1, localhost), or ants_otp_client_new() refuses the two, unless plain HTTP is allowed.
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_proxy(options: *mut Options, url: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(options, "proxy", url, |core, value| core.proxy(value)) }
}

/// Whether the proxy is taken from HTTPS_PROXY or ALL_PROXY, and exceptions from NO_PROXY (also in small letters),
/// where none is set. Off if not set. For a base URL on this machine no proxy of the environment is used, and in a
/// privileged program none at all.
///
/// Ownership: none.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_proxy_from_env(options: *mut Options, on: bool) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::set(options, "proxy_from_env", |core| core.proxy_from_env(on)) }
}

/// Whether http:// is taken to hosts that are not loopback, or through a proxy that is not: credentials and OTP codes
/// then travel unencrypted. Off if not set.
///
/// Ownership: none.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_allow_plain_http(options: *mut Options, on: bool) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::set(options, "allow_plain_http", |core| core.allow_plain_http(on)) }
}

/// How many idle connections are kept for the next calls: 0 to 4096; if not set, 64, or as many as there are threads for
/// asynchronous calls if those are more.
///
/// Ownership: none.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_max_idle_connections(options: *mut Options, count: c_int) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { set_count(options, "max_idle_connections", count, |core, count| core.max_idle_connections(count)) }
}

/// How long an idle connection is kept: 1 to 600000 ms, 30000 if not set.
///
/// Ownership: none.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_idle_timeout_ms(options: *mut Options, idle_timeout_ms: i64) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::set(options, "idle_timeout", |core| core.idle_timeout(ffi::milliseconds(idle_timeout_ms))) }
}

/// How often a call is tried again while nothing of it was sent: 0 to 2, 2 if not set.
///
/// Ownership: none.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_max_retries(options: *mut Options, count: c_int) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { set_count(options, "max_retries", count, |core, count| core.max_retries(count)) }
}

/// The User-Agent header: visible ASCII, "ants-otp/VERSION" if not set.
///
/// Ownership: the text is copied.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_user_agent(options: *mut Options, text: *const c_char) -> c_int {
    // SAFETY: a handle and a string, by the header's conventions.
    unsafe { ffi::set_text(options, "user_agent", text, |core, value| core.user_agent(value)) }
}

/// How many calls of the ..._async() functions are under way at once, each on a thread of the client: 1 to 1024, 64 if not
/// set.
///
/// Ownership: none.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_async_threads(options: *mut Options, count: c_int) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe { set_count(options, "async_threads", count, |core, count| core.async_threads(count)) }
}

/// Where log lines go: one line for each call, with the operation, the code, the time and the last four digits of the
/// mobile number, and never a secret. `level` is one of ants_otp_log_level. NULL for `write` ends logging, which is the
/// default.
///
/// `write` runs on the thread that makes the call, for the ..._async() functions one of the client's, and in
/// ants_otp_client_new() for certificates of ca_file that are left out. It must return as usual (no longjmp, no C++
/// exception) and must not call this client.
///
/// Ownership: `user_data` is handed to `write` untouched and must be valid until the last client made from `options` is
/// freed; `line` lives until `write` returns.
/// Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
/// Threads: one at a time; `write` may run on several threads at once.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_options_set_log(
    options: *mut Options,
    write: Option<unsafe extern "C" fn(level: c_int, line: *const c_char, user_data: *mut c_void)>,
    user_data: *mut c_void,
) -> c_int {
    // SAFETY: a handle, by the header's conventions.
    unsafe {
        ffi::set(options, "log", |core| match write {
            Some(write) => {
                let hook = LogHook { write, user_data };
                core.log(move |level, line| hook.write(level, line))
            }
            None => core.no_log(),
        })
    }
}

/// C's function and the pointer it asked to be handed.
struct LogHook {
    write: unsafe extern "C" fn(c_int, *const c_char, *mut c_void),
    user_data: *mut c_void,
}

// SAFETY: the pointer is only handed on; that the function and what it points to may be used from any thread is asked of
// the caller of ants_otp_options_set_log().
unsafe impl Send for LogHook {}
// SAFETY: as for Send.
unsafe impl Sync for LogHook {}

impl LogHook {
    fn write(&self, level: LogLevel, line: &str) {
        let line = ffi::c_string(line);
        // SAFETY: the caller of ants_otp_options_set_log() gave a function that may be called so for as long as a client
        // made from the options lives.
        unsafe { (self.write)(level.number(), line.as_ptr(), self.user_data) }
    }
}

/// Sets a count; what is negative is refused here.
///
/// # Safety
/// As [`ffi::set`].
unsafe fn set_count(
    options: *mut Options,
    option: &'static str,
    count: c_int,
    set: impl FnOnce(otp::Options, u32) -> otp::Options,
) -> c_int {
    // SAFETY: as the caller promises.
    unsafe {
        ffi::set(options, option, |core| match u32::try_from(count) {
            Ok(count) => set(core, count),
            Err(_) => core.refuse(option, &format!("{option} is negative: give a count of 0 or more")),
        })
    }
}
