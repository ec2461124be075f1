//! Connections that can be cut in the middle of an answer. axum and hyper only know how to answer well; what breaks a line
//! stands below them, in the stream that they write to. A handler gives the order, the stream carries it out.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Where in the answer the connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before the first byte.
    Before,
    /// With this many bytes of it missing.
    Missing(usize),
    /// After the last byte, where the client may believe that the connection is kept.
    After,
}

/// A connection is to be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub place: Place,
    /// With a reset (RST) instead of an orderly end (FIN).
    pub reset: bool,
}

/// The handle by which the handler of a request gives the order about the answer that comes next on its connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct CutHandle(Arc<Mutex<Option<Cut>>>);

impl CutHandle {
    pub(crate) fn order(&self, cut: Cut) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }

    fn ordered(&self) -> Option<Cut> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected<IncomingStream<'_, Lines>> for CutHandle {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> CutHandle {
        stream.io().cut.clone()
    }
}

/// Accepts connections that can be cut.
pub(crate) struct Lines(pub TcpListener);

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Without this a small answer may wait 40 ms for the client's acknowledgement. Where it fails, it only waits.
        let _ = stream.set_nodelay(true);
        (Line { stream, cut: CutHandle::default(), left: None }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection that can be cut.
pub(crate) struct Line {
    stream: TcpStream,
    cut: CutHandle,
    /// How many bytes go out before the cut, from the first write after the order on.
    left: Option<usize>,
}

impl Line {
    /// How many bytes of `length` may go out now; `None` without an order. Vectored writes are not offered, so hyper hands
    /// over a small answer, head and body, in one piece: what is missing of it is missing of the whole.
    fn allowed(&mut self, length: usize) -> Option<usize> {
        let cut = self.cut.ordered()?;
        Some(*self.left.get_or_insert(match cut.place {
            Place::Before => 0,
            Place::Missing(bytes) => length.saturating_sub(bytes),
            Place::After => length,
        }))
    }

    /// The error that makes hyper drop the connection, once everything that may go out is out.
    fn check(&self) -> io::Result<()> {
        if self.left == Some(0) { Err(self.cut()) } else { Ok(()) }
    }

    fn cut(&self) -> io::Error {
        if self.cut.ordered().is_some_and(|cut| cut.reset) {
            // Closing a socket that does not linger resets it. Where this fails, the end is an orderly one.
            let _ = self.stream.set_zero_linger();
        }
        io::Error::new(io::ErrorKind::ConnectionAborted, "cut on purpose")
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(allowed) = self.allowed(bytes.len()) else {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        };
        if allowed == 0 {
            return Poll::Ready(Err(self.cut()));
        }
        let bytes = &bytes[..allowed.min(bytes.len())];
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.left = Some(allowed - written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
