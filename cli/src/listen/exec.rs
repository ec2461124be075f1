//! `listen --exec`: a command of the user's is run for each report.

use crate::listen::forward::shown;
use crate::listen::queue::Queue;
use crate::output;
use ants_otp::DeliveryReport;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};

const AT_ONCE: usize = 4;

/// A report with what the command reads of it.
pub struct Told {
    pub report: DeliveryReport,
    pub json: String,
}

/// Runs the command for each report that is pushed, a few at once, and tells how each ended.
pub fn queue(command: String) -> std::io::Result<Queue<Told>> {
    Queue::start(AT_ONCE, move |told: Told| {
        let ended = match run(&command, &told) {
            Ok(status) => ended(status),
            Err(error) => format!("cannot be run: {error}"),
        };
        output::complain(&format!("exec, {} to {}: {ended}", told.report.status_name(), told.report.to()));
    })
}

/// The report comes on standard input and is no part of the command's text: nothing that was received is run. Standard
/// output is for reports alone, so the command's goes to standard error.
fn run(command: &str, told: &Told) -> std::io::Result<ExitStatus> {
    let report = &told.report;
    let mut child = Command::new("sh")
        .args(["-c", command])
        .env("ANTS_OTP_REPORT_STATUS", shown(report.status_name()))
        .env("ANTS_OTP_REPORT_TO", shown(report.to()))
        .env("ANTS_OTP_REPORT_MESSAGE_ID", shown(report.message_id()))
        .env("ANTS_OTP_REPORT_CALLBACK_DATA", shown(report.callback_data()))
        .stdin(Stdio::piped())
        .stdout(std::io::stderr().as_fd().try_clone_to_owned()?)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command need not read it.
        let _ = stdin.write_all(told.json.as_bytes()).and_then(|()| stdin.write_all(b"\n"));
    }
    child.wait()
}

fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}
