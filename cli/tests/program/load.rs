//! `load`: on a sandbox by itself, on another server of this machine, and on no other machine.

use crate::{program, program_at, program_for, run};
use ants_otp_sandbox::{Codes, Sandbox};
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

const SHORT: [&str; 6] = ["load", "--seconds", "0.4", "--threads", "3", "--quiet"];

#[test]
fn without_a_service_one_is_started() {
    let report = run(program().arg("--json").args(SHORT)).json();
    assert!(report["calls"].as_u64().unwrap() > 10);
    assert_eq!(report["codes"]["0"], report["calls"]);
    assert_eq!(report["deliveries"]["ANSWERED"], report["calls"]);
}

#[test]
fn a_server_of_this_machine_is_loaded_and_written_about() {
    let sandbox = Sandbox::builder().codes(Codes::fixed("24680")).start().unwrap();
    let prefix = std::env::temp_dir().join(format!("ants-otp-load-{}-0.4", std::process::id()));
    let run = run(program_for(&sandbox).args(SHORT).args(["--code", "24680", "--output"]).arg(&prefix));
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.out.contains("calls in"));
    let written = |extension| {
        let path = format!("{}.{extension}", prefix.display());
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        text
    };
    let report: serde_json::Value = serde_json::from_str(&written("json")).unwrap();
    assert_eq!(report["threads"], 3);
    assert!(written("svg").starts_with("<svg"));
}

#[test]
fn another_machine_must_be_meant_twice() {
    for meant in [&[][..], &["--other-host"]] {
        let run = run(program_at("https://otp.example").args(SHORT).args(meant));
        assert_eq!(run.status, 2);
        assert!(run.err.contains("--other-host twice"), "{}", run.err);
    }
    let secret = run(program_at("https://user:hunter3@otp.example").args(SHORT));
    assert!(secret.status == 2 && !secret.err.contains("hunter3"), "{}", secret.err);
    for other in ["http://localhost.example.com", "http://127.0.0.1.example.com", "http://0.0.0.0:1", "http://[::2]"] {
        let run = run(program_at(other).args(SHORT));
        assert!(run.status == 2 && run.err.contains("--other-host twice"), "{other}: {}", run.err);
    }
    for none in
        ["http://localhost@example.com", "http://example.com#localhost", "http://[::1]evil.com", "http://[::1]:0"]
    {
        let run = run(program_at(none).args(SHORT));
        assert!(run.status == 2 && run.err.contains("base_url"), "{none}: {}", run.err);
    }
    for (proxy, url) in
        [("http://127.0.0.1:9", "http://127.0.0.1:1"), ("http://proxy.example:3128", "https://localhost:1")]
    {
        let run = run(program_at(url).args(SHORT).args(["--proxy", proxy]));
        assert!(run.status == 2 && run.err.contains("--other-host twice"), "{proxy}: {}", run.err);
    }
}

#[test]
fn the_environment_s_proxies_are_not_on_the_way_to_this_machine() {
    for name in ["ANTS_OTP_PROXY", "HTTPS_PROXY"] {
        let mut load = program_at("http://127.0.0.1:1");
        load.env(name, "http://proxy.example:3128").args(["--json", "--proxy-from-env"]).args(SHORT);
        let report = run(&mut load).json();
        let calls = report["calls"].as_u64().unwrap_or_default();
        assert!(calls > 0 && report["codes"]["-11"] == calls, "{name}: {report}");
    }
}

#[test]
fn what_is_not_answered_is_counted() {
    let report = run(program_at("http://127.0.0.1:1").arg("--json").args(SHORT)).json();
    assert_eq!(report["codes"]["-11"], report["calls"]);
    assert_eq!(report["deliveries"]["NOT_SENT"], report["calls"]);
}

#[test]
fn ctrl_c_ends_it_early_with_its_report() {
    let mut load = program();
    load.args(["--json", "load", "--seconds", "3600", "--threads", "2"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = load.spawn().unwrap();
    let mut progress = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut progress).unwrap();
    assert!(progress.contains("calls/s"), "{progress}");
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).unwrap();
    let mut report = String::new();
    child.stdout.take().unwrap().read_to_string(&mut report).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert!(report["calls"].as_u64().unwrap() > 0 && report["seconds"].as_f64().unwrap() < 3600.0);
}

#[test]
fn it_ends_in_time_whatever_becomes_of_its_output() {
    for closed in [true, false] {
        let sandbox = Sandbox::builder().start().unwrap();
        let mut load = program_for(&sandbox);
        load.args(["load", "--seconds", "1.2", "--threads", "1", "--pause-ms", "50"]);
        if closed {
            load.stdout(Stdio::piped()).stderr(Stdio::piped());
        } else {
            let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
            load.stdout(full()).stderr(full());
        }
        let mut child = load.spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        let begun = Instant::now();
        let status = child.wait().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "closed: {closed}");
        assert_eq!(status.code(), Some(5), "closed: {closed}");
        let sent = sandbox.messages().len();
        assert!((1..=30).contains(&sent), "closed: {closed}: {sent} SMS");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_the_load() {
    let sandbox = Sandbox::builder().start().unwrap();
    let run = run(program_for(&sandbox).args(SHORT).args(["--output", "/nonexistent/folder/load"]));
    assert!(run.status == 2 && run.err.contains("/nonexistent/folder/load.json"), "{run:?}");
    assert_eq!(sandbox.messages().len(), 0);
}

#[test]
fn another_machine_that_is_meant_twice_is_loaded() {
    let sandbox = Sandbox::builder().codes(Codes::fixed("24680")).start().unwrap();
    // No loopback address, although it leads to this machine.
    let url = sandbox.url().replace("127.0.0.1", "0.0.0.0");
    let mut load = program_for(&sandbox);
    load.args(["--json", "--allow-plain-http", "--base-url", &url]).args(SHORT);
    load.args(["--code", "24680", "--other-host", "--other-host"]);
    let unnamed = run(&mut load);
    assert!(
        unnamed.status == 2 && unnamed.out.contains("--mobile"),
        "made up numbers are nobody's to load: {unnamed:?}"
    );
    let report = run(load.args(["--mobile", "66812345678"])).json();
    assert_eq!(report["codes"]["0"], report["calls"]);
}

#[test]
fn one_otp_is_verified_again_and_again_with_pauses() {
    let sandbox = Sandbox::builder().codes(Codes::fixed("24680")).start().unwrap();
    let mut load = program_for(&sandbox);
    load.args(["--json", "load", "--seconds", "0.4", "--threads", "2", "--quiet", "--pause-ms", "100"]);
    let report = run(load.args(["--otp-id", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"])).json();
    assert_eq!(report["codes"]["303"], report["calls"], "nobody has asked for this OTP");
    assert!((2..=10).contains(&report["calls"].as_u64().unwrap()), "{report}");
}

#[test]
fn a_time_that_cannot_be_is_refused() {
    for seconds in ["0", "NaN", "1e9"] {
        let run = run(program().args(["load", "--seconds", seconds]));
        assert_eq!(run.status, 2);
        assert!(run.err.contains("0.1 to 3600"), "{}", run.err);
    }
}
