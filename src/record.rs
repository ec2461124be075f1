//! The bytes of one call as they travelled, for whoever has to look into it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// What a call sent and received: head and body of request and answer, byte for byte. It holds credentials and OTP codes,
/// so it cannot be printed, and is wiped when dropped.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Bytes>>);

/// In pieces: a text that grew would leave copies behind.
#[derive(Default)]
struct Bytes {
    sent: Vec<Zeroizing<Vec<u8>>>,
    received: Vec<Zeroizing<Vec<u8>>>,
}

impl Record {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The request, empty if none was written.
    pub fn sent(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.lock().sent.iter().map(|piece| piece.as_slice()).collect::<Vec<_>>().concat())
    }

    /// The answer, as far as it came.
    pub fn received(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.lock().received.iter().map(|piece| piece.as_slice()).collect::<Vec<_>>().concat())
    }

    /// Another attempt begins.
    pub(crate) fn begin(&self) {
        *self.lock() = Bytes::default();
    }

    pub(crate) fn note_sent(&self, bytes: &[u8]) {
        self.lock().sent.push(Zeroizing::new(bytes.to_vec()));
    }

    pub(crate) fn note_received(&self, bytes: &[u8]) {
        self.lock().received.push(Zeroizing::new(bytes.to_vec()));
    }

    fn lock(&self) -> MutexGuard<'_, Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record")
    }
}
