//! Takes the secrets out of an exchange: each is replaced by a mark of its own shape, so that the record is read as the
//! exchange was. What is known to be harmless stays; of the rest, what could hide a secret goes.

use crate::head::Message;
use base64::Engine as _;
use serde_json::Value;

/// Keys whose texts decide how an answer is read, or only name things. Other texts are marked throughout.
const KEPT_KEYS: [&str; 13] = [
    "otpid",
    "otcid",
    "referencecode",
    "type",
    "code",
    "notifycontenttype",
    "result",
    "iserrorcount",
    "isexprcode",
    "error",
    "status",
    "name",
    "delivery",
];
/// Keys whose texts are words: only what looks like a number or a known secret is marked in them.
const WORD_KEYS: [&str; 8] = [
    "message",
    "description",
    "service_message",
    "service_description",
    "success",
    "otp_id",
    "otc_id",
    "reference_code",
];
/// So many digits in words may be an OTP code or a part of a mobile number.
const SUSPICIOUS_DIGITS: usize = 4;

/// The secrets of one exchange with their marks, the longest first.
pub struct Redaction {
    secrets: Vec<(String, String)>,
}

impl Redaction {
    /// What `request` holds: credentials, OTP code, mobile number.
    pub fn of(request: &Message<'_>) -> Redaction {
        let (mut credentials, mut others) = (Vec::new(), Vec::new());
        let authorization = request.headers.iter().find(|(name, _)| name == "authorization");
        if let Some((scheme, value)) = authorization.and_then(|(_, value)| value.split_once(' ')) {
            credentials.push(value.to_owned());
            let pair = base64::engine::general_purpose::STANDARD.decode(value).unwrap_or_default();
            if let ("Basic", Ok(pair)) = (scheme, String::from_utf8(pair)) {
                let both = pair.split_once(':').into_iter();
                credentials.extend(both.flat_map(|(user, password)| [user.to_owned(), password.to_owned()]));
            }
        }
        let body: Value = serde_json::from_slice(request.body).unwrap_or_default();
        for key in ["otpCode", "mobile", "notifyUrl", "callbackData"] {
            others.extend(body[key].as_str().map(str::to_owned));
        }
        // The same number as people write it.
        let local = body["mobile"].as_str().and_then(|mobile| mobile.strip_prefix("66")).map(|rest| format!("0{rest}"));
        others.extend(local);
        let marked = |mark: fn(&str) -> String| move |secret: String| (mark(&secret), secret);
        let marked = credentials.into_iter().map(marked(blank)).chain(others.into_iter().map(marked(mark)));
        let mut secrets: Vec<(String, String)> = marked.map(|(mark, secret)| (secret, mark)).collect();
        // A shorter one stands in harmless words, too.
        secrets.retain(|(secret, _)| secret.chars().count() >= SUSPICIOUS_DIGITS);
        secrets.sort_by_key(|(secret, _)| std::cmp::Reverse(secret.len()));
        Redaction { secrets }
    }

    /// A header's value.
    pub fn header(&self, name: &str, value: &str) -> String {
        match (name, value.split_once(' ')) {
            ("authorization", Some((scheme, secret))) => format!("{scheme} {}", blank(secret)),
            ("authorization", None) => blank(value),
            _ => self.without_secrets(value),
        }
    }

    /// A body, of which only marked values are written anew: how JSON is spelt is a part of the record.
    pub fn body(&self, body: &str) -> String {
        if serde_json::from_str::<Value>(body.trim_start_matches('\u{FEFF}')).is_err() {
            return self.words(body);
        }
        let (mut written, mut rest, mut key) = (String::with_capacity(body.len()), body, String::new());
        while let Some(next) = rest.chars().next() {
            let length = token_length(rest);
            let (token, after) = rest.split_at(length);
            match next {
                '"' if after.trim_start().starts_with(':') => {
                    key = serde_json::from_str::<String>(token).unwrap_or_default().trim().to_ascii_lowercase();
                    written.push_str(token);
                }
                '"' => written.push_str(&self.text(&key, token)),
                '0'..='9' | '-' => written.push_str(&number(&key, token)),
                _ => written.push_str(token),
            }
            rest = after;
        }
        written
    }

    /// A text of JSON in its quotes.
    fn text(&self, key: &str, token: &str) -> String {
        // Half a surrogate, which is no text: there is none to hide.
        let Ok(text) = serde_json::from_str::<String>(token) else { return token.to_owned() };
        let marked = self.value_of(key, &text);
        if marked == text { token.to_owned() } else { Value::from(marked).to_string() }
    }

    fn value_of(&self, key: &str, text: &str) -> String {
        match key {
            "mobile" => mobile_mark(text),
            "notifyurl" => "https://example.com/notify".to_owned(),
            key if KEPT_KEYS.contains(&key) => self.without_secrets(text),
            key if WORD_KEYS.contains(&key) => self.words(text),
            // "true" and "false" are booleans of one dialect.
            _ if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => text.to_owned(),
            _ => mark(text),
        }
    }

    /// Each text of an object of this program.
    pub fn value(&self, value: Value) -> Value {
        let Value::Object(fields) = value else { return value };
        let fields = fields.into_iter().map(|(key, value)| match value {
            Value::String(text) if key == "otp_id" || key == "otc_id" => (key, Value::String(text)),
            // As the answer's number is marked.
            Value::String(text) if key == "credit" => (key, Value::String(digits(&text, '1'))),
            Value::String(text) => {
                let marked = self.value_of(if key == "type" { "type" } else { known_or_words(&key) }, &text);
                (key, Value::String(marked))
            }
            value => (key, value),
        });
        Value::Object(fields.collect())
    }

    /// Words of others: known secrets, and whatever looks like one, become marks. A code of the table stays.
    fn words(&self, text: &str) -> String {
        if is_of_the_table(text) {
            return text.to_owned();
        }
        let text = self.without_secrets(text);
        let is_code = |run: &str| {
            run.len() == SUSPICIOUS_DIGITS && run.parse().is_ok_and(|n| ants_otp::Code::from_number(n).is_some())
        };
        let (mut written, mut rest) = (String::with_capacity(text.len()), text.as_str());
        while let Some(begin) = rest.find(|c: char| c.is_numeric()) {
            let run = &rest[begin..];
            let run = &run[..run.find(|c: char| !c.is_numeric()).unwrap_or(run.len())];
            written.push_str(&rest[..begin]);
            let is_harmless = run.chars().count() < SUSPICIOUS_DIGITS || is_code(run);
            written.push_str(&if is_harmless { run.to_owned() } else { mark(run) });
            rest = &rest[begin + run.len()..];
        }
        written + rest
    }

    fn without_secrets(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, (secret, mark)| text.replace(secret.as_str(), mark))
    }
}

/// This program's own fields are words, unless they are known.
fn known_or_words(key: &str) -> &str {
    if KEPT_KEYS.contains(&key) { key } else { "message" }
}

/// The service's own words, which the word "password" is a part of.
fn is_of_the_table(text: &str) -> bool {
    let said = |words: &str| words.eq_ignore_ascii_case(text.trim());
    ants_otp::Code::ALL
        .iter()
        .filter_map(|code| code.service_words())
        .any(|(english, thai)| said(english) || said(thai))
}

/// A text of the same shape: digits are 0, letters x or X; other characters of ASCII stay.
fn mark(text: &str) -> String {
    let mark = |c: char| match c {
        _ if c.is_numeric() => '0',
        'A'..='Z' => 'X',
        _ if c.is_alphabetic() || !c.is_ascii() => 'x',
        _ => c,
    };
    text.chars().map(mark).collect()
}

/// As long, and nothing else: of credentials, even which letters are capitals would help whoever guesses.
fn blank(text: &str) -> String {
    "x".repeat(text.chars().count())
}

/// A Thai number stays one that could be called: 66800000000.
fn mobile_mark(text: &str) -> String {
    let marked = mark(text);
    match (text.strip_prefix("66"), text.strip_prefix('0')) {
        (Some(rest), _) if !rest.is_empty() => format!("668{}", &marked[3.min(marked.len())..]),
        (_, Some(rest)) if !rest.is_empty() => format!("08{}", &marked[2.min(marked.len())..]),
        _ => marked,
    }
}

/// Ones, since no number of JSON begins with a zero. Numbers of known meaning stay.
fn number(key: &str, token: &str) -> String {
    if KEPT_KEYS.contains(&key) { token.to_owned() } else { digits(token, '1') }
}

fn digits(text: &str, digit: char) -> String {
    text.chars().map(|c| if c.is_ascii_digit() { digit } else { c }).collect()
}

/// The length of what `json` begins with: a text, a number, or one character of anything else.
fn token_length(json: &str) -> usize {
    let first = json.chars().next().map_or(0, char::len_utf8);
    match json.as_bytes().first() {
        Some(b'"') => {
            let mut escaped = false;
            let end = json.bytes().skip(1).position(|byte| {
                let ends = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                ends
            });
            end.map_or(json.len(), |end| end + 2)
        }
        Some(b'0'..=b'9' | b'-') => {
            json.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(json.len())
        }
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::message;

    const REQUEST: &[u8] = b"POST /otp/verifyOTP HTTP/1.1\r\nAuthorization: Basic dXNlcjpodW50ZXIy\r\n\r\n\
        {\"otpId\":\"id-1\",\"otpCode\":\"71828\",\"mobile\":\"66812345678\"}";

    fn redaction() -> Redaction {
        Redaction::of(&message(REQUEST).unwrap())
    }

    #[test]
    fn secrets_become_marks_of_their_shape() {
        let redaction = redaction();
        assert_eq!(redaction.header("authorization", "Basic dXNlcjpodW50ZXIy"), "Basic xxxxxxxxxxxxxxxx");
        let body = r#"{"otpId":"id-1","otpCode":"71828","mobile":"66812345678"}"#;
        assert_eq!(redaction.body(body), r#"{"otpId":"id-1","otpCode":"00000","mobile":"66800000000"}"#);
    }

    #[test]
    fn an_answer_keeps_its_spelling_and_loses_what_it_repeats() {
        let cases = [
            (r#"{ "result" : false , " isErrorCount" : "TRUE"}"#, r#"{ "result" : false , " isErrorCount" : "TRUE"}"#),
            (
                r#"{"error":{"message":"no 71828 for 0812345678","code":"0304"}}"#,
                r#"{"error":{"message":"no 00000 for 0000000000","code":"0304"}}"#,
            ),
            (r#"{"message":"code 0304, try 12345"}"#, r#"{"message":"code 0304, try 00000"}"#),
            (r#"{"note":"For Ann","otp":12345}"#, r#"{"note":"Xxx Xxx","otp":11111}"#),
            (r#"{"type":"prepaid","credit":100.50}"#, r#"{"type":"prepaid","credit":111.11}"#),
            (r#"{"error":{"message":"\u0e2a"}}"#, r#"{"error":{"message":"\u0e2a"}}"#),
            ("<p>hunter2 at 66812345678</p>", "<p>xxxxxxx at 00000000000</p>"),
            ("", ""),
        ];
        for (body, marked) in cases {
            assert_eq!(redaction().body(body), marked, "{body}");
        }
    }
}
