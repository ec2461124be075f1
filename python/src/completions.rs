//! Calls that have ended, on their way from the worker threads to their event loop, which may be a hub of gevent or eventlet.
//!
//! A worker that took the GIL for each call that it has made would fight for it with the loop and with a thousand others. So
//! it only lays down here what came of the call, and wakes the loop where nothing lies here yet; the loop takes everything
//! that has come meanwhile.

use crate::log::{self, LogLines};
use crate::outcome::{Completion, CompletionParts};
use pyo3::prelude::*;
use rustix::event::{EventfdFlags, eventfd};
use rustix::process::{Pid, getpid};
use std::collections::VecDeque;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The calls that have ended and that their loop has not taken yet.
#[pyclass(frozen, subclass, module = "ants_otp._native")]
pub struct Completions(pub Arc<Queue>);

/// The same as workers see them.
pub struct Queue {
    /// Readable from the first call that is put in until the loop has found nothing more.
    event: OwnedFd,
    state: Mutex<State>,
    process: Pid,
}

#[derive(Default)]
struct State {
    completed: VecDeque<(Waiter, Completion)>,
    /// Whether `event` is readable, or about to be.
    is_signaled: bool,
}

/// Whoever waits for a call, as Python handed it over.
pub type Waiter = Py<PyAny>;

#[pymethods]
impl Completions {
    #[new]
    fn new() -> PyResult<Self> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(io::Error::from)?;
        Ok(Completions(Arc::new(Queue { event, state: Mutex::default(), process: getpid() })))
    }

    /// The file descriptor that is readable while `take` has something to give.
    fn fileno(&self) -> RawFd {
        self.0.event.as_raw_fd()
    }

    /// The call that ended first: the waiter, and what came of it.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Option<CompletionParts<'py, Waiter>>> {
        self.0.take().map(|(waiter, completion)| completion.into_parts(py, waiter)).transpose()
    }
}

impl Queue {
    /// To be called without the GIL or with it.
    pub fn put(&self, waiter: Waiter, completion: Completion) {
        let mut state = self.lock();
        state.completed.push_back((waiter, completion));
        let was_signaled = mem::replace(&mut state.is_signaled, true);
        // The loop would only wait for the lock.
        drop(state);
        if !was_signaled {
            // The few that can come before the loop has read them are far from too many.
            let _ = rustix::io::write(&self.event, &1u64.to_ne_bytes());
        }
    }

    fn take(&self) -> Option<(Waiter, Completion)> {
        if self.process != getpid() {
            // The lock may have been held at the fork, and what lies here is the parent's to take.
            return None;
        }
        let mut state = self.lock();
        let first = state.completed.pop_front();
        if first.is_none() {
            state.is_signaled = false;
            // Also what a worker has written since it was read last.
            let _ = rustix::io::read(&self.event, &mut [0; size_of::<u64>()]);
        }
        first
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Queue {
    /// A loop that was closed under its calls takes nothing any more, but their log lines are for everybody.
    fn drop(&mut self) {
        let state = mem::take(self.state.get_mut().unwrap_or_else(PoisonError::into_inner));
        if self.process != getpid() {
            // A forked child has it as its parent's threads were leaving it, and the lines are the parent's to write.
            mem::forget(state);
            return;
        }
        // Python has taken what was there when it let go of them (`_completions.py`), so as a rule this is a worker, which has left
        // by the time that the interpreter ends.
        if !state.completed.is_empty() {
            Python::try_attach(|py| {
                let lines = state.completed.iter().filter_map(|(_, completion)| completion.lines.as_ref());
                log::write(py, lines.flat_map(LogLines::take).collect());
                drop(state);
            });
        }
    }
}
