//! The verdict on what a person typed.

use crate::error::{Parts, ServiceMessage};
use crate::{Code, Delivery, Error};

/// How a verification ended. Only [`Status::Verified`] lets anybody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// The code is right: the person holds the mobile number.
    Verified,
    /// The code is wrong; the person may try again.
    WrongCode,
    /// Too many wrong tries: request a new OTP.
    OverLimit,
    /// The code's time is over: request or resend an OTP.
    Expired,
    /// This OTP was confirmed before; it verifies nobody a second time.
    AlreadyConfirmed,
}

impl Status {
    /// The code that says the same: 0, 1, 304, 305 or 306.
    pub const fn code(self) -> Code {
        match self {
            Status::Verified => Code::Ok,
            Status::WrongCode => Code::WrongCode,
            Status::OverLimit => Code::OverLimitUsage,
            Status::Expired => Code::CodeExpired,
            Status::AlreadyConfirmed => Code::CodeConfirmed,
        }
    }

    /// The name shared by all languages, such as `wrong_code`.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Verified => "verified",
            Status::WrongCode => "wrong_code",
            Status::OverLimit => "over_limit",
            Status::Expired => "expired",
            Status::AlreadyConfirmed => "already_confirmed",
        }
    }
}

/// The service's verdict on a verify. Ask [`is_verified`](Verification::is_verified); the rest explains a no.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a verification may have failed: ask is_verified()"]
pub struct Verification {
    pub(crate) status: Status,
    pub(crate) result: bool,
    pub(crate) is_error_count: bool,
    pub(crate) is_expr_code: bool,
    pub(crate) words: ServiceMessage,
    pub(crate) http_status: u16,
}

impl Verification {
    /// Whether the person is verified: the one question that decides.
    pub fn is_verified(&self) -> bool {
        self.status == Status::Verified
    }

    /// How the verification ended.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The same as a code: 0, 1, 304, 305 or 306.
    pub fn code(&self) -> Code {
        self.status.code()
    }

    /// `result` as the service said it. Not the verdict: a flag beside it may say otherwise.
    pub fn result(&self) -> bool {
        self.result
    }

    /// Too many wrong tries, said by the flag `isErrorCount` or by the code 0304.
    pub fn is_error_count(&self) -> bool {
        self.is_error_count
    }

    /// The code's time is over, said by the flag `isExprCode` or by the code 0305.
    pub fn is_expr_code(&self) -> bool {
        self.is_expr_code
    }

    /// `Ok` only when verified; the other four verdicts as an [`Error`] with their code and the service's words, for
    /// callers to whom anything but verified is a failure.
    ///
    /// # Errors
    /// 1, 304, 305 or 306, answered.
    pub fn into_result(self) -> crate::Result<()> {
        if self.is_verified() {
            return Ok(());
        }
        Err(Error::from_parts(Parts {
            code: self.code(),
            delivery: Delivery::Answered,
            message: self.code().text("en").to_owned(),
            words: self.words,
            http_status: Some(self.http_status),
            retry_after: None,
            safe_to_retry: false,
        }))
    }
}
