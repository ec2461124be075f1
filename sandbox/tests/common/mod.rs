//! A caller of the sandbox: a plain HTTP/1.1 client over one socket a call, so that the tests see every byte and can send
//! what a careful client would not.
#![allow(dead_code, clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use ants_otp_sandbox::{Clock, Codes, Sandbox};
use base64::Engine as _;
use serde_json::{Value, json};

pub const MOBILE: &str = "66812345678";
pub const CODE: &str = "00017";
pub const WRONG: &str = "99999";
pub const UNKNOWN_ID: &str = "00000000-0000-4000-8000-000000000000";

/// A sandbox whose clock stands still and whose code is [`CODE`].
pub fn sandbox() -> Sandbox {
    Sandbox::builder().clock(Clock::fixed()).codes(Codes::fixed(CODE)).start().unwrap()
}

pub fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}")))
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub text: String,
}

impl Answer {
    pub fn read(mut socket: TcpStream) -> Answer {
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).unwrap();
        let answer = String::from_utf8(bytes).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        Answer { status: head[9..12].parse().unwrap(), head: head.to_ascii_lowercase(), text: text.into() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn text_of(&self, key: &str) -> String {
        self.json()[key].as_str().unwrap().to_owned()
    }

    /// The message of its `error`, which must be all that it says.
    pub fn error(&self) -> String {
        let json = self.json();
        assert_eq!(json.as_object().unwrap().len(), 1, "{json}");
        json["error"]["message"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn assert_refused(&self, status: u16, message: &str) {
        assert_eq!((self.status, self.error().as_str()), (status, message));
    }

    #[track_caller]
    pub fn assert_verdict(&self, result: bool, is_error_count: bool, is_expr_code: bool) {
        assert_eq!(self.status, 200);
        let json = self.json();
        assert_eq!(
            (&json["result"], &json[" isErrorCount"], &json["isExprCode"]),
            (&json!(result), &json!(is_error_count), &json!(is_expr_code)),
            "{json}"
        );
    }
}

/// A caller with credentials.
pub struct Caller<'a> {
    pub sandbox: &'a Sandbox,
    pub authorization: String,
}

impl<'a> Caller<'a> {
    pub fn new(sandbox: &'a Sandbox) -> Caller<'a> {
        Caller { sandbox, authorization: basic(sandbox.username(), sandbox.password()) }
    }

    pub fn with(sandbox: &'a Sandbox, authorization: impl Into<String>) -> Caller<'a> {
        Caller { sandbox, authorization: authorization.into() }
    }

    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.post_bytes(path, body.to_string().as_bytes())
    }

    pub fn post_bytes(&self, path: &str, body: &[u8]) -> Answer {
        let authorization = format!("Authorization: {}\r\n", self.authorization);
        send(self.sandbox, "POST", path, &format!("{authorization}Content-Type: application/json\r\n"), body)
    }

    pub fn request(&self, mobile: &str) -> Answer {
        self.post("/otp/requestOTP", json!({"otcId": self.sandbox.otc_id(), "mobile": mobile}))
    }

    /// Requests an OTP, which must be sent, and answers its id.
    #[track_caller]
    pub fn requested(&self, mobile: &str) -> String {
        self.request(mobile).text_of("otpId")
    }

    pub fn resend(&self, otp_id: &str) -> Answer {
        self.post("/otp/resendOTP", json!({"otpId": otp_id}))
    }

    pub fn verify(&self, otp_id: &str, code: &str) -> Answer {
        self.post("/otp/verifyOTP", json!({"otpId": otp_id, "otpCode": code}))
    }

    pub fn balance(&self) -> Answer {
        self.post("/account/balance", json!({}))
    }
}

pub fn connect(sandbox: &Sandbox) -> TcpStream {
    let socket = TcpStream::connect(sandbox.url().strip_prefix("http://").unwrap()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket
}

/// Sends a request with these header lines, each ended by CR LF, and reads the answer to its end.
pub fn send(sandbox: &Sandbox, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
    let mut socket = connect(sandbox);
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(body).unwrap();
    Answer::read(socket)
}
