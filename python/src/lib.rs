//! The native module `ants_otp._native`, private to the Python package: it turns arguments into the core's, waits without
//! the GIL, and gives outcomes back in parts. What a user sees, with its documentation, is written in Python.
//!
//! No function of this module calls Python code: it gives back what is to be made, raised or logged. Up to Python 3.13 the
//! interpreter's end kills each other thread when that asks for the GIL next, which Python code does all the time, and unwinds
//! its stack: frames of Rust would abort the process. (PyO3 itself guards the return from a wait.) What is left runs in threads
//! that the end waits for (signal handlers in the main thread; [`log::write`] in workers), or is rare: a number of a type with a
//! `__float__` or `__index__` of its own, and what a garbage collection or the end of an object sets off.

mod call;
mod client;
mod code;
mod completions;
mod delivery_report;
mod environment;
mod error;
mod log;
mod mobile;
mod options;
mod outcome;
mod raw;
mod value;
mod wait;
mod work;
mod workers;

#[global_allocator]
static ALLOCATOR: ants_otp_wiping::Wiping = ants_otp_wiping::Wiping;

/// Every state a call shares is behind the core's locks, so the module needs no GIL of its own.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::call::Call;
    #[pymodule_export]
    use crate::client::{Client, connect};
    #[pymodule_export]
    use crate::code::{code_advice, code_table, code_text, code_user_text};
    #[pymodule_export]
    use crate::completions::Completions;
    #[pymodule_export]
    use crate::delivery_report::parse_delivery_report;
    #[pymodule_export]
    use crate::environment::is_privileged;
    #[pymodule_export]
    use crate::mobile::normalize_mobile;
    #[pymodule_export]
    use crate::raw::RawAnswer;
    #[pymodule_export]
    use crate::workers::end_calls;
    #[pymodule_export]
    const VERSION: &str = ants_otp::VERSION;
}
