//! A pasted OTP code: its letters and digits go out, all of them and in their order, and nothing that nobody sees; a second time
//! changes nothing.
#![no_main]

use ants_otp::fuzzing::otp_code;
use libfuzzer_sys::fuzz_target;

/// The zeros of the scripts whose digits are read.
const ZEROS: [u32; 9] = [0x30, 0xFF10, 0x660, 0x6F0, 0xE50, 0xED0, 0x1040, 0x1090, 0x17E0];

fuzz_target!(|text: &str| {
    let Some(code) = otp_code(text) else { return };
    assert!(!code.is_empty() && code.len() <= 64, "{code:?}");
    assert!(!text.contains(['\u{202E}', '\0']), "{text:?}");
    assert!(
        !code.contains(|c: char| c.is_control() || c.is_whitespace() || "\u{200B}\u{202A}\u{FE0F}".contains(c)),
        "{code:?}"
    );
    assert_eq!(otp_code(&code).as_deref(), Some(code.as_str()), "{text:?}");
    assert_eq!(letters_and_digits(&code), letters_and_digits(text), "{text:?}");
});

fn letters_and_digits(text: &str) -> String {
    let value = |c: char| ZEROS.iter().find_map(|zero| (c as u32).checked_sub(*zero).filter(|value| *value < 10));
    let ascii = |c: char| value(c).and_then(|value| char::from_digit(value, 10)).unwrap_or(c);
    text.chars().map(ascii).filter(char::is_ascii_alphanumeric).collect()
}
