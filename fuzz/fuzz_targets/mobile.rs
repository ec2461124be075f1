//! The mobile normaliser on any text: digits come out or nothing, a second time changes nothing, and no refusal repeats
//! the text. The first byte chooses the country.
#![no_main]

use ants_otp::normalize_mobile;
use libfuzzer_sys::fuzz_target;

const COUNTRIES: [&str; 4] = ["66", "1", "44", "856"];

fuzz_target!(|input: &[u8]| {
    let [country, text @ ..] = input else { return };
    let country = COUNTRIES[usize::from(country.wrapping_sub(b'0')) % COUNTRIES.len()];
    let Ok(text) = std::str::from_utf8(text) else { return };
    match normalize_mobile(text, country) {
        Ok(number) => {
            assert!((8..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
            assert!(!number.starts_with('0'), "{number}");
            let again = normalize_mobile(&format!("+{number}"), country);
            assert_eq!(again.ok().as_deref(), Some(number.as_str()), "{text:?}");
            if number.starts_with(country) {
                assert_eq!(normalize_mobile(&number, country).ok().as_deref(), Some(number.as_str()), "{text:?}");
            }
        }
        Err(error) => {
            assert_eq!(error.code().number(), -2);
            // No sentence of ours has eight digits.
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            assert!(digits < 8 || !error.to_string().contains(text.trim()), "{error}");
        }
    }
});
