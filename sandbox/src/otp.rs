//! One OTP from its sending to its end: a state machine without HTTP, clock or random source. The time is told to it.

use std::time::Duration;

use ants_otp::Code;
use serde::{Deserialize, Serialize};

use crate::OtpConfig;
use crate::report::SmsDelivery;

/// What has become of an OTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum State {
    /// `waiting`: sent, and the right code verifies it.
    Waiting,
    /// `confirmed`: the right code was typed. It verifies once.
    Confirmed,
    /// `expired`: its time was over before the right code was typed.
    Expired,
    /// `locked`: too many wrong codes were typed. No code verifies it any more.
    Locked,
    /// `replaced`: it was resent, and the OTP of the newer SMS is the one to verify.
    Replaced,
}

/// What the service says to a code that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Verification {
    pub result: bool,
    pub is_error_count: bool,
    pub is_expr_code: bool,
}

impl Verification {
    /// What it comes to, and why, for the log.
    pub(crate) fn outcome(&self) -> (Code, &'static str) {
        match self {
            Verification { is_error_count: true, .. } => (Code::OverLimitUsage, "Too many wrong codes were typed."),
            Verification { is_expr_code: true, .. } => (Code::CodeExpired, "The code has expired."),
            Verification { result: true, .. } => (Code::Ok, ""),
            _ => (Code::WrongCode, "The code is not the one of the SMS."),
        }
    }
}

/// Where and how a delivery report was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Notify {
    pub url: Option<String>,
    pub content_type: Option<String>,
    pub callback_data: Option<String>,
}

impl Notify {
    /// Each value, or where it is absent, that of an earlier SMS.
    pub(crate) fn or(self, earlier: &Notify) -> Notify {
        Notify {
            url: self.url.or_else(|| earlier.url.clone()),
            content_type: self.content_type.or_else(|| earlier.content_type.clone()),
            callback_data: self.callback_data.or_else(|| earlier.callback_data.clone()),
        }
    }
}

/// What an SMS says and to whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sms {
    pub otp_id: String,
    pub mobile: String,
    pub code: String,
    pub reference_code: String,
    pub notify: Notify,
}

/// An OTP that was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Otp {
    /// The account's place in the list of accounts. A database keeps its name instead: the list may be another next time.
    #[serde(skip)]
    pub account: usize,
    /// As the configuration writes it.
    pub otc_id: String,
    pub sender: String,
    /// What the SMS says.
    pub text: String,
    pub sms: Sms,
    pub sent_at: Duration,
    pub expires_at: Duration,
    pub delivery: SmsDelivery,
    tries_left: u32,
    resends_left: u32,
    confirmed: bool,
    replaced: bool,
}

impl Otp {
    /// The OTP of a new request.
    pub(crate) fn new(account: usize, config: &OtpConfig, sms: Sms, now: Duration) -> Otp {
        Otp {
            account,
            otc_id: config.otc_id.clone(),
            sender: config.sender.clone(),
            text: config.sms(&sms.code, &sms.reference_code),
            sms,
            sent_at: now,
            delivery: SmsDelivery { due: now, ..SmsDelivery::default() },
            expires_at: now.saturating_add(config.life),
            tries_left: config.tries,
            resends_left: config.resend_limit,
            confirmed: false,
            replaced: false,
        }
    }

    /// What has become of it by now. A confirmed one stays confirmed and a locked one locked when their time is over.
    pub(crate) fn state(&self, now: Duration) -> State {
        if self.replaced {
            State::Replaced
        } else if self.confirmed {
            State::Confirmed
        } else if self.tries_left == 0 {
            State::Locked
        } else if self.is_over(now) {
            State::Expired
        } else {
            State::Waiting
        }
    }

    /// Takes a code that was typed. A wrong one costs a try while the OTP waits.
    pub(crate) fn verify(&mut self, typed: &str, now: Duration) -> Result<Verification, Code> {
        match self.state(now) {
            State::Replaced => return Err(Code::NoDataAvailable),
            State::Confirmed => return Err(Code::CodeConfirmed),
            State::Waiting if typed == self.sms.code => self.confirmed = true,
            State::Waiting => self.tries_left -= 1,
            State::Locked | State::Expired => {}
        }
        Ok(Verification {
            result: self.confirmed,
            is_error_count: self.tries_left == 0,
            is_expr_code: self.is_over(now) && !self.confirmed,
        })
    }

    /// Whether it may be resent. An expired one may: that is what resending is for. A locked one may not, or the limit of
    /// tries would be none.
    pub(crate) fn may_resend(&self, now: Duration) -> Result<(), Code> {
        match self.state(now) {
            State::Replaced => Err(Code::NoDataAvailable),
            State::Confirmed => Err(Code::CodeConfirmed),
            State::Locked => Err(Code::OverLimitUsage),
            State::Waiting | State::Expired if self.resends_left == 0 => Err(Code::OverLimitUsage),
            State::Waiting | State::Expired => Ok(()),
        }
    }

    /// Why it is neither verified nor resent, for the log.
    pub(crate) fn why_not(&self, now: Duration) -> &'static str {
        match self.state(now) {
            State::Replaced => "The OTP was resent: the otpId of the resend is the one to go on with.",
            State::Confirmed => "The OTP was confirmed before.",
            State::Locked => "The OTP is locked: too many wrong codes were typed.",
            State::Waiting | State::Expired => "The OTP was resent as often as its configuration allows.",
        }
    }

    /// The OTP that takes its place, with all tries and a new life; [`Otp::may_resend`] was asked before.
    pub(crate) fn replace(&mut self, config: &OtpConfig, sms: Sms, now: Duration) -> Otp {
        self.replaced = true;
        Otp { resends_left: self.resends_left.saturating_sub(1), ..Otp::new(self.account, config, sms, now) }
    }

    /// When it next changes by itself: it expires, or its fate becomes known.
    pub(crate) fn next_change(&self, now: Duration) -> Option<Duration> {
        let expiry = (self.state(now) == State::Waiting).then_some(self.expires_at);
        let fate = Some(self.delivery.due).filter(|&due| due > now);
        expiry.into_iter().chain(fate).min()
    }

    /// Whether it changed by itself after `then` and up to `now`.
    pub(crate) fn changed_by_itself(&self, then: Duration, now: Duration) -> bool {
        self.next_change(then).is_some_and(|change| change <= now)
    }

    fn is_over(&self, now: Duration) -> bool {
        now >= self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(300);
    const START: Duration = Duration::ZERO;

    fn sms(otp_id: &str, code: &str) -> Sms {
        Sms {
            otp_id: otp_id.into(),
            mobile: "66812345678".into(),
            code: code.into(),
            reference_code: "IpA6k".into(),
            notify: Notify::default(),
        }
    }

    fn config() -> OtpConfig {
        OtpConfig::default().life(LIFE).tries(2).resend_limit(2)
    }

    fn otp() -> Otp {
        Otp::new(0, &config(), sms("one", "00017"), START)
    }

    fn flags(result: bool, is_error_count: bool, is_expr_code: bool) -> Result<Verification, Code> {
        Ok(Verification { result, is_error_count, is_expr_code })
    }

    #[test]
    fn the_right_code_verifies_once() {
        let mut otp = otp();
        assert_eq!(otp.state(START), State::Waiting);
        assert_eq!(otp.verify("00017", START), flags(true, false, false));
        assert_eq!(otp.state(START), State::Confirmed);
        assert_eq!(otp.verify("00017", START), Err(Code::CodeConfirmed));
        assert_eq!(otp.verify("99999", START), Err(Code::CodeConfirmed));
    }

    #[test]
    fn a_code_is_text_so_its_leading_zeros_count() {
        assert_eq!(otp().verify("17", START), flags(false, false, false));
    }

    #[test]
    fn the_wrong_code_that_uses_up_the_tries_locks_for_good() {
        let mut otp = otp();
        assert_eq!(otp.verify("99999", START), flags(false, false, false));
        assert_eq!(otp.state(START), State::Waiting);
        assert_eq!(otp.verify("", START), flags(false, true, false));
        assert_eq!(otp.state(START), State::Locked);
        assert_eq!(otp.verify("00017", START), flags(false, true, false));
        assert_eq!(otp.verify("00017", LIFE), flags(false, true, true));
        assert_eq!(otp.state(LIFE), State::Locked);
    }

    #[test]
    fn the_last_try_still_verifies() {
        let mut otp = otp();
        assert_eq!(otp.verify("99999", START), flags(false, false, false));
        assert_eq!(otp.verify("00017", START), flags(true, false, false));
    }

    #[test]
    fn a_code_expires_when_its_life_is_over_and_not_before() {
        let just_before = LIFE - Duration::from_nanos(1);
        assert_eq!(otp().verify("00017", just_before), flags(true, false, false));
        let mut late = otp();
        assert_eq!(late.state(LIFE), State::Expired);
        assert_eq!(late.verify("00017", LIFE), flags(false, false, true));
    }

    #[test]
    fn codes_typed_after_expiry_cost_no_tries() {
        let mut otp = otp();
        for _ in 0..5 {
            assert_eq!(otp.verify("99999", LIFE), flags(false, false, true));
        }
        assert_eq!(otp.state(LIFE), State::Expired);
    }

    #[test]
    fn a_confirmed_one_does_not_expire() {
        let mut otp = otp();
        assert!(otp.verify("00017", START).is_ok());
        assert_eq!(otp.state(LIFE * 2), State::Confirmed);
        assert_eq!(otp.verify("00017", LIFE * 2), Err(Code::CodeConfirmed));
    }

    #[test]
    fn a_resend_takes_the_place_of_the_first_with_new_life_and_tries() {
        let mut first = otp();
        assert!(first.verify("99999", START).is_ok());
        assert_eq!(first.may_resend(LIFE), Ok(()));
        let mut second = first.replace(&config(), sms("two", "00018"), LIFE);
        assert_eq!(first.state(LIFE), State::Replaced);
        assert_eq!(first.verify("00017", LIFE), Err(Code::NoDataAvailable));
        assert_eq!(first.may_resend(LIFE), Err(Code::NoDataAvailable));
        assert_eq!(second.verify("00017", LIFE), flags(false, false, false));
        assert_eq!(second.verify("00018", LIFE), flags(true, false, false));
    }

    #[test]
    fn the_resend_limit_counts_over_all_resends_of_one_request() {
        let mut first = otp();
        let mut second = first.replace(&config(), sms("two", "2"), START);
        assert_eq!(second.may_resend(START), Ok(()));
        let third = second.replace(&config(), sms("three", "3"), START);
        assert_eq!(third.may_resend(START), Err(Code::OverLimitUsage));
    }

    #[test]
    fn neither_a_confirmed_nor_a_locked_one_is_resent() {
        let mut confirmed = otp();
        assert!(confirmed.verify("00017", START).is_ok());
        assert_eq!(confirmed.may_resend(START), Err(Code::CodeConfirmed));
        let mut locked = otp();
        for _ in 0..2 {
            assert!(locked.verify("99999", START).is_ok());
        }
        assert_eq!(locked.may_resend(START), Err(Code::OverLimitUsage));
    }

    #[test]
    fn it_changes_by_itself_when_its_fate_is_due_and_when_it_expires() {
        let mut otp = otp();
        otp.delivery.due = Duration::from_secs(2);
        assert_eq!(otp.next_change(START), Some(Duration::from_secs(2)));
        assert_eq!(otp.next_change(Duration::from_secs(2)), Some(LIFE));
        assert_eq!(otp.next_change(LIFE), None);
        assert!(otp.changed_by_itself(START, LIFE) && !otp.changed_by_itself(START, Duration::from_secs(1)));
        assert!(otp.verify("00017", START).is_ok());
        assert_eq!(otp.next_change(Duration::from_secs(2)), None);
    }

    #[test]
    fn an_endless_life_never_expires() {
        let otp = Otp::new(0, &config().life(Duration::MAX), sms("one", "1"), Duration::from_secs(1));
        assert_eq!(otp.state(Duration::from_secs(u64::MAX)), State::Waiting);
    }
}
