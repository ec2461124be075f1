//! Posts delivery reports when they come due, as the service does. Only to loopback, unless the builder says otherwise.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, Request, Uri, header};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::api::{Shared, lock};
use crate::report::Outcome;
use crate::service::Job;

/// How many reports are posted at once.
const AT_ONCE: usize = 16;

/// How long an attempt may take, by the world's time and not the sandbox's.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Runs until its task is dropped.
pub(crate) async fn run(service: Shared, to_any_host: bool) {
    let mut changes = lock(&service).changes();
    loop {
        let (jobs, wait) = lock(&service).due_reports(AT_ONCE);
        for job in jobs {
            tokio::spawn(attempt(Arc::clone(&service), job, to_any_host));
        }
        let changed = changes.changed();
        // Whether something changed or the time has come, the next look tells what there is to do.
        match wait {
            Some(wait) => drop(tokio::time::timeout(wait, changed).await),
            None => drop(changed.await),
        }
    }
}

async fn attempt(service: Shared, job: Job, to_any_host: bool) {
    let outcome = match tokio::time::timeout(TIMEOUT, post(&job, to_any_host)).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::Failed(format!("no answer within {} seconds", TIMEOUT.as_secs())),
    };
    lock(&service).report_ended(&job, outcome);
}

async fn post(job: &Job, to_any_host: bool) -> Outcome {
    let target = match Target::read(&job.url) {
        Ok(target) => target,
        Err(problem) => return Outcome::Refused(problem.into()),
    };
    let address = match target.resolve(to_any_host).await {
        Ok(Some(address)) => address,
        Ok(None) => return Outcome::Refused("the host is not loopback".into()),
        Err(error) => return Outcome::Failed(format!("cannot resolve the host: {error}")),
    };
    match send(&target, address, job).await {
        Ok(status) if (200..300).contains(&status) => Outcome::Sent(format!("HTTP {status}")),
        Ok(status) => Outcome::Failed(format!("HTTP {status}")),
        Err(problem) => Outcome::Failed(problem),
    }
}

/// Where a report goes.
struct Target {
    host: String,
    port: u16,
    /// As it stands in the `Host` header.
    authority: String,
    path: String,
}

impl Target {
    fn read(url: &str) -> Result<Target, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "not a URL")?;
        if uri.scheme_str() != Some("http") {
            return Err("not an http:// URL: the sandbox speaks no TLS");
        }
        let authority = uri.authority().ok_or("the URL names no host")?;
        if authority.as_str().contains('@') {
            return Err("the URL holds a user name");
        }
        Ok(Target {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(80),
            authority: authority.as_str().to_owned(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }

    /// The first address that may be posted to. The connection goes to this very address, so no second look at the name
    /// can lead it elsewhere.
    async fn resolve(&self, to_any_host: bool) -> io::Result<Option<SocketAddr>> {
        let mut addresses = tokio::net::lookup_host((self.host.as_str(), self.port)).await?;
        Ok(addresses.find(|address| to_any_host || address.ip().to_canonical().is_loopback()))
    }
}

/// The HTTP status of the answer.
async fn send(target: &Target, address: SocketAddr, job: &Job) -> Result<u16, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| format!("cannot connect: {error}"))?;
    let lost = |error: hyper::Error| format!("the connection was lost: {error}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
    let connection = tokio::spawn(connection);
    let request = Request::builder()
        .method(Method::POST)
        .uri(&target.path)
        .header(header::HOST, &target.authority)
        .header(header::CONTENT_TYPE, job.content_type)
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(job.body.clone())))
        .map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(lost);
    // The status is all that counts: what else comes is not read.
    connection.abort();
    Ok(answer?.status().as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let read = |url| Target::read(url).ok().map(|target| (target.host, target.port, target.authority, target.path));
        let expected = |host: &str, port, authority: &str, path: &str| {
            Some((host.to_owned(), port, authority.to_owned(), path.to_owned()))
        };
        assert_eq!(read("http://127.0.0.1:8080/a?b=1"), expected("127.0.0.1", 8080, "127.0.0.1:8080", "/a?b=1"));
        assert_eq!(read("http://[::1]:81"), expected("::1", 81, "[::1]:81", "/"));
        assert_eq!(read("http://localhost"), expected("localhost", 80, "localhost", "/"));
        for url in ["", "/", "localhost", "https://localhost/", "ftp://localhost/", "http://user@localhost/", "http://"]
        {
            assert!(Target::read(url).is_err(), "{url}");
        }
    }
}
