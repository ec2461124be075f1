//! The options of a client, each checked when it is set.

use crate::base_url::{BaseUrl, is_loopback};
use crate::check::{self, Checked, Problems};
use crate::client::Defaults;
use crate::credentials::Credentials;
use crate::environment;
use crate::log::Log;
use crate::secret::{Secret, Wiped};
use crate::transport::{self, Proxy, Roots, Transport};
use crate::{Client, Code, Error, LogLevel, Result};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_IDLE_CONNECTIONS: u32 = 64;
const DEFAULT_ASYNC_THREADS: u32 = 64;
const MAX_IDLE_CONNECTIONS: u32 = 4096;
const MAX_ASYNC_THREADS: u32 = 1024;
const MAX_RETRIES: u32 = 2;

/// Options of a [`Client`], set in a chain that ends with [`build`](Options::build).
///
/// ```no_run
/// # fn main() -> ants_otp::Result<()> {
/// let client = ants_otp::Client::builder()
///     .credentials("user", "password")
///     .otc_id("0DC8E7AD-0168-440C-AF10-BF556B164D83")
///     .build()?;
/// # let _ = client; Ok(())
/// # }
/// ```
///
/// A setting that cannot work is remembered with a sentence ([`problem`](Options::problem)), and `build` fails with −3 until
/// the same option is set well: an ignored refusal never turns into a client with other options than asked for.
#[derive(Clone, Default)]
pub struct Options {
    user: Option<(String, Secret)>,
    token: Option<Credentials>,
    /// The credentials are the environment's: any set in code replace them.
    credentials_from_env: bool,
    /// Each call brings its own.
    credentials_of_calls: bool,
    base_url: Option<BaseUrl>,
    otc_id: Option<String>,
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    country_code: Option<String>,
    ca_file: Option<PathBuf>,
    roots: Roots,
    client_certificate: Option<(PathBuf, PathBuf)>,
    proxy: Option<Proxy>,
    /// The proxy is ANTS_OTP_PROXY's.
    proxy_of_env: bool,
    proxy_from_env: bool,
    allow_plain_http: bool,
    max_idle_connections: Option<u32>,
    idle_timeout: Option<Duration>,
    max_retries: Option<u32>,
    user_agent: Option<String>,
    async_threads: Option<u32>,
    log: Log,
    problems: Problems,
}

impl Options {
    /// No options set.
    pub fn new() -> Self {
        Self::default()
    }

    /// User name and password (HTTP Basic, RFC 7617). The user name cannot hold a colon.
    pub fn credentials(mut self, user: impl AsRef<str>, password: impl AsRef<str>) -> Self {
        let (user, password) = (user.as_ref(), password.as_ref());
        self.drop_credentials_from_env();
        let checked = check::user(user).and_then(|()| check::password(password));
        let checked = checked.map(|()| (user.to_owned(), Secret::new(password)));
        self.user = self.problems.note("credentials", checked);
        self
    }

    /// A bearer token instead of user name and password, for the white labels that use one. What begins with `Basic ` or
    /// `Bearer ` is sent as it is: public callers may know the ready-made value alone.
    pub fn token(mut self, token: impl AsRef<str>) -> Self {
        self.drop_credentials_from_env();
        self.token = self.problems.note("token", Credentials::token(token.as_ref()));
        self
    }

    /// The service's address, `https://api-service.ants.co.th` if not set. A path in it stands before the service's own.
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.base_url = self.problems.note("base_url", BaseUrl::parse(url.as_ref()));
        self
    }

    /// The OTP configuration of calls that do not name one.
    pub fn otc_id(mut self, otc_id: impl Into<String>) -> Self {
        self.otc_id = self.problems.note("otc_id", check::identifier("otc_id", &otc_id.into()).map(str::to_owned));
        self
    }

    /// The deadline of a call, over DNS, connect, TLS, proxy, sending, answer and retries: 1 ms to 600 s, 15 s if not set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = self.problems.note("timeout", check::duration("timeout", timeout));
        self
    }

    /// How much of the deadline a connection may take to be made: 1 ms to 600 s, 5 s if not set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = self.problems.note("connect_timeout", check::duration("connect_timeout", timeout));
        self
    }

    /// The country of mobile numbers in national form, such as `081…`: its calling code, `66` if not set.
    pub fn country_code(mut self, code: impl Into<String>) -> Self {
        self.country_code = self.problems.note("country_code", check::country_code(code.into()));
        self
    }

    /// A PEM file of certificates to trust beside the roots. It is read by [`build`](Options::build), which fails where none of
    /// them can be used; single ones that cannot are left out, with a log line.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let checked =
            if path.as_os_str().is_empty() { Err("ca_file is empty: name a PEM file".to_owned()) } else { Ok(path) };
        self.ca_file = self.problems.note("ca_file", checked);
        self
    }

    /// Which roots are trusted: `"bundled"` (Mozilla's, compiled in; the default), `"system"` (this machine's) or `"none"`: the
    /// certificates of [`ca_file`](Options::ca_file) alone, which is then needed.
    pub fn root_certificates(mut self, which: impl AsRef<str>) -> Self {
        let checked = match which.as_ref() {
            "bundled" => Ok(Roots::Bundled),
            "system" => Ok(Roots::System),
            "none" => Ok(Roots::None),
            _ => Err("root_certificates must be \"bundled\", \"system\" or \"none\"".to_owned()),
        };
        self.roots = self.problems.note("root_certificates", checked).unwrap_or_default();
        self
    }

    /// The client's own certificate chain and key (PEM files), for services that ask for one. Read by
    /// [`build`](Options::build).
    pub fn client_certificate(mut self, cert_file: impl Into<PathBuf>, key_file: impl Into<PathBuf>) -> Self {
        let (cert, key) = (cert_file.into(), key_file.into());
        let checked = if cert.as_os_str().is_empty() || key.as_os_str().is_empty() {
            Err("client_certificate needs two PEM files: the certificate and its key".to_owned())
        } else {
            Ok((cert, key))
        };
        self.client_certificate = self.problems.note("client_certificate", checked);
        self
    }

    /// A proxy: `http://`, `https://`, `socks5://` (names are resolved here) or `socks5h://` (names are resolved there),
    /// with `user:password@` if it asks. Replaces the environment's. What is sent to an `http://` base URL can be read there:
    /// that is refused for a proxy on another machine, unless [`allow_plain_http`](Options::allow_plain_http) is set.
    pub fn proxy(mut self, url: impl AsRef<str>) -> Self {
        self.proxy_of_env = false;
        self.proxy = self.problems.note("proxy", Proxy::parse(url.as_ref()));
        self
    }

    /// Takes the proxy from HTTPS_PROXY or ALL_PROXY, and exceptions from NO_PROXY (also in small letters). Off if not set.
    /// For a base URL on this machine (127.0.0.0/8, ::1, `localhost`) no proxy of the environment is used.
    pub fn proxy_from_env(mut self, on: bool) -> Self {
        self.proxy_from_env = on;
        self
    }

    /// Allows `http://` to hosts that are not loopback, or through a proxy that is not: credentials and OTP codes then travel
    /// unencrypted.
    pub fn allow_plain_http(mut self, on: bool) -> Self {
        self.allow_plain_http = on;
        self
    }

    /// How many idle connections are kept: 0 to 4096; if not set, 64, or as many as there are `async_threads` if those are more.
    pub fn max_idle_connections(mut self, count: u32) -> Self {
        self.max_idle_connections =
            self.problems.note("max_idle_connections", at_most("max_idle_connections", count, MAX_IDLE_CONNECTIONS));
        self
    }

    /// How long an idle connection is used: 1 ms to 600 s, 30 s if not set. An older one is closed by the next call, or with
    /// the client.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = self.problems.note("idle_timeout", check::duration("idle_timeout", timeout));
        self
    }

    /// How often a call is tried again while nothing of it was sent: 0 to 2, 2 if not set.
    pub fn max_retries(mut self, count: u32) -> Self {
        self.max_retries = self.problems.note("max_retries", at_most("max_retries", count, MAX_RETRIES));
        self
    }

    /// The User-Agent header: visible ASCII, `ants-otp/VERSION` if not set.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = self.problems.note("user_agent", check::user_agent(text.into()));
        self
    }

    /// How many threads serve asynchronous calls in the languages that have them: 1 to 1024, 64 if not set.
    pub fn async_threads(mut self, count: u32) -> Self {
        let checked = if count == 0 {
            Err("async_threads must be 1 to 1024".to_owned())
        } else {
            at_most("async_threads", count, MAX_ASYNC_THREADS)
        };
        self.async_threads = self.problems.note("async_threads", checked);
        self
    }

    /// Where log lines go. They hold the operation, the code, the time and the last four digits of the mobile number, and
    /// never a secret. The hook runs on the calling thread, that of [`build`](Options::build) too, and must not call the client.
    pub fn log(mut self, write: impl Fn(LogLevel, &str) + Send + Sync + 'static) -> Self {
        self.log = Log::new(LogLevel::Debug, write);
        self
    }

    /// No log lines, which is the default.
    pub fn no_log(mut self) -> Self {
        self.log = Log::default();
        self
    }

    /// Takes what is not set from ANTS_OTP_USERNAME and _PASSWORD, or _TOKEN, and from _BASE_URL, _OTC_ID, _PROXY and
    /// _CA_FILE. Credentials set in code replace all of the environment's. Empty variables count as not set; an option whose
    /// value was refused counts as set. _PROXY is not used for a base URL on this machine (127.0.0.0/8, ::1, `localhost`).
    ///
    /// In a privileged program (setuid, file capabilities: the kernel says AT_SECURE) nothing is taken: its environment is
    /// its caller's to choose.
    pub fn load_env(self) -> Self {
        self.load_from(environment::variable)
    }

    /// [`load_env`](Self::load_env) with the variables that `find` gives, none of them empty. For what reads settings from
    /// a file, too.
    #[doc(hidden)]
    pub fn load_from(mut self, find: impl Fn(&str) -> Option<OsString>) -> Self {
        let variable = |name: &str| find(&format!("ANTS_OTP_{name}"));
        let text = |name: &str| {
            let value = variable(name).map(|value| Wiped::from(value.into_encoded_bytes()))?;
            std::str::from_utf8(&value).ok().map(Secret::new)
        };
        let open = |name, unset| unset && !self.problems.holds(name);
        let credentials = !self.credentials_of_calls
            && open("credentials", self.user.is_none())
            && open("token", self.token.is_none());
        let base_url = open("base_url", self.base_url.is_none());
        let otc_id = open("otc_id", self.otc_id.is_none());
        let proxy = open("proxy", self.proxy.is_none());
        let ca_file = open("ca_file", self.ca_file.is_none());
        if credentials {
            self = match (text("USERNAME"), text("PASSWORD")) {
                (Some(user), Some(password)) => self.credentials(user.expose_secret(), password.expose_secret()),
                (None, None) => self,
                (Some(_), None) => self.refuse("credentials", "ANTS_OTP_USERNAME is set, but ANTS_OTP_PASSWORD is not"),
                (None, Some(_)) => self.refuse("credentials", "ANTS_OTP_PASSWORD is set, but ANTS_OTP_USERNAME is not"),
            };
            if let Some(token) = text("TOKEN") {
                self = self.token(token.expose_secret());
            }
        }
        if let (true, Some(url)) = (base_url, text("BASE_URL")) {
            self = self.base_url(url.expose_secret());
        }
        if let (true, Some(id)) = (otc_id, text("OTC_ID")) {
            self = self.otc_id(id.expose_secret());
        }
        if let (true, Some(url)) = (proxy, text("PROXY")) {
            self = self.proxy(url.expose_secret());
            self.proxy_of_env = true;
        }
        if let (true, Some(path)) = (ca_file, variable("CA_FILE")) {
            self = self.ca_file(path);
        }
        // Sent in another form, a password would be a wrong one.
        let texts = [
            ("USERNAME", "credentials", credentials),
            ("PASSWORD", "credentials", credentials),
            ("TOKEN", "token", credentials),
            ("BASE_URL", "base_url", base_url),
            ("OTC_ID", "otc_id", otc_id),
            ("PROXY", "proxy", proxy),
        ];
        for (name, option, _) in texts.into_iter().filter(|(_, _, open)| *open) {
            if variable(name).is_some() && text(name).is_none() {
                self = self.refuse(option, &format!("ANTS_OTP_{name} is not UTF-8: set it anew"));
            }
        }
        self.credentials_from_env |= credentials;
        self
    }

    /// The newest refused setting that stands, in a sentence, if there is one.
    pub fn problem(&self) -> Option<&str> {
        self.problems.last()
    }

    /// Notes that `option` was given a value that the border could not even read. For the languages over this library.
    #[doc(hidden)]
    pub fn refuse(mut self, option: &'static str, why: &str) -> Self {
        self.problems.note::<()>(option, Err(why.to_owned()));
        self
    }

    /// Whether the last value given for `option` was refused. For the languages over this library.
    #[doc(hidden)]
    pub fn is_refused(&self, option: &str) -> bool {
        self.problems.holds(option)
    }

    /// Credentials come with each call ([`Call::credentials`](crate::Call::credentials)), and nowhere else from. For the
    /// languages over this library.
    #[doc(hidden)]
    pub fn credentials_of_calls(mut self, on: bool) -> Self {
        self.credentials_of_calls = on;
        self
    }

    /// Whether the base URL is on this machine, so that no proxy of the environment is used. For the languages over this
    /// library.
    #[doc(hidden)]
    pub fn stays_here(&self) -> bool {
        self.base_url.as_ref().is_some_and(BaseUrl::is_loopback)
    }

    /// The number of threads for asynchronous calls. For the languages over this library.
    #[doc(hidden)]
    pub fn get_async_threads(&self) -> u32 {
        self.async_threads.unwrap_or(DEFAULT_ASYNC_THREADS)
    }

    /// Makes the client. Reads the certificate files; connects to nothing.
    ///
    /// # Errors
    /// −3 with a sentence: credentials missing or given twice, a refused setting, plain http to another machine or through a
    /// proxy there, a certificate file that cannot be used. −12 where the system gives no random numbers.
    pub fn build(&self) -> Result<Client> {
        transport::check_random().map_err(|why| Error::refused(Code::Tls, why))?;
        self.make().map_err(|problem| Error::refused(Code::InvalidOption, problem))
    }

    fn make(&self) -> Checked<Client> {
        if let Some(problem) = self.problem() {
            return Err(problem.to_owned());
        }
        let base_url = self.base_url.clone().unwrap_or_default();
        let proxy = self.effective_proxy(&base_url)?;
        if base_url.is_plain() && !self.allow_plain_http {
            check_plain_http(&base_url, proxy.as_ref())?;
        }
        let transport = Transport::new(transport::Settings {
            host: base_url.host_header()?,
            credentials: self.effective_credentials()?,
            user_agent: self
                .user_agent
                .clone()
                .unwrap_or_else(|| concat!("ants-otp/", env!("CARGO_PKG_VERSION")).to_owned()),
            connect_timeout: self.connect_timeout.unwrap_or(DEFAULT_CONNECT_TIMEOUT),
            proxy,
            tls: transport::Tls::load(self.roots, self.ca_file.as_deref(), self.client_certificate.as_ref())?,
            max_idle: self.max_idle_connections.unwrap_or(DEFAULT_IDLE_CONNECTIONS.max(self.get_async_threads()))
                as usize,
            idle_timeout: self.idle_timeout.unwrap_or(DEFAULT_IDLE_TIMEOUT),
        });
        if let Some(warning) = transport.warning() {
            self.log.line(LogLevel::Warning, || warning);
        }
        let unset = Defaults {
            otc_id: None,
            country_code: "66".to_owned(),
            timeout: DEFAULT_TIMEOUT,
            max_retries: MAX_RETRIES,
        };
        Client::new(transport, &base_url, self.defaults(&unset)?, self.log.clone())
    }

    /// What is set of these, and else what is in `unset`.
    pub(crate) fn defaults(&self, unset: &Defaults) -> Checked<Defaults> {
        match self.problem() {
            Some(problem) => Err(problem.to_owned()),
            None => Ok(Defaults {
                otc_id: self.otc_id.as_ref().or(unset.otc_id.as_ref()).cloned(),
                country_code: self.country_code.as_ref().unwrap_or(&unset.country_code).clone(),
                timeout: self.timeout.unwrap_or(unset.timeout),
                max_retries: self.max_retries.unwrap_or(unset.max_retries),
            }),
        }
    }

    fn drop_credentials_from_env(&mut self) {
        if std::mem::take(&mut self.credentials_from_env) {
            (self.user, self.token) = (None, None);
            self.problems.forget("credentials");
            self.problems.forget("token");
        }
    }

    fn effective_credentials(&self) -> Checked<Option<Credentials>> {
        match (&self.user, &self.token) {
            (None, None) if self.credentials_of_calls => Ok(None),
            (Some(_), _) | (_, Some(_)) if self.credentials_of_calls => {
                Err("credentials are given, and come with each call too: use one of the two".to_owned())
            }
            (Some(_), Some(_)) => Err("both a user name and a token are set: use one of them".to_owned()),
            (Some((user, password)), None) => Credentials::basic(user, password.expose_secret()).map(Some),
            (None, Some(token)) => Ok(Some(token.clone())),
            (None, None) => Err(format!(
                "credentials are missing: give user name and password, or a token ({})",
                environment::hint("ANTS_OTP_USERNAME and ANTS_OTP_PASSWORD, or ANTS_OTP_TOKEN")
            )),
        }
    }

    /// The environment's proxies are not for a service on this machine: they could not reach it, or not the same one.
    fn effective_proxy(&self, base_url: &BaseUrl) -> Checked<Option<Proxy>> {
        match &self.proxy {
            Some(proxy) if !self.proxy_of_env => Ok(Some(proxy.clone())),
            _ if base_url.is_loopback() => Ok(None),
            Some(proxy) => Ok(Some(proxy.clone())),
            None if self.proxy_from_env => Proxy::from_env(&base_url.join("/")?),
            None => Ok(None),
        }
    }
}

/// Whoever reads an `http://` request has its credentials, and whoever answers it can say "verified".
fn check_plain_http(base_url: &BaseUrl, proxy: Option<&Proxy>) -> Checked<()> {
    let refused = |way: &str| {
        Err(format!(
            "base_url is http:// {way}, which would send the credentials unencrypted: use https://, or set allow_plain_http \
             if the way is safe"
        ))
    };
    match proxy {
        _ if !base_url.is_loopback() => refused("to another machine"),
        Some(proxy) if !is_loopback(&proxy.host) => refused("through a proxy on another machine"),
        _ => Ok(()),
    }
}

fn at_most(name: &str, value: u32, limit: u32) -> Checked<u32> {
    if value <= limit { Ok(value) } else { Err(format!("{name} must be 0 to {limit}")) }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("base_url", &self.base_url)
            .field("otc_id", &self.otc_id)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("problem", &self.problem())
            .finish_non_exhaustive()
    }
}
