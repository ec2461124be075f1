//! What the real service does not have: `/sandbox/…`, with which a test in any language reads the SMS and moves the clock.
//! No credentials: it is the telephone's view, on loopback only.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use crate::Fate;
use crate::answer::Answer;
use crate::api::{Shared, lock};
use crate::body;
use crate::date::date;
use crate::fault::Fault;
use crate::query::MessageQuery;
use crate::service::Service;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/sandbox/messages", get(messages))
        .route("/sandbox/requests", get(requests))
        .route("/sandbox/reports", post(decide_report))
        .route("/sandbox/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/sandbox/clock", get(clock).post(advance))
        .route("/sandbox/reset", post(reset))
}

/// All SMS or those to one number; where there is none, the first that comes within the time that was asked for. That is the
/// world's time: a fixed clock would wait for ever.
async fn messages(State(service): State<Shared>, uri: Uri) -> Response {
    let query = match MessageQuery::read(uri.query().unwrap_or_default()) {
        Ok(query) => query,
        Err(problem) => return Answer::bad_request(problem).json(),
    };
    let end = Instant::now() + query.wait;
    let mut changes = lock(&service).changes();
    loop {
        let messages = {
            let service = &*lock(&service);
            changes.mark_unchanged();
            service.messages_json(|mobile| query.asks_for(mobile))
        };
        let is_empty = messages.as_array().is_some_and(Vec::is_empty);
        let changed = tokio::time::timeout_at(end.into(), changes.changed());
        if !is_empty || query.wait.is_zero() || !matches!(changed.await, Ok(Ok(()))) {
            return Answer::ok(messages).json();
        }
    }
}

async fn requests(State(service): State<Shared>) -> Response {
    let requests = lock(&service).requests.all().map(|request| request.json()).collect();
    Answer::ok(requests).json()
}

/// A person decides what becomes of an SMS.
async fn decide_report(State(service): State<Shared>, http: Request) -> Response {
    let decided = object(http).await.and_then(|body| {
        let otp_id = body.get("otp_id").and_then(Value::as_str);
        let otp_id = otp_id.ok_or_else(|| Answer::bad_request("otp_id is missing or not text"))?;
        // What is no text is no status either.
        let status =
            body.get("status").map_or(Ok(Fate::Delivered), |status| status.as_str().unwrap_or_default().parse());
        let fate = status.map_err(|error| Answer::bad_request(format!("status: {error}")))?;
        match lock(&service).decide(otp_id, fate) {
            Some(decided) => decided.map(Answer::ok).map_err(internal),
            None => Err(not_found("no SMS has this otp_id")),
        }
    });
    decided.unwrap_or_else(|refused| refused).json()
}

async fn faults(State(service): State<Shared>) -> Response {
    let faults = lock(&service).faults.json();
    Answer::ok(faults).json()
}

async fn add_fault(State(service): State<Shared>, http: Request) -> Response {
    let added = object(http).await.and_then(|body| {
        let fault = Fault::read(&body).map_err(Answer::bad_request)?;
        let service = &mut *lock(&service);
        if !service.faults.add(fault) {
            return Err(Answer::bad_request("there are too many faults: remove them first"));
        }
        service.commit().map_err(internal)?;
        Ok(Answer { status: StatusCode::CREATED.as_u16(), body: service.faults.json() })
    });
    added.unwrap_or_else(|refused| refused).json()
}

async fn clear_faults(State(service): State<Shared>) -> Response {
    let service = &mut *lock(&service);
    service.faults.clear();
    done(service.commit(), json!([]))
}

async fn clock(State(service): State<Shared>) -> Response {
    let clock = clock_json(&lock(&service));
    Answer::ok(clock).json()
}

async fn advance(State(service): State<Shared>, http: Request) -> Response {
    let seconds = object(http).await.ok().and_then(|body| body.get("advance_seconds")?.as_f64());
    let Some(by) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) else {
        let wanted = "send {\"advance_seconds\": n}, n a number of seconds that is not negative";
        return Answer::bad_request(wanted).json();
    };
    let service = &mut *lock(&service);
    let moved = service.advance(by);
    done(moved, clock_json(service))
}

/// The body is thrown away, whatever it is.
async fn reset(State(service): State<Shared>, http: Request) -> Response {
    // Read all the same, so that the connection can be kept.
    let _ = body::read(http.into_body()).await;
    let service = &mut *lock(&service);
    let reset = service.reset();
    done(reset, clock_json(service))
}

/// The clock as JSON.
pub(crate) fn clock_json(service: &Service) -> Value {
    let clock = service.clock();
    json!({
        "now": date(clock.now()),
        "advanced_seconds": clock.advanced().as_secs_f64(),
        "running": clock.is_running(),
    })
}

fn done(result: std::io::Result<()>, body: Value) -> Response {
    result.map_or_else(internal, |()| Answer::ok(body)).json()
}

fn internal(error: std::io::Error) -> Answer {
    let error = json!({ "message": "Exception", "description": error.to_string() });
    Answer { status: 500, body: json!({ "error": error }) }
}

fn not_found(description: &str) -> Answer {
    Answer { status: 404, body: json!({ "error": { "message": "Not Found", "description": description } }) }
}

/// The JSON object that a request holds. Any Content-Type is taken, so that `curl -d` works.
async fn object(http: Request) -> Result<Map<String, Value>, Answer> {
    let body = body::read(http.into_body()).await.map_err(|_| Answer::bad_request("the body is too large"))?;
    match serde_json::from_slice(&body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Answer::bad_request("the body is not a JSON object")),
    }
}
