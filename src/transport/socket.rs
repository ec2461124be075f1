//! A TCP socket whose every wait is bounded by the call's [`Bounds`], and which is dead in a forked child.

use super::bounds::{Bounds, SLICE};
use super::failure::WaitError;
use crate::shared_socket::SharedSocket;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with, sockopt};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

/// The kernel's receive time-out is no shorter than this: zero would mean "for ever".
const SHORTEST: Duration = Duration::from_millis(1);

/// The calling thread's use of a [`SharedSocket`].
#[derive(Debug)]
pub(crate) struct Socket {
    wire: Arc<SharedSocket>,
    /// The receive time-out that the kernel has. Set again only for the last wait before the deadline and after it.
    armed: Duration,
    /// Bytes that the kernel has accepted since the socket was opened.
    bytes_accepted: u64,
    /// A proxy has announced a body before the tunnel.
    after_a_body: bool,
}

impl Socket {
    /// Takes a connected, non-blocking socket.
    pub fn new(wire: SharedSocket) -> io::Result<Self> {
        let stream = wire.stream()?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(SLICE))?;
        Ok(Socket { wire: Arc::new(wire), armed: SLICE, bytes_accepted: 0, after_a_body: false })
    }

    pub fn wire(&self) -> &Arc<SharedSocket> {
        &self.wire
    }

    /// Bytes that the kernel has accepted since the socket was opened.
    pub fn bytes_accepted(&self) -> u64 {
        self.bytes_accepted
    }

    /// Hands all of `data` to the kernel.
    pub fn send(&mut self, mut data: &[u8], bounds: &Bounds) -> Result<(), WaitError> {
        while !data.is_empty() {
            let wait = bounds.next_wait()?;
            let stream = self.wire.stream().map_err(WaitError::Cut)?;
            match send(stream, data, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(sent) => {
                    self.bytes_accepted += sent as u64;
                    data = &data[sent..];
                }
                Err(Errno::AGAIN) => wait_for(stream.as_fd(), PollFlags::OUT, wait, bounds)?,
                Err(Errno::INTR) => bounds.after_signal()?,
                Err(error) => return Err(bounds.cut(error.into())),
            }
        }
        Ok(())
    }

    /// Waits for bytes; 0 is the peer's end.
    pub fn receive(&mut self, into: &mut [u8], bounds: &Bounds) -> Result<usize, WaitError> {
        loop {
            let wait = bounds.next_wait()?.max(SHORTEST);
            let stream = self.wire.stream().map_err(WaitError::Cut)?;
            if wait != self.armed {
                stream.set_read_timeout(Some(wait)).map_err(WaitError::Cut)?;
                self.armed = wait;
            }
            match recv(stream, &mut *into, RecvFlags::empty()) {
                Ok((0, _)) if bounds.cancel.as_ref().is_some_and(crate::Cancel::is_fired) => {
                    return Err(WaitError::Interrupted);
                }
                Ok((received, _)) => return Ok(received),
                Err(Errno::AGAIN) => {}
                Err(Errno::INTR) => bounds.after_signal()?,
                Err(error) => return Err(bounds.cut(error.into())),
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
    pub fn has_unread(&self) -> bool {
        let Ok(stream) = self.wire.stream() else { return false };
        recv(stream, &mut [0u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT).is_ok_and(|(received, _)| received > 0)
    }

    /// One look: whether the peer has neither closed the connection nor sent anything.
    pub fn is_reusable(&self) -> bool {
        let Ok(stream) = self.wire.stream() else { return false };
        recv(stream, &mut [0u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT) == Err(Errno::AGAIN)
    }
}

/// Waits until `fd` is ready or `wait` is over; which of them is for the caller to find out.
pub(crate) fn wait_for(fd: BorrowedFd<'_>, flags: PollFlags, wait: Duration, bounds: &Bounds) -> Result<(), WaitError> {
    wait_for_any(&mut [PollFd::from_borrowed_fd(fd, flags)], wait, bounds)
}

/// The same for several.
pub(crate) fn wait_for_any(fds: &mut [PollFd<'_>], wait: Duration, bounds: &Bounds) -> Result<(), WaitError> {
    // Rounded up: a wait of 0 would spin.
    let wait = Timespec::try_from(wait.max(SHORTEST)).map_err(|_| WaitError::Timeout)?;
    match poll(fds, Some(&wait)) {
        Ok(_) => Ok(()),
        Err(Errno::INTR) => bounds.after_signal(),
        Err(error) => Err(WaitError::Cut(error.into())),
    }
}

/// Why no descriptor can be had, if so.
pub(crate) fn no_descriptor_left() -> Option<io::Error> {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None);
    socket.err().map(io::Error::from).filter(is_descriptor_limit)
}

/// Whether it tells that no descriptor can be had.
pub(crate) fn is_descriptor_limit(error: &io::Error) -> bool {
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
