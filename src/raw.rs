//! An answer as it came, for whoever looks into a problem. What was sent as a secret is masked wherever it comes back, and
//! so is whatever the answer itself calls one.

use crate::answer::Answer;
use crate::body_text::BodyText;
use crate::secret::{MASK, Secret, Secrets, Wiped};
use std::fmt;
use std::sync::Arc;

/// Keys whose values are secrets, in small letters.
const SECRET_KEYS: [&str; 8] = ["otpcode", "otp", "pin", "password", "token", "secret", "authorization", "text"];

/// An answer as it came. `Debug` shows the status alone.
pub struct RawAnswer {
    http_status: u16,
    head: Wiped,
    body: BodyText,
    /// What was sent, and must not come back in clear. Put together by whoever looks at the answer, and few do.
    credentials: Arc<Secrets>,
    otp_code: Option<Secret>,
}

impl RawAnswer {
    /// `credentials` and `otp_code` are what must not come back in clear.
    pub(crate) fn new(answer: Answer, credentials: Arc<Secrets>, otp_code: Option<Secret>) -> Self {
        let Answer { http_status, head, body, .. } = answer;
        RawAnswer { http_status, head, body, credentials, otp_code }
    }

    /// The HTTP status.
    pub fn http_status(&self) -> u16 {
        self.http_status
    }

    /// Names, in small letters, and values, in the order of their coming.
    pub fn headers(&self) -> Vec<(String, String)> {
        let secrets = self.secrets();
        // ureq-proto has taken the head, so there is nothing wrong with it.
        let headers = self.head.trim_ascii_start().split(|byte| *byte == b'\n').skip(1).filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
            let value = if name == "set-cookie" { MASK.as_bytes() } else { line[colon + 1..].trim_ascii() };
            Some((name, String::from_utf8_lossy(&secrets.redact_in(value)).into_owned()))
        });
        headers.collect()
    }

    /// The body, with U+FFFD for what is no text.
    pub fn body(&self) -> String {
        // Concealed first: what is made anew of the rest holds nothing of them.
        mask_values(&String::from_utf8_lossy(&self.secrets().redact_in(self.body.bytes())))
    }

    fn secrets(&self) -> Secrets {
        self.credentials.with(self.otp_code.as_ref().map(Secret::expose_secret))
    }
}

impl fmt::Debug for RawAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawAnswer").field("http_status", &self.http_status).finish_non_exhaustive()
    }
}

/// `json` with stars for the values of keys that name a secret. What is not JSON stays as it is.
fn mask_values(json: &str) -> String {
    let (mut masked, mut rest) = (String::with_capacity(json.len()), json);
    while let Some(key_at) = rest.find('"') {
        let Some(key_length) = text_length(&rest[key_at..]) else { break };
        let (key, after) = (&rest[key_at + 1..key_at + key_length - 1], &rest[key_at + key_length..]);
        let value = after.trim_start().strip_prefix(':').map(str::trim_start);
        match value {
            Some(value) if SECRET_KEYS.contains(&key.trim().to_ascii_lowercase().as_str()) => {
                masked.push_str(&rest[..rest.len() - value.len()]);
                let length = if value.starts_with('"') {
                    text_length(value).unwrap_or(value.len())
                } else {
                    value.find([',', '}', ']', '{', '[']).unwrap_or(value.len())
                };
                if length > 0 {
                    masked.extend(['"', '*', '*', '*', '"']);
                }
                rest = &value[length..];
            }
            _ => {
                masked.push_str(&rest[..key_at + key_length]);
                rest = after;
            }
        }
    }
    masked.push_str(rest);
    masked
}

/// The length of the JSON text that `json` begins with, quotes included; none if it does not end.
fn text_length(json: &str) -> Option<usize> {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map(|end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(body: &str, otp_code: &str) -> RawAnswer {
        let head = b"HTTP/1.1 200 OK\r\nX-Echo: Basic dXNlcjpodW50ZXIy \r\nSet-Cookie: session=1\r\n\r\n".to_vec();
        let body = Wiped::from(body.as_bytes().to_vec()).into();
        let answer = Answer { http_status: 200, head: head.into(), body, ..Answer::default() };
        let credentials = Secrets::from_iter(["dXNlcjpodW50ZXIy", "user", "hunter2"]);
        RawAnswer::new(answer, Arc::new(credentials), Some(Secret::new(otp_code)))
    }

    #[test]
    fn what_was_sent_as_a_secret_is_masked_wherever_it_comes_back() {
        let raw = raw(r#"{"a":"code 71828!","b":"hunter2","c":"dXNlcjpodW50ZXIy","d":71828}"#, "71828");
        assert_eq!(raw.body(), r#"{"a":"code ***!","b":"***","c":"***","d":***}"#);
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(raw.headers(), [header("x-echo", "Basic ***"), header("set-cookie", "***")]);
        assert!(!format!("{raw:?}").contains("71828"));
    }

    #[test]
    fn a_body_in_the_coding_of_thai_windows_is_shown_as_text() {
        let body = |bytes: &[u8]| {
            let answer = Answer { body: Wiped::from(bytes.to_vec()).into(), ..Answer::default() };
            RawAnswer::new(answer, Arc::new(Secrets::from_iter([])), Some(Secret::new("71828"))).body()
        };
        assert_eq!(body(b"{\"message\":\"\xE0\xA4\xC3\xB4\xD4\xB5 71828\"}"), "{\"message\":\"เครดิต ***\"}");
        assert_eq!(body(b"\xFF71828"), "\u{FFFD}***");
    }

    #[test]
    fn a_secret_is_masked_as_json_writes_it() {
        assert_eq!(raw(r#"{"a":"7\"1"}"#, "7\"1").body(), r#"{"a":"***"}"#);
    }

    #[test]
    fn values_of_keys_that_name_a_secret_are_masked() {
        let cases = [
            (r#"{"otpCode":"123","code":"0304"}"#, r#"{"otpCode":"***","code":"0304"}"#),
            (r#"{" OTP ": 123 , "a":1}"#, r#"{" OTP ": "***", "a":1}"#),
            (r#"{"pin":"1\"2"}"#, r#"{"pin":"***"}"#),
            (r#"{"token":{"secret":null}}"#, r#"{"token":{"secret":"***"}}"#),
            (r#"{"a":"otp","b":"otp"}"#, r#"{"a":"otp","b":"otp"}"#),
            (r#"["otp"]"#, r#"["otp"]"#),
            (r#"{"otp"#, r#"{"otp"#),
            (r#"{"otp":"12"#, r#"{"otp":"***""#),
            ("<html>\"", "<html>\""),
            ("", ""),
        ];
        for (body, masked) in cases {
            assert_eq!(raw(body, "-").body(), masked, "{body}");
        }
    }
}
