//! The program with setuid: nothing of what its caller's environment says is used.

use crate::namespace::{self, STRANGER};
use ants_otp_sandbox::Sandbox;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

const REASON: &str = "the environment is not used, since this program runs setuid or with file capabilities";

#[test]
fn a_setuid_program_takes_nothing_from_the_environment_and_says_so() {
    let name = "privileged::a_setuid_program_takes_nothing_from_the_environment_and_says_so";
    let Some(built) = namespace::enter(name, || env!("CARGO_BIN_EXE_ants-otp").into()) else { return };
    let plain = namespace::program(&built, "plain", 0o755);
    let setuid = namespace::program(&built, "setuid", 0o4755);
    let sandbox = Sandbox::builder().start().unwrap();
    let run = |program, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().uid(STRANGER).gid(STRANGER);
        for (name, value) in [
            ("ANTS_OTP_BASE_URL", sandbox.url()),
            ("ANTS_OTP_USERNAME", sandbox.username()),
            ("ANTS_OTP_PASSWORD", sandbox.password()),
            ("ANTS_OTP_OTC_ID", sandbox.otc_id()),
            ("ANTS_OTP_PROXY", "http://127.0.0.1:1"),
        ] {
            command.env(name, value);
        }
        crate::run(&mut command)
    };
    assert_eq!(run(&plain, &["balance"]).status, 0);
    let refused = run(&setuid, &["balance"]);
    assert!(refused.status == 2 && refused.err.contains(REASON), "{refused:?}");
    let refused = run(&setuid, &["balance", "--user", sandbox.username()]);
    assert!(refused.status == 2 && refused.err.contains(REASON), "{refused:?}");
    let doctor = run(&setuid, &["doctor", "--timeout", "1"]);
    for line in [
        REASON,
        "base URL: https://api-service.ants.co.th (default)",
        "credentials are missing",
        "proxy: none (default)",
    ] {
        assert!(doctor.out.contains(line), "{line}: {}", doctor.out);
    }
    let given = ["--base-url", sandbox.url(), "--user", sandbox.username(), "--password", sandbox.password()];
    let balance = run(&setuid, &[&["balance"], &given[..]].concat());
    assert_eq!(balance.status, 0, "{balance:?}");
    assert!(!run(&plain, &["doctor"]).out.contains(REASON));
    for (arguments, option) in [
        (&["balance", "--env-file", "/etc/shadow"][..], "--env-file /etc/shadow: not read, since"),
        (&["listen", "--exec", "id"], "--exec: not in"),
        (&["sandbox", "--", "id"], "sandbox -- id: not in"),
    ] {
        let refused = run(&setuid, arguments);
        assert!(refused.status == 2 && refused.err.contains(option), "{refused:?}");
    }
}
