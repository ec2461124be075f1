//! The worker threads of a client, for calls under asyncio, gevent and eventlet.
//!
//! A worker may need the GIL to write log lines that nobody else is left to write. So nobody may wait for workers with the
//! GIL held, and none of them may be left when the interpreter ends.

use crate::error;
use ants_otp::{Call, Client, Workers};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The interpreter is at its end: no thread may be started any more.
static ENDED: AtomicBool = AtomicBool::new(false);

/// All that may have workers. It is locked with the GIL held alone, so no fork finds it locked.
static ALL: Mutex<Vec<Weak<ClientWorkers>>> = Mutex::new(Vec::new());

/// The workers of a client and its copies.
pub struct ClientWorkers(Option<Workers>);

impl ClientWorkers {
    pub fn new(_: Python<'_>, limit: u32) -> Arc<Self> {
        let workers = Arc::new(ClientWorkers(Some(Workers::new(limit))));
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|workers| workers.strong_count() > 0);
        all.push(Arc::downgrade(&workers));
        workers
    }

    pub fn submit(
        &self,
        client: &Client,
        call: Call,
        job: impl FnOnce(ants_otp::Result<Call>) + Send + 'static,
    ) -> ants_otp::Result<()> {
        match &self.0 {
            Some(workers) if !ENDED.load(Ordering::SeqCst) => workers.submit(client, call, job),
            _ => Err(error::argument("The client is closed.".to_owned())),
        }
    }

    /// Ends the calls in flight and waits for the workers.
    fn stop(&self, py: Python<'_>) {
        if let Some(workers) = &self.0 {
            py.detach(|| workers.stop());
        }
    }
}

impl Drop for ClientWorkers {
    fn drop(&mut self) {
        let Some(workers) = self.0.take() else { return };
        // Where the interpreter is at its end, `end_calls` was called before (`_completions.py`); what is left is not worth a wait.
        let mut workers = Some(workers);
        Python::try_attach(|py| py.detach(|| drop(workers.take())));
        std::mem::forget(workers);
    }
}

/// Ends the calls that were submitted, and waits for their threads; none is taken from now on.
#[pyfunction]
pub fn end_calls(py: Python<'_>) {
    ENDED.store(true, Ordering::SeqCst);
    let all = std::mem::take(&mut *ALL.lock().unwrap_or_else(PoisonError::into_inner));
    all.iter().filter_map(Weak::upgrade).for_each(|workers| workers.stop(py));
}
