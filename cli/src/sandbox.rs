//! `sandbox`: the OTP service in a box, until it is stopped, or until a command that is run against it has ended.

mod command;

use crate::arguments::SandboxOptions;
use crate::report::{self, Failure, Report};
use ants_otp::Code;
use ants_otp_sandbox::Sandbox;
use serde_json::json;
use std::time::Duration;

const PARENT_CHECK: Duration = Duration::from_millis(100);

/// Prints the one line that a program needs to use it, then serves; comes back only where it cannot start. With a command,
/// serves until that has ended.
pub fn serve(options: &SandboxOptions) -> Result<Report, Failure> {
    if options.exit_with_parent {
        end_with_parent();
    }
    let refused = |why: String| Failure::refused(Code::InvalidArgument, why);
    let mut builder = Sandbox::builder().port(options.port).dialect(options.dialect);
    if let Some(path) = &options.database {
        builder = builder.database(path);
    }
    if let Some(delay) = options.report_delay {
        builder = builder.report_delay(delay);
    }
    if options.reports_to_any_host {
        builder = builder.reports_to_any_host();
    }
    let sandbox = builder
        .start()
        .map_err(|error| refused(format!("the sandbox cannot start on port {}: {error}", options.port)))?;
    if let Some((program, arguments)) = options.command.split_first() {
        return command::run(program, arguments, &sandbox);
    }
    let line = json!({
        "url": sandbox.url(),
        "username": sandbox.username(),
        "password": sandbox.password(),
        "otc_id": sandbox.otc_id(),
    });
    report::write_line(&line.to_string())
        .map_err(|error| refused(format!("the sandbox cannot say where it listens: {error}")))?;
    sandbox.wait();
    Ok(Report::new(String::new(), json!({})))
}

/// Ends this process soon after its parent. Looks for another parent from time to time: the kernel's death signal would
/// come as soon as the *thread* that started this process ends, and nobody has to clean up after a look.
fn end_with_parent() {
    let parent = rustix::process::getppid();
    std::thread::spawn(move || {
        while rustix::process::getppid() == parent {
            std::thread::sleep(PARENT_CHECK);
        }
        std::process::exit(0);
    });
}
