//! Carries one request to the service and its answer back, and says exactly how far it came.
//!
//! ureq-proto speaks HTTP/1.1; everything below it is ours, because an OTP costs money and reaches a person: no thread and no
//! look-up for a call on a kept connection, one deadline over every wait, waits that can be ended from outside, a proof for
//! every NOT_SENT, and no socket shared with a forked child. From the bottom: [`fork`] and [`socket`], [`link`] ([`tls`], over
//! [`trust`] and [`bundle`]), [`connect`], [`resolver`] and [`proxy`] (a new connection), [`connection`], [`head`], [`chunks`]
//! and [`http`] (one exchange), [`pool`]. [`diagnosis`] takes the steps of a new connection one by one.

mod bounds;
mod bundle;
mod chunks;
mod connect;
mod connection;
mod der;
mod diagnosis;
mod failure;
mod head;
mod http;
mod link;
mod pool;
mod proxy;
mod resolver;
mod socket;
mod tls;
mod trust;

pub(crate) use bounds::Bounds;
pub(crate) use failure::Failure;
pub(crate) use proxy::Proxy;
pub(crate) use tls::{Tls, check_random};
pub(crate) use trust::Roots;

use crate::Code;
use crate::answer::Answer;
use crate::credentials::Credentials;
use crate::fork::PerProcess;
use crate::ownership::{Asked, Claim, Habit};
use crate::secret::{Secret, Secrets};
use connection::Connection;
use http::Post;
use link::Link;
use pool::Pool;
use proxy::{Kind, Target};
use resolver::Resolver;
use std::sync::Arc;
use std::time::Duration;
use ureq_proto::http::{HeaderValue, Uri};

/// What a transport is made of; checked already.
pub(crate) struct Settings {
    /// The service's, as the Host header names it.
    pub host: HeaderValue,
    /// None where each call brings its own.
    pub credentials: Option<Credentials>,
    pub user_agent: String,
    pub connect_timeout: Duration,
    pub proxy: Option<Proxy>,
    pub tls: Tls,
    pub max_idle: usize,
    pub idle_timeout: Duration,
}

pub(crate) struct Transport {
    settings: Settings,
    /// Those of each call with the client's own credentials.
    headers: Option<Arc<CallHeaders>>,
    process: PerProcess<Process>,
}

/// The headers that are the same in each call with the same credentials.
pub(crate) struct CallHeaders {
    /// Whole lines.
    pub lines: Secret,
    pub secrets: Arc<Secrets>,
}

/// What belongs to one process.
struct Process {
    pool: Pool,
    habit: Habit,
    resolver: Resolver,
    tls: Option<tls::Config>,
    /// TLS with an https proxy.
    proxy_tls: Option<tls::Config>,
}

/// An answer with the connection that it came on, which is closed with it unless it is kept.
pub(crate) struct Reply<'a> {
    pub answer: Answer,
    connection: Box<Connection>,
    /// HTTP lets the connection carry another call.
    reusable: bool,
    process: &'a Process,
}

impl Reply<'_> {
    /// What tells whether it is the answer to the call that it came for.
    pub fn claim<'b>(&'b mut self, asked: &'b Asked<'_>) -> Claim<'b> {
        let (answer, history) = (&self.answer, &mut self.connection.history);
        Claim { answer, asked, history, habit: &self.process.habit }
    }

    /// Leaves the connection to another call if `keep` says that the answer was this call's.
    pub fn into_answer(self, keep: bool) -> Answer {
        if keep && self.reusable {
            self.process.pool.put(self.connection);
        }
        self.answer
    }
}

impl Process {
    fn new(settings: &Settings) -> Self {
        Process {
            pool: Pool::new(settings.max_idle, settings.idle_timeout),
            habit: Habit::default(),
            resolver: Resolver::new(),
            tls: settings.tls.config(tls::Peer::Service).ok(),
            proxy_tls: match &settings.proxy {
                Some(proxy) if proxy.kind == Kind::Https => settings.tls.config(tls::Peer::Proxy).ok(),
                _ => None,
            },
        }
    }
}

impl Transport {
    pub fn new(settings: Settings) -> Self {
        Transport {
            process: PerProcess::new(Process::new(&settings)),
            headers: settings.credentials.as_ref().map(|credentials| headers(credentials, &settings.user_agent)),
            settings,
        }
    }

    /// What is to be known of a client that could be made, if anything.
    pub fn warning(&self) -> Option<String> {
        self.settings.tls.left_out.as_ref().map(|left_out| format!("left out of ca_file: {left_out}"))
    }

    /// The headers of a call with credentials of its own, or with the client's; none where there are neither.
    pub fn headers(&self, credentials: Option<&Credentials>) -> Option<Arc<CallHeaders>> {
        match credentials {
            Some(credentials) => Some(headers(credentials, &self.settings.user_agent)),
            None => self.headers.clone(),
        }
    }

    /// Posts `body`, JSON, and receives what stands for the answer.
    pub fn post(
        &self,
        url: &Uri,
        headers: &Secret,
        body: &[u8],
        asked: &Asked<'_>,
        bounds: &Bounds,
    ) -> Result<Reply<'_>, Failure> {
        let process = self.process.get(|| Process::new(&self.settings));
        let may_ride = !matches!(asked, Asked::Verify { .. }) || process.habit.lets_verifies_ride();
        let suits = |connection: &Connection| connection.history.suits(asked);
        let kept = if may_ride { process.pool.take(suits) } else { None };
        let reused = kept.is_some();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.connect(process, url, &bounds.shortened(self.settings.connect_timeout))?,
        };
        let post = Post { url, host: &self.settings.host, headers, body };
        let (answer, reusable) = post.over(&mut connection, bounds)?;
        Ok(Reply { answer: Answer { reused, ..answer }, connection, reusable, process })
    }

    /// A new connection to the service, through the proxy if there is one.
    fn connect(&self, process: &Process, url: &Uri, bounds: &Bounds) -> Result<Box<Connection>, Failure> {
        let secure = url.scheme_str() == Some("https");
        let (host, port) = address_of(url);
        let mut link = match &self.settings.proxy {
            None => open(process, host, port, bounds)?,
            Some(proxy) => self.connect_through(process, proxy, host, port, bounds)?,
        };
        if secure {
            // The wrong one may answer where an address has changed hands.
            let invalidate = |_: &Failure| process.resolver.invalidate(host);
            link = link.secure(process.tls(tls::Peer::Service)?, host, bounds).inspect_err(invalidate)?;
        }
        Ok(Connection::new(link, host))
    }

    fn connect_through(
        &self,
        process: &Process,
        proxy: &Proxy,
        host: &str,
        port: u16,
        bounds: &Bounds,
    ) -> Result<Link, Failure> {
        let targets = match (host.parse(), proxy.kind) {
            (Ok(address), _) => vec![Target::Address(address, port)],
            (Err(_), Kind::Socks5) => {
                let addresses = connect::interleaved(&process.resolver.resolve(host, bounds)?);
                addresses.into_iter().rev().map(|address| Target::Address(address, port)).collect()
            }
            (Err(_), _) => vec![Target::Name(host, port)],
        };
        // One after the other, each over a connection of its own: the proxy may not know the way to the first.
        let mut unreached = None;
        for target in &targets {
            let link = self.reach(process, proxy, bounds)?;
            match proxy.tunnel(link, target, bounds)? {
                Ok(link) => return Ok(link),
                Err(failure) => unreached = Some(failure),
            }
        }
        process.resolver.invalidate(host);
        Err(unreached.unwrap_or_else(|| Failure::not_sent(Code::Resolve, format!("{host} has no address."))))
    }

    /// A connection to the proxy itself.
    fn reach(&self, process: &Process, proxy: &Proxy, bounds: &Bounds) -> Result<Link, Failure> {
        let to_proxy = |failure: Failure| Failure {
            code: match failure.code {
                Code::Timeout | Code::Interrupted => failure.code,
                _ => Code::Proxy,
            },
            message: format!("The proxy could not be reached: {}", failure.message),
            ..failure
        };
        let link = open(process, &proxy.host, proxy.port, bounds).map_err(to_proxy)?;
        match proxy.kind {
            Kind::Https => link.secure(process.tls(tls::Peer::Proxy)?, &proxy.host, bounds).map_err(to_proxy),
            _ => Ok(link),
        }
    }
}

fn headers(credentials: &Credentials, user_agent: &str) -> Arc<CallHeaders> {
    const BETWEEN: &str =
        "\r\ncontent-type: application/json\r\naccept: application/json\r\naccept-encoding: identity\r\nuser-agent: ";
    let value = credentials.value.expose_secret();
    let lines = Secret::new(["authorization: ", value, BETWEEN, user_agent, "\r\n"].concat());
    Arc::new(CallHeaders { lines, secrets: Arc::clone(&credentials.secrets) })
}

impl Process {
    fn tls(&self, peer: tls::Peer) -> Result<&tls::Config, Failure> {
        let config = match peer {
            tls::Peer::Service => &self.tls,
            tls::Peer::Proxy => &self.proxy_tls,
        };
        // It could be set up when the client was made: a forked child may have no random numbers since.
        config.as_ref().ok_or_else(|| Failure::not_sent(Code::Tls, tls::NO_RANDOM).for_good())
    }
}

/// The host, without brackets, and the port of `url`.
fn address_of(url: &Uri) -> (&str, u16) {
    let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    (host, url.port_u16().unwrap_or(if url.scheme_str() == Some("https") { 443 } else { 80 }))
}

fn open(process: &Process, host: &str, port: u16, bounds: &Bounds) -> Result<Link, Failure> {
    let addresses = process.resolver.resolve(host, bounds)?;
    let socket = connect::connect_to(&addresses, port, bounds).inspect_err(|_| process.resolver.invalidate(host))?;
    Ok(Link::Plain(socket))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn transport() -> Transport {
        Transport::new(Settings {
            host: HeaderValue::from_static("moved.test"),
            credentials: Some(Credentials::token("x").unwrap()),
            user_agent: "test".to_owned(),
            connect_timeout: Duration::from_secs(5),
            proxy: None,
            tls: Tls::load(Roots::Bundled, None, None).unwrap(),
            max_idle: 1,
            idle_timeout: Duration::from_secs(1),
        })
    }

    /// A process in which every name has these addresses, and the number of look-ups.
    fn process(transport: &Transport, addresses: &[&str]) -> (Process, Arc<AtomicUsize>) {
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let lookup = move |_: &str| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(addresses.clone())
        };
        let resolver = Resolver::with(Box::new(lookup), Duration::from_secs(600));
        (Process { resolver, ..Process::new(&transport.settings) }, count)
    }

    /// Serves so many connections, and gives what the server makes of each.
    fn serve<T: Send + 'static>(
        connections: usize,
        script: fn(TcpStream) -> T,
    ) -> (SocketAddr, std::thread::JoinHandle<Vec<T>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accept = move || (0..connections).map(|_| script(listener.accept().unwrap().0)).collect();
        (address, std::thread::spawn(accept))
    }

    fn bounds() -> Bounds {
        Bounds::new(Duration::from_secs(5), None, None)
    }

    /// A dual-stack name behind a proxy that knows no IPv6 (reply 8), as many do.
    #[test]
    fn socks5_is_asked_for_each_address_of_a_name_until_it_reaches_one() {
        let (proxy, asked) = serve(2, |mut client| {
            let mut request = [0; 22];
            client.read_exact(&mut request[..3]).unwrap();
            client.write_all(&[5, 0]).unwrap();
            client.read_exact(&mut request[..4]).unwrap();
            let (kind, rest, reply) = if request[3] == 4 { (4, 18, 8) } else { (1, 6, 0) };
            client.read_exact(&mut request[..rest]).unwrap();
            client.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
            kind
        });
        let proxy = Proxy::parse(&format!("socks5://{proxy}")).unwrap();
        let transport = transport();
        let (process, _) = process(&transport, &["fd00::1", "fd00::2", "192.0.2.1"]);
        let link = transport.connect_through(&process, &proxy, "dual.test", 443, &bounds());
        assert!(link.is_ok(), "{:?}", link.map(drop));
        // The families alternate.
        assert_eq!(asked.join().unwrap(), [4, 1]);
    }

    #[test]
    fn the_seventeenth_address_and_the_later_ones_are_tried() {
        let (address, server) = serve(1, drop);
        let transport = transport();
        let mut addresses: Vec<String> = (2..40).map(|last| format!("127.0.0.{last}")).collect();
        addresses.push(address.ip().to_string());
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let (process, _) = process(&transport, &addresses);
        let url = format!("http://many.test:{}", address.port()).parse().unwrap();
        let connected = transport.connect(&process, &url, &bounds());
        assert!(connected.is_ok(), "{:?}", connected.map(drop));
        server.join().unwrap();
    }

    #[test]
    fn a_name_whose_address_fails_the_handshake_is_looked_up_anew() {
        let (address, server) = serve(2, |mut client| {
            let _ = client.read(&mut [0; 4096]);
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        });
        let url = format!("https://moved.test:{}", address.port()).parse().unwrap();
        let transport = transport();
        let (process, lookups) = process(&transport, &["127.0.0.1"]);
        for round in 1..=2 {
            let failure = transport.connect(&process, &url, &bounds()).map(drop).unwrap_err();
            assert_eq!((failure.code, lookups.load(Ordering::SeqCst)), (Code::Tls, round));
        }
        server.join().unwrap();
    }
}
