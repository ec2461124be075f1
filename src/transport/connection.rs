//! One connection: a request's head and body leave in one piece, the answer is read into small buffers, and how far a request
//! came is known to the byte.

use super::bounds::Bounds;
use super::failure::{Failure, WaitError};
use super::head::MAX_HEAD;
use super::link::Link;
use super::tls;
use crate::Code;
use crate::cancel::Watched;
use crate::ownership::History;
use crate::secret::Wiped;
use zeroize::Zeroize;

/// Answers longer than this are refused.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// All bytes of one answer, with chunk sizes and interim answers: no peer may keep us reading.
const MAX_RECEIVED: usize = MAX_HEAD + 2 * MAX_BODY;
const SMALL_INPUT: usize = 4 * 1024;
const LARGEST_INPUT: usize = MAX_HEAD + 1024;
const SMALL_OUTPUT: usize = 2 * 1024;
/// What a connection may keep of memory between calls. rustls has its own.
const _: () = assert!(SMALL_INPUT + SMALL_OUTPUT <= 24 * 1024);

pub(crate) struct Connection {
    link: Link,
    /// For sentences.
    host: String,
    /// Zeros, but while a request is sent.
    output: Wiped,
    /// The answer: `input[start..end]` is not consumed yet. Zeros behind `used`.
    input: Wiped,
    start: usize,
    end: usize,
    used: usize,
    /// What it has answered.
    pub history: History,
}

impl Connection {
    /// In a box: it goes from hand to hand several times a call.
    pub fn new(link: Link, host: &str) -> Box<Self> {
        let (output, input, history) = (Wiped::default(), Wiped::default(), History::default());
        Box::new(Connection { link, host: host.to_owned(), output, input, start: 0, end: 0, used: 0, history })
    }

    /// Whether an idle connection can be used: open, and with nothing waiting to be read.
    pub fn is_reusable(&mut self) -> bool {
        self.start == self.end && self.link.is_reusable()
    }

    /// Begins a call.
    pub fn begin(&mut self, bounds: &Bounds) -> InFlight<'_> {
        if let Some(record) = &bounds.record {
            record.begin();
        }
        let watched = bounds.cancel.as_ref().map(|cancel| cancel.watch(self.link.socket().wire()));
        InFlight { bounds: bounds.watched(), _watched: watched, received: 0, ended: false, connection: self }
    }

    /// Ends a call: nothing of the answer stays, which may repeat a secret, and no memory beyond the small buffers.
    fn tidy(&mut self) {
        self.input[..self.used].zeroize();
        (self.start, self.end, self.used) = (0, 0, 0);
        self.input.shrink_to(SMALL_INPUT);
        self.output.shrink_to(SMALL_OUTPUT);
        self.link.wipe_received();
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
            self.input.resize(larger);
        }
    }
}

/// A connection with the call that it carries.
pub(crate) struct InFlight<'a> {
    connection: &'a mut Connection,
    bounds: Bounds,
    _watched: Option<Watched>,
    received: usize,
    /// The peer has ended the connection.
    ended: bool,
}

/// The output while a request stands in it, with the credentials and, for a verify, the OTP code: zeros again afterwards,
/// also behind a panic of the interrupt hook.
struct WipedAfter<'a>(&'a mut [u8]);

impl Drop for WipedAfter<'_> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A request that stands in the output.
pub(crate) struct Written<T> {
    /// The head's length, and with the body's.
    pub head: usize,
    pub length: usize,
    /// What its writer needs further.
    pub state: T,
}

impl InFlight<'_> {
    /// Sends what `write` puts into an output of at least `room` bytes; it gives none where it cannot write.
    pub fn send<T>(&mut self, room: usize, write: impl FnOnce(&mut [u8]) -> Option<Written<T>>) -> Result<T, Failure> {
        let Connection { link, output, host, .. } = &mut *self.connection;
        if output.len() < room {
            output.resize(room.max(SMALL_OUTPUT));
        }
        let output = WipedAfter(&mut output[..room]);
        let unwritten = || Failure::not_sent(Code::Internal, "The request could not be written.").for_good();
        let Written { head, length, state } = write(output.0).ok_or_else(unwritten)?;
        let request = &output.0[..length];
        if let Some(record) = &self.bounds.record {
            record.note_sent(request);
        }
        let before = link.bytes_accepted();
        link.send(request, &self.bounds).map_err(|fault| {
            // Under TLS the body travels in the record that the kernel has a part of.
            let proof = if link.is_tls() { 0 } else { head as u64 };
            failure(fault, link.bytes_accepted() - before > proof, host)
        })?;
        Ok(state)
    }

    /// Receives once, behind what is not consumed yet; false is the connection's end.
    pub fn receive(&mut self) -> Result<bool, Failure> {
        let connection = &mut *self.connection;
        connection.make_room();
        if connection.end == connection.input.len() || self.received >= MAX_RECEIVED {
            return Err(Failure::unknown(Code::BadAnswer, "The answer cannot be trusted: it is too long."));
        }
        let received = connection.link.receive(&mut connection.input[connection.end..], &self.bounds);
        let received = received.map_err(|fault| failure(fault, true, &connection.host))?;
        if let Some(record) = &self.bounds.record {
            record.note_received(&connection.input[connection.end..connection.end + received]);
        }
        self.received += received;
        connection.end += received;
        connection.used = connection.used.max(connection.end);
        self.ended = received == 0;
        Ok(!self.ended)
    }

    /// What came and is not consumed yet.
    pub fn input(&mut self) -> &mut [u8] {
        &mut self.connection.input[self.connection.start..self.connection.end]
    }

    pub fn consume(&mut self, amount: usize) {
        self.connection.start += amount;
    }

    /// Whether the connection can carry another call: nothing is left over, and the peer has not ended it.
    pub fn is_clean(&self) -> bool {
        self.connection.start == self.connection.end && !self.ended
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.connection.tidy();
    }
}

fn failure(fault: WaitError, sent: bool, host: &str) -> Failure {
    let (code, what, may_repeat) = match fault {
        WaitError::Timeout => (Code::Timeout, "The service did not answer before the deadline".to_owned(), true),
        WaitError::Interrupted => (Code::Interrupted, "The call was stopped by its caller".to_owned(), false),
        WaitError::Cut(error) => {
            (Code::ConnectionLost, format!("The connection to the service was cut ({error})"), true)
        }
        WaitError::Tls(error) => {
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
