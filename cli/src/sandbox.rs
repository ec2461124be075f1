//! `sandbox`: the OTP service in a box, until it is stopped.

use crate::report::{self, Failure, Report};
use ants_otp::Code;
use ants_otp_sandbox::Sandbox;
use serde_json::json;
use std::time::Duration;

const PARENT_CHECK: Duration = Duration::from_millis(100);

/// Prints the one line that a program needs to use it, then serves. Comes back only where it cannot start.
pub fn serve(port: u16, exit_with_parent: bool) -> Result<Report, Failure> {
    if exit_with_parent {
        end_with_parent();
    }
    let refused = |why: String| Failure::refused(Code::InvalidArgument, why);
    let sandbox = Sandbox::builder()
        .port(port)
        .start()
        .map_err(|error| refused(format!("the sandbox cannot listen on port {port}: {error}")))?;
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
