//! Broken lines, by magic number and by order: what a client sees on its socket, and that the operation was done.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use ants_otp_sandbox::{Fault, Operation, Sandbox, State};
use common::{Answer, CODE, Caller, MOBILE, connect, sandbox, send};
use serde_json::{Value, json};

/// What came over a kept connection until its end, and how it ended.
fn raw(caller: &Caller, path: &str, body: &Value) -> (String, Option<ErrorKind>) {
    let mut socket = connect(caller.sandbox);
    socket.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    write_call(&mut socket, caller, path, body);
    let mut bytes = Vec::new();
    let end = socket.read_to_end(&mut bytes).err().map(|error| error.kind());
    (String::from_utf8(bytes).unwrap(), end)
}

fn write_call(socket: &mut TcpStream, caller: &Caller, path: &str, body: &Value) {
    let (body, authorization) = (body.to_string(), &caller.authorization);
    let length = body.len();
    write!(
        socket,
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: {authorization}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
}

fn request(caller: &Caller, mobile: &str) -> (String, Option<ErrorKind>) {
    raw(caller, "/otp/requestOTP", &json!({"otcId": caller.sandbox.otc_id(), "mobile": mobile}))
}

/// How much of the body that its head announces came.
fn share(answer: &str) -> (usize, usize) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let (_, length) = head.split_once("content-length: ").unwrap();
    (body.len(), length.split("\r\n").next().unwrap().parse().unwrap())
}

fn faults(sandbox: &Sandbox, method: &str, body: Value) -> Answer {
    send(sandbox, method, "/sandbox/faults", "", body.to_string().as_bytes())
}

#[test]
fn numbers_that_cut_before_the_answer_send_the_sms_all_the_same() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    assert_eq!(request(&caller, "66800000604"), (String::new(), None));
    assert_eq!(request(&caller, "66800000605"), (String::new(), Some(ErrorKind::ConnectionReset)));
    let mobiles: Vec<String> = sandbox.messages().into_iter().map(|message| message.mobile).collect();
    assert_eq!(mobiles, ["66800000604", "66800000605"]);
}

#[test]
fn numbers_that_cut_after_the_answer_give_it_whole_and_do_not_announce_the_end() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    for (mobile, expected) in [("66800000606", None), ("66800000607", Some(ErrorKind::ConnectionReset))] {
        let (answer, end) = request(&caller, mobile);
        let (got, announced) = share(&answer);
        assert_eq!((got, end), (announced, expected), "{answer}");
        assert!(!answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    }
}

#[test]
fn numbers_of_half_an_answer_give_half_of_its_body() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    for (mobile, expected) in [("66800000608", None), ("66800000609", Some(ErrorKind::ConnectionReset))] {
        let (answer, end) = request(&caller, mobile);
        let (got, announced) = share(&answer);
        assert_eq!((got, end), (announced / 2, expected), "{answer}");
    }
}

#[test]
fn a_connection_that_was_not_cut_is_kept() {
    let sandbox = sandbox();
    let (answer, end) = request(&Caller::new(&sandbox), MOBILE);
    assert_eq!(share(&answer).0, share(&answer).1);
    assert!(matches!(end, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{end:?}");
}

#[test]
fn the_silent_number_is_never_answered() {
    let sandbox = sandbox();
    let (answer, end) = request(&Caller::new(&sandbox), "66800000601");
    assert_eq!(answer, "");
    assert!(matches!(end, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{end:?}");
    assert_eq!(sandbox.messages().len(), 1);
}

#[test]
fn the_late_number_is_answered_after_three_seconds_and_the_slow_one_bit_by_bit() {
    let sandbox = sandbox();
    thread::scope(|scope| {
        for (mobile, first_is_late) in [("66800000602", true), ("66800000603", false)] {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let caller = Caller::new(sandbox);
                let mut socket = connect(sandbox);
                let body = json!({"otcId": sandbox.otc_id(), "mobile": mobile});
                let started = Instant::now();
                write_call(&mut socket, &caller, "/otp/requestOTP", &body);
                let mut bytes = vec![0; 4096];
                let mut length = socket.read(&mut bytes).unwrap();
                assert_eq!(started.elapsed() > Duration::from_secs(2), first_is_late, "{mobile}");
                while share(std::str::from_utf8(&bytes[..length]).unwrap()).0
                    < share(std::str::from_utf8(&bytes[..length]).unwrap()).1
                {
                    length += socket.read(&mut bytes[length..]).unwrap();
                }
                let took = started.elapsed();
                assert!((2900..5000).contains(&took.as_millis()), "{mobile}: {took:?}");
            });
        }
    });
}

#[test]
fn pages_of_a_gateway_have_their_status_and_are_html() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    for (mobile, status) in [("66800000200", 200), ("66800000502", 502)] {
        let answer = caller.request(mobile);
        assert_eq!(answer.status, status);
        assert!(answer.head.contains("content-type: text/html") && answer.text.starts_with("<html>"));
    }
    assert_eq!(sandbox.messages().len(), 2);
}

#[test]
fn numbers_that_act_on_verify_confirm_the_otp_all_the_same() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let otp_id = caller.requested("66800000614");
    assert_eq!(raw(&caller, "/otp/verifyOTP", &json!({"otpId": otp_id, "otpCode": CODE})), (String::new(), None));
    assert_eq!(sandbox.messages()[0].state, State::Confirmed);
}

#[test]
fn a_fault_by_hand_hits_the_next_calls_of_its_operation() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let added = faults(&sandbox, "POST", json!({"fault": "refuse", "code": 304, "operation": "balance", "calls": 2}));
    assert_eq!(added.status, 201);
    let expected = json!([{"fault": "refuse", "code": 304, "operation": "balance", "calls_left": 2, "hit": 0}]);
    assert_eq!(added.json(), expected);
    caller.requested(MOBILE);
    caller.balance().assert_refused(200, "Over Limit Usage");
    assert_eq!(faults(&sandbox, "GET", json!({})).json()[0]["calls_left"], 1);
    caller.balance().assert_refused(200, "Over Limit Usage");
    assert_eq!(caller.balance().json()["type"], "postpaid");
    assert_eq!(faults(&sandbox, "GET", json!({})).json(), json!([]));
}

#[test]
fn a_refusal_by_fault_does_nothing_else() {
    let sandbox = sandbox();
    sandbox.add_fault(Fault::refuse(429).unwrap().on(Operation::Request));
    let answer = Caller::new(&sandbox).request(MOBILE);
    answer.assert_refused(429, "Too Many Requests");
    assert!(answer.head.contains("retry-after: 30"));
    assert!(sandbox.messages().is_empty());
}

#[test]
fn a_rate_stays_until_it_is_removed() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    faults(&sandbox, "POST", json!({"fault": "html", "status": 503, "rate": 0.5}));
    let statuses = [(); 4].map(|()| caller.balance().status);
    assert_eq!(statuses, [200, 503, 200, 503]);
    assert_eq!(send(&sandbox, "DELETE", "/sandbox/faults", "", b"").json(), json!([]));
    assert_eq!([(); 2].map(|()| caller.balance().status), [200, 200]);
}

#[test]
fn every_fault_can_be_set_by_hand() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let body = json!({});
    for (fault, answered, expected) in [
        (json!({"fault": "silent"}), false, Some(ErrorKind::WouldBlock)),
        (json!({"fault": "late", "delay_seconds": 0.05}), true, Some(ErrorKind::WouldBlock)),
        (json!({"fault": "slow", "delay_seconds": 0.05}), true, Some(ErrorKind::WouldBlock)),
        (json!({"fault": "cut-before"}), false, None),
        (json!({"fault": "cut-before", "reset": true}), false, Some(ErrorKind::ConnectionReset)),
        (json!({"fault": "cut-after"}), true, None),
        (json!({"fault": "half", "reset": false}), true, None),
    ] {
        assert_eq!(faults(&sandbox, "POST", fault.clone()).status, 201, "{fault}");
        let (answer, end) = raw(&caller, "/account/balance", &body);
        assert_eq!((!answer.is_empty(), end), (answered, expected), "{fault}");
    }
}

#[test]
fn faults_that_cannot_be_read_are_refused_with_a_sentence() {
    let sandbox = sandbox();
    for fault in [
        json!([]),
        json!({}),
        json!({"fault": "other"}),
        json!({"fault": "refuse"}),
        json!({"fault": "refuse", "code": 0}),
        json!({"fault": "refuse", "code": -20}),
        json!({"fault": "silent", "operation": "other"}),
        json!({"fault": "silent", "calls": 0}),
        json!({"fault": "silent", "rate": 1.5}),
        json!({"fault": "late", "delay_seconds": 601}),
        json!({"fault": "late", "delay_seconds": -1}),
        json!({"fault": "html", "status": 100}),
        json!({"fault": "half", "reset": "yes"}),
        json!({"fault": "silent", "cals": 1}),
    ] {
        let answer = faults(&sandbox, "POST", fault.clone());
        assert_eq!(answer.status, 400, "{fault}");
        assert!(answer.json()["error"]["description"].as_str().unwrap().contains(' '), "{fault}");
    }
    assert_eq!(faults(&sandbox, "GET", json!({})).json(), json!([]));
}

#[test]
fn a_call_with_wrong_credentials_uses_up_no_fault() {
    let sandbox = sandbox();
    sandbox.add_fault(Fault::html(503));
    assert_eq!(Caller::with(&sandbox, "Basic x").balance().status, 401);
    assert_eq!(Caller::new(&sandbox).balance().status, 503);
}

#[test]
fn a_stop_does_not_wait_for_calls_that_hang() {
    let sandbox = sandbox();
    sandbox.add_fault(Fault::silent());
    let mut socket = connect(&sandbox);
    write_call(&mut socket, &Caller::new(&sandbox), "/account/balance", &json!({}));
    thread::sleep(Duration::from_millis(20));
    let started = Instant::now();
    drop(sandbox);
    assert!(started.elapsed() < Duration::from_millis(200), "{:?}", started.elapsed());
}
