//! What the real service does not have: `/sandbox/…`, with which a test in any language reads the SMS and moves the clock.
//! No credentials: it is the telephone's view, on loopback only.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::api::{Shared, lock, respond};
use crate::body;
use crate::dialect::Answer;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/sandbox/messages", get(messages)).route("/sandbox/clock", post(clock))
}

async fn messages(State(service): State<Shared>) -> Response {
    let messages = lock(&service).messages();
    respond(Answer::ok(json!(messages)))
}

/// Any Content-Type is taken, so that `curl -d` works.
async fn clock(State(service): State<Shared>, http: Request) -> Response {
    let body = body::read(http.into_body()).await.unwrap_or_default();
    respond(match advance_seconds(&body) {
        Some(by) => {
            let advanced = lock(&service).advance(by);
            Answer::ok(json!({ "advanced_seconds": advanced.as_secs_f64() }))
        }
        None => Answer {
            status: 400,
            body: json!({ "error": {
                "message": "Bad Request",
                "description": "send {\"advance_seconds\": n}, n a number of seconds that is not negative",
            }}),
        },
    })
}

fn advance_seconds(body: &[u8]) -> Option<Duration> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Duration::try_from_secs_f64(body.get("advance_seconds")?.as_f64()?).ok()
}
