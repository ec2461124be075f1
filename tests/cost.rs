//! What a call on a kept connection costs: at most three system calls, one of which sends the whole request.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use std::io::{Read, Write};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Next, OTP_ID, Server, VERIFIED, http, options};

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

/// Instructions of a process that makes `calls` calls with `idle` connections, as callgrind counts them.
fn instructions(idle: usize, calls: u32) -> f64 {
    let seen = AtomicUsize::new(0);
    let server = Server::start(move |_, stream| {
        // The first calls overlap, so that each has a connection of its own.
        if seen.fetch_add(1, Ordering::SeqCst) < idle {
            std::thread::sleep(Duration::from_secs(2));
        }
        let _ = stream.write_all(&http(200, VERIFIED));
        Next::Keep
    });
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "calls", "--test-threads=1"])
        .env("CALLS", calls.to_string())
        .env("IDLE", idle.to_string())
        .env("URL", server.url())
        .output()
        .expect("valgrind is needed to count instructions: install it (make test does)");
    let report = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{report}");
    assert_eq!(server.connections(), idle);
    let count = report.lines().find_map(|line| line.split("Collected : ").nth(1));
    count.unwrap().trim().parse().unwrap()
}

#[test]
fn a_call_costs_the_same_beside_64_idle_connections() {
    let each = |idle| (instructions(idle, 450) - instructions(idle, 50)) / 400.0;
    let (alone, beside) = (each(1), each(64));
    println!("{:.3} times the instructions of a call with one connection", beside / alone);
    assert!(beside / alone <= 1.05, "{beside} instead of {alone} instructions");
}

#[test]
#[ignore = "run under strace and callgrind by the tests above"]
fn calls() {
    let (Ok(url), Ok(calls)) = (std::env::var("URL"), std::env::var("CALLS")) else { panic!("not called by its test") };
    let idle = std::env::var("IDLE").map_or(0, |idle| idle.parse().unwrap());
    let client = options(&url).timeout(Duration::from_secs(60)).build().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..idle {
            scope.spawn(|| assert!(client.verify(OTP_ID, "79895").unwrap().is_verified()));
        }
    });
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
