//! What the environment counts for.

use pyo3::prelude::*;

/// Whether this interpreter runs setuid or with file capabilities, so that nothing is taken from the environment.
#[pyfunction]
pub fn is_privileged() -> bool {
    ants_otp::environment::is_privileged()
}
