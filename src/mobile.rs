//! Mobile numbers in the form the service takes: country prefix and digits, no plus (wire.md, "Mobile numbers").

use crate::check::ascii_digit;
use crate::{Code, Error, Result};

const THAILAND: &str = "66";
/// Digits of a Thai mobile number after the country prefix.
const THAI_DIGITS: usize = 9;
/// ITU-T E.164: at most 15 digits; shorter than 8 is no mobile number anywhere.
const INTERNATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
const MAX_INPUT: usize = 64;

/// Brings what a person typed into the service's form, such as `66812345678`.
///
/// Understood are `081-234-5678`, `+66 81 234 5678`, `0066…`, `66…`, `+66 (0) 81…`, spaces, dashes, dots, brackets, slashes,
/// Thai and full-width digits and invisible marks. A number with a leading zero belongs to `country_code`; numbers of other
/// countries pass in international form (`+…` or `00…`).
///
/// # Errors
/// −2 where the text cannot be a mobile number; the sentence says what to change and does not repeat the text.
pub fn normalize_mobile(text: &str, country_code: &str) -> Result<String> {
    let (digits, international) = digits(text)?;
    let full = if international {
        digits
    } else if let Some(national) = digits.strip_prefix('0') {
        format!("{country_code}{national}")
    } else if digits.starts_with(country_code) {
        digits
    } else {
        return refuse("write it with a leading 0, or in international form with + and the country code");
    };
    let full = without_trunk_zero(full, country_code);
    check(&full, country_code)?;
    Ok(full)
}

/// The text as it is, for the caller who asked for that; only what no service could take is refused.
pub(crate) fn as_given(text: &str) -> Result<String> {
    if text.is_empty() || text.len() > MAX_INPUT || text.chars().any(char::is_control) {
        return refuse("it is empty, longer than 64 bytes or holds a control character");
    }
    Ok(text.to_owned())
}

/// The number for a log line: nothing but its last four digits.
pub(crate) fn masked(mobile: &str) -> String {
    let digits: Vec<char> = mobile.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 8 {
        return "****".to_owned();
    }
    format!("****{}", digits[digits.len() - 4..].iter().collect::<String>())
}

/// The ASCII digits of `text`, and whether they began with `+` or `00`.
fn digits(text: &str) -> Result<(String, bool)> {
    if text.len() > MAX_INPUT {
        return refuse("it is longer than 64 bytes");
    }
    let mut digits = String::with_capacity(16);
    let mut plus = false;
    for c in text.chars() {
        match ascii_digit(c) {
            digit if digit.is_ascii_digit() => digits.push(digit),
            '+' | '\u{FF0B}' if digits.is_empty() && !plus => plus = true,
            c if is_separator(c) => {}
            _ => return refuse("it holds a character that no telephone number has"),
        }
    }
    if digits.is_empty() {
        return refuse("it holds no digit");
    }
    match digits.strip_prefix("00") {
        Some(rest) if !plus => Ok((rest.to_owned(), true)),
        _ => Ok((digits, plus)),
    }
}

/// What people and word processors put between digits. Control characters other than white space are not among them.
fn is_separator(c: char) -> bool {
    matches!(c,
        '-' | '.' | '(' | ')' | '[' | ']' | '/' | '\t'
        | '\u{00AD}'                       // soft hyphen
        | '\u{200B}'..='\u{200F}'          // zero-width and direction marks
        | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF0D}' // hyphens, dashes, minus
        | '\u{202A}'..='\u{202E}'          // direction embeddings
        | '\u{2060}'..='\u{206F}'          // word joiner, isolates
        | '\u{FEFF}')
        || (c.is_whitespace() && !c.is_control())
}

/// `66 0 81…`: people keep the zero that is dialled inside the country.
fn without_trunk_zero(full: String, country_code: &str) -> String {
    [country_code, THAILAND]
        .iter()
        .find_map(|code| full.strip_prefix(&format!("{code}0")).map(|rest| format!("{code}{rest}")))
        .unwrap_or(full)
}

fn check(full: &str, country_code: &str) -> Result<()> {
    if full.strip_prefix(country_code).is_some_and(|national| national.starts_with('0')) {
        return refuse("it has two zeros behind the country code");
    }
    if let Some(national) = full.strip_prefix(THAILAND) {
        if national.len() != THAI_DIGITS {
            return refuse("a Thai mobile number has 10 digits with its leading 0, or 9 after 66");
        }
        // Mobile numbers begin with 06, 08, 09; 01, once a mobile prefix, is what the specification's example
        // (66123456789) has. 02 to 05 and 07 are fixed lines.
        if !national.starts_with(['1', '6', '8', '9']) {
            return refuse("a Thai mobile number begins with 06, 08 or 09");
        }
        return Ok(());
    }
    if full.starts_with('0') || !INTERNATIONAL_DIGITS.contains(&full.len()) {
        return refuse("an international number has 8 to 15 digits and begins with its country code");
    }
    Ok(())
}

fn refuse<T>(why: &str) -> Result<T> {
    Err(Error::refused(Code::InvalidMobile, format!("This is not a mobile number: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_thai_number_becomes_one() {
        let forms = [
            "0812345678",
            "081-234-5678",
            "081 234 5678",
            "(081) 234.5678",
            "+66812345678",
            "+66 81 234 5678",
            "0066812345678",
            "66812345678",
            "66 0 81 234 5678",
            "+66 (0) 81-234-5678",
            "0066 (0)81 234 5678",
            "๐๘๑๒๓๔๕๖๗๘",
            "０８１２３４５６７８",
            "\u{202A}+66812345678\u{202C}",
            "\u{FEFF}081\u{00A0}234\u{2011}5678",
            " 081/2345678\t",
            "[66]812345678",
            "\u{200B}\u{FF0B}66812345678",
        ];
        for form in forms {
            assert_eq!(normalize_mobile(form, "66").unwrap(), "66812345678", "{form:?}");
        }
    }

    #[test]
    fn the_specifications_example_passes() {
        assert_eq!(normalize_mobile("66123456789", "66").unwrap(), "66123456789");
    }

    #[test]
    fn other_countries_pass_in_international_form() {
        assert_eq!(normalize_mobile("+44 7700 900123", "66").unwrap(), "447700900123");
        assert_eq!(normalize_mobile("0044 7700 900123", "66").unwrap(), "447700900123");
        assert_eq!(normalize_mobile("+856 20 5555 0123", "66").unwrap(), "8562055550123");
    }

    #[test]
    fn another_default_country_is_used_for_national_numbers() {
        assert_eq!(normalize_mobile("07700 900123", "44").unwrap(), "447700900123");
        assert_eq!(normalize_mobile("+44 (0)7700 900123", "44").unwrap(), "447700900123");
        assert_eq!(normalize_mobile("+66 (0)81 234 5678", "44").unwrap(), "66812345678");
    }

    #[test]
    fn what_is_no_mobile_number_is_refused() {
        let bad = [
            "",
            " ",
            "+",
            "-",
            "abc",
            "12345",
            "081234567",
            "08123456789",
            "021234567",
            "0212345678",
            "6621234567",
            "+6621234567",
            "812345678",
            "14155552671",
            "0812345678 ext 5",
            "081234567a",
            "++66812345678",
            "66+812345678",
            "+0812345678",
            "0812345678\0",
            "0812345678\n",
            "+1234567",
            "+1234567890123456",
            "0000000000",
            "000",
            "²³¹²³¹²³¹²",
            "𝟎𝟖𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖",
            "0812345678,0812345679",
            "0812345678;",
            "０８１",
        ];
        for text in bad {
            let error = normalize_mobile(text, "66").expect_err(text);
            assert_eq!(error.code(), Code::InvalidMobile, "{text:?}");
        }
        assert!(normalize_mobile(&"0".repeat(1 << 20), "66").is_err());
        // Found by fuzzing: one zero went, and the next time the other.
        assert!(normalize_mobile("100 22)555-4) 0143", "1").is_err());
    }

    #[test]
    fn the_log_sees_four_digits() {
        assert_eq!(masked("66812345678"), "****5678");
        assert_eq!(masked("1234"), "****");
    }

    #[test]
    fn as_given_is_untouched() {
        assert_eq!(as_given("081-2345678").unwrap(), "081-2345678");
        assert!(as_given("").is_err() && as_given("08\n").is_err() && as_given(&"8".repeat(65)).is_err());
    }
}
