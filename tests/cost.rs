//! What a call on a kept connection costs: at most three system calls, one of which sends the whole request.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use std::io::{Read, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};
use support::{OTP_ID, Server, VERIFIED, http, options};

/// System calls of a process that makes `calls` calls, as strace counts them over all its threads.
fn system_calls(url: &str, calls: u32) -> u64 {
    let report = std::env::temp_dir().join(format!("ants-otp-strace-{}-{calls}", std::process::id()));
    let run = Command::new("strace")
        .args(["-f", "-qq", "-e", "signal=none", "-o"])
        .arg(&report)
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "calls", "--test-threads=1"])
        .env("CALLS", calls.to_string())
        .env("URL", url)
        .output()
        .expect("strace is needed to count system calls: install it (make test does)");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = std::fs::read_to_string(&report).unwrap();
    std::fs::remove_file(&report).unwrap();
    // A call that was interrupted by another thread's has two lines.
    text.lines().filter(|line| !line.contains("resumed>")).count() as u64
}

#[test]
fn a_call_takes_three_system_calls() {
    let server = Server::answering(http(200, VERIFIED));
    let (few, many) = (system_calls(&server.url(), 50), system_calls(&server.url(), 250));
    let each = (many - few) as f64 / 200.0;
    println!("{each:.2} system calls a call on a kept connection");
    assert!(each <= 3.02, "{each:.2} system calls a call");
    assert_eq!(server.connections(), 2);
}

#[test]
#[ignore = "run under strace by a_call_takes_three_system_calls"]
fn calls() {
    let (Ok(url), Ok(calls)) = (std::env::var("URL"), std::env::var("CALLS")) else { panic!("not called by its test") };
    let client = options(&url).build().unwrap();
    for _ in 0..calls.parse::<u32>().unwrap() {
        assert!(client.verify(OTP_ID, "79895").unwrap().is_verified());
    }
}

#[test]
fn a_request_leaves_in_one_piece() {
    let pieces = Arc::new(Mutex::new(Vec::new()));
    let server = Server::raw({
        let pieces = Arc::clone(&pieces);
        move |mut stream| {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = stream.read(&mut buffer) {
                pieces.lock().unwrap().push(String::from_utf8_lossy(&buffer[..length]).into_owned());
                let _ = stream.write_all(&http(200, VERIFIED));
            }
        }
    });
    let client = server.client();
    for _ in 0..3 {
        assert!(client.verify(OTP_ID, "79895").unwrap().is_verified());
    }
    let pieces = pieces.lock().unwrap();
    assert_eq!(pieces.len(), 3);
    for piece in pieces.iter() {
        assert!(
            piece.starts_with("POST /otp/verifyOTP HTTP/1.1\r\n") && piece.ends_with("\"otpCode\":\"79895\"}"),
            "{piece}"
        );
        println!("{} bytes a request", piece.len());
    }
}
