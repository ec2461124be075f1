//! The way to the service, step by step: what each step tells where all is well, and where it ends if something is not.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::{Call, Code, Record};
use rcgen::date_time_ymd;
use support::proxy::HttpProxy;
use support::tls::{Authority, Folder, TLS13, TlsServer, config};
use support::{OTP_ID, Server, VERIFIED, http, options};

#[test]
fn over_tls_each_step_is_told_and_nothing_is_asked() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let server = TlsServer::answering(config(&authority.identity(&["localhost"]), &[&TLS13]), http(200, VERIFIED));
    let ca_file = folder.file("ca.pem", authority.pem());
    let url = format!("https://localhost:{}", server.address().port());
    let way = options(&url).ca_file(ca_file).build().unwrap().diagnose();
    assert_eq!((way.host.as_str(), way.port), ("localhost", server.address().port()));
    let addresses = way.resolved.outcome.unwrap();
    assert!(addresses.contains(&server.address().ip()));
    assert_eq!(way.connected.len(), addresses.len());
    assert!(way.connected.iter().any(|(address, step)| *address == server.address() && step.outcome.is_ok()));
    assert!(way.proxy.is_none() && way.led.is_none());
    let tls = way.tls.unwrap();
    assert_eq!(tls.step.outcome.unwrap().0, "TLS 1.3");
    assert!(!tls.chain.is_empty());
    assert!(server.seen().is_empty());
}

#[test]
fn a_refused_certificate_is_shown_all_the_same() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let expired = authority.identity_with(&["127.0.0.1"], |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    let server = TlsServer::answering(config(&expired, &[&TLS13]), http(200, VERIFIED));
    let ca_file = folder.file("ca.pem", authority.pem());
    let tls = options(&server.url()).ca_file(ca_file).build().unwrap().diagnose().tls.unwrap();
    let error = tls.step.outcome.unwrap_err();
    assert_eq!(error.code(), Code::Tls);
    assert!(error.message().contains("expired"), "{error}");
    assert!(!tls.chain.is_empty());
}

#[test]
fn where_nobody_listens_the_connection_is_the_last_step() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let way = options(&format!("https://{closed}")).build().unwrap().diagnose();
    assert_eq!(way.connected[0].1.outcome.as_ref().unwrap_err().code(), Code::Connect);
    assert!(way.tls.is_none());
}

#[test]
fn through_a_proxy_the_first_steps_are_the_proxys() {
    let server = Server::answering(http(200, VERIFIED));
    let proxy = HttpProxy::start(server.address);
    let with_proxy = options("http://127.0.0.1:9").proxy(format!("http://user:secret@{}", proxy.address()));
    let way = with_proxy.build().unwrap().diagnose();
    assert!(!format!("{way:?}").contains("secret"));
    let used = way.proxy.unwrap();
    assert_eq!((used.scheme, used.port, used.has_credentials), ("http", proxy.address().port(), true));
    assert_eq!(way.connected[0].0, proxy.address());
    assert!(way.led.unwrap().outcome.is_ok());
    assert!(server.seen().is_empty());
}

#[test]
fn a_record_holds_the_bytes_of_its_call_alone() {
    let answer = http(200, VERIFIED);
    let server = Server::answering(answer.clone());
    let client = server.client();
    let record = Record::new();
    let _ = client.verify(OTP_ID, "11111").unwrap();
    let _ = client.verify_with(OTP_ID, "71828", &Call::new().record(&record)).unwrap();
    let _ = client.verify(OTP_ID, "22222").unwrap();
    let sent = String::from_utf8(record.sent().to_vec()).unwrap();
    assert!(sent.starts_with("POST /otp/verifyOTP HTTP/1.1\r\n") && sent.ends_with("\"otpCode\":\"71828\"}"), "{sent}");
    assert_eq!(sent.matches("POST").count(), 1);
    assert_eq!(record.received().to_vec(), answer);
    assert_eq!(format!("{record:?}"), "Record");
}
