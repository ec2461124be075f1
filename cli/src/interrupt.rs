//! Ctrl-C and SIGTERM while calls are under way: what runs is asked to end, so that its outcome is told. A second one ends the
//! program.

use crate::report::Failure;
use ants_otp::Code;
use tokio::signal::unix::{SignalKind, signal};

/// The exit status of a program that a signal ended is 128 and the signal's number.
const BY_SIGNAL: i32 = 128;

/// Calls `stop` at the first signal.
pub fn on_signal(stop: impl Fn() + Send + 'static) -> Result<(), Failure> {
    let refused = |error: std::io::Error| {
        Failure::refused(Code::InvalidArgument, format!("Ctrl-C cannot be waited for: {error}"))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(refused)?;
    let (mut interrupt, mut terminate) = {
        let _context = runtime.enter();
        (signal(SignalKind::interrupt()).map_err(refused)?, signal(SignalKind::terminate()).map_err(refused)?)
    };
    let wait = move || {
        runtime.block_on(async {
            let mut next = async || {
                tokio::select! {
                    _ = interrupt.recv() => SignalKind::interrupt(),
                    _ = terminate.recv() => SignalKind::terminate(),
                }
            };
            next().await;
            stop();
            std::process::exit(BY_SIGNAL + next().await.as_raw_value());
        });
    };
    std::thread::Builder::new().spawn(wait).map(drop).map_err(refused)
}
