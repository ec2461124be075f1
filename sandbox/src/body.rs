//! Request bodies: read up to a limit, and taken apart into checked text fields.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use serde_json::{Map, Value};

use crate::service::Refusal;

/// The largest body that is taken.
pub(crate) const LARGEST: usize = 64 * 1024;

/// Of a body that is too large, this much is read and thrown away: a client that is still sending when the connection
/// closes would see a reset instead of the answer.
const READ_PAST: usize = 16 * 1024 * 1024;

/// The longest notifyUrl, notifyContentType or callbackData, in characters: they are kept with each OTP.
const LONGEST_KEPT: usize = 2048;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoBody {
    TooLarge,
    /// The connection broke, or its framing is no HTTP.
    Broken,
}

pub(crate) async fn read(body: Body) -> Result<Vec<u8>, NoBody> {
    let (bytes, whole) = read_some(body).await;
    whole.map(|()| bytes)
}

/// The first [`LARGEST`] bytes of a body, and whether that is all of it.
pub(crate) async fn read_some(mut body: Body) -> (Vec<u8>, Result<(), NoBody>) {
    let mut bytes = Vec::new();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return (bytes, Err(NoBody::Broken)) };
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        bytes.extend_from_slice(&data[..data.len().min(LARGEST - bytes.len())]);
        if seen > READ_PAST {
            break;
        }
    }
    (bytes, if seen <= LARGEST { Ok(()) } else { Err(NoBody::TooLarge) })
}

/// The fields of a JSON object.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Fields, Refusal> {
        if !is_json(headers) {
            return Err(Refusal::bad_request("the Content-Type is not application/json"));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Fields(fields)),
            Ok(_) => Err(Refusal::bad_request("the body is not a JSON object")),
            Err(error) => Err(Refusal::bad_request(format!("the body is not JSON: {error}"))),
        }
    }

    /// Text that must be there. It may be empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.optional(name)?.ok_or_else(|| Refusal::bad_request(format!("{name} is missing")))
    }

    /// Text that may be absent or null.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.contains('\0') => {
                Err(Refusal::bad_request(format!("{name} holds a NUL")))
            }
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::bad_request(format!("{name} is not text"))),
        }
    }

    /// Text that may be absent or null, and that is short enough to be kept.
    pub(crate) fn kept(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.optional(name)? {
            Some(text) if text.chars().count() > LONGEST_KEPT => {
                Err(Refusal::bad_request(format!("{name} is longer than {LONGEST_KEPT} characters")))
            }
            text => Ok(text.map(str::to_owned)),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}
