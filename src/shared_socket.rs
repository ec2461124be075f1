//! A TCP socket that several threads hold: the one that calls over it, and the one that cancels the call. A forked child
//! never uses its copy.

use crate::fork::{self, Place};
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsRawFd, IntoRawFd};

/// A socket and the process it belongs to.
#[derive(Debug)]
pub(crate) struct SharedSocket {
    /// Always there until drop.
    stream: Option<TcpStream>,
    place: Place,
    generation: u32,
}

impl SharedSocket {
    /// Takes a socket, to be called right after it was opened. It may be non-blocking, and not connected yet.
    pub fn new(stream: TcpStream) -> Self {
        let place = Place::take(stream.as_raw_fd());
        SharedSocket { place, stream: Some(stream), generation: fork::generation() }
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

impl Drop for SharedSocket {
    fn drop(&mut self) {
        if self.generation == fork::generation() {
            self.place.give_back();
        } else if let Some(stream) = self.stream.take() {
            // The child's copy was closed at the fork; the number may be another file's by now.
            let _ = stream.into_raw_fd();
        }
    }
}
