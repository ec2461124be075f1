//! What a request or a resend gives, as `ants_otp.Sent`.

use ants_otp::Sent;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

pub fn to_python<'py>(py: Python<'py>, sent: &Sent) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CLASS.import(py, "ants_otp.sent", "Sent")?.call1((
        sent.otp_id(),
        sent.otc_id(),
        sent.reference_code(),
        sent.message(),
        sent.description(),
    ))
}
