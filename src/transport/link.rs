//! A byte stream to a peer: a socket, or TLS over another link (twice, through an https proxy).

use super::bounds::{Bounds, SLICE};
use super::failure::{Failure, WaitError};
use super::proxy;
use super::socket::Socket;
use super::tls;
use crate::Code;
use crate::secret::with_wiped_stack;
use rustls::ClientConnection;
use std::io::{self, Read, Write};
use zeroize::Zeroize;

pub(crate) enum Link {
    Plain(Socket),
    Tls(Box<TlsLink>),
}

/// TLS over another link.
pub(crate) struct TlsLink {
    session: ClientConnection,
    received: Records,
    under: Link,
}

/// Where the received bytes end among TLS records (RFC 8446, section 5.1). rustls keeps a begun record to itself, but a
/// connection that holds one is not quiet: its rest would come in front of the next answer.
#[derive(Default)]
struct Records {
    /// Bytes seen of a header: type, version, length.
    header: usize,
    length: usize,
    /// Bytes of content that are still to come.
    missing: usize,
}

impl Link {
    /// Makes a TLS link of this one: the whole handshake with `host`.
    pub fn secure(self, config: &tls::Config, host: &str, bounds: &Bounds) -> Result<Link, Failure> {
        let mut link =
            Box::new(TlsLink { session: tls::session(config, host)?, received: Records::default(), under: self });
        match link.handshake(bounds) {
            Ok(()) => Ok(Link::Tls(link)),
            Err(WaitError::Tls(rustls::Error::InvalidMessage(_))) if link.under.socket().is_after_a_body() => {
                Err(proxy::no_tunnel())
            }
            Err(WaitError::Tls(error)) => {
                // The alert that tells the server why; the failure stands whether it arrives or not.
                let _ = link.flush(bounds);
                Err(tls::refusal(&error, host, config))
            }
            Err(WaitError::Cut(error)) => Err(Failure::not_sent(
                Code::Tls,
                format!("{host} cut the connection during the TLS handshake: {error}."),
            )),
            Err(WaitError::Timeout) => {
                Err(Failure::not_sent(Code::Timeout, format!("No TLS handshake with {host} in time.")))
            }
            Err(WaitError::Interrupted) => Err(Failure::interrupted()),
        }
    }

    /// Sends all of `data`, in one record where TLS's record size allows.
    pub fn send(&mut self, data: &[u8], bounds: &Bounds) -> Result<(), WaitError> {
        match self {
            Link::Plain(socket) => socket.send(data, bounds),
            Link::Tls(link) => {
                // Ciphers keep the last bytes of a text on the stack.
                with_wiped_stack(|| link.session.writer().write_all(data)).map_err(WaitError::Cut)?;
                link.flush(bounds)
            }
        }
    }

    /// Waits for bytes; 0 is the peer's orderly end.
    pub fn receive(&mut self, into: &mut [u8], bounds: &Bounds) -> Result<usize, WaitError> {
        match self {
            Link::Plain(socket) => socket.receive(into, bounds),
            Link::Tls(link) => link.receive(into, bounds),
        }
    }

    /// Wipes what TLS keeps of what came.
    pub fn wipe_received(&mut self) {
        if let Link::Tls(link) = self {
            link.under.wipe_received();
            // rustls decrypts where it has read, and reads there again: it is given zeros, and told that nothing came.
            let _ = link.session.read_tls(&mut Zeros);
        }
    }

    /// Bytes that the kernel has accepted since the connection was opened.
    pub fn bytes_accepted(&self) -> u64 {
        self.socket().bytes_accepted()
    }

    /// The version and the cipher suite of the TLS session; empty without one.
    pub fn session_names(&self) -> (String, String) {
        let Link::Tls(link) = self else { return Default::default() };
        let version = link.session.protocol_version().and_then(|version| version.as_str());
        let suite = link.session.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        (version.unwrap_or_default().replace("TLSv1_", "TLS 1."), suite.unwrap_or_default().to_owned())
    }

    /// Notes that a proxy has announced a body where its tunnel begins: what is no TLS then is that.
    pub fn after_a_body(mut self) -> Self {
        let mut link = &mut self;
        loop {
            match link {
                Link::Plain(socket) => break socket.note_a_body(),
                Link::Tls(over) => link = &mut over.under,
            }
        }
        self
    }

    /// Whether more has come than was read: one look.
    pub fn has_unread(&mut self) -> bool {
        match self {
            Link::Plain(socket) => socket.has_unread(),
            Link::Tls(link) => {
                let more = link.session.process_new_packets().is_ok_and(|state| state.plaintext_bytes_to_read() > 0);
                if more {
                    // What it left on the stack in deciphering.
                    with_wiped_stack(|| ());
                }
                more
            }
        }
    }

    pub fn is_tls(&self) -> bool {
        matches!(self, Link::Tls(_))
    }

    pub fn socket(&self) -> &Socket {
        match self {
            Link::Plain(socket) => socket,
            Link::Tls(link) => link.under.socket(),
        }
    }

    /// Whether nothing waits to be read: one look at the socket, and at what TLS has decrypted.
    pub fn is_reusable(&mut self) -> bool {
        self.has_no_leftovers() && self.socket().is_reusable()
    }

    fn has_no_leftovers(&mut self) -> bool {
        match self {
            Link::Plain(_) => true,
            Link::Tls(link) => {
                // All that came was decrypted when it came; rustls wants more where none of it waits and the peer has not
                // ended.
                link.session.wants_read() && link.received.are_whole() && link.under.has_no_leftovers()
            }
        }
    }
}

impl Records {
    const HEADER: usize = 5;

    fn take_in(&mut self, mut bytes: &[u8]) {
        while let [first, rest @ ..] = bytes {
            if self.missing > 0 {
                let content = self.missing.min(bytes.len());
                self.missing -= content;
                bytes = &bytes[content..];
                continue;
            }
            self.header += 1;
            if self.header > Self::HEADER - 2 {
                self.length = self.length << 8 | usize::from(*first);
            }
            if self.header == Self::HEADER {
                *self = Records { missing: self.length, ..Records::default() };
            }
            bytes = rest;
        }
    }

    fn are_whole(&self) -> bool {
        self.header == 0 && self.missing == 0
    }
}

impl TlsLink {
    fn handshake(&mut self, bounds: &Bounds) -> Result<(), WaitError> {
        self.session.set_buffer_limit(None);
        while self.session.is_handshaking() {
            self.flush(bounds)?;
            if self.session.is_handshaking() && self.read(bounds)? == 0 {
                return Err(bounds.cut(io::ErrorKind::UnexpectedEof.into()));
            }
        }
        self.flush(bounds)
    }

    fn flush(&mut self, bounds: &Bounds) -> Result<(), WaitError> {
        while self.session.wants_write() {
            let mut below = Below { link: &mut self.under, received: &mut self.received, bounds, fault: None };
            let written = self.session.write_tls(&mut below);
            if let Err(error) = written {
                let fault = below.fault.take().unwrap_or_else(|| bounds.cut(error));
                return Err(match fault {
                    WaitError::Cut(_) => self.last_words(bounds).unwrap_or(fault),
                    _ => fault,
                });
            }
        }
        Ok(())
    }

    /// Why the peer has cut the connection under a write, if it said so in an alert: that stands before the cut and can
    /// still be read.
    fn last_words(&mut self, bounds: &Bounds) -> Option<WaitError> {
        // Nothing comes any more: this only guards against a kernel that would wait.
        let bounds = bounds.shortened(SLICE);
        loop {
            match self.read(&bounds) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(fault) => return matches!(fault, WaitError::Tls(_)).then_some(fault),
            }
        }
    }

    /// Takes in what has come: 0 at the end of the link below.
    fn read(&mut self, bounds: &Bounds) -> Result<usize, WaitError> {
        let mut below = Below { link: &mut self.under, received: &mut self.received, bounds, fault: None };
        let read = match self.session.read_tls(&mut below) {
            Ok(read) => read,
            Err(error) => return Err(below.fault.take().unwrap_or_else(|| bounds.cut(error))),
        };
        with_wiped_stack(|| self.session.process_new_packets()).map_err(WaitError::Tls)?;
        Ok(read)
    }

    fn receive(&mut self, into: &mut [u8], bounds: &Bounds) -> Result<usize, WaitError> {
        loop {
            match self.session.reader().read(into) {
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // The end without close_notify: what came may not be all.
                Err(error) => return Err(bounds.cut(error)),
            }
            self.read(bounds)?;
        }
    }
}

/// The link below as rustls wants it. Errors of ours do not fit into `io::Error`, so they wait beside it.
struct Below<'a> {
    link: &'a mut Link,
    received: &'a mut Records,
    bounds: &'a Bounds,
    fault: Option<WaitError>,
}

impl Below<'_> {
    fn fail<T>(&mut self, fault: WaitError) -> io::Result<T> {
        self.fault = Some(fault);
        Err(io::Error::other("the link below failed"))
    }
}

impl Read for Below<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.link.receive(into, self.bounds) {
            Ok(received) => {
                self.received.take_in(&into[..received]);
                Ok(received)
            }
            Err(fault) => self.fail(fault),
        }
    }
}

impl Write for Below<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self.link.send(data, self.bounds) {
            Ok(()) => Ok(data.len()),
            Err(fault) => self.fail(fault),
        }
    }

    /// One write for the several messages of a handshake's turn: a segment each would be slow, and a server that refuses the
    /// first would cut the connection under the next.
    fn write_vectored(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match parts {
            [one] => self.write(one),
            _ => self.write(&parts.iter().flat_map(|part| part.iter().copied()).collect::<Vec<u8>>()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Overwrites what is to be read into.
struct Zeros;

impl Read for Zeros {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        into.zeroize();
        Err(io::ErrorKind::WouldBlock.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_followed_wherever_the_bytes_are_cut() {
        let bytes = [&[22, 3, 1, 0, 3][..], &[9; 3], &[23, 3, 3, 1, 1], &[0; 257], &[21, 3, 3, 0, 0]].concat();
        let ends = [8, 270, 275];
        for cut in 0..=bytes.len() {
            let mut records = Records::default();
            records.take_in(&bytes[..cut]);
            assert_eq!(records.are_whole(), cut == 0 || ends.contains(&cut), "cut at {cut}");
            records.take_in(&bytes[cut..]);
            assert!(records.are_whole(), "cut at {cut}");
        }
    }
}
