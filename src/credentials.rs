//! Credentials: the Authorization header's value, and what of it nobody may see.

use crate::check::{self, Checked};
use crate::secret::{Secret, Secrets, Wiped};
use base64::Engine as _;
use base64::decoded_len_estimate;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

#[derive(Clone)]
pub(crate) struct Credentials {
    /// The header's value, with its scheme.
    pub value: Secret,
    /// What follows the scheme, and user name and password in it.
    pub secrets: Arc<Secrets>,
}

impl Credentials {
    /// User name and password (RFC 7617).
    pub fn basic(user: &str, password: &str) -> Checked<Self> {
        check::user(user)?;
        check::password(password)?;
        // Each in one piece from the start: a text that grew would leave copies behind.
        let pair = Secret::new([user, ":", password].concat());
        let encoded = Secret::new(STANDARD.encode(pair.expose_secret()));
        Ok(Credentials::new("Basic", encoded.expose_secret(), [user, password]))
    }

    /// A bearer token (RFC 6750), or a ready-made value: one with its scheme before it (RFC 9110, section 11.1: in any case).
    pub fn token(token: &str) -> Checked<Self> {
        let (scheme, value) = match token.split_once(' ') {
            Some((scheme, value)) if scheme.eq_ignore_ascii_case("Basic") => ("Basic", value),
            Some((scheme, value)) if scheme.eq_ignore_ascii_case("Bearer") => ("Bearer", value),
            _ => ("Bearer", token),
        };
        check::token(value)?;
        if scheme == "Bearer" {
            return Ok(Credentials::new(scheme, value, []));
        }
        let pair = pair_of(value).ok_or(
            "the token begins with Basic, but what follows is not the base64 of user:password: check how it was copied",
        )?;
        Ok(Credentials::new(scheme, value, pair.expose_secret().splitn(2, ':')))
    }

    fn new<'a>(scheme: &str, value: &'a str, parts: impl IntoIterator<Item = &'a str>) -> Self {
        let secrets = std::iter::once(value).chain(parts).collect();
        Credentials { value: Secret::new([scheme, " ", value].concat()), secrets: Arc::new(secrets) }
    }
}

/// The user name and the password, with a colon between them, in Basic's `value`.
fn pair_of(value: &str) -> Option<Secret> {
    let mut bytes = Wiped::default();
    bytes.resize(decoded_len_estimate(value.len()));
    let length = STANDARD.decode_slice(value, &mut bytes).ok()?;
    let text = std::str::from_utf8(&bytes[..length]).ok()?;
    (text.contains(':') && !check::has_control(text)).then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_with_the_scheme_that_stands_before_it() {
        let cases = [
            ("token", "Bearer token"),
            ("Bearer token", "Bearer token"),
            ("bEARER token", "Bearer token"),
            ("Basic dXNlcjpodW50ZXIy", "Basic dXNlcjpodW50ZXIy"),
            ("BASIC dXNlcjpodW50ZXIy", "Basic dXNlcjpodW50ZXIy"),
            // A key alone, as some services give it.
            ("basic a2V5Og==", "Basic a2V5Og=="),
            ("Basic", "Bearer Basic"),
            ("basic64token", "Bearer basic64token"),
        ];
        for (given, sent) in cases {
            assert_eq!(
                Credentials::token(given).map(|it| it.value.expose_secret().to_owned()),
                Ok(sent.to_owned()),
                "{given}"
            );
        }
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_refused_without_repeating_it() {
        let basic = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
        let cases = [
            ("Digest canary", "space"),
            ("Basic  Y2FuYXJ5Og==", "space"),
            ("Bearer canary canary", "space"),
            (" Bearer canary", "space"),
            ("Bearer ", "empty"),
            ("Basic ", "empty"),
            ("Basic canary!", "not the base64"),
            ("Basic Y2FuYXJ5Og", "not the base64"),
            (&basic(b"canary"), "not the base64"),
            (&basic(b"canary:\xFF"), "not the base64"),
            // `echo user:password | base64`: the line end would be a part of the password.
            (&basic(b"user:canary\n"), "not the base64"),
            ("โทเคนcanary", "outside ASCII"),
        ];
        for (given, words) in cases {
            let problem = Credentials::token(given).map(drop).expect_err(given);
            assert!(problem.contains(words) && !problem.contains("canary"), "{given}: {problem}");
        }
    }

    #[test]
    fn user_name_and_password_are_secrets_whoever_has_encoded_them() {
        let seen = |credentials: &Credentials| credentials.secrets.redact("Basic dXNlcjpodW50ZXIy user hunter2");
        assert_eq!(seen(&Credentials::basic("user", "hunter2").unwrap()), "Basic *** *** ***");
        assert_eq!(seen(&Credentials::token("basic dXNlcjpodW50ZXIy").unwrap()), "Basic *** *** ***");
        assert_eq!(seen(&Credentials::token("dXNlcjpodW50ZXIy").unwrap()), "Basic *** user hunter2");
    }
}
