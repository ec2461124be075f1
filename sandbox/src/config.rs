//! OTP configurations: what the provider's portal holds for each `otcId`.

use std::time::Duration;

use crate::OTC_ID;

/// One OTP configuration, named by its `otcId`. Every account may use every configuration.
///
/// The default is the ready one, [`OTC_ID`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtpConfig {
    pub(crate) otc_id: String,
    pub(crate) code_length: usize,
    pub(crate) life: Duration,
    pub(crate) tries: u32,
    pub(crate) resend_limit: u32,
    pub(crate) sender: String,
}

impl OtpConfig {
    /// A configuration with this `otcId`: codes of 5 digits that live 5 minutes, 3 tries, 3 resends, sender `SANDBOX`.
    pub fn new(otc_id: impl Into<String>) -> OtpConfig {
        OtpConfig {
            otc_id: otc_id.into(),
            code_length: 5,
            life: Duration::from_secs(300),
            tries: 3,
            resend_limit: 3,
            sender: "SANDBOX".into(),
        }
    }

    /// The number of digits of a code, 1 to 32.
    #[must_use]
    pub fn code_length(self, digits: usize) -> OtpConfig {
        OtpConfig { code_length: digits, ..self }
    }

    /// How long a code can be verified, from its sending on; not zero.
    #[must_use]
    pub fn life(self, life: Duration) -> OtpConfig {
        OtpConfig { life, ..self }
    }

    /// How many wrong codes may be typed, at least 1. The one that uses up the last try is answered with `isErrorCount`.
    #[must_use]
    pub fn tries(self, tries: u32) -> OtpConfig {
        OtpConfig { tries, ..self }
    }

    /// How often one request may be resent. The next resend is refused with 0304.
    #[must_use]
    pub fn resend_limit(self, limit: u32) -> OtpConfig {
        OtpConfig { resend_limit: limit, ..self }
    }

    /// The name that stands as the sender of the SMS.
    #[must_use]
    pub fn sender(self, name: impl Into<String>) -> OtpConfig {
        OtpConfig { sender: name.into(), ..self }
    }

    /// What cannot work about this configuration, in a sentence.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        if self.otc_id.is_empty() {
            Some("an OTP configuration's otcId is empty")
        } else if !(1..=32).contains(&self.code_length) {
            Some("an OTP configuration's code length is not between 1 and 32")
        } else if self.life.is_zero() {
            Some("an OTP configuration's life is zero")
        } else if self.tries == 0 {
            Some("an OTP configuration allows no tries")
        } else {
            None
        }
    }

    /// Ids are compared without letter case: the specification shows them in both.
    pub(crate) fn is_named(&self, otc_id: &str) -> bool {
        self.otc_id.eq_ignore_ascii_case(otc_id)
    }
}

impl Default for OtpConfig {
    fn default() -> OtpConfig {
        OtpConfig::new(OTC_ID)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_cannot_work_is_a_problem() {
        let ready = OtpConfig::default();
        assert_eq!(ready.problem(), None);
        assert!(OtpConfig::new("").problem().is_some());
        assert!(ready.clone().code_length(0).problem().is_some());
        assert!(ready.clone().code_length(33).problem().is_some());
        assert!(ready.clone().life(Duration::ZERO).problem().is_some());
        assert!(ready.clone().tries(0).problem().is_some());
        assert!(ready.resend_limit(0).problem().is_none());
    }
}
