//! The steps of a new connection one by one, for [`Diagnosis`]. Nothing is sent to the service beyond TLS.

use super::bounds::Bounds;
use super::connect::connect_to;
use super::failure::Failure;
use super::link::Link;
use super::socket::Socket;
use super::{Process, Transport, address_of, tls};
use crate::Error;
use crate::diagnosis::{Diagnosis, Handshake, ProxyInUse, Step};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use ureq_proto::http::Uri;

impl Transport {
    /// Looks at the way to `url`. Each step may take as long as a connection of a call may, and `timeout` at most.
    pub fn diagnose(&self, url: &Uri, timeout: Duration) -> Diagnosis {
        let process = self.process.get(|| Process::new(&self.settings));
        let (host, port) = address_of(url);
        let bounds = || Bounds::new(self.settings.connect_timeout.min(timeout), None, None);
        let (first_host, first_port) = match &self.settings.proxy {
            Some(proxy) => (proxy.host.as_str(), proxy.port),
            None => (host, port),
        };
        let (resolved, _) = step(|| process.resolver.resolve(first_host, &bounds()).map(|addresses| (addresses, ())));
        let addresses = resolved.outcome.as_deref().unwrap_or_default();
        let (connected, socket) = connect_to_each(addresses, first_port, &bounds);
        let (led, link) = match (&self.settings.proxy, socket) {
            (Some(proxy), Some(_)) => {
                let (led, link) =
                    step(|| self.connect_through(process, proxy, host, port, &bounds()).map(|link| ((), link)));
                (Some(led), link)
            }
            (_, socket) => (None, socket.map(Link::Plain)),
        };
        let secure = url.scheme_str() == Some("https");
        Diagnosis {
            tls: link.filter(|_| secure).map(|link| self.handshake(link, host, &bounds())),
            host: host.to_owned(),
            port,
            proxy: self.settings.proxy.as_ref().map(|proxy| ProxyInUse {
                scheme: proxy.kind.scheme(),
                host: proxy.host.clone(),
                port: proxy.port,
                has_credentials: proxy.has_credentials(),
            }),
            resolved,
            connected,
            led,
        }
    }

    fn handshake(&self, link: Link, host: &str, bounds: &Bounds) -> Handshake {
        let shown = Arc::new(OnceLock::new());
        let (step, _) = step(|| {
            let config = self.settings.tls.watching(tls::Peer::Service, &shown);
            let config = config.map_err(|why| Failure::not_sent(crate::Code::Internal, why).for_good())?;
            let link = link.secure(&config, host, bounds)?;
            Ok((link.session_names(), ()))
        });
        Handshake { step, chain: shown.get().cloned().unwrap_or_default() }
    }
}

/// Does it, and takes the time. What is not to be told is given beside the step.
fn step<T, K>(work: impl FnOnce() -> Result<(T, K), Failure>) -> (Step<T>, Option<K>) {
    let begun = Instant::now();
    let (outcome, kept) = match work() {
        Ok((told, kept)) => (Ok(told), Some(kept)),
        Err(failure) => (Err(Error::from(failure)), None),
    };
    (Step { took: begun.elapsed(), outcome }, kept)
}

/// Sixteen at once, so that a silent address costs no more than one wait, and the next sixteen where none of them connects.
/// Gives the first connection, in the addresses' order.
fn connect_to_each(
    addresses: &[IpAddr],
    port: u16,
    bounds: &(impl Fn() -> Bounds + Sync),
) -> (Vec<(SocketAddr, Step<()>)>, Option<Socket>) {
    let connect = |address| step(|| connect_to(&[address], port, &bounds()).map(|socket| ((), socket)));
    let (mut steps, mut first) = (Vec::new(), None);
    for some in addresses.chunks(16) {
        let outcomes = std::thread::scope(|scope| {
            let running: Vec<_> =
                some.iter().map(|&address| (address, scope.spawn(move || connect(address)))).collect();
            running.into_iter().filter_map(|(address, thread)| Some((address, thread.join().ok()?))).collect::<Vec<_>>()
        });
        for (address, (step, socket)) in outcomes {
            first = first.or(socket);
            steps.push((SocketAddr::new(address, port), step));
        }
        if first.is_some() {
            break;
        }
    }
    (steps, first)
}
