//! Log lines for the logger `ants_otp`. A call collects its lines without the GIL; they are handed to `logging` afterwards.
//!
//! A program that has not imported `logging` listens to nobody, so this never imports it.

use ants_otp::{Call, LogLevel};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::sync::{Arc, Mutex, PoisonError};

const INFO: i32 = 20;
const DEBUG: i32 = 10;

/// The lines of one call.
#[pyclass(frozen, module = "ants_otp._native")]
#[derive(Clone)]
pub struct LogLines {
    /// What the logger lets through.
    least: LogLevel,
    lines: Arc<Mutex<Vec<(i32, String)>>>,
}

#[pymethods]
impl LogLines {
    /// Hands the lines to the logger. Whatever a filter or handler raises must not stand for the call's outcome.
    pub fn write(&self, py: Python<'_>) {
        let lines = std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner));
        for (level, line) in lines {
            let written = Logger::get(py).and_then(|logger| match logger {
                Some(logger) => logger.log.call1(py, (level, "%s", line)).map(drop),
                None => Ok(()),
            });
            if let Err(error) = written {
                error.write_unraisable(py, None);
            }
        }
    }
}

impl LogLines {
    pub fn add(&self, level: i32, line: String) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push((level, line));
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
}

/// Where a call's lines are to be collected; None where the logger's level lets none through.
pub fn listen(py: Python<'_>) -> PyResult<Option<LogLines>> {
    let Some(logger) = Logger::get(py)? else { return Ok(None) };
    let least = match logger.lets_through(py, &logger.info)? {
        false => return Ok(None),
        true if logger.lets_through(py, &logger.debug)? => LogLevel::Debug,
        true => LogLevel::Info,
    };
    Ok(Some(LogLines { least, lines: Arc::default() }))
}

/// The logger `ants_otp`, and the question that each call asks it, ready to be asked.
struct Logger {
    log: Py<PyAny>,
    is_enabled_for: Py<PyAny>,
    info: Py<PyTuple>,
    debug: Py<PyTuple>,
}

impl Logger {
    /// None where the program does not use `logging`.
    fn get(py: Python<'_>) -> PyResult<Option<&Logger>> {
        static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
        static LOGGER: PyOnceLock<Logger> = PyOnceLock::new();
        if let Some(logger) = LOGGER.get(py) {
            return Ok(Some(logger));
        }
        let modules = MODULES.get_or_try_init(py, || {
            PyResult::Ok(py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?.unbind())
        })?;
        // A module that is being imported by another thread may not have it yet.
        let Some(logging) = modules.bind(py).get_item(intern!(py, "logging"))? else { return Ok(None) };
        let Ok(get_logger) = logging.getattr(intern!(py, "getLogger")) else { return Ok(None) };
        LOGGER.get_or_try_init(py, || Logger::new(&get_logger.call1(("ants_otp",))?)).map(Some)
    }

    fn new(logger: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = logger.py();
        Ok(Logger {
            log: logger.getattr("log")?.unbind(),
            is_enabled_for: logger.getattr("isEnabledFor")?.unbind(),
            info: PyTuple::new(py, [INFO])?.unbind(),
            debug: PyTuple::new(py, [DEBUG])?.unbind(),
        })
    }

    fn lets_through(&self, py: Python<'_>, level: &Py<PyTuple>) -> PyResult<bool> {
        self.is_enabled_for.bind(py).call1(level.bind(py))?.is_truthy()
    }
}
