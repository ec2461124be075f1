//! The query of `GET /sandbox/messages`: whose SMS are asked for, and how long to wait for one.

use std::time::Duration;

use ants_otp::normalize_mobile;
use strsim::levenshtein;

use crate::mobile;

/// The calling code of numbers in national form, as the client's default.
const COUNTRY: &str = "66";

/// The longest wait: a test that waits longer has hung.
const LONGEST_WAIT: f64 = 60.0;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct MessageQuery {
    /// The forms of the number, if one is asked for: as the client sends it, and as it is written.
    mobiles: Option<Vec<String>>,
    pub wait: Duration,
}

impl MessageQuery {
    /// Reads a query; else a sentence that says what to change.
    pub(crate) fn read(query: &str) -> Result<MessageQuery, String> {
        let (mut mobile, mut wait) = (None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let slot = match name {
                "mobile" => &mut mobile,
                "wait" => &mut wait,
                _ => return Err(unknown(name)),
            };
            if slot.replace(value).is_some() {
                return Err(format!("{name} is given twice: give it once"));
            }
        }
        let mobiles = mobile.map(mobiles).transpose()?;
        Ok(MessageQuery { mobiles, wait: wait.map(seconds).transpose()?.unwrap_or_default() })
    }

    /// Whether an SMS to this number is asked for.
    pub(crate) fn asks_for(&self, mobile: &str) -> bool {
        self.mobiles.as_ref().is_none_or(|mobiles| mobiles.iter().any(|wanted| wanted == mobile))
    }
}

fn unknown(name: &str) -> String {
    let near = if levenshtein(name, "wait") < levenshtein(name, "mobile") { "wait" } else { "mobile" };
    let name: String = name.chars().take(50).collect();
    format!("{name} is not known: did you mean {near}? Known are mobile and wait")
}

/// The number in every form in which it can have been requested. A plus is a plus, or as HTML forms write it, a space.
fn mobiles(value: &str) -> Result<Vec<String>, String> {
    let plain = decoded(value).ok_or("mobile is not UTF-8 with percent signs: encode it as in a URL")?;
    let of_a_form = decoded(&value.replace('+', " ")).unwrap_or_default();
    let normal = normalize_mobile(&plain, COUNTRY).or_else(|error| {
        // The first error is about what was written.
        normalize_mobile(&of_a_form, COUNTRY).map_err(|_| error)
    });
    match normal {
        Ok(normal) => Ok(vec![normal, plain]),
        // What a call sent as it was given need not exist.
        Err(_) if mobile::check(&plain).is_ok() => Ok(vec![plain]),
        Err(error) => Err(format!("mobile: {error}")),
    }
}

fn seconds(value: &str) -> Result<Duration, String> {
    let seconds = value.parse().ok().filter(|seconds| (0.0..=LONGEST_WAIT).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| format!("wait is a number of seconds from 0 to {LONGEST_WAIT}"))
}

/// Text with `%0E` for bytes (RFC 3986, section 2.1); `None` for what is none.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte == b'%' {
            let (digits, behind) = rest.split_at_checked(2)?;
            let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = behind;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_any_form_that_a_request_takes() {
        for mobile in [
            "66812345678",
            "081-234-5678",
            "0812345678",
            "+66812345678",
            "%2B66%2081%20234%205678",
            "+66%2081%20234%205678",
            "%2B66+81+234+5678",
            "081+234+5678",
            "%E0%B9%90%E0%B9%98%E0%B9%91%E0%B9%92%E0%B9%93%E0%B9%94%E0%B9%95%E0%B9%96%E0%B9%97%E0%B9%98",
        ] {
            let query = MessageQuery::read(&format!("mobile={mobile}")).unwrap();
            assert!(query.asks_for("66812345678") && !query.asks_for("66812345679"), "{mobile}");
        }
        // A call can send such a number as it is given.
        assert!(MessageQuery::read("mobile=668123456789012").unwrap().asks_for("668123456789012"));
        assert!(MessageQuery::read("").unwrap().asks_for("anything"));
    }

    #[test]
    fn values_that_cannot_be_meant_are_refused_with_a_sentence() {
        for (query, said) in [
            ("mobile=", "mobile: "),
            ("mobile", "mobile: "),
            ("mobile=nobody", "mobile: "),
            ("mobile=%zz", "mobile is not UTF-8"),
            ("mobile=%+1", "mobile is not UTF-8"),
            ("mobile=%E0", "mobile is not UTF-8"),
            ("mobile=66812345678&mobile=66812345678", "mobile is given twice"),
            ("mobil=66812345678", "did you mean mobile?"),
            ("waits=5", "did you mean wait?"),
            ("wait=", "from 0 to 60"),
            ("wait=-1", "from 0 to 60"),
            ("wait=61", "from 0 to 60"),
            ("wait=NaN", "from 0 to 60"),
            ("wait=5s", "from 0 to 60"),
        ] {
            let error = MessageQuery::read(query).unwrap_err();
            assert!(error.contains(said), "{query}: {error}");
        }
        assert_eq!(MessageQuery::read("wait=0.5").unwrap().wait, Duration::from_millis(500));
        assert_eq!(MessageQuery::read("wait=60&").unwrap().wait, Duration::from_secs(60));
    }
}
