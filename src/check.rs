//! The checks that arguments and options share. Each gives back the value, or a sentence that says what to change. No
//! sentence repeats the value: it may be a secret.

use crate::secret::{Secret, Text};
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

/// An OTP code as a person types it: outer white space goes, Thai and full-width digits become ASCII
/// (wire.md, "verifyOTP").
pub(crate) fn otp_code(value: &str) -> Checked<Text<'_>> {
    let value = trimmed(value);
    let code = if value.is_ascii() {
        Text::AsGiven(value)
    } else {
        let mut code = Secret::with_room(value.len());
        value.chars().for_each(|c| code.push(ascii_digit(c)));
        Text::Changed(code)
    };
    text("the OTP code", &code, MAX_OTP_CODE)?;
    Ok(code)
}

/// Thai (U+0E50…) and full-width (U+FF10…) digits as ASCII; any other character as it is.
pub(crate) fn ascii_digit(c: char) -> char {
    let zero = match c {
        '๐'..='๙' => '๐',
        '\u{FF10}'..='\u{FF19}' => '\u{FF10}',
        _ => return c,
    };
    char::from_digit(c as u32 - zero as u32, 10).unwrap_or(c)
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

pub(crate) fn country_code(value: String) -> Checked<String> {
    let value = value.trim().trim_start_matches('+');
    if (1..=3).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0') {
        Ok(value.to_owned())
    } else {
        Err("country_code must be 1 to 3 digits without a leading zero, such as 66".to_owned())
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
