//! The code table's sentences, for `ants_otp.Code`.

use ants_otp::Code;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// Number, name, English sentence, Thai sentence and advice of every code, in the order of the table.
#[pyfunction]
pub fn code_table() -> Vec<(i32, &'static str, &'static str, &'static str, &'static str)> {
    let row = |code: &Code| (code.number(), code.name(), code.text("en"), code.text("th"), code.advice());
    Code::ALL.iter().map(row).collect()
}

#[pyfunction]
#[pyo3(signature = (number, language, /))]
pub fn code_text(number: i32, language: &Bound<'_, PyString>) -> PyResult<&'static str> {
    // A tag that UTF-8 cannot hold is no known language.
    Ok(find(number)?.text(language.to_str().unwrap_or_default()))
}

#[pyfunction]
#[pyo3(signature = (number, language, /))]
pub fn code_user_text(number: i32, language: &Bound<'_, PyString>) -> PyResult<&'static str> {
    Ok(find(number)?.user_text(language.to_str().unwrap_or_default()))
}

#[pyfunction]
#[pyo3(signature = (number, /))]
pub fn code_advice(number: i32) -> PyResult<&'static str> {
    Ok(find(number)?.advice())
}

fn find(number: i32) -> PyResult<Code> {
    Code::from_number(number).ok_or_else(|| PyValueError::new_err(format!("{number} is no code")))
}
