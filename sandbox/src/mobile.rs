//! Which mobile numbers the service takes: digits with a country prefix and without a plus, such as `66812345678`.

use ants_otp::Code;

/// The longest international number (ITU-T E.164), prefix included.
const LONGEST: usize = 15;

/// A number with no more digits than this is taken for one without its country prefix.
const LONGEST_WITHOUT_PREFIX: usize = 9;

/// 0307 for what is no number, 0302 for a number without country prefix.
pub(crate) fn check(mobile: &str) -> Result<(), Code> {
    if mobile.is_empty() || mobile.len() > LONGEST || !mobile.bytes().all(|byte| byte.is_ascii_digit()) {
        Err(Code::InvalidNumber)
    } else if mobile.starts_with('0') || mobile.len() <= LONGEST_WITHOUT_PREFIX {
        Err(Code::NumberPrefixMissing)
    } else {
        Ok(())
    }
}

/// Why such a number is refused, for the log.
pub(crate) fn why(code: Code) -> &'static str {
    match code {
        Code::NumberPrefixMissing => "The number has no country prefix: it must be written as 66812345678.",
        _ => "The number is not 1 to 15 digits: it must be written as 66812345678.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_with_a_country_prefix_are_taken() {
        let no_number = Err(Code::InvalidNumber);
        let no_prefix = Err(Code::NumberPrefixMissing);
        for (mobile, expected) in [
            ("66812345678", Ok(())),
            ("668123456789012", Ok(())),
            ("6681234567890123", no_number),
            ("+66812345678", no_number),
            ("668 1234 5678", no_number),
            ("66812345678\0", no_number),
            ("๖๖๘๑๒๓๔๕๖๗๘", no_number),
            ("mobile", no_number),
            ("", no_number),
            ("0812345678", no_prefix),
            ("0066812345678", no_prefix),
            ("812345678", no_prefix),
            ("6", no_prefix),
        ] {
            assert_eq!(check(mobile), expected, "{mobile}");
        }
    }
}
