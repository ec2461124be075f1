//! Where OTP codes, reference codes and ids come from: the system's random source, or for codes a list that a test gives.

use std::io;

const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Reference codes are as long as the specification's example, `IpA6k`.
const REFERENCE_LENGTH: usize = 5;

/// The source of the OTP codes that are sent.
#[derive(Debug, Clone, Default)]
pub struct Codes {
    /// Empty for random codes.
    given: Option<Vec<String>>,
    next: usize,
}

impl Codes {
    /// Random characters from the system, of the alphabet and as many as the OTP configuration says.
    pub fn random() -> Codes {
        Codes::default()
    }

    /// The same code always, as given; the configuration's code length and alphabet do not matter.
    pub fn fixed(code: impl Into<String>) -> Codes {
        Codes::sequence([code])
    }

    /// These codes one after the other, as given, and from the start again after the last.
    ///
    /// The sandbox refuses to start with an empty sequence or an empty code.
    pub fn sequence<C: Into<String>>(codes: impl IntoIterator<Item = C>) -> Codes {
        Codes { given: Some(codes.into_iter().map(Into::into).collect()), next: 0 }
    }

    /// What cannot work about this source, in a sentence.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let given = self.given.as_ref()?;
        (given.is_empty() || given.iter().any(String::is_empty)).then_some(
            "the sequence of codes or one of its codes is empty: give at least one code, of one character or more",
        )
    }

    /// Starts again with the first code.
    pub(crate) fn restart(&mut self) {
        self.next = 0;
    }

    /// The code of the next SMS.
    pub(crate) fn next(&mut self, alphabet: &str, length: usize) -> io::Result<String> {
        let Some(given) = &self.given else { return random_text(alphabet.as_bytes(), length) };
        let code = given.get(self.next % given.len().max(1)).cloned().unwrap_or_default();
        self.next = self.next.wrapping_add(1);
        Ok(code)
    }
}

/// A reference code: what the person compares to find the right SMS.
pub(crate) fn reference_code() -> io::Result<String> {
    random_text(LETTERS_AND_DIGITS, REFERENCE_LENGTH)
}

/// A random UUID (version 4, RFC 9562) in lower case, as the specification's `otpId`.
pub(crate) fn uuid() -> io::Result<String> {
    let mut bytes = random_bytes::<16>()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

/// Text of evenly spread characters of the alphabet.
fn random_text(alphabet: &[u8], length: usize) -> io::Result<String> {
    // A remainder alone would favour the first characters; bytes beyond the last whole multiple are thrown away.
    let usable = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let usable_bytes = random_bytes::<32>()?.into_iter().map(usize::from).filter(|&byte| byte < usable);
        text.extend(usable_bytes.take(length - text.len()).map(|byte| char::from(alphabet[byte % alphabet.len()])));
    }
    Ok(text)
}

fn random_bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const DIGITS: &str = "0123456789";

    #[test]
    fn random_codes_have_the_length_asked_for_and_all_digits() {
        let mut codes = Codes::random();
        for length in [1, 5, 6, 32] {
            assert_eq!(codes.next(DIGITS, length).unwrap().len(), length);
        }
        // Each digit is expected 1000 times; a source without bias strays by more than 200 about once in 10^10 runs.
        let many: String = (0..313).map(|_| codes.next(DIGITS, 32).unwrap()).collect();
        for digit in '0'..='9' {
            let count = many.chars().filter(|&c| c == digit).count();
            assert!((800..=1200).contains(&count), "{digit}: {count}");
        }
    }

    #[test]
    fn a_sequence_starts_again_after_its_last_code() {
        let mut codes = Codes::sequence(["00001", "00002"]);
        let got: Vec<_> = (0..3).map(|_| codes.next(DIGITS, 5).unwrap()).collect();
        assert_eq!(got, ["00001", "00002", "00001"]);
    }

    #[test]
    fn empty_sequences_and_codes_are_a_problem() {
        assert!(Codes::sequence([""; 0]).problem().is_some());
        assert!(Codes::fixed("").problem().is_some());
        assert!(Codes::fixed("1").problem().is_none());
        assert!(Codes::random().problem().is_none());
    }

    #[test]
    fn ids_are_version_4_uuids_and_differ() {
        let (one, other) = (uuid().unwrap(), uuid().unwrap());
        assert_ne!(one, other);
        let parts: Vec<usize> = one.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(&one[14..15], "4");
        assert!(matches!(&one[19..20], "8" | "9" | "a" | "b"));
    }

    #[test]
    fn reference_codes_are_five_letters_or_digits() {
        let reference = reference_code().unwrap();
        assert!(reference.len() == 5 && reference.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{reference}");
    }
}
