//! The checks that arguments and options share. Each gives back the value, or a sentence that says what to change. No
//! sentence repeats the value: it may be a secret.

use crate::secret::{Secret, Text};
use crate::{calling_codes, paste};
use std::time::Duration;

/// Identifiers are opaque text (wire.md, "Service"); the bound only keeps nonsense off the network.
pub(crate) const MAX_IDENTIFIER: usize = 256;
const MAX_OTP_CODE: usize = 64;
const MAX_URL: usize = 2048;
const MAX_CREDENTIAL: usize = 4096;
const MAX_CALLBACK_DATA: usize = 4096;
const MIN_DURATION: Duration = Duration::from_millis(1);
const MAX_DURATION: Duration = Duration::from_secs(600);

pub(crate) type Checked<T> = Result<T, String>;

/// The settings that were refused and have not been set well since, newest last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problems(Vec<(&'static str, String)>);

impl Problems {
    /// Takes the outcome of setting `option`: a good value clears its earlier problem, a bad one is remembered.
    pub(crate) fn note<T>(&mut self, option: &'static str, checked: Checked<T>) -> Option<T> {
        self.forget(option);
        checked.map_err(|problem| self.0.push((option, problem))).ok()
    }

    pub(crate) fn forget(&mut self, option: &str) {
        self.0.retain(|(name, _)| *name != option);
    }

    /// Whether the last value given for `option` was refused.
    pub(crate) fn holds(&self, option: &str) -> bool {
        self.0.iter().any(|(name, _)| *name == option)
    }

    pub(crate) fn last(&self) -> Option<&str> {
        self.0.last().map(|(_, problem)| problem.as_str())
    }
}

fn text(name: &str, value: &str, limit: usize) -> Checked<()> {
    if value.is_empty() {
        return Err(format!("{name} is empty: give it a value"));
    }
    if value.len() > limit {
        return Err(format!("{name} is {} bytes long: at most {limit} are taken", value.len()));
    }
    if has_control(value) {
        return Err(format!("{name} holds a control character: remove it"));
    }
    Ok(())
}

/// A control character of ASCII or of its extension to 8 bits, which terminals obey too.
pub(crate) fn has_control(text: &str) -> bool {
    // A fold, not `any`: it looks at many bytes at once.
    let in_ascii = text.bytes().fold(false, |found, byte| found | byte.is_ascii_control());
    in_ascii || !text.is_ascii() && text.chars().any(char::is_control)
}

/// `str::trim`, at once where there is nothing to trim.
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

pub(crate) fn identifier<'a>(name: &str, value: &'a str) -> Checked<&'a str> {
    let value = trimmed(value);
    text(name, value, MAX_IDENTIFIER)?;
    Ok(value)
}

/// An OTP code as a person types or pastes it: white space and invisible marks go, so do dashes between two digits, and digits
/// of other scripts become ASCII. Words around a code are no part of this: which of them is the code would be a guess.
pub(crate) fn otp_code(value: &str) -> Checked<Text<'_>> {
    const NAME: &str = "the OTP code";
    let value = trimmed(value);
    let code = if value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Text::AsGiven(value)
    } else {
        let characters = paste::characters(value).map_err(|why| format!("{NAME} is not taken: {why}"))?;
        let mut code = Secret::with_room(value.len());
        paste::without_dashes(characters).for_each(|c| code.push(c));
        Text::Changed(code)
    };
    text(NAME, &code, MAX_OTP_CODE)?;
    Ok(code)
}

/// Text of others that a person will see: control characters, NUL among them, become U+FFFD. It may repeat a secret.
pub(crate) fn shown(text: &str) -> Secret {
    let text = text.trim();
    let mut shown = Secret::with_room(text.len());
    text.chars().for_each(|c| shown.push(if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }));
    shown
}

pub(crate) fn duration(name: &str, value: Duration) -> Checked<Duration> {
    if (MIN_DURATION..=MAX_DURATION).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{name} must be 1 ms to 600 000 ms (600 s)"))
    }
}

pub(crate) fn notify_url(value: String) -> Checked<String> {
    text("notify_url", &value, MAX_URL)?;
    let scheme = value.split_once("://").map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    match scheme {
        Some((scheme, rest)) if (scheme == "http" || scheme == "https") && !rest.is_empty() => Ok(value),
        _ => Err("notify_url must begin with https:// or http:// and name a host".to_owned()),
    }
}

pub(crate) fn content_type(value: String) -> Checked<String> {
    let known = ["application/json", "application/xml"];
    match known.iter().find(|known| known.eq_ignore_ascii_case(value.trim())) {
        Some(known) => Ok((*known).to_owned()),
        None => Err("notify_content_type must be application/json or application/xml".to_owned()),
    }
}

/// Any text: only the size is bounded, since JSON can carry every character.
pub(crate) fn callback_data(value: String) -> Checked<String> {
    if value.len() > MAX_CALLBACK_DATA {
        return Err(format!("callback_data is {} bytes long: at most {MAX_CALLBACK_DATA} are taken", value.len()));
    }
    Ok(value)
}

/// A user name (RFC 7617, section 2: it cannot hold a colon).
pub(crate) fn user(value: &str) -> Checked<()> {
    text("the user name", value, MAX_CREDENTIAL)?;
    if value.contains(':') {
        return Err("the user name holds a colon, which Basic credentials cannot carry".to_owned());
    }
    Ok(())
}

pub(crate) fn password(value: &str) -> Checked<()> {
    text("the password", value, MAX_CREDENTIAL)
}

/// A bearer token (RFC 6750, section 2.1): visible ASCII without spaces.
pub(crate) fn token(value: &str) -> Checked<()> {
    text("the token", value, MAX_CREDENTIAL)?;
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the token holds a space or a character outside ASCII: check how it was copied".to_owned());
    }
    Ok(())
}

pub(crate) fn user_agent(value: String) -> Checked<String> {
    text("user_agent", &value, 256)?;
    if !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) || value.trim() != value {
        return Err("user_agent must be visible ASCII".to_owned());
    }
    Ok(value)
}

/// The calling code of a country that has mobile numbers.
pub(crate) fn country_code(value: String) -> Checked<String> {
    let code = value.trim().trim_start_matches('+');
    match calling_codes::find(code) {
        Some(_) => Ok(code.to_owned()),
        None => Err("country_code must be the calling code of a country, such as 66".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn otp_codes_lose_outer_space_and_keep_leading_zeros() {
        let read = |text: &str| otp_code(text).map(|code| code.to_string());
        assert_eq!(read(" 00795\n"), Ok("00795".to_owned()));
        assert_eq!(read("๐๗๙\u{FF11}\u{FF12}"), Ok("07912".to_owned()));
        assert!(otp_code(" \t").is_err() && otp_code("1\u{0}2").is_err() && otp_code(&"1".repeat(65)).is_err());
    }

    #[test]
    fn what_stands_around_and_between_the_digits_of_a_pasted_code_goes() {
        let pasted = [
            "\u{200B}123456",
            "\u{202A}123456\u{202C}",
            "\u{2066}123456\u{2069}\u{FE0F}",
            "123 456",
            "123\u{A0}456\r\n",
            "123-456",
            "1-2-3-4-5-6",
            "123 \u{2013} 456",
            "１２３－４５６",
            "๑๒๓-๔๕๖",
            "١٢٣٤٥٦",
            "۱۲۳۴۵۶",
            "໑໒໓໔໕໖",
            "១២៣៤៥៦",
            "၁၂၃၄၅၆",
        ];
        for text in pasted {
            assert_eq!(&*otp_code(text).unwrap(), "123456", "{text:?}");
        }
    }

    #[test]
    fn letters_of_a_code_stay_and_words_around_it_are_not_guessed_away() {
        for (text, code) in
            [("aB-12", "aB-12"), ("ab 12", "ab12"), ("-12", "-12"), ("Code: 12-34", "Code:1234"), ("Ａ1", "Ａ1")]
        {
            assert_eq!(&*otp_code(text).unwrap(), code);
        }
    }

    #[test]
    fn a_code_that_was_shown_backwards_is_refused_with_a_sentence() {
        let problem = otp_code("\u{202E}654321").map(|_| ()).unwrap_err();
        assert!(problem.contains("U+202E") && !problem.contains("654321"), "{problem}");
        for control in ["12\u{1B}34", "\u{7}1234", "12\u{80}34"] {
            assert!(otp_code(control).is_err(), "{control:?}");
        }
        // Nothing is left.
        assert!(otp_code("\u{200B}\u{FEFF} \n").is_err());
    }

    #[test]
    fn a_country_code_is_one_that_exists() {
        for good in ["66", "+1", " 856 "] {
            assert!(country_code(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "+", "066", "0", "999", "800", "6", "6666", "66x", "Thailand", "๖๖"] {
            assert!(country_code(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn sentences_do_not_repeat_secrets() {
        for problem in [token("se cret"), user("a:secret"), password("secret\n")] {
            assert!(!problem.unwrap_err().contains("secret"));
        }
    }

    #[test]
    fn durations_are_bounded() {
        for bad in [Duration::ZERO, Duration::from_micros(999), Duration::from_secs(601), Duration::MAX] {
            assert!(duration("timeout", bad).is_err());
        }
        assert!(duration("timeout", MIN_DURATION).is_ok() && duration("timeout", MAX_DURATION).is_ok());
    }

    #[test]
    fn a_good_value_clears_the_problem_of_its_own_option_only() {
        let mut problems = Problems::default();
        problems.note::<()>("a", Err("bad a".into()));
        problems.note::<()>("b", Err("bad b".into()));
        assert_eq!(problems.last(), Some("bad b"));
        problems.note("b", Ok(1));
        assert_eq!(problems.last(), Some("bad a"));
        problems.note("a", Ok(1));
        assert_eq!(problems.last(), None);
    }
}
