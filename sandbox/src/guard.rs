//! What keeps other web pages away from the sandbox's own paths. They need no credentials and stand on loopback, so any
//! page in a browser on this machine could reach for them: by a name of its own that resolves to loopback (DNS rebinding),
//! or by a form or script that posts across origins.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::json;

use crate::answer::Answer;

/// Who may come, beside what is on this machine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed {
    /// Host names in lower case, without a port.
    pub hosts: Vec<String>,
    /// Origins as browsers write them.
    pub origins: Vec<String>,
}

impl Allowed {
    /// Whether this `Host` is loopback's, or one of the allowed names, at any port.
    fn knows(&self, host: &str) -> bool {
        let name = without_port(host);
        names_loopback(host) || self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
    }

    /// The `Origin` of the request, if it is an allowed one.
    pub(crate) fn origin<'a>(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        self.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then_some(origin)
    }
}

/// Middleware for everything that the real service does not have.
pub(crate) async fn guard(State(allowed): State<Arc<Allowed>>, request: Request, next: Next) -> Response {
    let mut response = match refusal(request.headers(), &allowed) {
        Some((status, description)) => refused(status, description),
        None => next.run(request).await,
    };
    const HEADERS: [(HeaderName, &str); 4] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refused(status: StatusCode, description: &str) -> Response {
    let message = status.canonical_reason().unwrap_or_default();
    let body = json!({ "error": { "message": message, "description": description } });
    Answer { status: status.as_u16(), body }.json()
}

fn refusal(headers: &HeaderMap, allowed: &Allowed) -> Option<(StatusCode, &'static str)> {
    let Some(host) = only(headers, &header::HOST).filter(|host| allowed.knows(host)) else {
        let description = "the Host is not a name of this machine's loopback: --allow-host NAME allows another";
        return Some((StatusCode::MISDIRECTED_REQUEST, description));
    };
    let description = "the request comes from another web page: --cors-origin ORIGIN allows it";
    match headers.get(header::ORIGIN) {
        Some(origin) if origin.as_bytes().eq_ignore_ascii_case(format!("http://{host}").as_bytes()) => None,
        Some(_) if allowed.origin(headers).is_none() => Some((StatusCode::FORBIDDEN, description)),
        _ => None,
    }
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Whether this `Host` can only be meant for loopback: an address of it, or `localhost`, which browsers never ask a name
/// server for.
pub(crate) fn names_loopback(host: &str) -> bool {
    let without_port = without_port(host);
    let address = without_port.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    if let Some(address) = address {
        return address.parse() == Ok(Ipv6Addr::LOCALHOST);
    }
    let name = without_port.to_ascii_lowercase();
    name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_ipv4() && address.is_loopback())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_taken() {
        for host in ["127.0.0.1", "127.0.0.1:8080", "127.8.9.1", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8080"] {
            assert!(names_loopback(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "sandbox",
            "localhost.example",
            "127.0.0.1.example",
            "127.1",
            "0.0.0.0",
            "192.168.0.1",
            "::1",
            "[::2]",
            "[::1",
            "localhost:80:80",
            "localhost:x",
            "user@localhost",
        ] {
            assert!(!names_loopback(host), "{host}");
        }
    }
}
