//! The worker threads of an `ants_otp.AsyncClient`.
//!
//! A worker takes the GIL to hand over what came of its call. So nobody may wait for workers with the GIL held, and none of
//! them may be left when the interpreter ends.

use ants_otp::{Call, Client, Workers};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// The interpreter is at its end: no thread may be started any more.
static ENDED: AtomicBool = AtomicBool::new(false);

pub struct Crew(Option<Workers>);

impl Crew {
    pub fn new(limit: u32) -> Self {
        Crew(Some(Workers::new(limit)))
    }

    pub fn submit(
        &self,
        client: &Client,
        call: Call,
        job: impl FnOnce(ants_otp::Result<Call>) + Send + 'static,
    ) -> ants_otp::Result<()> {
        match &self.0 {
            Some(workers) if !ENDED.load(Ordering::SeqCst) => workers.submit(client, call, job),
            // The core has no way to make an error from outside: its own, after a stop, says the same.
            _ => {
                let stopped = Workers::new(1);
                stopped.stop();
                stopped.submit(client, call, job)
            }
        }
    }

    /// Ends the calls in flight and waits for the workers.
    pub fn stop(&self, py: Python<'_>) {
        if let Some(workers) = &self.0 {
            py.detach(|| workers.stop());
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        let Some(workers) = self.0.take() else { return };
        // Where the interpreter is at its end, `stop` was called before (`aio.py`); what is left is not worth a wait.
        let mut workers = Some(workers);
        Python::try_attach(|py| py.detach(|| drop(workers.take())));
        std::mem::forget(workers);
    }
}

/// No call is taken from now on.
#[pyfunction]
pub fn end_calls() {
    ENDED.store(true, Ordering::SeqCst);
}
