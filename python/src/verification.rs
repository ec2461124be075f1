//! The verdict on what a person typed, as `ants_otp.Verification`.

use ants_otp::Verification;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

pub fn to_python<'py>(py: Python<'py>, verification: &Verification) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CLASS.import(py, "ants_otp.verification", "Verification")?.call1((
        verification.status().name(),
        verification.result(),
        verification.is_error_count(),
        verification.is_expr_code(),
    ))
}
