//! Calls against the sandbox, and against services that fail: outcome, JSON and exit status.

use crate::{MOBILE, Run, program_at, program_for, run, run_typing};
use ants_otp::Code;
use ants_otp_sandbox::Sandbox;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;

/// A service whose every connection gets these bytes once something was asked; none: it says nothing and hangs up.
fn service(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4096];
            while !asked.contains(&b'}') && stream.read(&mut asked).unwrap() > 0 {}
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

fn requested(sandbox: &Sandbox) -> String {
    let run = run(program_for(sandbox).args(["request", MOBILE, "--json"]));
    run.json()["otp_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_person_is_verified() {
    let sandbox = Sandbox::builder().start().unwrap();
    let sent = run(program_for(&sandbox).args(["request", "081-234-5678", "--json"]));
    assert_eq!(sent.status, 0);
    let (sent, message) = (sent.json(), &sandbox.messages()[0]);
    assert_eq!(
        sent,
        json!({
            "command": "request", "ok": true, "code": 0, "name": "OK", "delivery": "ANSWERED", "otp_id": message.otp_id, "otc_id": sandbox.otc_id(),
            "reference_code": message.reference_code, "message": sent["message"], "description": sent["description"],
        })
    );
    let verified = run(program_for(&sandbox).args(["verify", &message.otp_id, &message.code, "--json"]));
    assert_eq!(verified.status, 0);
    assert_eq!(
        verified.json(),
        json!({
            "command": "verify", "ok": true, "code": 0, "name": "OK", "delivery": "ANSWERED", "status": "verified", "result": true,
            "is_error_count": false, "is_expr_code": false,
        })
    );
}

#[test]
fn text_for_people_names_the_reference_and_the_otp_id() {
    let sandbox = Sandbox::builder().start().unwrap();
    let run = run(program_for(&sandbox).args(["request", MOBILE]));
    let message = &sandbox.messages()[0];
    assert_eq!(run.out, format!("SMS sent, reference {}\notp id {}\n", message.reference_code, message.otp_id));
    assert_eq!((run.status, run.err.as_str()), (0, ""));
}

#[test]
fn the_code_may_come_from_standard_input() {
    let sandbox = Sandbox::builder().start().unwrap();
    let otp_id = requested(&sandbox);
    let code = sandbox.last_code(MOBILE).unwrap();
    let run = run_typing(program_for(&sandbox).args(["verify", &otp_id]), format!(" {code}\r\nmore\n").as_bytes());
    assert_eq!((run.status, run.out.as_str(), run.err.as_str()), (0, "Verified.\n", ""));
}

#[test]
fn standard_input_without_a_usable_code_is_refused() {
    let sandbox = Sandbox::builder().start().unwrap();
    for typed in [b"".as_slice(), b"\n", b"\xff\xfe\n", b"1\x002\n", &[b'1'; 9999]] {
        let run = run_typing(program_for(&sandbox).args(["verify", "some-id", "--json"]), typed);
        assert_eq!((run.status, &run.json()["code"], &run.json()["delivery"]), (2, &json!(-1), &json!("NOT_SENT")));
    }
}

#[test]
fn a_wrong_code_is_a_no_with_status_1() {
    let sandbox = Sandbox::builder().start().unwrap();
    let otp_id = requested(&sandbox);
    let code = sandbox.last_code(MOBILE).unwrap();
    let wrong = if code == "00000" { "11111" } else { "00000" };
    let text = run(program_for(&sandbox).args(["verify", &otp_id, wrong]));
    assert_eq!((text.status, text.out.as_str()), (1, "wrong_code: The OTP code is wrong.\n"));
    let no = run(program_for(&sandbox).args(["verify", &otp_id, wrong, "--json"]));
    assert_eq!(no.status, 1);
    assert_eq!(
        no.json(),
        json!({
            "command": "verify", "ok": false, "advice": Code::WrongCode.advice(),
            "user_text": { "en": Code::WrongCode.user_text("en"), "th": Code::WrongCode.user_text("th") },
            "code": 1, "name": "WRONG_CODE", "delivery": "ANSWERED", "message": "The OTP code is wrong.",
            "service_message": "", "service_description": "", "service_code": null, "http_status": 200,
            "retry_after": null, "safe_to_retry": false, "status": "wrong_code", "result": false, "is_error_count": false,
            "is_expr_code": false,
        })
    );
}

#[test]
fn a_resend_by_its_id_or_by_the_configuration_gives_the_id_to_go_on_with() {
    let sandbox = Sandbox::builder().start().unwrap();
    let first = requested(&sandbox);
    let again = run(program_for(&sandbox).args(["resend", &first, "--json"]));
    assert_eq!(again.json()["otp_id"].as_str().unwrap(), sandbox.messages()[1].otp_id);
    let newest = run(program_for(&sandbox).args(["resend", "--json"]));
    assert_eq!(newest.json()["otp_id"].as_str().unwrap(), sandbox.messages()[2].otp_id);
}

#[test]
fn balance() {
    let sandbox = Sandbox::builder().start().unwrap();
    let json = run(program_for(&sandbox).args(["balance", "--json"])).json();
    assert_eq!((&json["code"], &json["type"]), (&json!(0), &json!("postpaid")));
    let text = run(program_for(&sandbox).args(["balance"]));
    assert_eq!(text.out, format!("postpaid, credit {}\n", json["credit"].as_str().unwrap()));
}

#[test]
fn a_refusal_keeps_the_services_words_and_its_wish_to_wait() {
    let sandbox = Sandbox::builder().start().unwrap();
    let refused = run(program_for(&sandbox).args(["request", "66800000429", "--json"]));
    assert_eq!(refused.status, 1);
    let json = refused.json();
    assert_eq!(json["code"], 429);
    assert_eq!(json["delivery"], "ANSWERED");
    assert_eq!(json["http_status"], 429);
    assert_eq!(json["retry_after"], 30.0);
    assert!(!json["service_message"].as_str().unwrap().is_empty());
    let text = run(program_for(&sandbox).args(["request", "66800000429"]));
    assert_eq!((text.status, text.out.as_str()), (1, ""));
    for part in ["ants-otp: ", "(RATE_LIMITED 429)", "HTTP status 429", "ANSWERED", "30 s", "advice"] {
        assert!(text.err.contains(part), "{part}: {}", text.err);
    }
}

#[test]
fn wrong_credentials_are_a_no() {
    let sandbox = Sandbox::builder().start().unwrap();
    let run = run(program_for(&sandbox).env("ANTS_OTP_PASSWORD", "wrong").args(["balance", "--json"]));
    assert_eq!((run.status, &run.json()["code"]), (1, &json!(9998)));
}

#[test]
fn what_is_refused_here_has_status_2() {
    let sandbox = Sandbox::builder().start().unwrap();
    let cases: [(&[&str], i32); 8] = [
        (&["request", "12"], -2),
        (&["request", ""], -2),
        (&["request", MOBILE, "--timeout", "0"], -3),
        (&["request", MOBILE, "--timeout", "601"], -3),
        (&["request", MOBILE, "--base-url", "https://host:70000"], -3),
        (&["request", MOBILE, "--base-url", "http://192.0.2.1"], -3),
        (&["request", MOBILE, "--ca-file", "/no/such/file"], -3),
        (&["request", MOBILE, "--notify-url", "nowhere"], -3),
    ];
    for (arguments, code) in cases {
        let run = run(program_for(&sandbox).args(arguments).arg("--json"));
        let json = run.json();
        assert_eq!((run.status, &json["code"], &json["delivery"]), (2, &json!(code), &json!("NOT_SENT")), "{json}");
        assert_eq!(json["safe_to_retry"], false);
    }
    assert!(sandbox.messages().is_empty());
}

#[test]
fn what_is_refused_here_is_told_without_advice_and_as_not_sent_once() {
    let sandbox = Sandbox::builder().start().unwrap();
    let run = run(program_for(&sandbox).args(["request", "12"]));
    assert_eq!(run.err.lines().count(), 2, "{}", run.err);
    assert_eq!(run.err.matches("sent").count(), 1, "{}", run.err);
    assert!(run.err.ends_with("delivery    NOT_SENT: rejected before anything was sent\n"), "{}", run.err);
}

#[test]
fn what_was_not_sent_has_status_3() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = run(program_at(&format!("http://{closed}")).args(["request", MOBILE, "--max-retries", "0", "--json"]));
    assert_eq!((run.status, &run.json()["code"], &run.json()["delivery"]), (3, &json!(-11), &json!("NOT_SENT")));
    assert_eq!(run.json()["safe_to_retry"], true);
}

#[test]
fn what_may_have_been_sent_has_status_4() {
    let cut = |run: &Run, code: i32| {
        let json = run.json();
        assert_eq!((run.status, &json["code"], &json["delivery"]), (4, &json!(code), &json!("UNKNOWN")), "{json}");
        assert_eq!(json["safe_to_retry"], false);
    };
    cut(&run(program_at(&service("")).args(["request", MOBILE, "--json"])), -21);
    cut(&run(program_at(&service("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n")).args(["balance", "--json"])), -30);
    cut(&run(program_at(&service("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")).args(["balance", "--json"])), -31);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    cut(&run(program_at(&url).args(["request", MOBILE, "--timeout", "0.2", "--json"])), -20);
}

#[test]
fn verbose_tells_each_call_without_its_secrets() {
    let sandbox = Sandbox::builder().start().unwrap();
    let run = run(program_for(&sandbox).args(["request", MOBILE, "--verbose"]));
    assert!(run.err.contains("request to") && run.err.contains("5678"), "{}", run.err);
    assert!(!run.err.contains(MOBILE) && !run.err.contains(sandbox.password()));
}

/// The otp id is paid for: it is told where it can be told, and the status is none of success.
#[test]
fn a_result_that_cannot_be_written_goes_to_standard_error() {
    let sandbox = Sandbox::builder().start().unwrap();
    for (arguments, told) in [(&["request", MOBILE][..], "otp id"), (&["request", "--json", MOBILE], "\"otp_id\"")] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = program_for(&sandbox).args(arguments).stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{err}");
        assert!(err.contains("No space left") && err.contains(told), "{err}");
        assert!(err.contains(&sandbox.messages().last().unwrap().otp_id), "{err}");
    }
    // A status that tells what became of the call stays.
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let wrong = program_for(&sandbox).args(["verify", "x", "0", "--json"]).stdout(full).output().unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    assert_eq!(program_for(&sandbox).arg("--help").stdout(full).status().unwrap().code(), Some(5));
}

#[test]
fn a_signal_ends_a_call_with_its_delivery() {
    for signal in [Signal::INT, Signal::TERM] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut request = program_at(&format!("http://{}", listener.local_addr().unwrap()));
        request.args(["request", MOBILE, "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = request.spawn().unwrap();
        // It answers nothing. Once the whole request is there, the call waits for the answer.
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4096];
        while !asked.contains(&b'}') && stream.read(&mut asked).unwrap() > 0 {}
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{output:?}");
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&told["code"], &told["delivery"]), (&(-22).into(), &"UNKNOWN".into()));
    }
}
