//! Log lines for whoever asked for them: one a call, and what the connection did. None holds a secret or a body.

use std::fmt;
use std::sync::Arc;

/// How much a log line matters; the numbers cross every border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum LogLevel {
    /// A call that ended without an answer; certificates that were left out when the client was made.
    Warning = 2,
    /// A call that was answered.
    Info = 3,
    /// What happened on the way: an attempt that is tried again, the connection that an answer came on.
    Debug = 4,
}

impl LogLevel {
    /// The number that crosses every border.
    pub const fn number(self) -> i32 {
        self as i32
    }
}

type Write = dyn Fn(LogLevel, &str) + Send + Sync;

/// Where log lines go; nowhere by default, and then nothing is formatted.
#[derive(Clone, Default)]
pub(crate) struct Log(Option<(LogLevel, Arc<Write>)>);

impl Log {
    /// Lines that matter as much as `least`, or more, are written.
    pub fn new(least: LogLevel, write: impl Fn(LogLevel, &str) + Send + Sync + 'static) -> Self {
        Log(Some((least, Arc::new(write))))
    }

    pub fn line(&self, level: LogLevel, line: impl FnOnce() -> String) {
        if let Some((least, write)) = &self.0
            && level <= *least
        {
            write(level, &line());
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Log(set)" } else { "Log(none)" })
    }
}
