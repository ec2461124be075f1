//! The examples in C and C++, each compiled without a warning and run against the sandbox.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod common;

use ants_otp_sandbox::Sandbox;
use otp::Code;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const MOBILE: &str = "0812345678";
const NORMAL: &str = "66812345678";

fn example(file: &str) -> PathBuf {
    let standard = if file.ends_with("pp") { "c++17" } else { "gnu99" };
    common::program(&common::root().join("examples").join(file), standard, &["-O2"])
}

fn command(program: &PathBuf, sandbox: &Sandbox) -> Command {
    let mut command = Command::new(program);
    command.env_remove("ANTS_OTP_TOKEN").env("ANTS_OTP_BASE_URL", sandbox.url());
    command.env("ANTS_OTP_USERNAME", sandbox.username()).env("ANTS_OTP_PASSWORD", sandbox.password());
    command.env("ANTS_OTP_OTC_ID", sandbox.otc_id());
    // Left aside, since the service is on this machine: nobody listens there.
    command.env("ANTS_OTP_PROXY", "http://127.0.0.1:1");
    command
}

/// A program to talk with, a line at a time.
struct Talk {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Talk {
    fn with(command: &mut Command) -> Talk {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Talk { child, input, output }
    }

    fn say(&mut self, line: &str) {
        // In one write, as a terminal hands it over; writeln! would make two.
        self.input.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_person_is_verified() {
    for file in ["first.c", "login.c", "login.cpp", "event-loop.c", "event-loop.cpp"] {
        let sandbox = Sandbox::builder().start().unwrap();
        let mut talk = Talk::with(command(&example(file), &sandbox).arg(MOBILE));
        let said = talk.hear();
        let reference = sandbox.messages()[0].reference_code.clone();
        assert!(said.starts_with("SMS sent") && said.ends_with(&format!("reference {reference}")), "{file}: {said}");
        let code = sandbox.last_code(NORMAL).unwrap();
        if file != "first.c" {
            talk.say(if code == "00000" { "00001" } else { "00000" });
            assert_eq!(talk.hear(), Code::WrongCode.user_text("en"), "{file}");
        }
        talk.say(&code);
        assert_eq!(talk.hear(), "verified", "{file}");
        assert_eq!(talk.end(), Some(0), "{file}");
    }
}

#[test]
fn nobody_is_verified_without_a_code() {
    for file in ["first.c", "login.c", "login.cpp", "event-loop.c", "event-loop.cpp"] {
        let sandbox = Sandbox::builder().start().unwrap();
        let mut talk = Talk::with(command(&example(file), &sandbox).arg(MOBILE));
        talk.hear();
        assert_eq!(talk.end(), Some(1), "{file}");
    }
}

#[test]
fn a_server_verifies_many_at_once() {
    for file in ["server.c", "server.cpp"] {
        let sandbox = Sandbox::builder().start().unwrap();
        let mut talk = Talk::with(command(&example(file), &sandbox).stderr(Stdio::null()));
        let port: u16 = talk.hear().parse().unwrap();
        std::thread::scope(|scope| {
            for number in 0..16 {
                let sandbox = &sandbox;
                scope.spawn(move || {
                    let mobile = format!("668123456{number:02}");
                    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                    let mut replies = BufReader::new(stream.try_clone().unwrap()).lines();
                    let mut ask = move |line: String| {
                        writeln!(stream, "{line}").unwrap();
                        replies.next().unwrap().unwrap()
                    };
                    let sent = ask(format!("request {mobile}"));
                    let otp_id = sent.split(' ').nth(1).unwrap_or_else(|| panic!("{file}: {sent}")).to_owned();
                    let message = sandbox.messages().into_iter().find(|message| message.otp_id == otp_id).unwrap();
                    assert!(sent.starts_with("sent ") && sent.ends_with(&message.reference_code), "{file}: {sent}");
                    let code = message.code;
                    let wrong = if code == "00000" { "00001" } else { "00000" };
                    let no = format!("no: {}", Code::WrongCode.user_text("en"));
                    assert_eq!(ask(format!("verify {otp_id} {wrong}")), no, "{file}");
                    assert_eq!(ask(format!("verify {otp_id} {code}")), "verified", "{file}");
                    let no = format!("no: {}", Code::CodeConfirmed.user_text("en"));
                    assert_eq!(ask(format!("verify {otp_id} {code}")), no, "{file}");
                });
            }
        });
        assert_eq!(talk.end(), Some(0), "{file}");
    }
}

#[test]
fn each_class_of_errors_has_its_action() {
    let sandbox = Sandbox::builder().start().unwrap();
    for file in ["errors.c", "errors.cpp"] {
        let program = example(file);
        let told = |command: &mut Command| {
            let output = command.output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            format!("{} {}", output.status.code().unwrap(), text.lines().next().unwrap_or_default())
        };
        for (mobile, expected) in [
            (MOBILE, "0 ANTS_OTP_OK: go on"),
            ("no number", "1 ANTS_OTP_ERR_INVALID_MOBILE: ask the person again"),
            ("66800000307", "1 ANTS_OTP_INVALID_NUMBER: ask the person again"),
            ("66800000429", "2 ANTS_OTP_RATE_LIMITED: call again later, in 30000 ms"),
            ("66800009995", "4 ANTS_OTP_CREDIT_NOT_ENOUGH: tell the operator"),
        ] {
            assert_eq!(told(command(&program, &sandbox).arg(mobile)), expected, "{file} {mobile}");
        }
        // Nobody listens there; it cuts the connection after the request; the options are wrong.
        let nobody = told(command(&program, &sandbox).arg(MOBILE).env("ANTS_OTP_BASE_URL", "http://127.0.0.1:1"));
        assert_eq!(nobody, "2 ANTS_OTP_ERR_CONNECT: call again later", "{file}");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let cutting = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
        });
        let cut = told(command(&program, &sandbox).arg(MOBILE).env("ANTS_OTP_BASE_URL", url));
        cutting.join().unwrap();
        assert_eq!(cut, "3 ANTS_OTP_ERR_CONNECTION_LOST: look before calling again", "{file}");
        let wrong = told(command(&program, &sandbox).arg(MOBILE).env("ANTS_OTP_BASE_URL", "no scheme"));
        assert_eq!(wrong, "4 ANTS_OTP_ERR_INVALID_OPTION: tell the operator", "{file}");
    }
}
