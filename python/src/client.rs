//! The client under `ants_otp.Client` and `ants_otp.AsyncClient`.

use crate::call::{Call, Given};
use crate::crew::Crew;
use crate::ended::{Ended, Told};
use crate::error::{self, Failure, Tried};
use crate::inbox::{Inbox, Waiter};
use crate::log::{self, Line, LogLines};
use crate::raw::Kept;
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
    crew: Arc<Crew>,
}

/// A client with these options, or why there is none, and log lines.
#[pyfunction]
#[pyo3(signature = (username, password, options, /))]
pub fn connect(
    py: Python<'_>,
    username: Option<Bound<'_, PyAny>>,
    password: Option<Bound<'_, PyAny>>,
    options: &Bound<'_, PyDict>,
) -> PyResult<(Tried<Client>, Vec<Line>)> {
    let options = options::read(username.as_ref(), password.as_ref(), options)?;
    let crew = Crew::new(py, options.get_async_threads());
    // Certificate files are read without the GIL.
    let client = wait::detached(py, || options.build());
    let warning = client.as_ref().ok().and_then(ants_otp::Client::warning);
    let lines = warning.into_iter().map(|line| (log::WARNING, line)).collect();
    Ok((error::tried(client.map(|client| Client { client, crew })), lines))
}

#[pymethods]
impl Client {
    /// A client with other defaults over the same connections and threads, or why there is none.
    #[pyo3(signature = (options, /))]
    fn with_options(&self, options: &Bound<'_, PyDict>) -> PyResult<Tried<Client>> {
        let options = options::read_defaults(options)?;
        let client = self.client.with_options(&options).map_err(|error| error::failure(&error));
        Ok(error::tried(client.map(|client| Client { client, crew: self.crew.clone() })))
    }

    /// Makes a call on the calling thread. `level` is the least one of log lines, 0 for none. Gives what a signal handler has
    /// raised meanwhile, and what came of the call.
    #[pyo3(signature = (call, level, /))]
    fn call<'py>(&self, py: Python<'py>, call: &Call, level: i32) -> PyResult<Told<'py, Option<Py<PyBaseException>>>> {
        let Given { work, options } = call.take()?;
        let work = match work {
            Ok(work) => work,
            Err(failure) => return Ended::refused(failure).told(py, None),
        };
        let (options, kept, lines) = prepared(options, level);
        let (raised, result) = wait::interruptible(py, options, |options| work.run(&self.client, options));
        Ended { result, kept, lines }.told(py, raised.map(|raised| raised.into_value(py)))
    }

    /// Makes a call like `call` on another thread, which puts what came of it into `inbox`, for `waiter`. Gives why it was not
    /// begun, if it was not.
    #[pyo3(signature = (call, level, inbox, waiter, /))]
    fn submit(&self, call: &Call, level: i32, inbox: &Inbox, waiter: Waiter) -> PyResult<Option<Failure>> {
        let Given { work, options } = call.take()?;
        let work = match work {
            Ok(work) => work,
            Err(failure) => return Ok(Some(failure)),
        };
        let (options, kept, lines) = prepared(options.cancel(call.cancel_handle()), level);
        let (client, inbox) = (self.client.clone(), Arc::clone(&inbox.0));
        let job = move |turn: ants_otp::Result<_>| {
            if let (Err(error), Some(lines)) = (&turn, &lines) {
                lines.add_unmade(work.name(), error);
            }
            let result = wait::guarded(|| turn.and_then(|options| work.run(&client, &options)));
            inbox.put(waiter, Ended { result, kept, lines });
        };
        Ok(self.crew.submit(&self.client, options, job).err().map(|error| error::failure(&error)))
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
