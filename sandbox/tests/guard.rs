//! Other web pages are kept away from what needs no credentials.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write as _;

use ants_otp_sandbox::Sandbox;
use common::{Answer, Caller, connect, sandbox};
use serde_json::json;

fn send(sandbox: &Sandbox, method: &str, path: &str, headers: &str) -> Answer {
    let mut socket = connect(sandbox);
    write!(socket, "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n{headers}\r\n").unwrap();
    Answer::read(socket)
}

#[test]
fn a_name_that_was_rebound_to_loopback_is_refused() {
    let sandbox = sandbox();
    for host in ["attacker.example", "attacker.example:80", "127.0.0.1.attacker.example", "localhost.attacker.example"]
    {
        for path in ["/sandbox/messages", "/sandbox/faults", "/sandbox/clock"] {
            let answer = send(&sandbox, "GET", path, &format!("Host: {host}\r\n"));
            assert_eq!(answer.status, 421, "{host} {path}");
        }
        assert_eq!(send(&sandbox, "POST", "/sandbox/reset", &format!("Host: {host}\r\n")).status, 421);
    }
    assert_eq!(send(&sandbox, "GET", "/sandbox/messages", "Host: localhost\r\nHost: attacker.example\r\n").status, 421);
}

#[test]
fn a_page_of_another_origin_can_change_nothing() {
    let sandbox = sandbox();
    Caller::new(&sandbox).requested("66812345678");
    let reset = |origin: &str| send(&sandbox, "POST", "/sandbox/reset", &format!("Host: localhost:1\r\n{origin}"));
    for origin in ["https://attacker.example", "null", "http://localhost", "https://localhost:1", "http://localhost:12"]
    {
        assert_eq!(reset(&format!("Origin: {origin}\r\n")).status, 403, "{origin}");
    }
    assert_eq!(sandbox.messages().len(), 1);
    assert_eq!(reset("Origin: http://localhost:1\r\n").status, 200);
    assert_eq!(reset("").status, 200);
}

#[test]
fn loopback_is_known_by_all_its_names() {
    let sandbox = sandbox();
    let url = sandbox.url().trim_start_matches("http://");
    for host in [url, "localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:8080"] {
        let answer = send(&sandbox, "GET", "/sandbox/messages", &format!("Host: {host}\r\n"));
        assert_eq!((answer.status, answer.json()), (200, json!([])), "{host}");
        for header in ["x-content-type-options: nosniff", "cache-control: no-store"] {
            assert!(answer.head.contains(header), "{}", answer.head);
        }
        assert!(!answer.head.contains("access-control-allow"), "{}", answer.head);
    }
}
