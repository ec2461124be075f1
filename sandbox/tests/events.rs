//! The page's files, and the events that it lives from.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use ants_otp_sandbox::{Clock, Codes, Fault, OtpConfig, Sandbox};
use common::{CODE, Caller, MOBILE, connect, sandbox, send};
use serde_json::{Value, json};

/// A listener to the events. It reads chunked data, of which a line can only be told from a chunk's size by its name.
struct Listener(BufReader<TcpStream>);

impl Listener {
    fn new(sandbox: &Sandbox) -> Listener {
        let mut socket = connect(sandbox);
        write!(socket, "GET /sandbox/events HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        Listener(BufReader::new(socket))
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream ended");
        line
    }

    /// The next event: its name and data.
    fn next(&mut self) -> (String, Value) {
        loop {
            if let Some(name) = self.line().strip_prefix("event: ") {
                let data = self.line();
                return (name.trim().into(), serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap());
            }
        }
    }

    /// The next event of this name, which only requests may come before.
    #[track_caller]
    fn expect(&mut self, name: &str) -> Value {
        loop {
            let (got, data) = self.next();
            if got == name {
                return data;
            }
            assert_eq!(got, "request", "{data}");
        }
    }
}

#[test]
fn a_snapshot_comes_first_and_then_what_happens() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let before = caller.requested(MOBILE);
    let mut listener = Listener::new(&sandbox);
    let snapshot = listener.expect("snapshot");
    assert_eq!(snapshot["messages"][0]["otp_id"], json!(before));
    assert_eq!(snapshot["messages"], send(&sandbox, "GET", "/sandbox/messages", "", b"").json());
    assert_eq!(snapshot["account"]["username"], sandbox.username());

    let otp_id = caller.requested("66898765432");
    let message = listener.expect("message");
    assert_eq!((&message["otp_id"], &message["state"]), (&json!(otp_id), &json!("waiting")));
    caller.verify(&otp_id, CODE);
    assert_eq!(listener.expect("message")["state"], "confirmed");
    sandbox.add_fault(Fault::silent());
    assert_eq!(listener.expect("faults")[0]["fault"], "silent");
    sandbox.clear_faults();
    assert_eq!(listener.expect("faults"), json!([]));
    sandbox.advance(Duration::from_secs(300));
    assert_eq!(listener.expect("clock")["advanced_seconds"], 300.0);
    // The first has expired, and the ways of both are known by now.
    assert_eq!(listener.expect("message")["state"], "expired");
    assert_eq!(listener.expect("message")["delivery"], "DELIVERED");
    sandbox.reset();
    assert_eq!(listener.expect("snapshot")["messages"], json!([]));
}

#[test]
fn each_request_is_told_and_the_earlier_ones_are_in_the_snapshot() {
    let sandbox = sandbox();
    let stranger = Caller::with(&sandbox, "Bearer nobody's");
    (0..201).for_each(|_| assert_eq!(stranger.balance().status, 401));
    let mut listener = Listener::new(&sandbox);
    let snapshot = listener.expect("snapshot");
    let ids: Vec<u64> = snapshot["requests"].as_array().unwrap().iter().map(|r| r["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=201).collect::<Vec<_>>());
    Caller::new(&sandbox).post("/otp/nothing", json!({}));
    let request = listener.expect("request");
    assert_eq!(request, send(&sandbox, "GET", "/sandbox/requests", "", b"").json()[201]);
    assert_eq!((&request["id"], &request["status"]), (&json!(202), &json!(404)));
    sandbox.reset();
    assert_eq!(listener.expect("snapshot")["requests"], json!([]));
}

#[test]
fn a_snapshot_has_all_that_is_kept_not_the_newest_alone() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    (0..501).for_each(|_| drop(caller.requested(MOBILE)));
    let snapshot = Listener::new(&sandbox).expect("snapshot");
    assert_eq!(snapshot["messages"].as_array().unwrap().len(), 501);
    assert_eq!(snapshot["requests"], send(&sandbox, "GET", "/sandbox/requests", "", b"").json());
}

#[test]
fn what_changes_by_itself_is_told_too() {
    let config = OtpConfig::default().life(Duration::from_millis(300));
    let builder = Sandbox::builder().clock(Clock::system()).codes(Codes::fixed(CODE)).config(config);
    let sandbox = builder.report_delay(Duration::from_millis(100)).start().unwrap();
    let mut listener = Listener::new(&sandbox);
    listener.expect("snapshot");
    Caller::new(&sandbox).requested(MOBILE);
    assert_eq!(listener.expect("message")["delivery"], "PENDING");
    assert_eq!(listener.expect("message")["delivery"], "DELIVERED");
    assert_eq!(listener.expect("message")["state"], "expired");
}

#[test]
fn listeners_do_not_hold_up_a_stop() {
    let sandbox = sandbox();
    let mut listener = Listener::new(&sandbox);
    listener.expect("snapshot");
    let stopping = thread::spawn(move || drop(sandbox));
    stopping.join().unwrap();
}

#[test]
fn the_page_allows_nothing_but_its_own_files() {
    let sandbox = sandbox();
    for (path, media_type) in [
        ("/", "text/html"),
        ("/sandbox/page/inbox.css", "text/css"),
        ("/sandbox/page/inbox.js", "text/javascript"),
        ("/sandbox/page/common.js", "text/javascript"),
        ("/sandbox/page/filter.js", "text/javascript"),
        ("/sandbox/page/list.js", "text/javascript"),
        ("/sandbox/page/messages.js", "text/javascript"),
        ("/sandbox/page/requests.js", "text/javascript"),
        ("/sandbox/page/tools.js", "text/javascript"),
        ("/sandbox/page/icon.svg", "image/svg+xml"),
    ] {
        let answer = send(&sandbox, "GET", path, "", b"");
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.head.contains(&format!("content-type: {media_type}")), "{path}: {}", answer.head);
        assert!(answer.head.contains("content-security-policy: default-src 'none'; script-src 'self'"), "{path}");
        // What stands in a namespace is a name and not an address.
        let text = answer.text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("://") && !text.contains("innerHTML"), "{path}");
    }
}
