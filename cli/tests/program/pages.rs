//! Completion and manual pages: they name every sub-command.

use crate::{program, run};
use std::process::{Command, Stdio};

const COMMANDS: [&str; 13] = [
    "try",
    "load",
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

/// What a shell offers after each of these lines, in its own words: one line each time.
fn offered(shell: &str, lines: &[&str]) -> Option<Vec<String>> {
    let script = run(program().args(["completion", shell])).out;
    let name = format!("ants-otp-completion-{}-{shell}-{}", std::process::id(), lines.len());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("_ants-otp"), &script).unwrap();
    std::fs::write(folder.join("a certificate.pem"), "").unwrap();
    std::fs::create_dir_all(folder.join("manual")).unwrap();
    let source =
        format!("{}\n{}", shell_code(shell), lines.iter().map(|line| format!("offer '{line}'\n")).collect::<String>());
    let mut command = Command::new(shell);
    match shell {
        "bash" => command.args(["--norc", "-c", &source]),
        "zsh" => command.args(["-f", "-c", &source]),
        _ => command.args(["--no-config", "-c", &source]),
    };
    let output = command.current_dir(&folder).env("HOME", &folder).stdin(Stdio::null()).output();
    std::fs::remove_dir_all(&folder).unwrap();
    let Ok(output) = output else {
        eprintln!("no {shell} here: not tested");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), lines.len(), "{shell}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
    Some(text.lines().map(str::to_owned).collect())
}

/// Defines `offer LINE`, which prints what the script of the folder offers at the end of the line.
fn shell_code(shell: &str) -> &'static str {
    match shell {
        "bash" => {
            r#"source ./_ants-otp
            compopt() { :; }
            function=$(complete -p ants-otp | sed 's/.*-F \([^ ]*\).*/\1/')
            offer() {
                read -ra COMP_WORDS <<< "$1"
                [[ $1 == *' ' ]] && COMP_WORDS+=("")
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
                $function ants-otp "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
                echo "${COMPREPLY[*]}"
            }"#
        }
        // The completion of zsh runs in its editor alone: an interactive shell at a terminal of its own writes down what is
        // added to the list.
        "zsh" => {
            r#"cat > setup <<'END'
            PROMPT=; fpath=($PWD $fpath)
            autoload -U compinit; compinit -u -D
            compadd() {
                [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return; }
                local -a hits
                builtin compadd -A hits "$@"
                print -rn -- "${hits[*]}" >> ./found
                builtin compadd "$@"
            }
            offered() { zle complete-word; print >> ./found; zle kill-whole-line; }
            zle -N offered; bindkey '^I' offered; print REA''DY
END
            zmodload zsh/zpty
            zpty z zsh -f -i
            zpty -w z 'source ./setup'
            zpty -m -r z seen '*READY*'
            offer() {
                : > ./found
                zpty -n -w z "$1"$'\t'
                for i in {1..500}; do sleep 0.02; [[ $(wc -l < ./found) -gt 0 ]] && break; done
                head -n 1 ./found
            }"#
        }
        _ => {
            r#"source ./_ants-otp
            function offer; echo (complete -C "$argv[1]" | string split -f1 \t); end"#
        }
    }
}

#[test]
fn shells_offer_the_values_that_can_be_typed() {
    let cases = [
        ("ants-otp doc", "doctor"),
        ("ants-otp explain CODE_EX", "CODE_EXPIRED"),
        ("ants-otp explain 999", "9995 9996 9998 9999"),
        ("ants-otp capture bal", "balance"),
        ("ants-otp completion po", "powershell"),
        ("ants-otp balance --root-certificates bu", "bundled"),
        ("ants-otp request --notify-content-type application/x", "application/xml"),
        ("ants-otp try --language t", "th"),
        ("ants-otp sandbox --dialect spec", "specification"),
        ("ants-otp balance --ca-file a", "a certificate.pem"),
        ("ants-otp balance --env-file a", "a certificate.pem"),
    ];
    for shell in ["bash", "zsh", "fish"] {
        let lines = cases.map(|(line, _)| line);
        for ((line, expected), offered) in cases.iter().zip(offered(shell, &lines).into_iter().flatten()) {
            assert_eq!(offered.replace('\\', ""), *expected, "{shell}: {line}");
        }
    }
}

#[test]
fn no_text_of_the_users_own_is_completed_with_file_names() {
    let lines = ["ants-otp balance --user a", "ants-otp balance --otc-id a"];
    for offered in offered("bash", &lines).into_iter().flatten() {
        assert_eq!(offered, "a");
    }
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
