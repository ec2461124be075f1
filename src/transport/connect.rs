//! Opens a TCP connection to the first address that answers: IPv6 and IPv4 race (RFC 8305, sections 4 and 5).

use super::exchange::{Exchange, Failure, Fault};
use super::resolver::interrupted;
use super::socket::{Socket, Wire, connect_outcome, wait_for_any};
use crate::Code;
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// RFC 8305, section 8, "Connection Attempt Delay".
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to one of `addresses` (at least one).
pub(crate) fn connect_to(addresses: &[IpAddr], port: u16, exchange: &Exchange) -> Result<Socket, Failure> {
    let mut race =
        Race { waiting: interleaved(addresses), running: Vec::new(), next_start: Instant::now(), error: None };
    loop {
        if let Some(socket) = race.start_due(port) {
            return ready(socket);
        }
        if race.running.is_empty() {
            let why = race.error.map(|error| error.to_string()).unwrap_or_default();
            return Err(Failure::not_sent(Code::Connect, format!("No connection to port {port}: {why}.")));
        }
        if let Some(socket) = race.wait(exchange).map_err(|fault| ended(&fault))? {
            return ready(socket);
        }
    }
}

struct Race {
    /// Addresses not tried yet, the next one last.
    waiting: Vec<IpAddr>,
    /// A child that is born now closes these too.
    running: Vec<Wire>,
    next_start: Instant,
    /// The first: the resolver's first address is the likeliest.
    error: Option<io::Error>,
}

impl Race {
    /// Starts the next attempt if its time has come or nothing else is running. Gives a socket that connected at once.
    fn start_due(&mut self, port: u16) -> Option<Wire> {
        while self.running.is_empty() || Instant::now() >= self.next_start {
            let address = self.waiting.pop()?;
            match start(SocketAddr::new(address, port)) {
                Ok((wire, true)) => return Some(wire),
                Ok((wire, false)) => self.running.push(wire),
                Err(error) => {
                    self.error.get_or_insert(error);
                    continue;
                }
            }
            self.next_start = Instant::now() + HEAD_START;
        }
        None
    }

    /// Waits until an attempt has ended or another is due; gives the one that connected.
    fn wait(&mut self, exchange: &Exchange) -> Result<Option<Wire>, Fault> {
        let mut wait = exchange.next_wait()?;
        if !self.waiting.is_empty() {
            wait = wait.min(self.next_start.saturating_duration_since(Instant::now()));
        }
        let polled = self.running.iter().map(|wire| Ok(PollFd::new(wire.stream()?, PollFlags::OUT)));
        let mut polled = polled.collect::<io::Result<Vec<_>>>().map_err(Fault::Cut)?;
        wait_for_any(&mut polled, wait, exchange)?;
        let ended: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
        for index in (0..ended.len()).rev().filter(|index| ended[*index]) {
            let wire = self.running.swap_remove(index);
            match wire.stream().and_then(|stream| connect_outcome(stream.as_fd())) {
                Ok(()) => return Ok(Some(wire)),
                Err(error) => _ = self.error.get_or_insert(error),
            }
        }
        Ok(None)
    }
}

/// Begins to connect; also tells whether that is done already.
fn start(address: SocketAddr) -> io::Result<(Wire, bool)> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    let wire = Wire::new(TcpStream::from(socket));
    match connect(wire.stream()?, &address) {
        Ok(()) => Ok((wire, true)),
        Err(Errno::INPROGRESS | Errno::INTR) => Ok((wire, false)),
        Err(error) => Err(error.into()),
    }
}

fn ready(wire: Wire) -> Result<Socket, Failure> {
    Socket::new(wire)
        .map_err(|error| Failure::not_sent(Code::Connect, format!("The new connection cannot be used: {error}.")))
}

fn ended(fault: &Fault) -> Failure {
    match fault {
        Fault::Interrupted => interrupted(),
        Fault::Timeout => Failure::not_sent(Code::Timeout, "No connection in time."),
        Fault::Cut(error) => Failure::not_sent(Code::Connect, format!("No connection: {error}.")),
        Fault::Tls(error) => Failure::not_sent(Code::Tls, error.to_string()),
    }
}

/// The addresses in the order they are tried, last first: families alternate, beginning with the resolver's first.
pub(crate) fn interleaved(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let first_is_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (leading, other): (Vec<IpAddr>, Vec<IpAddr>) = addresses.iter().partition(|a| a.is_ipv6() == first_is_v6);
    let (mut leading, mut other) = (leading.into_iter(), other.into_iter());
    let mut order = Vec::with_capacity(addresses.len());
    loop {
        match (leading.next(), other.next()) {
            (None, None) => break,
            (a, b) => order.extend(a.into_iter().chain(b)),
        }
    }
    order.reverse();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_alternate() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let given = [ip("::1"), ip("::2"), ip("::3"), ip("127.0.0.1")];
        let mut order = interleaved(&given);
        order.reverse();
        assert_eq!(order, [ip("::1"), ip("127.0.0.1"), ip("::2"), ip("::3")]);
    }

    #[test]
    fn a_refused_address_gives_way_to_the_next() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let exchange = Exchange::new(Duration::from_secs(2), None, None);
        // ::1 refuses: nothing listens there.
        let addresses = ["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        assert!(connect_to(&addresses, port, &exchange).is_ok());
        drop(listener);
        assert_eq!(connect_to(&addresses, port, &exchange).unwrap_err().code, Code::Connect);
        // Nothing is connected to a broadcast address: the failure tells why the first one is not reached.
        let addresses = ["127.0.0.1".parse().unwrap(), "255.255.255.255".parse().unwrap()];
        let failure = connect_to(&addresses, port, &exchange).unwrap_err();
        assert!(failure.message.contains("refused"), "{}", failure.message);
    }
}
