//! The native module `ants_otp._native`, private to the Python package: it turns arguments into the core's, waits without
//! the GIL, and turns outcomes into the package's classes. What a user sees, with its documentation, is written in Python.

mod account;
mod call;
mod client;
mod code;
mod crew;
mod delivery_report;
mod error;
mod inbox;
mod log;
mod mobile;
mod options;
mod raw;
mod sent;
mod value;
mod verification;
mod wait;
mod work;

/// Every state a call shares is behind the core's locks, so the module needs no GIL of its own.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::client::{Cancel, Client};
    #[pymodule_export]
    use crate::code::{code_advice, code_table, code_text};
    #[pymodule_export]
    use crate::crew::end_calls;
    #[pymodule_export]
    use crate::delivery_report::parse_delivery_report;
    #[pymodule_export]
    use crate::inbox::Inbox;
    #[pymodule_export]
    use crate::log::LogLines;
    #[pymodule_export]
    use crate::mobile::normalize_mobile;
    #[pymodule_export]
    use crate::raw::RawAnswer;
    #[pymodule_export]
    const VERSION: &str = ants_otp::VERSION;
}
