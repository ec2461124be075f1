//! `--env-file`: settings come from the file where the environment lacks them, and never from one that is not certain.

use crate::{Run, program, run};
use ants_otp_sandbox::Sandbox;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

/// A file that goes with its test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> File {
        let path = std::env::temp_dir().join(format!("ants-otp-env-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        File(path)
    }

    fn of(name: &str, sandbox: &Sandbox) -> File {
        let (url, user, password, otc_id) = (sandbox.url(), sandbox.username(), sandbox.password(), sandbox.otc_id());
        let account = format!("export ANTS_OTP_USERNAME={user}\nANTS_OTP_PASSWORD='{password}'\n");
        File::new(name, &format!("# the sandbox\nANTS_OTP_BASE_URL={url}\n{account}ANTS_OTP_OTC_ID=\"{otc_id}\"\n"))
    }

    fn with(&self, command: &str) -> Command {
        let mut program = program();
        program.arg(command).arg("--env-file").arg(&self.0);
        program
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn quiet(run: &Run) -> (i32, &str) {
    (run.status, &run.err)
}

#[test]
fn every_command_that_calls_takes_its_settings_from_the_file() {
    let sandbox = Sandbox::builder().start().unwrap();
    let file = File::of("all", &sandbox);
    assert_eq!(quiet(&run(&mut file.with("balance"))), (0, ""));
    assert_eq!(quiet(&run(file.with("request").arg(crate::MOBILE))), (0, ""));
    assert_eq!(quiet(&run(file.with("capture").arg("balance"))), (0, ""));
    assert_eq!(quiet(&run(file.with("load").args(["--seconds", "0.2", "--quiet"]))), (0, ""));
    let doctor = run(&mut file.with("doctor"));
    let source = format!("(ANTS_OTP_USERNAME in {0}, ANTS_OTP_PASSWORD in {0})", file.0.display());
    assert!(doctor.status == 0 && doctor.out.contains(&source), "{doctor:?}");
    assert_eq!(run(file.with("try").arg(crate::MOBILE)).status, 1, "nobody types a code");
    assert!(sandbox.messages().len() > 2);
}

#[test]
fn an_option_comes_before_the_environment_and_the_environment_before_the_file() {
    let sandbox = Sandbox::builder().start().unwrap();
    let file = File::of("order", &sandbox);
    let nowhere = "http://127.0.0.1:1";
    assert_eq!(run(file.with("balance").env("ANTS_OTP_BASE_URL", nowhere)).status, 3);
    let given = run(file.with("balance").env("ANTS_OTP_BASE_URL", nowhere).args(["--base-url", sandbox.url()]));
    assert_eq!(given.status, 0, "{given:?}");
    assert_eq!(run(file.with("balance").env("ANTS_OTP_PASSWORD", "wrong")).status, 1);
    assert_eq!(run(file.with("balance").env("ANTS_OTP_PASSWORD", "")).status, 0, "an empty variable is none");
    // Credentials are one setting.
    assert_eq!(run(file.with("balance").env("ANTS_OTP_TOKEN", sandbox.token())).status, 0);
    let token = File::new("token", &format!("ANTS_OTP_TOKEN={}\n", sandbox.token()));
    let mut account = token.with("balance");
    account.env("ANTS_OTP_BASE_URL", sandbox.url());
    assert_eq!(run(&mut account).status, 0);
    account.env("ANTS_OTP_USERNAME", sandbox.username()).env("ANTS_OTP_PASSWORD", "wrong");
    assert_eq!(run(&mut account).status, 1);
}

#[test]
fn only_settings_of_this_program_are_taken() {
    let sandbox = Sandbox::builder().start().unwrap();
    let proxies = "HTTPS_PROXY=http://127.0.0.1:1\nALL_PROXY=http://127.0.0.1:1\nPATH=/nowhere\n";
    let file = File::new("others", &format!("{proxies}ANTS_OTP_TOKEN={}\n", sandbox.token()));
    let doctor = run(file.with("doctor").args(["--proxy-from-env", "--base-url", "https://nowhere.invalid"]));
    assert!(doctor.out.contains("proxy: none (default)"), "{doctor:?}");
}

#[test]
fn a_file_that_is_malformed_or_not_there_is_refused_with_its_line_and_never_its_value() {
    for (text, why) in [
        ("\nANTS_OTP_PASSWORD=hun$ter2\n", "line 2: the value of ANTS_OTP_PASSWORD has a character"),
        ("A=1\n\nANTS_OTP_TOKEN='hunter2\n", "line 3: the value of ANTS_OTP_TOKEN has no closing quote"),
        ("ANTS_OTP_PASSWORD hunter2\n", "line 1: not NAME=value"),
    ] {
        let file = File::new("malformed", text);
        for command in ["balance", "doctor"] {
            let refused = run(&mut file.with(command));
            assert!(refused.status == 2 && refused.err.contains(why), "{refused:?}");
            assert!(refused.err.contains(file.0.to_str().unwrap()) && !refused.err.contains("ter2"), "{refused:?}");
        }
        let json = run(file.with("balance").arg("--json")).json();
        assert_eq!((&json["code"], &json["name"]), (&(-3).into(), &"ERR_INVALID_OPTION".into()));
    }
    for (path, why) in [("/nonexistent/.env", "No such file"), ("/", "directory"), ("/dev/zero", "1 MiB")] {
        let refused = run(program().args(["balance", "--env-file", path]));
        assert!(refused.status == 2 && refused.err.contains(path) && refused.err.contains(why), "{refused:?}");
    }
}

#[test]
fn a_file_that_everybody_can_read_or_change_brings_a_warning() {
    let sandbox = Sandbox::builder().start().unwrap();
    let file = File::of("mode", &sandbox);
    for (mode, warned) in [(0o600, false), (0o640, false), (0o644, true), (0o602, true)] {
        std::fs::set_permissions(&file.0, std::fs::Permissions::from_mode(mode)).unwrap();
        let run = run(&mut file.with("balance"));
        assert_eq!(run.status, 0);
        assert_eq!(run.err.contains("warning") && run.err.contains("chmod 600"), warned, "{mode:o}: {}", run.err);
    }
}
