//! `listen`: reports in both forms are shown, their text is not, and what is none is refused.

use crate::program;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Stdio};

struct Listening {
    child: Child,
    out: BufReader<ChildStdout>,
    address: String,
}

impl Listening {
    fn start(arguments: &[&str]) -> Listening {
        let mut child = program().args(["listen", "--json"]).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut listening = Listening { child, out, address: String::new() };
        let url = listening.line()["url"].as_str().unwrap().to_owned();
        listening.address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        listening
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
    assert!(listening.line()["problem"].as_str().unwrap().contains("no delivery report"));
    let long = format!("{{\"details\":[],\"x\":\"{}\"}}", "x".repeat(1 << 21));
    listening.send("POST", "application/json", &long);
    assert!(listening.line()["problem"].as_str().unwrap().contains("1 MiB"));
    assert_eq!(listening.send("POST", "application/json", AS_JSON), "200");
    assert_eq!(listening.line()["message_id"], "m");
}

#[test]
fn the_sandboxs_report_arrives() {
    let sandbox = ants_otp_sandbox::Sandbox::builder().report_delay(std::time::Duration::ZERO).start().unwrap();
    let mut listening = Listening::start(&[]);
    let url = format!("http://{}/report", listening.address);
    let arguments = ["request", crate::MOBILE, "--notify-url", &url, "--callback-data", "order 7"];
    assert_eq!(crate::run(crate::program_for(&sandbox).args(arguments)).status, 0);
    let report = listening.line();
    assert_eq!((&report["status_name"], &report["callback_data"]), (&json!("DELIVERED"), &json!("order 7")));
}
