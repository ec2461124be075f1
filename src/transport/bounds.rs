//! What bounds one call: its deadline, a cancel, an interrupt hook.

use super::failure::WaitError;
use crate::call::Interrupt;
use crate::{Cancel, Record};
use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No wait is longer than this before cancel and interrupt hook are asked again, [`TOLERANCE`] aside.
pub(crate) const SLICE: Duration = Duration::from_millis(180);
/// A wait is not shortened for less: that would cost a system call. Together they are the 200 ms that the hook is promised.
const TOLERANCE: Duration = Duration::from_millis(20);
/// The same where nobody is to be asked: a thread that waits wakes up for nothing less often.
const LONG_SLICE: Duration = Duration::from_secs(2);

/// The bounds of one call. Belongs to the calling thread.
#[derive(Clone)]
pub(crate) struct Bounds {
    begun: Instant,
    deadline: Instant,
    pub cancel: Option<Cancel>,
    interrupt: Option<Arc<Interrupt>>,
    /// The socket is shut when the cancel fires, so that a wait on it ends by itself.
    watched: bool,
    /// Where the bytes of the call are kept, if somebody asked for them.
    pub record: Option<Record>,
    /// The answer's whole head is wanted, beside the headers that decide anything.
    pub keep_head: bool,
    /// When the hook was asked last, in microseconds since `begun`.
    asked: Cell<u64>,
}

impl Bounds {
    pub fn new(timeout: Duration, cancel: Option<&Cancel>, interrupt: Option<&Arc<Interrupt>>) -> Self {
        let begun = Instant::now();
        Bounds {
            begun,
            deadline: begun + timeout,
            cancel: cancel.cloned(),
            interrupt: interrupt.cloned(),
            watched: false,
            record: None,
            keep_head: false,
            asked: Cell::new(0),
        }
    }

    /// The same bounds with an earlier deadline, if `limit` comes before it.
    pub fn shortened(&self, limit: Duration) -> Self {
        Bounds { deadline: self.deadline.min(Instant::now() + limit), ..self.clone() }
    }

    /// The same bounds on a socket that is shut when the cancel fires.
    pub fn watched(&self) -> Self {
        Bounds { watched: true, ..self.clone() }
    }

    /// The time left, zero when it is over.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// To be called before each wait: how long it may be, a slice at most.
    pub fn next_wait(&self) -> Result<Duration, WaitError> {
        if self.cancel.as_ref().is_some_and(Cancel::is_fired) {
            return Err(WaitError::Interrupted);
        }
        let now = Instant::now();
        let left = self.deadline.saturating_duration_since(now);
        let mut slice = SLICE;
        if self.interrupt.is_none() && self.watched && left >= LONG_SLICE {
            slice = LONG_SLICE;
        } else if self.interrupt.is_some() {
            let unasked = self.since_begun(now).saturating_sub(Duration::from_micros(self.asked.get()));
            if unasked >= SLICE {
                self.ask(now)?;
            } else if unasked > TOLERANCE {
                slice = SLICE - unasked;
            }
        }
        if left.is_zero() { Err(WaitError::Timeout) } else { Ok(left.min(slice)) }
    }

    /// To be called when a wait was interrupted by a signal: the hook may know it.
    pub fn after_signal(&self) -> Result<(), WaitError> {
        if self.interrupt.is_some() { self.ask(Instant::now()) } else { Ok(()) }
    }

    /// What a closed connection means: a cancel shuts the socket.
    pub fn cut(&self, error: io::Error) -> WaitError {
        if self.cancel.as_ref().is_some_and(Cancel::is_fired) { WaitError::Interrupted } else { WaitError::Cut(error) }
    }

    /// Sleeps, unless the caller stops it.
    pub fn pause(&self, time: Duration) -> Result<(), WaitError> {
        let end = Instant::now() + time;
        loop {
            let slice = self.next_wait()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(slice));
        }
    }

    fn since_begun(&self, now: Instant) -> Duration {
        now.duration_since(self.begun)
    }

    fn ask(&self, now: Instant) -> Result<(), WaitError> {
        self.asked.set(self.since_begun(now).as_micros() as u64);
        match &self.interrupt {
            Some(hook) if hook() => Err(WaitError::Interrupted),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_bounds_never_outlive_the_call() {
        let bounds = Bounds::new(Duration::from_millis(50), None, None);
        assert!(bounds.shortened(Duration::from_secs(5)).remaining() <= Duration::from_millis(50));
        assert!(bounds.shortened(Duration::from_millis(1)).remaining() <= Duration::from_millis(1));
    }

    #[test]
    fn nobody_wakes_up_for_a_cancel_that_shuts_the_socket() {
        let bounds = Bounds::new(Duration::from_secs(15), Some(&Cancel::new()), None);
        assert_eq!(bounds.next_wait().unwrap(), SLICE);
        assert_eq!(bounds.watched().next_wait().unwrap(), LONG_SLICE);
        let hook: Arc<Interrupt> = Arc::new(|| false);
        assert_eq!(Bounds::new(Duration::from_secs(15), None, Some(&hook)).watched().next_wait().unwrap(), SLICE);
        assert_eq!(Bounds::new(Duration::from_secs(1), None, None).watched().next_wait().unwrap(), SLICE);
    }

    #[test]
    fn a_fired_cancel_ends_a_pause_at_once() {
        let cancel = Cancel::new();
        let bounds = Bounds::new(Duration::from_secs(5), Some(&cancel), None);
        cancel.fire();
        assert!(matches!(bounds.pause(Duration::from_secs(5)), Err(WaitError::Interrupted)));
    }

    #[test]
    fn the_hook_is_asked_while_pausing() {
        let hook: Arc<Interrupt> = Arc::new(|| true);
        let bounds = Bounds::new(Duration::from_secs(5), None, Some(&hook));
        let begun = Instant::now();
        assert!(matches!(bounds.pause(Duration::from_secs(5)), Err(WaitError::Interrupted)));
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}
