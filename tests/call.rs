//! What one call can have of its own, for the languages over this library.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::{Call, Client, Code, Delivery, LogLevel, RawAnswer};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use support::{MOBILE, OTC_ID, SENT, Server, http};

fn authorization(server: &Server) -> String {
    let head = server.seen().pop().unwrap().head;
    head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap().to_owned()
}

#[test]
fn credentials_of_a_call_replace_the_clients() {
    let server = Server::sending();
    let client = server.client();
    let _ = client.request_with(MOBILE, &Call::new().credentials("other", "secret")).unwrap();
    assert_eq!(authorization(&server), "Basic b3RoZXI6c2VjcmV0");
    let _ = client.request_with(MOBILE, &Call::new().token("to.ken")).unwrap();
    assert_eq!(authorization(&server), "Bearer to.ken");
    let _ = client.request(MOBILE).unwrap();
    assert_eq!(authorization(&server), "Basic dXNlcjpwYXNzd29yZA==");
    assert_eq!(server.connections(), 1);
}

/// Public callers know the header's value alone.
#[test]
fn a_ready_made_token_is_sent_with_its_scheme_and_what_is_in_it_is_concealed() {
    const BASIC: &str = "bWFuZ286cGFwYXlh";
    let echo = r#"{"error":{"code":"9996","message":"no mango papaya bWFuZ286cGFwYXlh"}}"#;
    let server = Server::answering(http(200, echo));
    for scheme in ["Basic", "basic", "BASIC"] {
        let client = Client::builder().base_url(server.url()).otc_id(OTC_ID).token(format!("{scheme} {BASIC}"));
        let error = client.build().unwrap().request(MOBILE).unwrap_err();
        assert_eq!(authorization(&server), format!("Basic {BASIC}"), "{scheme}");
        assert_eq!(error.service_message(), "no *** *** ***", "{scheme}");
    }
    for (token, sent) in [("bearer to.ken", "Bearer to.ken"), ("Basic bWFuZ286", "Basic bWFuZ286")] {
        let _ = server.client().request_with(MOBILE, &Call::new().token(token));
        assert_eq!(authorization(&server), sent);
    }
    for bad in ["Basic mango", "Basic bWFuZ28=", "Basic  bWFuZ286", "Bearer a b"] {
        let error = Client::builder().token(bad).build().unwrap_err();
        assert_eq!(error.code(), Code::InvalidOption, "{bad}");
        let error = server.client().request_with(MOBILE, &Call::new().token(bad)).unwrap_err();
        assert_eq!((error.code(), error.delivery()), (Code::InvalidOption, Delivery::NotSent), "{bad}");
    }
}

#[test]
fn a_client_may_leave_credentials_to_its_calls() {
    let server = Server::answering(http(200, SENT));
    let options = || Client::builder().base_url(server.url()).otc_id(OTC_ID).credentials_of_calls(true);
    let client = options().load_env().build().unwrap();
    let error = client.request(MOBILE).unwrap_err();
    assert_eq!((error.code(), error.delivery()), (Code::InvalidOption, Delivery::NotSent));
    let _ = client.request_with(MOBILE, &Call::new().token("to.ken")).unwrap();
    assert_eq!(server.seen().len(), 1);
    assert_eq!(options().token("token").build().unwrap_err().code(), Code::InvalidOption);
}

#[test]
fn credentials_of_a_call_that_cannot_work_are_refused() {
    let server = Server::answering(http(200, SENT));
    for call in [Call::new().credentials("us:er", "pw"), Call::new().credentials("user", ""), Call::new().token("a b")]
    {
        let error = server.client().request_with(MOBILE, &call).unwrap_err();
        assert_eq!((error.code(), error.delivery()), (Code::InvalidOption, Delivery::NotSent));
    }
    assert!(server.seen().is_empty());
}

#[test]
fn a_client_with_other_defaults_shares_the_connections() {
    let server = Server::sending();
    let client = server.client();
    let other = client.with_options(&Client::builder().otc_id("OTHER").country_code("65")).unwrap();
    let _ = client.request(MOBILE).unwrap();
    let _ = other.request("081234567").unwrap();
    assert_eq!(server.seen().pop().unwrap().body, r#"{"otcId":"OTHER","mobile":"6581234567"}"#);
    assert_eq!(server.connections(), 1);
    let error = client.with_options(&Client::builder().max_retries(9)).unwrap_err();
    assert_eq!(error.code(), Code::InvalidOption);
}

#[test]
fn another_default_timeout_is_the_deadline() {
    let server = Server::raw(|stream| {
        std::thread::sleep(Duration::from_secs(1));
        drop(stream);
    });
    let client = server.client().with_options(&Client::builder().timeout(Duration::from_millis(50))).unwrap();
    let begun = Instant::now();
    assert_eq!(client.request(MOBILE).unwrap_err().code(), Code::Timeout);
    assert!(begun.elapsed() < Duration::from_millis(500));
}

#[test]
fn the_answer_is_kept_as_it_came_for_whoever_asks() {
    let server = Server::answering(http(429, r#"{"error":"password is not 71828"}"#));
    let kept = Arc::new(OnceLock::new());
    let call = Call::new().keep_answer(&kept);
    let error = server.client().verify_with(support::OTP_ID, "71828", &call).unwrap_err();
    assert_eq!(error.code(), Code::RateLimited);
    let raw: &RawAnswer = kept.get().unwrap();
    assert_eq!((raw.http_status(), raw.body().as_str()), (429, r#"{"error":"*** is not ***"}"#));
    assert!(raw.headers().iter().any(|(name, _)| name == "content-length"));
}

#[test]
fn without_an_answer_nothing_is_kept() {
    let kept = Arc::new(OnceLock::new());
    let call = Call::new().keep_answer(&kept);
    assert!(support::options("http://127.0.0.1:1").build().unwrap().balance_with(&call).is_err());
    assert!(kept.get().is_none());
}

#[test]
fn a_call_has_log_lines_of_its_own_as_many_as_wanted() {
    let server = Server::answering(http(200, SENT));
    let client = server.options().log(|_, line| panic!("the client's hook got {line}")).build().unwrap();
    let lines = |least| {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&lines);
        let call = Call::new().log(least, move |level, line| into.lock().unwrap().push((level, line.to_owned())));
        let _ = client.request_with(MOBILE, &call).unwrap();
        Arc::into_inner({
            drop(call);
            lines
        })
        .unwrap()
        .into_inner()
        .unwrap()
    };
    let new = lines(LogLevel::Debug);
    assert_eq!(new[0], (LogLevel::Debug, "request: HTTP 200 on a new connection".to_owned()));
    assert!(new[1].1.starts_with("request to ****5678: 0 OK, ANSWERED, "), "{new:?}");
    assert_eq!(lines(LogLevel::Debug)[0].1, "request: HTTP 200 on a kept connection");
    assert_eq!(lines(LogLevel::Info).len(), 1);
    assert!(lines(LogLevel::Warning).is_empty());
}
