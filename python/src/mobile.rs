//! Mobile numbers as the service writes them.

use pyo3::prelude::*;

/// The number in the service's form, with Thailand as the default country; None for what is no mobile number.
#[pyfunction]
#[pyo3(signature = (mobile, /))]
pub fn normalize_mobile(mobile: &str) -> Option<String> {
    ants_otp::normalize_mobile(mobile, "66").ok()
}
