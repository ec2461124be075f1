//! What a balance call gives, as `ants_otp.Account`.

use ants_otp::Account;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

pub fn to_python<'py>(py: Python<'py>, account: &Account) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CLASS.import(py, "ants_otp.account", "Account")?.call1((account.kind(), account.credit()))
}
