//! Calls that have ended, on their way from the worker threads to their event loop.
//!
//! A worker that took the GIL for each call that it has made would fight for it with the loop and with a thousand others. So
//! it only lays down here what came of the call, and wakes the loop where nothing lies here yet; the loop takes everything
//! that has come meanwhile.

use crate::error;
use crate::log::LogLines;
use crate::raw::Kept;
use crate::work::Outcome;
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use rustix::event::{EventfdFlags, eventfd};
use rustix::process::{Pid, getpid};
use std::collections::VecDeque;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a loop has not been told yet.
#[pyclass(frozen, module = "ants_otp._native")]
pub struct Inbox(pub Arc<Queue>);

/// The inbox as workers see it.
pub struct Queue {
    /// Readable from the first call that is put in until the loop has found nothing more.
    event: OwnedFd,
    state: Mutex<State>,
    process: Pid,
}

#[derive(Default)]
struct State {
    ended: VecDeque<Ended>,
    /// Whether `event` is readable, or about to be.
    told: bool,
}

/// A call that has ended.
pub struct Ended {
    /// None after a panic.
    pub result: Option<ants_otp::Result<Outcome>>,
    pub kept: Kept,
    pub lines: Option<LogLines>,
    /// Whoever waits for it, as Python handed it over.
    pub waiter: Py<PyAny>,
}

/// The waiter; the result or the error; the log lines, if there may be such.
type Told<'py> = (Py<PyAny>, Option<Bound<'py, PyAny>>, Option<Py<PyBaseException>>, Option<LogLines>);

#[pymethods]
impl Inbox {
    #[new]
    fn new() -> PyResult<Self> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(io::Error::from)?;
        Ok(Inbox(Arc::new(Queue { event, state: Mutex::default(), process: getpid() })))
    }

    /// The file descriptor that is readable while `take` has something to give.
    fn fileno(&self) -> RawFd {
        self.0.event.as_raw_fd()
    }

    /// The call that ended first.
    fn take<'py>(&self, py: Python<'py>) -> Option<Told<'py>> {
        let Ended { result, kept, lines, waiter } = self.0.take()?;
        let result = match result {
            Some(Ok(outcome)) => outcome.to_python(py, &kept),
            Some(Err(error)) => Err(error::to_python(py, &error, Some(&kept))),
            None => Err(error::panicked(py)),
        };
        Some(match result {
            Ok(value) => (waiter, Some(value), None, lines),
            Err(error) => (waiter, None, Some(error.into_value(py)), lines),
        })
    }
}

impl Queue {
    /// To be called without the GIL or with it.
    pub fn put(&self, ended: Ended) {
        let mut state = self.lock();
        state.ended.push_back(ended);
        let is_told = mem::replace(&mut state.told, true);
        // The loop would only wait for the lock.
        drop(state);
        if !is_told {
            // The few events that can come before the loop has read them are far from too many.
            let _ = rustix::io::write(&self.event, &1u64.to_ne_bytes());
        }
    }

    fn take(&self) -> Option<Ended> {
        let mut state = self.lock();
        let first = state.ended.pop_front();
        if first.is_none() {
            state.told = false;
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
        let lines = state.ended.into_iter().filter_map(|ended| ended.lines).collect::<Vec<_>>();
        if !lines.is_empty() {
            // Where the interpreter is at its end, nobody listens.
            Python::try_attach(|py| lines.iter().for_each(|lines| lines.write(py)));
        }
    }
}
