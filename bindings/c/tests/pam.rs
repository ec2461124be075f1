//! `examples/pam`, a second factor for logins, through libpam and pamtester: who gets in, and that nobody else does.
#![allow(clippy::unwrap_used)] // a panic is a test's report

extern crate otp as ants_otp;

mod common;
#[path = "../../../tests/support/namespace.rs"]
mod namespace;
#[path = "../../../tests/support/mod.rs"]
mod support;

use ants_otp_sandbox::{Codes, Sandbox};
use namespace::{PLACE, STRANGER};
use std::io::Write as _;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use support::{Next, SENT, Server, VERIFIED, http};

const USER: &str = "somchai";
const RIGHT: &str = "24680";
const WRONG: &str = "13579";
const CONFIG: &str = "ants-otp.conf";
const NUMBERS: &str = "numbers";

// As pam_strerror(3) says them.
const NO_INFO: &str = "cannot retrieve authentication info";
const NO_TRIES: &str = "exhausted maximum number of retries";
const REFUSED: &str = "Authentication failure";
const NO_USER: &str = "User not known";

/// The module in namespaces of its own, with a sandbox and the log.
struct Login {
    sandbox: Sandbox,
    log: UnixDatagram,
}

/// What a login came to.
#[derive(Debug)]
struct Outcome {
    entered: bool,
    said: String,
    log: String,
}

impl Outcome {
    #[track_caller]
    fn is(&self, said: &str) {
        assert!(!self.entered && self.said.contains(said), "{said}: {self:?}");
    }
}

impl Login {
    /// None where this process is not in namespaces of its own: the test is run again there.
    fn new(test: &str) -> Option<Login> {
        let built = namespace::enter(test, || module().to_owned())?;
        let library = common::scratch("lib").join(common::soname());
        namespace::program(&library, &common::soname(), 0o644);
        namespace::program(&built, "pam_ants_otp.so", 0o644);
        let pamtester = Path::new("/usr/bin/pamtester");
        namespace::program(pamtester, "setuid", 0o4755);
        namespace::run(Command::new("mount").args(["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/etc/pam.d"]));
        for (service, arguments) in [("login", ""), ("hidden", "no_echo"), ("mistaken", "no-echo")] {
            let line = format!("auth required {PLACE}/pam_ants_otp.so config={PLACE}/{CONFIG} {arguments}\n");
            std::fs::write(Path::new("/etc/pam.d").join(service), line).unwrap();
        }
        // libpam complains of its absence.
        std::fs::write("/etc/pam.d/other", "auth required pam_deny.so\n").unwrap();
        let sandbox = Sandbox::builder().codes(Codes::fixed(RIGHT)).start().unwrap();
        let login = Login { log: log(), sandbox };
        login.configure(login.sandbox.url(), "");
        numbers(&format!("# name and number\nroot 081-111-1111\n{USER}   +66 81 234 5678 \nsomchai2 0899999999\n"));
        Some(login)
    }

    /// Writes the configuration, with `more` at its end.
    fn configure(&self, url: &str, more: &str) {
        let (user, password, otc_id) = (self.sandbox.username(), self.sandbox.password(), self.sandbox.otc_id());
        config(&format!(
            "# The account\nusername {user}\n\tpassword  {password}\r\notc_id {otc_id}\nbase_url {url}\n\nnumbers {PLACE}/{NUMBERS}\n{more}"
        ));
    }

    /// Somebody logs in and types these lines.
    fn with(&self, typed: &str) -> Outcome {
        self.run(Command::new("pamtester").args(["login", USER, "authenticate"]), typed)
    }

    fn run(&self, command: &mut Command, typed: &str) -> Outcome {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // It may have ended without asking.
        let _ = stdin.write_all(typed.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let mut log = String::new();
        let mut line = [0; 4096];
        while let Ok(length) = self.log.recv(&mut line) {
            log.push_str(&String::from_utf8_lossy(&line[..length]));
            log.push('\n');
        }
        for secret in [RIGHT, WRONG, self.sandbox.password(), "234 5678", "66812345678"] {
            assert!(!log.contains(secret), "{secret} stands in the log: {log}");
        }
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        Outcome { entered: output.status.success(), said, log }
    }

    fn messages(&self) -> usize {
        self.sandbox.messages().len()
    }
}

/// The module, which finds its library in the namespaces.
fn module() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| compiled("gcc"))
}

fn compiled(vendor: &str) -> PathBuf {
    let path = common::scratch("programs").join(format!("pam_ants_otp-{vendor}.so"));
    let mut compiler = common::compiler_of(vendor, "gnu99");
    compiler.args(["-g", "-O2", "-fPIC", "-shared"]).arg(common::root().join("examples/pam/pam_ants_otp.c"));
    compiler.arg("-o").arg(&path).arg("-L").arg(common::library());
    namespace::run(compiler.args(["-lants_otp", "-lpam", "-Wl,-z,defs", &format!("-Wl,-rpath,{PLACE}")]));
    path
}

/// The system's log, in a /dev with the devices that programs need.
fn log() -> UnixDatagram {
    let dev = Path::new(PLACE).join("dev");
    std::fs::create_dir(&dev).unwrap();
    for device in ["null", "zero", "random", "urandom"] {
        std::fs::write(dev.join(device), "").unwrap();
        let real = Path::new("/dev").join(device);
        namespace::run(Command::new("mount").arg("--bind").arg(real).arg(dev.join(device)));
    }
    namespace::run(Command::new("mount").arg("--rbind").arg(dev).arg("/dev"));
    let log = UnixDatagram::bind("/dev/log").unwrap();
    log.set_nonblocking(true).unwrap();
    namespace::mode(Path::new("/dev/log"), 0o666);
    log
}

fn config(text: &str) {
    namespace::mode(&namespace::file(CONFIG, text), 0o600);
}

fn numbers(text: &str) {
    namespace::mode(&namespace::file(NUMBERS, text), 0o600);
}

#[test]
fn both_compilers_take_it_without_a_warning() {
    assert!(module().exists() && compiled("clang").exists());
}

#[test]
fn the_right_code_lets_in_and_the_sms_goes_to_the_number_of_the_map() {
    let Some(login) = Login::new("the_right_code_lets_in_and_the_sms_goes_to_the_number_of_the_map") else { return };
    let outcome = login.with(&format!("{RIGHT}\n"));
    assert!(outcome.entered, "{outcome:?}");
    let messages = login.sandbox.messages();
    assert_eq!((messages.len(), messages[0].mobile.as_str()), (1, "66812345678"));
    let prompt = format!("Code from the SMS, reference {}: ", messages[0].reference_code);
    assert!(outcome.said.contains(&prompt) && outcome.log.is_empty(), "{outcome:?}");
    let hidden = login.run(Command::new("pamtester").args(["hidden", USER, "authenticate"]), &format!(" {RIGHT} \n"));
    assert!(hidden.entered, "{hidden:?}");
    let whole = ["login", USER, "authenticate", "setcred(PAM_ESTABLISH_CRED)"];
    assert!(login.run(Command::new("pamtester").args(whole), &format!("{RIGHT}\n")).entered);
}

#[test]
fn a_wrong_code_is_asked_for_again_without_another_sms_and_not_for_ever() {
    let Some(login) = Login::new("a_wrong_code_is_asked_for_again_without_another_sms_and_not_for_ever") else {
        return;
    };
    let outcome = login.with(&format!("{WRONG}\n{RIGHT}\n"));
    assert!(outcome.entered && outcome.said.contains("The OTP code is wrong."), "{outcome:?}");
    assert!(outcome.log.contains("verify: ANTS_OTP_WRONG_CODE"), "{outcome:?}");
    assert_eq!(login.messages(), 1);
    // The right one comes too late.
    let wrong = format!("{WRONG}\n");
    login.with(&format!("{}{RIGHT}\n", wrong.repeat(3))).is(NO_TRIES);
    assert_eq!(login.messages(), 2);
}

#[test]
fn nobody_gets_in_without_a_code() {
    let Some(login) = Login::new("nobody_gets_in_without_a_code") else { return };
    for typed in ["", "\n", " \n", &format!("\n{RIGHT}\n")] {
        login.with(typed).is(REFUSED);
    }
    let sent = login.messages();
    for user in ["nobody", "somchai3", "somcha", "#", "", "root 081-111-1111"] {
        let outcome = login.run(Command::new("pamtester").args(["login", user, "authenticate"]), &format!("{RIGHT}\n"));
        assert!(!outcome.entered, "{user}: {outcome:?}");
    }
    login.run(Command::new("pamtester").args(["login", "nobody", "authenticate"]), "").is(NO_USER);
    assert_eq!(login.messages(), sent, "nobody without a number gets an SMS");
}

#[test]
fn files_that_others_could_change_or_read_are_not_used() {
    let Some(login) = Login::new("files_that_others_could_change_or_read_are_not_used") else { return };
    for name in [CONFIG, NUMBERS] {
        let path = Path::new(PLACE).join(name);
        for rights in [0o620, 0o602, 0o604, 0o666, 0o660, 0o4662] {
            namespace::mode(&path, rights);
            let outcome = login.with(&format!("{RIGHT}\n"));
            outcome.is(NO_INFO);
            assert!(outcome.log.contains("must belong to root") && outcome.log.contains(name), "{outcome:?}");
        }
        namespace::mode(&path, 0o600);
        std::os::unix::fs::chown(&path, Some(STRANGER), None).unwrap();
        login.with(&format!("{RIGHT}\n")).is(NO_INFO);
        std::os::unix::fs::chown(&path, Some(0), None).unwrap();
        let real = path.with_extension("real");
        std::fs::rename(&path, &real).unwrap();
        login.with(&format!("{RIGHT}\n")).is(NO_INFO);
        std::os::unix::fs::symlink(&real, &path).unwrap();
        login.with(&format!("{RIGHT}\n")).is(NO_INFO);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        login.with(&format!("{RIGHT}\n")).is(NO_INFO);
        std::fs::remove_dir(&path).unwrap();
        namespace::run(Command::new("mkfifo").args(["-m", "600"]).arg(&path));
        login.with(&format!("{RIGHT}\n")).is(NO_INFO);
        std::fs::remove_file(&path).unwrap();
        std::fs::rename(&real, &path).unwrap();
        // root's group may read it.
        namespace::mode(&path, 0o640);
        assert!(login.with(&format!("{RIGHT}\n")).entered, "{name}");
    }
    assert_eq!(login.messages(), 2);
}

#[test]
fn settings_that_cannot_be_used_let_nobody_in() {
    let Some(login) = Login::new("settings_that_cannot_be_used_let_nobody_in") else { return };
    for (more, said) in [
        ("user_name x", "\"user_name\" is no setting"),
        ("numbers", "\"numbers\" is no setting, or has no value"),
        ("base_url ftp://example.com", "base_url"),
        ("base_url http://example.com", "unencrypted"),
        ("token also", "both a user name and a token"),
        ("ca_file /no/such/file.pem", "ca_file"),
        ("numbers /no/such/file", "/no/such/file"),
        ("otc_id unknown", "INVALID_OTP_CONFIG"),
        ("password wrong", "AUTHENTICATION_FAILED"),
    ] {
        login.configure(login.sandbox.url(), more);
        let outcome = login.with(&format!("{RIGHT}\n"));
        outcome.is(NO_INFO);
        assert!(outcome.log.contains(said), "{more}: {outcome:?}");
    }
    for (text, said) in [("", "\"numbers\" is missing"), ("otc_id\0x y", "it is no text")] {
        config(text);
        let outcome = login.with(&format!("{RIGHT}\n"));
        outcome.is(NO_INFO);
        assert!(outcome.log.contains(said), "{outcome:?}");
    }
    login.configure(login.sandbox.url(), "");
    numbers(&format!("{USER} 12\n"));
    login.with(&format!("{RIGHT}\n")).is(NO_INFO);
    login.run(Command::new("pamtester").args(["mistaken", USER, "authenticate"]), &format!("{RIGHT}\n")).is(NO_INFO);
    assert_eq!(login.messages(), 0);
}

/// A service that says everything but a clean "verified".
#[test]
fn a_service_that_fails_or_talks_nonsense_lets_nobody_in() {
    let Some(login) = Login::new("a_service_that_fails_or_talks_nonsense_lets_nobody_in") else { return };
    let other = VERIFIED.replace("0c342e74", "ffffffff");
    let answers: [(&'static str, Vec<u8>, &str); 8] = [
        ("cut", Vec::new(), NO_INFO),
        ("half", http(200, VERIFIED)[..80].to_vec(), NO_INFO),
        ("503", http(503, VERIFIED), NO_INFO),
        ("garbage", http(200, "<html>verified</html>"), NO_INFO),
        ("another's", http(200, other), NO_INFO),
        ("expired", http(200, VERIFIED.replace("\"isExprCode\":false", "\"isExprCode\":true")), REFUSED),
        ("over limit", http(200, VERIFIED.replace("isErrorCount\":false", "isErrorCount\":true")), NO_TRIES),
        ("wrong", http(200, VERIFIED.replace("result\":true", "result\":false")), NO_TRIES),
    ];
    for (what, answer, said) in answers {
        let service = Server::start(move |seen, stream| {
            let answer = if seen.head.contains("requestOTP") { &http(200, SENT) } else { &answer };
            let _ = stream.write_all(answer);
            // Elsewhere the next try would now and then meet a connection that is just being closed.
            if ["cut", "half"].contains(&what) { Next::Close } else { Next::Keep }
        });
        login.configure(&service.url(), "");
        let outcome = login.with(&format!("{RIGHT}\n").repeat(3));
        assert!(!outcome.entered && outcome.said.contains(said), "{what}: {outcome:?}");
    }
    login.configure("http://127.0.0.1:1", "");
    login.with(&format!("{RIGHT}\n")).is(NO_INFO);
}

/// su and sudo: the application is setuid, and its caller a stranger.
#[test]
fn the_caller_of_a_setuid_application_leads_it_nowhere() {
    let Some(login) = Login::new("the_caller_of_a_setuid_application_leads_it_nowhere") else { return };
    let stranger = Server::answering(http(200, VERIFIED));
    let setuid = |typed: &str| {
        let mut command = Command::new(Path::new(PLACE).join("setuid"));
        command.args(["login", USER, "authenticate"]).uid(STRANGER).gid(STRANGER).env_clear();
        for (name, value) in [
            ("ANTS_OTP_BASE_URL", stranger.url()),
            ("ANTS_OTP_USERNAME", "user".to_owned()),
            ("ANTS_OTP_PASSWORD", "password".to_owned()),
            ("ANTS_OTP_OTC_ID", "OTC".to_owned()),
            ("ANTS_OTP_PROXY", format!("http://{}", stranger.address)),
            ("HTTPS_PROXY", format!("http://{}", stranger.address)),
        ] {
            command.env(name, value);
        }
        login.run(&mut command, typed)
    };
    let outcome = setuid(&format!("{RIGHT}\n"));
    assert!(outcome.entered, "{outcome:?}");
    setuid("\n").is(REFUSED);
    config(&format!("numbers {PLACE}/{NUMBERS}\n"));
    let outcome = setuid(&format!("{RIGHT}\n"));
    outcome.is(NO_INFO);
    assert!(outcome.log.contains("since this program runs setuid"), "{outcome:?}");
    assert_eq!((stranger.connections(), login.messages()), (0, 2));
}

#[test]
fn its_memory_is_clean_under_valgrind() {
    let Some(login) = Login::new("its_memory_is_clean_under_valgrind") else { return };
    let watched = |typed: &str| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
        login.run(valgrind.args(["pamtester", "login", USER, "authenticate"]), typed)
    };
    let outcome = watched(&format!("{WRONG}\n{RIGHT}\n"));
    assert!(outcome.entered, "{outcome:?}");
    namespace::mode(&Path::new(PLACE).join(NUMBERS), 0o666);
    watched("").is(NO_INFO);
}
