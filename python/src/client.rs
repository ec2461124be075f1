//! The client under `ants_otp.Client` and `ants_otp.AsyncClient`.

use crate::crew::Crew;
use crate::ended::{Ended, Told};
use crate::error::{self, Tried};
use crate::inbox::{Inbox, Waiter};
use crate::log::{self, Line, LogLines};
use crate::raw::Kept;
use crate::work::Work;
use crate::{call, options, wait};
use pyo3::exceptions::{PyBaseException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::sync::Arc;

#[pyclass(frozen, module = "ants_otp._native")]
pub struct Client {
    client: ants_otp::Client,
    /// An asynchronous client has them.
    crew: Option<Arc<Crew>>,
}

/// Ends one submitted call.
#[pyclass(frozen, module = "ants_otp._native")]
pub struct Cancel(ants_otp::Cancel);

#[pymethods]
impl Cancel {
    fn fire(&self) {
        self.0.fire();
    }
}

/// A client with these options, or why there is none, and log lines.
#[pyfunction]
#[pyo3(signature = (options, asynchronous, /))]
pub fn connect(
    py: Python<'_>,
    options: &Bound<'_, PyDict>,
    asynchronous: bool,
) -> PyResult<(Tried<Client>, Vec<Line>)> {
    let options = options::read(options)?;
    let crew = asynchronous.then(|| Crew::new(py, options.get_async_threads()));
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

    /// Makes a call on the calling thread. `given` has the operation's arguments, then its options; `level` is the least one
    /// of log lines, 0 for none. Gives what a signal handler has raised meanwhile, and what came of the call.
    #[pyo3(signature = (operation, given, credentials, level, /))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        given: &Bound<'py, PyTuple>,
        credentials: &Bound<'py, PyAny>,
        level: i32,
    ) -> PyResult<Told<'py, Option<Py<PyBaseException>>>> {
        let mut given = given.iter_borrowed();
        let work = match Work::read(operation, &mut given)? {
            Ok(work) => work,
            Err(failure) => return Ended::refused(failure).told(py, None),
        };
        let (call, kept, lines) = prepared(call::read(given, credentials)?, level);
        let (raised, result) = wait::interruptible(py, call, |call| work.run(&self.client, call));
        Ended { result, kept, lines }.told(py, raised.map(|raised| raised.into_value(py)))
    }

    /// Makes a call like `call` on another thread, which puts what came of it into `inbox`, for `waiter`. Gives the means to
    /// end it, or why it was not begun.
    #[pyo3(signature = (operation, given, credentials, level, inbox, waiter, /))]
    fn submit(
        &self,
        operation: &str,
        given: &Bound<'_, PyTuple>,
        credentials: &Bound<'_, PyAny>,
        level: i32,
        inbox: &Inbox,
        waiter: Waiter,
    ) -> PyResult<Tried<Cancel>> {
        let Some(crew) = &self.crew else { return Err(PyTypeError::new_err("this client has no threads")) };
        let mut given = given.iter_borrowed();
        let work = match Work::read(operation, &mut given)? {
            Ok(work) => work,
            Err(failure) => return Ok((None, Some(failure))),
        };
        let cancel = ants_otp::Cancel::new();
        let (call, kept, lines) = prepared(call::read(given, credentials)?.cancel(&cancel), level);
        let (client, inbox) = (self.client.clone(), Arc::clone(&inbox.0));
        let job = move |turn: ants_otp::Result<_>| {
            if let (Err(error), Some(lines)) = (&turn, &lines) {
                lines.add_unmade(work.name(), error);
            }
            let result = wait::guarded(|| turn.and_then(|call| work.run(&client, &call)));
            inbox.put(waiter, Ended { result, kept, lines });
        };
        let submitted = crew.submit(&self.client, call, job).map_err(|error| error::failure(&error));
        Ok(error::tried(submitted.map(|()| Cancel(cancel))))
    }

    /// The URL that a call is posted to.
    #[pyo3(signature = (operation, /))]
    fn url(&self, operation: &str) -> Option<String> {
        self.client.url(operation)
    }
}

/// The call, where it keeps its answer, and its log lines if there may be such.
fn prepared(call: ants_otp::Call, level: i32) -> (ants_otp::Call, Kept, Option<LogLines>) {
    let (kept, lines) = (Kept::default(), LogLines::from(level));
    let mut call = call.keep_answer(&kept);
    if let Some(lines) = &lines {
        call = lines.of(call);
    }
    (call, kept, lines)
}
