//! Failures as exceptions. Their classes are written in Python (`ants_otp.error`), which picks one by the code.

use crate::raw::{self, Kept};
use ants_otp::{Code, Delivery, Error};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::time::Duration;

/// The exception of a failed call, not yet raised, with its answer if one came.
pub fn to_python(py: Python<'_>, error: &Error, kept: Option<&Kept>) -> PyErr {
    let error = from_parts(py, error);
    match kept.map(|kept| raw::attach(py, error.value(py), kept)) {
        Some(Err(other)) => other,
        _ => error,
    }
}

fn from_parts(py: Python<'_>, error: &Error) -> PyErr {
    exception(
        py,
        (
            error.code().number(),
            error.delivery().number(),
            error.message(),
            error.http_status(),
            error.service_code(),
            error.service_message(),
            error.service_description(),
            error.retry_after().as_ref().map(Duration::as_secs_f64),
        ),
    )
}

/// Refused here: an argument that the border could not even read.
pub fn argument(py: Python<'_>, why: &str) -> PyErr {
    ours(py, Code::InvalidArgument, Delivery::NotSent, why)
}

/// A panic, which is a defect of this library. Its own words are left out: they may quote what was being handled.
pub fn panicked(py: Python<'_>) -> PyErr {
    let why = "A defect of this library stopped the call (a panic). Whether anything was sent is unknown.";
    ours(py, Code::Internal, Delivery::Unknown, why)
}

fn ours(py: Python<'_>, code: Code, delivery: Delivery, message: &str) -> PyErr {
    exception(py, (code.number(), delivery.number(), message, None, None, "", "", None))
}

type Parts<'a> = (i32, i32, &'a str, Option<u16>, Option<i32>, &'a str, &'a str, Option<f64>);

fn exception(py: Python<'_>, parts: Parts<'_>) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let made = MAKE.import(py, "ants_otp.error", "from_native").and_then(|make| make.call1(parts));
    made.map_or_else(|error| error, PyErr::from_value)
}
