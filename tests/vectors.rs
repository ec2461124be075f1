//! Exchanges recorded by `ants-otp capture` (tests/vectors), replayed: the client sends what it sent then, reads the answer
//! as it came, and comes to the same outcome.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::{Call, Client, Error};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use support::{Next, Server, options};

fn vectors() -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let vector = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        (path.file_name().unwrap().to_string_lossy().into_owned(), vector)
    };
    paths.into_iter().map(read).collect()
}

/// The answer with its body in one piece, which is how it was recorded.
fn answer(vector: &Value) -> Vec<u8> {
    let (status, body) = (&vector["answer"]["http_status"], vector["answer"]["body"].as_str().unwrap());
    let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
    for header in vector["answer"]["headers"].as_array().unwrap() {
        head += &format!("{}: {}\r\n", header[0].as_str().unwrap(), header[1].as_str().unwrap());
    }
    format!("{head}\r\n{body}").into_bytes()
}

/// Asks as the recorded request did.
fn call(client: &Client, operation: &str, body: &Value) -> Result<Value, Error> {
    let text = |key: &str| body[key].as_str();
    let mut call = Call::new().mobile_as_given(true);
    if let Some(otc_id) = text("otcId") {
        call = call.otc_id(otc_id);
    }
    if let Some(url) = text("notifyUrl") {
        call = call.notify_url(url);
    }
    if let Some(content_type) = text("notifyContentType") {
        call = call.notify_content_type(content_type);
    }
    if let Some(data) = text("callbackData") {
        call = call.callback_data(data);
    }
    let sent =
        |sent: ants_otp::Sent| json!({ "code": 0, "otp_id": sent.otp_id(), "reference_code": sent.reference_code() });
    match (operation, text("otpId")) {
        ("request", _) => client.request_with(text("mobile").unwrap(), &call).map(sent),
        ("resend", Some(otp_id)) => client.resend_with(otp_id, &call).map(sent),
        ("resend", None) => client.resend_newest(&call).map(sent),
        ("verify", otp_id) => client
            .verify_with(otp_id.unwrap(), text("otpCode").unwrap(), &call)
            .map(|verdict| json!({ "code": verdict.code().number(), "status": verdict.status().name() })),
        ("balance", _) => client
            .balance_with(&call)
            .map(|account| json!({ "code": 0, "type": account.kind(), "credit": account.credit() })),
        _ => panic!("an operation that this test does not know: {operation}"),
    }
}

#[test]
fn each_recorded_exchange_is_asked_read_and_judged_as_it_was() {
    let vectors = vectors();
    assert!(vectors.len() >= 3);
    for (name, vector) in vectors {
        let bytes = answer(&vector);
        let server = Server::start(move |_, stream| {
            let _ = stream.write_all(&bytes);
            Next::Keep
        });
        let client = options(&server.url()).build().unwrap();
        let recorded = vector["request"]["body"].as_str().unwrap();
        let outcome = call(&client, vector["operation"].as_str().unwrap(), &serde_json::from_str(recorded).unwrap());
        let (outcome, delivery) = match outcome {
            Ok(outcome) => (outcome, "ANSWERED"),
            Err(error) => (
                json!({
                    "code": error.code().number(), "http_status": error.http_status(),
                    "service_message": error.service_message(),
                }),
                error.delivery().name(),
            ),
        };
        assert_eq!(vector["outcome"]["delivery"], delivery, "{name}");
        for (key, value) in outcome.as_object().unwrap() {
            assert_eq!(&vector["outcome"][key], value, "{name}: {key}");
        }
        let seen = server.seen().remove(0);
        assert_eq!(seen.body, recorded, "{name}");
        assert!(seen.head.starts_with(&format!("POST {} ", vector["request"]["path"].as_str().unwrap())), "{name}");
    }
}

#[test]
fn no_vector_holds_a_secret() {
    for (name, vector) in vectors() {
        let body: Value = serde_json::from_str(vector["request"]["body"].as_str().unwrap()).unwrap();
        if let Some(mobile) = body["mobile"].as_str() {
            assert!(mobile.starts_with("668") && mobile[3..].bytes().all(|byte| byte == b'0'), "{name}");
        }
        if let Some(code) = body["otpCode"].as_str() {
            assert!(code.chars().all(|c| matches!(c, '0' | 'x' | 'X')), "{name}");
        }
        for header in vector["request"]["headers"].as_array().unwrap() {
            if header[0] == "authorization" {
                let (_, value) = header[1].as_str().unwrap().split_once(' ').unwrap();
                assert!(value.bytes().all(|byte| byte == b'x'), "{name}");
            }
        }
    }
}
