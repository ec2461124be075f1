//! Other web pages are kept away from what needs no credentials.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write as _;

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use ants_otp_sandbox::Sandbox;
use common::{Answer, Caller, basic, connect, sandbox};
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

#[test]
fn an_allowed_name_is_taken_at_any_port_and_no_other() {
    let sandbox = Sandbox::builder().allow_host("Sandbox").allow_host("otp.example").start().unwrap();
    for host in ["sandbox", "SANDBOX:8025", "otp.example:80", "localhost", "[::1]:8025"] {
        assert_eq!(send(&sandbox, "GET", "/sandbox/messages", &format!("Host: {host}\r\n")).status, 200, "{host}");
    }
    for host in ["sandbox.example", "otp", "example", "xsandbox", "sandbox:x"] {
        let answer = send(&sandbox, "GET", "/sandbox/messages", &format!("Host: {host}\r\n"));
        assert_eq!(answer.status, 421, "{host}");
        assert!(answer.text.contains("--allow-host NAME"), "{}", answer.text);
    }
    // The name's own page is none of another origin.
    let own = "Host: sandbox:8025\r\nOrigin: http://sandbox:8025\r\n";
    assert_eq!(send(&sandbox, "POST", "/sandbox/reset", own).status, 200);
    assert_eq!(send(&sandbox, "POST", "/sandbox/reset", "Host: sandbox\r\nOrigin: http://otp.example\r\n").status, 403);
}

const PAGE: &str = "http://localhost:5173";

#[test]
fn a_page_of_an_allowed_origin_may_call_every_path() {
    let sandbox = Sandbox::builder().cors_origin(PAGE).cors_origin("https://shop.example").start().unwrap();
    let authorization = basic(sandbox.username(), sandbox.password());
    for path in ["/sandbox/messages", "/otp/requestOTP", "/account/balance"] {
        let asked =
            "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization,content-type\r\n";
        let answer = send(&sandbox, "OPTIONS", path, &format!("Host: localhost\r\nOrigin: {PAGE}\r\n{asked}"));
        assert_eq!(answer.status, 204, "{path}");
        for header in [
            "access-control-allow-origin: http://localhost:5173",
            "access-control-allow-methods: get, post, delete",
            "access-control-allow-headers: authorization,content-type",
            "vary: origin",
        ] {
            assert!(answer.head.contains(header), "{path}: {}", answer.head);
        }
    }
    let headers = format!(
        "Host: localhost\r\nOrigin: {PAGE}\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n"
    );
    for (method, path, status) in
        [("POST", "/account/balance", 200), ("POST", "/sandbox/reset", 200), ("GET", "/nothing", 404)]
    {
        let answer = send(&sandbox, method, path, &headers);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.head.contains("access-control-allow-origin: http://localhost:5173"), "{}", answer.head);
        assert!(!answer.head.contains("allow-credentials"), "{}", answer.head);
    }
}

#[test]
fn a_page_of_another_origin_stays_outside() {
    let sandbox = Sandbox::builder().cors_origin(PAGE).start().unwrap();
    for origin in
        ["http://localhost:5174", "https://localhost:5173", "http://127.0.0.1", "null", "http://attacker.example"]
    {
        let headers = format!("Host: localhost\r\nOrigin: {origin}\r\n");
        assert_eq!(send(&sandbox, "POST", "/sandbox/reset", &headers).status, 403, "{origin}");
        let asked = format!("{headers}Access-Control-Request-Method: POST\r\n");
        for path in ["/otp/requestOTP", "/sandbox/reset"] {
            let answer = send(&sandbox, "OPTIONS", path, &asked);
            assert!(answer.status >= 400 && !answer.head.contains("access-control"), "{origin} {}", answer.head);
        }
        assert!(!send(&sandbox, "POST", "/account/balance", &headers).head.contains("access-control"), "{origin}");
        let requests = sandbox.requests();
        let preflight = requests.iter().rev().find(|request| request.method == "OPTIONS").unwrap();
        assert!(preflight.reason.contains("--cors-origin"), "{}", preflight.reason);
    }
    // A name that was rebound stays refused, whatever page it says it is.
    let rebound = format!("Host: attacker.example\r\nOrigin: {PAGE}\r\n");
    assert_eq!(send(&sandbox, "POST", "/sandbox/reset", &rebound).status, 421);
}

#[test]
fn it_listens_where_it_is_told() {
    // Not each machine has IPv6.
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        let sandbox = Sandbox::builder().host(Ipv6Addr::LOCALHOST).start().unwrap();
        assert!(sandbox.url().starts_with("http://[::1]:"), "{}", sandbox.url());
        let host = sandbox.url().trim_start_matches("http://").to_owned();
        let own = format!("Host: {host}\r\nOrigin: http://{host}\r\n");
        assert_eq!(send(&sandbox, "POST", "/sandbox/reset", &own).status, 200);
    }
    let sandbox = Sandbox::builder().host(Ipv4Addr::UNSPECIFIED).start().unwrap();
    let port = sandbox.url().strip_prefix("http://127.0.0.1:").unwrap().to_owned();
    assert!(std::net::TcpStream::connect(format!("127.0.0.2:{port}")).is_ok());
}

#[test]
fn a_name_or_origin_that_is_none_is_refused_with_a_sentence() {
    for builder in [
        Sandbox::builder().allow_host("http://sandbox"),
        Sandbox::builder().allow_host(""),
        Sandbox::builder().cors_origin("*"),
        Sandbox::builder().cors_origin("http://localhost:5173/"),
    ] {
        let error = builder.start().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains(": write "), "{error}");
    }
}
