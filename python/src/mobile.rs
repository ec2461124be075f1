//! Mobile numbers as the service writes them.

use crate::error::{self, Tried};
use crate::wait;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// The number in the service's form, or the parts of the failure.
#[pyfunction]
#[pyo3(signature = (mobile, country_code, /))]
pub fn normalize_mobile(mobile: &Bound<'_, PyString>, country_code: &Bound<'_, PyString>) -> Tried<String> {
    // What UTF-8 cannot hold is no digit either.
    let (mobile, country_code) = (mobile.to_string_lossy(), country_code.to_string_lossy());
    error::tried(wait::guarded(|| ants_otp::normalize_mobile(&mobile, &country_code)))
}
