//! An OTP on its way to a person: what a request or a resend gives.

/// An OTP that the service has taken for sending. Holds no secret: the code itself is only in the SMS.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[must_use = "without its otp_id the OTP cannot be verified"]
pub struct Sent {
    pub(crate) otp_id: String,
    pub(crate) otc_id: String,
    pub(crate) reference_code: String,
    pub(crate) message: String,
    pub(crate) description: String,
}

impl Sent {
    /// The id to verify and to resend; never empty. After a resend it may be another.
    pub fn otp_id(&self) -> &str {
        &self.otp_id
    }

    /// The OTP configuration used: the answer's, or the one that was sent.
    pub fn otc_id(&self) -> &str {
        &self.otc_id
    }

    /// Shown to the person, so that he finds the right SMS; `""` where the answer had none.
    pub fn reference_code(&self) -> &str {
        &self.reference_code
    }

    /// The service's words beside the answer, usually `success`.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The service's description beside the answer, often `""`.
    pub fn description(&self) -> &str {
        &self.description
    }
}

/// An otp id: of a [`Sent`], or kept as text between two requests of a web application.
pub trait OtpId {
    /// The id's text.
    fn otp_id(&self) -> &str;

    /// The OTP configuration it belongs to, where that is known: a resend sends it along.
    fn otc_id(&self) -> Option<&str> {
        None
    }
}

impl OtpId for Sent {
    fn otp_id(&self) -> &str {
        &self.otp_id
    }

    fn otc_id(&self) -> Option<&str> {
        Some(&self.otc_id).filter(|id| !id.is_empty()).map(String::as_str)
    }
}

impl OtpId for str {
    fn otp_id(&self) -> &str {
        self
    }
}

impl OtpId for String {
    fn otp_id(&self) -> &str {
        self
    }
}

impl<T: OtpId + ?Sized> OtpId for &T {
    fn otp_id(&self) -> &str {
        (**self).otp_id()
    }

    fn otc_id(&self) -> Option<&str> {
        (**self).otc_id()
    }
}
