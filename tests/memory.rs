//! Nothing of a password, token, OTP code or SMS is left in memory behind the calls that used it: a process of its own makes
//! calls of every kind and outcome with secrets that it wipes itself, and then looks through all of its memory for them. The
//! service, which holds them too, is this process.
#![allow(clippy::unwrap_used)] // a panic is a test's report

#[path = "support/repeating.rs"]
mod repeating;
#[path = "support/memory.rs"]
mod scan;
mod support;

use ants_otp::{Call, Cancel, Client, Options, RawAnswer, Record, Workers, parse_delivery_report};
use repeating::{CASES, Repeats, answer};
use scan::{Hidden, find};
use std::process::Command;
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;
use support::proxy::{HttpProxy, SocksProxy};
use support::tls::{Authority, Folder, TLS12, TLS13, TlsServer, config};
use support::{MOBILE, OTC_ID, OTP_ID, Server, VERIFIED, http};
use zeroize::Zeroizing;

const USER: &str = "someone";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const SMALL: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

// The process that calls.

struct Secrets {
    code: Hidden,
    password: Hidden,
    token: Hidden,
    basic: Hidden,
}

impl Secrets {
    fn new(long: bool) -> Secrets {
        let length = |short, long_one| if long { long_one } else { short };
        let password = Hidden::random("the password", length(6, 40), LETTERS);
        Secrets {
            code: Hidden::random("the code", length(6, 24), SMALL),
            token: Hidden::random("the token", length(7, 64), LETTERS),
            basic: password.in_basic("the Basic credentials", USER),
            password,
        }
    }

    fn all(&self) -> [&Hidden; 4] {
        [&self.code, &self.password, &self.token, &self.basic]
    }
}

/// Options with the credentials, user name and password or token.
fn options(secrets: &Secrets, url: &str, case: &str, with_token: bool) -> Options {
    let options = Client::builder().base_url(format!("{url}/{case}")).otc_id(OTC_ID).timeout(Duration::from_secs(5));
    let options = match std::env::var_os("ANTS_TEST_CA") {
        Some(path) => options.ca_file(path),
        None => options,
    };
    let options = options.log(|_, line| assert!(!line.is_empty()));
    match with_token {
        true => options.token(&*secrets.token.reveal()),
        false => options.credentials(USER, &*secrets.password.reveal()),
    }
}

/// A verify in each of its ways, and the other calls.
fn calls(secrets: &Secrets, client: &Client, case: &str) {
    let timeout = Duration::from_millis(if case == "silent" { 100 } else { 3000 });
    let plain = Call::new().timeout(timeout);
    let full = plain.clone().callback_data("x".repeat(3000)).notify_url("https://example.com/n?a=b");
    let stopped = |call: &Call| if case == "cancelled" { fired_soon(call) } else { call.clone() };
    let code = secrets.code.reveal();
    for call in [&plain, &full] {
        drop(client.verify_with(OTP_ID, &code, &stopped(call)));
    }
    let thai: Zeroizing<String> = thai(&code);
    drop(client.verify_with(OTP_ID, &thai, &stopped(&plain)));
    drop(client.verify_with(OTP_ID, &code, &stopped(&plain)).and_then(ants_otp::Verification::into_result));
    let kept: Arc<OnceLock<RawAnswer>> = Arc::default();
    drop(client.verify_with(OTP_ID, &code, &stopped(&full).keep_answer(&kept)));
    if let Some(answer) = kept.get() {
        assert!(!answer.body().contains("nothing"), "it is looked at");
        drop(answer.headers());
    }
    let record = Record::new();
    drop(client.verify_with(OTP_ID, &code, &stopped(&full).record(&record)));
    drop((record.sent(), record.received(), record));
    let interrupted = stopped(&plain).interrupt(|| true);
    drop(client.verify_with(OTP_ID, &code, &interrupted));
    drop(code);
    begun(secrets, client, stopped(&full));
    drop(client.request_with(MOBILE, &stopped(&plain)));
    drop(client.resend_with(OTP_ID, &stopped(&plain)));
    drop(client.resend_newest(&stopped(&plain)));
    drop(client.balance_with(&stopped(&plain)));
    let own = stopped(&plain).credentials(USER, &secrets.password.reveal());
    drop(client.balance_with(&own));
    let own = stopped(&plain).token(&secrets.token.reveal());
    drop(client.balance_with(&own));
}

/// Digits as a Thai person may type them.
fn thai(code: &str) -> Zeroizing<String> {
    let mut thai = Zeroizing::new(String::with_capacity(3 * code.len()));
    for c in code.chars() {
        thai.push(c.to_digit(10).and_then(|digit| char::from_u32('๐' as u32 + digit)).unwrap_or(c));
    }
    // Not ASCII, whatever the code is.
    thai.push('๑');
    thai
}

fn fired_soon(call: &Call) -> Call {
    let cancel = Cancel::new();
    let call = call.clone().cancel(&cancel);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(40));
        cancel.fire();
    });
    call
}

/// A verify on another thread.
fn begun(secrets: &Secrets, client: &Client, call: Call) {
    let workers = Workers::new(1);
    let (done, told) = mpsc::channel();
    let (code, own) = (secrets.code.reveal(), client.clone());
    let job = move |turn: ants_otp::Result<Call>| {
        let outcome = turn.and_then(|call| own.verify_with(OTP_ID, &code, &call));
        drop((outcome, code));
        done.send(()).unwrap();
    };
    workers.submit(client, call, job).unwrap();
    told.recv().unwrap();
}

fn report(what: &str, found: &[String]) {
    for place in found {
        // The test's name may stand before it in the line.
        println!("\nleft: {what}: {place}");
    }
}

#[test]
#[ignore = "run by the tests below, in a process of its own"]
fn caller() {
    let (url, long) = (std::env::var("ANTS_TEST_URL").unwrap(), std::env::var_os("ANTS_TEST_LONG").is_some());
    let only = std::env::var("ANTS_TEST_CASE").ok();
    let secrets = Secrets::new(long);
    assert_eq!(find(&secrets.all()), [""; 0], "found without any call");
    for case in CASES.into_iter().filter(|case| only.as_ref().is_none_or(|only| only == case)) {
        let options = [false, true].map(|with_token| options(&secrets, &url, case, with_token));
        let clients = options.each_ref().map(|options| options.build().unwrap());
        clients.iter().for_each(|client| calls(&secrets, client, case));
        report(&format!("behind calls, {case}"), &find(&[&secrets.code]));
        drop((options, clients));
        report(&format!("behind the client, {case}"), &find(&secrets.all()));
    }
    println!("looked at all");
}

/// `text` with every byte percent-encoded.
fn percent_encoded(text: &str) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = Zeroizing::new(String::with_capacity(3 * text.len()));
    for byte in text.bytes() {
        let digit = |it: u8| char::from(DIGITS[usize::from(it)]);
        ['%', digit(byte >> 4), digit(byte & 15)].into_iter().for_each(|c| encoded.push(c));
    }
    encoded
}

#[test]
#[ignore = "run by a test below, in a process of its own"]
fn caller_through_a_proxy() {
    let (url, long) = (std::env::var("ANTS_TEST_URL").unwrap(), std::env::var_os("ANTS_TEST_LONG").is_some());
    let secrets = Secrets::new(long);
    assert_eq!(find(&secrets.all()), [""; 0], "found without any call");
    for proxy in std::env::var("ANTS_TEST_PROXIES").unwrap().split(' ') {
        let (scheme, address) = proxy.split_once("://").unwrap();
        let password = secrets.password.reveal();
        for password in [percent_encoded(&password), password] {
            let url_of_proxy = Zeroizing::new([scheme, "://", USER, ":", &password, "@", address].concat());
            let options = Client::builder().base_url(&url).credentials("user", "password").proxy(&*url_of_proxy);
            drop(options.build().unwrap().verify(OTP_ID, "1"));
        }
        report(proxy, &find(&secrets.all()));
    }
    println!("looked at all");
}

#[test]
#[ignore = "run by a test below, in a process of its own"]
fn reader_of_reports() {
    let sms = Hidden::random("the SMS", if std::env::var_os("ANTS_TEST_LONG").is_some() { 30 } else { 6 }, SMALL);
    assert_eq!(find(&[&sms]), [""; 0], "found without any report");
    let escaped = |text: &str| {
        let mut escaped = Zeroizing::new(String::with_capacity(6 * text.len()));
        for byte in text.bytes() {
            let hex = Zeroizing::new(format!("{byte:02x}"));
            escaped.push_str("\\u00");
            escaped.push_str(&hex);
        }
        escaped
    };
    let shapes = [
        ("{\"details\":[{\"to\":\"1\",\"text\":\"Your code is ", "\"}]}"),
        ("{\"details\":{\"to\":\"1\",\"text\":\"\\u0e23\\n", "\"}}"),
        ("<r><details><to>1</to><text>a &lt; b ", "</text></details></r>"),
        ("<r><details><to>1</to><text>Your <![CDATA[code\r\n", "]]> &amp; more</text></details></r>"),
        ("<r><details><to>1</to><text>cut ", "</text></details>"),
        ("{\"details\":[{\"to\":\"1\",\"text\":\"cut ", ""),
        ("no report: ", ""),
    ];
    for (before, after) in shapes {
        let text = sms.reveal();
        for text in [escaped(&text), text] {
            let body = Zeroizing::new([before, &text, after].concat());
            drop(parse_delivery_report(body.as_bytes(), ""));
        }
        report(before, &find(&[&sms]));
    }
    println!("looked at all");
}

#[test]
#[ignore = "run by a test below, in a process of its own"]
fn reader_of_the_environment() {
    let [password, token] = ["ANTS_TEST_MASKED_PASSWORD", "ANTS_TEST_MASKED_TOKEN"]
        .map(|name| Hidden::masked("a secret of the environment", &std::env::var(name).unwrap()));
    // It stands there for everybody.
    let secrets = [&password, &token];
    let before = find(&secrets).len();
    assert!(before > 0);
    drop(Options::new().load_env().build().map(drop));
    let found = find(&secrets);
    if found.len() > before {
        report("behind the environment", &found);
    }
    println!("looked at all");
}

#[track_caller]
fn assert_nothing_is_left(change: impl Fn(&mut Command), test: &str) {
    for long in [false, true] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
        if long {
            command.env("ANTS_TEST_LONG", "1");
        }
        change(&mut command);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let left: Vec<&str> = text.lines().filter(|line| line.starts_with("left: ")).collect();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("looked at all"), "{text}{said}");
        assert!(left.is_empty(), "long: {long}\n{}\n{said}", left.join("\n"));
    }
}

#[test]
fn nothing_is_left_of_calls_in_plain() {
    let server = Server::start(|seen, stream| answer(seen, stream, Repeats::Everything));
    assert_nothing_is_left(|command| _ = command.env("ANTS_TEST_URL", server.url()), "caller");
}

/// What rustls has decrypted it frees as it is: an answer that repeats a secret leaves it there (docs/reliability.md).
#[test]
fn nothing_is_left_of_calls_over_tls_whose_answers_repeat_nothing() {
    for version in [&TLS12, &TLS13] {
        let (authority, folder) = (Authority::new(), Folder::new());
        let ca_file = folder.file("ca.pem", authority.pem());
        let settings = config(&authority.identity(&["127.0.0.1"]), &[version]);
        let server = TlsServer::start(settings, |seen, stream| answer(seen, stream, Repeats::Nothing));
        let change = |command: &mut Command| {
            command.env("ANTS_TEST_URL", server.url()).env("ANTS_TEST_CA", &ca_file);
        };
        assert_nothing_is_left(change, "caller");
    }
}

#[test]
fn nothing_is_left_of_a_proxy_s_credentials() {
    let server = Server::answering(http(200, VERIFIED));
    let leading = HttpProxy::replying(server.address, |_| b"HTTP/1.1 200 OK\r\n\r\n".to_vec());
    let repeating = HttpProxy::replying(server.address, |head| {
        let credentials = head.lines().find(|line| line.starts_with("Proxy-Authorization")).unwrap();
        let more = format!("X-Echo: {credentials}\r\n").repeat(20);
        format!("HTTP/1.1 407 no to {credentials}\r\n{more}\r\n").into_bytes()
    });
    let socks = SocksProxy::with_credentials(server.address, USER, "another");
    let proxies = format!("http://{} http://{} socks5://{}", leading.address(), repeating.address(), socks.address());
    let change = |command: &mut Command| {
        // The name is not looked up: the proxies take it as it is.
        command.env("ANTS_TEST_URL", server.url()).env("ANTS_TEST_PROXIES", &proxies);
    };
    assert_nothing_is_left(change, "caller_through_a_proxy");
    assert!(!leading.heads().is_empty() && !repeating.heads().is_empty());
}

#[test]
fn nothing_is_left_of_a_delivery_report() {
    assert_nothing_is_left(|_| {}, "reader_of_reports");
}

#[test]
fn nothing_more_is_left_of_what_the_environment_holds() {
    let alphabet = LETTERS;
    let (password, token) = (Hidden::random("", 30, alphabet), Hidden::random("", 40, alphabet));
    let change = |command: &mut Command| {
        command.env("ANTS_OTP_USERNAME", USER).env("ANTS_OTP_PASSWORD", &*password.reveal());
        command.env("ANTS_OTP_TOKEN", &*token.reveal());
        command.env("ANTS_TEST_MASKED_PASSWORD", password.to_hex()).env("ANTS_TEST_MASKED_TOKEN", token.to_hex());
    };
    assert_nothing_is_left(change, "reader_of_the_environment");
}
