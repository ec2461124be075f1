//! The worker threads of a client, for calls under asyncio, gevent and eventlet.
//!
//! A worker may need the GIL to write log lines that nobody else is left to write. So nobody may wait for workers with the
//! GIL held, and none of them may be left when the interpreter ends.

use ants_otp::{Call, Client, Workers};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The interpreter is at its end: no thread may be started any more.
static ENDED: AtomicBool = AtomicBool::new(false);

/// All that may have workers. It is locked with the GIL held alone, so no fork finds it locked.
static CREWS: Mutex<Vec<Weak<Crew>>> = Mutex::new(Vec::new());

pub struct Crew(Option<Workers>);

impl Crew {
    pub fn new(_: Python<'_>, limit: u32) -> Arc<Self> {
        let crew = Arc::new(Crew(Some(Workers::new(limit))));
        let mut crews = CREWS.lock().unwrap_or_else(PoisonError::into_inner);
        crews.retain(|crew| crew.strong_count() > 0);
        crews.push(Arc::downgrade(&crew));
        crew
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
    fn stop(&self, py: Python<'_>) {
        if let Some(workers) = &self.0 {
            py.detach(|| workers.stop());
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        let Some(workers) = self.0.take() else { return };
        // Where the interpreter is at its end, `end_calls` was called before (`_inbox.py`); what is left is not worth a wait.
        let mut workers = Some(workers);
        Python::try_attach(|py| py.detach(|| drop(workers.take())));
        std::mem::forget(workers);
    }
}

/// Ends the calls that were submitted, and waits for their threads; none is taken from now on.
#[pyfunction]
pub fn end_calls(py: Python<'_>) {
    ENDED.store(true, Ordering::SeqCst);
    let crews = std::mem::take(&mut *CREWS.lock().unwrap_or_else(PoisonError::into_inner));
    crews.iter().filter_map(Weak::upgrade).for_each(|crew| crew.stop(py));
}
