//! `capture`: one call, and a record of what travelled without its secrets, in the form of tests/vectors.

mod redact;

use crate::arguments::{ClientOptions, ServiceCall};
use crate::head::{self, Message};
use crate::output::{Failure, Output};
use ants_otp::Record;
use redact::Redaction;
use serde_json::{Value, json};
use std::path::Path;

/// Headers of an answer that matter to whoever reads it. The others may be anything, a session's cookie for example; those
/// that say how the body is cut are no more true of the record.
const ANSWER_HEADERS: [&str; 4] = ["content-type", "date", "retry-after", "server"];
const REQUEST_HEADERS: [&str; 6] = ["accept", "authorization", "content-length", "content-type", "host", "user-agent"];

/// Runs the call and writes its record to `output`, or prints it.
pub fn run(options: &ClientOptions, call: &ServiceCall, output: Option<&Path>) -> Result<Output, Failure> {
    let record = Record::new();
    let outcome = crate::call(options, call, Some(&record)).unwrap_or_else(Failure::into_output);
    let sent = record.sent();
    let Some(request) = head::message(&sent) else {
        // Nothing travelled: there is only the failure to tell.
        return Ok(outcome);
    };
    let received = record.received();
    let redaction = Redaction::of(&request);
    let vector = json!({
        "operation": call.operation().name(),
        "request": written_request(&request, &redaction),
        "answer": head::message(&received).map(|answer| written_answer(&answer, &redaction)),
        "outcome": redaction.value(outcome.json()),
    });
    let status = outcome.status();
    let Some(path) = output else {
        return Ok(Output::new(pretty(&vector), vector).with_status(status));
    };
    if let Err(error) = std::fs::write(path, pretty(&vector) + "\n") {
        // The call was made, and its otp id may have cost an SMS: the record goes where it can be seen.
        let record = Output::new(pretty(&vector), vector).with_status(status);
        return Ok(record.incomplete(&format!("cannot write to {}: {error}", path.display())));
    }
    let text = format!("Written to {}: review it before you share it.", path.display());
    Ok(Output::new(text, json!({ "file": path.display().to_string(), "outcome": vector["outcome"] }))
        .with_status(status))
}

fn written_request(request: &Message<'_>, redaction: &Redaction) -> Value {
    let mut line = request.first_line.split(' ');
    json!({
        "method": line.next(),
        "path": line.next(),
        "headers": headers(request, &REQUEST_HEADERS, redaction),
        "body": redaction.body(&String::from_utf8_lossy(request.body)),
    })
}

fn written_answer(answer: &Message<'_>, redaction: &Redaction) -> Value {
    let status = answer.first_line.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
    json!({
        "http_status": status,
        "headers": headers(answer, &ANSWER_HEADERS, redaction),
        "body": redaction.body(&ants_otp::body_text(&answer.whole_body())),
    })
}

fn headers(message: &Message<'_>, kept: &[&str], redaction: &Redaction) -> Value {
    let kept = message.headers.iter().filter(|(name, _)| kept.contains(&name.as_str()));
    kept.map(|(name, value)| json!([name, redaction.header(name, value)])).collect()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
