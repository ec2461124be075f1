//! The Authorization header's value.

use crate::check::{self, Checked};
use crate::secret::Secret;
use base64::Engine as _;

/// User name and password (RFC 7617).
pub(crate) fn basic(user: &str, password: &str) -> Checked<Secret> {
    check::user(user)?;
    check::password(password)?;
    let pair = Secret::new(format!("{user}:{password}"));
    let encoded = Secret::new(base64::engine::general_purpose::STANDARD.encode(pair.reveal()));
    Ok(Secret::new(format!("Basic {}", encoded.reveal())))
}

/// A token (RFC 6750).
pub(crate) fn bearer(token: &str) -> Checked<Secret> {
    check::token(token)?;
    Ok(Secret::new(format!("Bearer {token}")))
}
