//! How a call without an answer failed, and what ended a wait.

use crate::{Code, Delivery};
use std::io;

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub code: Code,
    pub delivery: Delivery,
    pub message: String,
    /// Another attempt may end otherwise: not so for certificates, options or a cancel.
    pub may_repeat: bool,
}

impl Failure {
    /// A failure before any byte of the body was taken.
    pub fn not_sent(code: Code, message: impl Into<String>) -> Self {
        Failure { code, delivery: Delivery::NotSent, message: message.into(), may_repeat: true }
    }

    /// The same, where another attempt would end the same way.
    pub fn for_good(self) -> Self {
        Failure { may_repeat: false, ..self }
    }

    pub fn is_safe_to_retry(&self) -> bool {
        self.may_repeat && self.delivery == Delivery::NotSent
    }

    pub fn unknown(code: Code, message: impl Into<String>) -> Self {
        Failure { code, delivery: Delivery::Unknown, message: message.into(), may_repeat: false }
    }

    /// The caller has stopped the call.
    pub fn interrupted() -> Self {
        Failure::not_sent(Code::Interrupted, "The call was stopped by its caller.").for_good()
    }
}

/// What ended a wait on a socket. How far the call had come is for the caller to say.
#[derive(Debug)]
pub(crate) enum WaitError {
    Timeout,
    Interrupted,
    /// The connection was cut; the peer's orderly end is no fault.
    Cut(io::Error),
    Tls(rustls::Error),
}
