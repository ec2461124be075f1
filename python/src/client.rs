//! The client under `ants_otp.Client` and `ants_otp.AsyncClient`.

use crate::call::{Call, Given};
use crate::completions::{Completions, Waiter};
use crate::error::{self, ErrorParts, Fallible};
use crate::log::{self, Line, LogLines};
use crate::outcome::{Completion, CompletionParts};
use crate::raw::Kept;
use crate::workers::ClientWorkers;
use crate::{options, wait};
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::Arc;
use std::time::Duration;

#[pyclass(frozen, module = "ants_otp._native")]
pub struct Client {
    client: ants_otp::Client,
    /// For calls that do not block their caller; none is started before there is such a call.
    workers: Arc<ClientWorkers>,
}

/// A client with these options, or why there is none, and log lines.
#[pyfunction]
#[pyo3(signature = (username, password, options, /))]
pub fn connect(
    py: Python<'_>,
    username: Option<Bound<'_, PyAny>>,
    password: Option<Bound<'_, PyAny>>,
    options: &Bound<'_, PyDict>,
) -> PyResult<(Fallible<Client>, Vec<Line>)> {
    let options = options::read(username.as_ref(), password.as_ref(), options)?;
    let workers = ClientWorkers::new(py, options.get_async_threads());
    // Certificate files are read without the GIL.
    let client = wait::detached(py, || options.build());
    let warning = client.as_ref().ok().and_then(ants_otp::Client::warning);
    let lines = warning.into_iter().map(|line| (log::WARNING, line)).collect();
    Ok((error::fallible(client.map(|client| Client { client, workers })), lines))
}

#[pymethods]
impl Client {
    /// A client with other defaults over the same connections and threads, or why there is none.
    #[pyo3(signature = (options, /))]
    fn with_options(&self, options: &Bound<'_, PyDict>) -> PyResult<Fallible<Client>> {
        let options = options::read_defaults(options)?;
        let client = self.client.with_options(&options);
        Ok(error::fallible(client.map(|client| Client { client, workers: self.workers.clone() })))
    }

    /// Makes a call on the calling thread. `level` is the least one of log lines, 0 for none. Gives what a signal handler has
    /// raised meanwhile, and what came of the call.
    #[pyo3(signature = (call, level, /))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        call: &Call,
        level: i32,
    ) -> PyResult<CompletionParts<'py, Option<Py<PyBaseException>>>> {
        let Given { work, options } = call.take()?;
        let work = match work {
            Ok(work) => work,
            Err(error) => return Completion::refused(error).into_parts(py, None),
        };
        let (options, kept, lines) = prepared(options, level);
        let (raised, result) = wait::interruptible(py, options, |options| work.run(&self.client, options));
        Completion { result, kept, lines }.into_parts(py, raised.map(|raised| raised.into_value(py)))
    }

    /// Makes a call like `call` on another thread, which puts what came of it into `completions`, for `waiter`. Gives why it was not
    /// begun, if it was not.
    #[pyo3(signature = (call, level, completions, waiter, /))]
    fn submit(
        &self,
        call: &Call,
        level: i32,
        completions: &Completions,
        waiter: Waiter,
    ) -> PyResult<Option<ErrorParts>> {
        let Given { work, options } = call.take()?;
        let work = match work {
            Ok(work) => work,
            Err(error) => return Ok(Some(error::parts(&error))),
        };
        let (options, kept, lines) = prepared(options.cancel(call.cancel_handle()), level);
        let (client, completions) = (self.client.clone(), Arc::clone(&completions.0));
        let job = move |turn: ants_otp::Result<_>| {
            if let (Err(error), Some(lines)) = (&turn, &lines) {
                lines.add_unmade(work.operation().name(), error);
            }
            let result = wait::guarded(|| turn.and_then(|options| work.run(&client, &options)));
            completions.put(waiter, Completion { result, kept, lines });
        };
        Ok(self.workers.submit(&self.client, options, job).err().map(|error| error::parts(&error)))
    }

    /// What may be shown of it: the service's address, and the deadline of a call in seconds.
    fn shown(&self) -> (String, f64) {
        (self.client.base_url(), self.client.timeout_of(&ants_otp::Call::new()).as_secs_f64())
    }

    /// The URL that a call is posted to.
    #[pyo3(signature = (operation, /))]
    fn url(&self, operation: &str) -> Option<String> {
        self.client.url(operation)
    }
}

impl Client {
    /// How long a call with these options may take.
    pub fn timeout_of(&self, options: &ants_otp::Call) -> Duration {
        self.client.timeout_of(options)
    }
}

/// The options, where the call keeps its answer, and its log lines if there may be such.
fn prepared(options: ants_otp::Call, level: i32) -> (ants_otp::Call, Kept, Option<LogLines>) {
    let (kept, lines) = (Kept::default(), LogLines::from(level));
    let mut options = options.keep_answer(&kept);
    if let Some(lines) = &lines {
        options = lines.of(options);
    }
    (options, kept, lines)
}
