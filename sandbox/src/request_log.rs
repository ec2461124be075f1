//! What came in on the service's paths and what was answered, refusals too: what a person looks at whose program does not
//! get the answer that it expects. Nobody is shown a secret.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use ants_otp::Code;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri};
use serde_json::{Map, Value, json};

use crate::date::date;
use crate::mask::Secrets;
use ants_otp::Operation;

/// How many requests are kept.
const KEPT: usize = 1000;

/// How many bytes of a body are kept.
const LONGEST_BODY: usize = 8 * 1024;

/// How many bytes of the path and of each header's value are kept.
const LONGEST_VALUE: usize = 1024;

/// A request on the service's paths, or on one that is none, and what was answered; see [`Sandbox::requests`].
///
/// Secrets stand as `***` in it: credentials, the `otpCode`, and wherever either is repeated. `GET /sandbox/requests` shows the same
/// names, with `duration_ms` for [`duration`](LoggedRequest::duration).
///
/// [`Sandbox::requests`]: crate::Sandbox::requests
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The first one's is 1, and each has the next. A reset does not begin anew.
    pub id: u64,
    /// When it was answered, by the sandbox's clock.
    pub time: SystemTime,
    /// The HTTP method.
    pub method: String,
    /// The path, and the query where there is one.
    pub path: String,
    /// What was asked for; `None` on a path that is none of the service's.
    pub operation: Option<Operation>,
    /// The HTTP status. Where a fault hit the answer, that of the answer before.
    pub status: u16,
    /// What the service decided, as a number of the code table: 0 for success, 1 for a wrong code, 301 for instance for a
    /// refusal, −30 for a path or method that the service does not have.
    pub code: i32,
    /// The name of that code, such as `INVALID_OTP_CONFIG`.
    pub name: &'static str,
    /// Why it was refused, in a sentence; empty where it was not.
    pub reason: String,
    /// The number that was meant: as it was sent, or that of the OTP.
    pub mobile: Option<String>,
    /// The OTP: the one that was sent, or that was named.
    pub otp_id: Option<String>,
    /// What befell the answer: `silent`, `late`, `slow`, `cut-before`, `cut-after`, `half`, `html`, or `refuse`.
    pub fault: Option<&'static str>,
    /// From the arrival of the request's head until the answer was ready. The delay of a fault is not in it.
    pub duration: Duration,
    /// What came in.
    pub request: HttpContent,
    /// What was answered. Where a fault hit the answer, what would have been answered; of `html`, the page.
    pub answer: HttpContent,
}

/// Headers and body of a request or an answer, as the log keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct HttpContent {
    /// Names as they are usually written (`Content-Type`), with their values. Those of a repeated name are one, with commas.
    pub headers: Vec<(String, String)>,
    /// At most 8 KiB of the body. One that was longer ends with `…`.
    pub body: String,
}

impl HttpContent {
    fn new(headers: &HeaderMap, body: &str, secrets: &Secrets) -> HttpContent {
        let value = |name: &HeaderName| {
            let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            let masked: Vec<String> = values.map(|value| secrets.header(name, &value)).collect();
            cut(masked.join(", "), LONGEST_VALUE)
        };
        HttpContent {
            headers: headers.keys().map(|name| (usual(name.as_str()), value(name))).collect(),
            body: cut(secrets.mask(body), LONGEST_BODY),
        }
    }

    fn json(&self) -> Value {
        let headers: Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        json!({ "headers": headers, "body": self.body })
    }
}

/// What was made of a request.
pub(crate) struct Outcome {
    pub operation: Option<Operation>,
    pub code: Code,
    pub reason: String,
    pub mobile: Option<String>,
    pub otp_id: Option<String>,
    pub fault: Option<&'static str>,
}

/// A request as it came, and what was made of it. It is shown as a [`LoggedRequest`], which takes time that a call need not wait
/// for; secrets are masked there.
pub(crate) struct Exchange {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub outcome: Outcome,
    pub answer: Response<String>,
    pub duration: Duration,
}

impl Exchange {
    /// Whether it is too large to be kept as it is.
    fn is_large(&self) -> bool {
        let headers: usize = self.headers.values().map(HeaderValue::len).sum();
        self.body.len().max(headers).max(self.uri.path().len()) > LONGEST_BODY
    }

    fn shown(&self, id: u64, time: Duration) -> LoggedRequest {
        let body = String::from_utf8_lossy(&self.body);
        let secrets = Secrets::of(&self.headers, self.uri.query().unwrap_or_default(), &body);
        let path = self.uri.path_and_query().map_or(self.uri.path(), |path| path.as_str());
        let short = |text: &str| cut(secrets.mask(text), LONGEST_VALUE);
        let Outcome { operation, code, reason, mobile, otp_id, fault } = &self.outcome;
        LoggedRequest {
            id,
            time: SystemTime::UNIX_EPOCH + time,
            method: cut(self.method.to_string(), LONGEST_VALUE),
            path: short(path),
            operation: *operation,
            status: self.answer.status().as_u16(),
            code: code.number(),
            name: code.name(),
            reason: short(reason),
            mobile: mobile.as_deref().map(short),
            otp_id: otp_id.as_deref().map(short),
            fault: *fault,
            duration: self.duration,
            request: HttpContent::new(&self.headers, &body, &secrets),
            answer: HttpContent::new(self.answer.headers(), self.answer.body(), &secrets),
        }
    }
}

impl LoggedRequest {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "time": self.time.duration_since(SystemTime::UNIX_EPOCH).ok().and_then(date),
            "method": self.method,
            "path": self.path,
            "operation": self.operation,
            "status": self.status,
            "code": self.code,
            "name": self.name,
            "reason": self.reason,
            "mobile": self.mobile,
            "otp_id": self.otp_id,
            "fault": self.fault,
            "duration_ms": u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX),
            "request": self.request.json(),
            "answer": self.answer.json(),
        })
    }
}

enum Kept {
    /// With the time of the sandbox's clock.
    AsItCame(Box<Exchange>, Duration),
    Shown(Box<LoggedRequest>),
}

/// The newest [`KEPT`] requests, oldest first.
#[derive(Default)]
pub(crate) struct RequestLog {
    requests: VecDeque<Kept>,
    /// The id of the newest one that there ever was.
    newest: u64,
}

impl RequestLog {
    pub(crate) fn add(&mut self, exchange: Exchange, now: Duration) {
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        self.newest += 1;
        self.requests.push_back(if exchange.is_large() {
            Kept::Shown(Box::new(exchange.shown(self.newest, now)))
        } else {
            Kept::AsItCame(Box::new(exchange), now)
        });
    }

    /// The newest ones, so many at the most, oldest first.
    pub(crate) fn latest(&self, count: usize) -> impl Iterator<Item = LoggedRequest> {
        let first = self.newest - self.requests.len() as u64 + 1;
        let skipped = self.requests.len().saturating_sub(count);
        let numbered = (first..).zip(&self.requests).skip(skipped);
        numbered.map(|(id, kept)| match kept {
            Kept::AsItCame(exchange, time) => exchange.shown(id, *time),
            Kept::Shown(request) => (**request).clone(),
        })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = LoggedRequest> {
        self.latest(KEPT)
    }

    /// Those after the one with this id.
    pub(crate) fn after(&self, id: u64) -> impl Iterator<Item = LoggedRequest> {
        self.latest(usize::try_from(self.newest.saturating_sub(id)).unwrap_or(usize::MAX))
    }

    /// The id of the newest one that there ever was.
    pub(crate) fn newest(&self) -> u64 {
        self.newest
    }

    /// Forgets all. Ids go on, so that nobody takes a new one for one that is known.
    pub(crate) fn clear(&mut self) {
        self.requests.clear();
    }
}

/// `content-type` as it is usually written: `Content-Type`.
fn usual(name: &str) -> String {
    if name == "www-authenticate" {
        return "WWW-Authenticate".into();
    }
    let mut starts = true;
    let letters = name.chars().map(|c| {
        let sms = if starts { c.to_ascii_uppercase() } else { c };
        starts = c == '-';
        sms
    });
    letters.collect()
}

/// Not more than so many bytes of the text, and whole characters.
fn cut(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        let end = (0..=longest).rev().find(|&end| text.is_char_boundary(end));
        text.truncate(end.unwrap_or_default());
        text.push('…');
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn exchange(body: &str) -> Exchange {
        let head = Request::post("/otp/requestOTP").header("x-one", "1").header("x-one", "2").body(());
        let (head, ()) = head.unwrap().into_parts();
        let outcome =
            Outcome { operation: None, code: Code::Ok, reason: String::new(), mobile: None, otp_id: None, fault: None };
        Exchange {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body: body.into(),
            outcome,
            answer: Response::new(String::new()),
            duration: Duration::ZERO,
        }
    }

    fn logged(body: &str) -> LoggedRequest {
        exchange(body).shown(1, Duration::ZERO)
    }

    #[test]
    fn the_newest_are_kept_and_their_ids_go_on() {
        let mut log = RequestLog::default();
        let large = "x".repeat(LONGEST_BODY + 1);
        for number in 0..KEPT + 2 {
            log.add(exchange(if number % 2 == 0 { "" } else { &large }), Duration::ZERO);
        }
        let ids = |log: &RequestLog| log.all().map(|request| request.id).collect::<Vec<_>>();
        assert_eq!(ids(&log), (3..KEPT as u64 + 3).collect::<Vec<_>>());
        assert_eq!(log.after(log.newest() - 1).count(), 1);
        assert_eq!(log.after(log.newest()).count(), 0);
        assert_eq!(log.after(0).count(), KEPT);
        assert_eq!(log.latest(2).map(|request| request.id).collect::<Vec<_>>(), ids(&log)[KEPT - 2..]);
        log.clear();
        log.add(exchange(""), Duration::ZERO);
        assert_eq!(ids(&log), [KEPT as u64 + 3]);
    }

    #[test]
    fn a_long_body_is_cut_between_characters() {
        let body = "ก".repeat(LONGEST_BODY);
        let kept = logged(&body).request.body;
        assert!(kept.len() <= LONGEST_BODY + '…'.len_utf8() && kept.ends_with("ก…"), "{}", kept.len());
        assert_eq!(logged("short").request.body, "short");
    }

    #[test]
    fn repeated_headers_are_one() {
        assert_eq!(logged("").request.headers, [("X-One".to_owned(), "1, 2".to_owned())]);
    }
}
