//! A service that says back what it was sent: the worst there is for whoever wants to keep nothing of it.

use crate::support::{Next, OTP_ID, SENT, Seen, VERIFIED, http};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::Write;
use std::time::Duration;

/// How the service answers: the base URL's path says it.
pub const CASES: [&str; 20] = [
    "verified",
    "wrong",
    "over-limit",
    "expired",
    "expired-in-words",
    "authentication",
    "words",
    "words-500",
    "words-escaped",
    "words-long",
    "words-of-success",
    "plain-words",
    "page",
    "other-id",
    "not-http",
    "headers",
    "half",
    "closed",
    "silent",
    "cancelled",
];

/// What a request holds that nobody may keep: the code, the credentials as they are sent, and the password or token in them.
struct Told {
    code: String,
    credentials: String,
    secret: String,
}

impl Told {
    fn by(seen: &Seen) -> Told {
        let credentials = seen.head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap();
        let (scheme, value) = credentials.split_once(' ').unwrap();
        let secret = match scheme {
            "Basic" => {
                let pair = String::from_utf8(STANDARD.decode(value).unwrap()).unwrap();
                pair.split_once(':').unwrap().1.to_owned()
            }
            _ => value.to_owned(),
        };
        let code = seen.body.split_once(r#""otpCode":""#).and_then(|(_, rest)| rest.split_once('"'));
        Told { code: code.map_or("none", |(code, _)| code).to_owned(), credentials: credentials.to_owned(), secret }
    }

    fn words(&self) -> String {
        format!("cannot use {}, nor {} with {}", self.code, self.secret, self.credentials)
    }
}

/// `text` in JSON's longest form.
fn escaped(text: &str) -> String {
    text.chars().map(|c| format!("\\u{:04x}", c as u32)).collect()
}

fn refused(status: u16, words: &str) -> Vec<u8> {
    http(status, format!(r#"{{"error":{{"message":"{words}","description":"{words}"}}}}"#))
}

/// Whether an answer repeats what was sent.
#[allow(dead_code)] // each test file uses its part
#[derive(Clone, Copy, PartialEq)]
pub enum Repeats {
    Everything,
    Nothing,
}

pub fn answer(seen: &Seen, stream: &mut dyn Write, repeats: Repeats) -> Next {
    let path = seen.head.split(' ').nth(1).unwrap();
    let (case, operation) = path[1..].split_once('/').unwrap();
    let told = match repeats {
        Repeats::Everything => Told::by(seen),
        Repeats::Nothing => Told { code: "1".to_owned(), credentials: "2".to_owned(), secret: "3".to_owned() },
    };
    let words = told.words();
    let usual = match operation {
        // Not at once behind the head: its end is looked for 32 bytes at a time, in registers that an unoptimised build keeps
        // on the stack.
        "otp/verifyOTP" => VERIFIED.replace('}', &format!(r#","echo":"{words}"}}"#)),
        "account/balance" => r#"{"type":"prepaid","credit":7}"#.to_owned(),
        _ => SENT.to_owned(),
    };
    let usual = http(200, usual);
    let bytes = match case {
        "wrong" => http(200, r#"{"result":false}"#),
        "over-limit" => http(200, r#"{"result":false,"isErrorCount":true}"#),
        "expired" => refused(200, "OTP Code Expired"),
        "expired-in-words" => http(200, format!(r#"{{"code":305,"error":{{"message":"{words}"}}}}"#)),
        "authentication" => refused(401, "Authentication failed"),
        "words" => refused(400, &words),
        "words-500" => refused(500, &words),
        "words-escaped" => refused(400, &escaped(&words)),
        "words-long" => return long(&words, stream),
        "words-of-success" => http(
            200,
            format!(r#"{{"otpId":"{OTP_ID}","type":"{words}","credit":1,"success":{{"message":"{words}"}}}}"#),
        ),
        "plain-words" => http(200, format!(r#"{{"status":"{words}","error":"{words}","message":"{words}"}}"#)),
        "page" => http(502, format!("<html>{words}</html>")),
        "other-id" => http(200, format!(r#"{{"otpId":"{}","otcId":"{}","result":true}}"#, told.code, told.code)),
        "not-http" => format!("what is {words}?\r\n\r\n").into_bytes(),
        "headers" => {
            let head = format!("X-Echo: {words}\r\nContent-Length: 2\r\nLocation: /{}\r\n", told.code);
            format!("HTTP/1.1 302 There\r\n{head}\r\n{{}}").into_bytes()
        }
        "half" => format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{{\"error\":\"{words}").into_bytes(),
        "closed" => return Next::Close,
        "silent" | "cancelled" => {
            std::thread::sleep(Duration::from_millis(300));
            return Next::Close;
        }
        _ => usual,
    };
    let _ = stream.write_all(&bytes);
    let _ = stream.flush();
    if case == "half" || case == "not-http" { Next::Close } else { Next::Keep }
}

/// An answer that comes in many small pieces and fills all buffers.
fn long(words: &str, stream: &mut dyn Write) -> Next {
    let _ = stream.write_all(b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n");
    let body = format!(r#"{{"error":{{"message":"{words}"}},"more":"{}"}}"#, format!("{words}, ").repeat(100));
    for chunk in body.as_bytes().chunks(700) {
        let _ = write!(stream, "{:x}\r\n", chunk.len());
        let _ = stream.write_all(chunk);
        let _ = stream.write_all(b"\r\n");
        let _ = stream.flush();
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = stream.write_all(b"0\r\n\r\n");
    let _ = stream.flush();
    Next::Keep
}
