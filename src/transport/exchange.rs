//! What bounds one call (its deadline, a cancel, an interrupt hook) and what is said when it fails.

use crate::call::Interrupt;
use crate::{Cancel, Code, Delivery};
use std::time::{Duration, Instant};

/// No wait is longer than this before cancel and interrupt are asked again.
pub(crate) const SLICE: Duration = Duration::from_millis(200);

/// The bounds of one call.
pub(crate) struct Exchange<'a> {
    pub deadline: Instant,
    pub cancel: Option<&'a Cancel>,
    pub interrupt: Option<&'a Interrupt>,
}

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub code: Code,
    pub delivery: Delivery,
    pub message: String,
    /// Another attempt may end otherwise: not so for certificates, options or a cancel.
    pub may_repeat: bool,
}

impl Exchange<'_> {
    /// The time left, zero when it is over.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Waits, unless the caller stops it.
    pub fn pause(&self, time: Duration) -> Result<(), Failure> {
        let end = Instant::now() + time;
        loop {
            self.check_stopped()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(SLICE));
        }
    }

    /// The caller's wish to stop, as a failure of a call that has not been sent.
    pub fn check_stopped(&self) -> Result<(), Failure> {
        if self.cancel.is_some_and(Cancel::is_fired) || self.interrupt.is_some_and(|asked| asked()) {
            return Err(Failure {
                code: Code::Interrupted,
                delivery: Delivery::NotSent,
                message: "The call was stopped by its caller".to_owned(),
                may_repeat: false,
            });
        }
        Ok(())
    }
}
