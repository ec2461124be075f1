//! Help, version and usage errors.

use crate::{program, program_for, run};
use ants_otp_sandbox::Sandbox;
use std::process::{Command, Stdio};

#[test]
fn version() {
    let run = run(program().arg("--version"));
    assert_eq!((run.status, run.out), (0, format!("ants-otp {}\n", ants_otp::VERSION)));
}

#[test]
fn help_tells_environment_and_statuses() {
    let run = run(program().arg("--help"));
    assert_eq!(run.status, 0);
    for part in ["ANTS_OTP_PASSWORD", "Exit status", "sandbox", "--timeout"] {
        assert!(run.out.contains(part), "{part}");
    }
}

#[test]
fn usage_errors_have_status_2_and_are_one_object_where_json_was_asked_for() {
    let cases: [&[&str]; 6] =
        [&["request"], &["frobnicate"], &["balance", "--frob"], &["verify"], &["balance", "--timeout", "soon"], &[]];
    for arguments in cases {
        let text = run(program().args(arguments));
        assert_eq!((text.status, text.out.as_str(), text.err.is_empty()), (2, "", false), "{arguments:?}");
        let json = run(program().args(arguments).arg("--json"));
        assert_eq!((json.status, &json.json()["code"]), (2, &(-1).into()), "{arguments:?}");
    }
}

#[test]
fn usage_errors_as_json_name_what_is_missing_and_the_command() {
    let cases: [(&[&str], &str, Option<&str>); 5] = [
        (&["request"], "the following required arguments were not provided: <MOBILE>", Some("request")),
        (&["frobnicate"], "unrecognized subcommand 'frobnicate'", None),
        (&["balance", "--timeout", "soon"], "not a number of seconds", Some("balance")),
        (&["completion", "tcsh"], "possible values: bash", Some("completion")),
        (&[], "no command was given: ants-otp --help lists them", None),
    ];
    for (arguments, message, command) in cases {
        let told = run(program().args(arguments).arg("--json")).json();
        assert!(told["message"].as_str().unwrap().contains(message), "{told}");
        assert_eq!((told["command"].as_str(), &told["ok"]), (command, &false.into()), "{told}");
    }
}

/// A command that calls nobody does not speak of calls.
#[test]
fn refusals_are_one_sentence_that_fits_what_was_asked() {
    for (arguments, sentence) in [
        (&["explain", "305x"][..], "there is no code \"305x\": `ants-otp explain` lists all of them"),
        (&["man", "--output", "/dev/null/x"], "cannot write to /dev/null/x: Not a directory (os error 20)"),
        (&["load", "--seconds", "0"], "seconds must be 0.1 to 3600"),
        (
            &["listen", "--forward-to", "http://192.0.2.1/"],
            "--forward-to: http:// to another machine would show OTP codes on the way: use https://, or give \
             --allow-plain-http",
        ),
        (&["balance", "--password", "hunter2"], "--password needs a user name: add --user, or set ANTS_OTP_USERNAME"),
    ] {
        let run = run(program().args(arguments));
        let last = run.err.lines().last().unwrap();
        assert_eq!((run.status, run.out.as_str(), last), (2, "", format!("ants-otp: {sentence}").as_str()));
        assert!(!run.err.contains("sent,") && !run.err.contains("NOT_SENT"), "{}", run.err);
    }
}

#[test]
fn nobody_who_reads_the_output_is_no_panic() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = program().arg("explain").stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[test]
fn an_exit_status_survives_a_standard_error_that_cannot_be_written() {
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = |command: &mut Command| command.stderr(full()).stdout(Stdio::null()).status().unwrap().code();
    let sandbox = Sandbox::builder().start().unwrap();
    let refused = status(program_for(&sandbox).args(["request", "66800000301"]));
    let answered = status(program_for(&sandbox).args(["balance", "--verbose"]));
    assert_eq!((refused, answered), (Some(1), Some(0)));
}
