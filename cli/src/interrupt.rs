//! The signals that ask a program to end: what runs is asked to, so that its outcome is told.

use crate::output::Failure;
use ants_otp::Code;
pub use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// The exit status of a program that a signal ended is 128 and the signal's number.
pub const BY_SIGNAL: i32 = 128;

/// Calls `stop` at the first SIGINT or SIGTERM. A second one ends the program.
pub fn on_signal(stop: impl Fn() + Send + 'static) -> Result<(), Failure> {
    let mut asked = false;
    watch(&[Signal::INT, Signal::TERM], move |signal| {
        if std::mem::replace(&mut asked, true) {
            std::process::exit(BY_SIGNAL + signal.as_raw());
        }
        stop();
    })
}

/// Calls `pass_on` with each signal that asks a program to end, or to look at its settings again.
pub fn on_each_signal(pass_on: impl Fn(Signal) + Send + 'static) -> Result<(), Failure> {
    watch(&[Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT], pass_on)
}

fn watch(signals: &[Signal], mut act: impl FnMut(Signal) + Send + 'static) -> Result<(), Failure> {
    let refused = |error: std::io::Error| {
        Failure::refused(Code::InvalidArgument, format!("no signal can be waited for: {error}"))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(refused)?;
    let mut streams = {
        let _context = runtime.enter();
        let stream = |number: &Signal| Ok((*number, signal(SignalKind::from_raw(number.as_raw()))?));
        signals.iter().map(stream).collect::<std::io::Result<Vec<_>>>().map_err(refused)?
    };
    let wait = move || loop {
        let next = std::future::poll_fn(|context| {
            for (number, stream) in &mut streams {
                if stream.poll_recv(context).is_ready() {
                    return std::task::Poll::Ready(*number);
                }
            }
            std::task::Poll::Pending
        });
        act(runtime.block_on(next));
    };
    std::thread::Builder::new().spawn(wait).map(drop).map_err(refused)
}
