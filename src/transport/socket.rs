//! A TCP socket whose every wait is bounded by the call's [`Exchange`], and which is dead in a forked child.

use super::exchange::{Exchange, Fault, SLICE};
use super::fork::{self, Place};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with, sockopt};
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd};
use std::sync::Arc;
use std::time::Duration;

/// The kernel's receive time-out is no shorter than this: zero would mean "for ever".
const SHORTEST: Duration = Duration::from_millis(1);

/// A socket and the process it belongs to.
#[derive(Debug)]
pub(crate) struct Wire {
    /// Always there until drop.
    stream: Option<TcpStream>,
    place: Place,
    generation: u32,
}

impl Wire {
    /// Takes a socket, to be called right after it was opened. It may be non-blocking, and not connected yet.
    pub fn new(stream: TcpStream) -> Self {
        let place = Place::take(stream.as_raw_fd());
        Wire { place, stream: Some(stream), generation: fork::generation() }
    }

    /// The socket, if it is this process's.
    pub fn stream(&self) -> io::Result<&TcpStream> {
        match &self.stream {
            Some(stream) if self.generation == fork::generation() => Ok(stream),
            _ => Err(io::Error::new(io::ErrorKind::NotConnected, "the connection belongs to the parent process")),
        }
    }

    /// Ends reads and writes that wait on the socket, from any thread. A socket that is shut already stays so.
    pub fn shut(&self) {
        if let Ok(stream) = self.stream() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.generation == fork::generation() {
            self.place.give_back();
        } else if let Some(stream) = self.stream.take() {
            // The child's copy was closed at the fork; the number may be another file's by now.
            let _ = stream.into_raw_fd();
        }
    }
}

/// The calling thread's use of a [`Wire`].
#[derive(Debug)]
pub(crate) struct Socket {
    wire: Arc<Wire>,
    /// The receive time-out that the kernel has. Set again only for the last wait before the deadline and after it.
    armed: Duration,
    /// Bytes that the kernel has taken since the socket was opened.
    taken: u64,
    /// A proxy has announced a body before the tunnel.
    after_a_body: bool,
}

impl Socket {
    /// Takes a connected, non-blocking socket.
    pub fn new(wire: Wire) -> io::Result<Self> {
        let stream = wire.stream()?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(SLICE))?;
        Ok(Socket { wire: Arc::new(wire), armed: SLICE, taken: 0, after_a_body: false })
    }

    pub fn wire(&self) -> &Arc<Wire> {
        &self.wire
    }

    /// Bytes that the kernel has taken since the socket was opened.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Hands all of `data` to the kernel.
    pub fn send(&mut self, mut data: &[u8], exchange: &Exchange) -> Result<(), Fault> {
        while !data.is_empty() {
            let wait = exchange.next_wait()?;
            let stream = self.wire.stream().map_err(Fault::Cut)?;
            match send(stream, data, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(sent) => {
                    self.taken += sent as u64;
                    data = &data[sent..];
                }
                Err(Errno::AGAIN) => wait_for(stream.as_fd(), PollFlags::OUT, wait, exchange)?,
                Err(Errno::INTR) => exchange.after_signal()?,
                Err(error) => return Err(exchange.cut(error.into())),
            }
        }
        Ok(())
    }

    /// Waits for bytes; 0 is the peer's end.
    pub fn receive(&mut self, into: &mut [u8], exchange: &Exchange) -> Result<usize, Fault> {
        loop {
            let wait = exchange.next_wait()?.max(SHORTEST);
            let stream = self.wire.stream().map_err(Fault::Cut)?;
            if wait != self.armed {
                stream.set_read_timeout(Some(wait)).map_err(Fault::Cut)?;
                self.armed = wait;
            }
            match recv(stream, &mut *into, RecvFlags::empty()) {
                Ok((0, _)) if exchange.cancel.as_ref().is_some_and(crate::Cancel::is_fired) => {
                    return Err(Fault::Interrupted);
                }
                Ok((received, _)) => return Ok(received),
                Err(Errno::AGAIN) => {}
                Err(Errno::INTR) => exchange.after_signal()?,
                Err(error) => return Err(exchange.cut(error.into())),
            }
        }
    }

    /// See [`Link::after_a_body`](super::link::Link::after_a_body).
    pub fn note_a_body(&mut self) {
        self.after_a_body = true;
    }

    pub fn is_after_a_body(&self) -> bool {
        self.after_a_body
    }

    /// One look: whether bytes wait to be read.
    pub fn holds_more(&self) -> bool {
        let Ok(stream) = self.wire.stream() else { return false };
        recv(stream, &mut [0u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT).is_ok_and(|(received, _)| received > 0)
    }

    /// One look: whether the peer has neither closed the connection nor sent anything.
    pub fn is_quiet(&self) -> bool {
        let Ok(stream) = self.wire.stream() else { return false };
        recv(stream, &mut [0u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT) == Err(Errno::AGAIN)
    }
}

/// Waits until `fd` is ready or `wait` is over; which of them is for the caller to find out.
pub(crate) fn wait_for(fd: BorrowedFd<'_>, flags: PollFlags, wait: Duration, exchange: &Exchange) -> Result<(), Fault> {
    wait_for_any(&mut [PollFd::from_borrowed_fd(fd, flags)], wait, exchange)
}

/// The same for several.
pub(crate) fn wait_for_any(fds: &mut [PollFd<'_>], wait: Duration, exchange: &Exchange) -> Result<(), Fault> {
    // Rounded up: a wait of 0 would spin.
    let wait = Timespec::try_from(wait.max(SHORTEST)).map_err(|_| Fault::Timeout)?;
    match poll(fds, Some(&wait)) {
        Ok(_) => Ok(()),
        Err(Errno::INTR) => exchange.after_signal(),
        Err(error) => Err(Fault::Cut(error.into())),
    }
}

/// Why no descriptor can be had, if so.
pub(crate) fn descriptors_lack() -> Option<io::Error> {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None);
    socket.err().map(io::Error::from).filter(is_lack)
}

/// Whether it tells that no descriptor can be had.
pub(crate) fn is_lack(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

/// The error in words that say what to do, where the system's do not.
pub(crate) fn why(error: &io::Error) -> String {
    match Errno::from_io_error(error) {
        Some(Errno::MFILE) => {
            "this process has too many open files: raise its limit (ulimit -n), or close some".to_owned()
        }
        Some(Errno::NFILE) => "this machine has too many open files".to_owned(),
        _ => error.to_string(),
    }
}

/// The error a non-blocking connect ended with, if it has ended.
pub(crate) fn connect_outcome(fd: BorrowedFd<'_>) -> io::Result<()> {
    Ok(sockopt::socket_error(fd)??)
}
