//! The verdict on what a person typed, as `ants_otp.Verification`.

use ants_otp::{Status, Verification};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple};

/// Made without the constructor, which is for users: it looks at what it is given, and takes as long as all of this.
pub fn to_python<'py>(py: Python<'py>, verification: &Verification) -> PyResult<Bound<'py, PyAny>> {
    static NEW: PyOnceLock<(Py<PyAny>, Py<PyTuple>)> = PyOnceLock::new();
    let (new, class) = NEW.get_or_try_init(py, || {
        let class = py.import("ants_otp.verification")?.getattr("Verification")?;
        PyResult::Ok((class.getattr("__new__")?.unbind(), PyTuple::new(py, [class])?.unbind()))
    })?;
    let status = match verification.status() {
        // The one that most calls give, ready made.
        Status::Verified => intern!(py, "verified").clone(),
        other => PyString::new(py, other.name()),
    };
    let made = new.bind(py).call1(class.bind(py))?;
    made.setattr(intern!(py, "_status"), status)?;
    let said = (verification.result(), verification.is_error_count(), verification.is_expr_code());
    made.setattr(intern!(py, "_said"), said)?;
    Ok(made)
}
