//! `openapi.json` against the implementation: the same paths and methods, and answers as they are described.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ants_otp_sandbox::{Dialect, Sandbox};
use common::{Answer, CODE, Caller, MOBILE, UNKNOWN_ID, basic, send};
use serde_json::{Value, json};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// What the document does not describe: the page, the document itself, and the page's files.
fn is_undescribed(path: &str) -> bool {
    ["/", "/openapi.json"].contains(&path) || path.starts_with("/sandbox/page/")
}

fn document() -> Value {
    serde_json::from_str(include_str!("../openapi.json")).unwrap()
}

/// A sandbox in the dialect that the document describes.
fn sandbox() -> Sandbox {
    let dialect = Dialect { error_statuses: true, ..Dialect::default() };
    let builder = Sandbox::builder().clock(ants_otp_sandbox::Clock::fixed()).dialect(dialect);
    builder.codes(ants_otp_sandbox::Codes::fixed(CODE)).start().unwrap()
}

fn call(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> Answer {
    let authorization = basic(sandbox.username(), sandbox.password());
    let headers = format!("Authorization: {authorization}\r\nContent-Type: application/json\r\n");
    send(sandbox, &method.to_uppercase(), path, &headers, body.to_string().as_bytes())
}

/// The paths of every `.route("…"` in the sources.
fn routes() -> BTreeSet<String> {
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let text: String = sources.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let squeezed: String = text.split_whitespace().collect();
    squeezed.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn it_is_served_as_it_stands_here() {
    let answer = send(&sandbox(), "GET", "/openapi.json", "", b"");
    assert_eq!((answer.status, answer.text.as_str()), (200, include_str!("../openapi.json")));
    assert!(answer.head.contains("content-type: application/json"));
    assert_eq!(answer.json()["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn it_describes_every_path_and_no_other() {
    let described: BTreeSet<String> = document()["paths"].as_object().unwrap().keys().cloned().collect();
    let routes = routes().into_iter().filter(|path| !is_undescribed(path));
    assert_eq!(described, routes.collect());
}

#[test]
fn it_describes_every_method_and_no_other() {
    let (sandbox, document) = (sandbox(), document());
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            if path == "/sandbox/events" && method == "get" {
                // It would never end; events.rs has its own tests.
                continue;
            }
            let answer = call(&sandbox, method, path, &json!({}));
            assert_eq!(answer.status != 405, operations.get(method).is_some(), "{method} {path}");
        }
    }
}

#[test]
fn answers_are_as_described() {
    let sandbox = sandbox();
    let caller = Caller::new(&sandbox);
    let otp_id = caller.requested(MOBILE);
    let otc_id = sandbox.otc_id();
    let request = |mobile: &str| json!({"otcId": otc_id, "mobile": mobile});
    for (method, path, body, status) in [
        ("post", "/otp/requestOTP", request(MOBILE), 200),
        ("post", "/otp/requestOTP", request("66800000307"), 400),
        ("post", "/otp/requestOTP", request("66800009998"), 401),
        ("post", "/otp/requestOTP", request("66800009995"), 402),
        ("post", "/otp/requestOTP", json!({"otcId": "x".repeat(70_000)}), 413),
        ("post", "/otp/requestOTP", request("66800000429"), 429),
        ("post", "/otp/requestOTP", request("66800009999"), 500),
        ("post", "/otp/verifyOTP", json!({"otpId": otp_id, "otpCode": "0"}), 200),
        ("post", "/otp/verifyOTP", json!({"otpId": UNKNOWN_ID, "otpCode": "0"}), 400),
        ("post", "/otp/resendOTP", json!({"otpId": otp_id}), 200),
        ("post", "/otp/resendOTP", json!({}), 400),
        ("post", "/account/balance", json!({}), 200),
        ("post", "/account/balance", json!([]), 400),
        ("get", "/sandbox/messages", json!({}), 200),
        ("get", "/sandbox/requests", json!({}), 200),
        ("post", "/sandbox/reports", json!({"otp_id": otp_id, "status": "REJECTED"}), 200),
        ("post", "/sandbox/reports", json!({}), 400),
        ("post", "/sandbox/reports", json!({"otp_id": "unknown"}), 404),
        ("post", "/sandbox/faults", json!({"fault": "late", "operation": "verify", "calls": 2}), 201),
        ("post", "/sandbox/faults", json!({"fault": "half", "operation": "verify", "rate": 0.5}), 201),
        ("post", "/sandbox/faults", json!({"fault": "other"}), 400),
        ("get", "/sandbox/faults", json!({}), 200),
        ("delete", "/sandbox/faults", json!({}), 200),
        ("get", "/sandbox/clock", json!({}), 200),
        ("post", "/sandbox/clock", json!({"advance_seconds": 1}), 200),
        ("post", "/sandbox/clock", json!({}), 400),
        ("post", "/sandbox/reset", json!({}), 200),
    ] {
        let answer = call(&sandbox, method, path, &body);
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.text);
        assert_described(&document(), method, path, &answer);
    }
}

#[track_caller]
fn assert_described(document: &Value, method: &str, path: &str, answer: &Answer) {
    let response = &document["paths"][path][method]["responses"][answer.status.to_string()];
    let response = resolved(document, response);
    assert!(response.is_object(), "{method} {path}: {} is not described", answer.status);
    for header in response["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        assert!(answer.head.contains(&format!("\r\n{}: ", header.to_lowercase())), "{header}");
    }
    let schema = &response["content"]["application/json"]["schema"];
    let problem = problem(document, schema, &answer.json());
    assert_eq!(problem, None, "{method} {path} {}: {}", answer.status, answer.text);
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// What is wrong with the value, by the part of JSON Schema that the answers are described with.
fn problem(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let schema = resolved(document, schema);
    assert!(schema.is_object(), "no schema: {schema}");
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices.iter().filter(|choice| problem(document, choice, value).is_none()).count();
        return (fitting != 1).then(|| format!("{value} fits {fitting} of {schema}"));
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    if !types.iter().any(|name| is_of(name.as_str().unwrap(), value)) {
        return Some(format!("{value} is not {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        return Some(format!("{value} is not one of {}", schema["enum"]));
    }
    let items = value.as_array().into_iter().flatten().filter(|_| schema["items"].is_object());
    items
        .clone()
        .find_map(|item| problem(document, &schema["items"], item))
        .or_else(|| fields_problem(document, schema, value))
}

fn fields_problem(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let fields = value.as_object()?;
    let required = schema["required"].as_array().into_iter().flatten();
    let missing = required.filter_map(Value::as_str).find(|name| !fields.contains_key(*name));
    if let Some(missing) = missing {
        return Some(format!("{missing} is missing"));
    }
    fields.iter().find_map(|(name, value)| match schema["properties"].get(name) {
        Some(schema) => problem(document, schema, value),
        None if schema["additionalProperties"].is_object() => problem(document, &schema["additionalProperties"], value),
        None => Some(format!("{name} is not described")),
    })
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    }
}
