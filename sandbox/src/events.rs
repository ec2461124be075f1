//! `GET /sandbox/events`: what happens, as it happens, as server-sent events (HTML standard, section 9.2).

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use http_body_util::channel::{Channel, Sender};
use serde_json::{Value, json};

use crate::api::{Shared, lock};
use crate::message;
use crate::service::Service;
use crate::tools::clock_json;

/// After so long without an event a comment is sent, by which both sides notice that the other is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/sandbox/events", get(events))
}

async fn events(State(service): State<Shared>) -> Response {
    let (sender, body) = Channel::<_>::new(4);
    tokio::spawn(tell(service, sender));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// Tells one listener until it is gone.
async fn tell(service: Shared, mut listener: Sender<Bytes>) {
    let mut changes = lock(&service).changes();
    let mut known: Option<Known> = None;
    loop {
        let (news, wait) = {
            let service = &*lock(&service);
            changes.mark_unchanged();
            (news(service, &mut known), next_change(service))
        };
        let news = if news.is_empty() { ":\n\n".into() } else { news };
        if listener.send_data(Bytes::from(news)).await.is_err() {
            return;
        }
        let wait = wait.unwrap_or(KEEP_ALIVE).min(KEEP_ALIVE);
        // Whether something changed or the time has come, the next look tells what is new.
        drop(tokio::time::timeout(wait, changes.changed()).await);
    }
}

/// What a listener has been told.
struct Known {
    resets: u64,
    revision: u64,
    now: Duration,
    advanced: Duration,
    faults: Value,
    /// The id of the newest.
    request: u64,
}

impl Known {
    fn of(service: &Service) -> Known {
        Known {
            resets: service.resets,
            revision: service.outbox.revision(),
            now: service.now(),
            advanced: service.clock().advanced(),
            faults: service.faults.json(),
            request: service.requests.newest(),
        }
    }
}

/// What the listener does not know yet, as events.
fn news(service: &Service, known: &mut Option<Known>) -> String {
    let present = Known::of(service);
    let text = match known.as_ref().filter(|known| known.resets == present.resets) {
        Some(known) => changes(service, known, &present),
        None => event("snapshot", &snapshot(service)),
    };
    *known = Some(present);
    text
}

fn changes(service: &Service, known: &Known, present: &Known) -> String {
    let mut text = String::new();
    if present.advanced != known.advanced {
        text.push_str(&event("clock", &clock_json(service)));
    }
    if present.faults != known.faults {
        text.push_str(&event("faults", &present.faults));
    }
    for otp in service.outbox.changed_or(known.revision, |otp| otp.changed_by_itself(known.now, present.now)) {
        text.push_str(&event("message", &message::json(otp, present.now)));
    }
    for request in service.requests.after(known.request) {
        text.push_str(&event("request", &request.json()));
    }
    text
}

/// Everything that is kept, so that a filter looks through all of it.
fn snapshot(service: &Service) -> Value {
    json!({
        "messages": service.messages_json(|_| true),
        "requests": service.requests.all().map(|request| request.json()).collect::<Vec<Value>>(),
        "clock": clock_json(service),
        "faults": service.faults.json(),
        "account": service.example_account(),
    })
}

/// JSON holds no line break, so it is one line of data.
fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// How long until something changes by itself, if time goes by itself.
fn next_change(service: &Service) -> Option<Duration> {
    let now = service.now();
    let next = service.outbox.iter().filter_map(|otp| otp.next_change(now)).min();
    next.filter(|_| service.clock().is_running()).map(|next| next.saturating_sub(now))
}
