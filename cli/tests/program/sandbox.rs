//! `sandbox`: its one line, and when it ends.

use crate::{program, program_at, program_path, run};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A process that is killed at the end of its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn started(command: &mut Command) -> (Killed, BufReader<ChildStdout>, Value) {
    let mut child = Killed(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut out = BufReader::new(child.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    (child, out, serde_json::from_str(&line).unwrap())
}

fn messages(ready: &Value) -> std::io::Result<String> {
    let address = ready["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address)?;
    write!(stream, "GET /sandbox/messages HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn the_line_is_all_that_a_client_needs() {
    let (_sandbox, _out, ready) = started(program().arg("sandbox"));
    assert_eq!(ready.as_object().unwrap().len(), 4);
    let run = run(program_at(ready["url"].as_str().unwrap())
        .env("ANTS_OTP_USERNAME", ready["username"].as_str().unwrap())
        .env("ANTS_OTP_PASSWORD", ready["password"].as_str().unwrap())
        .env("ANTS_OTP_OTC_ID", ready["otc_id"].as_str().unwrap())
        .args(["request", "66812345678"]));
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(messages(&ready).unwrap().contains("66812345678"));
}

#[test]
fn the_port_is_the_one_asked_for_and_a_taken_one_is_refused() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let (_sandbox, _out, ready) = started(program().args(["sandbox", "--port", &port]));
    assert!(ready["url"].as_str().unwrap().ends_with(&format!(":{port}")));
    let second = run(program().args(["sandbox", "--port", &port]));
    assert_eq!((second.status, second.out.as_str()), (2, ""));
    assert!(second.err.contains(&format!("port {port} of 127.0.0.1 is in use")), "{}", second.err);
}

/// Whether this process ignores a signal, as its children then do: SIGINT where it runs in the background of a shell.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() >> (signal - 1) & 1 == 1
}

#[test]
fn sigterm_and_sigint_end_it_at_once() {
    for (name, number) in [("TERM", 15), ("INT", 2)].into_iter().filter(|(_, number)| !is_ignored(*number)) {
        let (mut sandbox, _out, _) = started(program().arg("sandbox"));
        let begun = Instant::now();
        assert!(Command::new("kill").args(["-s", name, &sandbox.0.id().to_string()]).status().unwrap().success());
        assert_eq!(sandbox.0.wait().unwrap().signal(), Some(number));
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}

/// A shell that starts the sandbox and waits for it: its parent.
fn in_a_shell(arguments: &str) -> (Killed, BufReader<ChildStdout>, Value) {
    let program = program_path().into_string().unwrap();
    let mut shell = Command::new("sh");
    started(shell.args(["-c", &format!("'{program}' sandbox {arguments} & wait")]).stdin(Stdio::null()))
}

#[test]
fn with_exit_with_parent_it_does_not_outlive_a_parent_that_is_killed() {
    let (mut shell, mut out, ready) = in_a_shell("--exit-with-parent");
    assert!(messages(&ready).is_ok());
    let begun = Instant::now();
    shell.0.kill().unwrap();
    shell.0.wait().unwrap();
    // Both hold the pipe's other end: it is at its end only when both have ended.
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(messages(&ready).is_err());
}

#[test]
fn with_exit_with_parent_it_outlives_the_thread_that_started_it() {
    let (_sandbox, _out, ready) =
        std::thread::spawn(|| started(program().args(["sandbox", "--exit-with-parent"]))).join().unwrap();
    std::thread::sleep(Duration::from_millis(400));
    assert!(messages(&ready).is_ok());
}

#[test]
fn dialect_and_database_are_the_ones_asked_for() {
    let file = std::env::temp_dir().join(format!("ants-otp-sandbox-{}.sqlite", std::process::id()));
    let arguments = ["sandbox", "--dialect", "thai,error-codes", "--database", file.to_str().unwrap()];
    let mut asked = Vec::new();
    for _ in 0..2 {
        let (_sandbox, _out, ready) = started(program().args(arguments));
        let as_user = |mobile: &str| {
            run(program_at(ready["url"].as_str().unwrap())
                .env("ANTS_OTP_USERNAME", ready["username"].as_str().unwrap())
                .env("ANTS_OTP_PASSWORD", ready["password"].as_str().unwrap())
                .env("ANTS_OTP_OTC_ID", ready["otc_id"].as_str().unwrap())
                .args(["request", mobile, "--json"]))
        };
        assert_eq!(as_user("66800000307").json()["service_message"], "หมายเลขไม่ถูกต้อง");
        assert_eq!(as_user("66812345678").status, 0);
        asked.push(messages(&ready).unwrap().matches("66812345678").count());
    }
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    assert!(asked[1] > asked[0], "{asked:?}");
    assert_eq!(run(program().args(["sandbox", "--dialect", "klingon"])).status, 2);
}

/// `ants-otp sandbox -- sh -c SCRIPT`.
fn with_command(script: &str) -> Command {
    let mut command = program();
    command.args(["sandbox", "--", "sh", "-c", script]);
    command
}

#[test]
fn a_command_finds_the_sandbox_and_nothing_of_the_callers_account() {
    let script = "env | grep ^ANTS_OTP_ | sort; $PROGRAM request 081-234-5678 --json; exit 7";
    let run = run(with_command(script)
        .env("PROGRAM", program_path())
        .env("ANTS_OTP_TOKEN", "t")
        .env("ANTS_OTP_PROXY", "http://proxy.example:3128")
        .env("ANTS_OTP_BASE_URL", "https://otp.example"));
    assert_eq!((run.status, run.err.as_str()), (7, ""));
    let lines: Vec<&str> = run.out.lines().collect();
    let names: Vec<&str> = lines[..4].iter().map(|line| line.split('=').next().unwrap()).collect();
    assert_eq!(names, ["ANTS_OTP_BASE_URL", "ANTS_OTP_OTC_ID", "ANTS_OTP_PASSWORD", "ANTS_OTP_USERNAME"]);
    let sent: Value = serde_json::from_str(lines[4]).unwrap();
    assert_eq!((lines.len(), &sent["code"]), (5, &0.into()), "standard output is the command's alone");
}

#[test]
fn a_signal_is_passed_on_to_the_command_and_its_end_is_told() {
    for (script, status) in
        [("trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done", 9), ("echo ready; exec sleep 60", 143)]
    {
        let mut child = with_command(script).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status), "{script}");
    }
    assert_eq!(run(&mut with_command("kill -KILL $$")).status, 128 + 9);
}

#[test]
fn a_command_that_is_not_there_is_told_as_a_shell_tells_it() {
    let missing = run(program().args(["sandbox", "--", "/nonexistent/command"]));
    assert!(missing.status == 127 && missing.err.contains("/nonexistent/command"), "{missing:?}");
    assert_eq!(run(program().args(["sandbox", "--", "/"])).status, 126);
}

/// A file of this test's own, removed at its end.
struct Config(std::path::PathBuf);

impl Config {
    fn new(name: &str, text: &str) -> Config {
        let path = std::env::temp_dir().join(format!("ants-otp-sandbox-{}-{name}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Config(path)
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A program of the account that the line of the sandbox names.
fn program_of(ready: &Value) -> Command {
    let text = |name: &str| ready[name].as_str().unwrap().to_owned();
    let mut command = program_at(&text("url"));
    command.env("ANTS_OTP_USERNAME", text("username")).env("ANTS_OTP_PASSWORD", text("password"));
    command.env("ANTS_OTP_OTC_ID", text("otc_id"));
    command
}

/// Asks the sandbox itself; the answer with its head.
fn ask(url: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    write!(stream, "{head}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn messages_json(ready: &Value) -> Value {
    let answer = messages(ready).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn every_setting_is_a_flag() {
    let flags = [
        "--codes",
        "00017,00018",
        "--clock",
        "2000-02-29T00:00:00Z",
        "--life",
        "0.5",
        "--sender",
        "SHOP",
        "--text",
        "{sender}: รหัสคือ {code} ({reference})",
        "--credit",
        "1",
        "--user",
        "shop",
        "--password",
        "it's",
        "--otc-id",
        "MINE",
        "--tries",
        "1",
        "--resend-limit",
        "0",
    ]; // fmt: skip
    let (_sandbox, _out, ready) = started(program().arg("sandbox").args(flags));
    assert_eq!([&ready["username"], &ready["password"], &ready["otc_id"]], ["shop", "it's", "MINE"]);
    let call = |arguments: &[&str]| run(program_of(&ready).args(arguments).arg("--json")).json();
    let otp_id = call(&["request", "081-234-5678"])["otp_id"].as_str().unwrap().to_owned();
    assert_eq!(call(&["resend", &otp_id])["code"], 304);
    assert_eq!(call(&["verify", &otp_id, "99999"])["code"], 304);
    assert_eq!(call(&["request", "081-234-5678"])["code"], 9995);
    assert_eq!(call(&["balance"])["type"], "prepaid");
    let message = &messages_json(&ready)[0];
    assert_eq!([&message["code"], &message["sent_at"]], ["00017", "2000-02-29T00:00:00Z"]);
    assert_eq!(message["text"], format!("SHOP: รหัสคือ 00017 ({})", message["reference_code"].as_str().unwrap()));

    let (_sandbox, _out, ready) = started(program().args(["sandbox", "--alphabet", "AB", "--code-length", "9"]));
    assert_eq!(run(program_of(&ready).args(["request", "081-234-5678"])).status, 0);
    let code = messages_json(&ready)[0]["code"].as_str().unwrap().to_owned();
    assert!(code.len() == 9 && code.bytes().all(|byte| byte == b'A' || byte == b'B'), "{code}");
}

#[test]
fn every_setting_is_a_key_of_a_file_and_a_flag_comes_first() {
    let config = Config::new(
        "all",
        r#"
        codes = ["11111"]
        sender = "FILE"
        username = "shop"
        password = "secret"
        otc-id = "MINE"

        [[account]]
        username = "other"
        password = "hidden"
        credit = 7

        [[config]]
        otc-id = "SECOND"
        text = "{sender} {code}"
        "#,
    );
    let (_sandbox, _out, ready) = started(program().args(["sandbox", "--codes", "22222", "--config"]).arg(&config.0));
    assert_eq!([&ready["username"], &ready["password"], &ready["otc_id"]], ["shop", "secret", "MINE"]);
    for otc_id in ["MINE", "SECOND"] {
        assert_eq!(run(program_of(&ready).args(["request", "081-234-5678", "--otc-id", otc_id])).status, 0);
    }
    let mut of_the_other = program_of(&ready);
    of_the_other.env("ANTS_OTP_USERNAME", "other").env("ANTS_OTP_PASSWORD", "hidden");
    assert_eq!(run(of_the_other.arg("balance")).out, "prepaid, credit 7\n");
    let messages = messages_json(&ready);
    assert!(messages[0]["text"].as_str().unwrap().starts_with("Your OTP is 22222 (ref: "), "{messages}");
    assert_eq!(messages[1]["text"], "FILE 22222");
}

#[test]
fn settings_that_cannot_work_end_with_2_and_a_sentence_that_says_what_to_do() {
    let unknown = Config::new("unknown", "code_length = 5");
    let cases: [(&[&str], &str); 17] = [
        (&["--token", "t"], "an [[account]]"),
        (&["--config", unknown.0.to_str().unwrap()], "did you mean code-length?"),
        (&["--config", "/nonexistent.toml"], "cannot read /nonexistent.toml"),
        (&["--host", "sandbox.example"], "write one of this machine's"),
        (&["--host", "192.0.2.1"], "choose another with --host"),
        (&["--allow-host", "http://sandbox"], "write the name alone"),
        (&["--cors-origin", "http://localhost:5173/"], "write an origin such as"),
        (&["--code-length", "0"], "it must be 1 to 32"),
        (&["--life", "0"], "it must be longer"),
        (&["--life", "-1"], "write a number of seconds"),
        (&["--tries", "0"], "at least 1"),
        (&["--alphabet", "0"], "at least two characters"),
        (&["--text", "no place"], "write {code} where it belongs"),
        (&["--clock", "tomorrow"], "write fixed, system, or a time"),
        (&["--credit", "much"], "write a decimal number"),
        (&["--codes", ""], "give at least one code"),
        (&["--user", "a:b"], "choose one without"),
    ];
    for (arguments, said) in cases {
        let run = run(program().arg("sandbox").args(arguments));
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{arguments:?}");
        assert!(run.err.contains(said), "{arguments:?}: {}", run.err);
    }
}

#[test]
fn the_database_of_the_program_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let path = std::env::temp_dir().join(format!("ants-otp-sandbox-{}-private.sqlite", std::process::id()));
    let (_sandbox, _out, _) = started(program().arg("sandbox").arg("--database").arg(&path));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn it_listens_on_ipv6_and_for_the_names_that_are_allowed() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let (_sandbox, _out, ready) = started(program().args(["sandbox", "--host", "::1", "--allow-host", "sandbox"]));
    let url = ready["url"].as_str().unwrap();
    assert!(url.starts_with("http://[::1]:"), "{url}");
    assert_eq!(run(program_of(&ready).args(["request", "081-234-5678"])).status, 0);
    for (host, status) in [("sandbox:1", "200"), ("other", "421"), (url.trim_start_matches("http://"), "200")] {
        let answer = ask(url, &format!("GET /sandbox/messages HTTP/1.1\r\nHost: {host}"));
        assert_eq!(answer.split(' ').nth(1), Some(status), "{host}");
    }
}

/// The program on a pseudo-terminal, and what it shows there, line by line.
struct OnTerminal(Killed, Receiver<String>);

impl OnTerminal {
    fn new(command: &mut Command) -> OnTerminal {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let path = ptsname(&terminal, Vec::new()).unwrap();
        let other = File::options().read(true).write(true).open(path.to_str().unwrap()).unwrap();
        let child = command.stdin(Stdio::null()).stdout(other.try_clone().unwrap()).stderr(other).spawn().unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            // At the end of the program, reading fails.
            let shown = BufReader::new(File::from(terminal)).lines().map_while(Result::ok);
            shown.take_while(|line| sender.send(line.clone()).is_ok()).count()
        });
        OnTerminal(Killed(child), lines)
    }

    fn line(&self) -> String {
        self.1.recv_timeout(PATIENCE).unwrap().trim_end().to_owned()
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn on_a_terminal_it_tells_what_to_paste_and_each_call() {
    for (no_color, green, yellow, end) in [("", "\x1b[32m", "\x1b[33m", "\x1b[0m"), ("1", "", "", "")] {
        let arguments = ["sandbox", "--clock", "fixed", "--password", "it's $1"];
        let mut command = program();
        command.args(arguments).env("NO_COLOR", no_color).env("TERM", "xterm").env("ANTS_OTP_TOKEN", "t");
        let terminal = OnTerminal::new(&mut command);
        let head: Vec<String> = (0..11).map(|_| terminal.line()).collect();
        let url = head[0].strip_prefix("The sandbox's inbox: ").unwrap().trim_end_matches('/').to_owned();
        let pasted = head[3..8].join("\n");
        assert!(head[10].is_empty() && head[9].starts_with("Stop it with Ctrl-C."), "{head:?}");

        // The exports are complete: pasted into a shell, they are all that the program needs.
        let script = format!(
            "{pasted}\n$PROGRAM request 081-234-5678; $PROGRAM verify 00000000-0000-4000-8000-000000000000 1; exit 0"
        );
        let shell =
            Command::new("sh").args(["-c", &script]).env("PROGRAM", program_path()).env("ANTS_OTP_TOKEN", "t").output();
        assert!(shell.unwrap().status.success());
        assert!(pasted.contains(&format!("unset ANTS_OTP_TOKEN\nexport ANTS_OTP_BASE_URL={url}\n")), "{pasted}");
        let unknown = "This account has no OTP with this otpId.";
        assert_eq!(terminal.line(), format!("00:00:00  request  66812345678  200  {green}OK{end}"));
        let line = format!("00:00:00  verify   -            200  {yellow}NO_DATA_AVAILABLE{end}  {unknown}");
        assert_eq!(terminal.line(), line);
        ask(&url, "POST /otp/x?a=%1b HTTP/1.1\r\nHost: x");
        let line = terminal.line();
        assert!(line.contains("POST /otp/x?a=%1b") && line.contains("ERR_HTTP_STATUS"), "{line}");
    }
}

#[test]
fn on_a_terminal_json_is_the_line_alone() {
    let terminal = OnTerminal::new(program().args(["sandbox", "--json"]));
    let ready: Value = serde_json::from_str(&terminal.line()).unwrap();
    assert_eq!(ready.as_object().unwrap().len(), 4);
}

#[test]
fn on_a_terminal_a_command_has_it_alone() {
    let mut command = with_command("echo one; $PROGRAM request 081-234-5678 --json >/dev/null; echo two");
    let mut terminal = OnTerminal::new(command.env("PROGRAM", program_path()));
    assert_eq!((terminal.line(), terminal.line()), ("one".to_owned(), "two".to_owned()));
    assert!(terminal.0.0.wait().unwrap().success());
}

/// In a container, where signals that nobody waits for do nothing to the first process.
#[test]
fn as_a_containers_first_process_it_ends_when_it_is_asked_to() {
    let mut unshare = Command::new("unshare");
    unshare.args(["--fork", "--pid", "--kill-child"]);
    let possible = Command::new("unshare").args(["--fork", "--pid", "true"]).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        let _ = writeln!(std::io::stderr(), "left out: it needs root and namespaces");
        return;
    }
    let (mut container, _out, ready) = started(unshare.arg(program_path()).arg("sandbox"));
    assert!(messages(&ready).is_ok());
    let children = format!("/proc/{0}/task/{0}/children", container.0.id());
    let first: i32 = std::fs::read_to_string(children).unwrap().trim().parse().unwrap();
    kill_process(Pid::from_raw(first).unwrap(), Signal::TERM).unwrap();
    let begun = Instant::now();
    let ended = loop {
        match container.0.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if begun.elapsed() > PATIENCE => break None,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
}

/// What docs/sandbox.md shows in its fenced blocks of this language.
fn shown(language: &str) -> Vec<&'static str> {
    let blocks = include_str!("../../../docs/sandbox.md").split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[test]
fn the_file_that_the_page_shows_is_one() {
    let [text] = shown("toml")[..] else { panic!("one file") };
    let database = std::env::temp_dir().join(format!("ants-otp-sandbox-{}-page.sqlite", std::process::id()));
    let text = text.replace("port = 8025", "port = 0").replace("sandbox.sqlite", database.to_str().unwrap());
    let config = Config::new("page", &text);
    let (_sandbox, _out, ready) = started(program().args(["sandbox", "--config"]).arg(&config.0));
    assert_eq!(ready["username"], "shop");
    assert_eq!(run(program_of(&ready).args(["request", "081-234-5678"])).status, 0);
    let message = &messages_json(&ready)[0];
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", database.display()));
    }
    assert!(message["text"].as_str().unwrap().starts_with("SHOP: รหัส OTP ของคุณคือ 00017 (รหัสอ้างอิง: "), "{message}");
}

#[test]
fn the_commands_of_the_recipes_for_containers_start() {
    let image = include_str!("../../../Dockerfile").lines().find_map(|line| line.strip_prefix("CMD ")).unwrap();
    let recipes = shown("yaml").into_iter().flat_map(str::lines);
    let commands: Vec<&str> = recipes.filter_map(|line| line.trim().strip_prefix("command: ")).chain([image]).collect();
    assert_eq!(commands.len(), 3);
    for command in commands {
        let arguments: Vec<String> = serde_json::from_str(&command.replace("8025", "0")).unwrap();
        let (_sandbox, _out, ready) = started(program().args(&arguments));
        assert_eq!(run(program_of(&ready).arg("balance")).status, 0, "{command}");
        let own_name = ask(ready["url"].as_str().unwrap(), "GET /sandbox/messages HTTP/1.1\r\nHost: otp:8025");
        assert_eq!(own_name.starts_with("HTTP/1.1 200"), command.contains("--allow-host"), "{command}");
    }
}

#[test]
fn waiting_for_one_in_the_background_ends_where_its_port_is_taken() {
    let recipe = shown("sh").into_iter().find(|recipe| recipe.contains("until ")).unwrap();
    let folder = std::env::temp_dir().join(format!("ants-otp-sandbox-{}-background", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let in_shell = |port: u16| {
        let program = program_path().into_string().unwrap();
        let script = recipe.replace("ants-otp", &program).replace("8025", &port.to_string());
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{script}\nkill $!; cat sandbox.json")]).current_dir(&folder);
        run(&mut shell)
    };
    let busy = in_shell(taken.local_addr().unwrap().port());
    assert!(busy.status != 0 && busy.out.is_empty() && busy.err.contains("is in use"), "{busy:?}");
    let free = in_shell(0);
    assert!(free.status == 0 && free.out.contains("127.0.0.1"), "{free:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}
