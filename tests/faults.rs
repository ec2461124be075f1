//! Faults of connections and of HTTP: the outcome and the delivery of each, and never a second request after a body left.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::{Call, Cancel, Client, Code, Delivery, Error, Verification};
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::{Duration, Instant};
use support::{Next, OTP_ID, Server, VERIFIED, http, reset};

fn verify(client: &Client) -> Result<Verification, Error> {
    client.verify(OTP_ID, "79895")
}

#[track_caller]
fn assert_verified(client: &Client) {
    assert!(verify(client).expect("a verdict").is_verified());
}

#[track_caller]
fn assert_fails(client: &Client, code: Code, delivery: Delivery) -> Error {
    let error = verify(client).map(|verification| format!("{verification:?}")).expect_err("no verdict");
    assert_eq!((error.code(), error.delivery()), (code, delivery), "{error}");
    error
}

/// A server that answers the first request of each connection well and does `then` to the second.
fn second_request(then: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Server {
    Server::per_connection(move |number, _, stream| {
        if number == 1 {
            let _ = stream.write_all(&http(200, VERIFIED));
            return Next::Keep;
        }
        then(stream);
        Next::Close
    })
}

mod kept_connections {
    use super::*;

    #[test]
    fn are_used_again() {
        let server = Server::answering(http(200, VERIFIED));
        let client = server.client();
        for _ in 0..10 {
            assert_verified(&client);
        }
        assert_eq!(server.connections(), 1);
    }

    #[test]
    fn closed_while_idle_are_noticed() {
        for fault in ["FIN", "RST"] {
            let (closed, wait) = mpsc::channel();
            let server = Server::start(move |_, stream| {
                let _ = stream.write_all(&http(200, VERIFIED));
                let stream = stream.try_clone().unwrap();
                let closed = closed.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(30));
                    if fault == "RST" {
                        reset(stream)
                    } else {
                        let _ = stream.shutdown(Shutdown::Both);
                    }
                    closed.send(()).unwrap();
                });
                Next::Keep
            });
            let client = server.client();
            for _ in 0..3 {
                assert_verified(&client);
                wait.recv().unwrap();
            }
            assert_eq!((server.connections(), server.seen().len()), (3, 3), "{fault}");
        }
    }

    #[test]
    fn with_an_unasked_answer_waiting_are_dropped() {
        // Both in the answer's own segment and later.
        for pause in [0, 30] {
            let (sent, wait) = mpsc::channel();
            let server = Server::per_connection(move |number, _, stream| {
                let stale = r#"{"result":true}"#;
                let _ = stream.write_all(&http(200, r#"{"result":false}"#));
                assert_eq!(number, 1, "a dropped connection is not used again");
                std::thread::sleep(Duration::from_millis(pause));
                let _ = stream.write_all(&http(200, stale));
                sent.send(()).unwrap();
                Next::Keep
            });
            let client = server.client();
            for _ in 0..5 {
                assert_eq!(verify(&client).unwrap().code(), Code::WrongCode);
                wait.recv().unwrap();
            }
            assert_eq!(server.connections(), 5);
        }
    }

    #[test]
    fn with_a_408_waiting_are_dropped() {
        let (sent, wait) = mpsc::channel();
        let server = Server::start(move |_, stream| {
            let _ = stream.write_all(&http(200, VERIFIED));
            std::thread::sleep(Duration::from_millis(20));
            let _ = stream.write_all(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            sent.send(()).unwrap();
            Next::Close
        });
        let client = server.client();
        for _ in 0..3 {
            assert_verified(&client);
            wait.recv().unwrap();
        }
    }

    #[test]
    fn closed_with_or_just_after_the_answer_are_ok_or_said_to_be_unknown() {
        for pause in [0, 200] {
            let server = Server::start(move |_, stream| {
                let _ = stream.write_all(&http(200, VERIFIED));
                std::thread::sleep(Duration::from_micros(pause));
                Next::Close
            });
            let client = server.client();
            let mut verified = 0;
            for _ in 0..300 {
                match verify(&client) {
                    Ok(verification) => verified += usize::from(verification.is_verified()),
                    Err(error) => {
                        assert_eq!((error.code(), error.delivery()), (Code::ConnectionLost, Delivery::Unknown));
                    }
                }
            }
            assert_eq!(server.seen().len(), verified, "one processed request for each verdict, and none for a failure");
        }
    }

    #[test]
    fn older_than_the_idle_timeout_are_closed() {
        let server = Server::answering(http(200, VERIFIED));
        let client = server.options().idle_timeout(Duration::from_millis(50)).build().unwrap();
        assert_verified(&client);
        std::thread::sleep(Duration::from_millis(80));
        assert_verified(&client);
        assert_eq!(server.connections(), 2);
    }

    #[test]
    fn that_say_close_or_speak_http_1_0_are_not_kept() {
        for head in
            ["HTTP/1.1 200 OK\r\nConnection: foo, CLOSE", "HTTP/1.0 200 OK", "HTTP/1.0 200 OK\r\nConnection: close"]
        {
            let server = Server::answering(format!("{head}\r\nContent-Length: {}\r\n\r\n{VERIFIED}", VERIFIED.len()));
            let client = server.client();
            assert_verified(&client);
            assert_verified(&client);
            assert_eq!(server.connections(), 2, "{head}");
        }
    }

    /// RFC 9112, section 6.3: whoever sends both may be led by another of them than we are.
    #[test]
    fn with_a_coding_beside_a_length_are_not_kept() {
        let (length, chunks) = (VERIFIED.len(), format!("{:x}\r\n{VERIFIED}\r\n0\r\n\r\n", VERIFIED.len()));
        for (coding, length, body, connections) in [
            ("Transfer-Encoding: identity\r\n", format!("Content-Length: {length}\r\n"), VERIFIED, 2),
            ("Transfer-Encoding: chunked\r\n", format!("Content-Length: {length}\r\n"), &chunks, 2),
            ("Transfer-Encoding: chunked\r\n", String::new(), &chunks, 1),
            ("Content-Encoding: none\r\n", format!("Content-Length: {length}\r\n"), VERIFIED, 1),
        ] {
            let server = Server::answering(format!("HTTP/1.1 200 OK\r\n{coding}{length}\r\n{body}"));
            let client = server.client();
            assert_verified(&client);
            assert_verified(&client);
            assert_eq!(server.connections(), connections, "{coding}{length}");
        }
    }

    #[test]
    fn are_limited_to_the_set_number() {
        let server = Server::answering(http(200, VERIFIED));
        let client = server.options().max_idle_connections(0).build().unwrap();
        assert_verified(&client);
        assert_verified(&client);
        assert_eq!(server.connections(), 2);
    }

    #[test]
    fn serve_a_burst_of_64_threads_again_and_again() {
        let server = Server::start(|_, stream| {
            std::thread::sleep(Duration::from_millis(30));
            let _ = stream.write_all(&http(200, VERIFIED));
            Next::Keep
        });
        let client = server.client();
        let start = Barrier::new(64);
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    for _ in 0..4 {
                        start.wait();
                        assert_verified(&client);
                    }
                });
            }
        });
        assert_eq!(server.seen().len(), 256);
        assert!(server.connections() <= 64, "{} connections", server.connections());
    }

    #[test]
    fn are_closed_when_the_client_is_dropped() {
        let (ended, wait) = mpsc::channel();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            support::read_one(&mut stream);
            stream.write_all(&http(200, VERIFIED)).unwrap();
            ended.send(support::read_one(&mut stream).is_none()).unwrap();
        });
        let client = support::options(&format!("http://{address}")).build().unwrap();
        assert_verified(&client);
        drop(client);
        assert!(wait.recv_timeout(Duration::from_secs(2)).unwrap());
    }
}

mod connections_cut {
    use super::*;

    #[test]
    fn before_the_request_was_read_are_unknown() {
        let server = Server::raw(|stream| {
            // Closing with bytes unread sends RST.
            std::thread::sleep(Duration::from_millis(30));
            drop(stream);
        });
        assert_fails(&server.client(), Code::ConnectionLost, Delivery::Unknown);
        assert_eq!(server.connections(), 1, "no second attempt");
    }

    #[test]
    fn after_the_request_was_processed_are_unknown() {
        let fin = second_request(|stream| drop(stream.shutdown(Shutdown::Both)));
        let rst = second_request(|stream| reset(stream.try_clone().unwrap()));
        for server in [fin, rst] {
            let client = server.client();
            assert_verified(&client);
            assert_fails(&client, Code::ConnectionLost, Delivery::Unknown);
            assert_eq!((server.seen().len(), server.connections()), (2, 1));
        }
    }

    #[test]
    fn inside_the_answer_are_unknown() {
        let whole = http(200, VERIFIED);
        for length in [1, 12, 40, whole.len() - VERIFIED.len(), whole.len() - 1] {
            for fault in ["FIN", "RST"] {
                let part = whole[..length].to_vec();
                let server = Server::start(move |_, stream| {
                    let _ = stream.write_all(&part);
                    // Lets the bytes arrive: a reset may overtake them.
                    std::thread::sleep(Duration::from_millis(20));
                    if fault == "RST" {
                        reset(stream.try_clone().unwrap());
                    }
                    Next::Close
                });
                assert_fails(&server.client(), Code::ConnectionLost, Delivery::Unknown);
                assert_eq!(server.seen().len(), 1, "{fault} after {length} bytes");
            }
        }
    }

    #[test]
    fn refused_are_not_sent_and_tried_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let lines = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&lines);
        let log = move |level, _: &str| {
            if level == ants_otp::LogLevel::Debug {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        };
        let client = support::options(&url).log(log).build().unwrap();
        let begun = Instant::now();
        assert_fails(&client, Code::Connect, Delivery::NotSent);
        assert_eq!(lines.load(Ordering::SeqCst), 2, "tried again twice");
        assert!(begun.elapsed() >= Duration::from_millis(300), "with pauses");
        let client = support::options(&url).max_retries(0).build().unwrap();
        let begun = Instant::now();
        assert_fails(&client, Code::Connect, Delivery::NotSent);
        assert!(begun.elapsed() < Duration::from_millis(300));
    }

    #[test]
    fn to_a_name_that_is_none_are_not_sent() {
        let client = support::options("https://no-such-host.invalid").max_retries(0).build().unwrap();
        assert_fails(&client, Code::Resolve, Delivery::NotSent);
    }
}

mod http_answers {
    use super::*;

    /// Sends `answer` to one verify; the connection ends after it.
    fn ask(answer: &[u8]) -> Result<Verification, Error> {
        let answer = answer.to_vec();
        let server = Server::start(move |_, stream| {
            let _ = stream.write_all(&answer);
            Next::Close
        });
        let result = verify(&server.client());
        assert_eq!(server.seen().len(), 1);
        result
    }

    #[track_caller]
    fn verifies(name: &str, answer: &str) {
        assert!(ask(answer.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}")).is_verified(), "{name}");
    }

    #[track_caller]
    fn fails(name: &str, answer: impl AsRef<[u8]>, code: Code) {
        let error = ask(answer.as_ref()).map(|v| format!("{v:?}")).expect_err(name);
        assert_eq!((error.code(), error.delivery()), (code, Delivery::Unknown), "{name}: {error}");
    }

    const TRUE: &str = r#"{"result":true}"#;

    #[test]
    fn in_every_legal_form_are_read() {
        let head = "HTTP/1.1 200 OK\r\n";
        verifies("no length", &format!("{head}\r\n{TRUE}"));
        verifies("chunked", &format!("{head}Transfer-Encoding: chunked\r\n\r\nf\r\n{TRUE}\r\n0\r\n\r\n"));
        verifies(
            "chunked in two",
            &format!("{head}Transfer-Encoding: chunked\r\n\r\n7\r\n{}\r\n8\r\n{}\r\n0\r\n\r\n", &TRUE[..7], &TRUE[7..]),
        );
        verifies("equal lengths", &format!("{head}Content-Length: 15\r\nContent-Length: 15\r\n\r\n{TRUE}"));
        verifies("no reason", &format!("HTTP/1.1 200\r\nContent-Length: 15\r\n\r\n{TRUE}"));
        verifies("small letters", &format!("{head}content-length: 15\r\n\r\n{TRUE}"));
        verifies("HTTP/1.0", &format!("HTTP/1.0 200 OK\r\n\r\n{TRUE}"));
        verifies(
            "a header that is no UTF-8 is none of ours",
            &format!("{head}X: \u{FF}\r\nContent-Length: 15\r\n\r\n{TRUE}"),
        );
        verifies("lines that end with LF alone", &format!("HTTP/1.1 200 OK\nContent-Length: 15\n\n{TRUE}"));
        verifies("an empty line before it", &format!("\r\n{head}Content-Length: 15\r\n\r\n{TRUE}"));
        verifies("a reason in Thai", &format!("HTTP/1.1 200 ตกลง\r\nContent-Length: 15\r\n\r\n{TRUE}"));
        verifies("a header twice", &format!("{head}X: a\r\nX: b\r\nContent-Length: 15\r\n\r\n{TRUE}"));
        verifies(
            "both lengths",
            &format!("{head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nf\r\n{TRUE}\r\n0\r\n\r\n"),
        );
        for value in ["identity", "none", "UTF-8", "", "identity, utf-8", "none\r\nContent-Encoding: Identity"] {
            verifies(value, &format!("{head}Content-Encoding: {value}\r\nContent-Length: 15\r\n\r\n{TRUE}"));
        }
        verifies(
            "transfer coding identity",
            &format!("{head}Transfer-Encoding: Identity\r\nContent-Length: 15\r\n\r\n{TRUE}"),
        );
        verifies("transfer coding identity alone", &format!("{head}Transfer-Encoding: identity\r\n\r\n{TRUE}"));
        let extension = format!(";a=\"{}\"", "x".repeat(1019));
        for (size, last) in [("f;a=b", "0;c"), ("00F", "000"), ("f ; a = b", "0\t;"), (&format!("f{extension}"), "0")] {
            let chunks = format!("{size}\r\n{TRUE}\r\n{last}\r\nX-Sum: 1\r\n\r\n");
            verifies(size, &format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}"));
        }
        verifies("a list of lengths", &format!("{head}Content-Length: 15, 15\r\n\r\n{TRUE}"));
        let many: String = (0..100).map(|n| format!("X-{n}: y\r\n")).collect();
        verifies("100 headers", &format!("{head}{many}Content-Length: 15\r\n\r\n{TRUE}"));
        let long = "x".repeat(14 * 1024);
        verifies("a head of 14 KiB", &format!("{head}X: {long}\r\nContent-Length: 15\r\n\r\n{TRUE}"));
    }

    #[test]
    fn behind_interim_answers_are_read() {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{TRUE}");
        for interim in
            ["100 Continue", "100 Continue\r\nX: y", "102 Processing", "103 Early Hints\r\nLink: <x>", "199 X"]
        {
            verifies(interim, &format!("HTTP/1.1 {interim}\r\n\r\n{answer}"));
            verifies(interim, &format!("HTTP/1.1 {interim}\r\n\r\nHTTP/1.1 {interim}\r\n\r\n{answer}"));
            verifies(interim, &format!("\r\nHTTP/1.1 {interim}\r\n\r\n\nHTTP/1.1 {interim}\r\n\r\n\r\n{answer}"));
        }
    }

    #[test]
    fn that_are_cut_short_verify_nobody() {
        let head = "HTTP/1.1 200 OK\r\n";
        fails("length too long", format!("{head}Content-Length: 16\r\n\r\n{TRUE}"), Code::ConnectionLost);
        fails(
            "no last chunk",
            format!("{head}Transfer-Encoding: chunked\r\n\r\nf\r\n{TRUE}\r\n"),
            Code::ConnectionLost,
        );
        fails("cut in a chunk", format!("{head}Transfer-Encoding: chunked\r\n\r\n1f\r\n{TRUE}"), Code::ConnectionLost);
        fails("cut in a chunk's size", format!("{head}Transfer-Encoding: chunked\r\n\r\n1"), Code::BadAnswer);
        fails("no answer at all", "", Code::ConnectionLost);
        fails("half a head", head, Code::ConnectionLost);
        fails("length too short", format!("{head}Content-Length: 14\r\n\r\n{TRUE}"), Code::BadAnswer);
    }

    #[test]
    fn that_are_no_http_are_not_trusted() {
        let head = "HTTP/1.1 200 OK\r\n";
        for (name, answer) in [
            ("SSH", "SSH-2.0-OpenSSH_9.2\r\n".to_owned()),
            ("HTTP/2", "HTTP/2.0 200 OK\r\n\r\n".to_owned()),
            ("HTTP/0.9", format!("{TRUE}\r\n\r\n")),
            ("status 099", format!("HTTP/1.1 099 X\r\nContent-Length: 15\r\n\r\n{TRUE}")),
            ("status 1000", format!("HTTP/1.1 1000 X\r\nContent-Length: 15\r\n\r\n{TRUE}")),
            ("negative length", format!("{head}Content-Length: -1\r\n\r\n{TRUE}")),
            ("length with sign", format!("{head}Content-Length: +15\r\n\r\n{TRUE}")),
            ("length overflow", format!("{head}Content-Length: 99999999999999999999999\r\n\r\n{TRUE}")),
            ("two lengths", format!("{head}Content-Length: 15\r\nContent-Length: 5\r\n\r\n{TRUE}")),
            ("chunk garbage", format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{TRUE}\r\n0\r\n\r\n")),
            ("a chunk size without end", format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", "0".repeat(5000))),
            ("a bare CR after a chunk size", format!("{head}Transfer-Encoding: chunked\r\n\r\nf\r{TRUE}\r\n0\r\n\r\n")),
            ("unknown coding", format!("{head}Transfer-Encoding: xchunked\r\n\r\n{TRUE}")),
            ("transfer coding gzip", format!("{head}Transfer-Encoding: gzip\r\n\r\n{TRUE}")),
            (
                "gzip and chunked",
                format!("{head}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{TRUE}\r\n0\r\n\r\n"),
            ),
            ("folded header", format!("{head}X: a\r\n b\r\nContent-Length: 15\r\n\r\n{TRUE}")),
            ("space before colon", format!("{head}X : a\r\nContent-Length: 15\r\n\r\n{TRUE}")),
            ("NUL in a header", format!("{head}X: \0\r\nContent-Length: 15\r\n\r\n{TRUE}")),
            ("a header folded at once", format!("{head} X: a\r\nContent-Length: 15\r\n\r\n{TRUE}")),
            ("a bare CR in a header", format!("{head}X: a\rb\r\nContent-Length: 15\r\n\r\n{TRUE}")),
            ("a bare CR behind a header", format!("{head}X: a\rContent-Length: 15\r\n\r\n{TRUE}")),
            ("a bare CR in the status line", format!("HTTP/1.1 200 O\rK\r\nContent-Length: 15\r\n\r\n{TRUE}")),
            ("space before the length's colon", format!("{head}Content-Length : 15\r\n\r\n{TRUE}")),
            ("no length's digits", format!("{head}Content-Length:\r\n\r\n{TRUE}")),
            ("a list of unequal lengths", format!("{head}Content-Length: 15, 16\r\n\r\n{TRUE}")),
            ("chunks in HTTP/1.0", format!("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{TRUE}")),
            (
                "content coding gzip beside identity",
                format!("{head}Content-Encoding: identity, gzip\r\nContent-Length: 15\r\n\r\n{TRUE}"),
            ),
            ("content coding gzip", format!("{head}Content-Encoding: gzip\r\nContent-Length: 15\r\n\r\n{TRUE}")),
        ] {
            fails(name, answer, Code::BadAnswer);
        }
        for coding in [
            "identity, chunked",
            "chunked, identity",
            "chunked, chunked",
            "chunked,",
            "identity\r\nTransfer-Encoding: chunked",
            "chunked\r\nTransfer-Encoding: identity",
            "chunked\r\nTransfer-Encoding: chunked",
            "identity\r\nTransfer-Encoding: identity",
        ] {
            for length in ["", "Content-Length: 26\r\n"] {
                let chunks = format!("f\r\n{TRUE}\r\n0\r\n\r\n");
                let answer = format!("{head}Transfer-Encoding: {coding}\r\n{length}\r\n{chunks}");
                fails(coding, answer, Code::BadAnswer);
            }
        }
        fails("TLS alert", b"\x15\x03\x03\x00\x02\x02\x28", Code::BadAnswer);
    }

    #[test]
    fn with_chunks_that_rfc_9112_does_not_write_are_not_trusted() {
        let ends = |size: &str| format!("{size}\r\n{TRUE}\r\n0\r\n\r\n");
        for chunks in [
            ends("+f"),
            ends("0xf"),
            ends(" f"),
            ends("f "),
            ends("f\t"),
            ends("f x"),
            ends("0000000000000000f"),
            ends(&format!("f;{}", "x".repeat(1024))),
            ends("f;\0"),
            ends(""),
            format!("f\n{TRUE}\r\n0\r\n\r\n"),
            format!("f;x\n{TRUE}\r\n0\r\n\r\n"),
            format!("f\r\n{TRUE}\n0\r\n\r\n"),
            format!("f\r\n{TRUE}\r\n0\n\n"),
            format!("f\r\n{TRUE}\r\n0\r\n\n"),
            format!("f\r\n{TRUE}\r\n0\r\nx: y\n\r\n"),
            format!("f\r\n{TRUE}\r\n0\r\nno header\r\n\r\n"),
            format!("f\r\n{TRUE}\r\n-0\r\n\r\n"),
            format!("f\r\n{TRUE}0\r\n\r\n"),
        ] {
            let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
            // The connection stays open: what is refused is not waited for.
            let server = Server::answering(answer);
            let begun = Instant::now();
            assert_fails(&server.client(), Code::BadAnswer, Delivery::Unknown);
            assert!(begun.elapsed() < Duration::from_secs(2), "{chunks:?} took {:?}", begun.elapsed());
        }
    }

    #[test]
    fn that_are_too_large_are_not_read_to_the_end() {
        let head = "HTTP/1.1 200 OK\r\n";
        let long = "x".repeat(17 * 1024);
        fails("a head over 16 KiB", format!("{head}X: {long}\r\nContent-Length: 15\r\n\r\n{TRUE}"), Code::BadAnswer);
        let many: String = (0..200).map(|n| format!("X-{n}: y\r\n")).collect();
        fails("200 headers", format!("{head}{many}Content-Length: 15\r\n\r\n{TRUE}"), Code::BadAnswer);
        let large = format!("{}{TRUE}", " ".repeat(64 * 1024));
        fails("a body over 64 KiB", http(200, &large), Code::BadAnswer);
        let endless = format!("{head}\r\n{}", " ".repeat(4 << 20));
        fails("4 MiB without length", endless, Code::BadAnswer);
        let chunks = "1\r\n \r\n".repeat(200_000);
        fails("200 000 chunks", format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}"), Code::BadAnswer);
        let interim = "HTTP/1.1 102 Processing\r\n\r\n".repeat(100_000);
        fails("100 000 interim answers", interim, Code::BadAnswer);
    }

    #[test]
    fn that_redirect_are_not_followed() {
        let other = Server::answering(http(200, VERIFIED));
        for status in [300, 301, 302, 303, 307, 308] {
            let location =
                format!("HTTP/1.1 {status} Moved\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", other.url());
            let error = ask(location.as_bytes()).unwrap_err();
            assert_eq!((error.code(), error.http_status()), (Code::HttpStatus, Some(status)));
        }
        assert_eq!(other.connections(), 0);
    }

    #[test]
    fn that_come_before_the_request_was_read_are_answers() {
        let server = Server::raw(|mut stream| {
            let _ = stream.write_all(&http(413, ""));
            let _ = stream.shutdown(Shutdown::Write);
            support::read_one(&mut stream);
        });
        let error = assert_fails(&server.client(), Code::HttpStatus, Delivery::Unknown);
        assert_eq!(error.http_status(), Some(413));
    }

    #[test]
    fn that_switch_protocols_are_refused() {
        let error = ask(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").unwrap_err();
        assert_eq!(error.code(), Code::HttpStatus);
    }
}

mod cancelling {
    use super::*;

    #[test]
    fn before_a_call_sends_nothing() {
        let server = Server::answering(http(200, VERIFIED));
        let cancel = Cancel::new();
        cancel.fire();
        let error = server.client().verify_with(OTP_ID, "1", &Call::new().cancel(&cancel)).unwrap_err();
        assert_eq!((error.code(), error.delivery()), (Code::Interrupted, Delivery::NotSent));
        assert_eq!(server.seen().len(), 0);
    }

    #[test]
    fn a_waiting_call_ends_it_at_once() {
        let (arrived, wait) = mpsc::channel();
        let server = Server::start(move |_, _| {
            arrived.send(()).unwrap();
            std::thread::sleep(Duration::from_secs(3));
            Next::Close
        });
        let client = server.client();
        let cancel = Cancel::new();
        std::thread::scope(|scope| {
            let call = scope.spawn(|| {
                let error = client.verify_with(OTP_ID, "1", &Call::new().cancel(&cancel)).unwrap_err();
                (error, Instant::now())
            });
            wait.recv().unwrap();
            let fired = Instant::now();
            cancel.fire();
            let (error, ended) = call.join().unwrap();
            assert_eq!((error.code(), error.delivery()), (Code::Interrupted, Delivery::Unknown));
            assert!(ended.duration_since(fired) < Duration::from_millis(150), "{:?}", ended.duration_since(fired));
        });
    }

    #[test]
    fn by_the_hook_ends_a_waiting_call_within_its_slice() {
        let server = Server::start(|_, _| {
            std::thread::sleep(Duration::from_secs(3));
            Next::Close
        });
        let stop_at = Instant::now() + Duration::from_millis(300);
        let call = Call::new().interrupt(move || Instant::now() >= stop_at);
        let error = server.client().verify_with(OTP_ID, "1", &call).unwrap_err();
        assert_eq!((error.code(), error.delivery()), (Code::Interrupted, Delivery::Unknown));
        assert!(stop_at.elapsed() < Duration::from_millis(400), "{:?}", stop_at.elapsed());
    }

    #[test]
    fn leaves_other_calls_alone() {
        let server = Server::start(|_, stream| {
            std::thread::sleep(Duration::from_millis(100));
            let _ = stream.write_all(&http(200, VERIFIED));
            Next::Keep
        });
        let client = server.client();
        let cancel = Cancel::new();
        std::thread::scope(|scope| {
            let cancelled = scope.spawn(|| client.verify_with(OTP_ID, "1", &Call::new().cancel(&cancel)));
            let other = scope.spawn(|| verify(&client));
            std::thread::sleep(Duration::from_millis(30));
            cancel.fire();
            assert!(cancelled.join().unwrap().is_err());
            assert!(other.join().unwrap().unwrap().is_verified());
        });
        assert_verified(&client);
    }
}
