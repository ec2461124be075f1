//! OTP configurations: what the provider's portal holds for each `otcId`.

use std::time::Duration;

use crate::OTC_ID;

/// Where in the text the code, the reference code and the sender go.
const CODE: &str = "{code}";
const REFERENCE: &str = "{reference}";
const SENDER: &str = "{sender}";

const LONGEST_CODE: usize = 32;

/// In characters. No telephone shows a longer one as one SMS.
const LONGEST_TEXT: usize = 1000;

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
    pub(crate) alphabet: String,
    pub(crate) text: String,
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
            alphabet: "0123456789".into(),
            text: "Your OTP is {code} (ref: {reference})".into(),
        }
    }

    /// The number of characters of a code, 1 to 32.
    #[must_use]
    pub fn code_length(self, length: usize) -> OtpConfig {
        OtpConfig { code_length: length, ..self }
    }

    /// Of which characters a code is made: at least two different ASCII letters and digits, such as `ABCDEFGH23456789`. The
    /// default are the digits.
    #[must_use]
    pub fn alphabet(self, characters: impl Into<String>) -> OtpConfig {
        OtpConfig { alphabet: characters.into(), ..self }
    }

    /// What the SMS says, in any language: `รหัส OTP ของคุณคือ {code} (รหัสอ้างอิง: {reference})`. The code takes the place of
    /// `{code}`, which must stand in it, the reference code that of `{reference}` and the sender that of `{sender}`. At most 1 000
    /// characters.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> OtpConfig {
        OtpConfig { text: text.into(), ..self }
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

    /// The name that stands as the sender of the SMS, such as `SHOP`.
    #[must_use]
    pub fn sender(self, name: impl Into<String>) -> OtpConfig {
        OtpConfig { sender: name.into(), ..self }
    }

    /// What cannot work about this configuration, in a sentence.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.otc_id.is_empty() {
            Some("an OTP configuration's otcId is empty: give it the one that the program under test uses".into())
        } else if !(1..=LONGEST_CODE).contains(&self.code_length) {
            Some(format!("the code length is {}: it must be 1 to {LONGEST_CODE}", self.code_length))
        } else if self.life.is_zero() {
            Some("the life of a code is zero: it must be longer".into())
        } else if self.tries == 0 {
            Some("there are no tries: there must be at least 1".into())
        } else {
            self.alphabet_problem().map(Into::into).or_else(|| self.text_problem())
        }
    }

    /// Other characters a client would change before it sends the code (spaces, dashes, digits of other scripts).
    fn alphabet_problem(&self) -> Option<&'static str> {
        let mut characters: Vec<char> = self.alphabet.chars().collect();
        characters.sort_unstable();
        if !characters.iter().all(char::is_ascii_alphanumeric) {
            Some("the alphabet holds something other than ASCII letters and digits: take it out")
        } else if characters.windows(2).any(|pair| pair[0] == pair[1]) {
            Some("the alphabet holds a character twice: give each once")
        } else if characters.len() < 2 {
            Some("the alphabet must have at least two characters")
        } else {
            None
        }
    }

    fn text_problem(&self) -> Option<String> {
        if !self.text.contains(CODE) {
            return Some(format!("the text has no place for the code: write {CODE} where it belongs"));
        }
        if self.text.chars().count() > LONGEST_TEXT {
            return Some(format!("the text has more than {LONGEST_TEXT} characters: make it shorter"));
        }
        if self.text.chars().any(|c| c.is_control() && c != '\n') {
            return Some("the text holds a control character: take it out".into());
        }
        let without = [CODE, REFERENCE, SENDER].iter().fold(self.text.clone(), |text, place| text.replace(place, ""));
        let places = format!("the places in it are {CODE}, {REFERENCE} and {SENDER}");
        without.contains(['{', '}']).then(|| format!("the text holds a brace that is no place: {places}"))
    }

    /// The SMS with this code.
    pub(crate) fn sms(&self, code: &str, reference_code: &str) -> String {
        // The sender last: whatever stands in a name is no place.
        self.text.replace(CODE, code).replace(REFERENCE, reference_code).replace(SENDER, &self.sender)
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

    #[test]
    fn an_alphabet_is_of_characters_that_reach_the_service_as_they_are_typed() {
        for alphabet in ["", "1", "11", "12 ", "12-", "๑๒", "12\u{200b}", "ABCA"] {
            assert!(OtpConfig::default().alphabet(alphabet).problem().is_some(), "{alphabet:?}");
        }
        assert_eq!(OtpConfig::default().alphabet("01").problem(), None);
        assert_eq!(OtpConfig::default().alphabet("ABCabc123").problem(), None);
    }

    #[test]
    fn a_text_says_where_the_code_goes() {
        let long = format!("{{code}}{}", "ก".repeat(1000));
        for text in ["", "no place", "{Code}", "{code} {name}", "{code} {", "{code}\0", long.as_str()] {
            assert!(OtpConfig::default().text(text).problem().is_some(), "{text:?}");
        }
        let thai = OtpConfig::default().sender("{code}").text("{sender}: รหัสคือ {code}\n(อ้างอิง {reference}) {code}");
        assert_eq!(thai.problem(), None);
        assert_eq!(thai.sms("12345", "IpA6k"), "{code}: รหัสคือ 12345\n(อ้างอิง IpA6k) 12345");
    }
}
