//! One JSON object as the service writes it: keys match with outer white space and letter case aside, repeated keys are
//! seen, numbers keep their text.

use crate::check::{has_control, trimmed};
use crate::secret::{Secret, Text};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A value, read only as deep as it is used: an object stays text until somebody looks into it.
#[derive(Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    Text(Text<'a>),
    /// As written.
    Object(&'a str),
    /// As written.
    List(&'a str),
}

/// The values of the keys that decide anything: an answer is asked for many, most of them absent. It is large, so it is read
/// in place and not moved.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    /// The value that each [`Key`] was given first.
    values: [Option<Json<'a>>; Key::NAMES.len()],
    /// A key that must not be given twice is.
    repeats: bool,
    /// The text was read in a coding that may be wrong: keys and otpId are ASCII, or it is malformed.
    doubtful: bool,
    /// A key is not ASCII.
    foreign_keys: bool,
}

/// The keys of the service's answers. The first eight make an answer malformed when they are given twice (wire.md, "Reading
/// keys"); `success` is `status` by its other name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Result,
    IsErrorCount,
    IsExprCode,
    OtpId,
    Error,
    Code,
    Status,
    Success,
    Message,
    Description,
    OtcId,
    ReferenceCode,
    Type,
    Credit,
}

impl Key {
    /// In the order of the keys.
    const NAMES: [&'static str; 14] = [
        "result",
        "isErrorCount",
        "isExprCode",
        "otpId",
        "error",
        "code",
        "status",
        "success",
        "message",
        "description",
        "otcId",
        "referenceCode",
        "type",
        "credit",
    ];
    const LAST_GIVEN_ONCE: usize = Key::Success as usize;
}

/// The entries of an object in the order they were written, their keys trimmed.
pub(crate) fn entries(text: &str) -> Result<Vec<(Text<'_>, Json<'_>)>, &'static str> {
    let mut entries = Vec::new();
    each_entry(text, |name, value| entries.push((name, value)))?;
    Ok(entries)
}

/// Hands out each entry of the object that `text` is, repeated keys included.
fn each_entry<'a>(text: &'a str, take: impl FnMut(Text<'a>, Json<'a>)) -> Result<(), &'static str> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_map(Entries(take)).and_then(|read| reader.end().map(|()| read));
    read.map_err(|_| "it is not a JSON object")?
}

fn trimmed_key(key: Text<'_>) -> Text<'_> {
    match key {
        Text::AsGiven(key) => Text::AsGiven(trimmed(key)),
        Text::Changed(key) => Text::Changed(Secret::new(trimmed(key.expose_secret()))),
    }
}

/// Reads `text`, a whole JSON value.
pub(crate) fn any(text: &str) -> Result<Json<'_>, &'static str> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| "it is not JSON")?;
    value(raw.get())
}

/// The values of a list, as [`Json::List`] holds it.
pub(crate) fn list(raw: &str) -> Result<Vec<Json<'_>>, &'static str> {
    let values: Vec<&RawValue> = serde_json::from_str(raw).map_err(|_| "a list in it is malformed")?;
    values.into_iter().map(|raw| value(raw.get())).collect()
}

impl<'a> Object<'a> {
    /// Reads `text` as one object, a byte order mark before it aside.
    pub fn read(&mut self, text: &'a str) -> Result<(), &'static str> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        if trimmed(text).is_empty() {
            return Err("it is empty");
        }
        each_entry(text, |name, value| self.note(&name, value))?;
        if self.doubtful { self.refuse_foreign() } else { Ok(()) }
    }

    /// [`read`](Object::read) of a text in a coding that may be wrong (wire.md, "Reading bytes").
    pub fn read_doubtful(&mut self, text: &'a str) -> Result<(), &'static str> {
        self.doubtful = true;
        self.read(text)
    }

    /// An object that is a value of this one: as it came, and what must not be given twice is not.
    pub fn inner<'b>(&self, raw: &'b str) -> Result<Object<'b>, &'static str> {
        let mut inner = Object { doubtful: self.doubtful, ..Object::default() };
        inner.read(raw)?;
        inner.refuse_repeats()?;
        Ok(inner)
    }

    fn note(&mut self, name: &str, value: Json<'a>) {
        self.foreign_keys |= !name.is_ascii();
        let Some(key) = Key::NAMES.iter().position(|key| name.eq_ignore_ascii_case(key)) else { return };
        if self.values[key].is_none() {
            self.values[key] = Some(value);
        } else {
            self.repeats |= key <= Key::LAST_GIVEN_ONCE;
        }
    }

    /// The value that was given first.
    pub fn get(&self, key: Key) -> Option<&Json<'a>> {
        self.values[key as usize].as_ref()
    }

    /// Whether the key is there with a value other than null.
    pub fn holds(&self, key: Key) -> bool {
        !matches!(self.get(key), None | Some(Json::Null))
    }

    /// Refuses an object that gives a key twice which decides anything.
    pub fn refuse_repeats(&self) -> Result<(), &'static str> {
        if self.repeats { Err("it gives a key twice") } else { Ok(()) }
    }

    fn refuse_foreign(&self) -> Result<(), &'static str> {
        if self.foreign_keys {
            return Err("it is not UTF-8, and a key in it not ASCII");
        }
        match self.get(Key::OtpId) {
            Some(Json::Text(text)) if !text.is_ascii() => Err("it is not UTF-8, and its otpId not ASCII"),
            _ => Ok(()),
        }
    }

    /// A boolean, or "true" or "false" as text (one dialect); absent or null is `None`.
    pub fn flag(&self, key: Key) -> Result<Option<bool>, &'static str> {
        match self.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Bool(value)) => Ok(Some(*value)),
            Some(Json::Text(text)) => boolean(text).map(Some).ok_or("a flag is not a boolean"),
            Some(_) => Err("a flag is not a boolean"),
        }
    }

    /// An identifier: text without control characters; absent or null is `None`.
    pub fn opaque(&self, key: Key) -> Result<Option<&str>, &'static str> {
        match self.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Text(text)) if has_control(text) => Err("an id holds a control character"),
            Some(Json::Text(text)) => Ok(Some(trimmed(text))),
            Some(_) => Err("an id is not text"),
        }
    }

    /// Like [`opaque`](Object::opaque), but a number is as good as text.
    pub fn label(&self, key: Key) -> Result<Option<&str>, &'static str> {
        match self.get(key) {
            Some(Json::Number(text)) => Ok(Some(text)),
            _ => self.opaque(key),
        }
    }
}

/// The text of a boolean as one dialect writes it: in any letter case, with nothing around it (wire.md, "Reading keys").
pub(crate) fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)]
        .into_iter()
        .find(|(name, _)| text.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// A JSON number without exponent, value unchanged: services in Java write large credit as 1.0E7.
pub(crate) fn plain_decimal(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| (-30..=30).contains(e))?),
        None => (text, 0),
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || mantissa.len() > 64 || mantissa.ends_with('.') || !digits.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    if exponent == 0 {
        return Some(text.split(['e', 'E']).next().unwrap_or(text).to_owned());
    }
    let point = whole.len() as i32 + exponent;
    let (whole, fraction) = if point <= 0 {
        ("0".to_owned(), format!("{}{digits}", "0".repeat(point.unsigned_abs() as usize)))
    } else if point as usize >= digits.len() {
        (format!("{digits}{}", "0".repeat(point as usize - digits.len())), String::new())
    } else {
        (digits[..point as usize].to_owned(), digits[point as usize..].to_owned())
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{dot}{fraction}"))
}

/// Reads `raw`, a whole value whose form serde_json has checked.
fn value(raw: &str) -> Result<Json<'_>, &'static str> {
    match raw.as_bytes().first() {
        Some(b'n') => Ok(Json::Null),
        Some(b't') => Ok(Json::Bool(true)),
        Some(b'f') => Ok(Json::Bool(false)),
        Some(b'"') => text(raw).map(Json::Text),
        Some(b'{') => Ok(Json::Object(raw)),
        Some(b'[') => Ok(Json::List(raw)),
        _ => Ok(Json::Number(raw)),
    }
}

/// The text that `raw` is, quotes included. Its escapes are read here: serde_json would leave copies behind.
fn text(raw: &str) -> Result<Text<'_>, &'static str> {
    let mut rest = raw.strip_prefix('"').and_then(|it| it.strip_suffix('"')).ok_or("a key is not text")?;
    if !rest.contains('\\') {
        return Ok(Text::AsGiven(rest));
    }
    let mut plain = Secret::with_room(rest.len());
    while let Some((before, escape)) = rest.split_once('\\') {
        let (c, behind) = escaped(escape).ok_or("a text in it is malformed")?;
        plain.push_str(before);
        plain.push(c);
        rest = behind;
    }
    plain.push_str(rest);
    Ok(Text::Changed(plain))
}

/// The character that `escape`, which stands behind a backslash, begins with, and what follows it (RFC 8259, section 7).
fn escaped(escape: &str) -> Option<(char, &str)> {
    let mut characters = escape.chars();
    let c = match characters.next()? {
        'u' => return utf16(characters.as_str()),
        'b' => '\u{8}',
        'f' => '\u{C}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        same => same,
    };
    Some((c, characters.as_str()))
}

/// The same for `\u`: one half of a pair is no character.
fn utf16(escape: &str) -> Option<(char, &str)> {
    let unit = |text: &str| u16::from_str_radix(text.get(..4)?, 16).ok();
    let second = escape.get(4..)?.strip_prefix("\\u").and_then(unit);
    let c = char::decode_utf16([unit(escape)?].into_iter().chain(second)).next()?.ok()?;
    Some((c, &escape[if c.len_utf16() == 1 { 4 } else { 10 }..]))
}

/// Takes the entries of an object one by one. Gives what is wrong with one of the values, if anything is.
struct Entries<F>(F);

impl<'de, F: FnMut(Text<'de>, Json<'de>)> Visitor<'de> for Entries<F> {
    type Value = Result<(), &'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut sound = Ok(());
        while let Some(key) = map.next_key::<&RawValue>()? {
            match (text(key.get()), value(map.next_value::<&RawValue>()?.get())) {
                (Ok(key), Ok(value)) => self.0(trimmed_key(key), value),
                (Err(why), _) | (_, Err(why)) => sound = sound.and(Err(why)),
            }
        }
        Ok(sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Result<Object<'_>, &'static str> {
        let mut object = Object::default();
        object.read(text)?;
        Ok(object)
    }

    #[test]
    fn keys_match_with_space_and_case_aside() {
        let object = object("\u{FEFF}{\" isErrorCount\": true, \"RESULT \": \"False\"}").unwrap();
        assert_eq!(object.flag(Key::IsErrorCount), Ok(Some(true)));
        assert_eq!(object.flag(Key::Result), Ok(Some(false)));
        assert_eq!(object.flag(Key::IsExprCode), Ok(None));
    }

    #[test]
    fn each_key_has_its_name() {
        let keys = [Key::Result, Key::Success, Key::Message, Key::Credit];
        assert_eq!(keys.map(|key| Key::NAMES[key as usize]), ["result", "success", "message", "credit"]);
        assert_eq!(Key::Credit as usize + 1, Key::NAMES.len());
    }

    #[test]
    fn repeats_are_seen_through_case_and_space() {
        assert!(object(r#"{"result":true," Result":false}"#).unwrap().refuse_repeats().is_err());
        assert!(object(r#"{"message":"a","message":"b"}"#).unwrap().refuse_repeats().is_ok());
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for bytes in ["", "  ", "[]", "null", "1", "\"x\"", "{", "{}x", "{'a':1}", "<html>", "{\"a\":\"\\ud800\"}"] {
            assert!(object(bytes).is_err(), "{bytes}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
        let _ = object(&deep);
    }

    #[test]
    fn escapes_are_read_as_serde_json_reads_them() {
        let texts = [
            r#""""#,
            r#""plain ก""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""a\u0E01\u0e02z""#,
            r#""\ud83d\ude00, \uD83D\uDE00""#,
            r#""\u0000""#,
            r#""\ud83d""#,
            r#""\ude00\ud83d""#,
            r#""\ud83d\u0e01""#,
            r#""\ud83dx""#,
        ];
        for raw in texts {
            let expected: Option<String> = serde_json::from_str(raw).ok();
            assert_eq!(text(raw).ok().map(|text| text.to_string()), expected, "{raw}");
        }
        let object = object(r#"{"r\u0065sult\u0020":true}"#).unwrap();
        assert_eq!(object.flag(Key::Result), Ok(Some(true)));
    }

    #[test]
    fn decimals_keep_their_value() {
        let cases = [
            ("100", "100"),
            ("100.50", "100.50"),
            ("-3.20", "-3.20"),
            ("1.0E7", "10000000"),
            ("1.25e1", "12.5"),
            ("12e-3", "0.012"),
            ("1.5E+2", "150"),
            ("0", "0"),
            ("5e0", "5"),
        ];
        for (text, plain) in cases {
            assert_eq!(plain_decimal(text).as_deref(), Some(plain), "{text}");
        }
        for bad in ["", "x", "1e999", ".5", "1.", "NaN", "1,000", "--1", "1e"] {
            assert_eq!(plain_decimal(bad), None, "{bad}");
        }
        // No amount is that long.
        assert_eq!(plain_decimal(&"1".repeat(64)), Some("1".repeat(64)));
        assert_eq!(plain_decimal(&"1".repeat(65)), None);
    }
}
