//! Mobile numbers in the form the service takes: country prefix and digits, no plus (wire.md, "Mobile numbers").
//!
//! A text is read in every way it can be meant. It is taken only if exactly one of them is a number that can exist, by the
//! table of calling codes; whatever is left open is refused, since the SMS would go to somebody else.

use crate::calling_codes::{self, Country};
use crate::{Code, Error, Result, paste};

const THAILAND: &str = "66";
/// What is dialled in Thailand before an international number, beside 00: 001 and 004 to 009, one for each operator.
const THAI_ACCESS_CODES: [&str; 7] = ["001", "004", "005", "006", "007", "008", "009"];
/// Room for a number of which each character has invisible marks around it.
const MAX_INPUT: usize = 256;
const MAX_AS_GIVEN: usize = 64;
/// More than any number has, with access code and trunk zero. Keeps the positions of `Written::bracketed` within its bits.
const MAX_DIGITS: usize = 24;

const AMBIGUOUS: &str = "it can be read as two numbers: write it with + and the country code";
const ITS_ZERO: &str =
    "in its country a 0 behind the country code can be part of the number: write it without brackets";
const DECIMAL: &str = "a dot before its last digits may begin a decimal fraction: write it without dots";
const STRANGE: &str =
    "it holds a character that no telephone number has: give one number alone, without words or an extension";
/// What follows the E of a number like 6.68E+10.
const EXPONENT: [char; 12] = ['+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const SHORTENED: &str = "a spreadsheet has shortened it (as in 6.68E+10): make the cell a text and copy all digits";

/// A number in the service's form, or why the text is none.
type Reading = std::result::Result<String, &'static str>;

/// Brings what a person typed or pasted into the service's form, such as `66812345678`.
///
/// Understood are `081-234-5678`, `+66 81 234 5678`, `66…`, `+66 (0) 81…`, `tel:+66-81-…`; white space, dashes, dots,
/// brackets and slashes; Thai, Lao, Khmer, Myanmar, Arabic, Persian and full-width digits; invisible marks; and what
/// spreadsheets add (`'081…`, `66812345678.0`). A number as it is dialled within a country belongs to `country_code`; numbers
/// of other countries pass in international form: after `+`, `00`, or in Thailand 001 and 004 to 009.
///
/// A number is certainly right or refused: its calling code and length must exist, and a text that can be read as two
/// numbers is none. In Thailand such are `0091 98765 43210` (00 and India's 91, or 009 and 1) and `0066 80 567 8901` (00 and
/// Thailand's 66, or 006 and Palau's 680): `+` instead of `00` says which.
///
/// # Errors
/// −2 where the text cannot be a mobile number; the sentence says what to change and does not repeat the text.
pub fn normalize_mobile(text: &str, country_code: &str) -> Result<String> {
    read(text, country_code).or_else(refuse)
}

/// The text as it is, for the caller who asked for that; only what no service could take is refused.
pub(crate) fn as_given(text: &str) -> Result<String> {
    if text.is_empty() || text.len() > MAX_AS_GIVEN || text.chars().any(char::is_control) {
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

fn read(text: &str, home: &str) -> Reading {
    if text.len() > MAX_INPUT {
        return Err("it is longer than 256 bytes");
    }
    let mut cleaned = String::with_capacity(text.len());
    cleaned.extend(paste::characters(text)?.map(half_width));
    let number = number_alone(&cleaned).trim_end_matches(is_separator);
    match decimals(number) {
        None => one_number(number, home),
        // Only a spreadsheet's zeros go, and once.
        Some((whole, "0" | "00")) if decimals(whole).is_none() => one_number(whole, home),
        Some((_, fraction)) if digits(fraction) <= 2 => Err(DECIMAL),
        // Zeros of a fraction, or the last digits of a number.
        Some((whole, _)) if may_be_number(whole, home) => Err(DECIMAL),
        Some(_) => one_number(number, home),
    }
}

/// Full-width signs as ASCII, and every dash as hyphen-minus.
fn half_width(c: char) -> char {
    match c {
        _ if c.is_ascii() => c,
        _ if paste::is_dash(c) => '-',
        '\u{FE62}' => '+',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Without the scheme of a link (RFC 3966), or the apostrophe that makes a spreadsheet's cell a text.
fn number_alone(text: &str) -> &str {
    match text.split_at_checked(4) {
        Some((scheme, number)) if scheme.eq_ignore_ascii_case("tel:") => number,
        _ => text.strip_prefix('\'').unwrap_or(text),
    }
}

/// `text` before and behind its last dot, where what stands behind may be a fraction: one or two digits, or zeros alone.
fn decimals(text: &str) -> Option<(&str, &str)> {
    let (whole, fraction) = text.rsplit_once('.')?;
    let is_fraction = match digits(fraction) {
        0 => false,
        1 | 2 => true,
        count => fraction.matches('0').count() == count,
    };
    is_fraction.then_some((whole.trim_end_matches(is_separator), fraction))
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// Reads `text`, unless its end may be a second number in short: `081-234-5678/9`, `…/80`, `…-9`.
fn one_number(text: &str, home: &str) -> Reading {
    let slashes = text.match_indices('/').map(|(at, _)| at).filter(|&at| digits(&text[at..]) > 0);
    let dash = text.rfind('-').filter(|&at| digits(&text[at..]) == 1);
    if slashes.chain(dash).any(|at| may_be_number(&text[..at], home)) {
        return Err("it may be two numbers: give one alone, without a slash or a dash at its end");
    }
    Written::read(text)?.number(home)
}

fn may_be_number(text: &str, home: &str) -> bool {
    let reading = Written::read(text).and_then(|written| written.number(home));
    matches!(reading, Ok(_) | Err(AMBIGUOUS))
}

/// The digits of a text, and what else of it decides.
struct Written {
    digits: String,
    plus: bool,
    /// Bit n: digit n is a 0 alone in brackets.
    bracketed: u32,
}

impl Written {
    fn read(text: &str) -> std::result::Result<Written, &'static str> {
        let mut written = Written { digits: String::with_capacity(MAX_DIGITS), plus: false, bracketed: 0 };
        let mut before = ['\0'; 2];
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                '0'..='9' if written.digits.len() == MAX_DIGITS => {
                    return Err("it has too many digits: give one number");
                }
                '0'..='9' => written.digits.push(c),
                '+' if written.digits.is_empty() && !written.plus => written.plus = true,
                ')' | ']' if matches!(before, ['(' | '[', '0']) => written.bracketed |= 1 << (written.digits.len() - 1),
                'e' | 'E' if before[1].is_ascii_digit() && rest.as_str().starts_with(EXPONENT) => {
                    return Err(SHORTENED);
                }
                c if is_separator(c) => {}
                c if c.is_control() => return Err("it holds a control character: remove it"),
                _ => return Err(STRANGE),
            }
            before = [before[1], c];
        }
        if written.digits.is_empty() { Err("it holds no digit") } else { Ok(written) }
    }

    /// The one number that the digits can be, `home` being the calling code of the person's country.
    fn number(&self, home: &str) -> Reading {
        let country = calling_codes::find(home);
        if self.plus {
            self.international(0)
        } else if self.digits.starts_with("00") && !country.is_some_and(Country::has_leading_zeros) {
            self.after_access_code(home, country)
        } else {
            match country {
                Some(country) if !country.has_trunk_zero() => self.without_trunk_zero(home, country),
                Some(country) if self.digits.starts_with('0') => national(home, country, &self.digits),
                Some(_) if self.digits.starts_with(home) => self.international(0),
                _ => Err("write it with a leading 0, or in international form with + and the country code"),
            }
        }
    }

    /// The number behind the access code that the digits begin with.
    fn after_access_code(&self, home: &str, country: Option<Country>) -> Reading {
        if home != THAILAND {
            let alone = country.is_some_and(Country::dials_00_alone);
            return if alone {
                self.international(2)
            } else {
                Err("write it with + and the country code instead of 00")
            };
        }
        let behind_00 = self.international(2);
        if !THAI_ACCESS_CODES.iter().any(|code| self.digits.starts_with(code)) {
            return behind_00;
        }
        match (behind_00, self.international(3)) {
            (Ok(_), Ok(_) | Err(ITS_ZERO)) | (Err(ITS_ZERO), Ok(_)) => Err(AMBIGUOUS),
            // 0066 with a digit too few is no number of the Pacific behind 006.
            (Err(_), Ok(number)) if !self.digits[2..].starts_with(THAILAND) => Ok(number),
            (behind_00, _) => behind_00,
        }
    }

    /// Without a trunk zero, a number within the country looks like any: it must not be one of another country too.
    fn without_trunk_zero(&self, home: &str, country: Country) -> Reading {
        let abroad = match self.digits.strip_prefix("00") {
            Some(_) if country.dials_00_alone() => self.international(2),
            _ => self.international(0),
        };
        match (national(home, country, &self.digits), abroad) {
            (Ok(_), Ok(_)) => Err(AMBIGUOUS),
            (Ok(number), Err(_)) => Ok(number),
            (Err(_), Ok(number)) if self.digits.starts_with("00") || number.starts_with(home) => Ok(number),
            (Err(_), Ok(_)) => Err("write it in international form, with + and the country code"),
            (Err(why), Err(_)) => Err(why),
        }
    }

    /// The number whose calling code begins at digit `start`.
    fn international(&self, start: usize) -> Reading {
        let (code, country) = calling_codes::split(&self.digits[start..])
            .ok_or("it begins with no country's calling code: check the digits behind + or 00")?;
        let begin = start + code.len();
        if self.bracketed & ((1 << begin) - 1) != 0 {
            return Err("a 0 in brackets stands before the end of the country code");
        }
        // `+66 (0) 81…` is read like `+66 081…`, but where a 0 may belong to the number.
        if self.bracketed & (1 << begin) != 0 && country.has_leading_zeros() {
            return Err(ITS_ZERO);
        }
        national(code, country, &self.digits[begin..])
    }
}

/// What people and word processors put between digits.
fn is_separator(c: char) -> bool {
    matches!(c, '-' | '.' | '(' | ')' | '[' | ']' | '/')
}

/// The number of a country, from its digits without calling code. People keep the zero that is dialled within the country.
fn national(code: &str, country: Country, written: &str) -> Reading {
    let without_zero = |digits| match country.has_leading_zeros() {
        true => digits,
        false => str::strip_prefix(digits, '0').unwrap_or(digits),
    };
    let number = without_zero(written);
    if number.strip_prefix(code).is_some_and(|rest| country.has(without_zero(rest))) {
        return Err("its country code stands there twice: write it once");
    }
    if number.starts_with('0') && !country.has_leading_zeros() {
        return Err("it has two zeros before the number or behind its country code");
    }
    if code == THAILAND {
        check_thai(number)?;
    } else if !country.has(number) {
        return Err("no mobile number of its country has so many digits: count them");
    }
    Ok([code, number].concat())
}

fn check_thai(number: &str) -> std::result::Result<(), &'static str> {
    // Mobile numbers begin with 06, 08, 09; 01, once a mobile prefix, is what the specification's example (66123456789) has.
    // 02 to 05 and 07 are fixed lines.
    match number.as_bytes() {
        [first, ..] if number.len() == 9 && matches!(first, b'1' | b'6' | b'8' | b'9') => Ok(()),
        [..] if number.len() == 9 => Err("a Thai mobile number begins with 06, 08 or 09"),
        _ => Err("a Thai mobile number has 10 digits with its leading 0, or 9 after 66"),
    }
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
            "0812345678\u{FE0F}",
            "0812345678\r\n",
            "081\n2345678",
            "\u{2066}081\u{2069}-2\u{034F}34\u{E0020}5678",
            "(+66) 81 234 5678",
            "（＋６６）８１－２３４－５６７８",
            "\u{FE62}66 81.234.5678",
            "+66081 234 5678",
            "tel:+66-81-234-5678",
            "TEL: 081 234 5678",
            "'0812345678",
            "0812345678.0",
            "66812345678.00",
            "+66 81 234 5678 .0",
            "(66812345678.0)",
            "0812345678.",
            "081-234-567-8",
            "٠٨١٢٣٤٥٦٧٨",
            "+۶۶۸۱۲۳۴۵۶۷۸",
            "໐໘໑໒໓໔໕໖໗໘",
            "០៨១២៣៤៥៦៧៨",
            "၀၈၁၂၃၄၅၆၇၈",
            "႐႘႑႒႓႔႕႖႗႘",
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
        // The shortest and the longest.
        assert_eq!(normalize_mobile("+690 7234", "66").unwrap(), "6907234");
        assert_eq!(normalize_mobile("+43 664 1234567890", "66").unwrap(), "436641234567890");
    }

    /// Each text is that number from a person in that country, or refused where the number is empty.
    fn each(rows: &[(&str, &str, &str)]) {
        for &(home, text, number) in rows {
            let read = normalize_mobile(text, home);
            assert_eq!(read.as_deref().unwrap_or_default(), number, "{text:?} in {home}: {read:?}");
            assert!(read.err().is_none_or(|error| error.code() == Code::InvalidMobile));
        }
    }

    #[test]
    fn another_default_country_is_used_for_national_numbers() {
        each(&[
            ("44", "07700 900123", "447700900123"),
            ("44", "44 7700 900123", "447700900123"),
            ("44", "+44 (0)7700 900123", "447700900123"),
            ("44", "+66 (0)81 234 5678", "66812345678"),
            ("44", "7700 900123", ""),
            // Without trunk zero: as it is dialled.
            ("65", "8123 4567", "6581234567"),
            ("65", "6581234567", "6581234567"),
            ("65", "08123 4567", "6581234567"),
            ("65", "0812 3456", ""),
            ("1", "(415) 555-2671", "14155552671"),
            ("1", "1 415 555 2671", "14155552671"),
            ("225", "07 07 12 34 56", "2250707123456"),
            // But not where it is a number of another country too: Denmark's 45, Spain's 34 with a number too short.
            ("39", "451 234 5678", ""),
            ("39", "347 123 4567", "393471234567"),
            ("65", "14155552671", ""),
            // The trunk prefix of Russia is no 0.
            ("7", "916 123 45 67", "79161234567"),
            ("7", "8 916 123 45 67", ""),
            // Not a calling code: nothing belongs to it.
            ("999", "0812345678", ""),
            ("999", "+66812345678", "66812345678"),
            ("", "447700900123", ""),
        ]);
    }

    #[test]
    fn a_country_and_a_length_must_exist() {
        each(&[
            ("66", "+999 81 234 5678", ""),
            ("66", "+800 1234 5678", ""),
            ("66", "+210 812345678", ""),
            ("66", "+44 7700 90012", ""),
            ("66", "+44 7700 9001234", ""),
            ("66", "+1 415 555 267", ""),
            ("66", "+65 0812 3456", ""),
            ("66", "+65 08123 4567", "6581234567"),
            ("66", "+44 00 7700 900123", ""),
            ("66", "+0066812345678", ""),
            ("44", "07700 90012", ""),
        ]);
    }

    #[test]
    fn a_zero_in_brackets_goes_behind_a_country_code_alone() {
        each(&[
            ("66", "+44 (0)7700 900123", "447700900123"),
            ("66", "+44(0)7700900123", "447700900123"),
            ("66", "+44 [0] 7700 900123", "447700900123"),
            ("66", "＋４４（０）7700 900123", "447700900123"),
            ("66", "0044 (0)7700 900123", "447700900123"),
            ("66", "+44 07700 900123", "447700900123"),
            ("66", "+65 (0)8123 4567", "6581234567"),
            ("66", "66 (0)81 234 5678", "66812345678"),
            ("66", "(0)81 234 5678", "66812345678"),
            ("66", "+66 8(0)1 234 567", "66801234567"),
            ("66", "+(44) 7700 (900) 123", "447700900123"),
            ("66", "+44 (00)7700 900123", ""),
            ("66", "+44 (0)(0)7700 900123", ""),
            ("66", "+4(0)4 7700 900123", ""),
            // There a 0 is part of the number.
            ("66", "+225 07 07 12 34 56", "2250707123456"),
            ("66", "+225 (0)7 07 12 34 56", ""),
            ("66", "+39 (0)347 123 4567", ""),
        ]);
    }

    #[test]
    fn a_dot_before_the_last_digits_is_a_spreadsheets() {
        each(&[
            ("66", "+447700900123.0", "447700900123"),
            ("66", "447700900123.0", ""),
            ("66", "+43 664 1234567.0", "436641234567"),
            ("66", "+43 664 1234567.00", "436641234567"),
            ("66", "+43 664 1234567.5", ""),
            ("66", "+43 664 1234567.5.", ""),
            ("66", "(+43 664 1234567.5)", ""),
            ("66", "+43 664 1234567.05", ""),
            ("66", "+43 664 1234567.0.0", ""),
            ("66", "+43 664 1234567.000", ""),
            ("66", "+43 664 1234567.(0)", ""),
            ("66", "+43 664 1234567.-0", ""),
            ("66", "+43 664 1234567.\u{200B}5", ""),
            ("66", "+43 664 1234567．5", ""),
            ("66", "081.234.56.78", ""),
            ("66", "081234567.8", ""),
            ("66", "812345678.0", ""),
            ("66", "081.234.0000", "66812340000"),
            ("66", "081.234.5000", "66812345000"),
            ("66", "6.6812345678E+10", ""),
            ("66", "6.68E+10", ""),
            ("43", "4.366E12", ""),
        ]);
    }

    #[test]
    fn two_numbers_and_an_extension_are_not_one_number() {
        each(&[
            ("66", "081-234-5678/9", ""),
            ("66", "+43 664 1234567/8", ""),
            ("66", "+43 664 1234567/89", ""),
            // 006 and Saint Pierre's 508 would have a number as long as all digits.
            ("66", "0065 8123 4567/8/9", ""),
            ("66", "0065 08123 4567/8/9", ""),
            ("66", "+43 664 1234567-8", ""),
            ("66", "+43 664 1234567-8-", ""),
            ("66", "+43 664 1234567/8.", ""),
            ("66", "+43 664 1234567-8-.0", ""),
            // 00 and China's 86, or 008 and Indonesia's 62: two readings, but the beginning of a number.
            ("66", "008 62 81234567-89-9", ""),
            ("66", "+43 664 1234567 – 8", ""),
            ("66", "+43 664/1234567", "436641234567"),
            ("66", "+43-664-1234567", "436641234567"),
            ("66", "+4366412345+4366412345", ""),
            ("66", "0812345678 0898765432", ""),
            ("66", "0812345678\n0898765432", ""),
            ("66", "+43 664 1234567 x12", ""),
            ("66", "+43 664 1234567 ext. 12", ""),
            ("66", "+43 664 1234567#12", ""),
            ("66", "tel:+436641234567;ext=12", ""),
            ("66", "tel:0812345678;phone-context=+66", ""),
            ("66", "tel:tel:0812345678", ""),
            ("66", "whatsapp:+66812345678", ""),
            ("66", "''0812345678", ""),
        ]);
    }

    #[test]
    fn a_country_code_that_stands_twice_is_refused() {
        each(&[
            ("66", "+66 66 81 234 5678", ""),
            ("66", "6666812345678", ""),
            ("66", "66+66812345678", ""),
            ("66", "+66+66812345678", ""),
            ("66", "+66 0066 81 234 5678", ""),
            ("66", "066812345678", ""),
            ("66", "+44 44 7700 900123", ""),
            // With the code twice Indonesia has this length.
            ("66", "+62 62 812 3456 789", ""),
            ("66", "+62 62 0812 3456 789", ""),
            ("62", "062 812 3456 789", ""),
            ("66", "+62 812 3456 789", "628123456789"),
        ]);
        let error = normalize_mobile("+66 66 81 234 5678", "66").unwrap_err();
        assert!(error.to_string().contains("twice"), "{error}");
    }

    #[test]
    fn thailands_access_codes_are_read_where_one_reading_alone_exists() {
        each(&[
            ("66", "00 44 7700 900123", "447700900123"),
            ("66", "001 44 7700 900123", "447700900123"),
            ("66", "009 44 (0)7700 900123", "447700900123"),
            ("66", "007 66 81 234 5678", "66812345678"),
            ("66", "001 66 081 234 5678", "66812345678"),
            ("66", "001 415 555 2671", "14155552671"),
            ("66", "009 1 415 555 267", ""),
            // 00 + India's 91, or 009 + North America's 1.
            ("66", "0091 98765 43210", ""),
            ("66", "009 1 987 654 3210", ""),
            // 002 and 003 are none.
            ("66", "002 44 7700 900123", ""),
            ("66", "003 44 7700 900123", ""),
            ("66", "0066 81 234 5678", "66812345678"),
            // 00 + Thailand, or 006 + Palau's 680.
            ("66", "0066 80 567 8901", ""),
            ("66", "006 680 567 8901", ""),
            // A digit is missing; it is not 006 + 681 (Wallis and Futuna).
            ("66", "0066 81 234 567", ""),
            ("66", "0066 (0)80 567 8901", "66805678901"),
            // 00 + Austria's 43, or 004 + Italy's 39 with a zero that may be the number's.
            ("66", "004 39 (0)347 123 4567", ""),
            // Elsewhere 00 is all there is, or more than 00 is needed.
            ("44", "001 44 7700 900123", ""),
            ("44", "0091 98765 43210", "919876543210"),
            ("65", "0091 98765 43210", ""),
            ("1", "0091 98765 43210", ""),
            ("225", "0091 98765 43210", "919876543210"),
        ]);
    }

    #[test]
    fn a_sentence_says_what_to_change() {
        for (text, word) in [
            ("\u{202E}0812345678", "U+202E"),
            ("0812345678\0", "control"),
            ("6.68E+10", "spreadsheet"),
            ("0812345678 ext 5", "extension"),
            ("0812345678.5", "fraction"),
            ("081-234-5678/9", "two numbers"),
            ("+999 81 234 5678", "calling code"),
            ("+44 7700 90012", "digits"),
            ("0091 98765 43210", "two numbers"),
            ("+225 (0)7 07 12 34 56", "brackets"),
            ("021234567", "10 digits"),
            ("0212345678", "06, 08 or 09"),
            ("812345678", "leading 0"),
        ] {
            let sentence = normalize_mobile(text, "66").unwrap_err().to_string();
            assert!(sentence.contains(word), "{text:?}: {sentence}");
        }
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
            "0812345678\u{1B}",
            "\u{202E}8765432180",
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
        assert!(normalize_mobile(&format!("{}0812345678", " ".repeat(246)), "66").is_ok());
        assert!(normalize_mobile(&format!("{}0812345678", " ".repeat(247)), "66").is_err());
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
