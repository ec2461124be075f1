//! `listen`: receives delivery reports and shows them. The core reads them; nothing that is received is trusted or kept.

use crate::report::{self, Failure, Report};
use ants_otp::{Code, DeliveryReport, parse_delivery_report};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Longer reports are refused by the core; a little more is read so that it is the one to say so.
const MAX_BODY: usize = (1 << 20) + 1;
/// Whoever sends more slowly is left alone.
const PATIENCE: Duration = Duration::from_secs(10);
/// What waits to be shown: a reader that is slow keeps the senders waiting.
const WAITING: usize = 16;

/// How reports are shown.
#[derive(Clone, Copy)]
pub struct Show {
    pub json: bool,
    pub text: bool,
}

/// Listens until it is stopped, nobody reads what it shows, or `count` reports have come.
pub fn serve(address: SocketAddr, count: Option<u64>, show: Show) -> Result<Report, Failure> {
    let refused =
        |error: std::io::Error| Failure::refused(Code::InvalidArgument, format!("cannot listen on {address}: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refused)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await.map_err(refused)?;
        let url = format!("http://{}/", listener.local_addr().map_err(refused)?);
        if !address.ip().is_loopback() {
            report::complain("warning: everybody who can reach this machine can post to it: reports prove nothing");
        }
        let ready = if show.json {
            json!({ "url": url }).to_string()
        } else {
            format!("Listening: give {url} to a call as --notify-url; stop with Ctrl-C.")
        };
        let (sender, mut received) = mpsc::channel(WAITING);
        let app = axum::Router::new().fallback(receive).with_state(Arc::new(sender));
        let server = tokio::spawn(axum::serve(listener, app).into_future());
        let mut shown = 0;
        let mut written = report::write_line(&ready);
        while written.is_ok() && count.is_none_or(|count| shown < count) {
            let Some(Received { outcome, answered }) = received.recv().await else { break };
            written = outcome.lines(show).iter().try_for_each(|line| report::write_line(line));
            shown += outcome.reports();
            // The sender is told once the report has been shown.
            let _ = answered.send(());
        }
        // The last answer has a moment to leave.
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.abort();
        Ok(match written {
            Ok(()) => Report::nothing(),
            Err(error) => Report::nothing().incomplete(&format!("what came cannot be written: {error}")),
        })
    })
}

/// What came with one request, and how its sender is told that it was shown.
struct Received {
    outcome: Outcome,
    answered: tokio::sync::oneshot::Sender<()>,
}

enum Outcome {
    Reports(Vec<DeliveryReport>),
    /// Something else, and what is wrong with it.
    Problem(String),
}

/// Any path will do: `notify_url` is the user's to choose.
async fn receive(State(sender): State<Arc<mpsc::Sender<Received>>>, request: Request) -> (StatusCode, String) {
    if request.method() != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, "Delivery reports are posted.\n".to_owned());
    }
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let (status, outcome) = match tokio::time::timeout(PATIENCE, read(request.into_body())).await {
        Err(_) => return (StatusCode::REQUEST_TIMEOUT, "The report did not come in time.\n".to_owned()),
        Ok(Err(())) => {
            (StatusCode::PAYLOAD_TOO_LARGE, Outcome::Problem("A body of more than 1 MiB, or half of one.".to_owned()))
        }
        Ok(Ok(body)) => match parse_delivery_report(&body, &content_type) {
            Ok(reports) => (StatusCode::OK, Outcome::Reports(reports)),
            Err(error) => (StatusCode::BAD_REQUEST, Outcome::Problem(error.message().to_owned())),
        },
    };
    let said = match &outcome {
        Outcome::Reports(_) => String::new(),
        Outcome::Problem(problem) => format!("{problem}\n"),
    };
    let (answered, shown) = tokio::sync::oneshot::channel();
    if sender.send(Received { outcome, answered }).await.is_err() || shown.await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, String::new());
    }
    (status, said)
}

async fn read(body: Body) -> Result<axum::body::Bytes, ()> {
    to_bytes(body, MAX_BODY).await.map_err(drop)
}

impl Outcome {
    fn reports(&self) -> u64 {
        match self {
            Outcome::Reports(reports) => reports.len() as u64,
            Outcome::Problem(_) => 0,
        }
    }

    fn lines(&self, show: Show) -> Vec<String> {
        match self {
            Outcome::Reports(reports) if show.json => {
                reports.iter().map(|report| fields(report, show.text).to_string()).collect()
            }
            Outcome::Reports(reports) => reports.iter().map(|report| text(report, show.text)).collect(),
            Outcome::Problem(problem) if show.json => vec![json!({ "problem": problem }).to_string()],
            Outcome::Problem(problem) => vec![format!("refused: {problem}")],
        }
    }
}

fn fields(report: &DeliveryReport, show_text: bool) -> Value {
    json!({
        "bulk_id": report.bulk_id(),
        "message_id": report.message_id(),
        "to": report.to(),
        "from": report.from(),
        "text": if show_text { report.text() } else { masked(report) },
        "credit": report.credit(),
        "sent_date": report.sent_date(),
        "done_date": report.done_date(),
        "status_code": report.status_code(),
        "status_name": report.status_name(),
        "status_description": report.status_description(),
        "callback_data": report.callback_data(),
        "is_delivered": report.is_delivered(),
    })
}

fn masked(report: &DeliveryReport) -> &'static str {
    if report.text().is_empty() { "" } else { "***" }
}

/// One line, then what there is of the rest.
fn text(report: &DeliveryReport, show_text: bool) -> String {
    let mut text = format!("{} to {}", report.status_name(), report.to());
    let rest = [
        ("status", [report.status_code(), report.status_description()].join(" ").trim().to_owned()),
        ("message id", report.message_id().to_owned()),
        ("bulk id", report.bulk_id().to_owned()),
        ("callback", report.callback_data().to_owned()),
        ("from", report.from().to_owned()),
        ("sent", report.sent_date().to_owned()),
        ("done", report.done_date().to_owned()),
        ("credit", report.credit().to_owned()),
        ("text", if show_text { report.text() } else { masked(report) }.to_owned()),
    ];
    for (name, value) in rest.iter().filter(|(_, value)| !value.is_empty()) {
        text += &format!("\n  {name:<12}{value}");
    }
    text
}
