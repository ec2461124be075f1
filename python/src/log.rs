//! Log lines for the logger `ants_otp`. A call collects its lines without the GIL; `ants_otp._log` writes them afterwards.

use ants_otp::{Call, LogLevel};
use pyo3::prelude::*;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

pub const WARNING: i32 = 30;
const INFO: i32 = 20;
const DEBUG: i32 = 10;

/// A line and its level, as `logging` numbers them.
pub type Line = (i32, String);

/// The lines of one call.
#[derive(Clone)]
pub struct LogLines {
    /// What the logger lets through.
    least: LogLevel,
    lines: Arc<Mutex<Vec<Line>>>,
}

impl LogLines {
    /// Lines of `least` and more, as `logging` numbers levels; none for 0.
    pub fn from(least: i32) -> Option<Self> {
        let least = match least {
            0 => return None,
            DEBUG => LogLevel::Debug,
            _ => LogLevel::Info,
        };
        Some(LogLines { least, lines: Arc::default() })
    }

    /// Lets `call` add its lines.
    pub fn of(&self, call: Call) -> Call {
        let into = self.clone();
        // A failed call is an exception, and no warning beside it.
        let number = |level| if level == LogLevel::Debug { DEBUG } else { INFO };
        call.log(self.least, move |level, line| into.add(number(level), line.to_owned()))
    }

    /// A call that never came to be made: the core has no line about it.
    pub fn add_unmade(&self, operation: &str, error: &ants_otp::Error) {
        let (code, delivery) = (error.code(), error.delivery());
        self.add(INFO, format!("{operation}: {} {}, {}, not begun", code.number(), code.name(), delivery.name()));
    }

    pub fn take(&self) -> Vec<Line> {
        mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, level: i32, line: String) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push((level, line));
    }
}

/// Writes lines that no Python code is left to write.
pub fn write(py: Python<'_>, lines: Vec<Line>) {
    if lines.is_empty() {
        return;
    }
    let write = py.import("ants_otp._log").and_then(|log| log.getattr("write"));
    if let Err(error) = write.and_then(|write| write.call1((lines,))) {
        error.write_unraisable(py, None);
    }
}
