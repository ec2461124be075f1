//! The four operations of the service.

use serde::Serialize;

/// What is asked of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Send an OTP.
    Request,
    /// Send it again.
    Resend,
    /// Is this the code?
    Verify,
    /// The account's type and credit.
    Balance,
}

impl Operation {
    /// All of them.
    pub const ALL: [Operation; 4] = [Operation::Request, Operation::Resend, Operation::Verify, Operation::Balance];

    /// As methods, commands, log lines and traces name it.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Request => "request",
            Operation::Resend => "resend",
            Operation::Verify => "verify",
            Operation::Balance => "balance",
        }
    }

    /// Where it is posted to, below the base URL (wire.md, "Service").
    pub const fn path(self) -> &'static str {
        match self {
            Operation::Request => "/otp/requestOTP",
            Operation::Resend => "/otp/resendOTP",
            Operation::Verify => "/otp/verifyOTP",
            Operation::Balance => "/account/balance",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Operation> {
        Operation::ALL.into_iter().find(|operation| operation.name() == name)
    }

    /// The one that is posted to this path.
    pub fn from_path(path: &str) -> Option<Operation> {
        Operation::ALL.into_iter().find(|operation| operation.path() == path)
    }
}
