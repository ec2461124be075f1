//! Stops calls from another thread.

use crate::fork::PerProcess;
use crate::shared_socket::SharedSocket;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A handle that ends the calls it is set on ([`Call::cancel`](crate::Call::cancel)), from any thread, once and for all.
///
/// A call in flight ends with −22 ([`Code::Interrupted`](crate::Code::Interrupted)) and says whether it was sent; a call
/// begun after [`fire`](Cancel::fire) ends at once with −22, not sent. Clones are the same handle.
#[derive(Clone, Default)]
pub struct Cancel(Arc<State>);

type Sockets = Vec<Arc<SharedSocket>>;

#[derive(Default)]
struct State {
    fired: AtomicBool,
    /// The sockets of calls in flight. A socket stays here only while its call holds it. In a forked child there are none.
    sockets: PerProcess<Mutex<Sockets>>,
    /// Handles that fire for this one too.
    others: Vec<Cancel>,
}

impl Cancel {
    /// A handle that has not fired.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every call that the handle is set on. Further calls of `fire` change nothing.
    pub fn fire(&self) {
        self.0.fired.store(true, Ordering::SeqCst);
        self.with_sockets(|sockets| sockets.iter().for_each(|socket| socket.shut()));
    }

    /// Whether [`fire`](Cancel::fire) has been called.
    pub fn is_fired(&self) -> bool {
        self.0.fired.load(Ordering::SeqCst) || self.0.others.iter().any(Cancel::is_fired)
    }

    /// A handle that counts as fired as soon as one of `handles` has fired.
    pub(crate) fn any_of(handles: impl IntoIterator<Item = Cancel>) -> Cancel {
        Cancel(Arc::new(State { others: handles.into_iter().collect(), ..State::default() }))
    }

    /// Shuts `socket` when fired, until the returned guard is dropped.
    pub(crate) fn watch(&self, socket: &Arc<SharedSocket>) -> Watched {
        self.with_sockets(|sockets| sockets.push(Arc::clone(socket)));
        let others = self.0.others.iter().map(|other| other.watch(socket)).collect();
        if self.is_fired() {
            socket.shut();
        }
        Watched { cancel: self.clone(), socket: Arc::clone(socket), _others: others }
    }

    fn with_sockets(&self, work: impl FnOnce(&mut Sockets)) {
        let sockets = self.0.sockets.get(Mutex::default);
        work(&mut sockets.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").field("fired", &self.is_fired()).finish_non_exhaustive()
    }
}

/// A socket that a [`Cancel`] will shut, for as long as this lives.
pub(crate) struct Watched {
    cancel: Cancel,
    socket: Arc<SharedSocket>,
    _others: Vec<Watched>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.cancel.with_sockets(|sockets| {
            if let Some(index) = sockets.iter().position(|socket| Arc::ptr_eq(socket, &self.socket)) {
                sockets.swap_remove(index);
            }
        });
    }
}
