//! Mobile numbers as the service writes them.

use crate::error::{self, Fallible};
use crate::value;
use pyo3::prelude::*;

/// The number in the service's form, or why the text is none.
#[pyfunction]
#[pyo3(signature = (mobile, country_code, /))]
pub fn normalize_mobile(mobile: &Bound<'_, PyAny>, country_code: &Bound<'_, PyAny>) -> Fallible<String> {
    let text = |name, value| value::text(name, value).map_err(error::argument);
    let read = || {
        let (mobile, country_code) = (text("mobile", mobile)?, text("country_code", country_code)?);
        ants_otp::normalize_mobile(mobile, country_code)
    };
    error::fallible(read())
}
