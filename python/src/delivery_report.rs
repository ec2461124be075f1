//! Delivery reports, as `ants_otp.DeliveryReport`.

use crate::raw::Kept;
use crate::wait;
use ants_otp::DeliveryReport;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

#[pyfunction]
#[pyo3(signature = (body, content_type, /))]
pub fn parse_delivery_report<'py>(
    py: Python<'py>,
    body: &[u8],
    content_type: &Bound<'py, PyString>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    // What UTF-8 cannot hold names no known type.
    let content_type = content_type.to_str().unwrap_or_default();
    // Bounded at 1 MiB: the longest takes some milliseconds, in which other threads may run.
    let reports = wait::detached(py, &Kept::default(), || ants_otp::parse_delivery_report(body, content_type))?;
    reports.iter().map(|report| to_python(py, report)).collect()
}

fn to_python<'py>(py: Python<'py>, report: &DeliveryReport) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CLASS.import(py, "ants_otp.delivery_report", "DeliveryReport")?.call1((
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
    ))
}
