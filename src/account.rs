//! The account behind the credentials, and its credit.

/// What a balance call gives (wire.md, "Service").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
    pub(crate) kind: String,
    pub(crate) credit: String,
}

impl Account {
    /// `prepaid` or `postpaid`, as the service wrote it.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The credit as exact decimal text, such as `100.50`: money is no floating-point number.
    pub fn credit(&self) -> &str {
        &self.credit
    }
}
