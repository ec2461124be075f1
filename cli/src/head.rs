//! The head of an HTTP message whose bytes were recorded.

use std::borrow::Cow;

/// A message cut into its first line, headers and the body as it travelled.
pub struct Message<'a> {
    pub first_line: Cow<'a, str>,
    pub headers: Vec<(String, String)>,
    pub body: &'a [u8],
}

/// Cuts `bytes`; none if the head is not whole. The core has read it before, so that this need not distrust it.
pub fn message(bytes: &[u8]) -> Option<Message<'_>> {
    // Lines may end with LF alone (RFC 9112, section 2.2).
    let line_ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let empty = |at: &usize| bytes[*at..].starts_with(b"\r\n") || bytes[*at..].starts_with(b"\n");
    let end = line_ends.clone().find(empty)?;
    let body = line_ends.into_iter().find(|at| *at > end)?;
    let mut lines =
        bytes[..end].trim_ascii_end().split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first_line = String::from_utf8_lossy(lines.next()?);
    let headers = lines.filter_map(|line| {
        let line = String::from_utf8_lossy(line);
        line.split_once(':').map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some(Message { first_line, headers: headers.collect(), body: &bytes[body..] })
}

/// The first header of this name, which is in small letters.
pub fn header(bytes: &[u8], name: &str) -> Option<String> {
    message(bytes)?.headers.into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}

impl Message<'_> {
    pub fn is_chunked(&self) -> bool {
        self.headers.iter().any(|(name, value)| name == "transfer-encoding" && value.eq_ignore_ascii_case("chunked"))
    }

    /// The body without its chunks (RFC 9112, section 7.1).
    pub fn whole_body(&self) -> Vec<u8> {
        if !self.is_chunked() {
            return self.body.to_vec();
        }
        let (mut whole, mut rest) = (Vec::new(), self.body);
        while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
            let size = String::from_utf8_lossy(&rest[..end]);
            let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16).unwrap_or(0);
            let Some(chunk) = rest.get(end + 2..end + 2 + size).filter(|chunk| !chunk.is_empty()) else { break };
            whole.extend_from_slice(chunk);
            rest = rest.get(end + 4 + size..).unwrap_or_default();
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_body_are_told_apart_and_chunks_joined() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\n\r\n\r\n0\r\n\r\n";
        let message = message(bytes).unwrap();
        assert_eq!((&*message.first_line, message.whole_body().as_slice()), ("HTTP/1.1 200 OK", &b"abc\r\n"[..]));
        assert_eq!(header(bytes, "date").as_deref(), Some("x"));
        assert!(header(b"HTTP/1.1 200 OK\r\nDate: x\r\n", "date").is_none());
        let message = super::message(b"HTTP/1.1 200 OK\nDate: x\r\n\nbody\n\n").unwrap();
        assert_eq!((message.headers.len(), message.body), (1, &b"body\n\n"[..]));
    }
}
