//! What is taken from the process's environment: nothing, where the program has rights that whoever started it has not.
//!
//! The caller of a setuid program chooses its environment: a base URL, a proxy or a root taken from there would lead the
//! program to a service of the caller's, which verifies everybody. The environment itself is never changed: it belongs to
//! the process.
#![allow(unsafe_code)]

use std::ffi::OsString;

/// Why nothing is taken.
pub const NOT_USED: &str = "the environment is not used, since this program runs setuid or with file capabilities";

/// Whether the kernel says AT_SECURE: the program was started setuid, setgid or with file capabilities by somebody who has
/// not these rights himself, or a security module says so.
pub fn is_privileged() -> bool {
    // Not /proc/self/auxv, which may not be mounted; nor rustix, whose look at it stands outside its stable interface and
    // says no where it cannot look.
    //
    // SAFETY: getauxval(3) reads what the loader has kept in memory of the kernel's vector, and writes nothing but errno.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// What the variable holds. None for an empty one, and in a privileged program for each.
pub fn variable(name: &str) -> Option<OsString> {
    if is_privileged() { None } else { std::env::var_os(name).filter(|value| !value.is_empty()) }
}

/// Where a missing setting may come from, beside code: these variables, or why they would not help.
pub(crate) fn hint(names: &str) -> String {
    if is_privileged() { format!("{NOT_USED}: set it in code") } else { format!("environment: {names}") }
}
