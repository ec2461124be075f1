//! Passwords, tokens, OTP codes and keys are not to be read anywhere but on the wire: calls of every kind of outcome are
//! made with secrets that no other text resembles, and everything that the library says, to whomever, is searched for them.
#![allow(clippy::unwrap_used)] // a panic is a test's report

#[path = "support/daemon.rs"]
mod daemon;
mod support;

use ants_otp::{Call, Cancel, Client, LogLevel, Options, parse_delivery_report};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daemon::Folder;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::io::Write;
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use support::{MOBILE, Next, OTC_ID, OTP_ID, SENT, Seen, Server, VERIFIED, http};

const USER: &str = "someone";
const PASSWORD: &str = "qK7zXw93PdVb52RmTgYc8LhF";
const TOKEN: &str = "jW4nBt86ZsEr31QkUoXa7DpH";
const CODE: &str = "74918350264193758206";
const PROXY_PASSWORD: &str = "vG9cMy25HfJx70SiNqLw4KbT";
/// The text of an SMS, in a delivery report.
const SMS: &str = "eR6uAo48CzTk13WdPnVh9YsG";

/// Everything that was said.
static SAID: Mutex<String> = Mutex::new(String::new());

fn say(text: impl Display) {
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    said.push_str(&text.to_string());
    said.push('\n');
}

fn show(value: &impl Debug) {
    say(format!("{value:?}\n{value:#?}"));
}

/// Both ways in which an error is printed, and its parts.
fn tell<T: Debug>(what: &str, result: Result<T, ants_otp::Error>) {
    match result {
        Ok(value) => say(format!("{what}: {value:?} {value:#?}")),
        Err(error) => {
            say(format!("{what}: {error} {error:?} {error:#?}"));
            say(format!("{} {} {}", error.message(), error.service_message(), error.service_description()));
        }
    }
}

/// Takes all that the libraries below log, trace lines too.
struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        say(format!("{} {} {}", record.level(), record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// The secrets in every form that was thought of: as they are, and as parts of Basic credentials, wherever they begin.
fn forms(secret: &str) -> Vec<String> {
    let encoded = |text: String| STANDARD.encode(text);
    let mut forms = vec![secret.to_owned(), encoded(format!("{USER}:{secret}"))];
    for before in ["", "x", "xx"] {
        // The characters at both ends also depend on what stands beside.
        let whole = encoded(format!("{before}{secret}"));
        forms.push(whole[4..whole.len() - 4].to_owned());
    }
    forms
}

/// Parts of this length are looked for: a hex dump breaks its lines after 16 characters.
const PART: usize = 8;

/// Where a part of a secret stands in what was said, as text or in hex.
fn find(secrets: &[&str], said: &str) -> Option<String> {
    // The user's name is no secret: what is coded from it alone may be seen.
    let of_user = STANDARD.encode(format!("{USER}:"));
    let is_of_user = |part: &[u8]| of_user.as_bytes().windows(PART).any(|window| window == part);
    let mut parts = HashMap::new();
    for secret in secrets {
        for form in forms(secret) {
            for part in form.as_bytes().windows(PART).filter(|part| !is_of_user(part)) {
                parts.insert(part.to_vec(), *secret);
                let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
                parts.insert(hex.into_bytes(), *secret);
            }
        }
    }
    let unspaced: String = said.to_lowercase().split(' ').collect();
    for (text, length) in [(said, PART), (&unspaced, 2 * PART)] {
        for (at, part) in text.as_bytes().windows(length).enumerate() {
            if let Some(secret) = parts.get(part) {
                let around =
                    String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(200)..(at + 100).min(text.len())]);
                return Some(format!("{secret} was said: {around}"));
            }
        }
    }
    None
}

fn with_secrets(options: Options) -> Options {
    options.credentials(USER, PASSWORD).log(|level, line| say(format!("{level:?} {line}")))
}

/// Verifies the code, with all options that hold something.
fn verify(what: &str, client: &Client) {
    let call = Call::new().callback_data("order 7").notify_url("https://example.com/n").timeout(Duration::from_secs(5));
    show(client);
    show(&call);
    tell(what, client.verify(OTP_ID, CODE));
    tell(what, client.verify_with(OTP_ID, CODE, &call));
    tell(what, client.verify(OTP_ID, CODE).and_then(|verification| verification.into_result()));
}

/// The calls that hold no code.
fn call_others(what: &str, client: &Client) {
    tell(what, client.request(MOBILE));
    tell(what, client.resend(OTP_ID));
    tell(what, client.balance());
}

/// Answers of every kind, and what the service might repeat of the request.
fn answers() -> Vec<(&'static str, Vec<u8>)> {
    let repeats = |status, key: &str| {
        let body = format!(r#"{{"{key}":{{"message":"cannot read otpCode {CODE}","description":"got {CODE}."}}}}"#);
        http(status, body)
    };
    vec![
        // What stands in these is what the service got: see `repeating`.
        ("everything in its words", Vec::new()),
        ("everything in the words of a success", Vec::new()),
        ("verified", http(200, VERIFIED)),
        ("sent", http(200, SENT)),
        ("account", http(200, r#"{"type":"prepaid","credit":7}"#)),
        ("wrong", http(200, r#"{"result":false}"#)),
        ("over limit", http(200, r#"{"result":false,"isErrorCount":true}"#)),
        ("expired", http(200, r#"{"error":{"message":"OTP Code Expired","code":"0305"}}"#)),
        ("refused", http(401, r#"{"error":{"message":"Authentication failed"}}"#)),
        ("refused in its words", repeats(400, "error")),
        ("refused in its words with 2xx", repeats(200, "status")),
        (
            "expired in its words",
            http(200, format!(r#"{{"code":305,"error":{{"message":"{CODE} is old","code":305}}}}"#)),
        ),
        ("failed in its words", repeats(500, "error")),
        ("another otpId", http(200, format!(r#"{{"otpId":"{CODE}","result":true}}"#))),
        ("a page", http(200, format!("<html>{CODE}</html>"))),
        ("redirect", format!("HTTP/1.1 302 There\r\nLocation: /{CODE}\r\nContent-Length: 0\r\n\r\n").into_bytes()),
        ("not HTTP", format!("what is {CODE}?\r\n\r\n").into_bytes()),
        ("limited", b"HTTP/1.1 429 Slow\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n".to_vec()),
        ("half", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"result\":true}".to_vec()),
        ("nothing", Vec::new()),
    ]
}

/// What the service itself says in ureq-proto's trace lines is not ours: where it repeats the code, those are not searched.
fn without_trace<T>(run: impl FnOnce() -> T) -> T {
    log::set_max_level(log::LevelFilter::Debug);
    let result = run();
    log::set_max_level(log::LevelFilter::Trace);
    result
}

/// An answer that says back the credentials and the code of its own request.
fn repeating(seen: &Seen, status: u16, key: &str) -> Vec<u8> {
    let credentials = seen.head.lines().find(|line| line.starts_with("authorization: ")).unwrap();
    let secret = if credentials.contains("Bearer") { TOKEN } else { PASSWORD };
    let code = if seen.body.contains(CODE) { CODE } else { "no code" };
    let body = format!(
        r#"{{"otpId":"x","type":"{secret}","credit":1,"{key}":{{"message":"cannot use {credentials}","description":"nor {secret}, nor {code}"}}}}"#
    );
    http(status, body)
}

fn answered_calls() {
    for (name, bytes) in answers() {
        let repeats_code = bytes.windows(CODE.len()).any(|part| part == CODE.as_bytes());
        let repeats_code = repeats_code || name.starts_with("everything");
        let server = Server::start(move |seen, stream| {
            let _ = match name {
                "everything in its words" => stream.write_all(&repeating(seen, 400, "error")),
                "everything in the words of a success" => stream.write_all(&repeating(seen, 200, "success")),
                _ => stream.write_all(&bytes),
            };
            Next::Close
        });
        // No connection is kept: one that the server closes could be lost under the next call.
        let basic = with_secrets(server.options()).max_idle_connections(0).build().unwrap();
        let bearer =
            with_secrets(Client::builder().base_url(server.url()).otc_id(OTC_ID)).credentials("", "").token(TOKEN);
        show(&bearer);
        // The empty user name is refused, and that is remembered: a token is for options without one.
        assert!(bearer.build().is_err());
        let bearer = Client::builder().base_url(server.url()).otc_id(OTC_ID).token(TOKEN).max_idle_connections(0);
        let bearer = bearer.log(|level, line| say(format!("{level:?} {line}"))).build().unwrap();
        for client in [basic, bearer] {
            if repeats_code {
                without_trace(|| verify(name, &client));
                if name.starts_with("everything") {
                    without_trace(|| call_others(name, &client));
                }
            } else {
                verify(name, &client);
                call_others(name, &client);
            }
        }
        let codes_on_the_wire = server.seen().iter().filter(|seen| seen.body.contains(CODE)).count();
        assert_eq!(codes_on_the_wire, 6, "{name}: the code did travel");
        let passwords_on_the_wire = server.seen().iter().filter(|seen| seen.head.contains(&forms(PASSWORD)[1])).count();
        assert_eq!(passwords_on_the_wire, server.seen().len() / 2, "{name}: the password did travel");
    }
}

fn calls_without_an_answer() {
    let silent = Server::start(|_, _| {
        std::thread::sleep(Duration::from_millis(400));
        Next::Close
    });
    let dead = "127.0.0.1:1";
    verify("refused connection", &with_secrets(support::options(&format!("http://{dead}"))).build().unwrap());
    let client = with_secrets(silent.options()).build().unwrap();
    show(&client);
    let short = Call::new().timeout(Duration::from_millis(100));
    tell("time-out", client.verify_with(OTP_ID, CODE, &short));
    let cancel = Cancel::new();
    cancel.fire();
    show(&cancel);
    tell("stopped", client.verify_with(OTP_ID, CODE, &Call::new().cancel(&cancel)));
    tell("interrupted", client.verify_with(OTP_ID, CODE, &Call::new().interrupt(|| true)));
    tell("no TLS there", {
        let url = silent.url().replace("http:", "https:");
        let client = with_secrets(support::options(&url)).timeout(Duration::from_millis(300)).build().unwrap();
        client.verify(OTP_ID, CODE)
    });
    // Arguments that are refused.
    for code in [format!("{CODE}\0"), CODE.repeat(9), format!("{CODE}\n{CODE}")] {
        tell("a bad code", client.verify(OTP_ID, &code));
    }
    tell("no id", client.verify("", CODE));
    tell("a bad option", client.verify_with(OTP_ID, CODE, &Call::new().timeout(Duration::ZERO)));
}

fn proxies() {
    let refusing = Server::answering("HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n");
    let service = Server::answering(http(200, VERIFIED));
    let userinfo = format!("{USER}:{PROXY_PASSWORD}");
    for proxy in [
        format!("http://{userinfo}@{}", refusing.address),
        format!("https://{userinfo}@{}", refusing.address),
        format!("socks5h://{userinfo}@{}", refusing.address),
        format!("socks5://{userinfo}@127.0.0.1:1"),
    ] {
        let options = with_secrets(service.options()).proxy(proxy).timeout(Duration::from_millis(500));
        show(&options);
        tell("proxy", options.build().unwrap().verify(OTP_ID, CODE));
    }
    for proxy in [
        format!("{userinfo}@host"),
        format!("ftp://{userinfo}@host"),
        format!("http://{userinfo}@host:0"),
        format!("http://{userinfo}%00@host"),
        format!("http://{userinfo}@host/{PROXY_PASSWORD}"),
        format!("http://host:{PROXY_PASSWORD}"),
        format!("http://{PROXY_PASSWORD}"),
    ] {
        let options = with_secrets(service.options()).proxy(proxy);
        say(options.problem().unwrap_or_default());
        show(&options);
    }
}

fn options_that_cannot_work(key: &str, files: &dyn Fn(&str, &str) -> PathBuf) {
    let key_file = files("key.pem", key);
    let other = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([]).unwrap().self_signed(&other).unwrap().pem();
    let certificate_file = files("cert.pem", &certificate);
    let broken = files("broken.pem", &key.replace("-----END", "-----"));
    let all = [
        with_secrets(Client::builder()).credentials(USER, format!("{PASSWORD}\n")),
        with_secrets(Client::builder()).credentials(format!("{USER}:{PASSWORD}"), PASSWORD),
        with_secrets(Client::builder()).credentials(USER, PASSWORD.repeat(400)),
        with_secrets(Client::builder()).token(format!("{TOKEN} {TOKEN}")),
        with_secrets(Client::builder()).token(TOKEN),
        with_secrets(Client::builder()).base_url(format!("https://{USER}:{PASSWORD}@example.com")),
        with_secrets(Client::builder()).base_url(format!("https://example.com/?token={TOKEN}")),
        with_secrets(Client::builder()).base_url(format!("https://example.com:{TOKEN}/")),
        with_secrets(Client::builder()).base_url(TOKEN),
        with_secrets(Client::builder()).base_url("http://example.com"),
        with_secrets(Client::builder()).client_certificate(&certificate_file, &key_file),
        with_secrets(Client::builder()).client_certificate(&key_file, &key_file),
        with_secrets(Client::builder()).client_certificate(&certificate_file, &broken),
        with_secrets(Client::builder()).ca_file(&key_file),
        with_secrets(Client::builder()).ca_file(&broken),
        with_secrets(Client::builder()).user_agent(format!("{TOKEN}\n")),
    ];
    for (number, options) in all.into_iter().enumerate() {
        say(options.problem().unwrap_or_default());
        show(&options);
        let built = options.build();
        assert!(built.is_err(), "option {number}");
        tell("options", built);
    }
}

/// A TLS service with its own authority, and a client with a certificate.
fn calls_over_tls(key: &KeyPair, files: &dyn Fn(&str, &str) -> PathBuf) {
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(key).unwrap().pem();
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let secret = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(chain, secret).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let options = with_secrets(support::options(&format!("https://localhost:{port}")))
        .client_certificate(files("client.pem", &certificate), files("client.key", &key.serialize_pem()));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut request = [0; 4096];
            while matches!(std::io::Read::read(&mut stream, &mut request), Ok(1..)) {
                let _ = stream.write_all(&http(200, VERIFIED));
            }
        }
    });
    // A certificate that is its own authority is trusted as one where it is named.
    let trusting = options.clone().ca_file(files("ca.pem", &certificate)).build().unwrap();
    assert!(trusting.verify(OTP_ID, CODE).unwrap().is_verified());
    drop(trusting);
    tell("an unknown authority", options.build().unwrap().verify(OTP_ID, CODE));
}

fn a_hook_that_panics() {
    let server = Server::answering(http(200, VERIFIED));
    let panics = |level: LogLevel, line: &str| panic!("cannot log {level:?} {line}");
    let client = server.options().credentials(USER, PASSWORD).log(panics).build().unwrap();
    std::panic::set_hook(Box::new(|info| {
        say(format!("{info} {info:?} {}", std::backtrace::Backtrace::force_capture()))
    }));
    for _ in 0..2 {
        let panicked = catch_unwind(AssertUnwindSafe(|| client.verify(OTP_ID, CODE))).unwrap_err();
        say(panicked.downcast_ref::<String>().unwrap());
    }
    let _ = std::panic::take_hook();
    assert_eq!(server.connections(), 1, "the connection of a call whose log line panicked carries the next");
}

fn a_delivery_report() {
    let body = format!(r#"{{"bulkId":"b","details":[{{"messageId":"m","to":"{MOBILE}","text":"{SMS}"}}]}}"#);
    let reports = parse_delivery_report(body.as_bytes(), "application/json").unwrap();
    assert_eq!(reports[0].text(), SMS);
    show(&reports);
    for broken in [&body[..body.len() - 1], &body.replace('"', ""), &format!("<r>{SMS}"), &format!("<{SMS}/>")] {
        tell("a broken report", parse_delivery_report(broken.as_bytes(), ""));
    }
}

#[test]
fn nothing_that_is_said_holds_a_secret() {
    log::set_boxed_logger(Box::new(Logger)).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let folder = Folder::new();
    let files = |name: &str, text: &str| folder.write(name, text);
    let key = KeyPair::generate().unwrap();
    let key_text = key.serialize_pem();

    answered_calls();
    calls_without_an_answer();
    proxies();
    options_that_cannot_work(&key_text, &files);
    calls_over_tls(&key, &files);
    a_hook_that_panics();
    a_delivery_report();

    let said = SAID.lock().unwrap().clone();
    for heard in ["TRACE ureq_proto", "cannot log Debug verify: HTTP 200", "Warning", "Debug verify: not sent"] {
        assert!(said.contains(heard), "the test does not hear {heard}");
    }
    let key_lines = key_text.lines().filter(|line| !line.starts_with("-----"));
    let secrets = [PASSWORD, TOKEN, CODE, PROXY_PASSWORD, SMS];
    assert_eq!(
        find(&secrets.into_iter().chain(key_lines.filter(|line| line.len() >= 16)).collect::<Vec<_>>(), &said),
        None
    );
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let dumped: String = PASSWORD[..16].bytes().map(|byte| format!("{byte:02X} ")).collect();
    for said in [
        format!("the password is {PASSWORD}"),
        format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}"))),
        format!("Basic {}", STANDARD.encode(format!("other:{PASSWORD}"))),
        format!("0000: {dumped}"),
        PASSWORD[3..12].to_owned(),
    ] {
        assert!(find(&[PASSWORD], &said).is_some(), "{said}");
    }
    assert_eq!(find(&[PASSWORD], &format!("Basic {}... of {USER}", STANDARD.encode(format!("{USER}:")))), None);
}

/// A secret of one letter stands in most words. Those that say nothing of the call stay readable all the same.
#[test]
fn our_own_words_and_those_of_the_code_table_stay_whole_beside_a_secret_of_one_letter() {
    let answering = |status, body: &str| {
        let server = Server::answering(http(status, body));
        let client = support::options(&server.url()).credentials(USER, "e").build().unwrap();
        (server, client)
    };
    for words in ["Authentication failed", " AUTHENTICATION failed", "username or password ผิดพลาด"] {
        let (_server, client) = answering(401, &format!(r#"{{"error":{{"message":"{words}","description":""}}}}"#));
        let error = client.balance().unwrap_err();
        assert_eq!(error.service_message(), words.trim());
        let own = error.code().text("en");
        assert_eq!(error.message(), format!("{own} The service says: {}", words.trim()));
    }
    let (_server, client) = answering(500, r#"{"error":{"message":"the rest","description":"of them"}}"#);
    let error = client.request(MOBILE).unwrap_err();
    assert_eq!((error.service_message(), error.service_description()), ("th*** r***st", "of th***m"));
    assert_eq!(error.message(), "The service answered with HTTP status 500. The service says: th*** r***st");
    let (_server, client) = answering(200, SENT);
    assert_eq!(client.request(MOBILE).unwrap().message(), "success");
    let (_server, client) = answering(200, r#"{"type":"prepaid","credit":7}"#);
    assert_eq!(client.balance().unwrap().kind(), "prepaid");
    let (_server, client) = answering(200, r#"{"type":"repaid","credit":7}"#);
    assert_eq!(client.balance().unwrap().kind(), "r***paid");
}
