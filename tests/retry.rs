//! What an error's `safe_to_retry` promises: nothing was sent, and the same call may end otherwise a moment later.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::{Call, Cancel, Client, Code, Delivery, Error, Options};
use std::io::Write as _;
use std::net::TcpListener;
use std::time::Duration;
use support::{Server, http};

const MOBILE: &str = "66812345678";

fn error(client: &Client) -> Error {
    client.request(MOBILE).unwrap_err()
}

fn of(options: Options) -> Error {
    error(&options.max_retries(0).build().unwrap())
}

/// An address that nothing listens on.
fn closed() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn what_the_library_would_try_again_is_safe_to_retry() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap();
    let hasty = Duration::from_millis(200);
    let errors = [
        (of(support::options(&format!("http://{}", closed()))), Code::Connect),
        (of(support::options("https://no-such-host.invalid")), Code::Resolve),
        (of(support::options("https://host.test").proxy(format!("http://{}", closed()))), Code::Proxy),
        // The connection was made, and no handshake came of it in time: another call has a deadline of its own.
        (of(support::options(&format!("https://{silent}")).timeout(hasty)), Code::Timeout),
        (of(support::options("https://host.test").proxy(format!("http://{silent}")).timeout(hasty)), Code::Timeout),
    ];
    for (error, code) in errors {
        assert_eq!((error.code(), error.delivery()), (code, Delivery::NotSent), "{error}");
        assert!(error.safe_to_retry(), "{error}");
    }
}

#[test]
fn what_ends_every_call_alike_is_not_safe_to_retry() {
    let server = Server::answering(http(200, "{}"));
    let plain = Server::raw(|mut stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap());
    let unproxied = Server::answering(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n".to_vec());
    let proxy = unproxied.url().replace("https://", "http://");
    let cancel = Cancel::new();
    cancel.fire();
    let errors = [
        (server.client().request("not a number").unwrap_err(), Code::InvalidMobile),
        (server.client().verify("", "12345").unwrap_err(), Code::InvalidArgument),
        (server.options().timeout(Duration::ZERO).build().unwrap_err(), Code::InvalidOption),
        (server.client().request_with(MOBILE, &Call::new().cancel(&cancel)).unwrap_err(), Code::Interrupted),
        // A certificate or a protocol that cannot be trusted: here, plain text where TLS should be.
        (of(support::options(&plain.url().replace("http://", "https://"))), Code::Tls),
        (of(support::options("https://host.test").proxy(&proxy)), Code::Proxy),
    ];
    for (error, code) in errors {
        assert_eq!((error.code(), error.delivery()), (code, Delivery::NotSent), "{error}");
        assert!(!error.safe_to_retry(), "{error}");
    }
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn what_was_or_may_have_been_sent_is_not_safe_to_retry() {
    let answers: [(Vec<u8>, Delivery); 3] = [
        (http(429, "{}"), Delivery::Answered),
        (http(200, r#"{"code":"9995","message":"no credit"}"#), Delivery::Answered),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".to_vec(), Delivery::Unknown),
    ];
    for (answer, delivery) in answers {
        let error = error(&Server::answering(answer).client());
        assert_eq!(error.delivery(), delivery, "{error}");
        assert!(!error.safe_to_retry(), "{error}");
    }
}
