//! Reads Python values. Each gives back the value, or a sentence that says what to change and never repeats the value: it
//! may be a secret, and it may be text that UTF-8 cannot hold.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};
use std::path::PathBuf;
use std::time::Duration;

pub type Checked<T> = Result<T, String>;

/// A str that UTF-8 can hold.
pub fn text<'a>(name: &str, value: &'a Bound<'_, PyAny>) -> Checked<&'a str> {
    let text = value.cast::<PyString>().map_err(|_| format!("{name} must be text (str), not {}", kind(value)))?;
    text.to_str().map_err(|_| format!("{name} holds a lone surrogate, which is no character: decode it as UTF-8"))
}

/// Seconds, as an int or a float. What is out of bounds is for the core to say.
pub fn seconds(name: &str, value: &Bound<'_, PyAny>) -> Checked<Duration> {
    let number = if value.is_instance_of::<PyBool>() { None } else { value.extract::<f64>().ok() };
    let Some(number) = number else {
        return Err(format!("{name} must be a number of seconds, not {}", kind(value)));
    };
    Duration::try_from_secs_f64(number).map_err(|_| format!("{name} must be 0.001 to 600 seconds"))
}

/// A count, as an int that is not negative. What is too large is for the core to say.
pub fn count(name: &str, value: &Bound<'_, PyAny>) -> Checked<u32> {
    if value.is_instance_of::<PyBool>() {
        return Err(format!("{name} must be a whole number, not bool"));
    }
    value.extract().map_err(|_| format!("{name} must be a whole number, 0 or more"))
}

/// True or False and nothing else: `"false"` and `0` are mistakes here.
pub fn switch(name: &str, value: &Bound<'_, PyAny>) -> Checked<bool> {
    value
        .cast::<PyBool>()
        .map(|value| value.is_true())
        .map_err(|_| format!("{name} must be True or False, not {}", kind(value)))
}

/// A path as str or os.PathLike.
pub fn path(name: &str, value: &Bound<'_, PyAny>) -> Checked<PathBuf> {
    value.extract().map_err(|_| format!("{name} must be a path (str or os.PathLike)"))
}

/// The one of `known` with this name, or else what Python says where a function has no such parameter.
pub fn named<'a, T>(
    function: &str,
    known: &'a [(&'static str, T)],
    name: &Bound<'_, PyAny>,
) -> PyResult<&'a (&'static str, T)> {
    let name = name.cast::<PyString>()?;
    let text = name.to_str().ok();
    known.iter().find(|(known, _)| Some(*known) == text).ok_or_else(|| {
        let name = name.to_string_lossy();
        PyTypeError::new_err(format!("{function}() got an unexpected keyword argument '{name}'"))
    })
}

fn kind(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "another type".to_owned(), |name| name.to_string())
}
