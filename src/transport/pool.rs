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
    connection: Connection,
    since: Instant,
}

impl Pool {
    pub fn new(max: usize, life: Duration) -> Self {
        Pool { idle: Mutex::default(), max, life }
    }

    /// The newest connection that is still good: young enough, open, and with nothing waiting to be read.
    pub fn take(&self) -> Option<Connection> {
        loop {
            let newest = self.lock().pop_back()?;
            if newest.since.elapsed() >= self.life {
                // All others are older still. They are closed outside the lock.
                let others = std::mem::take(&mut *self.lock());
                drop(others);
                return None;
            }
            let mut connection = newest.connection;
            if connection.is_quiet() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose answer was read to its end.
    pub fn put(&self, connection: Connection) {
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
