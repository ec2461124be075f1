//! Host names to addresses: kept for a while, looked up in a helper thread so that a call's deadline holds, at most a few
//! look-ups at once.

use super::bounds::Bounds;
use super::failure::{Failure, WaitError};
use super::socket;
use crate::Code;
use crate::base_url::is_localhost;
use crate::signals::without_signals;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer is used without asking again.
const LIFE: Duration = Duration::from_secs(30);
/// A look-up that takes longer is taken for lost, and the next call starts another.
const PATIENCE: Duration = Duration::from_secs(5);
const MAX_LOOKUPS: usize = 8;

type Lookup = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

pub(crate) struct Resolver(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    lookup: Box<Lookup>,
    life: Duration,
}

#[derive(Default)]
struct State {
    /// There are few. A HashMap would ask for random numbers, and panic where there are none.
    names: BTreeMap<String, Name>,
    lookups: usize,
}

#[derive(Default)]
struct Name {
    known: Option<(Vec<IpAddr>, Instant)>,
    /// When the newest look-up that has not ended began.
    asked: Option<Instant>,
    /// Look-ups that have ended, and the newest one's error.
    rounds: u64,
    error: Option<String>,
    /// The addresses did not connect: a fresh answer is wanted before they are used again.
    invalid: bool,
}

impl Resolver {
    pub fn new() -> Self {
        Self::with(Box::new(|host| Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect())), LIFE)
    }

    pub fn with(lookup: Box<Lookup>, life: Duration) -> Self {
        Resolver(Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), lookup, life }))
    }

    /// The addresses of `host`, at least one. An address in figures is its own, and so are those of `localhost`.
    pub fn resolve(&self, host: &str, bounds: &Bounds) -> Result<Vec<IpAddr>, Failure> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        if is_localhost(host) {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let mut state = self.0.lock();
        let name = state.names.entry(host.to_owned()).or_default();
        if let (Some((addresses, since)), false) = (&name.known, name.invalid) {
            let addresses = addresses.clone();
            if since.elapsed() >= self.0.life {
                // The old answer serves this call; a failed start is found again by the next one.
                let _ = self.start(&mut state, host);
            }
            return Ok(addresses);
        }
        let round = name.rounds;
        self.start(&mut state, host)?;
        self.wait(state, host, round, bounds)
    }

    /// The addresses did not connect: ask again before they are used again.
    pub fn invalidate(&self, host: &str) {
        if let Some(name) = self.0.lock().names.get_mut(host) {
            name.invalid = true;
        }
    }

    /// Starts a look-up unless one is under way.
    fn start(&self, state: &mut State, host: &str) -> Result<(), Failure> {
        let name = state.names.entry(host.to_owned()).or_default();
        if name.asked.is_some_and(|begun| begun.elapsed() < PATIENCE) || state.lookups >= MAX_LOOKUPS {
            return Ok(());
        }
        let (shared, owned) = (Arc::clone(&self.0), host.to_owned());
        let helper = std::thread::Builder::new().name("ants-otp-dns".to_owned());
        without_signals(|| helper.spawn(move || shared.look_up(&owned))).map_err(|error| {
            Failure::not_sent(
                Code::Resolve,
                format!("The name {host} was not looked up: no thread could be started ({error})."),
            )
        })?;
        name.asked = Some(Instant::now());
        state.lookups += 1;
        Ok(())
    }

    /// Waits for a look-up that ends after `round`.
    fn wait<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        host: &str,
        round: u64,
        bounds: &Bounds,
    ) -> Result<Vec<IpAddr>, Failure> {
        loop {
            if let Some(name) = state.names.get(host).filter(|name| name.rounds > round) {
                return match (&name.known, &name.error) {
                    (Some((addresses, _)), _) => Ok(addresses.clone()),
                    (None, Some(error)) => Err(Failure::not_sent(Code::Resolve, error.clone())),
                    (None, None) => Err(no_address(host)),
                };
            }
            // The hook may call into the host, which must not find the lock held.
            drop(state);
            let slice = bounds.next_wait().map_err(|fault| unresolved(host, &fault))?;
            state = self.0.lock();
            if state.names.get(host).is_none_or(|name| name.rounds <= round) {
                self.start(&mut state, host)?;
                state = self.0.changed.wait_timeout(state, slice).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(&self, host: &str) {
        let found = (self.lookup)(host);
        let mut state = self.lock();
        state.lookups -= 1;
        let name = state.names.entry(host.to_owned()).or_default();
        name.asked = None;
        name.rounds += 1;
        name.error = None;
        match found {
            Ok(addresses) if !addresses.is_empty() => {
                name.known = Some((addresses, Instant::now()));
                name.invalid = false;
            }
            Ok(_) => name.error = Some(no_address(host).message),
            Err(error) => {
                // The C library tells of a name that it could not look up for want of a descriptor as of one that is none.
                let error = socket::no_descriptor_left().unwrap_or(error);
                name.error = Some(format!("The host name {host} could not be resolved: {}.", socket::why(&error)));
            }
        }
        self.changed.notify_all();
    }
}

fn no_address(host: &str) -> Failure {
    Failure::not_sent(Code::Resolve, format!("The host name {host} has no address."))
}

fn unresolved(host: &str, fault: &WaitError) -> Failure {
    match fault {
        WaitError::Interrupted => Failure::interrupted(),
        _ => Failure::not_sent(Code::Timeout, format!("The host name {host} was not resolved in time.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const ONE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn bounds(ms: u64) -> Bounds {
        Bounds::new(Duration::from_millis(ms), None, None)
    }

    fn counting(life: Duration, pause: Duration) -> (Resolver, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&count);
        let lookup = move |_: &str| {
            seen.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(pause);
            Ok(vec![ONE])
        };
        (Resolver::with(Box::new(lookup), life), count)
    }

    #[test]
    fn figures_need_no_look_up() {
        let (resolver, count) = counting(LIFE, Duration::ZERO);
        assert_eq!(resolver.resolve("::1", &bounds(100)).unwrap(), ["::1".parse::<IpAddr>().unwrap()]);
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn localhost_is_this_machine_whatever_a_look_up_would_say() {
        let resolver = Resolver::with(Box::new(|_| Ok(vec!["192.0.2.1".parse().unwrap()])), LIFE);
        for name in ["localhost", "LocalHost"] {
            let found = resolver.resolve(name, &bounds(100)).unwrap();
            assert!(found.contains(&ONE) && found.iter().all(IpAddr::is_loopback), "{found:?}");
        }
        assert!(!resolver.resolve("localhost.test", &bounds(1000)).unwrap().contains(&ONE));
    }

    #[test]
    fn an_answer_is_kept_and_shared() {
        let (resolver, count) = counting(LIFE, Duration::from_millis(50));
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(resolver.resolve("a.test", &bounds(2000)).unwrap(), [ONE]));
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn an_old_answer_serves_while_it_is_refreshed() {
        let (resolver, count) = counting(Duration::ZERO, Duration::from_secs(1));
        resolver.resolve("a.test", &bounds(5000)).unwrap();
        let begun = Instant::now();
        resolver.resolve("a.test", &bounds(5000)).unwrap();
        assert!(begun.elapsed() < Duration::from_millis(900));
        // The refreshing thread takes its time to start.
        while count.load(Ordering::SeqCst) < 2 && begun.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_doubted_answer_is_asked_for_again() {
        let (resolver, count) = counting(LIFE, Duration::ZERO);
        resolver.resolve("a.test", &bounds(2000)).unwrap();
        resolver.invalidate("a.test");
        resolver.resolve("a.test", &bounds(2000)).unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_slow_name_server_does_not_stretch_the_deadline() {
        let (resolver, _) = counting(LIFE, Duration::from_secs(2));
        let begun = Instant::now();
        let failure = resolver.resolve("a.test", &bounds(100)).unwrap_err();
        assert_eq!(failure.code, Code::Timeout);
        assert!(begun.elapsed() < Duration::from_millis(300), "{:?}", begun.elapsed());
    }

    #[test]
    fn at_most_eight_look_ups_are_under_way_and_all_addresses_are_taken() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = (Arc::clone(&now), Arc::clone(&most));
        let lookup = move |_: &str| {
            seen.1.fetch_max(seen.0.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(100));
            seen.0.fetch_sub(1, Ordering::SeqCst);
            Ok(vec![ONE; 20])
        };
        let resolver = Resolver::with(Box::new(lookup), LIFE);
        std::thread::scope(|scope| {
            for number in 0..20 {
                let resolver = &resolver;
                scope.spawn(move || {
                    let found = resolver.resolve(&format!("{number}.test"), &bounds(5000)).unwrap();
                    assert_eq!(found.len(), 20);
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 8);
    }

    #[test]
    fn what_has_no_address_is_an_error() {
        let resolver = Resolver::with(Box::new(|_| Err(io::Error::other("no such name"))), LIFE);
        assert_eq!(resolver.resolve("a.test", &bounds(1000)).unwrap_err().code, Code::Resolve);
        let resolver = Resolver::with(Box::new(|_| Ok(Vec::new())), LIFE);
        assert_eq!(resolver.resolve("a.test", &bounds(1000)).unwrap_err().code, Code::Resolve);
    }
}
