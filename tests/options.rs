//! Options that cannot work are refused before anything is sent, each with a sentence that says what to change; the
//! environment fills in what code has not set.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::{Call, Client, Code, Delivery, Error, Options};
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;
use std::time::Duration;
use support::{OTP_ID, SENT, Server, http};

#[track_caller]
fn assert_refused<T>(result: Result<T, Error>, code: Code, word: &str) {
    let error = result.map(drop).expect_err(word);
    assert_eq!((error.code(), error.delivery()), (code, Delivery::NotSent), "{error}");
    assert!(error.message().contains(word), "{word:?} is not in {:?}", error.message());
}

fn good() -> Options {
    Client::builder().credentials("user", "password")
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let long = "x".repeat(1 << 20);
    let cases: Vec<(&str, Options)> = vec![
        ("credentials", Client::builder()),
        ("ANTS_OTP_TOKEN", Client::builder()),
        ("both", good().token("token")),
        ("colon", Client::builder().credentials("us:er", "password")),
        ("user name", Client::builder().credentials("", "password")),
        ("password", Client::builder().credentials("user", "")),
        ("password", Client::builder().credentials("user", "pass\nword")),
        ("password", Client::builder().credentials("user", &long)),
        ("token", Client::builder().token("to ken")),
        ("token", Client::builder().token("โทเคน")),
        ("scheme", good().base_url("api-service.example.com")),
        ("credentials", good().base_url("https://user:password@example.com")),
        ("port", good().base_url("https://example.com:70000")),
        ("unencrypted", good().base_url("http://example.com")),
        ("base_url", good().base_url(&long)),
        ("otc_id", good().otc_id(" ")),
        ("otc_id", good().otc_id("a\u{85}b")),
        ("timeout", good().timeout(Duration::ZERO)),
        ("timeout", good().timeout(Duration::MAX)),
        ("connect_timeout", good().connect_timeout(Duration::from_secs(601))),
        ("idle_timeout", good().idle_timeout(Duration::ZERO)),
        ("country_code", good().country_code("066")),
        ("ca_file", good().ca_file("")),
        ("ca_file", good().ca_file("/no/such/file.pem")),
        ("no certificate", good().ca_file(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))),
        ("client_certificate", good().client_certificate("/no/such.pem", "/no/such.key")),
        ("client_certificate", good().client_certificate("", "key")),
        ("root_certificates", good().root_certificates("all")),
        ("proxy", good().proxy("proxy:8080")),
        ("max_idle_connections", good().max_idle_connections(4097)),
        ("max_retries", good().max_retries(3)),
        ("user_agent", good().user_agent("a\r\nb: c")),
        ("user_agent", good().user_agent("é")),
        ("async_threads", good().async_threads(0)),
    ];
    for (word, options) in cases {
        assert_refused(options.build(), Code::InvalidOption, word);
    }
}

#[test]
fn a_refused_setting_stands_until_it_is_set_well() {
    let options = good().proxy("nonsense").timeout(Duration::ZERO);
    assert!(options.problem().unwrap().contains("timeout"));
    let options = options.timeout(Duration::from_secs(1));
    assert!(options.problem().unwrap().contains("proxy"));
    assert!(options.build().is_err(), "never a silent direct connection");
    assert!(options.proxy("http://127.0.0.1:3128").build().is_ok());
}

#[test]
fn arguments_that_cannot_work_are_refused_before_anything_is_sent() {
    let server = Server::answering(http(200, SENT));
    let client = server.client();
    let long = "1".repeat(1 << 20);
    for mobile in ["", "abc", "12345", "0812345678\0", &long] {
        assert_refused(client.request(mobile), Code::InvalidMobile, "mobile");
    }
    for id in ["", " ", "a\nb", &long] {
        assert_refused(client.resend(id), Code::InvalidArgument, "otp_id");
        assert_refused(client.verify(id, "1"), Code::InvalidArgument, "otp_id");
    }
    for code in ["", "\t", "1\u{0}2", &long] {
        assert_refused(client.verify(OTP_ID, code), Code::InvalidArgument, "OTP code");
    }
    for (word, call) in [
        ("otc_id", Call::new().otc_id("")),
        ("notify_url", Call::new().notify_url("ftp://example.com")),
        ("notify_url", Call::new().notify_url("https://")),
        ("notify_content_type", Call::new().notify_content_type("text/plain")),
        ("callback_data", Call::new().callback_data(&long)),
        ("timeout", Call::new().timeout(Duration::ZERO)),
        ("timeout", Call::new().timeout(Duration::MAX)),
    ] {
        assert_refused(client.request_with(support::MOBILE, &call), Code::InvalidOption, word);
        assert_refused(client.verify_with(OTP_ID, "1", &call), Code::InvalidOption, word);
    }
    let without = support::options(&server.url());
    let without = Options::clone(&without).otc_id("").build();
    assert_refused(without, Code::InvalidOption, "otc_id");
    let without = Client::builder().base_url(server.url()).credentials("user", "password").build().unwrap();
    assert_refused(without.request(support::MOBILE), Code::InvalidArgument, "ANTS_OTP_OTC_ID");
    assert_refused(without.resend_newest(&Call::new()), Code::InvalidArgument, "otc_id");
    assert_eq!(server.connections(), 0);
}

/// Runs the ignored test `name` in a process with this environment alone.
fn with_environment(name: &str, variables: &[(&str, &str)]) {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", name])
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn the_environment_fills_in_what_code_has_not_set() {
    let server = Server::answering(http(200, SENT));
    let url = server.url();
    let all = [
        ("ANTS_OTP_USERNAME", "user"),
        ("ANTS_OTP_PASSWORD", "password"),
        ("ANTS_OTP_BASE_URL", &url),
        ("ANTS_OTP_OTC_ID", "from-env"),
        ("ANTS_OTP_PROXY", ""),
    ];
    with_environment("from_the_environment", &all);
    let seen = server.seen();
    assert!(seen[0].head.contains("Basic dXNlcjpwYXNzd29yZA==") && seen[0].body.contains("from-env"), "{seen:?}");
    with_environment("credentials_in_code_replace_the_environments", &all);
    with_environment(
        "credentials_in_code_replace_the_environments",
        &[("ANTS_OTP_TOKEN", "t"), ("ANTS_OTP_BASE_URL", &url)],
    );
    for name in ["USERNAME", "PASSWORD", "BASE_URL", "OTC_ID", "PROXY"] {
        let run = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "a_variable_that_is_not_utf_8"])
            .env_clear()
            .envs(all)
            .env(format!("ANTS_OTP_{name}"), std::ffi::OsStr::from_bytes(b"x\xFF"))
            .output()
            .unwrap();
        assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stdout));
    }
    with_environment("half_of_the_credentials", &all[..1]);
    with_environment("half_of_the_credentials", &all[1..2]);
}

#[test]
#[ignore = "run in an environment of its own"]
fn from_the_environment() {
    assert!(Client::from_env().unwrap().request(support::MOBILE).is_ok());
}

#[test]
#[ignore = "run in an environment of its own"]
fn credentials_in_code_replace_the_environments() {
    assert!(Options::new().credentials("other", "password").load_env().build().is_ok());
    assert!(Options::new().load_env().credentials("other", "password").build().is_ok());
    assert!(Options::new().load_env().token("other").build().is_ok());
    assert_refused(Options::new().load_env().credentials("a:b", "c").build(), Code::InvalidOption, "colon");
    assert_refused(Options::new().credentials("a:b", "c").load_env().build(), Code::InvalidOption, "colon");
}

#[test]
#[ignore = "run in an environment of its own"]
fn a_variable_that_is_not_utf_8() {
    assert_refused(Client::from_env(), Code::InvalidOption, "is not UTF-8");
}

#[test]
#[ignore = "run in an environment of its own"]
fn half_of_the_credentials() {
    assert_refused(Client::from_env(), Code::InvalidOption, "ANTS_OTP_");
    assert!(Options::new().load_env().token("other").build().is_ok());
}
