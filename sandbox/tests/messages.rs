//! `GET /sandbox/messages`: whose SMS are shown, how long one is waited for, and what they say.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ants_otp_sandbox::{Clock, OtpConfig, Sandbox};
use common::{Answer, Caller, MOBILE, sandbox, send};
use serde_json::json;

const OTHER: &str = "66898765432";

fn ask(sandbox: &Sandbox, query: &str) -> Answer {
    send(sandbox, "GET", &format!("/sandbox/messages?{query}"), "", b"")
}

fn mobiles(answer: &Answer) -> Vec<String> {
    answer.json().as_array().unwrap().iter().map(|message| message["mobile"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn those_to_one_number_are_found_however_it_is_written() {
    let sandbox = sandbox();
    for mobile in [MOBILE, OTHER, MOBILE] {
        Caller::new(&sandbox).requested(mobile);
    }
    for written in ["081-234-5678", "+66812345678", "%2B66%2081%20234%205678", "66812345678", "%E0%B9%9081-234-5678"] {
        assert_eq!(mobiles(&ask(&sandbox, &format!("mobile={written}"))), [MOBILE, MOBILE], "{written}");
    }
    assert_eq!(mobiles(&ask(&sandbox, "mobile=0811111111")), [""; 0]);
    assert_eq!(mobiles(&ask(&sandbox, "")), [MOBILE, OTHER, MOBILE]);
}

#[test]
fn one_that_is_there_is_answered_at_once_and_one_that_comes_when_it_comes() {
    let sandbox = sandbox();
    Caller::new(&sandbox).requested(OTHER);
    let begun = Instant::now();
    assert_eq!(mobiles(&ask(&sandbox, "wait=30&mobile=0898765432")), [OTHER]);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| ask(&sandbox, "mobile=081-234-5678&wait=30"));
        thread::sleep(Duration::from_millis(100));
        // What is no SMS to this number does not end the wait.
        Caller::new(&sandbox).requested(OTHER);
        sandbox.advance(Duration::from_secs(1));
        thread::sleep(Duration::from_millis(100));
        assert!(!waiting.is_finished());
        Caller::new(&sandbox).requested(MOBILE);
        assert_eq!(mobiles(&waiting.join().unwrap()), [MOBILE]);
    });
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn after_the_wait_the_list_is_empty() {
    let sandbox = sandbox();
    let begun = Instant::now();
    assert_eq!(ask(&sandbox, "mobile=0812345678&wait=0.3").json(), json!([]));
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
    assert_eq!(ask(&sandbox, "wait=0").json(), json!([]));
}

#[test]
fn a_wait_does_not_hold_up_a_stop() {
    let sandbox = sandbox();
    let address = sandbox.url().trim_start_matches("http://").to_owned();
    let mut socket = std::net::TcpStream::connect(&address).unwrap();
    std::io::Write::write_all(&mut socket, b"GET /sandbox/messages?wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    thread::sleep(Duration::from_millis(50));
    let begun = Instant::now();
    drop(sandbox);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn a_query_that_cannot_be_meant_is_refused_with_a_sentence() {
    let sandbox = sandbox();
    for (query, said) in [
        ("mobile=nobody", "mobile: "),
        ("wait=61", "wait is a number of seconds from 0 to 60"),
        ("moble=0812345678", "moble is not known: did you mean mobile?"),
    ] {
        let answer = ask(&sandbox, query);
        assert_eq!((answer.status, answer.error().as_str()), (400, "Bad Request"));
        assert!(answer.text.contains(said), "{query}: {}", answer.text);
    }
}

#[test]
fn the_text_and_the_alphabet_are_the_configurations() {
    let config = OtpConfig::default().sender("SHOP").alphabet("AB").code_length(8);
    let config = config.text("{sender}: รหัส OTP ของคุณคือ {code} (รหัสอ้างอิง: {reference})");
    let sandbox = Sandbox::builder().config(config).start().unwrap();
    Caller::new(&sandbox).requested(MOBILE);
    let message = &sandbox.messages()[0];
    assert!(message.code.len() == 8 && message.code.bytes().all(|c| c == b'A' || c == b'B'), "{}", message.code);
    let (code, reference) = (&message.code, &message.reference_code);
    assert_eq!(message.text, format!("SHOP: รหัส OTP ของคุณคือ {code} (รหัสอ้างอิง: {reference})"));
}

#[test]
fn a_fixed_clock_can_stand_anywhere() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(951_782_399);
    let sandbox = Sandbox::builder().clock(Clock::fixed_at(time)).start().unwrap();
    Caller::new(&sandbox).requested(MOBILE);
    assert_eq!(ask(&sandbox, "").json()[0]["sent_at"], "2000-02-28T23:59:59Z");
    assert_eq!(sandbox.requests()[0].time, time);
}

#[test]
fn each_request_is_told_to_whoever_wants_to_know() {
    let (sender, told) = mpsc::channel();
    let sandbox = Sandbox::builder().on_request(move |request| drop(sender.send(request.clone()))).start().unwrap();
    Caller::new(&sandbox).requested(MOBILE);
    Caller::with(&sandbox, "Bearer nobody's").balance();
    let told: Vec<_> = (0..2).map(|_| told.recv_timeout(Duration::from_secs(5)).unwrap()).collect();
    assert_eq!(told, sandbox.requests());
}
