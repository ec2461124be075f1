//! An answer before it becomes HTTP, and how it does.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::RETRY_AFTER_SECONDS;
use crate::xml;

/// A status and a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub status: u16,
    pub body: Value,
}

/// How an answer of the service is written: its `Accept` decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

impl Format {
    /// XML for a caller that accepts XML and not JSON. Weights are not looked at.
    pub(crate) fn accepted(headers: &HeaderMap) -> Format {
        let any = |wanted: &[&str]| {
            let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
            let mut types = values.flat_map(|value| value.split(',')).filter_map(|one| one.split(';').next());
            types.any(|one| wanted.iter().any(|name| name.eq_ignore_ascii_case(one.trim())))
        };
        if any(&["application/xml", "text/xml"]) && !any(&["application/json", "application/*", "*/*"]) {
            Format::Xml
        } else {
            Format::Json
        }
    }
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Answer {
        Answer { status: 200, body }
    }

    /// A refusal of the sandbox's own paths.
    pub(crate) fn bad_request(description: impl Into<String>) -> Answer {
        let description = description.into();
        Answer { status: 400, body: json!({ "error": { "message": "Bad Request", "description": description } }) }
    }

    /// The refusal of a path or method that is none. It has no `error`, which would make a client take it for a word of the
    /// service.
    pub(crate) fn misdirected(status: StatusCode, description: &str) -> Answer {
        let message = status.canonical_reason().unwrap_or_default();
        Answer { status: status.as_u16(), body: json!({ "message": message, "description": description }) }
    }

    pub(crate) fn json(&self) -> Response {
        self.written(Format::Json).map(Body::from)
    }

    pub(crate) fn written(&self, format: Format) -> Response<String> {
        let (media_type, body) = match format {
            Format::Json => ("application/json", self.body.to_string()),
            Format::Xml => ("application/xml", xml::document("response", &self.body)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"sandbox\""));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_for_those_who_accept_it_and_no_json() {
        for (accept, expected) in [
            ("", Format::Json),
            ("application/xml", Format::Xml),
            ("Text/XML; charset=utf-8", Format::Xml),
            ("application/xml, application/json", Format::Json),
            ("text/html, application/xml;q=0.9, */*;q=0.8", Format::Json),
            ("application/xhtml+xml", Format::Json),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(Format::accepted(&headers), expected, "{accept}");
        }
    }
}
