//! Text that must not be seen: passwords, tokens, OTP codes. It cannot be printed, and is wiped when dropped.

use crate::authorization;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// A secret text. `Debug` shows stars; there is no `Display`.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself, named so that each use stands out in a review.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// A secret text that a person typed. Where it is used as it was given, no copy of it is made, and none has to be wiped.
pub(crate) enum Typed<'a> {
    AsGiven(&'a str),
    Changed(Secret),
}

impl Typed<'_> {
    pub(crate) fn reveal(&self) -> &str {
        match self {
            Typed::AsGiven(text) => text,
            Typed::Changed(text) => text.reveal(),
        }
    }
}

/// Bytes that are wiped when they are dropped, all at once: `Zeroizing<Vec<u8>>` wipes one after the other.
pub(crate) struct Wiped(pub Vec<u8>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// What stands where a secret was.
pub(crate) const MASK: &str = "***";

/// What a call sends and nobody may see: a service that repeats it must not bring it into an error or a log.
pub(crate) struct Secrets(Vec<Secret>);

impl Secrets {
    /// The OTP code, the credentials as they stand in `headers`, and user name and password in them.
    pub(crate) fn of_call(headers: &Secret, otp_code: Option<&str>) -> Self {
        let mut secrets: Vec<Secret> = otp_code.into_iter().map(Secret::new).collect();
        let line = headers.reveal().lines().find_map(|line| line.strip_prefix("authorization: "));
        if let Some((scheme, value)) = line.and_then(|value| value.split_once(' ')) {
            secrets.push(Secret::new(value));
            if let ("Basic", Some(pair)) = (scheme, authorization::pair_of(value)) {
                let both = pair.reveal().split_once(':').map(|(user, password)| [user, password].map(Secret::new));
                secrets.extend(both.into_iter().flatten());
            }
        }
        Secrets(secrets)
    }

    /// `text` with the mask for each secret, as it is and as JSON writes it.
    pub(crate) fn conceal(&self, text: &str) -> String {
        let secrets = self.0.iter().filter(|secret| !secret.reveal().is_empty());
        secrets.fold(text.to_owned(), |text, secret| {
            let as_json = Secret::new(serde_json::Value::from(secret.reveal()).to_string());
            text.replace(as_json.reveal().trim_matches('"'), MASK).replace(secret.reveal(), MASK)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_repeats_is_concealed_whatever_its_length() {
        let headers = Secret::new("authorization: Basic dXNlcjpodW50ZXIy\r\naccept: x\r\n");
        let secrets = Secrets::of_call(&headers, Some("123"));
        assert_eq!(secrets.conceal("Basic dXNlcjpodW50ZXIy, hunter2, code 123"), "Basic ***, ***, code ***");
        let secrets = Secrets::of_call(&Secret::new("authorization: Bearer to\"ken\r\n"), None);
        assert_eq!(secrets.conceal(r#"{"a":"to\"ken"} to"ken"#), r#"{"a":"***"} ***"#);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }
}
