//! The bytes of an answer's body as text (wire.md, "Reading bytes"). The service is Thai, and words in the coding of Thai
//! Windows, or in TIS-620, which is a part of it, must not cost the answer.

use crate::secret::{Secret, Wiped};

/// A body.
#[derive(Debug)]
pub(crate) enum BodyText {
    Utf8(Secret),
    /// Read as windows-874. So nothing is certain but ASCII.
    Thai(Secret),
    /// In no coding that is known here.
    Unreadable(Wiped),
}

impl Default for BodyText {
    fn default() -> Self {
        BodyText::Utf8(Secret::default())
    }
}

impl From<Wiped> for BodyText {
    fn from(bytes: Wiped) -> Self {
        let bytes = match bytes.into_text() {
            Ok(text) => return BodyText::Utf8(text),
            Err(bytes) => bytes,
        };
        let mut text = Secret::with_room(bytes.len());
        match bytes.iter().try_for_each(|byte| windows_874(*byte).map(|c| text.push(c))) {
            Some(()) => BodyText::Thai(text),
            None => BodyText::Unreadable(bytes),
        }
    }
}

impl BodyText {
    /// As text, where the coding is known.
    pub fn text(&self) -> Option<&str> {
        match self {
            BodyText::Utf8(text) | BodyText::Thai(text) => Some(text.expose_secret()),
            BodyText::Unreadable(_) => None,
        }
    }

    /// In UTF-8, or as they came where they are unreadable.
    pub fn bytes(&self) -> &[u8] {
        match self {
            BodyText::Utf8(text) | BodyText::Thai(text) => text.expose_secret().as_bytes(),
            BodyText::Unreadable(bytes) => bytes,
        }
    }
}

/// A body as it may be shown, with U+FFFD for what is not text, for the program.
#[doc(hidden)]
pub fn body_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(BodyText::from(Wiped::from(bytes.to_vec())).bytes()).into_owned()
}

/// The character of a byte, where Microsoft's table of code page 874 defines one: Thai stands there in the order of Unicode,
/// from ko kai (U+0E01) at 0xA1 on.
fn windows_874(byte: u8) -> Option<char> {
    Some(match byte {
        0x00..=0x7F => char::from(byte),
        0x80 => '\u{20AC}',
        0x85 => '\u{2026}',
        0x91 | 0x92 => char::from_u32(0x2018 + u32::from(byte - 0x91))?,
        0x93 | 0x94 => char::from_u32(0x201C + u32::from(byte - 0x93))?,
        0x95 => '\u{2022}',
        0x96 | 0x97 => char::from_u32(0x2013 + u32::from(byte - 0x96))?,
        0xA0 => '\u{A0}',
        0xA1..=0xDA | 0xDF..=0xFB => char::from_u32(0x0E01 + u32::from(byte - 0xA1))?,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf_8_are_thai_where_all_are_defined() {
        let text = |bytes: &[u8]| match BodyText::from(Wiped::from(bytes.to_vec())) {
            BodyText::Thai(text) => Some(text.into_plain()),
            BodyText::Utf8(text) => panic!("UTF-8: {}", text.expose_secret()),
            BodyText::Unreadable(_) => None,
        };
        // "Invalid OTP Config" in Thai, as TIS-620 writes it.
        let bytes = b"\xB5\xD1\xE9\xA7\xA4\xE8\xD2 OTP \xE4\xC1\xE8\xB6\xD9\xA1\xB5\xE9\xCD\xA7";
        assert_eq!(text(bytes).as_deref(), Some("ตั้งค่า OTP ไม่ถูกต้อง"));
        assert_eq!(text(b"\x80\x85\x91\x92\x93\x94\x95\x96\x97\xA0").as_deref(), Some("€…‘’“”•–—\u{A0}"));
        assert_eq!(text(b"\xA1\xDA\xDF\xFB").as_deref(), Some("ก\u{E3A}฿๛"));
        let defined = (0x80..=0xFF).filter(|byte| windows_874(*byte).is_some()).count();
        assert_eq!(defined, 97, "as many as code page 874 has beyond ASCII");
        for byte in (0x81..=0x84).chain(0x86..=0x90).chain(0x98..=0x9F).chain(0xDB..=0xDE).chain(0xFC..=0xFF) {
            assert_eq!(text(&[b'{', byte, b'}']), None, "{byte:#X}");
        }
    }
}
