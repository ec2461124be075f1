//! Idle connections to the one service of a client, newest first. Nothing here grows with their number.

use super::connection::Connection;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(crate) struct Pool {
    /// Oldest first.
    idle: Mutex<VecDeque<Idle>>,
    max: usize,
    life: Duration,
}

struct Idle {
    connection: Box<Connection>,
    since: Instant,
}

impl Pool {
    pub fn new(max: usize, life: Duration) -> Self {
        Pool { idle: Mutex::default(), max, life }
    }

    /// The newest connection that `suits` and is still good: young enough, open, and with nothing waiting to be read.
    pub fn take(&self, suits: impl Fn(&Connection) -> bool) -> Option<Box<Connection>> {
        loop {
            let mut idle = self.lock();
            let newest = idle.iter().rposition(|idle| suits(&idle.connection))?;
            if idle[newest].since.elapsed() >= self.life {
                // The others up to it are older still. They are closed outside the lock.
                let too_old: Vec<Idle> = idle.drain(..=newest).collect();
                drop(idle);
                drop(too_old);
                return None;
            }
            let taken = idle.remove(newest);
            drop(idle);
            let mut connection = taken?.connection;
            if connection.is_reusable() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose answer was read to its end, and as that of its call.
    pub fn put(&self, connection: Box<Connection>) {
        if self.max == 0 {
            return;
        }
        let now = Instant::now();
        let mut idle = self.lock();
        idle.push_back(Idle { connection, since: now });
        let too_old = idle.iter().take_while(|oldest| now.duration_since(oldest.since) >= self.life).count();
        let too_many = idle.len().saturating_sub(self.max);
        let closed: Vec<Idle> = idle.drain(..too_old.max(too_many)).collect();
        drop(idle);
        drop(closed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
