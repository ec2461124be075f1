//! Help, version and usage errors.

use crate::{program, run};
use std::process::Stdio;

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
fn nobody_who_reads_the_output_is_no_panic() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = program().arg("explain").stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}
