//! A command that is run against a sandbox: `ants-otp sandbox -- pytest`.

use crate::interrupt::{self, Signal};
use crate::output::{self, Failure, Output};
use rustix::process::{Pid, kill_process};
use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, IsTerminal as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};

/// As a shell says it.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;

/// Runs the command to its end, and ends as it did.
pub fn run(program: &OsStr, arguments: &[OsString], environment: &[(&str, &str)]) -> Result<Output, Failure> {
    // None once it has ended: its number may then be another process's.
    let running = Arc::new(Mutex::new(None));
    let passed_on = Arc::clone(&running);
    interrupt::on_each_signal(move |signal| pass_on(signal, *lock(&passed_on)))?;
    // Held meanwhile: a signal that comes now waits for the command.
    let mut starting = lock(&running);
    let mut child = match command(program, arguments, environment).spawn() {
        Ok(child) => child,
        Err(error) => {
            output::complain(&format!("{} cannot be run: {error}", program.display()));
            let status = if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN };
            return Ok(Output::nothing().with_status(status));
        }
    };
    *starting = Some(Pid::from_child(&child));
    drop(starting);
    let ended = child.wait();
    *lock(&running) = None;
    match ended {
        Ok(status) => Ok(Output::nothing().with_status(exit_status(status))),
        Err(error) => {
            output::complain(&format!("{} cannot be waited for: {error}", program.display()));
            Ok(Output::nothing().with_status(NOT_RUN))
        }
    }
}

fn command(program: &OsStr, arguments: &[OsString], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    // A proxy, a token or another service of the caller's has no place here.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"ANTS_OTP_")) {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment.iter().copied());
    command
}

/// A terminal sends SIGINT and SIGQUIT to the command itself.
fn pass_on(signal: Signal, command: Option<Pid>) {
    let sent_already = matches!(signal, Signal::INT | Signal::QUIT) && std::io::stdin().is_terminal();
    if let (Some(pid), false) = (command, sent_already) {
        // It may have ended in this moment.
        let _ = kill_process(pid, signal);
    }
}

fn exit_status(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| interrupt::BY_SIGNAL + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(NOT_RUN)
}

fn lock(running: &Mutex<Option<Pid>>) -> std::sync::MutexGuard<'_, Option<Pid>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
