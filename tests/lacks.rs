//! What a process may lack: calls without a free descriptor say so, and work again with one.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::Client;
use std::fs::File;
use std::process::Command;
use std::time::Duration;
use support::tls::{Authority, Folder};
use support::{OTC_ID, OTP_ID, Server, VERIFIED, http};

/// Not a test of its own: [`without_a_free_descriptor_calls_say_so_and_nothing_is_sent`] runs it.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn without_descriptors_child() {
    let Ok(url) = std::env::var("ANTS_TEST_URL") else { return };
    let options = |url: &str| {
        let options = Client::builder().base_url(url).credentials("user", "password").otc_id(OTC_ID);
        options.timeout(Duration::from_secs(10)).max_retries(0)
    };
    let clients = [
        ("name", options("https://otp.invalid").build().unwrap()),
        ("connect", options(&url).build().unwrap()),
        ("proxy", options("https://otp.invalid").proxy("http://proxy.invalid:3128").build().unwrap()),
    ];
    let say = |what: &str, outcome: Result<i32, ants_otp::Error>| match outcome {
        Ok(code) => println!("\n{what}: {code}"),
        Err(error) => println!("\n{what}: {:?} {error}", error.delivery()),
    };
    let verify = |client: &Client| client.verify(OTP_ID, "79895").map(|verification| verification.code().number());
    let taken: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(taken.len() < 100, "the limit holds");
    for (what, client) in &clients {
        say(what, verify(client));
    }
    say("roots", options(&url).root_certificates("system").build().map(|_| 0));
    say("ca_file", options(&url).ca_file("/etc/passwd").build().map(|_| 0));
    drop(taken);
    say("again", verify(&clients[1].1));
}

#[test]
fn without_a_free_descriptor_calls_say_so_and_nothing_is_sent() {
    const LACK: &str = "too many open files: raise its limit (ulimit -n), or close some";
    let server = Server::answering(http(200, VERIFIED));
    let folder = Folder::new();
    let roots = folder.file("roots.pem", Authority::new().pem());
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 40; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "without_descriptors_child", "--ignored", "--nocapture", "--test-threads=1"])
        .env("ANTS_TEST_URL", server.url())
        .env("SSL_CERT_FILE", roots)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let expected = [
        ("name", "NotSent", "otp.invalid", "(ERR_RESOLVE -10)"),
        ("connect", "NotSent", "No connection", "(ERR_CONNECT -11)"),
        ("proxy", "NotSent", "proxy.invalid", "(ERR_PROXY -13)"),
    ];
    for (what, delivery, words, code) in expected {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{what}: "))).unwrap_or_default();
        let said = line.starts_with(delivery) && line.ends_with(code) && line.contains(words) && line.contains(LACK);
        assert!(said, "{what}: {line}\n{text}");
    }
    for what in ["roots", "ca_file"] {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{what}: "))).unwrap_or_default();
        assert!(line.contains("Too many open files") && line.ends_with("-3)"), "{what}: {line}\n{text}");
    }
    assert!(text.lines().any(|line| line == "again: 0"), "{text}");
    assert_eq!(server.seen().len(), 1);
}
