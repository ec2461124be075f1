//! `listen`: receives delivery reports, shows them and passes them on. The core reads them; nothing that is received is
//! trusted or kept.

mod exec;
mod forward;
mod queue;

use crate::arguments::ClientOptions;
use crate::output::{self, Failure, Output};
use ants_otp::{Code, DeliveryReport, environment, parse_delivery_report};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use clap::{Args, ValueHint};
use exec::Told;
use forward::{Posted, Target};
use queue::Queue;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Longer reports are refused by the core; a little more is read so that it is the one to say so.
const MAX_BODY: usize = (1 << 20) + 1;
/// Whoever sends more slowly is left alone, and nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// What waits to be shown: a reader that is slow keeps the senders waiting.
const WAITING: usize = 16;

/// What can be typed after `listen`.
#[derive(Args)]
pub struct ListenOptions {
    /// The address to listen on. With any but a loopback address, everybody who can reach this machine can post reports
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS", value_hint = ValueHint::Other)]
    host: IpAddr,
    /// The port to listen on; 0 picks a free one
    #[arg(long, default_value_t = 0, value_hint = ValueHint::Other)]
    port: u16,
    /// Show the text of the SMS, which contains the OTP code
    #[arg(long)]
    show_text: bool,
    /// Exit after NUMBER reports
    #[arg(long, value_name = "NUMBER", value_hint = ValueHint::Other)]
    count: Option<u64>,
    /// Post each report to this URL as well, unchanged, with its OTP code. Tried once, for 10 s at most
    #[arg(long, value_name = "URL", value_parser = forward::target, value_hint = ValueHint::Url)]
    forward_to: Option<Target>,
    /// Run this shell command for each report, which it reads as JSON on standard input; 4 at most at once
    ///
    /// ANTS_OTP_REPORT_STATUS, _TO, _MESSAGE_ID and _CALLBACK_DATA are set. The text of the SMS is *** without --show-text.
    /// What the command prints goes to standard error.
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandString)]
    exec: Option<String>,
}

/// How reports are shown.
#[derive(Clone, Copy)]
struct Show {
    json: bool,
    text: bool,
}

/// Listens until it is stopped, nobody reads what it shows, or the number of reports has come.
pub fn serve(wanted: &ListenOptions, json: bool, client: &ClientOptions) -> Result<Output, Failure> {
    let address = SocketAddr::from((wanted.host, wanted.port));
    let refused =
        |error: std::io::Error| Failure::refused(Code::InvalidArgument, format!("cannot listen on {address}: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refused)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let passing = Passing::start(wanted, address, client)?;
        if !address.ip().is_loopback() {
            output::complain("warning: everybody who can reach this machine can post to it: reports prove nothing");
        }
        let (sender, mut received) = mpsc::channel(WAITING);
        let app = axum::Router::new().fallback(receive).with_state(Arc::new(sender));
        let server = tokio::spawn(axum::serve(listener, app).into_future());
        // Standard output is for reports alone.
        output::complain(&format!("listening: give http://{address}/ to a call as --notify-url; stop with Ctrl-C"));
        let show = Show { json, text: wanted.show_text };
        let (mut shown, mut written) = (0, Ok(()));
        while written.is_ok() && wanted.count.is_none_or(|count| shown < count) {
            let Some(Received { outcome, answered }) = received.recv().await else { break };
            let outcome = if passing.have_room() { outcome } else { outcome.refused() };
            // Elsewhere: whoever reads the output slowly must not stop the clock by which senders are answered.
            let showing = tokio::task::spawn_blocking(move || (outcome.show(show), outcome));
            let Ok((result, outcome)) = showing.await else { break };
            written = result;
            shown += outcome.reports();
            // The sender is told once the report has been shown.
            let _ = answered.send(outcome.answer());
            passing.pass_on(outcome, show);
        }
        // The last answer has a moment to leave.
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.abort();
        passing.finish();
        Ok(match written {
            Ok(()) => Output::nothing(),
            Err(error) => Output::nothing().incomplete(&format!("cannot write what came: {error}")),
        })
    })
}

/// Where reports go on to.
struct Passing {
    forward: Option<Queue<Posted>>,
    exec: Option<Queue<Told>>,
}

impl Passing {
    fn start(wanted: &ListenOptions, address: SocketAddr, client: &ClientOptions) -> Result<Self, Failure> {
        let refused = |why: String| Failure::refused(Code::InvalidArgument, why);
        // Its caller would choose what runs with its rights.
        if wanted.exec.is_some() && environment::is_privileged() {
            return Err(refused("--exec: not in a program that runs setuid or with file capabilities".to_owned()));
        }
        let forward = wanted.forward_to.as_ref().map(|target| target.queue(address, client)).transpose();
        let exec = wanted.exec.clone().map(exec::queue).transpose();
        Ok(Passing {
            forward: forward.map_err(|why| refused(format!("--forward-to: {why}")))?,
            exec: exec.map_err(|error| refused(format!("--exec: no thread can be started: {error}")))?,
        })
    }

    fn have_room(&self) -> bool {
        self.forward.as_ref().is_none_or(Queue::has_room) && self.exec.as_ref().is_none_or(Queue::has_room)
    }

    fn pass_on(&self, outcome: Outcome, show: Show) {
        let Outcome::Reports(reports, posted) = outcome else { return };
        if let Some(exec) = &self.exec {
            for report in reports {
                let json = fields(&report, show.text).to_string();
                exec.push(Told { report, json });
            }
        }
        if let Some(forward) = &self.forward {
            forward.push(posted);
        }
    }

    fn finish(self) {
        if let Some(forward) = self.forward {
            forward.finish();
        }
        if let Some(exec) = self.exec {
            exec.finish();
        }
    }
}

/// What came with one request, and how its sender is told what became of it.
struct Received {
    outcome: Outcome,
    answered: tokio::sync::oneshot::Sender<Answer>,
}

type Answer = (StatusCode, String);

enum Outcome {
    Reports(Vec<DeliveryReport>, Posted),
    /// Something else, how it is answered, and what is wrong with it.
    Problem(StatusCode, String),
}

/// Any path will do: `notify_url` is the user's to choose.
async fn receive(State(sender): State<Arc<mpsc::Sender<Received>>>, request: Request) -> Answer {
    if request.method() != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, "Delivery reports are posted.\n".to_owned());
    }
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let outcome = match tokio::time::timeout(PATIENCE, read(request.into_body())).await {
        Err(_) => return (StatusCode::REQUEST_TIMEOUT, "The report did not come in time.\n".to_owned()),
        Ok(Err(())) => {
            let problem = "the body is longer than 1 MiB, or incomplete";
            Outcome::Problem(StatusCode::PAYLOAD_TOO_LARGE, problem.to_owned())
        }
        Ok(Ok(body)) => match parse_delivery_report(&body, &content_type) {
            Ok(reports) => Outcome::Reports(reports, Posted { body, content_type }),
            Err(error) => Outcome::Problem(StatusCode::BAD_REQUEST, error.message().to_owned()),
        },
    };
    let (answered, answer) = tokio::sync::oneshot::channel();
    let shown = async {
        sender.send(Received { outcome, answered }).await.ok()?;
        answer.await.ok()
    };
    match tokio::time::timeout(PATIENCE, shown).await {
        Ok(Some(answer)) => answer,
        _ => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
    }
}

async fn read(body: Body) -> Result<Bytes, ()> {
    to_bytes(body, MAX_BODY).await.map_err(drop)
}

impl Outcome {
    fn reports(&self) -> u64 {
        match self {
            Outcome::Reports(reports, _) => reports.len() as u64,
            Outcome::Problem(..) => 0,
        }
    }

    /// The same, if nothing more can be passed on.
    fn refused(self) -> Outcome {
        match self {
            Outcome::Reports(..) => {
                let problem = "too many reports wait for --forward-to or --exec: this one was not taken";
                Outcome::Problem(StatusCode::SERVICE_UNAVAILABLE, problem.to_owned())
            }
            problem => problem,
        }
    }

    fn answer(&self) -> Answer {
        match self {
            Outcome::Reports(..) => (StatusCode::OK, String::new()),
            Outcome::Problem(status, problem) => (*status, format!("{problem}\n")),
        }
    }

    fn show(&self, show: Show) -> std::io::Result<()> {
        match self {
            Outcome::Reports(reports, _) => reports.iter().try_for_each(|report| {
                output::write_line(&if show.json {
                    fields(report, show.text).to_string()
                } else {
                    text(report, show.text)
                })
            }),
            Outcome::Problem(status, problem) => {
                output::complain(&format!("refused with HTTP {}: {problem}", status.as_u16()));
                Ok(())
            }
        }
    }
}

fn fields(report: &DeliveryReport, show_text: bool) -> Value {
    json!({
        "command": "listen",
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
