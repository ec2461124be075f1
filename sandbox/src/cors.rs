//! Cross-origin calls (the Fetch standard, "HTTP-CORS protocol") from the pages that the builder allows, and from no other.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::guard::Allowed;

/// What a page may read of an answer beside its body.
const EXPOSED: &str = "retry-after, www-authenticate";

/// How long a browser need not ask again, in seconds.
const MAX_AGE: &str = "600";

const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");

/// Middleware around all paths: answers the preflights of allowed origins, and lets their pages read the answers.
pub(crate) async fn cors(State(allowed): State<Arc<Allowed>>, request: Request, next: Next) -> Response {
    let Some(origin) = allowed.origin(request.headers()).cloned() else { return next.run(request).await };
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight { preflight(request.headers()) } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    response
}

/// The headers that the page wants to send are all allowed: that it may call is decided.
fn preflight(asked: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
    if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    // From a page of the internet to this machine, Chromium asks this, too.
    if asked.contains_key(PRIVATE_NETWORK) {
        let name = HeaderName::from_static("access-control-allow-private-network");
        headers.insert(name, HeaderValue::from_static("true"));
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    response
}

/// The origin as browsers write it, or what is wrong with it, in a sentence.
pub(crate) fn origin(text: &str) -> Result<String, String> {
    let wrong = |what: &str| Err(format!("{text:?} {what}: write an origin such as http://localhost:5173"));
    let lower = text.to_ascii_lowercase();
    let (Some(("http", rest)) | Some(("https", rest))) = lower.split_once("://") else {
        return wrong("has neither http:// nor https:// before it");
    };
    if rest.contains('/') {
        return wrong("has a slash or a path behind the host");
    }
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c));
    if !is_host || (host.contains([':', '[']) && !(host.starts_with('[') && host.ends_with(']'))) {
        return wrong("names no host");
    }
    let scheme = &lower[..lower.len() - rest.len()];
    let number = port.map(|port| port.parse::<u16>().ok().filter(|number| number.to_string() == port && *number > 0));
    match number {
        Some(None) => wrong("has a port that is none"),
        // Browsers leave the port out where it is the scheme's own.
        Some(Some(number)) if (scheme, number) != ("http://", 80) && (scheme, number) != ("https://", 443) => {
            Ok(format!("{scheme}{host}:{number}"))
        }
        _ => Ok(format!("{scheme}{host}")),
    }
}

/// A name for [`Allowed`], or what is wrong with it, in a sentence.
pub(crate) fn host_name(text: &str) -> Result<String, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let is_address = text.starts_with('[') && text.ends_with(']');
    if text.is_empty() || !text.chars().all(is_part) || (text.contains([':', '[', ']']) && !is_address) {
        return Err(format!(
            "{text:?} is no host name: write the name alone, such as sandbox or sandbox.example, without http:// and port"
        ));
    }
    Ok(text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_as_browsers_write_them() {
        for (text, expected) in [
            ("http://localhost:5173", "http://localhost:5173"),
            ("HTTPS://Shop.Example", "https://shop.example"),
            ("http://localhost:80", "http://localhost"),
            ("https://localhost:443", "https://localhost"),
            ("https://localhost:80", "https://localhost:80"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(origin(text).as_deref(), Ok(expected));
        }
        for text in [
            "",
            "*",
            "null",
            "localhost:5173",
            "ftp://x",
            "http://",
            "http://x/",
            "http://x/y",
            "http://x:0",
            "http://x:080",
            "http://x:99999",
            "http://x:y",
            "http://x y",
            "http://*.example",
            "http://::1",
            "http://user@x",
        ] {
            assert!(origin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_host_name_is_a_name_alone() {
        for (text, expected) in [
            ("Sandbox", "sandbox"),
            ("otp.example.", "otp.example."),
            ("192.168.0.5", "192.168.0.5"),
            ("[fd00::1]", "[fd00::1]"),
        ] {
            assert_eq!(host_name(text).as_deref(), Ok(expected));
        }
        for text in ["", "http://sandbox", "sandbox:8025", "a/b", "a b", "*", "::1"] {
            assert!(host_name(text).is_err(), "{text}");
        }
    }
}
