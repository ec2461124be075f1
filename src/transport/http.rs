//! One POST and its answer on a connection. ureq-proto, the protocol machine of ureq, writes and reads HTTP/1.1; what it is
//! given to write and to read, and whether its answer can be trusted, is decided here.

use super::bounds::Bounds;
use super::chunks::Chunks;
use super::connection::{Connection, InFlight, MAX_BODY, Written};
use super::failure::Failure;
use super::head::{self, MAX_HEAD};
use crate::Code;
use crate::answer::Answer;
use crate::secret::{Secret, Wiped};
use std::time::{Duration, SystemTime};
use ureq_proto::BodyMode;
use ureq_proto::client::state::{RecvBody, RecvResponse};
use ureq_proto::client::{Call, RecvResponseResult, SendRequestResult};
use ureq_proto::http::header::{CONTENT_LENGTH, HOST};
use ureq_proto::http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, Version};

/// What is sent.
pub(crate) struct Post<'a> {
    pub url: &'a Uri,
    /// The service's, as the Host header names it.
    pub host: &'a HeaderValue,
    /// Whole lines, the Authorization header among them: ureq-proto, which logs what it reads and writes, never holds it.
    pub headers: &'a Secret,
    /// JSON.
    pub body: &'a [u8],
}

impl Post<'_> {
    /// Sends it and reads the answer. Also tells whether the connection can carry another one.
    pub fn over(&self, connection: &mut Connection, bounds: &Bounds) -> Result<(Answer, bool), Failure> {
        let mut in_flight = connection.begin(bounds);
        let call = in_flight.send(self.room(), |output| self.write(output))?;
        let mut kept = Wiped::default();
        let (response, call) = read_head(&mut in_flight, call, bounds.keep_head.then_some(&mut kept))?;
        let framing = Framing::by(response.headers());
        if framing.is_coded || framing.is_chunked && response.version() != Version::HTTP_11 {
            return Err(distrusted());
        }
        let body = match call {
            RecvResponseResult::RecvBody(_) if framing.is_chunked => read_chunks(&mut in_flight)?,
            RecvResponseResult::RecvBody(call) => read_body(&mut in_flight, call)?,
            // Without a body. A redirect is not followed.
            RecvResponseResult::Redirect(_) | RecvResponseResult::Cleanup(_) => Wiped::default(),
        };
        let reusable = in_flight.is_clean() && is_reusable(&response, &framing);
        let retry_after = framing.retry_after.and_then(retry_after);
        let http_status = response.status().as_u16();
        Ok((Answer { http_status, retry_after, body: body.into(), head: kept, ..Answer::default() }, reusable))
    }

    /// As many bytes as it may have: ureq-proto writes whole lines, or none.
    fn room(&self) -> usize {
        const METHOD_VERSION_AND_NAMES: usize = 128;
        let target = self.url.path_and_query().map_or(1, |target| target.as_str().len());
        METHOD_VERSION_AND_NAMES + target + self.host.len() + self.headers.expose_secret().len() + self.body.len()
    }

    /// Writes head and body. None is what ureq-proto never makes of such a request.
    fn write(&self, output: &mut [u8]) -> Option<Written<Call<RecvResponse>>> {
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        // ureq-proto would write both anew for each call, at twice the price.
        request.headers_mut().insert(HOST, self.host.clone());
        request.headers_mut().insert(CONTENT_LENGTH, self.body.len().into());
        let mut call = Call::new(request).ok()?.proceed();
        let head = call.write(output).ok()?;
        let Ok(Some(SendRequestResult::SendBody(mut call))) = call.proceed() else { return None };
        // Ours go before the empty line. The body, too, is copied past ureq-proto, which would log it.
        let mut length = output.get(..head)?.strip_suffix(b"\r\n").filter(|lines| lines.ends_with(b"\r\n"))?.len();
        let mut append = |part: &[u8]| {
            output.get_mut(length..length + part.len())?.copy_from_slice(part);
            length += part.len();
            Some(length)
        };
        append(self.headers.expose_secret().as_bytes())?;
        let head = append(b"\r\n")?;
        let length = append(self.body)?;
        call.consume_direct_write(self.body.len()).ok()?;
        Some(Written { head, length, state: call.proceed()? })
    }
}

/// Reads the head. The whole of it goes to `keep`, as it came.
fn read_head(
    in_flight: &mut InFlight<'_>,
    mut call: Call<RecvResponse>,
    mut keep: Option<&mut Wiped>,
) -> Result<(Response<()>, RecvResponseResult), Failure> {
    let mut used = 0;
    loop {
        if used == 0 && !in_flight.receive()? {
            return Err(cut());
        }
        while let Some(length) = head::preface(in_flight.input()) {
            in_flight.consume(length);
        }
        let keep = keep.as_deref_mut().filter(|kept| kept.is_empty());
        let gone = head::shorten(in_flight.input(), keep);
        in_flight.consume(gone);
        let response;
        (used, response) = call.try_response(in_flight.input(), false).map_err(|_| distrusted())?;
        if (if response.is_some() { used } else { in_flight.input().len() }) > MAX_HEAD {
            return Err(distrusted());
        }
        in_flight.consume(used);
        if let Some(response) = response {
            return Ok((response, call.proceed().ok_or_else(distrusted)?));
        }
    }
}

/// Reads to the end. Most answers come in one piece, and are kept at their size.
fn read_body(in_flight: &mut InFlight<'_>, mut call: Call<RecvBody>) -> Result<Wiped, Failure> {
    const PIECE: usize = 1024;
    let mut body = Wiped::default();
    let ends_with_connection = matches!(call.body_mode(), BodyMode::CloseDelimited);
    while ends_with_connection || !call.can_proceed() {
        let length = body.len();
        body.resize(length + in_flight.input().len().min(PIECE));
        let (used, read) = call.read(in_flight.input(), &mut body[length..]).map_err(|_| distrusted())?;
        in_flight.consume(used);
        body.resize(length + read);
        if body.len() > MAX_BODY {
            return Err(distrusted());
        }
        if used == 0 && read == 0 && !in_flight.receive()? {
            return if call.can_proceed() { Ok(body) } else { Err(cut()) };
        }
    }
    Ok(body)
}

/// The same for a body in chunks, which ureq-proto would take in many other forms, too.
fn read_chunks(in_flight: &mut InFlight<'_>) -> Result<Wiped, Failure> {
    let (mut chunks, mut body) = (Chunks::default(), Wiped::default());
    loop {
        let used = chunks.read(in_flight.input(), &mut body).map_err(|_| distrusted())?;
        in_flight.consume(used);
        if chunks == Chunks::Ended {
            return Ok(body);
        }
        if !in_flight.receive()? {
            return match (in_flight.input().is_empty(), chunks.are_whole()) {
                (true, true) => Ok(body),
                (true, false) => Err(cut()),
                (false, _) => Err(distrusted()),
            };
        }
    }
}

fn cut() -> Failure {
    Failure::unknown(
        Code::ConnectionLost,
        "The service closed the connection before its whole answer came; whether the request was carried out is unknown.",
    )
}

/// ureq-proto's own words may repeat what the peer sent.
fn distrusted() -> Failure {
    Failure::unknown(
        Code::BadAnswer,
        "The answer is not HTTP that can be trusted, or too long; whether the request was carried out is unknown.",
    )
}

/// The headers that matter here, found in one pass.
#[derive(Default)]
struct Framing<'a> {
    retry_after: Option<&'a HeaderValue>,
    has_length: bool,
    has_encoding: bool,
    is_chunked: bool,
    /// The body is not as it is, or in chunks at the most: no other coding was asked for, and ureq-proto hands it out
    /// undecoded.
    is_coded: bool,
    closes: bool,
}

impl<'a> Framing<'a> {
    fn by(headers: &'a HeaderMap) -> Self {
        let mut framing = Framing::default();
        for (name, value) in headers {
            match name.as_str() {
                "retry-after" => _ = framing.retry_after.get_or_insert(value),
                "content-length" => framing.has_length = true,
                "transfer-encoding" => {
                    framing.is_chunked |= value.as_bytes().eq_ignore_ascii_case(b"chunked");
                    let is_known = framing.is_chunked || value.as_bytes().eq_ignore_ascii_case(b"identity");
                    // One is enough (RFC 9112, section 6.1): of two, each of us could read another.
                    framing.is_coded |= framing.has_encoding || !is_known;
                    framing.has_encoding = true;
                }
                "content-encoding" => framing.is_coded |= !changes_nothing(value),
                "connection" => framing.closes |= says_close(value),
                _ => {}
            }
        }
        framing
    }
}

/// Whether a Content-Encoding is none: no more than a name of what the body is anyway (wire.md, "Reading bytes").
fn changes_nothing(value: &HeaderValue) -> bool {
    let is_none = |coding: &str| ["identity", "none", "utf-8", ""].iter().any(|none| coding.eq_ignore_ascii_case(none));
    value.to_str().is_ok_and(|value| value.split(',').all(|coding| is_none(coding.trim())))
}

fn says_close(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|value| value.split(',').any(|token| token.trim().eq_ignore_ascii_case("close")))
}

/// RFC 9112, section 9.3; and a message with both a coding and a length is not one to build upon (section 6.3).
fn is_reusable(response: &Response<()>, framing: &Framing<'_>) -> bool {
    response.version() == Version::HTTP_11
        && !framing.closes
        && response.status().as_u16() >= 200
        && !response.status().is_redirection()
        && !(framing.has_encoding && framing.has_length)
}

/// Seconds or a date (RFC 9110, section 10.2.3). A date that has passed is no wait.
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let value = value.to_str().ok()?.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse::<u32>().ok()?.into()));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
