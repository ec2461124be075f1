//! The mobile normaliser on any text: a number comes out that the text spells, or nothing; a second time changes nothing, and
//! no refusal repeats the text. The first byte chooses the country.
#![no_main]

use ants_otp::normalize_mobile;
use libfuzzer_sys::fuzz_target;

const COUNTRIES: [&str; 8] = ["66", "1", "44", "856", "39", "225", "43", "65"];
/// The zeros of the scripts whose digits are read.
const ZEROS: [u32; 9] = [0x30, 0xFF10, 0x660, 0x6F0, 0xE50, 0xED0, 0x1040, 0x1090, 0x17E0];

fuzz_target!(|input: &[u8]| {
    let [country, text @ ..] = input else { return };
    let country = COUNTRIES[usize::from(country.wrapping_sub(b'0')) % COUNTRIES.len()];
    let Ok(text) = std::str::from_utf8(text) else { return };
    match normalize_mobile(text, country) {
        Ok(number) => {
            assert!((7..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
            assert!(number.strip_prefix("66").is_none_or(is_thai), "{number}");
            assert!(is_spelled(&number, &digits(text), country), "{text:?} in {country}: {number}");
            assert!(!text.contains(['\u{202E}', '\0']), "{text:?}");
            let again = normalize_mobile(&format!("+{number}"), country);
            assert_eq!(again.ok().as_deref(), Some(number.as_str()), "{text:?}");
        }
        Err(error) => {
            assert_eq!(error.code().number(), -2);
            // No sentence of ours has eight digits.
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            assert!(digits < 8 || !error.to_string().contains(text.trim()), "{error}");
        }
    }
});

fn is_thai(national: &str) -> bool {
    national.len() == 9 && national.starts_with(['1', '6', '8', '9'])
}

fn digits(text: &str) -> String {
    let value = |c: char| ZEROS.iter().find_map(|zero| (c as u32).checked_sub(*zero).filter(|value| *value < 10));
    text.chars().filter_map(|c| char::from_digit(value(c)?, 10)).collect()
}

/// Whether `digits` are `number`, but for an access code, the zero within the country, the country code where the country is
/// the person's own, and a spreadsheet's `.0` or `.00`.
fn is_spelled(number: &str, digits: &str, home: &str) -> bool {
    let access: &[&str] = match home {
        "66" => &["", "00", "001", "004", "005", "006", "007", "008", "009"],
        _ => &["", "00"],
    };
    (1..=3).any(|length| {
        let (code, own) = number.split_at(length);
        let abroad = access.iter().map(|access| format!("{access}{code}"));
        abroad.chain((code == home).then(String::new)).any(|beginning| {
            let rest = digits.strip_prefix(beginning.as_str());
            let rests = [rest, rest.and_then(|rest| rest.strip_prefix('0'))];
            rests.into_iter().flatten().any(|rest| matches!(rest.strip_prefix(own), Some("" | "0" | "00")))
        })
    })
}
