//! Text that must not be seen: passwords, tokens, OTP codes. It cannot be printed, and is wiped when it is dropped and when it
//! moves: a `String` or `Vec` that grows would leave a copy in the memory that it gives back.

use std::fmt;
use std::io;
use std::mem::{self, MaybeUninit};
use std::ops::{Deref, DerefMut};
use zeroize::Zeroize;

/// A secret text. `Debug` shows stars; there is no `Display`.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// An empty one that so many bytes can be written to before it moves.
    pub(crate) fn with_room(room: usize) -> Self {
        Secret::new(String::with_capacity(room))
    }

    /// The text itself, named so that each use stands out in a review.
    pub(crate) fn expose_secret(&self) -> &str {
        &self.0
    }

    /// The text as one that may be seen.
    pub(crate) fn into_plain(mut self) -> String {
        mem::take(&mut self.0)
    }

    pub(crate) fn push_str(&mut self, more: &str) {
        if self.0.capacity() - self.0.len() < more.len() {
            let mut larger = Secret::with_room((self.0.len() + more.len()).max(2 * self.0.capacity()));
            larger.0.push_str(&self.0);
            *self = larger;
        }
        self.0.push_str(more);
    }

    pub(crate) fn push(&mut self, c: char) {
        self.push_str(c.encode_utf8(&mut [0; 4]));
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        drop(Wiped(mem::take(&mut self.0).into_bytes()));
    }
}

/// A text that may be secret. Where it is used as it was given, no copy of it is made, and none has to be wiped.
#[derive(Debug, PartialEq)]
pub(crate) enum Text<'a> {
    AsGiven(&'a str),
    Changed(Secret),
}

impl Text<'_> {
    pub(crate) fn into_secret(self) -> Secret {
        match self {
            Text::AsGiven(text) => Secret::new(text),
            Text::Changed(text) => text,
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::AsGiven(text) => text,
            Text::Changed(text) => text.expose_secret(),
        }
    }
}

/// Bytes that may hold a secret. They are wiped all at once: `Zeroizing<Vec<u8>>` wipes one after the other.
#[derive(Default)]
pub(crate) struct Wiped(Vec<u8>);

impl Wiped {
    /// None, with room for so many.
    pub(crate) fn with_room(room: usize) -> Self {
        Wiped(Vec::with_capacity(room))
    }

    /// The bytes as text, if they are UTF-8.
    pub(crate) fn into_text(mut self) -> Result<Secret, Wiped> {
        String::from_utf8(mem::take(&mut self.0)).map(Secret).map_err(|error| Wiped(error.into_bytes()))
    }

    /// Zeros behind what is there, or nothing of what is behind `length`.
    pub(crate) fn resize(&mut self, length: usize) {
        if length > self.0.capacity() {
            let mut larger = Wiped::with_room(length.max(2 * self.0.capacity()));
            larger.0.extend_from_slice(&self.0);
            *self = larger;
        }
        if length < self.0.len() {
            self.0[length..].zeroize();
        }
        self.0.resize(length, 0);
    }

    /// Gives back the room beyond `room`, and what stands there.
    pub(crate) fn shrink_to(&mut self, room: usize) {
        if self.0.capacity() > room {
            let mut smaller = Wiped::with_room(room);
            smaller.0.extend_from_slice(&self.0[..room.min(self.0.len())]);
            *self = smaller;
        }
    }

    pub(crate) fn extend(&mut self, more: &[u8]) {
        let at = self.0.len();
        if at + more.len() > self.0.capacity() {
            self.resize(at + more.len());
            self.0.truncate(at);
        }
        self.0.extend_from_slice(more);
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        // All of its room, whatever stands there.
        self.0.clear();
        self.0.spare_capacity_mut().zeroize();
    }
}

impl From<Vec<u8>> for Wiped {
    fn from(bytes: Vec<u8>) -> Self {
        Wiped(bytes)
    }
}

impl Deref for Wiped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Debug for Wiped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl io::Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs `body`, and wipes the stack that it has used: the last bytes of a text are looked through, or encrypted, in registers
/// and on the stack. For the languages over this library, too.
pub fn with_wiped_stack<T>(body: impl FnOnce() -> T) -> T {
    /// Its frame is to lie below that of its caller.
    #[inline(never)]
    fn apart<T>(body: impl FnOnce() -> T) -> T {
        body()
    }
    let result = apart(body);
    wipe_stack();
    result
}

#[inline(never)]
fn wipe_stack() {
    // Frames are several times larger where nothing is optimised.
    const DEPTH: usize = if cfg!(debug_assertions) { 64 * 1024 } else { 4 * 1024 };
    // As a slice it is wiped all at once.
    [MaybeUninit::<u8>::uninit(); DEPTH].as_mut_slice().zeroize();
}

/// What stands where a secret was.
pub(crate) const MASK: &str = "***";

/// What a call sends and nobody may see: a service that repeats it must not bring it into an error or a log.
#[derive(Clone)]
pub(crate) struct Secrets(Vec<Secret>);

impl<'a> FromIterator<&'a str> for Secrets {
    fn from_iter<T: IntoIterator<Item = &'a str>>(texts: T) -> Self {
        let mut secrets = Secrets(Vec::new());
        texts.into_iter().for_each(|text| secrets.add(text));
        secrets
    }
}

impl Secrets {
    /// These and one more, if there is one.
    pub(crate) fn with(&self, other: Option<&str>) -> Self {
        let mut secrets = self.clone();
        secrets.add(other.unwrap_or_default());
        secrets
    }

    /// As it is, and as JSON writes it.
    fn add(&mut self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        self.0.push(Secret::new(secret));
        let mut as_json = Wiped::with_room(2 + LONGEST_IN_JSON * secret.len());
        // It cannot fail: a text is always JSON.
        let _ = serde_json::to_writer(&mut as_json, secret);
        let as_json = std::str::from_utf8(&as_json).unwrap_or_default();
        let between = as_json.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or_default();
        if between != secret {
            self.0.push(Secret::new(between));
        }
    }

    /// `text` with the mask for each secret.
    pub(crate) fn redact(&self, text: &str) -> String {
        // What is whole stays so: a secret begins and ends where a character does.
        String::from_utf8(self.redact_in(text.as_bytes())).unwrap_or_default()
    }

    /// The same for what may not be UTF-8.
    pub(crate) fn redact_in(&self, text: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(text.len());
        let mut rest = text;
        while let [first, behind @ ..] = rest {
            let here =
                self.0.iter().map(|secret| secret.expose_secret().as_bytes()).filter(|secret| rest.starts_with(secret));
            match here.map(<[u8]>::len).max() {
                Some(length) => {
                    shown.extend_from_slice(MASK.as_bytes());
                    rest = &rest[length..];
                }
                None => {
                    shown.push(*first);
                    rest = behind;
                }
            }
        }
        shown
    }
}

/// How many bytes JSON makes of one: `\u0001`.
pub(crate) const LONGEST_IN_JSON: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_repeats_is_concealed_whatever_its_length() {
        let secrets = Secrets::from_iter(["dXNlcjpodW50ZXIy", "user", "hunter2"]).with(Some("123"));
        assert_eq!(secrets.redact("Basic dXNlcjpodW50ZXIy, hunter2, code 123"), "Basic ***, ***, code ***");
        let secrets = Secrets::from_iter(["to\"ken"]).with(None);
        assert_eq!(secrets.redact(r#"{"a":"to\"ken"} to"ken"#), r#"{"a":"***"} ***"#);
    }

    #[test]
    fn the_longest_secret_is_concealed_where_one_begins_with_another() {
        let secrets = Secrets(["ab", "abc", "c"].map(Secret::new).into());
        assert_eq!(secrets.redact("abcab กc"), "****** ก***");
    }

    #[test]
    fn what_grows_keeps_what_it_holds() {
        let (mut text, mut bytes) = (Secret::default(), Wiped::with_room(2));
        for c in "one กข two".chars() {
            text.push(c);
            bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        assert_eq!((text.expose_secret(), &*bytes), ("one กข two", "one กข two".as_bytes()));
        bytes.resize(4);
        bytes.resize(6);
        assert_eq!(*bytes, *b"one \0\0");
        bytes.shrink_to(3);
        assert_eq!(*bytes, *b"one");
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }
}
