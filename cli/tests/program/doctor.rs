//! `doctor`: a line for each step, and the exit status of a call that fails for the same reason. No SMS is sent.

use crate::{Run, program, program_at, program_for, run};
use ants_otp_sandbox::{Account, Sandbox};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

fn doctor(command: &mut Command) -> (i32, Value) {
    let run = run(command.args(["doctor", "--json"]));
    (run.status, run.json())
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["check"] == name).unwrap_or(&Value::Null)
}

/// Answers a balance over TLS, with a certificate that ends in so many days.
pub(crate) fn tls_service(days: u64, head: &'static str) -> (String, std::path::PathBuf) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, authority_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = (SystemTime::now() + Duration::from_secs(days * 86_400 + 3_600)).into();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let ca_file = std::env::temp_dir().join(format!("ants-otp-doctor-{}-{port}.pem", std::process::id()));
    std::fs::write(&ca_file, authority.pem()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(session, stream.unwrap());
            // The look at the way says nothing; the call does.
            let mut asked = [0; 4096];
            while !asked.contains(&b'}') && stream.read(&mut asked).is_ok_and(|read| read > 0) {}
            if asked.contains(&b'}') {
                let body = r#"{"type":"prepaid","credit":0}"#;
                let _ = write!(stream, "HTTP/1.1 200 OK\r\n{head}Content-Length: {}\r\n\r\n{body}", body.len());
            }
        }
    });
    (format!("https://localhost:{port}"), ca_file)
}

#[test]
fn all_is_well_with_a_sandbox_and_no_sms_is_sent() {
    let sandbox = Sandbox::builder().start().unwrap();
    let (status, report) = doctor(&mut program_for(&sandbox));
    assert_eq!((status, &report["status"]), (0, &json!("ok")), "{report}");
    for name in ["settings", "dns", "tcp", "clock", "account"] {
        assert_eq!(check(&report, name)["status"], "ok", "{name}: {report}");
    }
    assert_eq!(check(&report, "account")["details"]["type"], "postpaid");
    assert!(sandbox.messages().is_empty());
}

#[test]
fn settings_are_shown_with_where_they_were_found_and_without_secrets() {
    let sandbox = Sandbox::builder().start().unwrap();
    let mut command = program_for(&sandbox);
    let Run { status, out, .. } = run(command.args(["doctor", "--otc-id", "abc"]));
    assert_eq!(status, 0);
    for part in
        ["(ANTS_OTP_BASE_URL)", "(ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD)", "otc id: abc (--otc-id)", "bundled (default)"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains(sandbox.password()));
    let proxied = run(program_for(&sandbox).args(["doctor", "--proxy", "http://me:hunter2@127.0.0.1:9"]));
    assert!(
        proxied.out.contains("http://***@127.0.0.1:9 (--proxy)") && !proxied.out.contains("hunter2"),
        "{}",
        proxied.out
    );
    assert_eq!(proxied.status, 3);
}

#[test]
fn the_proxy_s_line_tells_which_one_calls_take() {
    let sandbox = Sandbox::builder().start().unwrap();
    let proxy = "http://me:hunter2@127.0.0.1:9";
    let unused = "is set, but not used";
    let (here, elsewhere) = (sandbox.url(), "https://nowhere.invalid");
    for (url, name, asked, line) in [
        (here, "ANTS_OTP_PROXY", false, format!("none (ANTS_OTP_PROXY {unused} for a base URL on this machine)")),
        (here, "HTTPS_PROXY", true, format!("none (HTTPS_PROXY {unused} for a base URL on this machine)")),
        (here, "all_proxy", true, format!("none (all_proxy {unused} for a base URL on this machine)")),
        (here, "HTTPS_PROXY", false, format!("none (HTTPS_PROXY {unused} without --proxy-from-env)")),
        (elsewhere, "ANTS_OTP_PROXY", false, "http://***@127.0.0.1:9 (ANTS_OTP_PROXY)".to_owned()),
        (elsewhere, "ALL_PROXY", true, "http://***@127.0.0.1:9 (ALL_PROXY, unless NO_PROXY".to_owned()),
    ] {
        let mut command = program_for(&sandbox);
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
            command.env_remove(name);
        }
        command.env(name, proxy).env("ANTS_OTP_BASE_URL", url).arg("doctor");
        let run = run(command.args(asked.then_some("--proxy-from-env")));
        assert!(run.out.contains(&format!("proxy: {line}")) && !run.out.contains("hunter2"), "{name}: {}", run.out);
        // As the line says: the way is free to the sandbox, and through the proxy it is not.
        let expected = if url == elsewhere { (3, "(the proxy)") } else { (0, "(the service): connected") };
        assert!(run.status == expected.0 && run.out.contains(expected.1), "{name}: {}", run.out);
    }
}

#[test]
fn what_is_missing_is_a_failure_and_the_way_is_looked_at_all_the_same() {
    let sandbox = Sandbox::builder().start().unwrap();
    let (status, report) = doctor(program().env("ANTS_OTP_BASE_URL", sandbox.url()));
    assert_eq!((status, &report["failures"]), (2, &json!(1)), "{report}");
    assert_eq!(check(&report, "tcp")["status"], "ok");
    assert_eq!(check(&report, "account"), &Value::Null);
}

#[test]
fn each_failure_has_the_status_of_a_call_and_advice() {
    let sandbox = Sandbox::builder().start().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut wrong = program_for(&sandbox);
    wrong.env("ANTS_OTP_PASSWORD", "wrong");
    let cases = [
        (wrong, "account", 1),
        (program_at(&format!("http://{closed}")), "tcp", 3),
        (program_at("https://nowhere.invalid"), "dns", 3),
        (program_at(&sandbox.url().replace("http://", "https://")), "tls", 3),
        (program_at("ftp://host"), "settings", 2),
    ];
    for (mut command, name, expected) in cases {
        let (status, report) = doctor(&mut command);
        assert_eq!((status, &report["status"]), (expected, &json!("failure")), "{report}");
        let failed: Vec<_> =
            report["checks"].as_array().unwrap().iter().filter(|it| it["status"] == "failure").collect();
        assert_eq!((failed.len(), &failed[0]["check"]), (1, &json!(name)), "{report}");
        // What cannot be set says itself what to do.
        assert_eq!(failed[0]["advice"].as_str().unwrap().is_empty(), name == "settings", "{report}");
    }
}

#[test]
fn certificates_clock_and_credit_are_warnings() {
    let (url, ca_file) = tls_service(5, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    let (status, report) = doctor(program_at(&url).arg("--ca-file").arg(&ca_file));
    let text = run(program_at(&url).arg("doctor").arg("--ca-file").arg(&ca_file));
    std::fs::remove_file(&ca_file).unwrap();
    assert_eq!((status, &report["status"]), (0, &json!("warning")), "{report}");
    assert_eq!(check(&report, "tls")["details"]["version"], "TLS 1.3");
    let certificate = check(&report, "certificate");
    assert_eq!((&certificate["status"], &certificate["details"]["days_left"]), (&json!("warning"), &json!(5)));
    assert_eq!(certificate["details"]["names"], json!(["localhost"]));
    for name in ["clock", "account"] {
        assert_eq!(check(&report, name)["status"], "warning", "{report}");
    }
    assert!(text.out.contains("ahead of the service's") && text.out.contains("what to do"), "{}", text.out);
}

#[test]
fn a_certificate_with_time_left_is_well_and_an_untrusted_one_is_shown() {
    let (url, ca_file) = tls_service(90, "");
    let (_, trusted) = doctor(program_at(&url).arg("--ca-file").arg(&ca_file));
    std::fs::remove_file(&ca_file).unwrap();
    assert_eq!(check(&trusted, "certificate")["status"], "ok", "{trusted}");
    let (status, untrusted) = doctor(&mut program_at(&url));
    assert_eq!((status, &check(&untrusted, "tls")["status"]), (3, &json!("failure")), "{untrusted}");
    assert_eq!(check(&untrusted, "certificate")["details"]["days_left"], 90);
}

#[test]
fn what_is_left_out_of_a_ca_file_is_a_warning() {
    let (url, ca_file) = tls_service(90, "");
    let broken = "-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n";
    std::fs::write(&ca_file, format!("{broken}{}", std::fs::read_to_string(&ca_file).unwrap())).unwrap();
    let (_, report) = doctor(program_at(&url).args(["--root-certificates", "none", "--ca-file"]).arg(&ca_file));
    std::fs::remove_file(&ca_file).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let warning = checks.iter().find(|check| check["status"] == "warning").unwrap();
    let message = warning["message"].as_str().unwrap();
    assert!(message.starts_with("left out of ca_file: 1 unreadable certificate, of 2 in all; number 1"), "{message}");
    assert_eq!(check(&report, "tls")["status"], "ok");
}

#[test]
fn a_prepaid_account_without_credit_is_a_warning() {
    let account = Account::basic("poor", "secret").prepaid(0);
    let sandbox = Sandbox::builder().account(account).start().unwrap();
    let mut command = program_for(&sandbox);
    let (status, report) = doctor(command.env("ANTS_OTP_USERNAME", "poor").env("ANTS_OTP_PASSWORD", "secret"));
    assert_eq!((status, &check(&report, "account")["status"]), (0, &json!("warning")), "{report}");
}

/// A port of this machine on which nothing listens, in IPv4 and IPv6.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn one_cause_is_told_once_for_all_addresses() {
    let (status, report) = doctor(&mut program_at(&format!("http://localhost:{}", closed_port())));
    assert_eq!((status, &report["failures"], &report["warnings"]), (3, &json!(1), &json!(0)), "{report}");
    assert!(check(&report, "tcp")["message"].as_str().unwrap().contains("127.0.0.1:"), "{report}");
}

#[test]
fn a_sandbox_needs_no_more_than_one_address() {
    let sandbox = Sandbox::builder().start().unwrap();
    let mut command = program_for(&sandbox);
    let (status, report) = doctor(command.env("ANTS_OTP_BASE_URL", sandbox.url().replace("127.0.0.1", "localhost")));
    assert_eq!((status, &report["status"]), (0, &json!("ok")), "{report}");
}

/// Answers each request so.
fn web_server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    url
}

#[test]
fn a_base_url_where_something_else_answers_is_a_warning() {
    let sandbox = Sandbox::builder().start().unwrap();
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\n<html>";
    let no_post = "HTTP/1.1 501 No\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";
    let moved = "HTTP/1.1 301 Moved\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n";
    let none = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    for (url, told) in [
        (format!("{}/wrong/path", sandbox.url()), "HTTP 404"),
        (web_server(page), "a web page answered instead of the service (HTTP 200)"),
        (web_server(no_post), "a web page answered instead of the service (HTTP 501)"),
        (web_server(moved), "redirects elsewhere (HTTP 301)"),
        (web_server(none), "no /account/balance at this base URL (HTTP 404)"),
    ] {
        let (status, report) = doctor(program_for(&sandbox).env("ANTS_OTP_BASE_URL", &url));
        let account = check(&report, "account");
        assert_eq!((status, &account["status"]), (0, &json!("warning")), "{report}");
        assert!(account["message"].as_str().unwrap().contains(told), "{report}");
        let text = run(program_for(&sandbox).env("ANTS_OTP_BASE_URL", &url).arg("doctor"));
        assert!(text.out.ends_with("No failures; warnings: 1.\n"), "nobody says that calls work: {}", text.out);
    }
}
