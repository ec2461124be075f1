//! The signal mask of a thread that is about to start.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

/// Runs `start` with the signals blocked that can be: what it starts inherits the mask.
pub(crate) fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    // These tell of a fault of the thread itself, or sample it.
    let kept = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGABRT, libc::SIGPROF];
    let mut blocked = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the sets are filled before they are read, and belong to this function.
    unsafe {
        libc::sigfillset(blocked.as_mut_ptr());
        for signal in kept {
            libc::sigdelset(blocked.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, blocked.as_ptr(), before.as_mut_ptr());
    }
    let result = start();
    // SAFETY: `before` was filled above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    result
}

/// Whether the calling thread was started by [`without_signals`].
#[cfg(test)]
pub(crate) fn are_blocked() -> bool {
    let mut mask = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the call fills the set, which belongs to this function.
    unsafe {
        libc::pthread_sigmask(libc::SIG_SETMASK, std::ptr::null(), mask.as_mut_ptr());
        libc::sigismember(mask.as_ptr(), libc::SIGUSR1) == 1 && libc::sigismember(mask.as_ptr(), libc::SIGSEGV) == 0
    }
}
