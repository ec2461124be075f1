//! ureq-proto by itself, as lean as it can be used: its states are driven by hand over a socket with a time-out, the headers
//! that are the same in each call are written around it, and nothing is checked that it does not check. What lies between
//! this and us are the deadline, the pool, the distrust of answers, errors and the log. Plain HTTP only.

use ants_otp_peers::{Answer, QUESTION, authorization, measure};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use ureq_proto::client::state::RecvResponse;
use ureq_proto::client::{Call, RecvResponseResult, SendRequestResult};
use ureq_proto::http::header::{CONTENT_LENGTH, HOST};
use ureq_proto::http::{HeaderValue, Request, Uri};

struct Lean {
    socket: TcpStream,
    uri: Uri,
    host: HeaderValue,
    headers: String,
    output: Vec<u8>,
    input: Vec<u8>,
}

fn main() {
    measure(|url, _| {
        let host = url.strip_prefix("http://").expect("plain HTTP");
        let socket = TcpStream::connect(host).expect("a server");
        socket.set_nodelay(true).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_secs(15))).expect("a socket");
        let mut lean = Lean {
            socket,
            uri: format!("{url}/otp/verifyOTP").parse().expect("a URL"),
            host: host.parse().expect("a host"),
            headers: format!(
                "authorization: {}\r\ncontent-type: application/json\r\naccept: application/json\r\n\r\n",
                authorization()
            ),
            output: vec![0; 2048],
            input: vec![0; 4096],
        };
        move || lean.verify()
    });
}

impl Lean {
    fn verify(&mut self) {
        let mut body = [0; 128];
        let mut rest = &mut body[..];
        serde_json::to_writer(&mut rest, &QUESTION).expect("room");
        let length = 128 - rest.len();
        let call = self.send(&body[..length]);
        self.receive(call);
    }

    fn send(&mut self, body: &[u8]) -> Call<RecvResponse> {
        let mut request = Request::post(self.uri.clone()).body(()).expect("a request");
        request.headers_mut().insert(HOST, self.host.clone());
        request.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        let mut call = Call::new(request).expect("a request").proceed();
        let head = call.write(&mut self.output).expect("room") - 2;
        let Ok(Some(SendRequestResult::SendBody(mut call))) = call.proceed() else { panic!("a whole head") };
        let end = head + self.headers.len();
        self.output[head..end].copy_from_slice(self.headers.as_bytes());
        let (_, written) = call.write(body, &mut self.output[end..]).expect("room");
        self.socket.write_all(&self.output[..end + written]).expect("a connection");
        call.proceed().expect("a whole body")
    }

    fn receive(&mut self, mut call: Call<RecvResponse>) {
        let mut filled = 0;
        let (mut read, response) = loop {
            filled += self.socket.read(&mut self.input[filled..]).expect("a connection");
            if let (read, Some(response)) = call.try_response(&self.input[..filled], false).expect("HTTP") {
                break (read, response);
            }
        };
        assert_eq!(response.status(), 200);
        let Some(RecvResponseResult::RecvBody(mut call)) = call.proceed() else { panic!("a body") };
        let (mut body, mut length) = ([0; 1024], 0);
        loop {
            let (used, written) = call.read(&self.input[read..filled], &mut body[length..]).expect("a body");
            (read, length) = (read + used, length + written);
            if call.can_proceed() {
                break;
            }
            filled += self.socket.read(&mut self.input[filled..]).expect("a connection");
        }
        let answer: Answer = serde_json::from_slice(&body[..length]).expect("JSON");
        assert!(answer.is_verified());
    }
}
