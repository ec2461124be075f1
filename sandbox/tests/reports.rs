//! Delivery reports, received over a real socket.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ants_otp_sandbox::{Account, Clock, Codes, Dialect, Fate, ReportState, Sandbox};
use common::{CODE, Caller, MOBILE, basic, sandbox, send};
use serde_json::{Value, json};

/// A place that reports are posted to. Bound to a port that is free.
struct Receiver(TcpListener);

impl Receiver {
    fn new() -> Receiver {
        Receiver(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn url(&self) -> String {
        format!("http://{}/reports?x=1", self.0.local_addr().unwrap())
    }

    /// Takes the next report and answers with this status: the head in lower case and the body.
    fn take(&self, status: u16) -> (String, String) {
        let (mut socket, _) = self.0.accept().unwrap();
        let (head, body) = read(&mut socket);
        write!(socket, "HTTP/1.1 {status} Any\r\nContent-Length: 0\r\n\r\n").unwrap();
        (head, body)
    }
}

fn read(socket: &mut TcpStream) -> (String, String) {
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let length = socket.read(&mut buffer).unwrap();
        assert_ne!(length, 0, "{text}");
        text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let announced = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
            if body.len() == announced.parse::<usize>().unwrap() {
                return (head.clone(), body.into());
            }
        }
    }
}

fn request(caller: &Caller, mobile: &str, url: &str, more: Value) -> String {
    let mut body = json!({"otcId": caller.sandbox.otc_id(), "mobile": mobile, "notifyUrl": url});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    caller.post("/otp/requestOTP", body).text_of("otpId")
}

/// Waits until the newest SMS's report is at this state.
#[track_caller]
fn wait_for(sandbox: &Sandbox, state: ReportState) -> ants_otp_sandbox::Report {
    let started = Instant::now();
    loop {
        let report = sandbox.messages().pop().unwrap().report.unwrap();
        if report.state == state {
            return report;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{report:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_report_comes_after_the_delay_with_everything_in_it() {
    let (sandbox, receiver) = (sandbox(), Receiver::new());
    request(&Caller::new(&sandbox), MOBILE, &receiver.url(), json!({"callbackData": "my <data>"}));
    assert_eq!(sandbox.messages()[0].delivery, Fate::Pending);
    sandbox.advance(Duration::from_secs(2));
    let (head, body) = receiver.take(204);
    assert!(head.starts_with("post /reports?x=1 http/1.1"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    let report: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(report["callbackData"], "my <data>");
    assert_eq!(report["bulkId"].as_str().unwrap().len(), 36);
    let detail = &report["details"][0];
    assert_eq!(detail["messageId"].as_str().unwrap().len(), 36);
    let message = sandbox.messages().remove(0);
    assert_eq!((&detail["to"], &detail["from"]), (&json!(MOBILE), &json!("SANDBOX")));
    assert_eq!((&detail["text"], &detail["credit"]), (&json!(message.text), &json!(1)));
    assert_eq!(detail["sendDate"], "2026-01-01T00:00:00Z");
    assert_eq!(detail["doneDate"], "2026-01-01T00:00:02Z");
    assert_eq!((&detail["status"]["code"], &detail["status"]["name"]), (&json!("000"), &json!("DELIVERED")));
    assert_eq!(message.delivery, Fate::Delivered);
    let report = wait_for(&sandbox, ReportState::Sent);
    assert_eq!((report.attempts, report.outcome.as_str()), (1, "HTTP 204"));
}

#[test]
fn a_report_is_xml_where_that_was_asked_for() {
    let (sandbox, receiver) = (sandbox(), Receiver::new());
    let more = json!({"notifyContentType": "application/xml", "callbackData": "<&>"});
    request(&Caller::new(&sandbox), MOBILE, &receiver.url(), more);
    sandbox.advance(Duration::from_secs(2));
    let (head, body) = receiver.take(200);
    assert!(head.contains("content-type: application/xml"), "{head}");
    assert!(body.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><deliveryReport>"), "{body}");
    assert!(body.contains("<callbackData>&lt;&amp;&gt;</callbackData>"), "{body}");
    assert!(body.contains(&format!("<to>{MOBILE}</to>")) && body.contains("<name>DELIVERED</name>"), "{body}");
}

#[test]
fn the_other_dialect_reports_in_the_other_form() {
    let account = Account::basic("other", "secret").dialect(Dialect::other()).fate(Fate::Rejected);
    let sandbox = Sandbox::builder().clock(Clock::fixed()).account(account).start().unwrap();
    let receiver = Receiver::new();
    let caller = Caller::with(&sandbox, basic("other", "secret"));
    request(&caller, MOBILE, &receiver.url(), json!({"callbackData": "x"}));
    sandbox.advance(Duration::from_secs(2));
    let report: Value = serde_json::from_str(&receiver.take(200).1).unwrap();
    let detail = &report[0]["details"][0];
    assert_eq!((&detail["callbackData"], &report[0]["callbackData"]), (&json!("x"), &Value::Null));
    assert_eq!(detail["status"][0]["name"], "REJECTED");
}

#[test]
fn numbers_choose_the_fate() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let fates = [
        Fate::Pending, // never reported
        Fate::Accepted,
        Fate::Pending,
        Fate::Undelivered,
        Fate::Delivered,
        Fate::Expired,
        Fate::Rejected,
        Fate::Completed,
    ];
    (0..fates.len()).for_each(|number| drop(caller.requested(&format!("6680000070{number}"))));
    sandbox.advance(Duration::from_secs(2));
    assert_eq!(sandbox.messages().iter().map(|message| message.delivery).collect::<Vec<_>>(), fates);
}

#[test]
fn a_fate_decided_by_hand_is_reported_at_once() {
    let (sandbox, receiver) = (sandbox(), Receiver::new());
    let otp_id = request(&Caller::new(&sandbox), MOBILE, &receiver.url(), json!({}));
    let decide = |body: Value| send(&sandbox, "POST", "/sandbox/reports", "", body.to_string().as_bytes());
    let message = decide(json!({"otp_id": otp_id.to_uppercase(), "status": "undelivered"}));
    assert_eq!((message.status, message.text_of("delivery").as_str()), (200, "UNDELIVERED"));
    assert!(receiver.take(200).1.contains("UNDELIVERED"));
    wait_for(&sandbox, ReportState::Sent);
    decide(json!({"otp_id": otp_id}));
    assert!(receiver.take(200).1.contains("\"DELIVERED\""));
    assert_eq!(decide(json!({"otp_id": otp_id, "status": "LOST"})).status, 400);
    assert_eq!(decide(json!({"otp_id": otp_id, "status": 1})).status, 400);
    assert_eq!(decide(json!({})).status, 400);
    assert_eq!(decide(json!({"otp_id": "unknown"})).status, 404);
}

#[test]
fn a_report_that_fails_is_posted_again_the_same_and_not_for_ever() {
    let (sandbox, receiver) = (sandbox(), Receiver::new());
    request(&Caller::new(&sandbox), MOBILE, &receiver.url(), json!({}));
    let mut bodies = Vec::new();
    for wait in [2, 2, 4, 8] {
        sandbox.advance(Duration::from_secs(wait));
        bodies.push(receiver.take(500).1);
        let state = if wait == 8 { ReportState::Failed } else { ReportState::Waiting };
        assert_eq!(wait_for(&sandbox, state).outcome, "HTTP 500");
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[test]
fn time_that_goes_by_itself_brings_reports_by_itself() {
    let builder = Sandbox::builder().codes(Codes::fixed(CODE)).report_delay(Duration::from_millis(50));
    let (sandbox, receiver) = (builder.start().unwrap(), Receiver::new());
    let caller = Caller::new(&sandbox);
    (0..40).for_each(|_| drop(request(&caller, MOBILE, &receiver.url(), json!({}))));
    (0..40).for_each(|_| drop(receiver.take(200)));
    wait_for(&sandbox, ReportState::Sent);
}

#[test]
fn strangers_get_no_reports() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    for url in [
        "http://192.0.2.1/",
        "http://[2001:db8::1]/",
        "http://0.0.0.0:9/",
        "https://127.0.0.1/",
        "http://user@127.0.0.1/",
        "https://testSendOTP",
        "nonsense",
    ] {
        request(&caller, MOBILE, url, json!({}));
        sandbox.advance(Duration::from_secs(2));
        assert!(!wait_for(&sandbox, ReportState::Refused).outcome.is_empty());
    }
}

#[test]
fn nobody_listening_is_a_failure() {
    let sandbox = sandbox();
    let url = Receiver::new().url();
    request(&Caller::new(&sandbox), MOBILE, &url, json!({}));
    sandbox.advance(Duration::from_secs(2));
    let started = Instant::now();
    while sandbox.messages()[0].report.as_ref().unwrap().outcome.is_empty() {
        assert!(started.elapsed() < Duration::from_secs(5));
        thread::sleep(Duration::from_millis(5));
    }
    assert!(sandbox.messages()[0].report.as_ref().unwrap().outcome.starts_with("cannot connect"));
}
