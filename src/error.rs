//! What went wrong, whether the request can have reached the service, and the service's own words.

use crate::Code;
use crate::secret::{Secret, Secrets};
use std::fmt;
use std::time::Duration;

/// Whether a request can have reached the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Delivery {
    /// It may have been carried out: for a request or resend, an SMS may be on its way.
    #[default]
    Unknown = 0,
    /// The kernel took no byte of the body: the service cannot have acted, and calling again is safe.
    NotSent = 1,
    /// The service answered.
    Answered = 2,
}

impl Delivery {
    /// The number that crosses every border.
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The name shared by all languages: `UNKNOWN`, `NOT_SENT` or `ANSWERED`.
    pub const fn name(self) -> &'static str {
        match self {
            Delivery::Unknown => "UNKNOWN",
            Delivery::NotSent => "NOT_SENT",
            Delivery::Answered => "ANSWERED",
        }
    }
}

/// Why a call did not succeed. Holds no secret: it can be logged as it is.
pub struct Error(Box<Parts>);

#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub code: Code,
    pub delivery: Delivery,
    pub message: String,
    pub words: ServiceMessage,
    pub http_status: Option<u16>,
    pub retry_after: Option<Duration>,
    pub safe_to_retry: bool,
}

/// What the service said of a refusal, in its own words. Empty where it said nothing. They may repeat a secret until that is
/// concealed.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct ServiceMessage {
    pub message: Secret,
    pub description: Secret,
    pub code: Option<i32>,
}

impl ServiceMessage {
    /// Blots out what the service must not have repeated. Words of the code table say nothing of the call: they stay whole,
    /// however short a secret is.
    pub(crate) fn redact(&mut self, secrets: impl Fn() -> Secrets) {
        for text in [&mut self.message, &mut self.description] {
            if !text.expose_secret().is_empty() && Code::from_service_words(text.expose_secret()).is_none() {
                *text = Secret::new(secrets().redact(text.expose_secret()));
            }
        }
    }
}

impl fmt::Debug for ServiceMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceMessage")
            .field("message", &self.message.expose_secret())
            .field("description", &self.description.expose_secret())
            .field("code", &self.code)
            .finish()
    }
}

/// A result of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn from_parts(parts: Parts) -> Self {
        debug_assert!(parts.code.can_be(parts.delivery), "{} cannot be {}", parts.code, parts.delivery.name());
        Error(Box::new(parts))
    }

    /// A failure without an answer. For the languages over this library, which refuse what they cannot even read.
    #[doc(hidden)]
    pub fn new(code: Code, delivery: Delivery, message: impl Into<String>) -> Self {
        Error::from_parts(Parts {
            code,
            delivery,
            message: message.into(),
            words: ServiceMessage::default(),
            http_status: None,
            retry_after: None,
            safe_to_retry: false,
        })
    }

    pub(crate) fn with_safe_to_retry(mut self, safe_to_retry: bool) -> Self {
        self.0.safe_to_retry = safe_to_retry;
        self
    }

    /// Refused before anything was sent.
    pub(crate) fn refused(code: Code, message: impl Into<String>) -> Self {
        Error::new(code, Delivery::NotSent, message)
    }

    /// Blots out what the service must not have repeated in its words, and lets the message end with them: our own stay whole.
    pub(crate) fn redact(&mut self, secrets: impl Fn() -> Secrets) {
        let Parts { message, words, .. } = &mut *self.0;
        words.redact(secrets);
        if !words.message.expose_secret().is_empty() {
            *message = format!("{message} The service says: {}", words.message.expose_secret());
        }
    }

    pub(crate) fn into_words(self) -> ServiceMessage {
        self.0.words
    }

    /// What came of the call.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Whether the request can have reached the service. Only [`Delivery::NotSent`] means that calling again cannot send
    /// a second SMS.
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// Whether nothing was sent *and* the same call may end otherwise a moment later: what a retry should ask. False for an
    /// argument, an option, a certificate or a cancel, which end every call alike, and for any answer, however well meant.
    ///
    /// The library has asked this itself, up to `max_retries`, before it gave the error back.
    pub fn safe_to_retry(&self) -> bool {
        self.0.safe_to_retry
    }

    /// One English sentence or two: what happened and, where it can be told, what to change.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status of the answer, if there was one.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The service's own message, or `""`. Control characters are shown as U+FFFD.
    pub fn service_message(&self) -> &str {
        self.0.words.message.expose_secret()
    }

    /// The service's own description, or `""`.
    pub fn service_description(&self) -> &str {
        self.0.words.description.expose_secret()
    }

    /// The code that the service sent, as a number, also where the table does not know it.
    pub fn service_code(&self) -> Option<i32> {
        self.0.words.code
    }

    /// How long the service asks to wait before the next call (header Retry-After).
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {})", self.0.message, self.0.code.name(), self.0.code.number())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer_and_crosses_threads() {
        fn shared<T: Send + Sync + 'static>() {}
        shared::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn a_zeroed_delivery_never_reads_as_safe_to_repeat() {
        assert_eq!(Delivery::default(), Delivery::Unknown);
        assert_eq!([Delivery::Unknown, Delivery::NotSent, Delivery::Answered].map(Delivery::number), [0, 1, 2]);
    }

    #[test]
    fn display_ends_with_name_and_number() {
        let error = Error::refused(Code::InvalidMobile, "no");
        assert_eq!(error.to_string(), "no (ERR_INVALID_MOBILE -2)");
    }
}
