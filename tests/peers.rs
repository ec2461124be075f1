//! Calls against programs that others wrote and run in front of services: nginx, tinyproxy, microsocks. Each test starts
//! its own on loopback and ends it.
//!
//! `make test` installs them; by hand: `apt-get install nginx tinyproxy microsocks`, then
//! `cargo test -p ants-otp --test peers -- --ignored`.
#![allow(clippy::unwrap_used)] // a panic is a test's report

#[path = "support/daemon.rs"]
mod daemon;
mod support;

use ants_otp::Delivery::{Answered, NotSent, Unknown};
use ants_otp::{Call, Client, Code, Delivery, Options, Status};
use ants_otp_sandbox::Sandbox;
use daemon::{Daemon, Folder};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::collections::HashMap;
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::{MOBILE, Next, OTC_ID, OTP_ID, Seen, Server, VERIFIED, http};

/// A port on which nobody listens, on any machine that runs tests: tcpmux.
const DEAD: &str = "127.0.0.1:1";

// nginx ---------------------------------------------------------------------------------------------------------------

/// Makes the files of an authority and of a server and a client that it vouches for.
fn make_certificates(folder: &Folder) {
    let named = |name: &str, mut params: CertificateParams| {
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let mut params = named("Test authority", CertificateParams::new([]).unwrap());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    folder.write("ca.pem", authority.pem());
    for (file, names) in [("server", vec!["localhost".to_owned(), "127.0.0.1".to_owned()]), ("client", vec![])] {
        let key = KeyPair::generate().unwrap();
        let params = named(file, CertificateParams::new(names).unwrap());
        folder.write(&format!("{file}.pem"), params.signed_by(&key, &authority).unwrap().pem());
        folder.write(&format!("{file}.key"), key.serialize_pem());
    }
}

/// nginx with TLS before `upstream`. `http` and `location` are further lines of its configuration.
fn nginx(upstream: &str, protocol: &str, server: &str, location: &str) -> Daemon {
    Daemon::start("nginx", |folder, port| {
        make_certificates(folder);
        let here = folder.path().display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|kind| format!("{kind}_temp_path {here}/{kind};")).join(" ");
        let text = format!(
            "user root; daemon off; worker_processes 1; pid {here}/nginx.pid; error_log {here}/error.log info;
             events {{ worker_connections 256; }}
             http {{
               {temporary}
               log_format calls '$connection $connection_requests $status $ssl_protocol $ssl_session_reused';
               access_log {here}/access.log calls;
               server {{
                 listen 127.0.0.1:{port} ssl;
                 ssl_certificate {here}/server.pem; ssl_certificate_key {here}/server.key; ssl_protocols {protocol};
                 {server}
                 location / {{ proxy_pass {upstream}; proxy_next_upstream off; {location} }}
               }}
             }}"
        );
        let file = folder.write("nginx.conf", text);
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).arg("-e").arg(folder.path().join("error.log")).arg("-c").arg(file);
        command
    })
}

/// A client that trusts the nginx and speaks to it by name.
fn options_of(nginx: &Daemon) -> Options {
    Client::builder()
        .base_url(nginx.secure_url())
        .credentials("user", "password")
        .otc_id(OTC_ID)
        .ca_file(nginx.folder.path().join("ca.pem"))
        .timeout(Duration::from_secs(20))
}

/// One request as nginx logged it.
#[derive(Debug, PartialEq, Eq)]
struct Logged {
    connection: u64,
    number: u64,
    status: u16,
    protocol: String,
    resumed: bool,
}

/// The log, once it has `count` lines: nginx writes one when it is done with a request, which may be after the answer.
fn logged(nginx: &Daemon, count: usize) -> Vec<Logged> {
    let begun = Instant::now();
    loop {
        let text = nginx.folder.read("access.log");
        if text.lines().count() >= count || begun.elapsed() > Duration::from_secs(10) {
            return text.lines().map(logged_line).collect();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn logged_line(line: &str) -> Logged {
    let [connection, number, status, protocol, resumed] = line.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{line}");
    };
    Logged {
        connection: connection.parse().unwrap(),
        number: number.parse().unwrap(),
        status: status.parse().unwrap(),
        protocol: protocol.to_owned(),
        resumed: resumed == "r",
    }
}

fn outcome<T>(result: Result<T, ants_otp::Error>) -> (i32, Delivery) {
    match result {
        Ok(_) => (0, Answered),
        Err(error) => (error.code().number(), error.delivery()),
    }
}

fn verifying() -> Server {
    Server::answering(http(200, VERIFIED))
}

#[test]
#[ignore = "needs nginx: make test installs it"]
fn a_person_is_verified_through_nginx_with_either_tls() {
    for protocol in ["TLSv1.2", "TLSv1.3"] {
        let sandbox = Sandbox::builder().start().unwrap();
        let nginx = nginx(sandbox.url(), protocol, "", "");
        let client =
            options_of(&nginx).credentials(sandbox.username(), sandbox.password()).otc_id(sandbox.otc_id()).build();
        let client = client.unwrap();
        let sent = client.request("081-234-5678").unwrap();
        let code = sandbox.last_code(MOBILE).unwrap();
        let wrong = if code == "00000" { "00001" } else { "00000" };
        assert_eq!(client.verify(&sent, wrong).unwrap().status(), Status::WrongCode);
        assert!(client.verify(&sent, &code).unwrap().is_verified());
        assert_eq!(sandbox.messages().len(), 1);
        let log = logged(&nginx, 3);
        assert!(log.iter().all(|call| call.protocol == protocol), "{log:?}");
        // The first verify has a new connection, and the second goes where no other code of its OTP was judged.
        assert_ne!(log[1].connection, log[0].connection);
        assert_eq!(log[2].connection, log[0].connection);
    }
}

#[test]
#[ignore = "needs nginx: make test installs it"]
fn further_connections_to_nginx_resume_the_tls_session() {
    for protocol in ["TLSv1.2", "TLSv1.3"] {
        let upstream = verifying();
        let nginx = nginx(&upstream.url(), protocol, "", "");
        let client = options_of(&nginx).max_idle_connections(0).build().unwrap();
        for _ in 0..4 {
            assert!(client.verify(OTP_ID, "1").unwrap().is_verified());
        }
        let resumed: Vec<bool> = logged(&nginx, 4).iter().map(|call| call.resumed).collect();
        assert_eq!(resumed, [false, true, true, true], "{protocol}");
    }
}

#[test]
#[ignore = "needs nginx: make test installs it"]
fn a_connection_that_nginx_ends_after_three_requests_is_replaced() {
    let upstream = verifying();
    let nginx = nginx(&upstream.url(), "TLSv1.3", "keepalive_requests 3;", "");
    let client = options_of(&nginx).build().unwrap();
    for call in 0..10 {
        assert!(client.verify(OTP_ID, "1").unwrap().is_verified(), "call {call}");
    }
    let log = logged(&nginx, 10);
    assert_eq!(log.iter().map(|call| call.number).collect::<Vec<_>>(), [1, 2, 3, 1, 2, 3, 1, 2, 3, 1]);
    assert_eq!(upstream.seen().len(), 10);
}

#[test]
#[ignore = "needs nginx: make test installs it"]
fn a_connection_that_nginx_times_out_is_lost_only_in_the_very_moment() {
    const KEEP_ALIVE: u64 = 300;
    for protocol in ["TLSv1.2", "TLSv1.3"] {
        let upstream = Server::start(answer_its_own_id);
        let nginx = nginx(&upstream.url(), protocol, &format!("keepalive_timeout {KEEP_ALIVE}ms;"), "");
        let client = options_of(&nginx).build().unwrap();
        let mut calls = 0;
        let mut lost = 0;
        let gaps = [0, 100, 290, 296, 298, 299, 300, 301, 302, 304, 310, 330, 600];
        for gap in gaps.into_iter().chain(gaps) {
            std::thread::sleep(Duration::from_millis(gap));
            let id = format!("call-{calls}");
            calls += 1;
            match client.verify(&id, "1") {
                Ok(verification) => assert!(verification.is_verified()),
                Err(error) => {
                    assert_eq!((error.code(), error.delivery()), (Code::ConnectionLost, Unknown), "{error}");
                    assert!(gap >= KEEP_ALIVE - 20, "lost after {gap} ms");
                    lost += 1;
                }
            }
        }
        let seen = times_seen(&upstream);
        assert!(seen.values().all(|times| *times == 1) && seen.len() <= calls, "{seen:?}");
        assert!(seen.len() >= calls - lost);
    }
}

/// Verifies whatever is asked, by the id that was asked about.
fn answer_its_own_id(request: &Seen, stream: &mut std::net::TcpStream) -> Next {
    let _ = stream.write_all(&http(200, format!(r#"{{"otpId":"{}","result":true}}"#, asked(request))));
    Next::Keep
}

fn asked(request: &Seen) -> &str {
    request.body.split("\"otpId\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap()
}

/// How often each id was asked about.
fn times_seen(upstream: &Server) -> HashMap<String, usize> {
    let mut seen = HashMap::new();
    for request in upstream.seen() {
        *seen.entry(asked(&request).to_owned()).or_default() += 1;
    }
    seen
}

#[test]
#[ignore = "needs nginx: make test installs it"]
fn what_nginx_says_by_itself_has_an_exact_outcome() {
    let silent = Server::start(|_, _| {
        std::thread::sleep(Duration::from_secs(2));
        Next::Close
    });
    let cut = Server::start(|_, _| Next::Close);
    let half = Server::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"result\":true}");
        Next::Close
    });
    let dead = format!("http://{DEAD}");
    let cases = [
        ("502 of a dead upstream", dead.as_str(), "", "", -30, Some(502)),
        ("502 of an upstream that hangs up", &cut.url(), "", "", -30, Some(502)),
        ("504 of a silent upstream", &silent.url(), "", "proxy_read_timeout 200ms;", -30, Some(504)),
        ("half an answer of the upstream", &half.url(), "", "", -21, None),
        ("half an answer that nginx has buffered", &half.url(), "", "proxy_http_version 1.1;", -21, None),
        ("413", &dead, "client_max_body_size 16;", "", -30, Some(413)),
        ("503", &dead, "", "return 503;", -30, Some(503)),
        ("a redirect", &dead, "", "return 308 /elsewhere;", -30, Some(308)),
        ("403", &dead, "deny all;", "", -30, Some(403)),
        ("429", &dead, "", "return 429;", 429, Some(429)),
        ("its own 401", &dead, "", "return 401;", 9998, Some(401)),
        ("a page with status 200", &dead, "", "return 200 '<html>Maintenance</html>';", -31, Some(200)),
        ("204", &dead, "", "return 204;", -31, Some(204)),
        ("444: nginx hangs up", &dead, "", "return 444;", -21, None),
        ("no client certificate", &dead, "ssl_client_certificate ca.pem; ssl_verify_client on;", "", 9996, Some(400)),
    ];
    for (name, upstream, server, location, code, status) in cases {
        for protocol in ["TLSv1.2", "TLSv1.3"] {
            let nginx = nginx(upstream, protocol, server, location);
            let client = options_of(&nginx).build().unwrap();
            for _ in 0..2 {
                let error = client.verify(OTP_ID, "1").unwrap_err();
                let delivery = if code > 0 { Answered } else { Unknown };
                assert_eq!((error.code().number(), error.delivery()), (code, delivery), "{name}, {protocol}: {error}");
                if status.is_some() {
                    assert_eq!(error.http_status(), status, "{name}");
                }
            }
        }
    }
    for upstream in [&silent, &cut] {
        assert_eq!(upstream.seen().len(), 4, "one request each, never a second");
    }
}

#[test]
#[ignore = "needs nginx: make test installs it"]
fn nginx_that_asks_for_a_client_certificate_gets_it() {
    let upstream = verifying();
    for protocol in ["TLSv1.2", "TLSv1.3"] {
        let nginx = nginx(&upstream.url(), protocol, "ssl_client_certificate ca.pem; ssl_verify_client on;", "");
        let file = |name| nginx.folder.path().join(name);
        let client = options_of(&nginx).client_certificate(file("client.pem"), file("client.key")).build().unwrap();
        assert!(client.verify(OTP_ID, "1").unwrap().is_verified(), "{protocol}");
    }
}

#[test]
#[ignore = "needs nginx: make test installs it"]
fn a_reload_of_nginx_costs_no_call_twice() {
    let upstream = Server::start(answer_its_own_id);
    let nginx = nginx(&upstream.url(), "TLSv1.2 TLSv1.3", "", "");
    let client = options_of(&nginx).build().unwrap();
    let (stop, number) = (AtomicBool::new(false), AtomicUsize::new(0));
    let outcomes: HashMap<String, (i32, Delivery)> = std::thread::scope(|scope| {
        let call_on = || {
            let mut outcomes = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                let id = format!("call-{}", number.fetch_add(1, Ordering::SeqCst));
                let came = outcome(client.verify(&id, "1").map(|verification| assert!(verification.is_verified())));
                outcomes.push((id, came));
            }
            outcomes
        };
        let callers: Vec<_> = (0..4).map(|_| scope.spawn(call_on)).collect();
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(300));
            let conf = nginx.folder.path().join("nginx.conf");
            let log = nginx.folder.path().join("error.log");
            let mut reload = Command::new("nginx");
            reload.arg("-p").arg(nginx.folder.path()).arg("-e").arg(log).arg("-c").arg(conf).args(["-s", "reload"]);
            assert!(reload.status().unwrap().success());
        }
        std::thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::SeqCst);
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    let seen = times_seen(&upstream);
    let mut lost = 0;
    for (id, outcome) in &outcomes {
        let times = seen.get(id).copied().unwrap_or_default();
        match outcome {
            (0, Answered) => assert_eq!(times, 1, "{id}"),
            (_, NotSent) => assert_eq!(times, 0, "{id}: {outcome:?}"),
            // nginx ended the connection in the moment in which the request was on its way.
            (-21, Unknown) => {
                assert!(times <= 1, "{id}");
                lost += 1;
            }
            other => panic!("{id}: {other:?}"),
        }
    }
    assert!(outcomes.len() > 50 && lost <= 5 * 4, "{lost} lost of {}", outcomes.len());
    println!("{} calls over 5 reloads: {lost} lost, {} requests seen", outcomes.len(), seen.len());
}

// tinyproxy -----------------------------------------------------------------------------------------------------------

fn tinyproxy(further: &str) -> Daemon {
    Daemon::start("tinyproxy", |folder, port| {
        let text = format!("Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nLogLevel Connect\n{further}\n");
        let file = folder.write("tinyproxy.conf", text);
        let mut command = Command::new("tinyproxy");
        command.arg("-d").arg("-c").arg(file);
        command
    })
}

/// How often the proxy was asked to lead somewhere.
fn asked_to_lead(proxy: &Daemon) -> usize {
    proxy.folder.read("output").matches("CONNECT ").count()
}

#[test]
#[ignore = "needs nginx and tinyproxy: make test installs them"]
fn tinyproxy_leads_to_plain_and_secure_services() {
    let upstream = verifying();
    let nginx = nginx(&upstream.url(), "TLSv1.3", "", "");
    for (login, given) in [("", ""), ("BasicAuth someone p-ss", "someone:p%2Dss@")] {
        let proxy = tinyproxy(login);
        let url = format!("http://{given}127.0.0.1:{}", proxy.port);
        for options in [upstream.options(), options_of(&nginx)] {
            let client = options.proxy(&url).build().unwrap();
            for _ in 0..3 {
                assert!(client.verify(OTP_ID, "1").unwrap().is_verified());
            }
        }
        assert!(asked_to_lead(&proxy) >= 2, "{}", proxy.folder.read("output"));
    }
    assert_eq!(upstream.seen().len(), 12);
}

#[test]
#[ignore = "needs tinyproxy: make test installs it"]
fn what_tinyproxy_refuses_was_not_sent() {
    let upstream = verifying();
    let locked = tinyproxy("BasicAuth someone secret");
    let open = tinyproxy("ConnectPort 1");
    let at = |given: &str, proxy: &Daemon| format!("http://{given}127.0.0.1:{}", proxy.port);
    let dead = format!("http://{DEAD}");
    let cases = [
        ("no password", at("", &locked), upstream.url(), "credentials"),
        ("a wrong password", at("someone:other@", &locked), upstream.url(), "credentials"),
        ("another user", at("other:secret@", &locked), upstream.url(), "credentials"),
        ("a forbidden port", at("", &open), upstream.url(), "403"),
        ("a dead service", at("", &open), dead, "50"),
        ("a proxy that is not there", dead_proxy("http"), upstream.url(), "reached"),
    ];
    for (name, proxy, service, said) in cases {
        let client = upstream.options().base_url(service).proxy(proxy).build().unwrap();
        let error = client.verify(OTP_ID, "1").unwrap_err();
        assert_eq!((error.code(), error.delivery()), (Code::Proxy, NotSent), "{name}: {error}");
        assert!(error.message().contains(said), "{name}: {error}");
    }
    assert!(upstream.seen().is_empty());
}

#[test]
#[ignore = "needs tinyproxy: make test installs it"]
fn a_refused_password_is_tried_once() {
    let upstream = verifying();
    let proxy = tinyproxy("BasicAuth someone secret");
    let url = format!("http://someone:other@127.0.0.1:{}", proxy.port);
    let client = upstream.options().proxy(url).build().unwrap();
    assert!(client.verify(OTP_ID, "1").is_err());
    assert_eq!(
        proxy.folder.read("output").matches("Connect (file descriptor").count(),
        2,
        "ours, and the look whether it is up"
    );
}

fn dead_proxy(scheme: &str) -> String {
    format!("{scheme}://{DEAD}")
}

// microsocks ----------------------------------------------------------------------------------------------------------

fn microsocks(further: &[&str]) -> Daemon {
    Daemon::start("microsocks", |_, port| {
        let mut command = Command::new("microsocks");
        command.args(["-i", "127.0.0.1", "-p", &port.to_string()]).args(further);
        command
    })
}

#[test]
#[ignore = "needs nginx and microsocks: make test installs them"]
fn microsocks_leads_to_plain_and_secure_services_by_address_and_by_name() {
    let upstream = verifying();
    let nginx = nginx(&upstream.url(), "TLSv1.3", "", "");
    let by_name = upstream.url().replace("127.0.0.1", "localhost");
    for (login, given) in [(&[][..], ""), (&["-u", "someone", "-P", "p:ss"][..], "someone:p%3Ass@")] {
        let proxy = microsocks(login);
        for scheme in ["socks5", "socks5h"] {
            let url = format!("{scheme}://{given}127.0.0.1:{}", proxy.port);
            for options in [upstream.options(), upstream.options().base_url(&by_name), options_of(&nginx)] {
                let client = options.proxy(&url).build().unwrap();
                for _ in 0..2 {
                    assert!(client.verify(OTP_ID, "1").unwrap().is_verified());
                }
            }
        }
    }
    assert_eq!(upstream.seen().len(), 24);
}

#[test]
#[ignore = "needs microsocks: make test installs it"]
fn what_microsocks_refuses_was_not_sent() {
    let upstream = verifying();
    let locked = microsocks(&["-u", "someone", "-P", "secret"]);
    let open = microsocks(&[]);
    let at = |given: &str, proxy: &Daemon| format!("socks5h://{given}127.0.0.1:{}", proxy.port);
    let cases = [
        ("no password", at("", &locked), upstream.url(), "credentials"),
        ("a wrong password", at("someone:other@", &locked), upstream.url(), "user name and password"),
        ("a dead service", at("", &open), format!("http://{DEAD}"), "refused"),
        ("a name that nobody has", at("", &open), "http://nobody.invalid".to_owned(), "The proxy"),
        ("a proxy that is not there", dead_proxy("socks5"), upstream.url(), "reached"),
    ];
    for (name, proxy, service, said) in cases {
        let options = upstream.options().base_url(service).allow_plain_http(true).proxy(proxy);
        let error = options.build().unwrap().verify(OTP_ID, "1").unwrap_err();
        assert_eq!((error.code(), error.delivery()), (Code::Proxy, NotSent), "{name}: {error}");
        assert!(error.message().contains(said), "{name}: {error}");
    }
    assert!(upstream.seen().is_empty());
}

#[test]
#[ignore = "needs microsocks: make test installs it"]
fn a_proxy_that_ends_in_the_middle_of_a_call_leaves_it_unknown() {
    let upstream = Server::start(|_, _| {
        std::thread::sleep(Duration::from_secs(2));
        Next::Close
    });
    let proxy = microsocks(&[]);
    let client = upstream.options().proxy(format!("socks5://127.0.0.1:{}", proxy.port)).build().unwrap();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| client.verify_with(OTP_ID, "1", &Call::new().timeout(Duration::from_secs(20))));
        while upstream.seen().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(proxy);
        let error = call.join().unwrap().unwrap_err();
        assert_eq!((error.code(), error.delivery()), (Code::ConnectionLost, Unknown), "{error}");
    });
    assert_eq!(upstream.seen().len(), 1);
}
