//! Reads a body in chunks (RFC 9112, section 7.1) as the section writes it and no wider: sizes are hexadecimal digits, and
//! lines end with CRLF. ureq-proto takes signs and white space too, and refuses extensions of more than a few bytes.

use super::connection::MAX_BODY;
use crate::secret::Wiped;
use memchr::memchr;

/// Enough for every size there is; more can only be meant to keep us reading.
const MAX_DIGITS: usize = 16;
const MAX_EXTENSION: usize = 1024;
const MAX_TRAILER: usize = 4 * 1024;

/// How far the chunks are read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// Before a chunk's size.
    #[default]
    Size,
    /// So many bytes of the chunk are to come.
    Data(usize),
    /// Before the line end behind a chunk's bytes.
    DataEnd,
    /// Behind the last chunk's size; also tells whether a trailer has come.
    Trailers(bool),
    Ended,
}

/// These are no chunks, or too many.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Chunks {
    /// Takes in what it can of `input`, and gives how much that was. What the chunks hold goes to `body`.
    pub fn read(&mut self, input: &[u8], body: &mut Wiped) -> Result<usize, Malformed> {
        let mut used = 0;
        while let Some((length, next)) = self.step(&input[used..], body)? {
            used += length;
            *self = next;
        }
        Ok(used)
    }

    /// Whether nothing is missing, were the connection to end now: some services close it behind the last chunk's size, without
    /// the empty line.
    pub fn are_whole(&self) -> bool {
        matches!(self, Chunks::Ended | Chunks::Trailers(false))
    }

    /// One line or piece, if it has come: its length, and what follows it.
    fn step(&self, input: &[u8], body: &mut Wiped) -> Result<Option<(usize, Chunks)>, Malformed> {
        if let Chunks::Data(missing) = *self {
            let piece = &input[..missing.min(input.len())];
            body.extend(piece);
            let left = missing - piece.len();
            let next = if left == 0 { Chunks::DataEnd } else { Chunks::Data(left) };
            return Ok((!piece.is_empty()).then_some((piece.len(), next)));
        }
        let longest = match self {
            Chunks::Size => MAX_DIGITS + MAX_EXTENSION,
            Chunks::DataEnd => 0,
            Chunks::Trailers(_) => MAX_TRAILER,
            Chunks::Data(_) | Chunks::Ended => return Ok(None),
        };
        let Some(line) = line(input, longest)? else { return Ok(None) };
        let next = match self {
            Chunks::Size => match size(line)? {
                0 => Chunks::Trailers(false),
                size if size > MAX_BODY - body.len().min(MAX_BODY) => return Err(Malformed),
                size => Chunks::Data(size),
            },
            Chunks::DataEnd => Chunks::Size,
            _ if line.is_empty() => Chunks::Ended,
            _ if is_field(line) => Chunks::Trailers(true),
            _ => return Err(Malformed),
        };
        Ok(Some((line.len() + 2, next)))
    }
}

/// The line that `input` begins with, without its CRLF, if it is whole. It is refused as soon as it cannot become one: a CR or a
/// LF alone, another control character, or more than `longest` bytes.
fn line(input: &[u8], longest: usize) -> Result<Option<&[u8]>, Malformed> {
    let end = memchr(b'\n', input).unwrap_or(input.len());
    let (line, ended) = match (&input[..end], end < input.len()) {
        ([line @ .., b'\r'], ended) => (line, ended),
        (_, true) => return Err(Malformed),
        (line, false) => (line, false),
    };
    let sound = line.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control());
    if sound && line.len() <= longest { Ok(ended.then_some(line)) } else { Err(Malformed) }
}

/// The size that a line tells. What extensions say is nothing to us; white space may only stand before their semicolon.
fn size(line: &[u8]) -> Result<usize, Malformed> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (digits, rest) = line.split_at(digits);
    let extension = rest.trim_ascii_start();
    if digits.len() > MAX_DIGITS || rest.len() > MAX_EXTENSION || !rest.is_empty() && !extension.starts_with(b";") {
        return Err(Malformed);
    }
    let digits = std::str::from_utf8(digits).map_err(|_| Malformed)?;
    // None at all are no number.
    usize::from_str_radix(digits, 16).map_err(|_| Malformed)
}

/// Whether `line` is a header, as a trailer is one too.
fn is_field(line: &[u8]) -> bool {
    let name = memchr(b':', line).map(|colon| &line[..colon]);
    let in_names = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    name.is_some_and(|name| !name.is_empty() && name.iter().all(in_names))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body and what is left over, in pieces of so many bytes.
    fn read(input: &[u8], pieces: usize) -> Result<(Chunks, Vec<u8>, usize), Malformed> {
        let (mut chunks, mut body, mut start) = (Chunks::default(), Wiped::default(), 0);
        for end in (pieces.min(input.len())..input.len()).step_by(pieces).chain([input.len()]) {
            start += chunks.read(&input[start..end], &mut body)?;
        }
        Ok((chunks, body.to_vec(), input.len() - start))
    }

    #[test]
    fn chunks_are_read_however_they_come() {
        let extension = format!(";{}", "x".repeat(MAX_EXTENSION - 1));
        for (input, body, rest) in [
            ("0\r\n\r\n", "", 0),
            ("5\r\nhello\r\n0\r\n\r\n", "hello", 0),
            ("00000005\r\nhello\r\n1\r\n \r\n000\r\n\r\nHTTP/1.1", "hello ", 8),
            ("5;a=b;c=\"d;e\"\r\nhello\r\n0;x\r\n\r\n", "hello", 0),
            ("5 \t; a = b\r\nhello\r\n0\r\n\r\n", "hello", 0),
            ("A\r\n\r\n0\r\n\r\n\r\n\r\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", "\r\n0\r\n\r\n\r\n\r", 0),
            (&format!("5{extension}\r\nhello\r\n0{extension}\r\n\r\n"), "hello", 0),
        ] {
            for pieces in 1..=input.len() {
                let expected = (Chunks::Ended, body.as_bytes().to_vec(), rest);
                assert_eq!(read(input.as_bytes(), pieces), Ok(expected), "{input:?} in pieces of {pieces}");
            }
        }
    }

    #[test]
    fn what_is_not_written_as_chunks_is_refused_as_soon_as_it_can_be_seen() {
        let long = format!("5;{}", "x".repeat(MAX_EXTENSION));
        let many = "0".repeat(MAX_DIGITS + 1);
        let trailer = format!("0\r\nx: {}", "y".repeat(MAX_TRAILER));
        for input in [
            "+5",
            "-5",
            "+0",
            "0x5",
            " 5",
            "\t5",
            "5 \r\n",
            "5\t\r\n",
            "5 x",
            "g",
            "5g\r\n",
            "\r\n",
            ";\r\n",
            "5\n",
            "5\r5",
            "5;a\n",
            "5;a\rb",
            "5;\0",
            "5;\u{7F}",
            "5\r\nhello\n",
            "5\r\nhello\rx",
            "5\r\nhello!",
            "5\r\nhello0\r\n",
            "0\r\n\n",
            "0\r\nx: y\n",
            "0\r\nx\r\n",
            "0\r\n x: y\r\n",
            "0\r\nx : y\r\n",
            "0\r\n: y\r\n",
            "0\r\nx: \0",
            "10001\r\n",
            "ffffffffffffffff\r\n",
            "fffffffffffffffff",
            &long,
            &many,
            &trailer,
        ] {
            // A line that ends tells more.
            let refused = |input: &str| read(input.as_bytes(), 1) == Err(Malformed);
            assert!(refused(input) || refused(&format!("{input}\r\n")), "{input:?}");
        }
        let (mut chunks, mut body) = (Chunks::default(), Wiped::default());
        let most = format!("{MAX_BODY:x}\r\n{}\r\n", "x".repeat(MAX_BODY));
        assert_eq!(chunks.read(most.as_bytes(), &mut body), Ok(most.len()));
        assert_eq!(chunks.read(b"1\r\n", &mut body), Err(Malformed));
    }

    #[test]
    fn only_behind_the_last_size_nothing_is_missing() {
        let whole = b"5\r\nhello\r\n0\r\n\r\n";
        for end in 0..whole.len() {
            let (chunks, ..) = read(&whole[..end], 1).unwrap();
            assert_eq!(chunks.are_whole(), end >= whole.len() - 2, "{end}");
        }
        assert!(!read(b"0\r\nx: y\r\n", 1).unwrap().0.are_whole());
    }
}
