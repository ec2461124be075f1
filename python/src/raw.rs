//! The answer as it came, behind `.raw` of results and errors. It is turned into Python's values when it is looked at.

use pyo3::prelude::*;
use std::sync::{Arc, OnceLock};

type Parts = (u16, Vec<(String, String)>, String);

/// Where a call keeps its answer.
pub type Kept = Arc<OnceLock<ants_otp::RawAnswer>>;

#[pyclass(frozen, module = "ants_otp._native")]
pub struct RawAnswer(Kept);

#[pymethods]
impl RawAnswer {
    /// HTTP status, headers and body, masked.
    fn read(&self) -> Option<Parts> {
        self.0.get().map(|raw| (raw.http_status(), raw.headers(), raw.body()))
    }
}

impl RawAnswer {
    /// None where no answer came.
    pub fn of(kept: Kept) -> Option<Self> {
        kept.get().is_some().then(|| RawAnswer(kept))
    }
}
