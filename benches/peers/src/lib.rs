//! The measured loop for clients in Rust, with the command line and the report of `clients/harness.h`; one thread.

use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

pub const USER: &str = "demo";
pub const PASSWORD: &str = "demo-password";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Question<'a> {
    pub otp_id: &'a str,
    pub otp_code: &'a str,
}

pub const QUESTION: Question = Question { otp_id: "0b2f3c5e-8a4d-4f6b-9c1e-2d7a5b8f0e36", otp_code: "79895" };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer<'a> {
    pub otp_id: &'a str,
    pub result: bool,
    pub is_error_count: bool,
    pub is_expr_code: bool,
}

impl Answer<'_> {
    pub fn is_verified(&self) -> bool {
        self.otp_id == QUESTION.otp_id && self.result && !self.is_error_count && !self.is_expr_code
    }
}

/// `Authorization`'s value.
pub fn authorization() -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}")))
}

/// Measures the call that `open` makes for a URL and a CA file.
pub fn measure<C: FnMut()>(open: impl FnOnce(&str, Option<&str>) -> C) {
    // The client's own options are for itself to see.
    let arguments: Vec<String> = std::env::args().filter(|argument| argument != "--each").collect();
    let (url, calls) = (&arguments[1], arguments[2].parse::<u32>().expect("a number of calls"));
    let ca = arguments.iter().position(|argument| argument == "--ca").map(|at| arguments[at + 1].as_str());
    let mut call = open(url, ca);
    if calls > 1 {
        call();
    }
    let measured = if calls > 1 { calls - 1 } else { calls };
    let (begun, before) = (Instant::now(), cpu());
    for _ in 0..measured {
        call();
    }
    let (wall, after) = (begun.elapsed().as_micros(), cpu());
    println!(
        r#"{{"calls": {measured}, "wall_us": {wall}, "cpu_us": {}, "peak_kb": {}}}"#,
        (after - before).as_micros(),
        peak_kb()
    );
}

/// What the process has used so far.
fn cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is written and outlives the call.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
