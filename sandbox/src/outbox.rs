//! The OTPs that were sent, in the order of their sending. Bounded: the newest [`KEPT`] are kept, so that a sandbox that
//! runs for weeks does not grow.

use std::collections::{HashMap, VecDeque};

use crate::otp::Otp;

/// How many OTPs are kept.
pub(crate) const KEPT: usize = 10_000;

#[derive(Default)]
pub(crate) struct Outbox {
    otps: VecDeque<Otp>,
    /// How many were forgotten: the number of the OTP at the front.
    forgotten: usize,
    /// The number of each OTP by its id in lower case.
    numbers: HashMap<String, usize>,
}

impl Outbox {
    /// Adds the newest OTP and forgets the oldest if there are too many.
    pub(crate) fn push(&mut self, otp: Otp) {
        if self.otps.len() == KEPT
            && let Some(oldest) = self.otps.pop_front()
        {
            self.numbers.remove(&key(&oldest.letter.otp_id));
            self.forgotten += 1;
        }
        self.numbers.insert(key(&otp.letter.otp_id), self.forgotten + self.otps.len());
        self.otps.push_back(otp);
    }

    /// The account's OTP with this id, letter case aside. Another account's is as unknown as one that never was.
    pub(crate) fn find(&mut self, account: usize, otp_id: &str) -> Option<&mut Otp> {
        let number = *self.numbers.get(&key(otp_id))?;
        self.otps.get_mut(number - self.forgotten).filter(|otp| otp.account == account)
    }

    /// The account's newest OTP of this configuration.
    pub(crate) fn newest(&mut self, account: usize, otc_id: &str) -> Option<&mut Otp> {
        self.otps.iter_mut().rev().find(|otp| otp.account == account && otp.otc_id == otc_id)
    }

    /// All that are kept, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Otp> {
        self.otps.iter()
    }
}

fn key(otp_id: &str) -> String {
    otp_id.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::OtpConfig;
    use crate::otp::{Letter, Notify};

    fn otp(account: usize, otp_id: &str) -> Otp {
        let letter = Letter {
            otp_id: otp_id.into(),
            mobile: "66812345678".into(),
            code: "12345".into(),
            reference_code: "IpA6k".into(),
            notify: Notify::default(),
        };
        Otp::new(account, &OtpConfig::new("config"), letter, Duration::ZERO)
    }

    #[test]
    fn ids_are_found_whatever_their_letter_case_and_only_by_their_account() {
        let mut outbox = Outbox::default();
        outbox.push(otp(0, "Ab"));
        assert!(outbox.find(0, "aB").is_some());
        assert!(outbox.find(1, "Ab").is_none());
        assert!(outbox.find(0, "A").is_none());
        assert!(outbox.newest(0, "config").is_some());
        assert!(outbox.newest(1, "config").is_none());
        assert!(outbox.newest(0, "other").is_none());
    }

    #[test]
    fn the_oldest_are_forgotten_and_the_rest_still_found() {
        let mut outbox = Outbox::default();
        for number in 0..KEPT + 3 {
            outbox.push(otp(0, &number.to_string()));
        }
        assert_eq!(outbox.iter().count(), KEPT);
        assert_eq!(outbox.numbers.len(), KEPT);
        assert!(outbox.find(0, "2").is_none());
        for number in ["3", "5000", "10002"] {
            assert_eq!(outbox.find(0, number).map(|otp| otp.letter.otp_id.clone()).as_deref(), Some(number));
        }
        assert_eq!(outbox.newest(0, "config").map(|otp| otp.letter.otp_id.clone()).as_deref(), Some("10002"));
    }
}
