//! The program as a user runs it: what it prints, and the status it ends with.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod attempt;
mod calls;
mod capture;
mod credentials;
mod doctor;
mod env_file;
mod explain;
mod listen;
mod load;
#[path = "../../../tests/support/namespace.rs"]
mod namespace;
mod pages;
mod privileged;
mod sandbox;
mod schema;
mod usage;

use ants_otp_sandbox::Sandbox;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

pub(crate) const MOBILE: &str = "66812345678";

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// The one object on standard output, and nothing beside it.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "one line: {self:?}");
        let object: Value = serde_json::from_str(&self.out).unwrap();
        assert!(object.is_object());
        object
    }
}

/// Where the program lies: the one that cargo has just built, or the one that is named (`make test-program`: the released one).
pub(crate) fn program_path() -> OsString {
    std::env::var_os("ANTS_OTP_TESTED_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_ants-otp").into())
}

/// The program, with nothing of this process's settings and nobody at the terminal.
pub(crate) fn program() -> Command {
    let mut command = Command::new(program_path());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ANTS_OTP_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Ends a process that hangs, so that what waits for it fails. As long as this lives.
pub(crate) struct Watchdog(#[allow(dead_code)] Sender<()>); // what is dropped is what tells

impl Watchdog {
    pub(crate) fn over(child: &Child) -> Watchdog {
        let (alive, dropped) = channel();
        let pid = Pid::from_child(child);
        std::thread::spawn(move || {
            if dropped.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
                let _ = kill_process(pid, Signal::KILL);
            }
        });
        Watchdog(alive)
    }
}

/// The program with the sandbox's account in its environment.
pub(crate) fn program_for(sandbox: &Sandbox) -> Command {
    let mut command = program();
    command
        .env("ANTS_OTP_BASE_URL", sandbox.url())
        .env("ANTS_OTP_USERNAME", sandbox.username())
        .env("ANTS_OTP_PASSWORD", sandbox.password())
        .env("ANTS_OTP_OTC_ID", sandbox.otc_id());
    command
}

/// The program with an account for a service at `url`.
pub(crate) fn program_at(url: &str) -> Command {
    let mut command = program();
    command
        .env("ANTS_OTP_BASE_URL", url)
        .env("ANTS_OTP_USERNAME", "user")
        .env("ANTS_OTP_PASSWORD", "hunter2")
        .env("ANTS_OTP_OTC_ID", "OTC");
    command
}

pub(crate) fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The same, with `typed` on standard input.
pub(crate) fn run_typing(command: &mut Command, typed: &[u8]) -> Run {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
