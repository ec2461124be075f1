//! Secrets come from the environment; as arguments they work, with a warning.

use crate::{program, program_for, run};
use ants_otp_sandbox::Sandbox;
use std::os::unix::ffi::OsStrExt as _;

#[test]
fn a_password_as_argument_works_with_a_warning() {
    let sandbox = Sandbox::builder().start().unwrap();
    let run = run(program().args(["balance", "--base-url", sandbox.url(), "--user", sandbox.username()]).args([
        "--password",
        sandbox.password(),
        "--json",
    ]));
    assert_eq!((run.status, &run.json()["code"]), (0, &0.into()));
    assert!(run.err.starts_with("ants-otp: warning: ") && run.err.contains("--password"), "{}", run.err);
    assert!(!run.err.contains(sandbox.password()));
}

#[test]
fn a_token_as_argument_works_with_a_warning() {
    let sandbox = Sandbox::builder().start().unwrap();
    let run = run(program().args(["balance", "--base-url", sandbox.url(), "--token", sandbox.token()]));
    assert_eq!(run.status, 0);
    assert!(run.err.starts_with("ants-otp: warning: ") && run.err.contains("--token"), "{}", run.err);
    assert!(!run.err.contains(sandbox.token()));
}

#[test]
fn other_secrets_as_arguments_bring_a_warning_too() {
    let sandbox = Sandbox::builder().start().unwrap();
    let code = run(program_for(&sandbox).args(["verify", "an-id", "71829"]));
    assert!(
        code.err.contains("warning") && code.err.contains("OTP code") && !code.err.contains("71829"),
        "{}",
        code.err
    );
    let proxy =
        run(program_for(&sandbox).args(["balance", "--proxy", "http://me:hunter2@127.0.0.1:1", "--timeout", "0.2"]));
    assert!(proxy.err.contains("ANTS_OTP_PROXY") && !proxy.err.contains("hunter2"), "{}", proxy.err);
}

#[test]
fn a_password_that_is_not_utf_8_is_refused() {
    let sandbox = Sandbox::builder().start().unwrap();
    let mut command = program_for(&sandbox);
    let run = run(command.env("ANTS_OTP_PASSWORD", std::ffi::OsStr::from_bytes(b"p\xFF")).args(["balance", "--json"]));
    assert_eq!((run.status, &run.json()["code"]), (2, &(-3).into()));
}

#[test]
fn secrets_of_the_environment_bring_no_warning() {
    let sandbox = Sandbox::builder().start().unwrap();
    let mut with_token = program();
    with_token.env("ANTS_OTP_BASE_URL", sandbox.url()).env("ANTS_OTP_TOKEN", sandbox.token());
    for mut command in [with_token, program_for(&sandbox)] {
        let run = run(command.arg("balance"));
        assert_eq!((run.status, run.err.as_str()), (0, ""));
    }
}

#[test]
fn a_user_name_as_argument_takes_the_password_of_the_environment() {
    let sandbox = Sandbox::builder().start().unwrap();
    let mut command = program_for(&sandbox);
    let run = run(command.env("ANTS_OTP_USERNAME", "other").args(["balance", "--user", sandbox.username()]));
    assert_eq!((run.status, run.err.as_str()), (0, ""));
}

#[test]
fn nobody_is_asked_for_a_password_where_there_is_no_terminal() {
    let sandbox = Sandbox::builder().start().unwrap();
    for mut command in [program_for(&sandbox), program()] {
        command.env_remove("ANTS_OTP_PASSWORD").env("ANTS_OTP_USERNAME", "user");
        let run = run(command.args(["balance", "--json"]));
        assert_eq!((run.status, &run.json()["code"]), (2, &(-3).into()));
        assert!(run.json()["message"].as_str().unwrap().contains("ANTS_OTP_PASSWORD"));
    }
}

#[test]
fn missing_credentials_and_a_password_without_a_name_are_refused() {
    for arguments in [["balance", "--json"].as_slice(), &["balance", "--json", "--password", "hunter2"]] {
        let run = run(program().args(arguments));
        assert_eq!((run.status, &run.json()["code"]), (2, &(-3).into()));
        assert!(!run.out.contains("hunter2"));
    }
}
