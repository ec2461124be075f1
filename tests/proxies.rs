//! Proxies through real sockets: what works, and for each way they can fail the code, the delivery, the sentence, and how
//! many connections they saw.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::Delivery::{self, NotSent, Unknown};
use ants_otp::{Client, Error, Options};
use base64::Engine as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use support::peer::{Peer, Refusing, Tapped, drip, reset, until_closed};
use support::proxy::{HttpProxy, SocksProxy, read_head};
use support::tls::{Authority, Folder, TLS12, TLS13, TlsServer, config, config_for, front};
use support::{Next, OTC_ID, OTP_ID, Server, VERIFIED, http};

/// What a proxy does with a connection.
type Script = fn(TcpStream);

/// A name that no resolver knows (RFC 6761, section 6.4).
const UNKNOWN_HERE: &str = "otp.invalid";
/// An address that leads to this machine, and is no loopback by the base URL's test.
const HERE: &str = "0.0.0.0";
const KINDS: [&str; 4] = ["http", "https", "socks5", "socks5h"];

/// The service, plain and over TLS, and an authority that has signed it and the https proxies.
struct Scene {
    plain: Server,
    secure: TlsServer,
    authority: Authority,
    folder: Folder,
    ca_file: PathBuf,
}

impl Scene {
    fn new() -> Scene {
        let (authority, folder) = (Authority::new(), Folder::new());
        let ca_file = folder.file("ca.pem", authority.pem());
        let names = ["127.0.0.1", "localhost", "::1", UNKNOWN_HERE, HERE];
        Scene {
            plain: Server::answering(http(200, VERIFIED)),
            secure: TlsServer::answering(config(&authority.identity(&names), &[&TLS13]), http(200, VERIFIED)),
            authority,
            folder,
            ca_file,
        }
    }

    fn address(&self, scheme: &str) -> SocketAddr {
        if scheme == "https" { self.secure.address() } else { self.plain.address }
    }

    fn url(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}:{}", self.address(scheme).port())
    }

    fn seen(&self) -> usize {
        self.plain.seen().len() + self.secure.seen().len()
    }

    /// Options for the service over TLS, reached through `proxy`; tried once.
    fn options(&self, proxy: impl AsRef<str>) -> Options {
        Client::builder()
            .base_url(self.secure.url())
            .credentials("user", "password")
            .otc_id(OTC_ID)
            .ca_file(&self.ca_file)
            .timeout(Duration::from_secs(10))
            .max_retries(0)
            .allow_plain_http(true)
            .proxy(proxy)
    }

    /// TLS in front of a plain proxy.
    fn front(&self, to: SocketAddr) -> Peer {
        front(config(&self.authority.identity(&["127.0.0.1"]), &[&TLS13]), to)
    }

    /// A proxy of this kind in front of the service, its URL, and a look at its connections.
    fn proxy(&self, kind: &'static str, scheme: &str, pair: Option<(&'static str, &'static str)>) -> AnyProxy {
        let to = self.address(scheme);
        match kind {
            "socks5" | "socks5h" => AnyProxy::Socks(match pair {
                Some((user, password)) => SocksProxy::with_credentials(to, user, password),
                None => SocksProxy::start(to),
            }),
            _ => {
                let proxy = match pair {
                    Some((user, password)) => HttpProxy::with_credentials(to, &format!("{user}:{password}")),
                    None => HttpProxy::start(to),
                };
                let front = (kind == "https").then(|| self.front(proxy.address()));
                AnyProxy::Http(proxy, front)
            }
        }
    }
}

enum AnyProxy {
    Http(HttpProxy, Option<Peer>),
    Socks(SocksProxy),
}

impl AnyProxy {
    fn peer(&self) -> &Peer {
        match self {
            AnyProxy::Http(_, Some(front)) => front,
            AnyProxy::Http(proxy, None) => &proxy.peer,
            AnyProxy::Socks(proxy) => &proxy.peer,
        }
    }

    fn url(&self, kind: &str, user_info: &str) -> String {
        format!("{kind}://{user_info}{}", self.peer().address)
    }

    fn tunnelled(&self) -> &Tapped {
        match self {
            AnyProxy::Http(proxy, _) => &proxy.tunnelled,
            AnyProxy::Socks(proxy) => &proxy.tunnelled,
        }
    }
}

fn verify(client: &Client) -> Result<i32, Error> {
    client.verify(OTP_ID, "79895").map(|verification| verification.code().number())
}

/// The code and the delivery of a call that must fail, and its sentence.
fn failure(options: &Options) -> ((i32, Delivery), String) {
    let error = verify(&options.build().unwrap()).expect_err("the call must fail");
    ((error.code().number(), error.delivery()), error.message().to_owned())
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}

// What works.

#[test]
fn each_kind_of_proxy_leads_to_the_service_and_its_connections_are_kept() {
    for kind in KINDS {
        for scheme in ["http", "https"] {
            let scene = Scene::new();
            let proxy = scene.proxy(kind, scheme, None);
            let options = scene.options(proxy.url(kind, "")).base_url(scene.url(scheme, "127.0.0.1"));
            let client = options.build().unwrap();
            for call in 0..5 {
                assert_eq!(verify(&client).unwrap(), 0, "{kind} to {scheme}, call {call}");
            }
            assert_eq!((scene.seen(), proxy.peer().connections()), (5, 1), "{kind} to {scheme}");
            assert_eq!(scene.plain.connections() + scene.secure.connections(), 1, "{kind} to {scheme}");
        }
    }
}

#[test]
fn an_http_proxy_is_asked_for_the_host_as_it_stands_in_the_url() {
    for host in ["127.0.0.1", "localhost", "[::1]", UNKNOWN_HERE] {
        let scene = Scene::new();
        let proxy = HttpProxy::start(scene.secure.address());
        let url = scene.url("https", host);
        let options = scene.options(format!("http://{}", proxy.address())).base_url(&url);
        assert_eq!(verify(&options.build().unwrap()).unwrap(), 0, "{host}");
        let authority = url.strip_prefix("https://").unwrap();
        assert_eq!(proxy.heads(), [format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n")]);
    }
}

#[test]
fn socks5h_leaves_names_to_the_proxy_and_socks5_resolves_them_here() {
    let scene = Scene::new();
    let port = scene.secure.address().port();
    let cases = [
        ("socks5h", UNKNOWN_HERE, 3, UNKNOWN_HERE),
        ("socks5h", "localhost", 3, "localhost"),
        ("socks5h", "127.0.0.1", 1, "127.0.0.1"),
        ("socks5h", "[::1]", 4, "::1"),
        ("socks5", "127.0.0.1", 1, "127.0.0.1"),
        ("socks5", "[::1]", 4, "::1"),
    ];
    for (kind, host, asked_kind, asked_host) in cases {
        let proxy = SocksProxy::start(scene.secure.address());
        let options = scene.options(format!("{kind}://{}", proxy.address())).base_url(scene.url("https", host));
        assert_eq!(verify(&options.build().unwrap()).unwrap(), 0, "{kind} {host}");
        let asked = proxy.asked().pop().unwrap();
        assert_eq!((asked.kind, asked.host.as_str(), asked.port), (asked_kind, asked_host, port), "{kind} {host}");
        assert_eq!(asked.methods, [0], "{kind} {host}: no login is offered without credentials");
    }
    let proxy = SocksProxy::start(scene.secure.address());
    let options = scene.options(format!("socks5://{}", proxy.address())).base_url(scene.url("https", "localhost"));
    assert_eq!(verify(&options.build().unwrap()).unwrap(), 0);
    let asked = proxy.asked().pop().unwrap();
    assert!([(1, "127.0.0.1"), (4, "::1")].contains(&(asked.kind, asked.host.as_str())), "{asked:?}");
}

#[test]
fn a_name_that_socks5_cannot_resolve_here_never_reaches_the_proxy() {
    let scene = Scene::new();
    let proxy = SocksProxy::start(scene.secure.address());
    let options = scene
        .options(format!("socks5://{}", proxy.address()))
        .base_url(scene.url("https", UNKNOWN_HERE))
        .timeout(Duration::from_secs(2));
    let (outcome, message) = failure(&options);
    // A machine without a name server may need longer to know it.
    assert!([(-10, NotSent), (-20, NotSent)].contains(&outcome), "{outcome:?} {message}");
    assert!(message.contains(UNKNOWN_HERE), "{message}");
    assert_eq!(proxy.peer.connections(), 0);
}

// Credentials.

#[test]
fn the_proxy_s_credentials_are_decoded_and_told_to_it_alone() {
    // RFC 1929's user name may hold what a URL cannot.
    let (user, password) = ("me@home", "p:ss/ %41");
    for kind in KINDS {
        for scheme in ["http", "https"] {
            let scene = Scene::new();
            let proxy = scene.proxy(kind, scheme, Some((user, password)));
            let options =
                scene.options(proxy.url(kind, "me%40home:p%3Ass%2F%20%2541@")).base_url(scene.url(scheme, "127.0.0.1"));
            assert_eq!(verify(&options.build().unwrap()).unwrap(), 0, "{kind} to {scheme}");
            let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            let seen = if scheme == "http" { scene.plain.seen() } else { scene.secure.seen() };
            for secret in [encoded.as_str(), "Proxy-Authorization", password] {
                assert!(!contains(seen[0].head.as_bytes(), secret), "{kind} to {scheme}: {}", seen[0].head);
            }
        }
    }
}

#[test]
fn nothing_of_a_request_over_tls_is_in_clear_at_the_proxy() {
    for kind in KINDS {
        let scene = Scene::new();
        let proxy = scene.proxy(kind, "https", None);
        assert_eq!(verify(&scene.options(proxy.url(kind, "")).build().unwrap()).unwrap(), 0, "{kind}");
        let mut bytes = proxy.tunnelled().bytes();
        assert!(bytes.len() > 500, "{kind}: the tap sees the tunnel");
        if let AnyProxy::Http(proxy, _) = &proxy {
            bytes.extend(proxy.heads().concat().into_bytes());
        }
        let pair = base64::engine::general_purpose::STANDARD.encode("user:password");
        for secret in ["authorization", pair.as_str(), "verifyOTP", OTP_ID, "79895"] {
            assert!(!contains(&bytes, secret), "{kind}: {secret}");
        }
    }
}

#[test]
fn credentials_that_are_wrong_or_missing_are_the_proxy_s_refusal_and_never_tried_again() {
    for kind in KINDS {
        for (what, user_info, words) in [
            ("missing", "", "asks for credentials"),
            ("wrong password", "me:canary-wrong@", ""),
            ("wrong user", "canary-you:secret@", ""),
            ("no password", "me@", ""),
        ] {
            let scene = Scene::new();
            let proxy = scene.proxy(kind, "https", Some(("me", "secret")));
            let options = scene.options(proxy.url(kind, user_info)).max_retries(2);
            let (outcome, message) = failure(&options);
            assert_eq!(outcome, (-13, NotSent), "{kind}, {what}: {message}");
            assert!(message.contains("proxy") && message.contains(words), "{kind}, {what}: {message}");
            assert!(!message.contains("canary"), "{kind}, {what}: {message}");
            assert_eq!((proxy.peer().connections(), scene.seen()), (1, 0), "{kind}, {what}: {message}");
        }
    }
}

#[test]
fn credentials_longer_than_socks5_can_carry_are_refused_when_the_client_is_made() {
    let (fits, long) = ("x".repeat(255), "x".repeat(256));
    let scene = Scene::new();
    for kind in ["socks5", "socks5h"] {
        let fitting = scene.options(format!("{kind}://{fits}:{fits}@127.0.0.1"));
        assert!(fitting.build().is_ok(), "{kind}");
        for (user, password) in [(&fits, &long), (&long, &fits)] {
            let error = scene.options(format!("{kind}://{user}:{password}@127.0.0.1")).build().unwrap_err();
            assert_eq!(error.code().number(), -3, "{kind}: {error}");
            assert!(error.message().contains("255") && !error.message().contains("xxx"), "{kind}: {error}");
        }
    }
    assert!(scene.options(format!("http://{long}:{long}@127.0.0.1")).build().is_ok());
}

// Proxies that are not there, or do not do what they are asked.

#[test]
fn a_proxy_that_refuses_the_connection_is_named_and_nothing_was_sent() {
    let scene = Scene::new();
    let refusing = Refusing::new();
    for kind in KINDS {
        let (outcome, message) = failure(&scene.options(format!("{kind}://{}", refusing.address)));
        assert_eq!(outcome, (-13, NotSent), "{kind}: {message}");
        assert!(message.contains("proxy could not be reached") && message.contains("refused"), "{kind}: {message}");
        assert!(!message.contains("the service"), "{kind}: {message}");
    }
    assert_eq!(scene.seen(), 0, "never a silent direct connection");
}

#[test]
fn a_proxy_whose_name_is_unknown_is_named_and_nothing_was_sent() {
    let scene = Scene::new();
    let options = scene.options(format!("http://{UNKNOWN_HERE}:3128")).timeout(Duration::from_secs(2));
    let (outcome, message) = failure(&options);
    // A machine without a name server may need longer to know it.
    assert!([(-13, NotSent), (-20, NotSent)].contains(&outcome), "{outcome:?} {message}");
    assert!(message.contains("proxy could not be reached") && message.contains(UNKNOWN_HERE), "{message}");
    assert_eq!(scene.seen(), 0, "never a silent direct connection");
}

#[test]
fn any_2xx_to_connect_is_a_tunnel_also_behind_interim_replies() {
    let scene = Scene::new();
    let replies = [
        "HTTP/1.1 299 Whatever\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 17\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200\n\r\n",
        "HTTP/1.1 200 OK\r\nVia: x\n\n",
        "HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ];
    for reply in replies {
        let proxy = HttpProxy::replying(scene.secure.address(), |_| reply.as_bytes().to_vec());
        let client = scene.options(format!("http://{}", proxy.address())).build().unwrap();
        assert_eq!(verify(&client).unwrap(), 0, "{reply:?}");
    }
}

/// Whether a failure at the proxy is worth another attempt.
const FOR_GOOD: usize = 1;
const AGAIN: usize = 3;

#[test]
fn a_reply_to_connect_that_is_no_tunnel_is_the_proxy_s_refusal() {
    let scene = Scene::new();
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(130_000));
    let interim = "HTTP/1.1 102 Processing\r\n\r\n".repeat(5000);
    let cases = [
        ("502", "HTTP/1.1 502 Bad Gateway\r\n\r\n", "status 502", AGAIN),
        ("403 with bare LF", "HTTP/1.1 403 Forbidden\nVia: x\n\n", "status 403", AGAIN),
        ("503", "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno", "status 503", AGAIN),
        ("403", "HTTP/1.1 403 Forbidden\r\n\r\n", "status 403", AGAIN),
        ("301", "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1/\r\n\r\n", "status 301", AGAIN),
        ("101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "status 101", AGAIN),
        ("SSH, and no end of a head", "SSH-2.0-OpenSSH_9.2p1\r\n", "is not HTTP", FOR_GOOD),
        ("HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", "is not HTTP", FOR_GOOD),
        ("SOCKS", "\x05\x00", "is not HTTP", FOR_GOOD),
        ("a status of four figures", "HTTP/1.1 2000 OK\r\n\r\n", "is not HTTP", FOR_GOOD),
        ("a status with a sign", "HTTP/1.1 +20 OK\r\n\r\n", "is not HTTP", FOR_GOOD),
        ("a status glued on", "HTTP/1.1x200 OK\r\n\r\n", "is not HTTP", FOR_GOOD),
        ("a head of 130 KB", long.as_str(), "is too long", FOR_GOOD),
        ("interim replies without end", interim.as_str(), "is too long", FOR_GOOD),
    ];
    for (what, reply, words, connections) in cases {
        let reply = reply.as_bytes().to_vec();
        let proxy = Peer::start(move |mut client| {
            if read_head(&mut client).is_some() && client.write_all(&reply).is_ok() {
                until_closed(&mut client);
            }
        });
        let (outcome, message) = failure(&scene.options(format!("http://{}", proxy.address)).max_retries(2));
        assert_eq!(outcome, (-13, NotSent), "{what}: {message}");
        assert!(message.contains("proxy") && message.contains(words), "{what}: {message}");
        assert_eq!(proxy.connections(), connections, "{what}: {message}");
    }
    assert_eq!(scene.seen(), 0);
}

/// A captive portal, or a filter that shows why: also where the page comes later than the head.
#[test]
fn a_page_instead_of_a_tunnel_is_the_proxy_s_fault() {
    const PAGE: &str = "<!doctype html><title>Please log in</title>";
    let scene = Scene::new();
    let chunked = format!("{:x}\r\n{PAGE}\r\n0\r\n\r\n", PAGE.len());
    let cases = [
        (format!("Content-Length: {}", PAGE.len()), PAGE),
        ("Transfer-Encoding: chunked".to_owned(), chunked.as_str()),
        // Too short to be taken for no TLS.
        ("Content-Length: 2".to_owned(), "OK"),
    ];
    for (header, body) in cases {
        for (late, end) in [(false, "\r\n"), (true, "\r\n"), (false, "\n")] {
            if late && body.len() < 5 {
                continue;
            }
            let (head, body) = (format!("HTTP/1.1 200 OK{end}{header}{end}{end}"), body.to_owned());
            let context = format!("{head:?}, late: {late}");
            let proxy = Peer::start(move |mut client| {
                let _ = read_head(&mut client);
                let now = if late { head.clone() } else { format!("{head}{body}") };
                let _ = client.write_all(now.as_bytes());
                if late && client.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                    let _ = client.write_all(body.as_bytes());
                }
                until_closed(&mut client);
            });
            // Without TLS nothing may be sent to the page either.
            let plain = (!late).then_some("http");
            for scheme in ["https"].into_iter().chain(plain) {
                let options =
                    scene.options(format!("http://{}", proxy.address)).base_url(scene.url(scheme, UNKNOWN_HERE));
                let before = proxy.connections();
                let (outcome, message) = failure(&options.max_retries(2));
                assert_eq!(outcome, (-13, NotSent), "{scheme}, {context}: {message}");
                assert!(message.contains("a page of its own instead of a tunnel"), "{scheme}, {context}: {message}");
                assert_eq!(proxy.connections() - before, 1, "{scheme}, {context}");
            }
        }
    }
    assert_eq!(scene.seen(), 0);
}

#[test]
fn a_page_inside_the_tls_of_an_https_proxy_is_its_fault_too() {
    let scene = Scene::new();
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>No</p>";
    let proxy = Peer::start(move |mut client| {
        let _ = read_head(&mut client);
        let _ = client.write_all(page.as_bytes());
        until_closed(&mut client);
    });
    let front = scene.front(proxy.address);
    let (outcome, message) = failure(&scene.options(format!("https://{}", front.address)));
    assert_eq!(outcome, (-13, NotSent), "{message}");
    assert!(message.contains("a page of its own instead of a tunnel"), "{message}");
}

/// What is announced is ignored where a tunnel follows: then the service is at fault.
#[test]
fn an_announced_body_that_does_not_come_blames_nobody() {
    let scene = Scene::new();
    let announced = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n".to_vec();
    for kind in ["http", "https"] {
        let reply = announced.clone();
        let proxy = HttpProxy::replying(scene.secure.address(), move |_| reply.clone());
        let front = scene.front(proxy.address());
        let address = if kind == "https" { front.address } else { proxy.address() };
        let options = scene.options(format!("{kind}://{address}"));
        assert_eq!(verify(&options.build().unwrap()).unwrap(), 0, "{kind}");
        let (outcome, message) = failure(
            &options
                .base_url(scene.url("https", "localhost"))
                .root_certificates("bundled")
                .ca_file(scene.folder.file("other.pem", Authority::new().pem())),
        );
        assert_eq!(outcome, if kind == "https" { (-13, NotSent) } else { (-12, NotSent) }, "{kind}: {message}");
        assert!(message.contains("not trusted"), "{kind}: {message}");
    }
}

#[test]
fn a_proxy_that_wants_credentials_in_a_way_that_is_not_spoken_here_says_which() {
    let scene = Scene::new();
    let cases = [
        ("Proxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n", "by Negotiate, NTLM alone"),
        ("proxy-authenticate: Negotiate, NTLM\r\n", "by Negotiate, NTLM alone"),
        ("Proxy-Authenticate: NTLM TlRMTVNTUAACAAAA==\r\n", "by NTLM alone"),
        ("Proxy-Authenticate: Digest realm=\"Basic, x\", nonce=\"a\", qop=auth\r\n", "by Digest alone"),
        ("Proxy-Authenticate: secret\r\n", "by another scheme alone"),
        ("Proxy-Authenticate: secret, digest\r\n", "by Digest alone"),
        ("Proxy-Authenticate: Negotiate\nProxy-Authenticate: Basic realm=x\n", "asks for credentials"),
        ("Proxy-Authenticate: NTLM, basic realm=\"a, b\"\r\n", "asks for credentials"),
        ("Proxy-Authenticate: \u{1}\u{7f}\r\n", "asks for credentials"),
        ("", "asks for credentials"),
    ];
    for (headers, words) in cases {
        for user_info in ["", "me:secret@"] {
            let reply = format!("HTTP/1.1 407 Proxy Authentication Required\r\n{headers}\r\n").into_bytes();
            let proxy = HttpProxy::replying(scene.secure.address(), move |_| reply.clone());
            let options = scene.options(format!("http://{user_info}{}", proxy.address())).max_retries(2);
            let (outcome, message) = failure(&options);
            assert_eq!(outcome, (-13, NotSent), "{headers:?}: {message}");
            assert!(message.contains(words) && !message.contains("secret"), "{headers:?}: {message}");
            assert_eq!(proxy.peer.connections(), 1, "{headers:?}");
        }
    }
}

#[test]
fn a_proxy_that_cuts_the_connection_is_tried_again_within_max_retries() {
    let scene = Scene::new();
    let cuts: [(&str, &str, Script); 6] = [
        ("FIN at once", "http", drop),
        ("RST at once", "http", reset),
        ("FIN instead of a reply", "http", |mut client| drop(read_head(&mut client))),
        ("FIN within the reply", "http", |mut client| {
            let _ = read_head(&mut client);
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\n");
        }),
        ("FIN instead of a method", "socks5", |mut client| drop(client.read_exact(&mut [0; 3]))),
        ("FIN within the reply", "socks5", |mut client| {
            let _ = client.read_exact(&mut [0; 3]);
            let _ = client.write_all(&[5, 0]);
            let _ = client.read_exact(&mut [0; 10]);
            let _ = client.write_all(&[5, 0, 0, 1, 127]);
        }),
    ];
    for (what, kind, cut) in cuts {
        for retries in [0, 2] {
            let proxy = Peer::start(cut);
            let options = scene.options(format!("{kind}://{}", proxy.address)).max_retries(retries);
            let (outcome, message) = failure(&options);
            assert_eq!(outcome, (-13, NotSent), "{kind}, {what}: {message}");
            assert!(message.contains("proxy"), "{kind}, {what}: {message}");
            assert_eq!(proxy.connections(), retries as usize + 1, "{kind}, {what}");
        }
    }
    assert_eq!(scene.seen(), 0);
}

#[test]
fn bytes_behind_the_reply_to_connect_are_the_service_s() {
    let scene = Scene::new();
    // A fatal alert protocol_version, as the service itself would send it.
    let reply = b"HTTP/1.1 200 OK\r\n\r\n\x15\x03\x01\x00\x02\x02\x46".to_vec();
    let proxy = HttpProxy::replying(scene.secure.address(), move |_| reply.clone());
    let (outcome, message) = failure(&scene.options(format!("http://{}", proxy.address())));
    assert_eq!(outcome, (-12, NotSent), "{message}");
    assert!(message.contains("TLS 1.2 or 1.3 is needed"), "{message}");
}

#[test]
fn every_form_of_socks5_success_is_a_tunnel() {
    let scene = Scene::new();
    let name: Vec<u8> = [&[5, 0, 0, 3, 255][..], &[b'x'; 257]].concat();
    let replies: [(&str, Vec<u8>); 4] = [
        ("an IPv4 address", vec![5, 0, 0, 1, 127, 0, 0, 1, 1, 2]),
        ("an IPv6 address", [&[5, 0, 0, 4][..], &[0; 18]].concat()),
        ("a name of 255 bytes", name),
        ("an empty name", vec![5, 0, 0, 3, 0, 1, 2]),
    ];
    for (what, reply) in replies {
        for kind in ["socks5", "socks5h"] {
            let proxy = SocksProxy::replying(scene.secure.address(), &reply);
            let client = scene.options(format!("{kind}://{}", proxy.address())).build().unwrap();
            assert_eq!(verify(&client).unwrap(), 0, "{kind}, {what}");
        }
    }
}

#[test]
fn every_socks5_refusal_has_its_words() {
    let scene = Scene::new();
    let replies: [(&[u8], &str, usize); 12] = [
        (&[5, 1, 0, 1, 0, 0, 0, 0, 0, 0], "failed inside", AGAIN),
        (&[5, 2, 0, 1, 0, 0, 0, 0, 0, 0], "rules forbid", AGAIN),
        (&[5, 3, 0, 1, 0, 0, 0, 0, 0, 0], "network unreachable", AGAIN),
        (&[5, 4, 0, 1, 0, 0, 0, 0, 0, 0], "host unreachable", AGAIN),
        (&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0], "refused its connection", AGAIN),
        (&[5, 6, 0, 1, 0, 0, 0, 0, 0, 0], "ran out of time", AGAIN),
        (&[5, 7, 0, 1, 0, 0, 0, 0, 0, 0], "refused the connection", AGAIN),
        (&[5, 8, 0, 1, 0, 0, 0, 0, 0, 0], "kind of address", AGAIN),
        (&[5, 255, 0, 1, 0, 0, 0, 0, 0, 0], "refused the connection", AGAIN),
        (&[5, 0, 0, 2, 0, 0, 0, 0, 0, 0], "is not SOCKS5", FOR_GOOD),
        (&[4, 0, 0, 1, 0, 0, 0, 0, 0, 0], "is not SOCKS5", FOR_GOOD),
        (&[0, 90, 0, 1, 0, 0, 0, 0], "is not SOCKS5", FOR_GOOD),
    ];
    for (reply, words, connections) in replies {
        let proxy = Peer::start(move |mut client| {
            let _ = client.read_exact(&mut [0; 3]);
            let _ = client.write_all(&[5, 0]);
            let _ = client.read_exact(&mut [0; 10]);
            let _ = client.write_all(reply);
            until_closed(&mut client);
        });
        let (outcome, message) = failure(&scene.options(format!("socks5://{}", proxy.address)).max_retries(2));
        assert_eq!(outcome, (-13, NotSent), "{reply:?}: {message}");
        assert!(message.contains(words), "{reply:?}: {message}");
        assert_eq!(proxy.connections(), connections, "{reply:?}: {message}");
    }
}

#[test]
fn a_socks5_method_that_was_not_offered_is_the_proxy_s_refusal() {
    let scene = Scene::new();
    let cases: [(&str, &str, &[u8], &str); 7] = [
        ("none, without credentials", "", &[5, 0xFF], "asks for credentials"),
        ("none, with credentials", "me:secret@", &[5, 0xFF], "none of the ways to log in"),
        ("GSSAPI", "", &[5, 1], "none of the ways to log in"),
        ("a login without credentials", "", &[5, 2], "asks for credentials"),
        ("SOCKS4", "", &[0, 91], "does not speak SOCKS5"),
        ("HTTP", "", b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak SOCKS5"),
        ("TLS", "", &[21, 3, 1, 0, 2, 2, 10], "does not speak SOCKS5"),
    ];
    for (what, user_info, reply, words) in cases {
        let proxy = Peer::start(move |mut client| {
            let _ = client.read(&mut [0; 64]);
            let _ = client.write_all(reply);
            until_closed(&mut client);
        });
        let options = scene.options(format!("socks5h://{user_info}{}", proxy.address)).max_retries(2);
        let (outcome, message) = failure(&options);
        assert_eq!(outcome, (-13, NotSent), "{what}: {message}");
        assert!(message.contains(words), "{what}: {message}");
        assert_eq!(proxy.connections(), 1, "{what}: {message}");
    }
}

// TLS to the proxy and behind it.

#[test]
fn an_https_proxy_whose_certificate_is_not_trusted_gets_no_request() {
    let scene = Scene::new();
    let (proxy, other) = (HttpProxy::start(scene.secure.address()), Authority::new());
    let cases = [
        ("unknown authority", other.identity(&["127.0.0.1"]), "not trusted"),
        ("another name", scene.authority.identity(&["example.com"]), "for another name"),
    ];
    for (what, identity, words) in cases {
        let front = front(config(&identity, &[&TLS13]), proxy.address());
        let options = scene.options(format!("https://me:secret@{}", front.address)).max_retries(2);
        let (outcome, message) = failure(&options);
        assert_eq!(outcome, (-13, NotSent), "{what}: {message}");
        assert!(message.contains("proxy") && message.contains(words), "{what}: {message}");
        assert!(!message.contains("base_url"), "{what}: {message}");
        assert_eq!((front.connections(), proxy.heads().len()), (1, 0), "{what}");
    }
    // No TLS at all on the proxy's port.
    let plain = Peer::start(|mut client| {
        let _ = client.read(&mut [0; 4096]);
        let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        until_closed(&mut client);
    });
    let (outcome, message) = failure(&scene.options(format!("https://{}", plain.address)));
    assert_eq!(outcome, (-13, NotSent), "{message}");
    assert!(message.contains("does not speak TLS"), "{message}");
}

/// It tells who the client is, and is meant for the service.
#[test]
fn the_client_certificate_is_not_shown_to_an_https_proxy() {
    let scene = Scene::new();
    let own = scene.authority.identity(&["client.test"]);
    let certificate = scene.folder.file("own.pem", &own.certificate_pem);
    let key = scene.folder.file("own.key", &own.key_pem);
    let identity = scene.authority.identity(&["127.0.0.1"]);
    let asking = TlsServer::answering(config_for(&identity, &[&TLS12], &scene.authority), http(200, ""));
    let options = scene.options(format!("https://{}", asking.address())).client_certificate(certificate, key);
    let (outcome, message) = failure(&options);
    assert_eq!(outcome, (-13, NotSent), "{message}");
    assert!(message.contains("wants one") && asking.seen().is_empty(), "{message}");
}

#[test]
fn the_service_s_certificate_is_checked_behind_each_kind_of_proxy() {
    for kind in KINDS {
        let scene = Scene::new();
        let elsewhere =
            TlsServer::answering(config(&scene.authority.identity(&["example.com"]), &[&TLS13]), http(200, VERIFIED));
        let proxy = scene.proxy(kind, "https", None);
        let other = match &proxy {
            AnyProxy::Socks(_) => AnyProxy::Socks(SocksProxy::start(elsewhere.address())),
            AnyProxy::Http(_, front) => {
                let proxy = HttpProxy::start(elsewhere.address());
                let front = front.as_ref().map(|_| scene.front(proxy.address()));
                AnyProxy::Http(proxy, front)
            }
        };
        let (outcome, message) = failure(&scene.options(other.url(kind, "")).max_retries(2));
        assert_eq!(outcome, (-12, NotSent), "{kind}: {message}");
        assert!(message.contains("for another name"), "{kind}: {message}");
        assert_eq!((other.peer().connections(), elsewhere.seen().len()), (1, 0), "{kind}");
    }
}

#[test]
fn a_tunnel_that_is_cut_after_the_request_leaves_the_outcome_unknown() {
    for kind in KINDS {
        let scene = Scene::new();
        let cutting =
            TlsServer::start(config(&scene.authority.identity(&["127.0.0.1"]), &[&TLS13]), |_, _| Next::Close);
        let proxy = match kind {
            "socks5" | "socks5h" => AnyProxy::Socks(SocksProxy::start(cutting.address())),
            _ => {
                let proxy = HttpProxy::start(cutting.address());
                let front = (kind == "https").then(|| scene.front(proxy.address()));
                AnyProxy::Http(proxy, front)
            }
        };
        let options = scene.options(proxy.url(kind, "")).base_url(cutting.url()).max_retries(2);
        let (outcome, message) = failure(&options);
        assert_eq!(outcome, (-21, Unknown), "{kind}: {message}");
        assert_eq!((proxy.peer().connections(), cutting.seen().len()), (1, 1), "{kind}");
    }
}

/// The first record is as long as one read of the TLS inside, so that the second stays in the TLS outside.
#[test]
fn an_answer_left_over_in_the_tls_of_an_https_proxy_is_never_the_next_call_s() {
    const WRONG: &str = r#"{"result":false,"isErrorCount":false,"isExprCode":false}"#;
    const OVERHEAD: usize = 5 + 1 + 16;
    let scene = Scene::new();
    let head = http(200, " ".repeat(4000)).len() - 4000;
    let answer = http(200, format!("{WRONG:<width$}", width = 4096 - OVERHEAD - head));
    let service = TlsServer::start(config(&scene.authority.identity(&["127.0.0.1"]), &[&TLS13]), move |_, stream| {
        let mut both = Vec::new();
        for answer in [&answer, &http(200, VERIFIED)] {
            stream.conn.writer().write_all(answer).unwrap();
            while stream.conn.wants_write() {
                stream.conn.write_tls(&mut both).unwrap();
            }
        }
        let _ = stream.sock.write_all(&both);
        Next::Keep
    });
    let proxy = HttpProxy::start(service.address());
    let front = scene.front(proxy.address());
    let client = scene.options(format!("https://{}", front.address)).base_url(service.url()).build().unwrap();
    for call in 0..5 {
        assert_eq!(verify(&client).unwrap(), 1, "call {call}: a wrong code");
    }
    assert_eq!(service.connections(), 5);
}

// Proxies that take their time.

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
fn a_silent_or_dripping_proxy_ends_at_the_deadline_and_nothing_was_sent() {
    let scene = Scene::new();
    let silent = Peer::start(|mut client| until_closed(&mut client));
    let dripping_http = Peer::start(|mut client| {
        let _ = read_head(&mut client);
        drip(&mut client, b"HTTP/1.1 200 OK\r\nX: ".iter().copied().chain(std::iter::repeat(b'x')));
    });
    let dripping_interim = Peer::start(|mut client| {
        let _ = read_head(&mut client);
        drip(&mut client, b"HTTP/1.1 102 Processing\r\n\r\n".iter().copied().cycle());
    });
    let silent_behind_method = Peer::start(|mut client| {
        let _ = client.write_all(&[5, 0]);
        until_closed(&mut client);
    });
    let silent_at_login = Peer::start(|mut client| {
        let _ = client.write_all(&[5, 2]);
        until_closed(&mut client);
    });
    let dripping_socks = Peer::start(|mut client| {
        let _ = client.write_all(&[5, 0]);
        drip(&mut client, [5, 0, 0, 3, 255].into_iter().chain(std::iter::repeat(b'x')));
    });
    let behind_tls = scene.front(dripping_http.address);
    let cases = [
        ("silent", "http", &silent),
        ("silent", "https", &silent),
        ("silent", "socks5", &silent),
        ("silent behind its method", "socks5h", &silent_behind_method),
        ("silent at the login", "socks5", &silent_at_login),
        ("dripping its reply", "http", &dripping_http),
        ("dripping its reply inside TLS", "https", &behind_tls),
        ("dripping interim replies", "http", &dripping_interim),
        ("dripping its reply", "socks5", &dripping_socks),
    ];
    let timeout = Duration::from_millis(700);
    std::thread::scope(|scope| {
        for (what, kind, peer) in cases {
            let url = format!("{kind}://me:secret@{}", peer.address);
            // By the deadline of the call, and by that of the connection.
            let by_call = scene.options(&url).timeout(timeout).max_retries(2);
            let by_connect = scene.options(&url).connect_timeout(timeout);
            for (limit, options) in [("timeout", by_call), ("connect_timeout", by_connect)] {
                scope.spawn(move || {
                    let context = format!("{kind}, {what}, {limit}");
                    in_time(&context, timeout, || {
                        let (outcome, message) = failure(&options);
                        assert_eq!(outcome, (-20, NotSent), "{context}: {message}");
                        assert!(message.to_lowercase().contains("proxy"), "{context}: {message}");
                    });
                });
            }
        }
    });
    assert_eq!(scene.seen(), 0);
}

// The environment: in a process of its own each time.

/// Not a test of its own: the tests below run it.
#[test]
#[ignore = "run by other tests, in a process of its own"]
fn environment_child() {
    let (Ok(steps), Ok(url), Ok(ca_file)) =
        (std::env::var("ANTS_TEST_STEPS"), std::env::var("ANTS_TEST_URL"), std::env::var("ANTS_TEST_CA"))
    else {
        return;
    };
    let mut options = Client::builder()
        .credentials("user", "password")
        .ca_file(ca_file)
        .timeout(Duration::from_secs(10))
        .max_retries(0);
    for step in steps.split_whitespace() {
        options = match step {
            "url" => options.base_url(&url),
            "load" => options.load_env(),
            "asked" => options.proxy_from_env(true),
            "plain" => options.allow_plain_http(true),
            proxy => options.proxy(proxy),
        };
    }
    match options.build().and_then(|client| verify(&client)) {
        Ok(code) => println!("\noutcome: {code}"),
        Err(error) => println!("\noutcome: {} {error}", error.code().number()),
    }
}

/// The outcome of a call in a process with these variables and no other of a proxy. `steps` are the setters, in their
/// order: `url`, `load` (the environment), `asked` (proxy_from_env), `plain`, or a proxy's URL.
fn outcome_with(scene: &Scene, url: &str, steps: &str, variables: &[(&str, &[u8])]) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "environment_child", "--ignored", "--nocapture"]);
    for name in ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "HTTP_PROXY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    for name in ["USERNAME", "PASSWORD", "TOKEN", "BASE_URL", "OTC_ID", "PROXY", "CA_FILE"] {
        command.env_remove(format!("ANTS_OTP_{name}"));
    }
    command.env("ANTS_TEST_STEPS", steps).env("ANTS_TEST_URL", url).env("ANTS_TEST_CA", &scene.ca_file);
    for (name, value) in variables {
        command.env(name, std::ffi::OsStr::from_bytes(value));
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().find_map(|line| line.strip_prefix("outcome: ")).unwrap_or("none").to_owned()
}

/// What is called through a proxy has a name that the proxy alone can resolve; what is called without one, an address that
/// leads here and is no loopback.
#[test]
fn the_environment_s_proxy_is_taken_only_when_asked_and_not_for_exceptions() {
    let scene = Scene::new();
    let proxy = HttpProxy::start(scene.secure.address());
    let url = format!("http://{}", proxy.address());
    let bare = proxy.address().to_string();
    let here = format!("localhost, {HERE}:{}", scene.secure.address().port());
    let refusing = Refusing::new();
    let wrong = format!("http://{}", refusing.address);
    type Variables<'a> = Vec<(&'a str, &'a str)>;
    let cases: [(&str, &str, Variables, bool); 16] = [
        ("not asked", "", vec![("HTTPS_PROXY", &wrong), ("ALL_PROXY", &wrong), ("https_proxy", &wrong)], false),
        ("not asked, and unusable", "", vec![("HTTPS_PROXY", "htp://bad")], false),
        ("asked, none", "asked", vec![], false),
        ("asked, empty", "asked", vec![("HTTPS_PROXY", ""), ("ALL_PROXY", " ")], false),
        ("HTTPS_PROXY", "asked", vec![("HTTPS_PROXY", &url)], true),
        ("https_proxy", "asked", vec![("https_proxy", &url)], true),
        ("without a scheme", "asked", vec![("HTTPS_PROXY", &bare)], true),
        ("ALL_PROXY", "asked", vec![("ALL_PROXY", &url)], true),
        ("HTTPS_PROXY before ALL_PROXY", "asked", vec![("HTTPS_PROXY", &url), ("ALL_PROXY", &wrong)], true),
        ("HTTP_PROXY is not for https", "asked", vec![("HTTP_PROXY", &wrong)], false),
        ("an empty HTTPS_PROXY hides no https_proxy", "asked", vec![("HTTPS_PROXY", ""), ("https_proxy", &url)], true),
        ("NO_PROXY, second entry with a port", "asked", vec![("HTTPS_PROXY", &wrong), ("NO_PROXY", &here)], false),
        (
            "an empty NO_PROXY hides no no_proxy",
            "asked",
            vec![("ALL_PROXY", &wrong), ("NO_PROXY", ""), ("no_proxy", "*")],
            false,
        ),
        ("NO_PROXY for others", "asked", vec![("HTTPS_PROXY", &url), ("NO_PROXY", "example.com,10.0.0.0/8")], true),
        ("ANTS_OTP_PROXY", "load", vec![("ANTS_OTP_PROXY", &url)], true),
        ("ANTS_OTP_PROXY before the others", "asked load", vec![("ANTS_OTP_PROXY", &url), ("ALL_PROXY", &wrong)], true),
    ];
    let mut through = 0;
    for (what, steps, variables, proxied) in cases {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let service = scene.url("https", if proxied { UNKNOWN_HERE } else { HERE });
        assert_eq!(outcome_with(&scene, &service, &format!("url {steps}"), &variables), "0", "{what}");
        through += usize::from(proxied);
        assert_eq!(proxy.heads().len(), through, "{what}: through the proxy or not");
    }
}

#[test]
fn no_proxy_of_the_environment_stands_before_a_service_on_this_machine() {
    let scene = Scene::new();
    let refusing = Refusing::new();
    let names = ["ANTS_OTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let orders = ["url load asked", "load asked url", "plain load url asked"];
    let mut rows = Vec::new();
    for (at, host) in ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "[::1]"].into_iter().enumerate() {
        for scheme in ["http", "https"] {
            rows.push((scheme, host, KINDS[at % KINDS.len()], names[at], orders[at % orders.len()]));
        }
    }
    for kind in KINDS {
        for name in names {
            rows.push(("http", "127.0.0.1", kind, name, orders[rows.len() % orders.len()]));
        }
    }
    let mut calls = 0;
    for (scheme, host, kind, name, order) in rows {
        let context = format!("{name}={kind}://… for {scheme}://{host}, {order}");
        // Neither a proxy on this machine nor one elsewhere.
        for proxy in [format!("{kind}://{}", refusing.address), format!("{kind}://{UNKNOWN_HERE}:3128")] {
            let outcome = outcome_with(&scene, &scene.url(scheme, host), order, &[(name, proxy.as_bytes())]);
            // The service listens on 127.0.0.1 alone: elsewhere the connection is refused, and by no proxy.
            if host == "[::1]" || host == "127.8.9.1" {
                assert!(outcome.starts_with("-11 "), "{context}: {outcome}");
            } else {
                assert_eq!(outcome, "0", "{context}");
                calls += 1;
            }
        }
    }
    assert_eq!(scene.seen(), calls);
}

#[test]
fn a_proxy_set_in_code_stands_before_a_service_on_this_machine_in_any_order() {
    let scene = Scene::new();
    let refusing = Refusing::new();
    let wrong = format!("http://{}", refusing.address);
    let variables = [("ANTS_OTP_PROXY", wrong.as_bytes()), ("HTTPS_PROXY", wrong.as_bytes())];
    for kind in KINDS {
        for scheme in ["http", "https"] {
            let proxy = scene.proxy(kind, scheme, None);
            let given = proxy.url(kind, "");
            let orders =
                [format!("url {given} load asked"), format!("load asked {given} url"), format!("load url {given}")];
            for order in orders {
                let outcome = outcome_with(&scene, &scene.url(scheme, "localhost"), &order, &variables);
                assert_eq!(outcome, "0", "{scheme}: {order}");
            }
            assert_eq!(proxy.peer().connections(), 3, "{kind} to {scheme}");
        }
    }
}

#[test]
fn plain_http_through_a_proxy_on_another_machine_is_refused_unless_it_is_allowed() {
    let plain = |proxy: &str, url: &str| Client::builder().credentials("user", "canary").proxy(proxy).base_url(url);
    for kind in KINDS {
        for host in ["127.0.0.1", "127.8.9.1", "[::1]", "localhost", "LocalHost"] {
            let proxy = format!("{kind}://{host}:3128");
            assert!(plain(&proxy, "http://localhost:8080").build().is_ok(), "{proxy}");
        }
        for host in [
            "proxy.example.com",
            "10.0.0.1",
            "[fd00::1]",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "localhost.",
            "127.1",
            HERE,
            "[::ffff:127.0.0.1]",
        ] {
            let proxy = format!("{kind}://{host}:3128");
            for url in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]"] {
                for options in [plain(&proxy, url), plain("socks5://127.0.0.1", url).proxy(&proxy)] {
                    let error = options.build().expect_err(&proxy);
                    assert_eq!((error.code().number(), error.delivery()), (-3, NotSent), "{proxy}: {error}");
                    for word in ["through a proxy on another machine", "unencrypted", "allow_plain_http"] {
                        assert!(error.message().contains(word), "{proxy}: {error}");
                    }
                    assert!(!error.message().contains("canary"), "{error}");
                    assert!(options.allow_plain_http(true).build().is_ok(), "{proxy}");
                }
            }
            assert!(plain(&proxy, "https://localhost:8443").build().is_ok(), "{proxy}: TLS hides it from the proxy");
            assert!(plain(&proxy, "https://example.com").build().is_ok(), "{proxy}");
        }
    }
}

/// The environment's proxies are for names of other machines, plain HTTP to them included where it is allowed.
#[test]
fn plain_http_to_another_machine_takes_the_environment_s_proxy() {
    let scene = Scene::new();
    for kind in ["http", "socks5h"] {
        for (name, order) in [("ANTS_OTP_PROXY", "load url plain"), ("ALL_PROXY", "plain asked url")] {
            let proxy = scene.proxy(kind, "http", None);
            let url = scene.url("http", UNKNOWN_HERE);
            let outcome = outcome_with(&scene, &url, order, &[(name, proxy.url(kind, "").as_bytes())]);
            assert_eq!((outcome.as_str(), proxy.peer().connections()), ("0", 1), "{name}, {kind}");
            let refused =
                outcome_with(&scene, &url, &order.replace("plain", ""), &[(name, proxy.url(kind, "").as_bytes())]);
            assert!(refused.starts_with("-3 "), "{name}, {kind}: {refused}");
        }
    }
}

#[test]
fn an_unusable_value_in_the_environment_is_refused_when_the_client_is_made() {
    let scene = Scene::new();
    let cases: [(&str, &[u8]); 8] = [
        ("HTTPS_PROXY", b"htp://canary"),
        ("https_proxy", b"::::"),
        ("ALL_PROXY", b"socks4://canary"),
        ("HTTPS_PROXY", b"http://me:canary@"),
        ("HTTPS_PROXY", b"http://me:canary@127.0.0.1:99999"),
        ("ALL_PROXY", b"http://127.0.0.1:8080/canary"),
        ("HTTPS_PROXY", b"http://canary\xFF:8080"),
        ("HTTPS_PROXY", b"http://me:can\xFFary@127.0.0.1:8080"),
    ];
    for (name, value) in cases {
        let outcome = outcome_with(&scene, &scene.url("https", UNKNOWN_HERE), "url asked", &[(name, value)]);
        let context = format!("{name}={}: {outcome}", String::from_utf8_lossy(value));
        assert!(outcome.starts_with("-3 ") && outcome.contains("proxy"), "{context}");
        assert!(!outcome.contains("canary"), "{context}");
    }
    assert_eq!(scene.seen(), 0, "never a silent direct connection");
}

// Secrets.

#[test]
fn no_error_shows_a_secret_of_the_proxy_or_of_the_call() {
    let scene = Scene::new();
    let refusing = Refusing::new();
    let bad_gateway = HttpProxy::replying(scene.secure.address(), |head| {
        // A proxy that repeats all it was told.
        format!("HTTP/1.1 502 {}\r\nX: {}\r\n\r\n", head.replace("\r\n", " "), head.replace("\r\n", " ")).into_bytes()
    });
    let denying = HttpProxy::with_credentials(scene.secure.address(), "other:other");
    let socks = SocksProxy::with_credentials(scene.secure.address(), "other", "other");
    let silent = Peer::start(|mut client| until_closed(&mut client));
    let echo = Peer::start(|mut client| {
        let mut bytes = [0; 4096];
        while let Ok(read @ 1..) = client.read(&mut bytes) {
            let _ = client.write_all(&bytes[..read]);
        }
    });
    let addresses = [
        ("http", refusing.address),
        ("http", bad_gateway.address()),
        ("http", denying.address()),
        ("socks5", socks.address()),
        ("socks5h", echo.address),
        ("http", echo.address),
        ("https", echo.address),
        ("https", scene.secure.address()),
        ("socks5", silent.address),
    ];
    let encoded = base64::engine::general_purpose::STANDARD.encode("me:canary-proxy");
    let own = base64::engine::general_purpose::STANDARD.encode("user:canary-password");
    for (kind, address) in addresses {
        let options = scene
            .options(format!("{kind}://me:canary-proxy@{address}"))
            .credentials("user", "canary-password")
            .timeout(Duration::from_millis(700));
        assert!(!format!("{options:?}").contains("canary"), "{options:?}");
        let client = options.build().unwrap();
        assert!(!format!("{client:?}").contains("canary"), "{client:?}");
        let error = client.verify(OTP_ID, "70707070").expect_err("each of them fails");
        let text = format!("{error} {error:?} {error:#?}");
        for secret in ["canary", encoded.as_str(), own.as_str(), "70707070"] {
            assert!(!text.contains(secret), "{kind}://{address}: {text}");
        }
    }
    let unusable = ["htp://me:canary@h", "http://me:canary@h:0", "http://me:canary@h/x", "http://me:canary%00@h"];
    for url in unusable {
        let error = scene.options(url).build().unwrap_err();
        assert_eq!(error.code().number(), -3, "{url}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{url}: {error}");
    }
}
