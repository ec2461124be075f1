//! The client under `ants_otp.Client` and `ants_otp.AsyncClient`.

use crate::crew::Crew;
use crate::log::{self, LogLines};
use crate::raw::Kept;
use crate::work::{Outcome, Work};
use crate::{call, error, options, wait};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

#[pyclass(frozen, weakref, module = "ants_otp._native")]
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

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (options, asynchronous, /))]
    fn new(py: Python<'_>, options: &Bound<'_, PyDict>, asynchronous: bool) -> PyResult<Self> {
        let options = options::read(options)?;
        let crew = asynchronous.then(|| Arc::new(Crew::new(options.get_async_threads())));
        // Certificate files are read without the GIL.
        Ok(Client { client: wait::detached(py, &Kept::default(), || options.build())?, crew })
    }

    /// A client with other defaults over the same connections and threads.
    #[pyo3(signature = (options, /))]
    fn with_options(&self, py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let options = options::read_defaults(options)?;
        let client = self.client.with_options(&options).map_err(|error| error::to_python(py, &error, None))?;
        Ok(Client { client, crew: self.crew.clone() })
    }

    /// Makes a call on the calling thread.
    #[pyo3(signature = (operation, arguments, options, credentials, /))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        arguments: &Bound<'py, PyTuple>,
        options: &Bound<'py, PyTuple>,
        credentials: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let work = Work::read(py, operation, arguments)?;
        let kept = Kept::default();
        let (call, lines) = log::attach(py, call::read(options, credentials)?.keep_answer(&kept))?;
        let outcome = wait::interruptible(py, call, &kept, |call| work.run(&self.client, call));
        if let Some(lines) = lines {
            lines.write(py);
        }
        outcome?.to_python(py, &kept)
    }

    /// Makes a call on another thread, which calls `done` with the result or None, the error or None, and the log lines or
    /// None.
    #[pyo3(signature = (operation, arguments, options, credentials, done, /))]
    fn submit<'py>(
        &self,
        operation: &str,
        arguments: &Bound<'py, PyTuple>,
        options: &Bound<'py, PyTuple>,
        credentials: &Bound<'py, PyAny>,
        done: Py<PyAny>,
    ) -> PyResult<Cancel> {
        let Some(crew) = &self.crew else { return Err(PyTypeError::new_err("this client has no threads")) };
        let py = arguments.py();
        let work = Work::read(py, operation, arguments)?;
        let kept = Kept::default();
        let cancel = ants_otp::Cancel::new();
        let call = call::read(options, credentials)?.keep_answer(&kept).cancel(&cancel);
        let (call, lines) = log::attach(py, call)?;
        let client = self.client.clone();
        let job = move |turn: ants_otp::Result<_>| {
            if let (Err(error), Some(lines)) = (&turn, &lines) {
                lines.add_unmade(work.name(), error);
            }
            let result = turn.map(|call| catch_unwind(AssertUnwindSafe(|| work.run(&client, &call))));
            // Where the interpreter is at its end, nobody waits for the answer.
            Python::try_attach(move |py| {
                let result = match result {
                    Ok(Ok(Ok(outcome))) => Ok(outcome),
                    Ok(Ok(Err(error))) | Err(error) => Err(error::to_python(py, &error, Some(&kept))),
                    Ok(Err(_)) => Err(error::panicked(py)),
                };
                if let Err(error) = hand_over(py, result, &kept, lines, &done) {
                    error.write_unraisable(py, None);
                }
                drop(done);
            });
        };
        crew.submit(&self.client, call, job).map_err(|error| error::to_python(py, &error, None))?;
        Ok(Cancel(cancel))
    }

    /// Ends the calls that were submitted, and waits for their threads; later ones are refused.
    fn stop(&self, py: Python<'_>) {
        if let Some(crew) = &self.crew {
            crew.stop(py);
        }
    }

    /// The URL that a call is posted to.
    #[pyo3(signature = (operation, /))]
    fn url(&self, operation: &str) -> Option<String> {
        self.client.url(operation)
    }
}

fn hand_over(
    py: Python<'_>,
    result: PyResult<Outcome>,
    kept: &Kept,
    lines: Option<LogLines>,
    done: &Py<PyAny>,
) -> PyResult<()> {
    let result = result.and_then(|outcome| outcome.to_python(py, kept));
    let (value, error) = match result {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(error.into_value(py))),
    };
    done.call1(py, (value, error, lines)).map(drop)
}
