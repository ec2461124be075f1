//! The OTPs that were sent, in the order of their sending. Bounded: the newest [`KEPT`] are kept, so that a sandbox that
//! runs for weeks does not grow.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use crate::otp::Otp;

/// How many OTPs are kept.
pub(crate) const KEPT: usize = 10_000;

/// An OTP and the revision of its last change.
struct Kept {
    otp: Otp,
    revision: u64,
}

#[derive(Default)]
pub(crate) struct Outbox {
    otps: VecDeque<Kept>,
    /// Grows with each change.
    revision: u64,
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
            self.numbers.remove(&key(&oldest.otp.sms.otp_id));
            self.forgotten += 1;
        }
        self.numbers.insert(key(&otp.sms.otp_id), self.forgotten + self.otps.len());
        self.revision += 1;
        self.otps.push_back(Kept { otp, revision: self.revision });
    }

    /// The account's OTP with this id, letter case aside. Another account's is as unknown as one that never was.
    pub(crate) fn find(&self, account: usize, otp_id: &str) -> Option<&Otp> {
        self.any(otp_id).filter(|otp| otp.account == account)
    }

    /// The same, to be changed.
    pub(crate) fn change(&mut self, account: usize, otp_id: &str) -> Option<&mut Otp> {
        self.find(account, otp_id)?;
        self.change_any(otp_id)
    }

    /// Whoever's OTP with this id.
    pub(crate) fn any(&self, otp_id: &str) -> Option<&Otp> {
        let number = *self.numbers.get(&key(otp_id))?;
        self.otps.get(number - self.forgotten).map(|kept| &kept.otp)
    }

    /// The same, to be changed.
    pub(crate) fn change_any(&mut self, otp_id: &str) -> Option<&mut Otp> {
        let number = *self.numbers.get(&key(otp_id))?;
        let kept = self.otps.get_mut(number - self.forgotten)?;
        self.revision += 1;
        kept.revision = self.revision;
        Some(&mut kept.otp)
    }

    /// The id of the account's newest OTP of this configuration.
    pub(crate) fn newest(&self, account: usize, otc_id: &str) -> Option<String> {
        let newest = self.iter().rev().find(|otp| otp.account == account && otp.otc_id == otc_id)?;
        Some(newest.sms.otp_id.clone())
    }

    /// All that are kept, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Otp> {
        self.otps.iter().map(|kept| &kept.otp)
    }

    /// Grows with each change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Those that changed after this revision, with their numbers, oldest first.
    pub(crate) fn changed_since(&self, revision: u64) -> impl Iterator<Item = (usize, &Otp)> {
        let numbered = self.otps.iter().enumerate().filter(move |(_, kept)| kept.revision > revision);
        numbered.map(|(index, kept)| (self.forgotten + index, &kept.otp))
    }

    /// Those that changed after this revision, and those that this is true of, oldest first.
    pub(crate) fn changed_or(&self, revision: u64, also: impl Fn(&Otp) -> bool) -> impl Iterator<Item = &Otp> {
        self.otps.iter().filter(move |kept| kept.revision > revision || also(&kept.otp)).map(|kept| &kept.otp)
    }

    /// The numbers of those that are kept.
    pub(crate) fn kept(&self) -> Range<usize> {
        self.forgotten..self.forgotten + self.otps.len()
    }

    /// Forgets all. Revisions go on, so that nobody takes the emptied outbox for one that he has seen.
    pub(crate) fn clear(&mut self) {
        *self = Outbox { revision: self.revision + 1, ..Outbox::default() };
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
    use crate::otp::{Notify, Sms};

    fn otp(account: usize, otp_id: &str) -> Otp {
        let sms = Sms {
            otp_id: otp_id.into(),
            mobile: "66812345678".into(),
            code: "12345".into(),
            reference_code: "IpA6k".into(),
            notify: Notify::default(),
        };
        Otp::new(account, &OtpConfig::new("config"), sms, Duration::ZERO)
    }

    #[test]
    fn ids_are_found_whatever_their_letter_case_and_only_by_their_account() {
        let mut outbox = Outbox::default();
        outbox.push(otp(0, "Ab"));
        assert!(outbox.find(0, "aB").is_some());
        assert!(outbox.find(1, "Ab").is_none());
        assert!(outbox.find(0, "A").is_none());
        assert_eq!(outbox.newest(0, "config").as_deref(), Some("Ab"));
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
            assert_eq!(outbox.find(0, number).map(|otp| otp.sms.otp_id.clone()).as_deref(), Some(number));
        }
        assert_eq!(outbox.newest(0, "config").as_deref(), Some("10002"));
    }

    #[test]
    fn what_was_added_or_changed_is_told_by_its_revision() {
        let mut outbox = Outbox::default();
        ["1", "2", "3"].into_iter().for_each(|id| outbox.push(otp(0, id)));
        let seen = outbox.revision();
        assert_eq!(outbox.changed_since(seen).count(), 0);
        assert!(outbox.change(0, "2").is_some() && outbox.change(1, "3").is_none());
        let changed: Vec<_> =
            outbox.changed_since(seen).map(|(number, otp)| (number, otp.sms.otp_id.as_str())).collect();
        assert_eq!(changed, [(1, "2")]);
        let seen = outbox.revision();
        outbox.clear();
        assert!(outbox.revision() > seen && outbox.iter().count() == 0 && outbox.any("2").is_none());
    }
}
