//! Waits without the GIL: panics end here, and Ctrl-C ends a wait of the main thread.

use crate::error;
use ants_otp::Call;
use pyo3::prelude::*;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// What a signal handler has raised in the call that this thread makes. A handler may make calls of its own: each has
    /// its own part while it runs, and takes it away before any Python code can run again.
    static RAISED: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// Runs `work` without the GIL. Whatever a panic leaves behind in the core is guarded by the core's own locks, or dropped with
/// the call.
pub fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> ants_otp::Result<T> + Send) -> ants_otp::Result<T> {
    py.detach(|| guarded(work))
}

/// Runs `work`; a panic is an error.
pub fn guarded<T>(work: impl FnOnce() -> ants_otp::Result<T>) -> ants_otp::Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result,
        Err(_) => Err(error::panicked()),
    }
}

/// Runs `work` without the GIL. In the main thread a signal whose Python handler raises, such as Ctrl-C's, ends the call, and
/// what the handler raised comes back beside what came of it.
pub fn interruptible<T: Send>(
    py: Python<'_>,
    call: Call,
    work: impl FnOnce(&Call) -> ants_otp::Result<T> + Send,
) -> (Option<PyErr>, ants_otp::Result<T>) {
    if !in_main_thread() {
        return (None, detached(py, || work(&call)));
    }
    let call = call.interrupt(|| {
        let run_handlers = |py: Python<'_>| match py.check_signals() {
            Ok(()) => false,
            Err(error) => {
                RAISED.set(Some(error));
                true
            }
        };
        // Where the interpreter is at its end, nobody waits for the answer.
        Python::try_attach(run_handlers).unwrap_or(true)
    });
    let outer = RAISED.take();
    let result = detached(py, || work(&call));
    (RAISED.replace(outer), result)
}

/// Python runs signal handlers in its main thread alone; other threads need not wake up to look for them. In a Python
/// program that is the process's main thread, also in a forked child; to ask `threading` would cost its import. Where Python
/// is embedded in another thread, a signal waits for the end of the call.
fn in_main_thread() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}
