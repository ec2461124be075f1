//! One connection as ureq uses it: request head and body leave in one piece, the answer is read into small buffers, and
//! how far a request came is known to the byte.

use super::exchange::{Exchange, Failure, Fault};
use super::head;
use super::link::Link;
use super::tls;
use crate::Code;
use crate::cancel::Watched;
use crate::secret::Secret;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use zeroize::Zeroize;

/// Heads longer than this are refused (by ureq, which is told so).
pub(crate) const MAX_HEAD: usize = 16 * 1024;
/// Answers longer than this are refused.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// All bytes of one answer, with chunk sizes and interim answers: no peer may keep us reading.
const MAX_RECEIVED: usize = MAX_HEAD + 2 * MAX_BODY;
const SMALL_INPUT: usize = 4 * 1024;
const LARGEST_INPUT: usize = MAX_HEAD + 1024;
const SMALL_OUTPUT: usize = 2 * 1024;
const LARGEST_OUTPUT: usize = 128 * 1024;
/// What a connection may keep of memory between calls. rustls has its own.
const _: () = assert!(SMALL_INPUT + SMALL_OUTPUT <= 24 * 1024);
/// ureq writes whole header lines: it needs room for the longest.
const HEADER_ROOM: usize = 1024;

pub(crate) struct Connection {
    link: Link,
    /// For sentences.
    host: String,
    /// The request as ureq writes it, then with our headers: `output[..held]`.
    output: Vec<u8>,
    held: usize,
    /// The answer: `input[start..end]` is not consumed yet.
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// The last consume took something.
    progress: bool,
    call: Option<Current>,
}

/// The call that the connection carries.
struct Current {
    exchange: Exchange,
    _watched: Option<Watched>,
    headers: Arc<Secret>,
    body_length: usize,
    sent: bool,
    received: usize,
    /// As it came, where somebody wants it.
    head: Vec<u8>,
    head_consumed: bool,
    ended: bool,
    failure: Option<Failure>,
}

/// How a call left the connection.
pub(crate) struct Outcome {
    /// What the connection saw go wrong.
    pub failure: Option<Failure>,
    /// The request left, so the service may have acted.
    pub sent: bool,
    /// The connection can carry another call: nothing is left over, and the peer has not ended it.
    pub clean: bool,
    /// The answer's head, where it was to be kept.
    pub head: Vec<u8>,
}

impl Connection {
    pub fn new(link: Link, host: &str) -> Self {
        Connection {
            link,
            host: host.to_owned(),
            output: Vec::new(),
            held: 0,
            input: Vec::new(),
            start: 0,
            end: 0,
            progress: false,
            call: None,
        }
    }

    /// Whether an idle connection can be used: open, and with nothing waiting to be read.
    pub fn is_quiet(&mut self) -> bool {
        self.start == self.end && self.link.is_quiet()
    }

    /// Begins a call whose body has `body_length` bytes.
    pub fn begin(&mut self, exchange: &Exchange, headers: &Arc<Secret>, body_length: usize) {
        if let Some(record) = &exchange.record {
            record.begin();
        }
        let watched = exchange.cancel.as_ref().map(|cancel| cancel.watch(self.link.socket().wire()));
        self.call = Some(Current {
            exchange: exchange.watched(),
            _watched: watched,
            headers: Arc::clone(headers),
            body_length,
            sent: false,
            received: 0,
            head: Vec::new(),
            head_consumed: false,
            ended: false,
            failure: None,
        });
    }

    /// Ends the call, and gives back all memory beyond the small buffers.
    pub fn end(&mut self) -> Outcome {
        self.wipe_output();
        let clean = self.start == self.end;
        self.start = 0;
        self.end = 0;
        self.input.truncate(SMALL_INPUT);
        self.input.shrink_to(SMALL_INPUT);
        self.output.truncate(SMALL_OUTPUT);
        self.output.shrink_to(SMALL_OUTPUT);
        match self.call.take() {
            Some(call) => Outcome {
                clean: clean && call.failure.is_none() && !call.ended,
                sent: call.sent,
                failure: call.failure,
                head: call.head,
            },
            None => Outcome { clean: false, sent: true, failure: None, head: Vec::new() },
        }
    }

    /// The held request holds the credentials and, for a verify, the OTP code. The buffer lives on, so that writing zeros
    /// cannot be optimised away.
    fn wipe_output(&mut self) {
        self.output[..self.held].fill(0);
        self.held = 0;
    }

    /// Sends what ureq has written.
    fn flush(&mut self) -> Result<(), ureq::Error> {
        let Some(call) = &mut self.call else { return Err(broken()) };
        let Some(head) = insert_headers(&mut self.output, &mut self.held, call) else {
            call.failure =
                Some(Failure::not_sent(Code::Internal, "The request's head has an unexpected form.").for_good());
            return Err(broken());
        };
        if let Some(record) = &call.exchange.record {
            record.note_sent(&self.output[..self.held]);
        }
        let before = self.link.taken();
        let result = self.link.send(&self.output[..self.held], &call.exchange);
        let taken = self.link.taken() - before;
        // Under TLS the body travels in the record that the kernel has a part of.
        let proof = if self.link.is_tls() { 0 } else { head as u64 };
        call.sent = taken > proof;
        self.wipe_output();
        result.map_err(|fault| self.fail(fault))
    }

    fn fail(&mut self, fault: Fault) -> ureq::Error {
        if let Some(call) = &mut self.call {
            call.failure.get_or_insert_with(|| failure(fault, call.sent, &self.host));
        }
        broken()
    }

    /// Receives once, behind what is not consumed yet.
    fn receive(&mut self) -> Result<bool, ureq::Error> {
        self.make_room();
        let Some(call) = &mut self.call else { return Err(broken()) };
        if self.end == self.input.len() || call.received >= MAX_RECEIVED {
            call.failure = Some(Failure::unknown(Code::BadAnswer, "The answer cannot be trusted: it is too long."));
            return Err(broken());
        }
        match self.link.receive(&mut self.input[self.end..], &call.exchange) {
            Ok(0) => {
                call.ended = true;
                Ok(false)
            }
            Ok(received) => {
                if let Some(record) = &call.exchange.record {
                    record.note_received(&self.input[self.end..self.end + received]);
                }
                call.received += received;
                self.end += received;
                self.prepare_head();
                Ok(true)
            }
            Err(fault) => Err(self.fail(fault)),
        }
    }

    fn make_room(&mut self) {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
        if self.end < self.input.len() {
            return;
        }
        if self.start > 0 {
            self.input.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        } else if self.input.len() < LARGEST_INPUT {
            let larger = (self.input.len() * 2).clamp(SMALL_INPUT, LARGEST_INPUT);
            self.input.resize(larger, 0);
        }
    }

    /// What ureq need not see of the answer's head goes.
    fn prepare_head(&mut self) {
        let Some(call) = self.call.as_mut().filter(|call| !call.head_consumed) else { return };
        // Empty lines before an answer are skipped, as ureq does: an interim answer may come behind them.
        while let Some(length) =
            empty_line(&self.input[self.start..self.end]).or_else(|| interim_answer(&self.input[self.start..self.end]))
        {
            self.start += length;
        }
        let keep = (call.exchange.keep_head && call.head.is_empty()).then_some(&mut call.head);
        self.start += head::shorten(&mut self.input[self.start..self.end], keep);
    }
}

/// The length of the empty line that `input` begins with.
fn empty_line(input: &[u8]) -> Option<usize> {
    [&b"\r\n"[..], b"\n"].into_iter().find(|empty| input.starts_with(empty)).map(<[u8]>::len)
}

/// The length of the interim answer that `input` begins with, if it is whole: 1xx answers are not the answer (RFC 9110,
/// section 15.2). ureq takes a 100 with headers, which is allowed, for an error; 101 was not asked for and is left to be
/// refused. What only looks like one is left for ureq to refuse. Lines may end without CR, as ureq takes them too (RFC 9112,
/// section 2.2): an end that only one of us saw would hide the answer behind it.
fn interim_answer(input: &[u8]) -> Option<usize> {
    let status = input.strip_prefix(b"HTTP/1.1 ").or_else(|| input.strip_prefix(b"HTTP/1.0 "))?;
    match status {
        [b'1', b'0', b'1', ..] => return None,
        [b'1', b'0'..=b'9', b'0'..=b'9', b' ' | b'\r' | b'\n', ..] => {}
        _ => return None,
    }
    let mut line_ends = input.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    line_ends.find_map(|behind| Some(behind + empty_line(&input[behind..])?))
}

/// Puts the headers that are the same in each call before the end of the head: the Authorization header, which ureq
/// therefore never holds, and those that it would write out anew each time. Gives the head's length.
fn insert_headers(output: &mut Vec<u8>, held: &mut usize, call: &Current) -> Option<usize> {
    let head = held.checked_sub(call.body_length)?;
    if !output.get(..head)?.ends_with(b"\r\n\r\n") {
        return None;
    }
    let headers = call.headers.reveal().as_bytes();
    if output.len() < *held + headers.len() {
        grow(output, *held + headers.len());
    }
    let at = head - 2;
    output.copy_within(at..*held, at + headers.len());
    output[at..at + headers.len()].copy_from_slice(headers);
    *held += headers.len();
    Some(head + headers.len())
}

/// A larger buffer with the same bytes; the smaller one is wiped, since it may hold the OTP code.
fn grow(output: &mut Vec<u8>, size: usize) {
    let mut larger = vec![0; size];
    larger[..output.len()].copy_from_slice(output);
    output.zeroize();
    *output = larger;
}

fn failure(fault: Fault, sent: bool, host: &str) -> Failure {
    let (code, what, may_repeat) = match fault {
        Fault::Timeout => (Code::Timeout, "The service did not answer before the deadline".to_owned(), false),
        Fault::Interrupted => (Code::Interrupted, "The call was stopped by its caller".to_owned(), false),
        Fault::Cut(error) => (Code::ConnectionLost, format!("The connection to the service was cut ({error})"), true),
        Fault::Tls(error) => {
            let sentence = tls::sentence(&error, host);
            (Code::Tls, sentence.trim_end_matches('.').to_owned(), false)
        }
    };
    if sent {
        Failure::unknown(code, format!("{what}; whether the request was carried out is unknown."))
    } else {
        Failure { may_repeat, ..Failure::not_sent(code, format!("{what}; nothing of the request's body was sent.")) }
    }
}

/// What ureq is told: the failure itself waits in the connection. Not `Io`: ureq takes some of those for an end.
fn broken() -> ureq::Error {
    ureq::Error::ConnectionFailed
}

impl Buffers for Connection {
    fn output(&mut self) -> &mut [u8] {
        let wanted = self.held + HEADER_ROOM;
        if self.output.len() < wanted && wanted <= LARGEST_OUTPUT {
            let size = (self.output.len() * 2).max(wanted).max(SMALL_OUTPUT);
            grow(&mut self.output, size);
        }
        &mut self.output[self.held..]
    }

    fn input(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.make_room();
        &mut self.input[self.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.end += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
        if let Some(call) = &mut self.call {
            call.head_consumed |= self.progress;
        }
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.make_room();
        self.output();
        (&mut self.input[self.end..], &mut self.output[self.held..])
    }

    fn can_use_input(&self) -> bool {
        self.progress && self.start < self.end
    }
}

impl Transport for Lent {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection()
    }

    /// Only held: head and body leave together when ureq turns to reading.
    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.connection().held += amount;
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let connection = self.connection();
        if connection.held > 0 {
            connection.flush()?;
        }
        connection.receive()
    }

    /// ureq keeps no connection: the pool is ours.
    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        self.0.as_ref().is_some_and(|connection| connection.link.is_tls())
    }
}

/// A connection while ureq has it. ureq drops it when it is done, and it comes back to [`lend`]'s caller.
pub(crate) struct Lent(Option<Box<Connection>>);

thread_local! {
    /// The way of a connection to ureq and back: all of it happens on the calling thread.
    static HAND: Cell<Option<Box<Connection>>> = const { Cell::new(None) };
}

/// Runs `use_it` with `connection` as the one that ureq gets from [`Lender`], and takes it back. Nothing comes back if a
/// panic swallowed it.
pub(crate) fn lend<T>(connection: Box<Connection>, use_it: impl FnOnce() -> T) -> (T, Option<Box<Connection>>) {
    HAND.set(Some(connection));
    let result = use_it();
    (result, HAND.take())
}

impl Lent {
    fn connection(&mut self) -> &mut Connection {
        self.0.as_deref_mut().expect("a lent connection is there until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // A thread that is ending has nobody who waits for it.
        let _ = HAND.try_with(|hand| hand.set(self.0.take()));
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lent")
    }
}

/// ureq's connector: gives it the connection that [`lend`] holds out. Connecting is done before, by the transport.
#[derive(Debug)]
pub(crate) struct Lender;

impl<In: Transport> Connector<In> for Lender {
    type Out = Lent;

    fn connect(&self, _: &ConnectionDetails<'_>, _: Option<In>) -> Result<Option<Lent>, ureq::Error> {
        Ok(HAND.take().map(|connection| Lent(Some(connection))))
    }
}

/// ureq's resolver: names are resolved before, and only where a new connection is made.
#[derive(Debug)]
pub(crate) struct Resolved;

impl Resolver for Resolved {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ];
        for (input, length) in cases {
            assert_eq!(interim_answer(input.as_bytes()), length, "{input:?}");
        }
    }
}
