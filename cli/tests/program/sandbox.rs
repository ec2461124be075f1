//! `sandbox`: its one line, and when it ends.

use crate::{program, program_at, program_path, run};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that is killed at the end of its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn started(command: &mut Command) -> (Killed, BufReader<ChildStdout>, Value) {
    let mut child = Killed(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut out = BufReader::new(child.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    (child, out, serde_json::from_str(&line).unwrap())
}

fn messages(ready: &Value) -> std::io::Result<String> {
    let address = ready["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address)?;
    write!(stream, "GET /sandbox/messages HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn the_line_is_all_that_a_client_needs() {
    let (_sandbox, _out, ready) = started(program().arg("sandbox"));
    assert_eq!(ready.as_object().unwrap().len(), 4);
    let run = run(program_at(ready["url"].as_str().unwrap())
        .env("ANTS_OTP_USERNAME", ready["username"].as_str().unwrap())
        .env("ANTS_OTP_PASSWORD", ready["password"].as_str().unwrap())
        .env("ANTS_OTP_OTC_ID", ready["otc_id"].as_str().unwrap())
        .args(["request", "66812345678"]));
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(messages(&ready).unwrap().contains("66812345678"));
}

#[test]
fn the_port_is_the_one_asked_for_and_a_taken_one_is_refused() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let (_sandbox, _out, ready) = started(program().args(["sandbox", "--port", &port]));
    assert!(ready["url"].as_str().unwrap().ends_with(&format!(":{port}")));
    let second = run(program().args(["sandbox", "--port", &port]));
    assert_eq!((second.status, second.out.as_str()), (2, ""));
    assert!(second.err.contains(&port));
}

/// Whether this process ignores a signal, as its children then do: SIGINT where it runs in the background of a shell.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() >> (signal - 1) & 1 == 1
}

#[test]
fn sigterm_and_sigint_end_it_at_once() {
    for (name, number) in [("TERM", 15), ("INT", 2)].into_iter().filter(|(_, number)| !is_ignored(*number)) {
        let (mut sandbox, _out, _) = started(program().arg("sandbox"));
        let begun = Instant::now();
        assert!(Command::new("kill").args(["-s", name, &sandbox.0.id().to_string()]).status().unwrap().success());
        assert_eq!(sandbox.0.wait().unwrap().signal(), Some(number));
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}

/// A shell that starts the sandbox and waits for it: its parent.
fn in_a_shell(arguments: &str) -> (Killed, BufReader<ChildStdout>, Value) {
    let program = program_path().into_string().unwrap();
    let mut shell = Command::new("sh");
    started(shell.args(["-c", &format!("'{program}' sandbox {arguments} & wait")]).stdin(Stdio::null()))
}

#[test]
fn with_exit_with_parent_it_does_not_outlive_a_parent_that_is_killed() {
    let (mut shell, mut out, ready) = in_a_shell("--exit-with-parent");
    assert!(messages(&ready).is_ok());
    let begun = Instant::now();
    shell.0.kill().unwrap();
    shell.0.wait().unwrap();
    // Both hold the pipe's other end: it is at its end only when both have ended.
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(messages(&ready).is_err());
}

#[test]
fn with_exit_with_parent_it_outlives_the_thread_that_started_it() {
    let (_sandbox, _out, ready) =
        std::thread::spawn(|| started(program().args(["sandbox", "--exit-with-parent"]))).join().unwrap();
    std::thread::sleep(Duration::from_millis(400));
    assert!(messages(&ready).is_ok());
}

#[test]
fn dialect_and_database_are_the_ones_asked_for() {
    let file = std::env::temp_dir().join(format!("ants-otp-sandbox-{}.sqlite", std::process::id()));
    let arguments = ["sandbox", "--dialect", "thai,error-codes", "--database", file.to_str().unwrap()];
    let mut asked = Vec::new();
    for _ in 0..2 {
        let (_sandbox, _out, ready) = started(program().args(arguments));
        let as_user = |mobile: &str| {
            run(program_at(ready["url"].as_str().unwrap())
                .env("ANTS_OTP_USERNAME", ready["username"].as_str().unwrap())
                .env("ANTS_OTP_PASSWORD", ready["password"].as_str().unwrap())
                .env("ANTS_OTP_OTC_ID", ready["otc_id"].as_str().unwrap())
                .args(["request", mobile, "--json"]))
        };
        assert_eq!(as_user("66800000307").json()["service_message"], "หมายเลขไม่ถูกต้อง");
        assert_eq!(as_user("66812345678").status, 0);
        asked.push(messages(&ready).unwrap().matches("66812345678").count());
    }
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    assert!(asked[1] > asked[0], "{asked:?}");
    assert_eq!(run(program().args(["sandbox", "--dialect", "klingon"])).status, 2);
}

/// `ants-otp sandbox -- sh -c SCRIPT`.
fn with_command(script: &str) -> Command {
    let mut command = program();
    command.args(["sandbox", "--", "sh", "-c", script]);
    command
}

#[test]
fn a_command_finds_the_sandbox_and_nothing_of_the_callers_account() {
    let script = "env | grep ^ANTS_OTP_ | sort; $PROGRAM request 081-234-5678 --json; exit 7";
    let run = run(with_command(script)
        .env("PROGRAM", program_path())
        .env("ANTS_OTP_TOKEN", "t")
        .env("ANTS_OTP_PROXY", "http://proxy.example:3128")
        .env("ANTS_OTP_BASE_URL", "https://otp.example"));
    assert_eq!((run.status, run.err.as_str()), (7, ""));
    let lines: Vec<&str> = run.out.lines().collect();
    let names: Vec<&str> = lines[..4].iter().map(|line| line.split('=').next().unwrap()).collect();
    assert_eq!(names, ["ANTS_OTP_BASE_URL", "ANTS_OTP_OTC_ID", "ANTS_OTP_PASSWORD", "ANTS_OTP_USERNAME"]);
    let sent: Value = serde_json::from_str(lines[4]).unwrap();
    assert_eq!((lines.len(), &sent["code"]), (5, &0.into()), "standard output is the command's alone");
}

#[test]
fn a_signal_is_passed_on_to_the_command_and_its_end_is_told() {
    for (script, status) in
        [("trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done", 9), ("echo ready; exec sleep 60", 143)]
    {
        let mut child = with_command(script).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status), "{script}");
    }
    assert_eq!(run(&mut with_command("kill -KILL $$")).status, 128 + 9);
}

#[test]
fn a_command_that_is_not_there_is_told_as_a_shell_tells_it() {
    let missing = run(program().args(["sandbox", "--", "/nonexistent/command"]));
    assert!(missing.status == 127 && missing.err.contains("/nonexistent/command"), "{missing:?}");
    assert_eq!(run(program().args(["sandbox", "--", "/"])).status, 126);
}
