//! Waits without the GIL: panics end here, and Ctrl-C ends a wait of the main thread.

use crate::error;
use crate::raw::Kept;
use ants_otp::Call;
use pyo3::prelude::*;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// What a signal handler has raised in the call that this thread makes. A handler may make calls of its own: each has
    /// its own part while it runs, and takes it away before any Python code can run again.
    static RAISED: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// Runs `work` without the GIL. An error takes along the answer that was kept.
pub fn detached<T: Send>(
    py: Python<'_>,
    kept: &Kept,
    work: impl FnOnce() -> ants_otp::Result<T> + Send,
) -> PyResult<T> {
    let result = guarded(py, work);
    ended(py, kept, result)
}

/// Without the GIL; none after a panic. Whatever that leaves behind in the core is guarded by the core's own locks, or dropped
/// with the call.
fn guarded<T: Send>(py: Python<'_>, work: impl FnOnce() -> ants_otp::Result<T> + Send) -> Option<ants_otp::Result<T>> {
    py.detach(|| catch_unwind(AssertUnwindSafe(work))).ok()
}

fn ended<T>(py: Python<'_>, kept: &Kept, result: Option<ants_otp::Result<T>>) -> PyResult<T> {
    match result {
        Some(result) => result.map_err(|error| error::to_python(py, &error, Some(kept))),
        None => Err(error::panicked(py)),
    }
}

/// Runs `work` without the GIL. In the main thread a signal whose Python handler raises, such as Ctrl-C's, ends the call:
/// what the handler raised is raised, and its `__cause__` tells whether the request can have reached the service.
pub fn interruptible<T: Send>(
    py: Python<'_>,
    call: Call,
    kept: &Kept,
    work: impl FnOnce(&Call) -> ants_otp::Result<T> + Send,
) -> PyResult<T> {
    if !in_main_thread() {
        return detached(py, kept, || work(&call));
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
    let result = guarded(py, || work(&call));
    let raised = RAISED.replace(outer);
    let result = ended(py, kept, result);
    let Some(raised) = raised else { return result };
    if let Err(error) = result
        && raised.cause(py).is_none()
    {
        raised.set_cause(py, Some(error));
    }
    Err(raised)
}

/// Python runs signal handlers in its main thread alone; other threads need not wake up to look for them. In a Python
/// program that is the process's main thread, also in a forked child; to ask `threading` would cost its import. Where Python
/// is embedded in another thread, a signal waits for the end of the call.
fn in_main_thread() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}
