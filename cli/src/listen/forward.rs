//! `listen --forward-to`: each report is posted once more, byte for byte, to a server of the user's.

use crate::arguments::ClientOptions;
use crate::listen::queue::Queue;
use crate::output;
use axum::body::Bytes;
use axum::http::Uri;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// From the name's resolution to the end of the answer.
const DEADLINE: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 4;
/// Of an answer that is no success, this much is shown.
const MAX_SHOWN: u64 = 300;

/// A body as it came, with its content type.
pub struct Posted {
    pub body: Bytes,
    pub content_type: String,
}

/// Where reports go on to.
#[derive(Clone)]
pub struct Target(Uri);

/// http:// and https:// alone.
pub fn target(text: &str) -> Result<Target, String> {
    let uri: Uri = text.parse().map_err(|_| "not a URL".to_owned())?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) if !authority.as_str().contains('@') => Ok(Target(uri)),
        (Some("http" | "https"), Some(_)) => {
            Err("a user name or password in the URL is not sent: leave it out".to_owned())
        }
        _ => Err("must begin with http:// or https://".to_owned()),
    }
}

impl Target {
    /// Why reports cannot go there from a listener at `address`. They hold OTP codes.
    fn problem(&self, address: SocketAddr, allow_plain_http: bool) -> Option<&'static str> {
        let host = self.0.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_local =
            host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let is_plain = self.0.scheme_str() == Some("http");
        let port = self.0.port_u16().unwrap_or(if is_plain { 80 } else { 443 });
        let is_own = is_local || host.parse() == Ok(address.ip());
        if is_plain && !is_local && !allow_plain_http {
            Some("http:// to another machine would show OTP codes on the way: use https://, or give --allow-plain-http")
        } else if is_own && port == address.port() {
            Some("this is the address of the listener itself: each report would come back for ever")
        } else {
            None
        }
    }

    /// Posts each report that is pushed, a few at once, and tells what the target answered. Nothing is tried again. Fails
    /// with a sentence where nothing can be posted from a listener at `address`.
    pub fn queue(&self, address: SocketAddr, client: &ClientOptions) -> Result<Queue<Posted>, String> {
        if let Some(problem) = self.problem(address, client.allow_plain_http) {
            return Err(problem.to_owned());
        }
        let roots = client.ca_file.as_deref().map_or(Ok(RootCerts::WebPki), roots)?;
        let agent = Agent::config_builder()
            .timeout_global(Some(DEADLINE))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .http_status_as_error(false)
            .max_redirects(0)
            // Environment variables of other programs lead no OTP code astray.
            .proxy(None)
            .user_agent(concat!("ants-otp/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let uri = self.0.clone();
        Queue::start(AT_ONCE, move |posted| output::complain(&post(&agent, &uri, &posted)))
            .map_err(|error| format!("no thread can be started: {error}"))
    }
}

/// Those of the file alone.
fn roots(path: &Path) -> Result<RootCerts, String> {
    let refused = |why: &dyn std::fmt::Display| format!("--ca-file {}: {why}", path.display());
    let pem = std::fs::read(path).map_err(|error| refused(&error))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| refused(&error))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(refused(&"no certificate in it"));
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}

fn post(agent: &Agent, target: &Uri, posted: &Posted) -> String {
    let begun = Instant::now();
    // A key in the URL is nobody else's to read.
    let shown_target = target.to_string();
    let shown_target = shown_target.split('?').next().unwrap_or_default();
    let request = agent.post(target).header("Content-Type", &posted.content_type);
    match request.send(&posted.body[..]) {
        Ok(mut answer) => {
            let (status, took) = (answer.status(), begun.elapsed().as_millis());
            let words = match status.is_success() {
                true => String::new(),
                false => answer
                    .body_mut()
                    .with_config()
                    .limit(MAX_SHOWN)
                    .lossy_utf8(true)
                    .read_to_string()
                    .unwrap_or_default(),
            };
            let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
            let words = if words.is_empty() { words } else { format!(": {}", shown(&words)) };
            format!("forwarded to {shown_target}: {status} ({took} ms){words}")
        }
        Err(error) => format!("not forwarded to {shown_target}: {error}"),
    }
}

/// Others wrote it, and a terminal shows it.
pub fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
