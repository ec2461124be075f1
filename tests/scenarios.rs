//! The same scenarios in every language, so that none can drift apart (tests/scenarios/scenarios.txt).
//!
//! The Rust runner is an example of this package. Those of C, C++ and Python are built by `make test`, which names them in
//! ANTS_OTP_RUNNER_C, _CPP and _PYTHON and runs the ignored tests here.
#![allow(clippy::unwrap_used)] // a panic is a test's report

use ants_otp_sandbox::{Clock, NO_CREDIT_PASSWORD, NO_CREDIT_USERNAME, Sandbox};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const LIST: &str = include_str!("scenarios/scenarios.txt");
const UNKNOWN_ID: &str = "ffffffff-0000-4000-8000-ffffffffffff";

/// A runner's process, and what it needs to know between steps.
struct Runner {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Runner {
    fn start(command: &mut Command) -> Runner {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the runner starts");
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Runner { child, input, output }
    }

    /// Sends a command and gives the parts of its answer.
    fn ask(&mut self, parts: &[&str]) -> Vec<String> {
        writeln!(self.input.as_mut().unwrap(), "{}", parts.join("\t")).unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the runner ended at {parts:?}");
        line.trim_end_matches(['\r', '\n']).split('\t').map(str::to_owned).collect()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        drop(self.input.take());
        let status = self.child.wait().unwrap();
        if !std::thread::panicking() {
            assert!(status.success(), "the runner ended with {status}");
        }
    }
}

/// One scenario under way: the sandbox, and the OTPs of its person.
struct Play<'a> {
    runner: &'a mut Runner,
    sandbox: Sandbox,
    mobile: String,
    first_otp: String,
    otp: String,
}

impl Play<'_> {
    fn new(runner: &mut Runner) -> Play<'_> {
        let sandbox = Sandbox::builder().clock(Clock::fixed()).start().unwrap();
        let mut play = Play { runner, sandbox, mobile: String::new(), first_otp: String::new(), otp: String::new() };
        play.client("usual");
        play
    }

    /// Carries a step out; the answer begins with code and delivery.
    fn step(&mut self, step: &str) -> Vec<String> {
        let (verb, argument) = step.split_once(' ').unwrap_or((step, ""));
        let argument = argument.trim();
        match verb {
            "client" => self.client(argument),
            "request" => self.request(&pasted(argument)),
            "went" => {
                assert_eq!(self.mobile, argument, "the SMS went elsewhere");
                Vec::new()
            }
            "resend" => self.resend(argument),
            "verify" => self.verify(argument),
            "balance" => self.balance(),
            "advance" => {
                self.sandbox.advance(Duration::from_secs(argument.parse().unwrap()));
                Vec::new()
            }
            _ => panic!("no such step: {step}"),
        }
    }

    fn client(&mut self, which: &str) -> Vec<String> {
        let sandbox = &self.sandbox;
        let (user, password) = match which {
            "token" => ("", sandbox.token()),
            "wrong-password" => (sandbox.username(), "not the password"),
            "no-credit" => (NO_CREDIT_USERNAME, NO_CREDIT_PASSWORD),
            _ => (sandbox.username(), sandbox.password()),
        };
        let otc_id = match which {
            "unknown-otc" => UNKNOWN_ID,
            "no-otc" => "",
            _ => sandbox.otc_id(),
        };
        assert_eq!(self.runner.ask(&["client", sandbox.url(), user, password, otc_id]), ["0"]);
        Vec::new()
    }

    fn request(&mut self, mobile: &str) -> Vec<String> {
        let answer = self.runner.ask(&["request", mobile]);
        if answer[0] == "0" {
            let newest = self.sandbox.messages().pop().expect("an SMS");
            assert_eq!([&newest.otp_id, &newest.reference_code], [&answer[2], &answer[3]]);
            self.mobile = newest.mobile.clone();
            self.first_otp = newest.otp_id.clone();
            self.otp = newest.otp_id;
        }
        answer
    }

    fn resend(&mut self, what: &str) -> Vec<String> {
        let otp_id = match what {
            "unknown" => UNKNOWN_ID.to_owned(),
            "none" => String::new(),
            _ => self.otp.clone(),
        };
        let before = self.sandbox.messages().len();
        let answer = self.runner.ask(&["resend", &otp_id]);
        let messages = self.sandbox.messages();
        assert_eq!(messages.len(), before + usize::from(answer[0] == "0"), "one SMS for a success, none for a failure");
        if answer[0] == "0" {
            let newest = messages.last().unwrap();
            assert_eq!([&newest.otp_id, &newest.reference_code], [&answer[2], &answer[3]]);
            self.otp = newest.otp_id.clone();
        }
        answer
    }

    fn verify(&mut self, what: &str) -> Vec<String> {
        let right = self.sandbox.last_code(&self.mobile).unwrap_or_default();
        let thai = |code: &str| code.chars().map(|c| char::from_u32(c as u32 - '0' as u32 + 0x0E50).unwrap()).collect();
        let (otp_id, code) = match what {
            "right" => (self.otp.clone(), right),
            "old" => (self.first_otp.clone(), right),
            "thai" => (self.otp.clone(), thai(&right)),
            "unknown" => (UNKNOWN_ID.to_owned(), "00000".to_owned()),
            "wrong" => (self.otp.clone(), if right == "00000" { "00001" } else { "00000" }.to_owned()),
            "dashed" => (self.otp.clone(), right.split("").collect::<Vec<_>>().join("-").trim_matches('-').to_owned()),
            code => (self.otp.clone(), pasted(&code.replace("right", &right))),
        };
        let answer = self.runner.ask(&["verify", &otp_id, &code]);
        assert_eq!(answer[2] == "true", answer[0] == "0", "verified and only verified is 0: {answer:?}");
        answer
    }

    fn balance(&mut self) -> Vec<String> {
        let answer = self.runner.ask(&["balance"]);
        if answer[0] == "0" {
            assert!(
                ["prepaid", "postpaid"].contains(&answer[2].as_str()) && answer[3].parse::<f64>().is_ok(),
                "{answer:?}"
            );
        }
        answer
    }
}

/// The text of a step: `_` is a space, `<200B>` the character of that number.
fn pasted(text: &str) -> String {
    let mut parts = text.split('<');
    let mut pasted = parts.next().unwrap().replace('_', " ");
    for part in parts {
        let (number, rest) = part.split_once('>').unwrap();
        pasted.push(char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap());
        pasted.push_str(&rest.replace('_', " "));
    }
    pasted
}

fn play_all(mut command: Command) {
    let mut runner = Runner::start(&mut command);
    let mut played = 0;
    for scenario in LIST.split("\n== ").skip(1) {
        let (name, steps) = scenario.split_once('\n').unwrap();
        let mut play = Play::new(&mut runner);
        for line in steps.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let (step, expected) = line.split_once("=>").unwrap_or((line, ""));
            let answer = play.step(step.trim());
            let expected: Vec<&str> = expected.split_whitespace().collect();
            let expected = if expected == ["0"] { vec!["0", "ANSWERED"] } else { expected };
            let given: Vec<&str> = answer.iter().take(2).map(String::as_str).collect();
            assert_eq!(given, expected, "{name}: {}", step.trim());
            played += expected.len().min(1);
        }
    }
    assert!(played >= 50, "only {played} steps were played");
    println!("{played} steps as expected");
}

fn named_by(variable: &str) -> Command {
    let value = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no runner: use make test"));
    let mut words = value.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    command.args(words);
    command
}

#[test]
fn rust() {
    // The test stands in target/…/deps, the examples beside it.
    let deps = std::env::current_exe().unwrap();
    let runner = deps.parent().unwrap().with_file_name("examples").join("scenario-runner");
    assert!(
        runner.exists(),
        "the runner is an example, which cargo test builds when it is not asked for one test alone"
    );
    play_all(Command::new(runner));
}

#[test]
#[ignore = "make test builds its runner"]
fn c() {
    play_all(named_by("ANTS_OTP_RUNNER_C"));
}

#[test]
#[ignore = "make test builds its runner"]
fn cpp() {
    play_all(named_by("ANTS_OTP_RUNNER_CPP"));
}

#[test]
#[ignore = "make test builds its runner"]
fn python() {
    play_all(named_by("ANTS_OTP_RUNNER_PYTHON"));
}
