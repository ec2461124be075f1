//! Takes the headers that nobody reads out of an answer's head. ureq-proto makes a map of all of them, at a higher price: an
//! answer of a usual gateway has fifteen, of which two or three matter.
//!
//! Only what is surely a whole header of no meaning here goes. Everything else, and every fault, is left for it to see.

use crate::secret::Wiped;
use memchr::memchr;
use ureq_proto::client::MAX_RESPONSE_HEADERS;

/// Heads longer than this are refused.
pub(crate) const MAX_HEAD: usize = 16 * 1024;
/// What ureq-proto or this library acts upon.
const READ: [&[u8]; 5] = [b"connection", b"content-encoding", b"content-length", b"retry-after", b"transfer-encoding"];
/// A status line, as many headers as ureq-proto takes, and an empty line. Longer heads are left for it to refuse.
const MAX_LINES: usize = 1 + MAX_RESPONSE_HEADERS + 1;

/// Which bytes a name may consist of: those of all names in use, fewer than are allowed.
const IN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'-';
        byte += 1;
    }
    table
};

/// Shortens the head that `input` begins with, if it is whole. It then begins so many bytes later. What it was before goes
/// to `keep`.
pub(crate) fn shorten(input: &mut [u8], keep: Option<&mut Wiped>) -> usize {
    let mut ends = [0; MAX_LINES];
    let Some(lines) = line_ends(&input[..input.len().min(MAX_HEAD)], &mut ends) else { return 0 };
    if let Some(keep) = keep {
        keep.extend(&input[..ends[lines - 1]]);
    }
    let mut kept = ends[0];
    for line in 1..lines {
        let (from, to) = (ends[line - 1], ends[line]);
        // A line that begins with a space goes on with the one before it.
        let folded = input.get(to).is_some_and(|next| [b' ', b'\t'].contains(next));
        if folded || !is_idle(&input[from..to]) {
            input.copy_within(from..to, kept);
            kept += to - from;
        }
    }
    let gone = ends[lines - 1] - kept;
    input.copy_within(..kept, gone);
    gone
}

/// The length of what stands before the answer itself: an empty line, or an interim answer. Empty lines are skipped as
/// ureq-proto does: an interim answer may come behind them.
pub(crate) fn preface(input: &[u8]) -> Option<usize> {
    empty_line(input).or_else(|| interim_answer(input))
}

/// The length of the empty line that `input` begins with.
fn empty_line(input: &[u8]) -> Option<usize> {
    [&b"\r\n"[..], b"\n"].into_iter().find(|empty| input.starts_with(empty)).map(<[u8]>::len)
}

/// The length of the interim answer that `input` begins with, if it is whole: 1xx answers are not the answer (RFC 9110,
/// section 15.2). ureq-proto takes a 100 with headers, which is allowed, for an error; 101 was not asked for and is left to be
/// refused. What only looks like one is left for ureq-proto to refuse. Lines may end without CR, as it takes them too (RFC
/// 9112, section 2.2): an end that only one of us saw would hide the answer behind it.
fn interim_answer(input: &[u8]) -> Option<usize> {
    let status = input.strip_prefix(b"HTTP/1.1 ").or_else(|| input.strip_prefix(b"HTTP/1.0 "))?;
    match status {
        [b'1', b'0', b'1', ..] => return None,
        [b'1', b'0'..=b'9', b'0'..=b'9', b' ' | b'\r' | b'\n', ..] => {}
        _ => return None,
    }
    let mut line_ends = input.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let end = line_ends.find_map(|behind| Some(behind + empty_line(&input[behind..])?))?;
    // What no field may hold (RFC 9110, section 5.5) is as little trusted here as in the head of the answer itself.
    let is_fit = |byte: &u8| matches!(byte, b'\t' | b'\r' | b'\n') || !byte.is_ascii_control();
    input[..end].iter().all(is_fit).then_some(end)
}

/// The ends of the head's lines, the empty one included, and their number; none if the head is not whole.
fn line_ends(input: &[u8], ends: &mut [usize; MAX_LINES]) -> Option<usize> {
    let mut from = 0;
    for (line, end) in ends.iter_mut().enumerate() {
        *end = from + memchr(b'\n', &input[from..])? + 1;
        if matches!(&input[from..*end], b"\r\n" | b"\n") {
            return Some(line + 1);
        }
        from = *end;
    }
    None
}

/// Whether `line` is a header of sound form that nobody reads.
fn is_idle(line: &[u8]) -> bool {
    let Some(end) = line.iter().position(|byte| !IN_NAMES[usize::from(*byte)]) else { return false };
    let (name, rest) = line.split_at(end);
    let [b':', value @ .., b'\r', b'\n'] = rest else { return false };
    // A fold, not `all`: it looks at many bytes at once.
    let sound = value.iter().fold(true, |sound, byte| sound & (*byte >= b' ' && *byte != 0x7F));
    sound && !name.is_empty() && !READ.iter().any(|read| name.eq_ignore_ascii_case(read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq_proto::parser::try_parse_response;

    fn shortened(input: &str) -> String {
        let mut input = input.as_bytes().to_vec();
        let gone = shorten(&mut input, None);
        String::from_utf8(input.split_off(gone)).unwrap()
    }

    #[test]
    fn what_nobody_reads_goes() {
        let head = "HTTP/1.1 200 OK\r\nServer: x\r\nCONTENT-Length: 2\r\nDate: y\r\nX-Empty:\r\nRetry-After: 1\r\nEtag:z\r\n\r\n{}";
        assert_eq!(shortened(head), "HTTP/1.1 200 OK\r\nCONTENT-Length: 2\r\nRetry-After: 1\r\n\r\n{}");
        assert_eq!(shortened("HTTP/1.1 204 X\r\nA: b\r\n\r\n"), "HTTP/1.1 204 X\r\n\r\n");
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n{{}}", "A: b\r\n".repeat(MAX_LINES - 2));
        assert_eq!(shortened(&many), "HTTP/1.1 200 OK\r\n\r\n{}");
    }

    #[test]
    fn what_is_not_a_whole_sound_header_stays() {
        for header in
            ["A: b\r\n c", "A : b", " A: b", "A: \0", "A: b\rc", "A: \u{7F}", "A: b\n", ": b", "A", "A\tb: c", "A_b: c"]
        {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{header}\r\n\r\n");
            assert_eq!(shortened(&head), head, "{header:?}");
        }
    }

    #[test]
    fn every_header_that_is_read_stays() {
        for name in READ {
            let head = format!("HTTP/1.1 200 OK\r\n{}: x\r\n\r\n", String::from_utf8_lossy(name));
            assert_eq!(shortened(&head), head);
        }
    }

    #[test]
    fn a_head_that_is_not_whole_stays() {
        let head = "HTTP/1.1 200 OK\r\nServer: x\r\nDate: y\r\n\r\n";
        for end in 0..head.len() {
            assert_eq!(shortened(&head[..end]), head[..end]);
        }
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(MAX_LINES - 1));
        assert_eq!(shortened(&many), many);
        let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "b".repeat(MAX_HEAD));
        assert_eq!(shortened(&long), long);
    }

    type Understood = (u16, Vec<(String, Vec<u8>)>, Vec<u8>);

    /// What ureq-proto makes of `input`: the status, the headers that are read, and what follows the head.
    fn understood(input: &[u8]) -> Result<Option<Understood>, ureq_proto::Error> {
        let Some((length, response)) = try_parse_response::<MAX_RESPONSE_HEADERS>(input)? else { return Ok(None) };
        let read = response.headers().iter().filter(|(name, _)| READ.contains(&name.as_str().as_bytes()));
        let read = read.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        Ok(Some((response.status().as_u16(), read, input[length..].to_vec())))
    }

    #[test]
    fn an_answer_means_the_same_without_what_is_gone() {
        const PIECES: [&[u8]; 24] = [
            b"\r\n",
            b"\r\n",
            b"\r\n",
            b"\r\n\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b": ",
            b": ",
            b":",
            b"Server: x\r\n",
            b"Server",
            b"Content-Length: 2\r\n",
            b"Content-Length",
            b"content-lengt",
            b"Transfer-Encoding: chunked\r\n",
            b"Date: y\r\n",
            b"\0",
            b"\x7F",
            b"\xE0\xB8\x81",
            b"x_y",
            b"1, 2",
            b"Connection: close\r\n",
        ];
        let mut random = fastrand::Rng::with_seed(11);
        let (mut whole, mut shorter) = (0, 0);
        for _ in 0..200_000 {
            let mut input = b"HTTP/1.1 200 OK\r\n".to_vec();
            (0..random.usize(1..16)).for_each(|_| input.extend_from_slice(PIECES[random.usize(..PIECES.len())]));
            let before = understood(&input);
            let original = input.clone();
            let mut kept = Wiped::default();
            let gone = shorten(&mut input, Some(&mut kept));
            if let Ok(Some((.., rest))) = &before {
                assert_eq!(*kept, original[..original.len() - rest.len()]);
            }
            assert_eq!(understood(&input[gone..]), before, "{}", original.escape_ascii());
            whole += usize::from(matches!(before, Ok(Some(_))));
            shorter += usize::from(gone > 0);
        }
        assert!(whole > 10_000 && shorter > 10_000, "{whole} whole heads, {shorter} shortened");
    }

    #[test]
    fn only_whole_interim_answers_are_skipped() {
        let cases = [
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", Some(25)),
            ("HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n", Some(31)),
            ("HTTP/1.1 100\r\n\r\n", Some(16)),
            ("HTTP/1.1 100 Continue\n\nHTTP/1.1 500 X\r\n\r\n", Some(23)),
            ("HTTP/1.1 100 Continue\n\r\n", Some(24)),
            ("HTTP/1.1 100 Continue\r\n", None),
            ("HTTP/1.1 101 Switching\r\n\r\n", None),
            ("HTTP/1.1 10s Early\r\n\r\n", None),
            ("HTTP/1.1 1\r\n\r\n", None),
            ("HTTP/1.1 1000 X\r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\n\r\n", None),
            ("HTTP/2 100 X\r\n\r\n", None),
            ("HTTP/1.1 103 Early Hints\r\nLink: a\tb\r\n\r\n", Some(39)),
            ("HTTP/1.1 103 Early Hints\r\nLink: a\0b\r\n\r\n", None),
            ("HTTP/1.1 103 Early \x1b[31m\r\n\r\n", None),
        ];
        for (input, length) in cases {
            assert_eq!(interim_answer(input.as_bytes()), length, "{input:?}");
        }
    }
}
