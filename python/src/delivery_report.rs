//! Delivery reports, as parts for `ants_otp.DeliveryReport`.

use crate::error::{self, Fallible};
use crate::wait;
use ants_otp::DeliveryReport;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// The parts of each report, as its class takes them, or those of the error.
#[pyfunction]
#[pyo3(signature = (body, content_type, /))]
pub fn parse_delivery_report<'py>(
    py: Python<'py>,
    body: &[u8],
    content_type: &Bound<'py, PyString>,
) -> PyResult<Fallible<Vec<Bound<'py, PyTuple>>>> {
    // What UTF-8 cannot hold names no known type.
    let content_type = content_type.to_str().unwrap_or_default();
    // Bounded at 1 MiB: the longest takes some milliseconds, in which other threads may run.
    let (reports, error) = error::fallible(wait::detached(py, || ants_otp::parse_delivery_report(body, content_type)));
    let parts = |reports: Vec<_>| reports.iter().map(|report| parts(py, report)).collect::<PyResult<_>>();
    Ok((reports.map(parts).transpose()?, error))
}

fn parts<'py>(py: Python<'py>, report: &DeliveryReport) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(
        py,
        [
            report.bulk_id(),
            report.message_id(),
            report.to(),
            report.from(),
            report.text(),
            report.credit(),
            report.sent_date(),
            report.done_date(),
            report.status_code(),
            report.status_name(),
            report.status_description(),
            report.callback_data(),
        ],
    )
}
