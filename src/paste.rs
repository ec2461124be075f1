//! What people paste: OTP codes and mobile numbers out of messages, web pages, address books and spreadsheets, with marks that
//! nobody sees and digits of other scripts. Both are cleaned alike; what the characters then mean is their own matter.

use std::iter;

/// It shows what follows it backwards, so the person saw another order than the one that would be sent.
const RIGHT_TO_LEFT_OVERRIDE: char = '\u{202E}';

/// The characters of `text` that count: white space and invisible marks are gone, digits are ASCII, the rest is as it was.
///
/// # Errors
/// A clause for a text that shows its characters in another order.
pub(crate) fn characters(text: &str) -> Result<impl Iterator<Item = char>, &'static str> {
    if text.contains(RIGHT_TO_LEFT_OVERRIDE) {
        return Err("it holds U+202E, which shows characters backwards: type it in again");
    }
    Ok(text.chars().filter(|&c| c.is_ascii_graphic() || !c.is_whitespace() && !is_ignorable(c)).map(ascii_digit))
}

/// `characters` without each dash that stands between two digits: telephones and mail programs put them into a code.
pub(crate) fn without_dashes(characters: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut characters = characters.peekable();
    let mut after_digit = false;
    iter::from_fn(move || {
        let mut next = characters.next()?;
        if is_dash(next) && after_digit && characters.peek().is_some_and(char::is_ascii_digit) {
            next = characters.next()?;
        }
        after_digit = next.is_ascii_digit();
        Some(next)
    })
}

/// Hyphen-minus; hyphens and dashes of U+2010 to U+2015; minus sign; the small and the full-width forms.
pub(crate) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

/// Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt): what has no shape of its own, such as zero-width and
/// direction marks, soft hyphens and variation selectors.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The zeros of the scripts whose digits are read: full-width, Arabic, Persian, and those of Thailand and its neighbours
/// (Thai, Lao, Myanmar, Shan, Khmer).
const ZEROS: [char; 8] =
    ['\u{FF10}', '\u{0660}', '\u{06F0}', '\u{0E50}', '\u{0ED0}', '\u{1040}', '\u{1090}', '\u{17E0}'];

/// A digit of another script as ASCII; any other character as it is.
fn ascii_digit(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let value = ZEROS.iter().find_map(|&zero| (c as u32).checked_sub(zero as u32).filter(|&value| value < 10));
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> String {
        characters(text).unwrap().collect()
    }

    #[test]
    fn white_space_and_invisible_marks_go_wherever_they_stand() {
        let mut marks: Vec<char> = ('\0'..=char::MAX).filter(|&c| c.is_whitespace() || is_ignorable(c)).collect();
        marks.retain(|&c| c != RIGHT_TO_LEFT_OVERRIDE);
        // 25 characters with White_Space, 4174 with Default_Ignorable_Code_Point (Unicode 16), one of them refused.
        assert_eq!(marks.len(), 25 + 4174 - 1);
        for mark in marks {
            assert_eq!(cleaned(&format!("{mark}1{mark}{mark}2{mark}")), "12", "{mark:?}");
        }
    }

    #[test]
    fn the_override_is_refused_and_other_controls_stay_for_their_own_refusal() {
        assert!(characters("12\u{202E}34").is_err());
        assert_eq!(cleaned("1\0\u{1B}\u{7F}\u{80}2"), "1\0\u{1B}\u{7F}\u{80}2");
    }

    #[test]
    fn digits_of_ten_values_in_each_script_become_ascii() {
        for zero in ZEROS {
            let digits: String = (0..10).filter_map(|value| char::from_u32(zero as u32 + value)).collect();
            assert_eq!(cleaned(&digits), "0123456789");
            // Its neighbours are no digits.
            for at in [zero as u32 - 1, zero as u32 + 10] {
                let other = char::from_u32(at).unwrap();
                assert!(!cleaned(&other.to_string()).starts_with(|c: char| c.is_ascii_digit()), "{other:?}");
            }
        }
        assert_eq!(cleaned("²①𝟏१Ａa"), "²①𝟏१Ａa");
    }

    #[test]
    fn dashes_go_between_digits_alone() {
        let joined = |text: &str| without_dashes(text.chars()).collect::<String>();
        for dash in "-\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{FE58}\u{FE63}\u{FF0D}".chars() {
            assert_eq!(joined(&format!("12{dash}34{dash}5")), "12345", "{dash:?}");
        }
        for kept in ["-12", "12-", "A-12", "12-A", "1--2", "-", "1_2", "1~2", "1.2", ""] {
            assert_eq!(joined(kept), kept);
        }
    }
}
