//! What a look at the way to the service finds: the steps of a call before its request, each by itself. The transport takes
//! them with what every call uses, so that what works here works there.

use crate::Result;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The way to the service. A step that could not be tried is absent.
#[derive(Debug)]
pub struct Diagnosis {
    /// The service's host and port.
    pub host: String,
    /// The service's port.
    pub port: u16,
    /// The proxy that leads there, if there is one: what follows up to [`led`](Diagnosis::led) is about it.
    pub proxy: Option<ProxyInUse>,
    /// The addresses of the service, or of the proxy.
    pub resolved: Step<Vec<IpAddr>>,
    /// A connection to each of them.
    pub connected: Vec<(SocketAddr, Step<()>)>,
    /// The proxy's way to the service.
    pub led: Option<Step<()>>,
    /// TLS with the service; absent for http://, too.
    pub tls: Option<Handshake>,
}

/// One step: how long it took, and what came of it.
#[derive(Debug)]
pub struct Step<T> {
    /// From its begin to its end.
    pub took: Duration,
    /// What it gave, or why it failed.
    pub outcome: Result<T>,
}

/// A proxy without its credentials.
#[derive(Debug)]
pub struct ProxyInUse {
    /// `http`, `https`, `socks5` or `socks5h`.
    pub scheme: &'static str,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it is given user name and password.
    pub has_credentials: bool,
}

/// TLS with the service.
#[derive(Debug)]
pub struct Handshake {
    /// The protocol's version and the cipher suite.
    pub step: Step<(String, String)>,
    /// The certificates that the service showed, its own first, in DER: also where they are not trusted.
    pub chain: Vec<Vec<u8>>,
}
