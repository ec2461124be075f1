//! TLS through real sockets: what works, and for each way it can fail the code, the delivery, the sentence, and how many
//! connections and requests the server saw.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::Delivery::{self, NotSent, Unknown};
use ants_otp::{Call, Cancel, Client, Error, Options};
use rcgen::{BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, IsCa, date_time_ymd};
use rustls::{HandshakeKind, ProtocolVersion, SupportedProtocolVersion};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use support::peer::{Peer, drip, reset, tap, until_closed};
use support::tls::{
    Authority, Folder, Identity, Stream, TLS12, TLS13, TlsServer, config, config_for, records, self_signed,
};
use support::{Next, OTC_ID, OTP_ID, VERIFIED, http};

const HERE: &[&str] = &["127.0.0.1", "localhost"];
const EACH_VERSION: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
const ANSWER: u8 = 23;

/// What a server does with a connection.
type Script<T> = fn(T);
/// What a server does when the request has come.
type Ending = fn(&mut Stream);

/// An authority, its file, and a certificate of it for this machine.
struct Scene {
    authority: Authority,
    server: Identity,
    folder: Folder,
    ca_file: PathBuf,
}

impl Scene {
    fn new() -> Scene {
        let authority = Authority::new();
        let server = authority.identity(HERE);
        let folder = Folder::new();
        let ca_file = folder.file("ca.pem", authority.pem());
        Scene { authority, server, folder, ca_file }
    }

    fn config(&self, version: &'static SupportedProtocolVersion) -> rustls::ServerConfig {
        config(&self.server, &[version])
    }

    fn options(&self, url: impl AsRef<str>) -> Options {
        options(url).ca_file(&self.ca_file)
    }

    fn client(&self, server: &TlsServer) -> Client {
        self.options(server.url()).build().unwrap()
    }
}

/// Options that trust the bundled roots alone, and try once.
fn options(url: impl AsRef<str>) -> Options {
    Client::builder()
        .base_url(url)
        .credentials("user", "password")
        .otc_id(OTC_ID)
        .timeout(Duration::from_secs(10))
        .max_retries(0)
}

fn https(address: SocketAddr) -> String {
    format!("https://{address}")
}

fn verify(client: &Client) -> Result<i32, Error> {
    client.verify(OTP_ID, "79895").map(|verification| verification.code().number())
}

/// The code and the delivery of a call that must fail, and its sentence.
fn failure(client: &Client) -> ((i32, Delivery), String) {
    let error = verify(client).expect_err("the call must fail");
    ((error.code().number(), error.delivery()), error.message().to_owned())
}

fn name(version: &SupportedProtocolVersion) -> String {
    format!("{:?}", version.version)
}

/// Waits until `done`, which another thread brings about.
fn eventually(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

// What works.

#[test]
fn tls_1_2_and_1_3_work_by_address_and_by_name_with_an_own_authority() {
    let scene = Scene::new();
    for version in EACH_VERSION {
        let server = TlsServer::answering(scene.config(version), http(200, VERIFIED));
        for host in HERE {
            let client = scene.options(format!("https://{host}:{}", server.address().port())).build().unwrap();
            assert_eq!(verify(&client).unwrap(), 0, "{} to {host}", name(version));
            let handshake = server.handshakes().pop().unwrap();
            assert_eq!(handshake.version, Some(version.version));
            // An address is no server name (RFC 6066, section 3).
            assert_eq!(handshake.server_name.as_deref(), (*host == "localhost").then_some("localhost"));
        }
        assert_eq!(server.seen().len(), HERE.len());
    }
}

#[test]
fn the_newest_version_is_chosen_where_the_server_has_both() {
    let scene = Scene::new();
    let server = TlsServer::answering(config(&scene.server, &[&TLS12, &TLS13]), http(200, VERIFIED));
    verify(&scene.client(&server)).unwrap();
    assert_eq!(server.handshakes()[0].version, Some(ProtocolVersion::TLSv1_3));
}

#[test]
fn a_self_signed_server_certificate_that_is_no_authority_works_as_its_own_root() {
    let folder = Folder::new();
    let identity = self_signed(HERE, |params| params.is_ca = IsCa::ExplicitNoCa);
    let server = TlsServer::answering(config(&identity, &[&TLS13]), http(200, VERIFIED));
    let client = options(server.url()).ca_file(folder.file("self.pem", &identity.certificate_pem)).build().unwrap();
    assert_eq!(verify(&client).unwrap(), 0);
}

#[test]
fn a_ca_file_may_hold_several_certificates_and_text_between_them() {
    let scene = Scene::new();
    let text = format!("An authority:\n{}\r\nours:\n{}", Authority::new().pem(), scene.authority.pem());
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    let client = options(server.url()).ca_file(scene.folder.file("two.pem", text)).build().unwrap();
    assert_eq!(verify(&client).unwrap(), 0);
}

#[test]
fn the_second_connection_resumes_the_first_one_s_session() {
    let scene = Scene::new();
    for version in EACH_VERSION {
        let server = TlsServer::answering(scene.config(version), http(200, VERIFIED));
        let client = scene.options(server.url()).max_idle_connections(0).build().unwrap();
        for _ in 0..3 {
            verify(&client).unwrap();
        }
        let kinds: Vec<_> = server.handshakes().iter().filter_map(|handshake| handshake.kind).collect();
        let expected = [HandshakeKind::Full, HandshakeKind::Resumed, HandshakeKind::Resumed];
        assert_eq!(kinds, expected, "{}", name(version));
    }
}

#[test]
fn a_client_certificate_is_shown_to_a_server_that_asks() {
    let scene = Scene::new();
    let own = scene.authority.identity(&["client.test"]);
    let (certificate, key) =
        (scene.folder.file("own.pem", &own.certificate_pem), scene.folder.file("own.key", &own.key_pem));
    for version in EACH_VERSION {
        let server = TlsServer::answering(config_for(&scene.server, &[version], &scene.authority), http(200, VERIFIED));
        let client = scene.options(server.url()).client_certificate(&certificate, &key).build().unwrap();
        assert_eq!(verify(&client).unwrap(), 0, "{}", name(version));
    }
}

#[test]
fn a_request_on_a_kept_connection_is_one_record_in_one_write() {
    const CALLS: usize = 20;
    let scene = Scene::new();
    for version in EACH_VERSION {
        let count = AtomicUsize::new(0);
        let server = TlsServer::start(scene.config(version), move |seen, stream| {
            let _ = stream.write_all(&http(200, support::sent(&seen.body, count.fetch_add(1, Ordering::SeqCst))));
            let _ = stream.flush();
            Next::Keep
        });
        let (between, tapped) = tap(server.address());
        let client = scene.options(https(between.address)).build().unwrap();
        let call = Call::new().callback_data("x".repeat(4096)).notify_url("https://example.com/notify");
        let _ = client.request_with("0812345678", &call).unwrap();
        let (pieces, before) = (tapped.pieces().len(), records(&tapped).len());
        for _ in 0..CALLS {
            let _ = client.request_with("0812345678", &call).unwrap();
        }
        assert_eq!(tapped.pieces().len() - pieces, CALLS, "{}: writes", name(version));
        let sent = records(&tapped).split_off(before);
        assert_eq!(sent.len(), CALLS, "{}: records", name(version));
        assert!(sent.iter().all(|(kind, length)| *kind == ANSWER && *length > 4096), "{sent:?}");
        assert_eq!(server.connections(), 1);
    }
}

/// Certificate, key exchange, signature, change of cipher and end are five messages; each in a segment of its own would be
/// five, and a server that refuses the first would cut the connection under the others.
#[test]
fn each_turn_of_a_handshake_is_one_write() {
    let scene = Scene::new();
    let own = scene.authority.identity(&["client.test"]);
    let (certificate, key) =
        (scene.folder.file("own.pem", &own.certificate_pem), scene.folder.file("own.key", &own.key_pem));
    for version in EACH_VERSION {
        let server = TlsServer::answering(config_for(&scene.server, &[version], &scene.authority), http(200, VERIFIED));
        let (between, tapped) = tap(server.address());
        let client = scene.options(https(between.address)).client_certificate(&certificate, &key).build().unwrap();
        verify(&client).unwrap();
        // The hello, the second turn, the request. The tap may read the last two in one piece.
        assert!(tapped.pieces().len() <= 3, "{}: {} writes", name(version), tapped.pieces().len());
    }
}

#[test]
fn eight_threads_share_two_kept_connections() {
    const THREADS: usize = 8;
    const CALLS: usize = 25;
    let scene = Scene::new();
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    let client = scene.options(server.url()).max_idle_connections(2).build().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..CALLS).for_each(|call| assert_eq!(verify(&client).unwrap(), 0, "call {call}")));
        }
    });
    assert_eq!(server.seen().len(), THREADS * CALLS, "each request once");
    let connections = server.connections();
    // Two are kept: calls one after the other need no more.
    for _ in 0..CALLS {
        verify(&client).unwrap();
    }
    assert_eq!(server.connections(), connections);
}

/// People name their system's bundle as ca_file.
#[test]
fn a_ca_file_may_be_a_whole_bundle_of_public_authorities() {
    let scene = Scene::new();
    let Ok(bundle) = std::fs::read_to_string("/etc/ssl/certs/ca-certificates.crt") else { return };
    let file = scene.folder.file("bundle.pem", format!("{bundle}{}", scene.authority.pem()));
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    assert_eq!(verify(&options(server.url()).ca_file(file).build().unwrap()).unwrap(), 0);
}

/// The client's log lines.
fn logged(options: Options) -> (Options, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&lines);
    (options.log(move |level, line| into.lock().unwrap().push(format!("{level:?} {line}"))), lines)
}

#[test]
fn one_unreadable_certificate_of_a_ca_file_is_left_out_with_a_warning_and_the_others_are_trusted() {
    let scene = Scene::new();
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    let (ours, other) = (scene.authority.pem(), Authority::new().pem());
    let no_base64 = "-----BEGIN CERTIFICATE-----\nMII%\n-----END CERTIFICATE-----\n";
    let no_certificate = "-----BEGIN CERTIFICATE-----\nMAMBAQA=\n-----END CERTIFICATE-----\n";
    let cut: String = other.lines().take(4).map(|line| format!("{line}\n")).collect();
    let cases = [
        ("base64", format!("{no_base64}{ours}"), "1 unreadable certificate, of 2 in all; number 1 cannot be read"),
        (
            "no certificate",
            format!("{ours}{no_certificate}"),
            "1 unreadable certificate, of 2 in all; number 2 cannot be a root",
        ),
        ("cut", format!("{other}{cut}{ours}"), "1 unreadable certificate, of 3 in all; number 2 cannot be read"),
        ("two", format!("{no_base64}{ours}{cut}"), "2 unreadable certificates, of 3 in all; number 1 cannot be read"),
    ];
    for (what, text, words) in cases {
        let (options, lines) = logged(options(server.url()).ca_file(scene.folder.file("mixed.pem", text)));
        let client = options.build().unwrap_or_else(|error| panic!("{what}: {error}"));
        let warnings = lines.lock().unwrap().clone();
        assert_eq!(warnings.len(), 1, "{what}: {warnings:?}");
        assert!(
            warnings[0].starts_with("Warning left out of ca_file: ") && warnings[0].contains(words),
            "{what}: {warnings:?}"
        );
        assert_eq!(verify(&client).unwrap(), 0, "{what}");
    }
    let (options, lines) = logged(scene.options(server.url()));
    options.build().unwrap();
    assert!(lines.lock().unwrap().is_empty(), "nothing was left out");
}

#[test]
fn an_unknown_issuer_is_told_with_what_was_left_out_of_ca_file() {
    let (scene, lost) = (Scene::new(), Authority::new());
    let server = TlsServer::answering(config(&lost.identity(HERE), &[&TLS13]), http(200, VERIFIED));
    let cut: String = lost.pem().lines().take(4).map(|line| format!("{line}\n")).collect();
    let ca_file = scene.folder.file("mixed.pem", format!("{}{cut}", scene.authority.pem()));
    let (outcome, message) = failure(&options(server.url()).ca_file(ca_file).build().unwrap());
    assert_eq!(outcome, (-12, NotSent), "{message}");
    for words in ["not trusted", "Left out of ca_file: 1 unreadable certificate, of 2 in all; number 2 cannot be read"]
    {
        assert!(message.contains(words), "{message}");
    }
    let (_, message) = failure(&scene.client(&server));
    assert!(!message.contains("Left out"), "{message}");
}

#[test]
fn a_ca_file_is_read_with_byte_order_marks_indented_and_joined_without_line_ends() {
    let scene = Scene::new();
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    let (ours, other) = (scene.authority.pem(), Authority::new().pem());
    let (ours, other) = (ours.trim_end(), other.trim_end());
    let cases = [
        ("a byte order mark", format!("\u{FEFF}{ours}")),
        ("one in the middle", format!("{other}\n\u{FEFF}{ours}")),
        ("indented", format!("ca: |\n  {}\n", ours.replace('\n', "\n  "))),
        ("tabs and CRLF", ours.replace('\n', "\t\r\n\t")),
        ("no line end between two", format!("{other}{ours}")),
    ];
    for (what, text) in cases {
        let client =
            options(server.url()).root_certificates("none").ca_file(scene.folder.file("odd.pem", text)).build();
        let client = client.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(verify(&client).unwrap(), 0, "{what}");
    }
}

/// Runs openssl, and gives what it prints.
fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().expect("openssl is installed");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// As `openssl x509 -trustout` writes them, and some systems' ca-bundle.trust.crt.
#[test]
fn a_trusted_certificate_counts_as_its_settings_say() {
    let scene = Scene::new();
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    let ca_file = scene.ca_file.to_str().unwrap();
    let trusted = |settings: &[&str]| {
        let text = openssl(&[&["x509", "-in", ca_file, "-trustout"], settings].concat());
        assert!(text.contains("BEGIN TRUSTED CERTIFICATE"), "{text}");
        text
    };
    let counts = [
        ("no settings", trusted(&[])),
        ("an alias", trusted(&["-setalias", "ours"])),
        ("for servers", trusted(&["-addtrust", "serverAuth", "-addtrust", "clientAuth"])),
        ("for any use", trusted(&["-addtrust", "anyExtendedKeyUsage"])),
        ("not for clients", trusted(&["-addreject", "clientAuth"])),
    ];
    for (what, text) in counts {
        let client = options(server.url()).ca_file(scene.folder.file("trusted.pem", text)).build();
        let client = client.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(verify(&client).unwrap(), 0, "{what}");
    }
    let left_out = [
        ("not for servers", trusted(&["-addreject", "serverAuth"])),
        ("not for any use", trusted(&["-addreject", "anyExtendedKeyUsage"])),
        ("for clients alone", trusted(&["-addtrust", "clientAuth"])),
        ("for clients and mail alone", trusted(&["-addtrust", "clientAuth", "-addtrust", "emailProtection"])),
        (
            "for any use, but not for servers",
            trusted(&["-addtrust", "anyExtendedKeyUsage", "-addreject", "serverAuth"]),
        ),
    ];
    for (what, text) in left_out {
        let alone = scene.folder.file("alone.pem", &text);
        refused_as(what, &["ca_file", "can be used", "not trusted for servers"], options(server.url()).ca_file(alone));
        let beside = scene.folder.file("beside.pem", format!("{text}{}", Authority::new().pem()));
        let (options, lines) = logged(options(server.url()).ca_file(beside));
        let (outcome, message) = failure(&options.build().unwrap());
        assert_eq!(outcome, (-12, NotSent), "{what}: {message}");
        assert!(message.contains("Left out of ca_file: 1 not trusted for servers, of 2 in all"), "{what}: {message}");
        assert!(lines.lock().unwrap()[0].contains("1 not trusted for servers"), "{what}");
    }
}

#[test]
fn without_roots_the_own_authority_alone_is_trusted() {
    let scene = Scene::new();
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    let client = scene.options(server.url()).root_certificates("none").build().unwrap();
    assert_eq!(verify(&client).unwrap(), 0);
    refused_as("no ca_file", &["root_certificates", "ca_file"], options(server.url()).root_certificates("none"));
}

// The client's own files: −3 when the client is made.

#[test]
fn certificate_files_that_cannot_be_used_are_refused_when_the_client_is_made() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let (own, other) = (authority.identity(&["own.test"]), authority.identity(&["other.test"]));
    let cut: String = authority.pem().lines().take(4).map(|line| format!("{line}\n")).collect();
    let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let broken = "-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n";
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";

    let ca_files = [
        ("missing", folder.path("missing"), "cannot be read"),
        ("a folder", folder.path(""), "cannot be read"),
        ("empty", folder.file("empty.pem", ""), "holds no certificate"),
        ("only a key in it", folder.file("key-only.pem", &own.key_pem), "holds no certificate"),
        ("garbage", folder.file("garbage.pem", [0, 159, 146, 150, 10, 255]), "holds no certificate"),
        ("DER", folder.file("ca.der", authority.root()), "holds no certificate"),
        ("cut", folder.file("cut.pem", cut), "cannot be read"),
        ("base64 of no certificate", folder.file("junk.pem", junk), "cannot be a root"),
    ];
    for (what, path, words) in ca_files {
        refused_as(what, &["ca_file", words], options("https://127.0.0.1").ca_file(path));
    }

    let certificate = folder.file("own.pem", &own.certificate_pem);
    let key = folder.file("own.key", &own.key_pem);
    let pairs = [
        ("certificate missing", folder.path("missing"), key.clone(), "cannot be read"),
        ("certificate empty", folder.file("none.pem", ""), key.clone(), "holds no certificate"),
        ("key missing", certificate.clone(), folder.path("missing"), "cannot be read"),
        ("key empty", certificate.clone(), folder.file("none.key", ""), "holds no private key"),
        ("key encrypted", certificate.clone(), folder.file("secret.key", encrypted), "holds no private key"),
        ("key of another", certificate.clone(), folder.file("other.key", &other.key_pem), "do not belong together"),
        ("certificate as key", certificate.clone(), certificate.clone(), "holds no private key"),
        ("base64 of no certificate", folder.file("junk2.pem", junk), key.clone(), "cannot be used"),
        (
            "a bad one behind the good",
            folder.file("junk3.pem", format!("{}{broken}", own.certificate_pem)),
            key,
            "cannot be read",
        ),
    ];
    for (what, certificate, key, words) in pairs {
        let options = options("https://127.0.0.1").client_certificate(certificate, key);
        refused_as(what, &["client_certificate", words], options);
    }
}

fn refused_as(what: &str, words: &[&str], options: Options) {
    let error = options.build().map(drop).expect_err(what);
    assert_eq!((error.code().number(), error.delivery()), (-3, NotSent), "{what}: {error}");
    for word in words {
        assert!(error.message().contains(word), "{what}: {error} does not say {word}");
    }
}

// The system's roots: read from the environment, so in a process of its own.

/// Not a test of its own: [`system_roots_are_taken_from_where_the_system_says`] runs it.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn system_roots_child() {
    let Ok(url) = std::env::var("ANTS_TEST_URL") else { return };
    let outcome = options(url).root_certificates("system").build().and_then(|client| verify(&client));
    match outcome {
        Ok(code) => println!("\noutcome: {code}"),
        Err(error) => println!("\noutcome: {error}"),
    }
}

#[test]
fn system_roots_are_taken_from_where_the_system_says() {
    let scene = Scene::new();
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    let other = scene.folder.file("other.pem", Authority::new().pem());
    let cases = [
        ("own authority", scene.ca_file.clone(), "0"),
        ("another authority", other, "(ERR_TLS -12)"),
        ("no file", scene.folder.path("missing"), "(ERR_INVALID_OPTION -3)"),
    ];
    for (what, file, expected) in cases {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "system_roots_child", "--ignored", "--nocapture"])
            .env("ANTS_TEST_URL", server.url())
            .env("SSL_CERT_FILE", file)
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let outcome = text.lines().find_map(|line| line.strip_prefix("outcome: ")).unwrap_or("none");
        assert!(outcome.ends_with(expected), "{what}: {outcome}\n{text}");
    }
}

// Certificates that are not trusted: −12, nothing sent, tried once.

#[test]
fn a_server_certificate_at_fault_is_named_and_never_tried_again() {
    let scene = Scene::new();
    let (authority, folder) = (&scene.authority, &scene.folder);
    let as_authority = self_signed(HERE, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let plain = self_signed(HERE, |params| params.is_ca = IsCa::ExplicitNoCa);
    let expired = authority.identity_with(HERE, |params| {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    });
    let not_yet = authority.identity_with(HERE, |params| {
        (params.not_before, params.not_after) = (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1));
    });
    let signed_authority = authority.identity_with(HERE, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    });
    let for_clients = authority.identity_with(HERE, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let own_root = folder.file("self.pem", &as_authority.certificate_pem);
    let ours = &scene.ca_file;
    let cases = [
        ("self-signed by openssl req -x509, given as root", as_authority, &own_root, "is an authority's (CA:TRUE)"),
        ("an authority's, but signed by another", signed_authority, ours, "is an authority's (CA:TRUE)"),
        ("for clients alone", for_clients, ours, "not for servers"),
        ("self-signed, not given as root", plain, ours, "comes from an authority that is not trusted"),
        (
            "of an unknown authority",
            Authority::new().identity(HERE),
            ours,
            "comes from an authority that is not trusted",
        ),
        ("for another name", authority.identity(&["example.com"]), ours, "is for another name"),
        ("for another address", authority.identity(&["127.0.0.2"]), ours, "is for another name"),
        ("without a name but its subject's", authority.identity(&[]), ours, "is for another name"),
        ("expired", expired, ours, "has expired"),
        ("not yet valid", not_yet, ours, "is not valid yet"),
    ];
    for (what, identity, ca_file, words) in cases {
        for version in EACH_VERSION {
            let server = TlsServer::answering(config(&identity, &[version]), http(200, VERIFIED));
            let client = options(server.url()).ca_file(ca_file).max_retries(2).build().unwrap();
            let (outcome, message) = failure(&client);
            let context = format!("{what}, {}: {message}", name(version));
            assert_eq!(outcome, (-12, NotSent), "{context}");
            assert!(message.contains("127.0.0.1") && message.contains(words), "{context}");
            assert_eq!((server.connections(), server.seen().len()), (1, 0), "{context}");
        }
    }
}

/// An authority's certificate and one of it for this machine, by the `openssl` program: rcgen makes no such keys and
/// signatures.
struct Made {
    folder: Folder,
    ca_file: PathBuf,
}

impl Made {
    /// Keys are what `openssl genpkey -pkeyopt` calls them.
    fn new(authority: &str, digest: &str, own: &str) -> Made {
        let folder = Folder::new();
        let at = |name: &str| folder.path(name).to_str().unwrap().to_owned();
        let key = |option: &str, into: &str| {
            let algorithm = if option.starts_with("rsa") { "RSA" } else { "EC" };
            openssl(&["genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", &at(into)]);
        };
        key(authority, "ca.key");
        key(own, "own.key");
        let (digest, days) = (format!("-{digest}"), ["-days", "3650"]);
        let subject = ["-subj", "/CN=made by openssl"];
        openssl(
            &[&["req", "-x509", "-new", &digest, "-key", &at("ca.key"), "-out", &at("ca.pem")][..], &days, &subject]
                .concat(),
        );
        openssl(&[&["req", "-new", "-key", &at("own.key"), "-out", &at("own.csr")][..], &subject].concat());
        let extensions = folder.file("extensions", "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n");
        let files = ["-CA", &at("ca.pem"), "-CAkey", &at("ca.key"), "-extfile", extensions.to_str().unwrap()];
        let made = ["x509", "-req", &digest, "-CAcreateserial", "-in", &at("own.csr"), "-out", &at("own.pem")];
        openssl(&[&made[..], &files, &days].concat());
        let ca_file = folder.path("ca.pem");
        Made { folder, ca_file }
    }

    fn options(&self, address: SocketAddr) -> Options {
        options(https(address)).ca_file(&self.ca_file).max_retries(2)
    }
}

const P256: &str = "ec_paramgen_curve:P-256";
const P521: &str = "ec_paramgen_curve:P-521";

#[test]
fn a_signature_that_is_not_supported_is_named_in_a_sentence() {
    let cases = [
        (P521, "sha512", P256, "signed with ECDSA with SHA-512, which is not supported"),
        (P521, "sha256", P256, "signed with ECDSA with SHA-256 by a key of the kind P-521"),
        (P256, "sha512", P256, "signed with ECDSA with SHA-512, which is not supported"),
        ("ec_paramgen_curve:brainpoolP256r1", "sha256", P256, "by a key of the kind brainpoolP256r1"),
        ("rsa_keygen_bits:2048", "sha1", P256, "signed with RSA with SHA-1"),
        ("rsa_keygen_bits:1024", "sha256", P256, "an RSA key of fewer than 2048 bits"),
        (P256, "sha256", "rsa_keygen_bits:1024", "an RSA key of fewer than 2048 bits"),
    ];
    for (authority, digest, own, words) in cases {
        let made = Made::new(authority, digest, own);
        for version in [TLS_1_2, TLS_1_3] {
            let server = OpensslServer::start(&made.folder, version);
            let (outcome, message) = failure(&made.options(server.address).build().unwrap());
            let context = format!("{authority}, {digest}, {own}, {version}: {message}");
            assert_eq!(outcome, (-12, NotSent), "{context}");
            assert!(message.contains(words) && message.len() < 300, "{context}");
        }
    }
}

#[test]
fn a_server_key_of_a_kind_that_is_not_supported_is_one_of_the_causes_told() {
    let made = Made::new(P256, "sha256", P521);
    for version in [TLS_1_2, TLS_1_3] {
        let server = OpensslServer::start(&made.folder, version);
        let (outcome, message) = failure(&made.options(server.address).build().unwrap());
        assert_eq!(outcome, (-12, NotSent), "{version}: {message}");
        assert!(message.contains("kind of key other than RSA, P-256, P-384 and Ed25519"), "{version}: {message}");
    }
}

const TLS_1_2: &str = "-tls1_2";
const TLS_1_3: &str = "-tls1_3";

/// `openssl s_server`, which also shows what rustls would not.
struct OpensslServer {
    process: std::process::Child,
    address: SocketAddr,
}

impl OpensslServer {
    fn start(files: &Folder, version: &str) -> OpensslServer {
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", version, "-cipher", "ALL:@SECLEVEL=0", "-cert"])
            .args([files.path("own.pem").as_os_str(), "-key".as_ref(), files.path("own.key").as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.as_mut().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("ACCEPT ")?.parse().ok()).expect("openssl listens");
        OpensslServer { process, address }
    }
}

impl Drop for OpensslServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_chain_of_more_than_64_kib_is_told_as_what_it_is() {
    let scene = Scene::new();
    // A comment of 20 KB (Netscape's, which nobody looks at).
    let identity = scene.authority.identity_with(HERE, |params| {
        let comment = [&[0x16, 0x82, 0x4E, 0x20][..], &[b'x'; 20_000]].concat();
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 16, 840, 1, 113730, 1, 13], comment)];
    });
    for version in EACH_VERSION {
        let served = |copies| {
            let mut chain = config(&identity, &[version]);
            let key = rustls::crypto::ring::sign::any_supported_type(&identity.key).unwrap();
            let certified = rustls::sign::CertifiedKey::new(vec![identity.certificate.clone(); copies], key);
            chain.cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(certified));
            TlsServer::answering(chain, http(200, VERIFIED))
        };
        assert_eq!(verify(&scene.client(&served(2))).unwrap(), 0, "{}: 40 KB are taken", name(version));
        let (outcome, message) = failure(&scene.client(&served(4)));
        assert_eq!(outcome, (-12, NotSent), "{}: {message}", name(version));
        assert!(message.contains("certificate chain of more than 64 KiB"), "{}: {message}", name(version));
    }
}

#[test]
fn a_host_that_no_certificate_can_be_for_is_named() {
    let scene = Scene::new();
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    // The resolver takes it for 127.0.0.1.
    let client = scene.options(format!("https://127.1:{}", server.address().port())).max_retries(2).build().unwrap();
    let (outcome, message) = failure(&client);
    assert_eq!(outcome, (-12, NotSent), "{message}");
    assert!(message.contains("127.1 is no name that a certificate can be for"), "{message}");
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn the_server_is_told_why_its_certificate_was_refused() {
    let scene = Scene::new();
    let server = TlsServer::answering(config(&Authority::new().identity(HERE), &[&TLS13]), http(200, VERIFIED));
    assert_eq!(failure(&scene.client(&server)).0, (-12, NotSent));
    eventually("the server's handshake ends", || !server.handshakes().is_empty());
    let error = server.handshakes()[0].error.clone().unwrap();
    assert!(error.contains("UnknownCA"), "{error}");
}

// Client certificates that the server does not take.

#[test]
fn a_client_certificate_that_is_missing_or_refused_is_tls_s_fault_and_never_tried_again() {
    let scene = Scene::new();
    let foreign = Authority::new().identity(&["client.test"]);
    let (certificate, key) = (
        scene.folder.file("foreign.pem", &foreign.certificate_pem),
        scene.folder.file("foreign.key", &foreign.key_pem),
    );
    for version in EACH_VERSION {
        // TLS 1.3 clients are done before the server has looked at their certificate (RFC 8446, section 2).
        let delivery = if version.version == ProtocolVersion::TLSv1_3 { Unknown } else { NotSent };
        for shown in [false, true] {
            let server =
                TlsServer::answering(config_for(&scene.server, &[version], &scene.authority), http(200, VERIFIED));
            for round in 0..20 {
                let mut options = scene.options(server.url()).max_retries(2);
                if shown {
                    options = options.client_certificate(&certificate, &key);
                }
                let (outcome, message) = failure(&options.build().unwrap());
                let context = format!("{}, shown: {shown}, round {round}: {message}", name(version));
                assert_eq!(outcome.0, -12, "{context}");
                // Under TLS 1.3 the refusal may come before the request has left: then nothing was sent.
                assert!(outcome.1 == delivery || outcome.1 == NotSent, "{context}: {:?}", outcome.1);
                assert!(message.contains("client_certificate"), "{context}");
                assert_eq!((server.connections(), server.seen().len()), (round + 1, 0), "{context}");
            }
        }
    }
}

/// Opens once, for all that wait.
#[derive(Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    /// Whether it opened in time.
    fn pass(&self, time: Duration) -> bool {
        *self.1.wait_timeout_while(self.0.lock().unwrap(), time, |open| !*open).unwrap().0
    }
}

/// The server holds its answer to the hello until the interrupt hook is due, so that the hook is asked right before the
/// request is sent; there it waits until the server has refused the certificate and gone.
#[test]
fn a_client_certificate_refused_before_the_request_leaves_is_tls_s_fault_and_nothing_was_sent() {
    let scene = Scene::new();
    let settings = Arc::new(config_for(&scene.server, &[&TLS13], &scene.authority));
    for _ in 0..5 {
        let (answered, gone) = (Arc::new(AtomicBool::new(false)), Arc::new(Gate::default()));
        let server = Peer::start({
            let (settings, answered, gone) = (Arc::clone(&settings), Arc::clone(&answered), Arc::clone(&gone));
            move |mut socket| {
                let mut session = rustls::ServerConnection::new(Arc::clone(&settings)).unwrap();
                session.read_tls(&mut socket).unwrap();
                session.process_new_packets().unwrap();
                // The fault itself: slower than the 200 ms after which the hook is asked.
                std::thread::sleep(Duration::from_millis(300));
                answered.store(true, Ordering::SeqCst);
                while session.complete_io(&mut socket).is_ok() {}
                reset(socket);
                gone.open();
            }
        });
        let waited = Arc::new(AtomicBool::new(false));
        let call = Call::new().interrupt({
            let (waited, gone) = (Arc::clone(&waited), Arc::clone(&gone));
            move || {
                if answered.load(Ordering::SeqCst) && gone.pass(Duration::from_secs(2)) {
                    waited.store(true, Ordering::SeqCst);
                }
                false
            }
        });
        let client = scene.options(https(server.address)).max_retries(2).build().unwrap();
        let error = client.verify_with(OTP_ID, "79895", &call).unwrap_err();
        if waited.load(Ordering::SeqCst) {
            assert_eq!((error.code().number(), error.delivery()), (-12, NotSent), "{error}");
            assert_eq!(server.connections(), 1, "{error}");
            return;
        }
    }
    panic!("the hook was never asked between the handshake and the request");
}

// Handshakes that come to nothing.

/// A fatal alert in a record of TLS 1.0 (RFC 8446, section 6).
fn alert(description: u8) -> Vec<u8> {
    vec![21, 3, 1, 0, 2, 2, description]
}

/// A ServerHello that chooses TLS 1.1 (RFC 4346, section 7.4.1.3).
fn hello_of_tls_1_1() -> Vec<u8> {
    let mut hello = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend_from_slice(&[7; 32]);
    hello.extend_from_slice(&[0, 0xC0, 0x13, 0]);
    hello
}

#[test]
fn a_server_that_does_not_speak_a_safe_tls_is_named_and_never_tried_again() {
    let page = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec();
    let cases = [
        ("TLS 1.1 at most: alert protocol_version", alert(70), "TLS 1.2 or 1.3 is needed"),
        ("TLS 1.1 at most: its hello", hello_of_tls_1_1(), "TLS 1.2 or 1.3 is needed"),
        ("no common cipher: alert handshake_failure", alert(40), "wants a client certificate"),
        ("plain HTTP", page, "does not speak TLS on this port"),
        ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec(), "does not speak TLS on this port"),
        ("alert internal_error", alert(80), "InternalError"),
    ];
    for (what, reply, words) in cases {
        let server = Peer::start(move |mut socket| {
            let _ = socket.read(&mut [0; 4096]);
            let _ = socket.write_all(&reply);
            until_closed(&mut socket);
        });
        let client = options(https(server.address)).max_retries(2).build().unwrap();
        let (outcome, message) = failure(&client);
        assert_eq!(outcome, (-12, NotSent), "{what}: {message}");
        assert!(message.contains(words), "{what}: {message}");
        assert_eq!(server.connections(), 1, "{what}: {message}");
    }
}

#[test]
fn a_handshake_that_is_cut_is_tried_again_within_max_retries() {
    let scene = Scene::new();
    let cuts: [(&str, Script<TcpStream>); 3] = [
        ("FIN after the hello", |mut socket| drop(socket.read(&mut [0; 4096]))),
        ("RST after the hello", |mut socket| {
            let _ = socket.read(&mut [0; 4096]);
            reset(socket);
        }),
        ("FIN within a record", |mut socket| {
            let _ = socket.read(&mut [0; 4096]);
            let _ = socket.write_all(&[22, 3, 3, 0, 100, 2, 0]);
        }),
    ];
    for (what, cut) in cuts {
        for retries in [0, 2] {
            let server = Peer::start(cut);
            let client = scene.options(https(server.address)).max_retries(retries).build().unwrap();
            let (outcome, message) = failure(&client);
            assert_eq!(outcome, (-12, NotSent), "{what}: {message}");
            assert!(message.contains("cut the connection during the TLS handshake"), "{what}: {message}");
            assert_eq!(server.connections(), retries as usize + 1, "{what}");
        }
    }
}

#[test]
fn a_cut_handshake_does_not_spoil_the_next_one() {
    let scene = Scene::new();
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    let (address, cut_one) = (server.address(), AtomicBool::new(true));
    let between = Peer::start(move |socket| {
        if !cut_one.swap(false, Ordering::SeqCst) {
            support::peer::relay(&socket, &TcpStream::connect(address).unwrap(), &Default::default());
        }
    });
    let client = scene.options(https(between.address)).max_retries(2).build().unwrap();
    assert_eq!(verify(&client).unwrap(), 0);
    assert_eq!((between.connections(), server.seen().len()), (2, 1));
}

/// At most 5 % and 20 ms late, in the best of three runs: the machine may be busy.
fn in_time(what: &str, deadline: Duration, call: impl Fn()) {
    let limit = deadline.mul_f64(1.05) + Duration::from_millis(20);
    let took = |_| {
        let begun = Instant::now();
        call();
        begun.elapsed()
    };
    let best = (0..3).map(took).min().unwrap();
    assert!(best >= deadline.mul_f64(0.95) && best <= limit, "{what}: {best:?} for a deadline of {deadline:?}");
}

#[test]
fn a_silent_or_dripping_handshake_ends_at_the_deadline_and_nothing_was_sent() {
    let scene = Scene::new();
    let silent = Peer::start(|mut socket| until_closed(&mut socket));
    let dripping_record = Peer::start(|mut socket| {
        drip(&mut socket, [22, 3, 3, 0x3F, 0xFF].into_iter().chain(std::iter::repeat(2)));
    });
    // A real handshake, slower than anyone waits.
    let server = TlsServer::answering(scene.config(&TLS13), http(200, VERIFIED));
    let address = server.address();
    let dripping_flight = Peer::start(move |mut socket| {
        let mut hello = vec![0; 4096];
        let read = socket.read(&mut hello).unwrap_or(0);
        let mut real = TcpStream::connect(address).unwrap();
        real.write_all(&hello[..read]).unwrap();
        let mut flight = vec![0; 16 * 1024];
        let read = real.read(&mut flight).unwrap();
        drip(&mut socket, flight[..read].iter().copied());
    });
    let cases = [
        ("silent", &silent),
        ("dripping a record that goes on", &dripping_record),
        ("dripping a true handshake", &dripping_flight),
    ];
    let timeout = Duration::from_millis(700);
    std::thread::scope(|scope| {
        for (what, peer) in cases {
            // By the deadline of the call, and by that of the connection.
            let by_call = scene.options(https(peer.address)).timeout(timeout).max_retries(2);
            let by_connect = scene.options(https(peer.address)).connect_timeout(timeout);
            for (limit, options) in [("timeout", by_call), ("connect_timeout", by_connect)] {
                let client = options.build().unwrap();
                scope.spawn(move || {
                    in_time(&format!("{what}, {limit}"), timeout, || {
                        let (outcome, message) = failure(&client);
                        assert_eq!(outcome, (-20, NotSent), "{what}, {limit}: {message}");
                        assert!(message.contains("TLS handshake"), "{what}, {limit}: {message}");
                    });
                });
            }
        }
    });
}

#[test]
fn a_handshake_ends_when_the_call_is_cancelled_and_nothing_was_sent() {
    let scene = Scene::new();
    let (cancel, hello) = (Cancel::new(), Arc::new(Gate::default()));
    let silent = Peer::start({
        let hello = Arc::clone(&hello);
        move |mut socket| {
            let _ = socket.read(&mut [0; 4096]);
            hello.open();
            until_closed(&mut socket);
        }
    });
    let client = scene.options(https(silent.address)).max_retries(2).build().unwrap();
    let (error, took) = std::thread::scope(|scope| {
        let call = scope.spawn(|| client.verify_with(OTP_ID, "79895", &Call::new().cancel(&cancel)).unwrap_err());
        assert!(hello.pass(Duration::from_secs(10)));
        let begun = Instant::now();
        cancel.fire();
        (call.join().unwrap(), begun.elapsed())
    });
    assert_eq!((error.code().number(), error.delivery()), (-22, NotSent), "{error}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(silent.connections(), 1);
}

// After the answer, and instead of it.

fn send(stream: &mut Stream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
    let _ = stream.flush();
}

fn close_notify(stream: &mut Stream) {
    stream.conn.send_close_notify();
    let _ = stream.conn.complete_io(&mut stream.sock);
}

/// A look at the socket alone would take such a connection for open.
#[test]
fn a_connection_closed_by_close_notify_behind_the_answer_is_not_used_again() {
    let scene = Scene::new();
    for version in EACH_VERSION {
        let server = TlsServer::start(scene.config(version), |_, stream| {
            // Both records in one write.
            stream.conn.writer().write_all(&http(200, VERIFIED)).unwrap();
            stream.conn.send_close_notify();
            let mut both = Vec::new();
            while stream.conn.wants_write() {
                stream.conn.write_tls(&mut both).unwrap();
            }
            let _ = stream.sock.write_all(&both);
            // The TCP connection stays open until the client closes it.
            until_closed(&mut stream.sock);
            Next::Close
        });
        let client = scene.client(&server);
        for call in 0..40 {
            assert_eq!(verify(&client).unwrap(), 0, "{}, call {call}", name(version));
        }
        assert_eq!((server.connections(), server.seen().len()), (40, 40), "{}", name(version));
    }
}

/// A second answer, that nobody asked for, says "verified" right behind a first one that says "wrong code".
#[test]
fn an_answer_left_over_from_one_call_is_never_the_next_call_s() {
    const WRONG: &str = r#"{"result":false,"isErrorCount":false,"isExprCode":false}"#;
    let scene = Scene::new();
    let short = http(200, WRONG);
    // It fills the buffer that answers are read into, so that what follows stays inside TLS.
    let head = http(200, " ".repeat(4000)).len() - 4000;
    let filling = http(200, format!("{WRONG:<width$}", width = 4096 - head));
    assert_eq!(filling.len(), 4096);
    let places = [("in the same record", 0), ("in the next record", 1), ("in a record cut in two", 2)];
    for version in EACH_VERSION {
        for (what, at) in places {
            for wrong in [&short, &filling] {
                let answer = wrong.clone();
                let server = TlsServer::start(scene.config(version), move |_, stream| {
                    let conn = &mut stream.conn;
                    let verified = http(200, VERIFIED);
                    let first = if at == 0 { [&answer[..], &verified].concat() } else { answer.clone() };
                    conn.writer().write_all(&first).unwrap();
                    let mut bytes = Vec::new();
                    while conn.wants_write() {
                        conn.write_tls(&mut bytes).unwrap();
                    }
                    let first = bytes.len();
                    if at > 0 {
                        conn.writer().write_all(&verified).unwrap();
                    }
                    while conn.wants_write() {
                        conn.write_tls(&mut bytes).unwrap();
                    }
                    let (now, later) = bytes.split_at(if at == 2 { first + 20 } else { bytes.len() });
                    let _ = stream.sock.write_all(now);
                    // The rest comes in front of the next answer, if there is a next request.
                    if stream.sock.peek(&mut [0]).is_ok_and(|read| read > 0) {
                        let _ = stream.sock.write_all(later);
                    }
                    Next::Keep
                });
                let client = scene.client(&server);
                let context = format!("{what}, {}, {} bytes", name(version), wrong.len());
                for call in 0..5 {
                    assert_eq!(verify(&client).unwrap(), 1, "{context}: call {call}: a wrong code");
                }
                assert_eq!(server.connections(), 5, "{context}");
            }
        }
    }
}

/// An answer without a length: its end is the connection's.
fn endless() -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{VERIFIED}").into_bytes()
}

#[test]
fn an_answer_without_a_length_is_whole_only_where_close_notify_ends_it() {
    let scene = Scene::new();
    let ends: [(&str, Ending, bool); 3] = [
        ("close_notify", close_notify, true),
        ("FIN alone", |_| {}, false),
        ("RST", |stream| reset(stream.sock.try_clone().unwrap()), false),
    ];
    for version in EACH_VERSION {
        for (what, end, whole) in ends {
            let server = TlsServer::start(scene.config(version), move |_, stream| {
                send(stream, &endless());
                end(stream);
                Next::Close
            });
            let client = scene.options(server.url()).max_retries(2).build().unwrap();
            let context = format!("{what}, {}", name(version));
            if whole {
                assert_eq!(verify(&client).unwrap(), 0, "{context}");
            } else {
                assert_eq!(failure(&client).0, (-21, Unknown), "{context}");
            }
            assert_eq!(server.seen().len(), 1, "{context}");
        }
    }
}

#[test]
fn a_connection_that_ends_instead_of_the_answer_leaves_the_outcome_unknown() {
    let scene = Scene::new();
    let ends: [(&str, Ending, i32); 6] = [
        ("FIN", |_| {}, -21),
        ("close_notify", close_notify, -21),
        ("RST", |stream| reset(stream.sock.try_clone().unwrap()), -21),
        (
            "half a head, then close_notify",
            |stream| {
                send(stream, b"HTTP/1.1 200 OK\r\nContent-Le");
                close_notify(stream);
            },
            -21,
        ),
        (
            "half a body, then close_notify",
            |stream| {
                let answer = http(200, VERIFIED);
                send(stream, &answer[..answer.len() - 1]);
                close_notify(stream);
            },
            -21,
        ),
        (
            "a record that cannot be decrypted",
            |stream| {
                let _ = stream.sock.write_all(&[23, 3, 3, 0, 32]);
                let _ = stream.sock.write_all(&[7; 32]);
            },
            -12,
        ),
    ];
    for version in EACH_VERSION {
        for (what, end, code) in ends {
            let server = TlsServer::start(scene.config(version), move |_, stream| {
                end(stream);
                Next::Close
            });
            let client = scene.options(server.url()).max_retries(2).build().unwrap();
            let (outcome, message) = failure(&client);
            assert_eq!(outcome, (code, Unknown), "{what}, {}: {message}", name(version));
            assert_eq!((server.connections(), server.seen().len()), (1, 1), "{what}, {}", name(version));
        }
    }
}

/// The kernel takes the whole request, however small the server's window is: it is not known to be unsent.
#[test]
fn a_server_that_stops_reading_ends_at_the_deadline_and_the_outcome_is_unknown() {
    let scene = Scene::new();
    let settings = Arc::new(scene.config(&TLS13));
    let (stopping, done) = (Arc::new(Gate::default()), Arc::new(Gate::default()));
    let server = Peer::start({
        let (stopping, done) = (Arc::clone(&stopping), Arc::clone(&done));
        move |mut socket| {
            rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 1).unwrap();
            let mut session = rustls::ServerConnection::new(Arc::clone(&settings)).unwrap();
            while session.is_handshaking() && session.complete_io(&mut socket).is_ok() {}
            stopping.open();
            done.pass(Duration::from_secs(20));
        }
    });
    let timeout = Duration::from_millis(1000);
    let client = scene.options(https(server.address)).timeout(timeout).max_retries(2).build().unwrap();
    let call = Call::new().callback_data("x".repeat(4096));
    in_time("stops reading", timeout, || {
        let error = client.request_with("0812345678", &call).unwrap_err();
        assert_eq!((error.code().number(), error.delivery()), (-20, Unknown), "{error}");
    });
    assert!(stopping.pass(Duration::ZERO), "the handshake was done");
    done.open();
}

#[test]
fn an_idle_connection_that_the_server_closes_is_replaced_without_a_failure() {
    let scene = Scene::new();
    let ends: [(&str, Script<Stream>); 3] = [
        ("close_notify and FIN", |mut stream| close_notify(&mut stream)),
        ("FIN", |_| {}),
        ("RST", |stream| reset(stream.sock)),
    ];
    for (what, end) in ends {
        let closed = Arc::new(Gate::default());
        let settings = Arc::new(scene.config(&TLS13));
        let closing = Peer::start({
            let closed = Arc::clone(&closed);
            move |mut socket| {
                let mut session = rustls::ServerConnection::new(Arc::clone(&settings)).unwrap();
                while session.is_handshaking() && session.complete_io(&mut socket).is_ok() {}
                let mut stream = Stream::new(session, socket);
                if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                    send(&mut stream, &http(200, VERIFIED));
                    end(stream);
                    closed.open();
                }
            }
        });
        let client = scene.options(https(closing.address)).build().unwrap();
        for call in 0..3 {
            *closed.0.lock().unwrap() = false;
            assert_eq!(verify(&client).unwrap(), 0, "{what}, call {call}");
            assert!(closed.pass(Duration::from_secs(10)), "{what}");
        }
        assert_eq!(closing.connections(), 3, "{what}");
    }
}
