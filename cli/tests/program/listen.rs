//! `listen`: reports in both forms are shown, their text is not, and what is none is refused.

use crate::{Watchdog, program, run};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);

struct Listening {
    child: Child,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
    address: String,
    _watchdog: Watchdog,
}

impl Listening {
    fn start(arguments: &[&str]) -> Listening {
        let mut child = program()
            .args(["listen", "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (BufReader::new(child.stdout.take().unwrap()), BufReader::new(child.stderr.take().unwrap()));
        let _watchdog = Watchdog::over(&child);
        let mut listening = Listening { child, out, err, address: String::new(), _watchdog };
        let banner = listening.told();
        listening.address = banner.split(['/', ' ']).find(|word| word.contains("127.0.0.1:")).unwrap().to_owned();
        listening
    }

    /// A line of standard error.
    fn told(&mut self) -> String {
        let mut line = String::new();
        self.err.read_line(&mut line).unwrap();
        line
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// The HTTP status of the answer.
    fn send(&self, method: &str, content_type: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let head = format!(
            "{method} /any HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        );
        // A body that is too long may be refused while it is sent.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or_default().to_owned()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const AS_JSON: &str = r#"{"bulkId":"b","details":[{"messageId":"m","to":"66812345678","text":"code 71828","status":{"code":"000","name":"DELIVERED"}}],"callbackData":"order 7"}"#;
const AS_XML: &str = "<r><details><messageId>n</messageId><to>66812345678</to><text>code 71828</text>\
    <status><name>EXPIRED</name></status></details></r>";

#[test]
fn reports_in_json_and_xml_are_a_line_each_without_their_text() {
    let mut listening = Listening::start(&[]);
    assert_eq!(listening.send("POST", "application/json", AS_JSON), "200");
    let report = listening.line();
    assert_eq!(
        [
            &report["message_id"],
            &report["status_name"],
            &report["text"],
            &report["callback_data"],
            &report["is_delivered"]
        ],
        [&json!("m"), &json!("DELIVERED"), &json!("***"), &json!("order 7"), &json!(true)]
    );
    assert_eq!(listening.send("POST", "application/xml", AS_XML), "200");
    let report = listening.line();
    assert_eq!((&report["status_name"], &report["text"]), (&json!("EXPIRED"), &json!("***")));
}

#[test]
fn the_text_is_shown_when_it_is_asked_for_and_the_count_ends_it() {
    let mut listening = Listening::start(&["--show-text", "--count", "1"]);
    assert_eq!(listening.send("POST", "", AS_JSON), "200");
    assert_eq!(listening.line()["text"], "code 71828");
    assert!(listening.child.wait().unwrap().success());
}

#[test]
fn what_is_no_report_is_refused_and_ends_nothing() {
    let mut listening = Listening::start(&[]);
    assert_eq!(listening.send("GET", "", ""), "405");
    assert_eq!(listening.send("POST", "application/json", "{}"), "400");
    let told = listening.told();
    assert!(told.contains("HTTP 400") && told.contains("no delivery report"), "{told}");
    let long = format!("{{\"details\":[],\"x\":\"{}\"}}", "x".repeat(1 << 21));
    listening.send("POST", "application/json", &long);
    let told = listening.told();
    assert!(told.contains("HTTP 413") && told.contains("1 MiB"), "{told}");
    assert_eq!(listening.send("POST", "application/json", AS_JSON), "200");
    assert_eq!(listening.line()["message_id"], "m");
}

#[test]
fn the_sandboxs_report_arrives() {
    let sandbox = ants_otp_sandbox::Sandbox::builder().report_delay(std::time::Duration::ZERO).start().unwrap();
    let mut listening = Listening::start(&[]);
    let url = format!("http://{}/report", listening.address);
    let arguments = ["request", crate::MOBILE, "--notify-url", &url, "--callback-data", "order 7"];
    assert_eq!(run(crate::program_for(&sandbox).args(arguments)).status, 0);
    let report = listening.line();
    assert_eq!((&report["status_name"], &report["callback_data"]), (&json!("DELIVERED"), &json!("order 7")));
}

/// A server that answers each request so, and gives out what it was sent.
fn target(answer: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?key=1", listener.local_addr().unwrap());
    let (sender, posted) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut bytes) = (Vec::new(), [0; 4096]);
            while !request.ends_with(b"\"order 7\"}") {
                let read = stream.read(&mut bytes).unwrap();
                request.extend_from_slice(&bytes[..read]);
            }
            sender.send(String::from_utf8(request).unwrap()).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, posted)
}

#[test]
fn a_report_is_forwarded_unchanged_and_the_targets_answer_is_told() {
    let (url, posted) = target("HTTP/1.1 500 No\r\nContent-Length: 11\r\n\r\nout of\x07\nink");
    let mut listening = Listening::start(&["--forward-to", &url, "--count", "1"]);
    assert_eq!(listening.send("POST", "application/json", AS_JSON), "200");
    assert_eq!(listening.line()["message_id"], "m");
    let request = posted.recv_timeout(PATIENCE).unwrap();
    assert!(request.starts_with("POST /hook?key=1 HTTP/1.1\r\n") && request.ends_with(AS_JSON), "{request}");
    assert!(request.to_ascii_lowercase().contains("\r\ncontent-type: application/json\r\n"), "{request}");
    let told = listening.told();
    let shown = url.split('?').next().unwrap();
    assert!(told.contains(&format!("forwarded to {shown}: 500 ")) && told.contains(": out of\u{fffd} ink"), "{told:?}");
    assert!(listening.child.wait().unwrap().success(), "all is passed on before the end");
}

#[test]
fn a_target_that_is_away_or_silent_keeps_neither_the_service_nor_other_reports_waiting() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut listening = Listening::start(&["--forward-to", &format!("http://{closed}/")]);
    assert_eq!(listening.send("POST", "application/json", AS_JSON), "200");
    let told = listening.told();
    assert!(told.contains("not forwarded to") && told.contains("refused"), "{told}");
    // It takes connections, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut listening = Listening::start(&["--forward-to", &format!("http://{}/", silent.local_addr().unwrap())]);
    let begun = Instant::now();
    let answers: Vec<String> = (0..70).map(|_| listening.send("POST", "application/json", AS_JSON)).collect();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    let taken = answers.iter().filter(|status| *status == "200").count();
    assert!((60..70).contains(&taken) && answers.last().unwrap() == "503", "what is too much is refused: {answers:?}");
    assert!(listening.told().contains("refused with HTTP 503"));
}

#[test]
fn who_reads_the_output_slowly_keeps_no_sender_waiting_for_long() {
    // Nobody reads the pipe, which takes 64 KiB.
    let listening = Listening::start(&[]);
    let report = AS_JSON.replace("order 7", &"x".repeat(50_000));
    let begun = Instant::now();
    let answers: Vec<String> = (0..2).map(|_| listening.send("POST", "application/json", &report)).collect();
    assert_eq!(answers, ["200", "503"]);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn reports_are_forwarded_over_tls_to_a_server_that_is_trusted() {
    let (url, ca_file) = crate::doctor::tls_service(90, "");
    let mut trusting = Listening::start(&["--forward-to", &url, "--ca-file", ca_file.to_str().unwrap()]);
    std::fs::remove_file(&ca_file).unwrap();
    assert_eq!(trusting.send("POST", "application/json", AS_JSON), "200");
    let told = trusting.told();
    assert!(told.contains(&format!("ants-otp: forwarded to {url}/: 200 OK")), "{told}");
    let mut wary = Listening::start(&["--forward-to", &url]);
    assert_eq!(wary.send("POST", "application/json", AS_JSON), "200");
    let told = wary.told();
    assert!(told.contains("not forwarded") && told.contains("ertificate"), "{told}");
    let refused = run(program().args(["listen", "--forward-to", &url, "--ca-file", "/nonexistent.pem"]));
    assert!(refused.status == 2 && refused.err.contains("--ca-file /nonexistent.pem: No such file"), "{refused:?}");
}

#[test]
fn reports_are_forwarded_over_http_to_this_machine_and_over_https_alone_elsewhere() {
    let (port, own) = (TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string(), "itself");
    for (url, why) in [
        ("ftp://127.0.0.1/", "http:// or https://"),
        ("127.0.0.1:80", "http:// or https://"),
        ("http://me:hunter2@127.0.0.1/", "leave it out"),
        ("http://localhost.example/", "--allow-plain-http"),
        (&format!("http://127.0.0.1:{port}/"), own),
        (&format!("http://localhost:{port}/"), own),
    ] {
        let refused = run(program().args(["listen", "--port", &port, "--forward-to", url]));
        assert!(refused.status == 2 && refused.err.contains(why), "{url}: {refused:?}");
    }
}

#[test]
fn a_command_reads_each_report_and_its_exit_status_is_told() {
    let script = "read line; echo \"$ANTS_OTP_REPORT_STATUS $ANTS_OTP_REPORT_TO $ANTS_OTP_REPORT_MESSAGE_ID \
                  $ANTS_OTP_REPORT_CALLBACK_DATA $line\"; exit 3";
    let mut listening = Listening::start(&["--exec", script, "--count", "1"]);
    let report = AS_JSON.replace("order 7", "$(touch /tmp/x) `id` \\u0007");
    assert_eq!(listening.send("POST", "application/json", &report), "200");
    let shown = listening.line();
    assert_eq!(shown["text"], "***");
    let printed = listening.told();
    let (variables, json) = printed.split_at(printed.find('{').unwrap());
    assert_eq!(variables, "DELIVERED 66812345678 m $(touch /tmp/x) `id` \u{fffd} ");
    assert_eq!(serde_json::from_str::<Value>(json).unwrap(), shown, "as it was shown");
    assert_eq!(listening.told(), "ants-otp: exec, DELIVERED to 66812345678: exit status 3\n");
    let mut rest = String::new();
    listening.out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "standard output is for reports alone");
}

#[test]
fn commands_run_a_few_at_once_and_the_service_does_not_wait_for_them() {
    let mut listening = Listening::start(&["--exec", "sleep 1.5", "--count", "8"]);
    let begun = Instant::now();
    for _ in 0..8 {
        assert_eq!(listening.send("POST", "application/json", AS_JSON), "200");
    }
    assert!(begun.elapsed() < Duration::from_millis(1400), "{:?}", begun.elapsed());
    let statuses: Vec<String> = (0..8).map(|_| listening.told()).collect();
    assert!(statuses.iter().all(|told| told.ends_with(": exit status 0\n")), "{statuses:?}");
    assert!(begun.elapsed() > Duration::from_millis(2900), "8 commands, 4 at once: {:?}", begun.elapsed());
    assert!(listening.child.wait().unwrap().success());
}
