//! `try`: from the SMS to the verdict, with lines on standard input and at a terminal.

use crate::{MOBILE, Run, Watchdog, program_at, program_for, run_typing};
use ants_otp_sandbox::{Codes, Sandbox};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};

const CODE: &str = "24680";

fn sandbox() -> Sandbox {
    Sandbox::builder().codes(Codes::fixed(CODE)).start().unwrap()
}

fn tried(sandbox: &Sandbox, options: &[&str], typed: &str) -> Run {
    run_typing(program_for(sandbox).args(["try", "081-234-5678"]).args(options), typed.as_bytes())
}

#[test]
fn a_wrong_code_can_be_corrected_and_the_right_one_verifies() {
    let sandbox = sandbox();
    let text = tried(&sandbox, &[], &format!("00000\n {CODE}\r\nmore\n"));
    assert_eq!((text.status, text.out.as_str()), (0, "Verified.\n"), "{text:?}");
    let message = &sandbox.messages()[0];
    assert_eq!(message.mobile, MOBILE);
    assert!(text.err.starts_with(&format!("SMS sent, reference {}.\n", message.reference_code)), "{}", text.err);
    assert!(text.err.contains("The OTP code is not correct."), "{}", text.err);
    assert!(!text.err.contains("OTP code: "), "nobody is at a terminal: {}", text.err);
    let told = tried(&sandbox, &["--json"], &format!("{CODE}\n")).json();
    let message = &sandbox.messages()[1];
    assert_eq!(
        told,
        json!({
            "command": "try", "ok": true, "code": 0, "name": "OK", "delivery": "ANSWERED", "status": "verified",
            "result": true, "is_error_count": false, "is_expr_code": false, "otp_id": message.otp_id,
            "otc_id": sandbox.otc_id(), "reference_code": message.reference_code, "sms_sent": 1, "codes_tried": 1,
        })
    );
}

#[test]
fn what_a_page_would_say_is_said_in_the_language_that_was_asked_for() {
    let run = tried(&sandbox(), &["--language", "th"], &format!("00000\n{CODE}\n"));
    assert!(run.err.contains("รหัส OTP ไม่ถูกต้อง กรุณาตรวจสอบ"), "{}", run.err);
}

#[test]
fn an_empty_line_sends_another_sms_once_the_pause_is_over() {
    let waiting = sandbox();
    let early = tried(&waiting, &[], &format!("\n \t\n{CODE}\n"));
    assert_eq!((early.status, waiting.messages().len()), (0, 1), "{early:?}");
    assert_eq!(early.err.matches("Another one can be sent in 30 s.").count(), 2, "{}", early.err);
    let resent = sandbox();
    let told = tried(&resent, &["--pause", "0", "--json"], &format!("\n{CODE}\n")).json();
    let messages = resent.messages();
    assert_eq!((messages.len(), &told["sms_sent"], &told["ok"]), (2, &json!(2), &json!(true)));
    assert_eq!(told["otp_id"], messages[1].otp_id, "it goes on with the new one");
}

#[test]
fn it_ends_when_the_otp_is_dead() {
    let sandbox = sandbox();
    let run = tried(&sandbox, &["--json"], &"00000\n".repeat(20));
    let told = run.json();
    assert_eq!((run.status, &told["code"], &told["status"]), (1, &json!(304), &json!("over_limit")), "{told}");
    assert!(told["codes_tried"].as_u64().unwrap() < 20, "{told}");
    let text = tried(&sandbox, &[], &"00000\n".repeat(20));
    assert!(
        text.status == 1 && text.out.contains("over_limit: ") && text.err.contains("Too many attempts."),
        "{text:?}"
    );
}

#[test]
fn who_gives_up_is_not_verified_and_learns_the_otp_id() {
    let sandbox = sandbox();
    let none = tried(&sandbox, &["--json"], "");
    let told = none.json();
    assert_eq!((none.status, &told["code"], &told["delivery"]), (1, &json!(-22), &json!("ANSWERED")), "{told}");
    assert_eq!(told["otp_id"], sandbox.messages()[0].otp_id);
    let wrong = tried(&sandbox, &["--json"], "00000\n").json();
    assert_eq!((&wrong["code"], &wrong["status"]), (&json!(1), &json!("wrong_code")));
    let text = tried(&sandbox, &[], "");
    assert!(text.status == 1 && text.err.contains(&sandbox.messages()[2].otp_id), "{text:?}");
}

#[test]
fn what_cannot_be_a_code_is_told_and_not_sent() {
    let sandbox = sandbox();
    let typed = [b"\xff\xfe\n1\x002\n".as_slice(), &[b'1'; 5000], b"\n", CODE.as_bytes(), b"\n"].concat();
    let run = run_typing(program_for(&sandbox).args(["try", MOBILE, "--json"]), &typed);
    assert_eq!((run.status, &run.json()["codes_tried"]), (0, &json!(1)), "{run:?}");
}

#[test]
fn a_request_that_is_refused_ends_it_as_request_would() {
    let sandbox = sandbox();
    let run = run_typing(program_for(&sandbox).args(["try", "66800000429", "--json"]), b"");
    assert_eq!((run.status, &run.json()["code"]), (1, &json!(429)));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = run_typing(program_at(&format!("http://{closed}")).args(["try", MOBILE, "--max-retries", "0"]), b"");
    assert_eq!(run.status, 3);
    assert!(!run.err.contains("real SMS"), "a service of this machine sends none: {}", run.err);
}

#[test]
fn a_real_sms_is_announced_before_it_is_sent() {
    let run = run_typing(program_at("https://nowhere.invalid").args(["try", MOBILE]), b"");
    let first = run.err.lines().next().unwrap();
    assert_eq!(
        first,
        format!("This sends a real SMS to {MOBILE} through https://nowhere.invalid, at the account's cost.")
    );
    assert_eq!(run.status, 3);
}

#[test]
fn ctrl_c_at_the_prompt_and_during_a_call_tells_the_delivery() {
    let sandbox = sandbox();
    let mut waiting = program_for(&sandbox);
    waiting.args(["try", MOBILE, "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = waiting.spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("SMS sent"), "{line}");
    let _open = child.stdin.take();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &told["code"], &told["delivery"]), (Some(1), &json!(-22), &json!("ANSWERED")));
    assert_eq!(told["otp_id"], sandbox.messages()[0].otp_id);

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut calling = program_at(&format!("http://{}", silent.local_addr().unwrap()));
    let child = calling.args(["try", MOBILE, "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    let (mut stream, _) = silent.accept().unwrap();
    let mut asked = [0; 4096];
    while !asked.contains(&b'}') && stream.read(&mut asked).unwrap() > 0 {}
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &told["code"], &told["delivery"]), (Some(4), &json!(-22), &json!("UNKNOWN")));
}

/// `script` (util-linux) gives the program a terminal.
#[test]
fn at_a_terminal_it_asks_for_the_code() {
    let sandbox = sandbox();
    let ours = program_for(&sandbox);
    let mut script = Command::new("script");
    script.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let command = format!("'{}' try {MOBILE}", crate::program_path().display());
    script.args(["-qec", &command, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = script.spawn() else {
        eprintln!("no script(1) here: not tested");
        return;
    };
    let _watchdog = Watchdog::over(&child);
    let (mut typing, mut shown) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut seen = Vec::new();
    for typed in ["00000\n", CODE, "\n"] {
        while !typed.trim().is_empty() && !seen.ends_with(b"OTP code: ") {
            let mut byte = [0];
            assert_eq!(shown.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&seen));
            seen.push(byte[0]);
        }
        seen.push(b' ');
        typing.write_all(typed.as_bytes()).unwrap();
    }
    let mut rest = String::new();
    shown.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success() && rest.ends_with("Verified.\r\n"), "{rest}");
}
