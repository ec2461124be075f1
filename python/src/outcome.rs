//! What came of a call, on its way to Python. The package's classes are made there, of the parts that this gives.

use crate::error::{self, ErrorParts};
use crate::log::{Line, LogLines};
use crate::raw::{Kept, RawAnswer};
use ants_otp::{Account, Error, Result, Sent, Status, Verification};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// A call that has ended.
pub struct Completion {
    pub result: Result<Outcome>,
    pub kept: Kept,
    pub lines: Option<LogLines>,
}

pub enum Outcome {
    Sent(Sent),
    Verification(Verification),
    Account(Account),
}

/// `whose` it is; the parts of the result, as its class takes them; those of the error, if it is one; the answer, if one
/// came; the log lines, if there may be such.
pub type CompletionParts<'py, T> = (T, Bound<'py, PyTuple>, Option<ErrorParts>, Option<RawAnswer>, Option<Vec<Line>>);

impl Completion {
    /// A call that was refused before it was one.
    pub fn refused(error: Error) -> Self {
        Completion { result: Err(error), kept: Kept::default(), lines: None }
    }

    pub fn into_parts<T>(self, py: Python<'_>, whose: T) -> PyResult<CompletionParts<'_, T>> {
        let lines = self.lines.map(|lines| lines.take());
        let (parts, error) = match self.result {
            Ok(outcome) => (outcome.parts(py)?, None),
            Err(error) => (PyTuple::empty(py), Some(error::parts(&error))),
        };
        Ok((whose, parts, error, RawAnswer::of(self.kept), lines))
    }
}

impl Outcome {
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match self {
            Outcome::Sent(sent) => {
                (sent.otp_id(), sent.otc_id(), sent.reference_code(), sent.message(), sent.description())
                    .into_pyobject(py)
            }
            Outcome::Verification(verification) => (
                status(py, verification.status()),
                verification.result(),
                verification.is_error_count(),
                verification.is_expr_code(),
            )
                .into_pyobject(py),
            Outcome::Account(account) => (account.kind(), account.credit()).into_pyobject(py),
        }
    }
}

fn status(py: Python<'_>, status: Status) -> Bound<'_, PyString> {
    match status {
        // The one that most calls give, ready made.
        Status::Verified => intern!(py, "verified").clone(),
        other => PyString::new(py, other.name()),
    }
}
