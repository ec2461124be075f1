//! Completion and manual pages: they name every sub-command.

use crate::{program, run};

const COMMANDS: [&str; 11] = [
    "request",
    "resend",
    "verify",
    "balance",
    "explain",
    "doctor",
    "listen",
    "capture",
    "sandbox",
    "completion",
    "man",
];

#[test]
fn each_shells_completion_knows_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = run(program().args(["completion", shell]));
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{shell}");
        for command in COMMANDS {
            assert!(run.out.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn bash_takes_the_script() {
    let script = run(program().args(["completion", "bash"])).out;
    let check = format!(
        "{script}\nCOMP_WORDS=(ants-otp doc); COMP_CWORD=1; $(complete -p ants-otp | sed 's/.*-F \\([^ ]*\\).*/\\1/') ants-otp doc ants-otp; echo \"${{COMPREPLY[*]}}\""
    );
    let output = std::process::Command::new("bash").args(["-c", &check]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "doctor");
}

#[test]
fn the_manual_is_one_page_or_one_for_each_command() {
    let page = run(program().arg("man")).out;
    assert!(page.contains(".TH ants") && page.contains("ANTS_OTP_PASSWORD") && page.contains("Exit status"), "{page}");
    let folder = std::env::temp_dir().join(format!("ants-otp-man-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let written = run(program().arg("man").arg("--output").arg(&folder));
    let pages: Vec<_> = COMMANDS.iter().map(|name| folder.join(format!("ants-otp-{name}.1")).exists()).collect();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((written.status, pages), (0, vec![true; COMMANDS.len()]));
}

#[test]
fn the_manuals_folder_is_made_and_one_that_cannot_be_is_named() {
    let folder = std::env::temp_dir().join(format!("ants-otp-manual-{}/new/folder", std::process::id()));
    let run = |folder: &std::path::Path| crate::run(program().args(["man", "--output"]).arg(folder));
    assert_eq!(run(&folder).status, 0);
    assert!(folder.join("ants-otp.1").exists());
    std::fs::remove_dir_all(folder.ancestors().nth(2).unwrap()).unwrap();
    let refused = run(std::path::Path::new("/dev/null/folder"));
    assert!(refused.status == 2 && refused.err.contains("cannot write to /dev/null/folder"), "{refused:?}");
}
