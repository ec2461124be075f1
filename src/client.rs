//! The client: request, resend, verify, balance.

use crate::base_url::BaseUrl;
use crate::check::{self, Checked};
use crate::environment;
use crate::error::ServiceMessage;
use crate::log::Log;
use crate::ownership::{Asked, Claim};
use crate::secret::{LONGEST_IN_JSON, Secret, Secrets, Wiped, with_wiped_stack};
use crate::transport::{Bounds, CallHeaders, Failure, Reply, Transport};
use crate::{
    Account, Call, Code, Delivery, Diagnosis, Error, LogLevel, Operation, Options, OtpId, RawAnswer, Result, Sent,
    Verification, mobile,
};
use serde::Serialize;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq_proto::http::Uri;

/// A connection to the OTP service. Cheap to clone, and used from any number of threads at once; all clones share the idle
/// connections.
///
/// ```no_run
/// # fn main() -> ants_otp::Result<()> {
/// let client = ants_otp::Client::from_env()?;
/// let otp = client.request("081-234-5678")?;
/// println!("code for {}?", otp.reference_code());
/// let mut typed = String::new();
/// std::io::stdin().read_line(&mut typed).ok();
/// if client.verify(&otp, &typed)?.is_verified() {
///     println!("verified");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    transport: Arc<Transport>,
    urls: [Uri; Operation::ALL.len()],
    defaults: Defaults,
    log: Log,
}

/// What calls of a client have in common where they have nothing of their own.
#[derive(Clone)]
pub(crate) struct Defaults {
    pub otc_id: Option<String>,
    pub country_code: String,
    pub timeout: Duration,
    pub max_retries: u32,
}

impl From<&Asked<'_>> for Operation {
    fn from(asked: &Asked<'_>) -> Operation {
        match asked {
            Asked::Request { .. } => Operation::Request,
            Asked::Resend { .. } => Operation::Resend,
            Asked::Verify { .. } => Operation::Verify,
            Asked::Balance => Operation::Balance,
        }
    }
}

/// A request's body: only what was given is in it (wire.md).
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    otc_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    otp_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    otp_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_content_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_data: Option<&'a str>,
}

impl<'a> Body<'a> {
    /// More than all names, quotes and commas take.
    const NAMES: usize = 256;

    fn with(call: &'a Call) -> Self {
        Body {
            notify_url: call.notify_url.as_deref(),
            notify_content_type: call.notify_content_type.as_deref(),
            callback_data: call.callback_data.as_deref(),
            ..Body::default()
        }
    }

    /// As JSON. A verify's holds the OTP code, so there is room for all of it from the start.
    fn written(&self) -> Result<Wiped> {
        let texts = [self.otc_id, self.mobile, self.otp_id, self.otp_code, self.notify_url, self.notify_content_type];
        let texts = texts.into_iter().chain([self.callback_data]).flatten();
        let room = Self::NAMES + texts.map(|text| LONGEST_IN_JSON * text.len()).sum::<usize>();
        let mut written = Wiped::with_room(room);
        serde_json::to_writer(&mut written, self).map_err(|error| {
            Error::refused(Code::Internal, format!("The request could not be written as JSON: {error}"))
        })?;
        Ok(written)
    }
}

impl Client {
    /// Options to make a client from.
    pub fn builder() -> Options {
        Options::new()
    }

    /// A client from the environment alone; see [`Options::load_env`].
    ///
    /// # Errors
    /// −3 where a variable is missing or cannot work.
    pub fn from_env() -> Result<Client> {
        Options::new().load_env().build()
    }

    pub(crate) fn new(transport: Transport, base_url: &BaseUrl, defaults: Defaults, log: Log) -> Checked<Client> {
        let [request, resend, verify, balance] = Operation::ALL.map(|operation| base_url.join(operation.path()));
        let urls = [request?, resend?, verify?, balance?];
        Ok(Client(Arc::new(Inner { transport: Arc::new(transport), urls, defaults, log })))
    }

    /// Asks the service to send an OTP to `mobile`, in any form that [`normalize_mobile`](crate::normalize_mobile) takes.
    ///
    /// # Errors
    /// −2 for what is no mobile number, −1 without an otc_id; else as [`Error::code`] and [`Error::delivery`] say. With
    /// delivery UNKNOWN an SMS may have gone out: nothing is sent a second time by itself.
    pub fn request(&self, mobile: &str) -> Result<Sent> {
        self.request_with(mobile, &Call::default())
    }

    /// [`request`](Client::request) with options of this call.
    ///
    /// # Errors
    /// As [`request`](Client::request), and −3 for an option that cannot work.
    pub fn request_with(&self, mobile: &str, call: &Call) -> Result<Sent> {
        call.check()?;
        let Some(otc_id) = call.otc_id.as_deref().or(self.0.defaults.otc_id.as_deref()) else {
            let hint = environment::hint("ANTS_OTP_OTC_ID");
            return Err(argument(format!("otc_id is missing: set it on the client or on the call ({hint})")));
        };
        let mobile = if call.mobile_as_given {
            mobile::as_given(mobile)?
        } else {
            mobile::normalize_mobile(mobile, &self.0.defaults.country_code)?
        };
        let body = Body { otc_id: Some(otc_id), mobile: Some(&mobile), ..Body::with(call) };
        self.perform(Asked::Request { mobile: &mobile, otc_id }, &body, call, |claim| claim.sent())
    }

    /// Asks the service to send an OTP again. Go on with the new [`Sent`]: its otp_id may be another.
    ///
    /// # Errors
    /// As [`request`](Client::request).
    pub fn resend(&self, otp: impl OtpId) -> Result<Sent> {
        self.resend_with(otp, &Call::default())
    }

    /// [`resend`](Client::resend) with options of this call.
    ///
    /// # Errors
    /// As [`request_with`](Client::request_with).
    pub fn resend_with(&self, otp: impl OtpId, call: &Call) -> Result<Sent> {
        let otc_id = call.otc_id.as_deref().or(otp.otc_id());
        self.resend_ids(Some(otp.otp_id()), otc_id, call)
    }

    /// A resend by the OTP configuration alone, as the specification documents it: that of the call or the client.
    ///
    /// # Errors
    /// As [`request_with`](Client::request_with).
    pub fn resend_newest(&self, call: &Call) -> Result<Sent> {
        self.resend_ids(None, call.otc_id.as_deref(), call)
    }

    /// The body holds the ids that there are (wire.md, "resendOTP").
    fn resend_ids(&self, otp_id: Option<&str>, otc_id: Option<&str>, call: &Call) -> Result<Sent> {
        call.check()?;
        let otp_id = otp_id.map(|id| check::identifier("otp_id", id)).transpose().map_err(argument)?;
        let otc_id = otc_id.or(self.0.defaults.otc_id.as_deref());
        if otp_id.is_none() && otc_id.is_none() {
            return Err(argument("neither otp_id nor otc_id is given: a resend needs one of them"));
        }
        let body = Body { otc_id, otp_id, ..Body::with(call) };
        let asked = Asked::Resend { otp_id, otc_id: otc_id.unwrap_or_default() };
        self.perform(asked, &body, call, |claim| claim.sent())
    }

    /// Asks the service whether `otp_code` is the code it sent. White space, invisible marks and dashes between two digits
    /// go, and the digits that [`normalize_mobile`](crate::normalize_mobile) reads become ASCII. Letters stay; words around the
    /// code are not taken away.
    ///
    /// # Errors
    /// Wrong, expired, over-limit and already confirmed codes are a [`Verification`], not an error; everything else is.
    pub fn verify(&self, otp: impl OtpId, otp_code: &str) -> Result<Verification> {
        self.verify_with(otp, otp_code, &Call::default())
    }

    /// [`verify`](Client::verify) with options of this call.
    ///
    /// # Errors
    /// As [`verify`](Client::verify), and −3 for an option that cannot work.
    pub fn verify_with(&self, otp: impl OtpId, otp_code: &str, call: &Call) -> Result<Verification> {
        call.check()?;
        let otp_id = check::identifier("otp_id", otp.otp_id()).map_err(argument)?;
        let code = check::otp_code(otp_code).map_err(argument)?;
        let body = Body { otp_id: Some(otp_id), otp_code: Some(&*code), ..Body::with(call) };
        let asked = Asked::Verify { otp_id, otp_code: &code };
        self.perform(asked, &body, call, |claim| claim.verification())
    }

    /// The account's type and credit. It costs nothing, so it is the way to test credentials.
    ///
    /// # Errors
    /// 9998 for wrong credentials; else as [`Error::code`] says.
    pub fn balance(&self) -> Result<Account> {
        self.balance_with(&Call::default())
    }

    /// [`balance`](Client::balance) with options of this call; its timeout and cancel are the ones that apply.
    ///
    /// # Errors
    /// As [`balance`](Client::balance), and −3 for an option that cannot work.
    pub fn balance_with(&self, call: &Call) -> Result<Account> {
        call.check()?;
        self.perform(Asked::Balance, &Body::default(), call, |claim| claim.account())
    }

    /// A client with other defaults that shares this one's connections: of `options`, what is set of otc_id, timeout,
    /// country_code and max_retries. For the languages over this library.
    ///
    /// # Errors
    /// −3 for a setting that cannot work.
    #[doc(hidden)]
    pub fn with_options(&self, options: &Options) -> Result<Client> {
        let inner = &self.0;
        let defaults = options.defaults(&inner.defaults).map_err(|why| Error::refused(Code::InvalidOption, why))?;
        Ok(Client(Arc::new(Inner {
            transport: Arc::clone(&inner.transport),
            urls: inner.urls.clone(),
            defaults,
            log: inner.log.clone(),
        })))
    }

    /// The line that was logged when the client was made, if there was one. For the languages over this library that have no
    /// hook then.
    #[doc(hidden)]
    pub fn warning(&self) -> Option<String> {
        self.0.transport.warning()
    }

    /// The URL that an operation is posted to, for traces. For the languages over this library.
    #[doc(hidden)]
    pub fn url(&self, operation: &str) -> Option<String> {
        let operation = Operation::from_name(operation)?;
        Some(self.0.urls[operation as usize].to_string())
    }

    /// The service's address: what the URLs of its operations begin with. For the languages over this library.
    #[doc(hidden)]
    pub fn base_url(&self) -> String {
        let url = self.0.urls[Operation::Balance as usize].to_string();
        url.strip_suffix(Operation::Balance.path()).map(str::to_owned).unwrap_or(url)
    }

    /// Looks at the way to the service, step by step, with what every call uses. Nothing is asked of the service.
    #[doc(hidden)]
    pub fn diagnose(&self) -> Diagnosis {
        self.0.transport.diagnose(&self.0.urls[Operation::Balance as usize], self.0.defaults.timeout)
    }

    /// How long the call may take.
    #[doc(hidden)]
    pub fn timeout_of(&self, call: &Call) -> Duration {
        call.timeout.unwrap_or(self.0.defaults.timeout)
    }

    /// One call, whose stack is wiped.
    fn perform<T: Outcome>(
        &self,
        asked: Asked<'_>,
        body: &Body<'_>,
        call: &Call,
        read: impl FnOnce(Claim<'_>) -> Result<(T, bool)>,
    ) -> Result<T> {
        with_wiped_stack(|| self.carry_out(asked, body, call, read))
    }

    /// Sends `body`, reads the answer and writes the log line. `read` also tells whether the connection is to be kept.
    fn carry_out<T: Outcome>(
        &self,
        asked: Asked<'_>,
        body: &Body<'_>,
        call: &Call,
        read: impl FnOnce(Claim<'_>) -> Result<(T, bool)>,
    ) -> Result<T> {
        let begun = Instant::now();
        let operation = Operation::from(&asked);
        let body = body.written()?;
        let log = call.log.as_ref().unwrap_or(&self.0.log);
        let result = self.headers(call).and_then(|headers| {
            let mut reply = self.exchange(&asked, &headers, &body, call, log)?;
            let read = read(reply.claim(&asked));
            let answer = reply.into_answer(matches!(read, Ok((_, true))));
            log.line(LogLevel::Debug, || {
                let connection = if answer.reused { "a kept" } else { "a new" };
                format!("{}: HTTP {} on {connection} connection", operation.name(), answer.http_status)
            });
            // What the answer may not show: the OTP code of a verify, and the credentials.
            let otp_code = match asked {
                Asked::Verify { otp_code, .. } => Some(otp_code),
                _ => None,
            };
            let secrets = || headers.secrets.with(otp_code);
            let mut result = read.map(|(outcome, _)| outcome);
            match &mut result {
                Ok(outcome) => outcome.redact(secrets),
                Err(error) => error.redact(secrets),
            }
            if let Some(kept) = &call.answer {
                let _ = kept.set(RawAnswer::new(answer, Arc::clone(&headers.secrets), otp_code.map(Secret::new)));
            }
            result
        });
        log_result(log, &asked, &result, begun);
        result
    }

    fn headers(&self, call: &Call) -> Result<Arc<CallHeaders>> {
        self.0.transport.headers(call.credentials.as_ref()).ok_or_else(|| {
            Error::refused(Code::InvalidOption, "credentials are missing: this client takes them with each call")
        })
    }

    /// One call on the wire: tried again only while nothing of it was sent, within one deadline.
    fn exchange(
        &self,
        asked: &Asked<'_>,
        headers: &CallHeaders,
        body: &[u8],
        call: &Call,
        log: &Log,
    ) -> Result<Reply<'_>> {
        let operation = Operation::from(asked);
        let mut bounds = Bounds::new(self.timeout_of(call), call.cancel.as_ref(), call.interrupt.as_ref());
        bounds.record.clone_from(&call.record);
        bounds.keep_head = call.answer.is_some();
        let mut attempt = 0;
        loop {
            let url = &self.0.urls[operation as usize];
            let failure = match self.0.transport.post(url, &headers.lines, body, asked, &bounds) {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            let again = failure.is_safe_to_retry() && attempt < self.0.defaults.max_retries;
            let pause = back_off(attempt);
            if !again || bounds.remaining() <= pause {
                return Err(failure.into());
            }
            attempt += 1;
            log.line(LogLevel::Debug, || {
                format!("{}: not sent, {}; trying again in {} ms", operation.name(), failure.code, pause.as_millis())
            });
            // The pause ends early only when the caller stops the call: the deadline lies behind it.
            bounds.pause(pause).map_err(|_| Error::from(Failure::interrupted()))?;
        }
    }
}

/// What a readable answer amounts to, for the log.
trait Outcome {
    fn code(&self) -> Code {
        Code::Ok
    }

    /// Blots out what the service must not have repeated in its words.
    fn redact(&mut self, secrets: impl Fn() -> Secrets);
}

impl Outcome for Sent {
    fn redact(&mut self, secrets: impl Fn() -> Secrets) {
        let [message, description] =
            [&mut self.message, &mut self.description].map(|text| Secret::new(mem::take(text)));
        let mut words = ServiceMessage { message, description, code: None };
        words.redact(secrets);
        (self.message, self.description) = (words.message.into_plain(), words.description.into_plain());
    }
}

impl Outcome for Account {
    fn redact(&mut self, secrets: impl Fn() -> Secrets) {
        if !["prepaid", "postpaid"].iter().any(|known| known.eq_ignore_ascii_case(&self.kind)) {
            let kind = Secret::new(mem::take(&mut self.kind));
            self.kind = secrets().redact(kind.expose_secret());
        }
    }
}

impl Outcome for Verification {
    fn code(&self) -> Code {
        self.code()
    }

    fn redact(&mut self, secrets: impl Fn() -> Secrets) {
        self.words.redact(secrets);
    }
}

fn log_result<T: Outcome>(log: &Log, asked: &Asked<'_>, result: &Result<T>, begun: Instant) {
    let (code, delivery) = match result {
        Ok(value) => (value.code(), Delivery::Answered),
        Err(error) => (error.code(), error.delivery()),
    };
    let level = if code.number() < 0 { LogLevel::Warning } else { LogLevel::Info };
    log.line(level, || {
        let to = match asked {
            Asked::Request { mobile, .. } => format!(" to {}", mobile::masked(mobile)),
            _ => String::new(),
        };
        format!(
            "{}{to}: {} {}, {}, {} ms",
            Operation::from(asked).name(),
            code.number(),
            code.name(),
            delivery.name(),
            begun.elapsed().as_millis()
        )
    });
}

/// 100 to 200 ms before the second attempt, twice that before the third: jittered, so that many clients do not return at
/// once.
fn back_off(attempt: u32) -> Duration {
    Duration::from_millis(fastrand::u64(100..=200) << attempt)
}

fn argument(problem: impl Into<String>) -> Error {
    Error::refused(Code::InvalidArgument, problem)
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        let safe_to_retry = failure.is_safe_to_retry();
        Error::new(failure.code, failure.delivery, failure.message).with_safe_to_retry(safe_to_retry)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("balance_url", &self.0.urls[Operation::Balance as usize])
            .field("otc_id", &self.0.defaults.otc_id)
            .field("timeout", &self.0.defaults.timeout)
            .finish_non_exhaustive()
    }
}
