//! Opens a TCP connection to the first address that answers: IPv6 and IPv4 race (RFC 8305, sections 4 and 5).

use super::bounds::Bounds;
use super::failure::{Failure, WaitError};
use super::socket::{Socket, connect_outcome, is_descriptor_limit, wait_for_any, why};
use crate::Code;
use crate::shared_socket::SharedSocket;
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// RFC 8305, section 8, "Connection Attempt Delay".
const HEAD_START: Duration = Duration::from_millis(250);

/// No more attempts run at once: a name may have any number of addresses.
const MAX_RUNNING: usize = 16;

/// Connects to one of `addresses` (at least one). All are tried while time is left.
pub(crate) fn connect_to(addresses: &[IpAddr], port: u16, bounds: &Bounds) -> Result<Socket, Failure> {
    let mut race = Race::new(addresses, HEAD_START);
    loop {
        if let Some(socket) = race.start_due(port) {
            return ready(socket);
        }
        if race.running.is_empty() {
            let why = race.error.as_ref().map(why).unwrap_or_default();
            return Err(Failure::not_sent(Code::Connect, format!("No connection to port {port}: {why}.")));
        }
        if let Some(socket) = race.wait(bounds).map_err(|fault| ended(&fault))? {
            return ready(socket);
        }
    }
}

struct Race {
    /// Addresses not tried yet, the next one last.
    waiting: Vec<IpAddr>,
    /// The oldest first. A child that is born now closes these too.
    running: Vec<SharedSocket>,
    head_start: Duration,
    next_start: Instant,
    /// The first: the resolver's first address is the likeliest.
    error: Option<io::Error>,
}

impl Race {
    fn new(addresses: &[IpAddr], head_start: Duration) -> Self {
        let waiting = interleaved(addresses);
        Race { waiting, running: Vec::new(), head_start, next_start: Instant::now(), error: None }
    }

    /// Starts the next attempt if its time has come or nothing else is running. Gives a socket that connected at once.
    fn start_due(&mut self, port: u16) -> Option<SharedSocket> {
        while self.running.is_empty() || Instant::now() >= self.next_start {
            let address = self.waiting.pop()?;
            match start(SocketAddr::new(address, port)) {
                Ok((wire, true)) => return Some(wire),
                Ok((wire, false)) => self.running.push(wire),
                // An attempt that ends gives its descriptor back.
                Err(error) if is_descriptor_limit(&error) && !self.running.is_empty() => self.waiting.push(address),
                Err(error) => {
                    self.error.get_or_insert(error);
                    continue;
                }
            }
            if self.running.len() > MAX_RUNNING {
                // It had its time: a peer that answers does so in less.
                drop(self.running.remove(0));
                self.error.get_or_insert_with(|| io::ErrorKind::TimedOut.into());
            }
            self.next_start = Instant::now() + self.head_start;
        }
        None
    }

    /// Waits until an attempt has ended or another is due; gives the one that connected.
    fn wait(&mut self, bounds: &Bounds) -> Result<Option<SharedSocket>, WaitError> {
        let mut wait = bounds.next_wait()?;
        if !self.waiting.is_empty() {
            wait = wait.min(self.next_start.saturating_duration_since(Instant::now()));
        }
        let polled = self.running.iter().map(|wire| Ok(PollFd::new(wire.stream()?, PollFlags::OUT)));
        let mut polled = polled.collect::<io::Result<Vec<_>>>().map_err(WaitError::Cut)?;
        wait_for_any(&mut polled, wait, bounds)?;
        let ended: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
        for index in (0..ended.len()).rev().filter(|index| ended[*index]) {
            let wire = self.running.remove(index);
            match wire.stream().and_then(|stream| connect_outcome(stream.as_fd())) {
                Ok(()) => return Ok(Some(wire)),
                Err(error) => _ = self.error.get_or_insert(error),
            }
            // The head start was that attempt's (RFC 8305, section 5).
            self.next_start = Instant::now();
        }
        Ok(None)
    }
}

/// Begins to connect; also tells whether that is done already.
fn start(address: SocketAddr) -> io::Result<(SharedSocket, bool)> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    let wire = SharedSocket::new(TcpStream::from(socket));
    match connect(wire.stream()?, &address) {
        Ok(()) => Ok((wire, true)),
        Err(Errno::INPROGRESS | Errno::INTR) => Ok((wire, false)),
        Err(error) => Err(error.into()),
    }
}

fn ready(wire: SharedSocket) -> Result<Socket, Failure> {
    Socket::new(wire)
        .map_err(|error| Failure::not_sent(Code::Connect, format!("The new connection cannot be used: {error}.")))
}

fn ended(fault: &WaitError) -> Failure {
    match fault {
        WaitError::Interrupted => Failure::interrupted(),
        WaitError::Timeout => Failure::not_sent(Code::Timeout, "No connection in time."),
        WaitError::Cut(error) => Failure::not_sent(Code::Connect, format!("No connection: {}.", why(error))),
        WaitError::Tls(error) => Failure::not_sent(Code::Tls, error.to_string()),
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

    /// An address at which connections are neither taken nor refused, and what keeps it so.
    fn black_hole() -> (SocketAddr, Vec<TcpStream>, std::os::fd::OwnedFd) {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        rustix::net::listen(&socket, 0).unwrap();
        let address = SocketAddr::try_from(rustix::net::getsockname(&socket).unwrap()).unwrap();
        let held = (0..3).filter_map(|_| TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok());
        (address, held.collect(), socket)
    }

    #[test]
    fn a_refusal_does_not_make_the_next_address_wait_for_its_head_start() {
        let (hole, _held, _socket) = black_hole();
        let listener = std::net::TcpListener::bind(("127.0.0.99", hole.port())).unwrap();
        let refusing = (2..12).map(|last| IpAddr::from([127, 0, 0, last]));
        let addresses: Vec<_> = [hole.ip()].into_iter().chain(refusing).chain([[127, 0, 0, 99].into()]).collect();
        let bounds = Bounds::new(Duration::from_secs(5), None, None);
        let begun = Instant::now();
        assert!(connect_to(&addresses, hole.port(), &bounds).is_ok());
        // One head start for the hole, not one for each of the ten.
        assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
        drop(listener);
    }

    #[test]
    fn sixteen_attempts_run_at_once_and_every_later_address_has_its_turn() {
        let (hole, _held, _socket) = black_hole();
        let listener = std::net::TcpListener::bind(("127.0.0.99", hole.port())).unwrap();
        let addresses: Vec<_> = vec![hole.ip(); 40].into_iter().chain([[127, 0, 0, 99].into()]).collect();
        let bounds = Bounds::new(Duration::from_secs(10), None, None);
        let mut race = Race::new(&addresses, Duration::from_millis(5));
        let mut most = 0;
        loop {
            if race.start_due(hole.port()).is_some() || race.wait(&bounds).unwrap().is_some() {
                break;
            }
            most = most.max(race.running.len());
        }
        assert_eq!((most, race.waiting.len()), (MAX_RUNNING, 0));
        drop(listener);
    }

    #[test]
    fn a_refused_address_gives_way_to_the_next() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let bounds = Bounds::new(Duration::from_secs(2), None, None);
        // ::1 refuses: nothing listens there.
        let addresses = ["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        assert!(connect_to(&addresses, port, &bounds).is_ok());
        drop(listener);
        assert_eq!(connect_to(&addresses, port, &bounds).unwrap_err().code, Code::Connect);
        // Nothing is connected to a broadcast address: the failure tells why the first one is not reached.
        let addresses = ["127.0.0.1".parse().unwrap(), "255.255.255.255".parse().unwrap()];
        let failure = connect_to(&addresses, port, &bounds).unwrap_err();
        assert!(failure.message.contains("refused"), "{}", failure.message);
    }
}
