//! `capture`: the record of a call, in which no secret stands, and the call's exit status.

use crate::{MOBILE, program_at, program_for, run};
use ants_otp_sandbox::Sandbox;
use serde_json::json;

#[test]
fn a_request_is_recorded_without_its_secrets() {
    let sandbox = Sandbox::builder().start().unwrap();
    let arguments = [
        "capture",
        "--json",
        "request",
        MOBILE,
        "--callback-data",
        "order 7",
        "--notify-url",
        "http://127.0.0.1:9/k3y",
    ];
    let run = run(program_for(&sandbox).args(arguments));
    assert_eq!(run.status, 0, "{}", run.err);
    let (vector, message) = (run.json(), &sandbox.messages()[0]);
    assert_eq!(vector["operation"], "request");
    assert_eq!((&vector["request"]["method"], &vector["request"]["path"]), (&json!("POST"), &json!("/otp/requestOTP")));
    let body: serde_json::Value = serde_json::from_str(vector["request"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        body,
        json!({ "otcId": sandbox.otc_id(), "mobile": "66800000000", "notifyUrl": "https://example.com/notify", "callbackData": "xxxxx 0" })
    );
    assert_eq!(vector["answer"]["http_status"], 200);
    assert!(vector["answer"]["body"].as_str().unwrap().contains(&message.otp_id));
    assert_eq!((&vector["outcome"]["code"], &vector["outcome"]["otp_id"]), (&json!(0), &json!(message.otp_id)));
    for secret in [MOBILE, &message.code, sandbox.password(), sandbox.username(), "k3y", "order 7"] {
        assert!(!run.out.contains(secret), "{secret}: {}", run.out);
    }
}

#[test]
fn a_wrong_code_is_recorded_in_a_file_with_the_calls_status() {
    let sandbox = Sandbox::builder().start().unwrap();
    let sent = run(program_for(&sandbox).args(["request", MOBILE, "--json"])).json();
    let file = std::env::temp_dir().join(format!("ants-otp-capture-{}.json", std::process::id()));
    let otp_id = sent["otp_id"].as_str().unwrap();
    let run =
        run(program_for(&sandbox).args(["capture", "--output", file.to_str().unwrap(), "verify", otp_id, "x71828"]));
    let written = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(run.status, 1, "{}", run.err);
    let vector: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!((&vector["outcome"]["code"], &vector["outcome"]["status"]), (&json!(1), &json!("wrong_code")));
    assert!(
        vector["request"]["body"].as_str().unwrap().contains("\"otpCode\":\"x00000\"") && !written.contains("71828")
    );
}

#[test]
fn an_answer_in_the_coding_of_thai_windows_is_recorded_as_text() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let service = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).unwrap() > 0);
        // "Credit not enough".
        let body = b"{\"error\":{\"message\":\"\xE0\xA4\xC3\xB4\xD4\xB5\xCB\xC1\xB4\"}}";
        let head = format!("HTTP/1.1 400 Bad Request\nContent-Length: {}\n\n", body.len());
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    });
    let run = run(program_at(&format!("http://{address}")).args(["capture", "--json", "balance"]));
    service.join().unwrap();
    assert_eq!(run.json()["answer"]["body"], r#"{"error":{"message":"เครดิตหมด"}}"#, "{}", run.err);
    assert_eq!(run.json()["outcome"]["code"], 9995);
}

#[test]
fn a_record_that_cannot_be_written_is_printed_for_the_call_was_made() {
    let sandbox = Sandbox::builder().start().unwrap();
    let run = run(program_for(&sandbox).args(["capture", "--json", "--output", "/dev/null/x", "request", MOBILE]));
    assert_eq!(run.status, 5, "{run:?}");
    assert!(run.err.contains("cannot write to /dev/null/x: "), "{}", run.err);
    assert_eq!(run.json()["outcome"]["otp_id"], sandbox.messages()[0].otp_id);
}

#[test]
fn without_an_exchange_there_is_the_failure_alone() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = run(program_at(&format!("http://{closed}")).args(["capture", "--json", "balance"]));
    assert_eq!((run.status, &run.json()["code"]), (3, &json!(-11)));
}
