//! Options of one call.

use crate::check::{self, Problems};
use crate::credentials::Credentials;
use crate::log::Log;
use crate::{Cancel, Code, Error, LogLevel, RawAnswer, Record, Result};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Options of one call; what is not set is the client's, or left out of the request.
///
/// ```
/// # use std::time::{Duration, Instant};
/// let call = ants_otp::Call::new().timeout(Duration::from_secs(5)).callback_data("order 7");
/// ```
///
/// A value that cannot work is remembered, and the call it is used for is refused with −3 before anything is sent.
#[derive(Clone, Default)]
pub struct Call {
    pub(crate) otc_id: Option<String>,
    pub(crate) notify_url: Option<String>,
    pub(crate) notify_content_type: Option<String>,
    pub(crate) callback_data: Option<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) mobile_as_given: bool,
    pub(crate) cancel: Option<Cancel>,
    pub(crate) interrupt: Option<Arc<Interrupt>>,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) answer: Option<Arc<OnceLock<RawAnswer>>>,
    pub(crate) log: Option<Log>,
    pub(crate) record: Option<Record>,
    pub(crate) begun: Option<Instant>,
    problems: Problems,
}

/// Asked from the calling thread whether the call is to stop.
pub(crate) type Interrupt = dyn Fn() -> bool + Send + Sync;

impl Call {
    /// No options.
    pub fn new() -> Self {
        Self::default()
    }

    /// The OTP configuration of this call instead of the client's.
    pub fn otc_id(mut self, otc_id: impl Into<String>) -> Self {
        self.otc_id = self.problems.note("otc_id", check::identifier("otc_id", &otc_id.into()).map(str::to_owned));
        self
    }

    /// Where the service posts its delivery report: an http or https URL that it can reach.
    pub fn notify_url(mut self, url: impl Into<String>) -> Self {
        self.notify_url = self.problems.note("notify_url", check::notify_url(url.into()));
        self
    }

    /// The form of the delivery report: `application/json` or `application/xml`.
    pub fn notify_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.notify_content_type = self.problems.note("notify_content_type", check::content_type(content_type.into()));
        self
    }

    /// Text that comes back with the delivery report, and links it to this call: at most 4096 bytes.
    pub fn callback_data(mut self, data: impl Into<String>) -> Self {
        self.callback_data = self.problems.note("callback_data", check::callback_data(data.into()));
        self
    }

    /// The deadline of this call instead of the client's: 1 ms to 600 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = self.problems.note("timeout", check::duration("timeout", timeout));
        self
    }

    /// Sends the mobile number untouched instead of in the form 66…, for numbers that this library does not understand.
    pub fn mobile_as_given(mut self, as_given: bool) -> Self {
        self.mobile_as_given = as_given;
        self
    }

    /// Lets `cancel` end the call from another thread.
    pub fn cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = self.problems.note("cancel", Ok(cancel.clone()));
        self
    }

    /// A hook for hosts with signals of their own: asked on the calling thread when a wait was interrupted by a signal, and
    /// at least every 200 ms of waiting. When it answers `true` the call ends with −22.
    pub fn interrupt(mut self, hook: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.interrupt = Some(Arc::new(hook));
        self
    }

    /// User name and password of this call instead of the client's: for credentials that change while a client lives. For
    /// the languages over this library.
    #[doc(hidden)]
    pub fn credentials(mut self, user: &str, password: &str) -> Self {
        self.credentials = self.problems.note("credentials", Credentials::basic(user, password));
        self
    }

    /// A token of this call instead of the client's credentials. For the languages over this library.
    #[doc(hidden)]
    pub fn token(mut self, token: &str) -> Self {
        self.credentials = self.problems.note("credentials", Credentials::token(token));
        self
    }

    /// Where the answer is kept as it came, if one comes. For the languages over this library.
    #[doc(hidden)]
    pub fn keep_answer(mut self, into: &Arc<OnceLock<RawAnswer>>) -> Self {
        self.answer = Some(Arc::clone(into));
        self
    }

    /// Where this call's log lines go instead of the client's hook: those that matter as much as `least`, or more. For the
    /// languages over this library.
    #[doc(hidden)]
    pub fn log(mut self, least: LogLevel, write: impl Fn(LogLevel, &str) + Send + Sync + 'static) -> Self {
        self.log = Some(Log::new(least, write));
        self
    }

    /// When the call began, if not with [`Workers::submit`](crate::Workers::submit): its deadline counts from here. For the
    /// languages over this library.
    #[doc(hidden)]
    pub fn begun(mut self, at: Instant) -> Self {
        self.begun = Some(at);
        self
    }

    /// Where the bytes of the call are kept. They hold its secrets.
    #[doc(hidden)]
    pub fn record(mut self, into: &Record) -> Self {
        self.record = Some(into.clone());
        self
    }

    /// The refused setting that stands, in a sentence, if there is one.
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

    pub(crate) fn check(&self) -> Result<()> {
        match self.problem() {
            Some(problem) => Err(Error::refused(Code::InvalidOption, problem)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("otc_id", &self.otc_id)
            .field("notify_url", &self.notify_url)
            .field("notify_content_type", &self.notify_content_type)
            .field("callback_data", &self.callback_data)
            .field("timeout", &self.timeout)
            .field("mobile_as_given", &self.mobile_as_given)
            .field("cancel", &self.cancel)
            .finish_non_exhaustive()
    }
}
