//! A second opinion, written from wire.md ("Verified means") and RFC 9112 apart from the library: whether bytes hold an
//! answer that may verify somebody. It may say yes more often than the library; where the library says yes and this says
//! no, one of them is wrong.
#![allow(dead_code)] // each target uses its part

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The entries of a JSON object.
struct Entries(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// Whether `body` says that the OTP `asked` is verified, and nothing against it.
pub fn verifies(body: &[u8], asked: &str) -> bool {
    let Ok(text) = std::str::from_utf8(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)) else { return false };
    let Ok(Entries(entries)) = serde_json::from_str(text) else { return false };
    let all = |key: &str| -> Vec<&str> {
        let named = entries.iter().filter(|(name, _)| name.trim().eq_ignore_ascii_case(key));
        named.map(|(_, raw)| raw.get()).collect()
    };
    let text_of = |raw: &str| serde_json::from_str::<String>(raw).ok().map(|text| text.trim().to_lowercase());
    let is = |raw: &str, value: &str| raw == value || text_of(raw).as_deref() == Some(value);
    let result = all("result");
    let flags = [all("isErrorCount"), all("isExprCode")];
    let ids = all("otpId");
    let is_no_id = |raw: &str| raw == "null" || text_of(raw).is_some_and(|id| id == asked.to_lowercase());
    let codes = all("code");
    let is_no_code = |raw: &str| {
        raw == "null"
            || text_of(raw).unwrap_or_else(|| raw.to_owned()).parse::<i64>().is_ok_and(|code| code == 0)
            || text_of(raw).is_some_and(|code| code.is_empty())
    };
    result.len() == 1
        && is(result[0], "true")
        && flags.iter().all(|flag| flag.len() <= 1 && flag.iter().all(|raw| *raw == "null" || is(raw, "false")))
        && ids.len() <= 1
        && ids.iter().all(|raw| is_no_id(raw))
        && all("error").iter().all(|raw| *raw == "null")
        && codes.iter().all(|raw| is_no_code(raw))
        && all("success").iter().all(|raw| *raw != "false")
}

/// Whether `bytes`, followed by the end of the connection, are an HTTP answer that verifies.
pub fn answer_verifies(bytes: &[u8], asked: &str) -> bool {
    let mut rest = bytes;
    loop {
        // Empty lines before an answer are harmless, and taken.
        while let Some(behind) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) {
            rest = behind;
        }
        let Some((head, behind)) = split_head(rest) else { return false };
        let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let Some(status) = lines.next().and_then(status) else { return false };
        if (100..200).contains(&status) && status != 101 {
            rest = behind;
            continue;
        }
        if !(200..300).contains(&status) {
            return false;
        }
        let fields: Vec<(String, String)> = lines.filter_map(field).collect();
        let chunked =
            fields.iter().any(|(name, value)| name == "transfer-encoding" && value.to_lowercase().contains("chunked"));
        let mut lengths: Vec<&String> =
            fields.iter().filter(|(name, _)| name == "content-length").map(|(_, value)| value).collect();
        lengths.dedup();
        return match (chunked, &lengths[..]) {
            (true, _) => unchunked(behind).is_some_and(|body| verifies(&body, asked)),
            (false, []) => verifies(behind, asked),
            (false, [length]) => {
                let body = length.parse().ok().and_then(|length: usize| behind.get(..length));
                body.is_some_and(|body| verifies(body, asked))
            }
            (false, _) => false,
        };
    }
}

/// Whether `id` stands in `bytes` at all, letter case aside, in clear or with escapes: an answer that names nobody, or
/// somebody else, speaks of no `id`.
pub fn speaks_of(bytes: &[u8], id: &str) -> bool {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    text.contains(&id.to_lowercase()) || text.contains("\\u00") || text.contains("chunked")
}

/// The head, and what is behind the empty line that ends it.
fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    while let Some(end) = bytes[from..].iter().position(|byte| *byte == b'\n') {
        let line_end = from + end;
        let behind = &bytes[line_end + 1..];
        for empty in [&b"\r\n"[..], b"\n"] {
            if let Some(rest) = behind.strip_prefix(empty) {
                return Some((&bytes[..line_end], rest));
            }
        }
        from = line_end + 1;
    }
    None
}

fn status(line: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(line.get(..12)?).ok()?;
    let digits = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "))?;
    digits.parse().ok()
}

fn field(line: &[u8]) -> Option<(String, String)> {
    let line = String::from_utf8_lossy(line);
    let (name, value) = line.split_once(':')?;
    Some((name.to_ascii_lowercase(), value.trim().to_owned()))
}

fn unchunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        // An extension may hold any byte.
        let line = String::from_utf8_lossy(&bytes[..end]);
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        bytes = &bytes[end + 1..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size..)?;
        bytes = bytes.strip_prefix(b"\r\n").or_else(|| bytes.strip_prefix(b"\n"))?;
    }
}
