//! What people paste, decorated at random with fixed seeds: a number never becomes another one, and a code arrives as the person
//! saw it. The rows that state each rule one by one are in src/mobile.rs and src/check.rs.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::{Code, normalize_mobile};
use fastrand::Rng;
use std::collections::HashSet;
use support::{OTP_ID, Server, http};

/// Country code, whether 0 is dialled before the number within the country, the number. Lengths of one kind and of several.
/// None ends with 0: a dot before it is a decimal, by the rule.
const NUMBERS: [(&str, bool, &str); 16] = [
    ("66", true, "812345678"),
    ("66", true, "612345678"),
    ("66", true, "901234567"),
    ("1", false, "4155552671"),
    ("7", false, "9161234567"),
    ("39", false, "3471234567"),
    ("43", true, "6641234567"),
    ("44", true, "7700900123"),
    ("49", true, "15112345678"),
    ("60", true, "123456789"),
    ("62", true, "8123456789"),
    ("65", false, "81234567"),
    ("86", true, "13912345678"),
    ("91", true, "9876543211"),
    ("225", false, "0707123456"),
    ("856", true, "2055550123"),
];
const HOMES: [&str; 8] = ["66", "1", "39", "43", "44", "65", "225", "856"];
const ZEROS: [u32; 9] = [0x30, 0xFF10, 0x660, 0x6F0, 0xE50, 0xED0, 0x1040, 0x1090, 0x17E0];
const MARKS: [&str; 12] = [
    " ", "\u{A0}", "\t", "\n", "\u{200B}", "\u{200E}", "\u{202A}", "\u{202C}", "\u{2066}", "\u{2069}", "\u{FE0F}",
    "\u{FEFF}",
];
/// No brackets: put around a 0 by chance, they would say something.
const SEPARATORS: [&str; 8] = ["-", "\u{2013}", "\u{2011}", "\u{FF0D}", ".", "/", " - ", " ) "];

fn in_digits_from(zero: u32, text: &str) -> String {
    text.chars().map(|c| c.to_digit(10).map_or(c, |value| char::from_u32(zero + value).unwrap())).collect()
}

/// `text` with some of `between` put in at random places.
fn sprinkled(random: &mut Rng, text: &str, between: &[&str], most: usize) -> String {
    let mut chars: Vec<String> = text.chars().map(String::from).collect();
    for _ in 0..random.usize(0..=most) {
        let mark = *random.choice(between).unwrap();
        chars.insert(random.usize(0..=chars.len()), mark.to_owned());
    }
    chars.concat()
}

/// Ways to write a number that leave no doubt, for a person in `home`.
fn certain(random: &mut Rng, home: &str, (code, trunk, number): (&str, bool, &str)) -> String {
    let mut forms = vec![format!("+{code}{number}"), format!("(+{code}) {number}"), format!("tel:+{code}{number}")];
    if code != "225" && code != "39" {
        forms.push(format!("+{code} (0){number}"));
        forms.push(format!("+{code}0{number}"));
    }
    if home == code {
        forms.push(format!("{code}{number}"));
        forms.push(format!("{}{number}", if trunk { "0" } else { "" }));
    }
    let mut text = random.choice(forms).unwrap();
    if random.u8(..) < 64 {
        text.push_str([".0", ".00"][random.usize(0..2)]);
    }
    let zero = *random.choice(&ZEROS).unwrap();
    let text = in_digits_from(zero, &text);
    // Not into "tel:", where it would part the letters of what is read, nor into what is bracketed.
    sprinkled(random, &text, &MARKS, 6)
}

/// Ways that may be refused, but never read as somebody else's number.
fn doubtful(random: &mut Rng, home: &str, row: (&str, bool, &str)) -> String {
    let (code, _, number) = row;
    let operators = ["00", "001", "004", "005", "006", "007", "008", "009"];
    let access = if home == "66" { *random.choice(&operators).unwrap() } else { "00" };
    let tails = [".0", ".5", ".05", ".000", "/9", "-9", "/89", " x9", ";ext=9", "E+10", ",0"];
    let tail = if random.bool() { "" } else { *random.choice(&tails).unwrap() };
    // A zero that Italy and Ivory Coast do not know makes it a text that spells another number, if any.
    let zero = if code == "39" || code == "225" { "" } else { "0" };
    let forms = [
        format!("{access}{code}{number}"),
        format!("{access}{code}({zero}){number}"),
        format!("{access}{code}{zero}{number}"),
        format!("+{code}{code}{number}"),
        format!("+{code}+{code}{number}"),
        format!("+{code}00{code}{number}"),
        format!("{code}{number}"),
        format!("({access}{code}) {number}"),
        format!("+{code} ({}) {}", &number[..2], &number[2..]),
        certain(random, home, row),
    ];
    let text = format!("{}{tail}", random.choice(forms).unwrap());
    let text = sprinkled(random, &text, &SEPARATORS, 4);
    sprinkled(random, &text, &MARKS, 4)
}

#[test]
fn what_leaves_no_doubt_is_that_number() {
    let mut random = Rng::with_seed(1);
    for _ in 0..20_000 {
        let row = *random.choice(&NUMBERS).unwrap();
        let home = *random.choice(&HOMES).unwrap();
        let text = certain(&mut random, home, row);
        assert_eq!(normalize_mobile(&text, home).unwrap(), format!("{}{}", row.0, row.2), "{text:?} in {home}");
    }
}

#[test]
fn no_decoration_makes_another_number() {
    let mut random = Rng::with_seed(2);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..60_000 {
        let row = *random.choice(&NUMBERS).unwrap();
        let home = *random.choice(&["66", "66", "66", row.0]).unwrap();
        let text = doubtful(&mut random, home, row);
        match normalize_mobile(&text, home) {
            Ok(number) if number == format!("{}{}", row.0, row.2) => taken += 1,
            Ok(number) => panic!("{text:?} in {home} became {number}"),
            Err(error) => {
                assert_eq!(error.code(), Code::InvalidMobile);
                refused += 1;
            }
        }
    }
    assert!(taken > 8_000 && refused > 8_000, "{taken} taken, {refused} refused: one of them is hardly tried");
}

/// What may stand before a number's own digits in a text that spells it.
fn beginnings(code: &str, home: &str) -> Vec<String> {
    let mut all = vec![String::new(), "00".to_owned()];
    if home == "66" {
        all.extend(["001", "004", "005", "006", "007", "008", "009"].map(str::to_owned));
    }
    let mut all: Vec<String> =
        all.iter().flat_map(|access| [format!("{access}{code}"), format!("{access}{code}0")]).collect();
    if code == home {
        all.extend([String::new(), "0".to_owned()]);
    }
    all
}

#[test]
fn whatever_is_taken_was_spelled_out_in_the_text() {
    let mut random = Rng::with_seed(3);
    let pieces = [
        "0", "00", "66", "+", "+66", "8", "9", "1", "44", "7", "5", "2", "(0)", ".", ".0", "/", "-", " ", "\u{200B}",
        "๖", "x",
    ];
    let mut seen = HashSet::new();
    for _ in 0..100_000 {
        let text: String = (0..random.usize(1..18)).map(|_| *random.choice(&pieces).unwrap()).collect();
        let home = *random.choice(&HOMES).unwrap();
        let Ok(number) = normalize_mobile(&text, home) else { continue };
        assert!(number.bytes().all(|byte| byte.is_ascii_digit()) && (7..=15).contains(&number.len()), "{number}");
        if let Some(thai) = number.strip_prefix("66") {
            assert!(thai.len() == 9 && thai.starts_with(['1', '6', '8', '9']), "{text:?}: {number}");
        }
        if let Some(british) = number.strip_prefix("44") {
            assert!(british.len() == 10 && !british.starts_with('0'), "{text:?}: {number}");
        }
        let digits = text.replace('๖', "6").replace(|c: char| !c.is_ascii_digit(), "");
        let spelled = (1..=3).any(|length| {
            let (code, own) = number.split_at(length);
            beginnings(code, home).iter().any(|beginning| {
                let rest = digits.strip_prefix(beginning.as_str()).and_then(|rest| rest.strip_prefix(own));
                matches!(rest, Some("" | "0" | "00"))
            })
        });
        assert!(spelled, "{text:?} in {home} became {number}");
        seen.insert(number);
    }
    assert!(seen.len() > 300, "only {} numbers were taken", seen.len());
}

#[test]
fn a_pasted_code_arrives_as_the_person_saw_it() {
    let server = Server::answering(http(200, r#"{"otpId":"x","result":false}"#));
    let client = server.client();
    let mut random = Rng::with_seed(4);
    for round in 0..300 {
        let code: String = (0..random.usize(4..9)).map(|_| random.digit(10)).collect();
        let written = in_digits_from(*random.choice(&ZEROS).unwrap(), &code);
        let dash = *random.choice(&["", "-", "\u{2013}", "\u{2212}", "\u{FF0D}"]).unwrap();
        let middle = written.char_indices().nth(random.usize(1..code.len())).unwrap().0;
        let written = sprinkled(&mut random, &format!("{}{dash}{}", &written[..middle], &written[middle..]), &MARKS, 8);
        let _ = client.verify(OTP_ID, &written);
        assert!(server.seen()[round].body.contains(&format!(r#""otpCode":"{code}""#)), "{written:?}");
    }
}

#[test]
fn what_was_shown_backwards_or_holds_a_control_character_is_not_sent() {
    let server = Server::answering(http(200, "{}"));
    let client = server.client();
    for code in ["\u{202E}654321", "12\u{202E}34", "12\u{7}34", "12\u{1B}[0m34", "\u{200B} \n"] {
        let error = client.verify(OTP_ID, code).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{code:?}");
    }
    for mobile in ["\u{202E}8765432180", "08123\u{202E}45678", "0812345678\u{7}", "\u{200B} \n"] {
        assert_eq!(client.request(mobile).unwrap_err().code(), Code::InvalidMobile, "{mobile:?}");
    }
    assert_eq!(server.seen().len(), 0);
}
