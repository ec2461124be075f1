//! What of a request must not stand in the log: credentials, and the code that a person typed.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderName, header};

use crate::account::Presented;

const MASK: &str = "***";

/// Keys whose values are secrets, in JSON, forms, queries and XML, in any letter case. A client that is still being written
/// may put its credentials anywhere.
const KEYS: [&str; 3] = ["otpcode", "password", "token"];

/// A secret with fewer characters stands in too many words by chance: it is masked where it is a word of its own.
const SHORT: usize = 4;

/// The secrets of one request.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Finds them in the `Authorization`, the query and the body.
    pub(crate) fn of(headers: &HeaderMap, query: &str, body: &str) -> Secrets {
        let mut secrets: Vec<String> =
            headers.get_all(header::AUTHORIZATION).iter().flat_map(|value| credentials(value.as_bytes())).collect();
        for text in [query, body] {
            secrets.extend(values_in_strings(text));
            secrets.extend(values_in_text(text));
        }
        secrets.retain(|secret| !matches!(secret.as_str(), "" | "null" | "true" | "false" | MASK));
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Secrets(secrets)
    }

    /// The text with a mask wherever one of the secrets stands in it, as it is or with JSON's escapes.
    pub(crate) fn mask(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = 0;
        for (range, content) in strings(text) {
            // Escapes hide a secret from those who look for its letters.
            if text[range.clone()].contains('\\') && self.masked(&content) != content {
                masked.push_str(&text[rest..range.start]);
                masked.push_str(&serde_json::Value::from(self.masked(&content)).to_string());
                rest = range.end;
            }
        }
        masked.push_str(&text[rest..]);
        self.masked(&masked)
    }

    fn masked(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| replaced(&text, secret))
    }

    /// A header's value. Of credentials only the scheme is left.
    pub(crate) fn header(&self, name: &HeaderName, value: &str) -> String {
        if *name == header::AUTHORIZATION {
            let scheme = value.split(' ').next().unwrap_or_default();
            let known = ["Basic", "Bearer"].into_iter().find(|known| known.eq_ignore_ascii_case(scheme));
            return known.map_or(MASK.into(), |known| format!("{known} {MASK}"));
        }
        if *name == header::PROXY_AUTHORIZATION || *name == header::COOKIE { MASK.into() } else { self.mask(value) }
    }
}

/// What of an `Authorization` is secret: all behind the scheme, and the password in it.
fn credentials(value: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(value).into_owned();
    let behind_the_scheme = text.split_once(' ').map(|(_, rest)| rest.trim().to_owned());
    let password = match Presented::read(value) {
        Some(Presented::Basic(pair)) => {
            String::from_utf8_lossy(&pair).split_once(':').map(|(_, password)| password.into())
        }
        _ => None,
    };
    password.into_iter().chain(behind_the_scheme.or(Some(text))).collect()
}

/// JSON's strings in a text that may be broken, each with its place, quotes included, and its content.
fn strings(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find('"').map(|at| from + at) {
        let mut escaped = false;
        let end = text[start + 1..].find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        // One that breaks off goes on to the end.
        let end = end.map_or(text.len(), |at| start + 1 + at + 1);
        let raw = &text[start..end];
        let content = serde_json::from_str(raw).unwrap_or_else(|_| raw.trim_matches('"').to_owned());
        found.push((start..end, content));
        from = end;
    }
    found
}

/// `"otpCode": "…"`.
fn values_in_strings(text: &str) -> Vec<String> {
    let strings = strings(text);
    let pairs = strings.windows(2).filter(|pair| {
        let between = text[pair[0].0.end..pair[1].0.start].trim();
        between == ":" && KEYS.iter().any(|key| pair[0].1.eq_ignore_ascii_case(key))
    });
    pairs.map(|pair| pair[1].1.clone()).collect()
}

/// `otpCode=…`, `"otpCode": 12345`, `<otpCode>…`.
fn values_in_text(text: &str) -> Vec<String> {
    // Of the same length, so that places are the same.
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, key) in KEYS.iter().flat_map(|key| lower.match_indices(key)) {
        let behind = text[at + key.len()..].trim_start_matches(|c: char| c == '"' || c == '\'' || c.is_whitespace());
        if let Some(value) = behind.strip_prefix([':', '=', '>']) {
            let value = value.trim_start_matches(|c: char| c == '"' || c == '\'' || c.is_whitespace());
            let end = value.find(|c: char| c.is_whitespace() || r#""'&,;}]<\"#.contains(c)).unwrap_or(value.len());
            found.push(value[..end].to_owned());
        }
    }
    found
}

/// The text with each `secret` in it masked. A code that stands within a longer number is not that code, or every mobile
/// number would lose digits to some code.
fn replaced(text: &str, secret: &str) -> String {
    let is_short = secret.chars().count() < SHORT;
    let joins = |inner: Option<char>, outer: Option<char>| {
        let digits = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        outer.is_some_and(|outer| is_short && outer.is_alphanumeric()) || (digits(inner) && digits(outer))
    };
    let mut masked = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, _) in text.match_indices(secret) {
        let (before, behind) = (text[..at].chars().next_back(), text[at + secret.len()..].chars().next());
        if !joins(secret.chars().next(), before) && !joins(secret.chars().next_back(), behind) {
            masked.push_str(&text[rest..at]);
            masked.push_str(MASK);
            rest = at + secret.len();
        }
    }
    masked.push_str(&text[rest..]);
    masked
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn masked(authorization: &str, body: &str, text: &str) -> String {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, authorization.parse().unwrap())]);
        Secrets::of(&headers, "", body).mask(text)
    }

    #[test]
    fn the_typed_code_is_masked_however_the_body_is_written() {
        for (body, expected) in [
            (r#"{"otpId":"a","otpCode":"90817"}"#, r#"{"otpId":"a","otpCode":"***"}"#),
            (r#"{"otpCode" : "90817", "otpId": "90817"}"#, r#"{"otpCode" : "***", "otpId": "***"}"#),
            (r#"{"otpCode":90817}"#, r#"{"otpCode":***}"#),
            (r#"{"otpCode":"\u00390817","callbackData":"90817"}"#, r#"{"otpCode":"***","callbackData":"***"}"#),
            (r#"{"otp\u0043ode":"90817"}"#, r#"{"otp\u0043ode":"***"}"#),
            (r#"{"otpCode":"90817","otpCode":"11223"}"#, r#"{"otpCode":"***","otpCode":"***"}"#),
            (r#"{"otpCode":"9 081 7"}"#, r#"{"otpCode":"***"}"#),
            (r#"{"otpCode":"90817"#, r#"{"otpCode":"***"#),
            ("otpCode=90817&otpId=a", "otpCode=***&otpId=a"),
            ("<otpCode>90817</otpCode>", "<otpCode>***</otpCode>"),
            (r#"{"OTPCODE":"90817"}"#, r#"{"OTPCODE":"***"}"#),
            (r#"{"otpCode":""}"#, r#"{"otpCode":""}"#),
            (r#"{"otpCode":null}"#, r#"{"otpCode":null}"#),
            (r#"{"otpCode":"7","otpId":"a7","n":7}"#, r#"{"otpCode":"***","otpId":"a7","n":***}"#),
        ] {
            assert_eq!(masked("x", body, body), expected);
        }
    }

    #[test]
    fn a_code_within_a_longer_number_is_not_that_code() {
        let body = r#"{"otpCode":"12345"}"#;
        assert_eq!(masked("x", body, "66812345678 and 12345, order12345"), "66812345678 and ***, order***");
    }

    #[test]
    fn credentials_are_masked_wherever_they_are_repeated() {
        // user:hunter2
        let text = "hunter2, dXNlcjpodW50ZXIy, user";
        assert_eq!(masked("Basic dXNlcjpodW50ZXIy", "", text), "***, ***, user");
        assert_eq!(masked("Bearer sandbox-token", "", "my sandbox-token"), "my ***");
        assert_eq!(masked("sandbox-token", "", "my sandbox-token"), "my ***");
        let body = r#"{"password":"hunter2"}"#;
        assert_eq!(masked("x", body, body), r#"{"password":"***"}"#);
    }

    #[test]
    fn of_an_authorization_the_scheme_is_left() {
        let secrets = Secrets::of(&HeaderMap::new(), "", "");
        for (value, expected) in [
            ("Basic dTpw", "Basic ***"),
            ("bearer x", "Bearer ***"),
            ("Digest x", "***"),
            ("hunter2", "***"),
            ("", "***"),
        ] {
            assert_eq!(secrets.header(&header::AUTHORIZATION, value), expected);
        }
        assert_eq!(secrets.header(&header::COOKIE, "a=b"), "***");
    }
}
