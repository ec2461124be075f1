//! The client under `ants_otp.Client` and `ants_otp.AsyncClient`.

use crate::crew::Crew;
use crate::inbox::{Ended, Inbox};
use crate::log;
use crate::raw::Kept;
use crate::work::Work;
use crate::{call, error, options, wait};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::panic::{AssertUnwindSafe, catch_unwind};
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

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (options, asynchronous, /))]
    fn new(py: Python<'_>, options: &Bound<'_, PyDict>, asynchronous: bool) -> PyResult<Self> {
        let options = options::read(options)?;
        let crew = asynchronous.then(|| Crew::new(py, options.get_async_threads()));
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

    /// Makes a call on the calling thread. `given` has the operation's arguments, then its options.
    #[pyo3(signature = (operation, given, credentials, /))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        given: &Bound<'py, PyTuple>,
        credentials: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut given = given.iter_borrowed();
        let work = Work::read(py, operation, &mut given)?;
        let kept = Kept::default();
        let lines = log::listen(py)?;
        let mut call = call::read(given, credentials)?.keep_answer(&kept);
        if let Some(lines) = &lines {
            call = lines.of(call);
        }
        let outcome = wait::interruptible(py, call, &kept, |call| work.run(&self.client, call));
        if let Some(lines) = lines {
            lines.write(py);
        }
        outcome?.to_python(py, &kept)
    }

    /// Makes a call like `call` on another thread, which puts what came of it into `inbox`, for `waiter`.
    #[pyo3(signature = (operation, given, credentials, inbox, waiter, /))]
    fn submit<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        given: &Bound<'py, PyTuple>,
        credentials: &Bound<'py, PyAny>,
        inbox: &Inbox,
        waiter: Py<PyAny>,
    ) -> PyResult<Cancel> {
        let Some(crew) = &self.crew else { return Err(PyTypeError::new_err("this client has no threads")) };
        let mut given = given.iter_borrowed();
        let work = Work::read(py, operation, &mut given)?;
        let kept = Kept::default();
        let cancel = ants_otp::Cancel::new();
        let lines = log::listen(py)?;
        let mut call = call::read(given, credentials)?.keep_answer(&kept).cancel(&cancel);
        if let Some(lines) = &lines {
            call = lines.of(call);
        }
        let (client, inbox) = (self.client.clone(), Arc::clone(&inbox.0));
        let job = move |turn: ants_otp::Result<_>| {
            if let (Err(error), Some(lines)) = (&turn, &lines) {
                lines.add_unmade(work.name(), error);
            }
            let made = catch_unwind(AssertUnwindSafe(|| turn.and_then(|call| work.run(&client, &call))));
            inbox.put(Ended { result: made.ok(), kept, lines, waiter });
        };
        crew.submit(&self.client, call, job).map_err(|error| error::to_python(py, &error, None))?;
        Ok(Cancel(cancel))
    }

    /// The URL that a call is posted to.
    #[pyo3(signature = (operation, /))]
    fn url(&self, operation: &str) -> Option<String> {
        self.client.url(operation)
    }
}
