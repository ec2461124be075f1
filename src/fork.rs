//! Notices that the process was forked, without a system call a call.
//!
//! A child shares its parent's sockets. Whatever it wrote to one, even a polite end, would reach the parent's connection.
//! So the child closes its copies the moment it is born, and a generation number tells everything made before the fork from
//! what was made since. Children made without `fork(3)` (by the bare system call) are not seen.
#![allow(unsafe_code)]

use once_cell::race::OnceBox;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};

/// Sockets that a child closes. One that finds no place is still never used by a child; only its copy stays open there.
const PLACES: usize = 16 * 1024;
/// Places hold the complement of a descriptor, so that a free one is zero: an array of zeros takes no room in the file.
const FREE: i32 = !-1;

static WATCHING: AtomicBool = AtomicBool::new(false);
static GENERATION: AtomicU32 = AtomicU32::new(0);
static SOCKETS: [AtomicI32; PLACES] = [const { AtomicI32::new(FREE) }; PLACES];
/// No place at or after this one was ever used.
static USED: AtomicUsize = AtomicUsize::new(0);

/// The number of forks between this process and the one that loaded the library.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Counts forks from now on.
pub(crate) fn watch() {
    // Not a `Once`: a fork while it runs would leave it running for ever in the child.
    if !WATCHING.swap(true, Ordering::SeqCst) {
        // SAFETY: the handler is a plain function of this library that does nothing but atomic operations and close(2),
        // both allowed in the child of a process with threads. It stays valid: a library with such a handler is not
        // unmapped before glibc has removed it.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    }
}

/// A place in the list of sockets that a child closes.
#[derive(Debug)]
pub(crate) struct Place(Option<usize>);

impl Place {
    /// Lists `fd`. To be called right after it was opened.
    pub fn take(fd: RawFd) -> Place {
        watch();
        let free = |place: &AtomicI32| place.compare_exchange(FREE, !fd, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        let index = SOCKETS.iter().position(free);
        if let Some(index) = index {
            USED.fetch_max(index + 1, Ordering::SeqCst);
        }
        Place(index)
    }

    /// Takes the socket off the list. To be called right before it is closed: in the other order a fork in between could
    /// close another file that has got the number since.
    pub fn give_back(&mut self) {
        if let Some(index) = self.0.take() {
            SOCKETS[index].store(FREE, Ordering::SeqCst);
        }
    }
}

/// A value that belongs to one process. A forked child makes its own: another thread may have held a lock of the parent's at
/// the moment of the fork. Behind a value stands the one that a child has made.
///
/// Not an `ArcSwap`, which asks all threads that there are when it is dropped; and a [`Cancel`](crate::Cancel) with its value
/// lives no longer than a call.
pub(crate) struct PerProcess<T> {
    generation: u32,
    /// None while it is dropped.
    value: Option<T>,
    child: OnceBox<PerProcess<T>>,
}

impl<T: Default> Default for PerProcess<T> {
    fn default() -> Self {
        PerProcess::new(T::default())
    }
}

impl<T> PerProcess<T> {
    pub fn new(value: T) -> Self {
        watch();
        PerProcess { generation: generation(), value: Some(value), child: OnceBox::new() }
    }

    /// This process's value; in a child that has none yet, the one that `make` gives. Where two threads are at it, one's is
    /// used, and the other's dropped.
    pub fn get(&self, make: impl Fn() -> T) -> &T {
        let mut own = self;
        loop {
            match &own.value {
                Some(value) if own.generation == generation() => return value,
                _ => own = own.child.get_or_init(|| Box::new(PerProcess::new(make()))),
            }
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        // The parent's may be half changed.
        if self.generation != generation() {
            std::mem::forget(self.value.take());
        }
    }
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::SeqCst);
    for place in &SOCKETS[..USED.load(Ordering::SeqCst)] {
        let fd: RawFd = !place.swap(FREE, Ordering::SeqCst);
        if fd != !FREE {
            // Not close(3), where a thread may be cancelled, which no frame of Rust survives: fork(3) is no such place.
            //
            // SAFETY: the descriptor is this process's copy of a socket that `SharedSocket` owns; `SharedSocket` forgets descriptors of an
            // earlier generation, so it is closed once.
            unsafe { libc::syscall(libc::SYS_close, fd) };
        }
    }
}
