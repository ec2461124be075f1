//! Starting and stopping: ports, loopback, keep-alive, many callers at once.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use ants_otp_sandbox::{Account, Codes, OtpConfig, PASSWORD, Sandbox, USERNAME};
use common::{Caller, MOBILE, basic, connect, sandbox};
use serde_json::json;

#[test]
fn it_listens_on_loopback_only_and_on_the_port_asked_for() {
    let first = sandbox();
    let port: u16 = first.url().strip_prefix("http://127.0.0.1:").unwrap().parse().unwrap();
    let refused = TcpStream::connect(("127.0.0.2", port)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(Sandbox::builder().port(port).start().unwrap_err().kind(), ErrorKind::AddrInUse);
    Caller::new(&first).balance();
    drop(first);
    let again = Sandbox::builder().port(port).start().unwrap();
    assert_eq!(again.url(), format!("http://127.0.0.1:{port}"));
}

#[test]
fn settings_that_cannot_work_are_refused_with_a_sentence() {
    for builder in [
        Sandbox::builder().account(Account::basic("a:b", "c")),
        Sandbox::builder().account(Account::bearer("")),
        Sandbox::builder().config(OtpConfig::default().tries(0)),
        Sandbox::builder().codes(Codes::fixed("")),
        Sandbox::builder().config(OtpConfig::default().alphabet("1")),
        Sandbox::builder().config(OtpConfig::default().text("no code in it")),
    ] {
        let error = builder.start().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(' '), "{error}");
    }
}

#[test]
fn an_account_takes_the_place_of_one_with_the_same_name() {
    let sandbox = Sandbox::builder().account(Account::basic(USERNAME, "new").prepaid(3)).start().unwrap();
    assert_eq!(Caller::with(&sandbox, basic(USERNAME, PASSWORD)).balance().status, 401);
    let balance = Caller::with(&sandbox, basic(USERNAME, "new")).balance();
    assert_eq!(balance.json(), json!({"type": "prepaid", "credit": 3}));
}

#[test]
fn a_connection_is_kept_after_answers_of_every_kind() {
    let sandbox = sandbox();
    let mut socket = connect(&sandbox);
    let good = basic(sandbox.username(), sandbox.password());
    for (authorization, body, status) in
        [(good.as_str(), "{}", "200"), ("Basic x", "{}", "401"), (&good, "nonsense", "200")]
    {
        write!(
            socket,
            "POST /account/balance HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: {authorization}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = [0; 2048];
        let length = socket.read(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}

#[test]
fn ureq_can_use_it() {
    let sandbox = sandbox();
    let agent = ureq::Agent::new_with_defaults();
    for _ in 0..3 {
        let mut answer = agent
            .post(format!("{}/account/balance", sandbox.url()))
            .header("Authorization", format!("Bearer {}", sandbox.token()))
            .content_type("application/json")
            .send("{}")
            .unwrap();
        assert_eq!(answer.body_mut().read_to_string().unwrap(), r#"{"credit":1000,"type":"postpaid"}"#);
    }
}

/// Open connections in every state: never used, used and idle, half a request sent, an answer half read.
fn open_connections(sandbox: &Sandbox) -> Vec<TcpStream> {
    let fresh = connect(sandbox);
    let mut idle = connect(sandbox);
    write!(idle, "GET /sandbox/messages HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert!(idle.read(&mut [0; 1024]).unwrap() > 0);
    let mut half_head = connect(sandbox);
    write!(half_head, "POST /otp/requ").unwrap();
    let mut half_body = connect(sandbox);
    write!(half_body, "POST /sandbox/clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{{").unwrap();
    thread::sleep(Duration::from_millis(20));
    vec![fresh, idle, half_head, half_body]
}

#[test]
fn dropping_it_closes_open_connections_at_once() {
    let sandbox = sandbox();
    let open = open_connections(&sandbox);
    let started = Instant::now();
    drop(sandbox);
    assert!(started.elapsed() < Duration::from_millis(200), "{:?}", started.elapsed());
    for mut socket in open {
        // Closed: the end of the stream, or a reset where something was still under way.
        let end = socket.read(&mut [0; 16]);
        assert!(
            matches!(&end, Ok(0)) || matches!(&end, Err(error) if error.kind() == ErrorKind::ConnectionReset),
            "{end:?}"
        );
    }
}

#[test]
fn waiting_ends_when_another_thread_stops_it() {
    let sandbox = sandbox();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| sandbox.wait());
        thread::sleep(Duration::from_millis(20));
        assert!(!waiting.is_finished());
        sandbox.stop();
        waiting.join().unwrap();
    });
    assert!(TcpStream::connect(sandbox.url().strip_prefix("http://").unwrap()).is_err());
    sandbox.stop();
    sandbox.wait();
    assert!(sandbox.messages().is_empty());
}

#[test]
fn many_callers_at_once_each_get_their_own_otp() {
    let sandbox = Sandbox::builder().start().unwrap();
    thread::scope(|scope| {
        for caller in 0..16 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let mobile = format!("668000{caller:02}123");
                for _ in 0..5 {
                    let otp_id = Caller::new(sandbox).requested(&mobile);
                    let code = sandbox.last_code(&mobile).unwrap();
                    Caller::new(sandbox).verify(&otp_id, &code).assert_verdict(true, false, false);
                }
            });
        }
    });
    assert_eq!(sandbox.messages().len(), 80);
    assert!(sandbox.last_code(MOBILE).is_none());
}

#[test]
fn starting_and_stopping_is_quick_enough_for_each_test_to_have_its_own() {
    let started = Instant::now();
    for _ in 0..50 {
        let sandbox = sandbox();
        Caller::new(&sandbox).balance();
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
