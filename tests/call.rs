//! What one call can have of its own, for the languages over this library.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::{Call, Client, Code, Delivery};
use support::{MOBILE, OTC_ID, SENT, Server, http};

fn authorization(server: &Server) -> String {
    let head = server.seen().pop().unwrap().head;
    head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap().to_owned()
}

#[test]
fn credentials_of_a_call_replace_the_clients() {
    let server = Server::answering(http(200, SENT));
    let client = server.client();
    client.request_with(MOBILE, &Call::new().credentials("other", "secret")).unwrap();
    assert_eq!(authorization(&server), "Basic b3RoZXI6c2VjcmV0");
    client.request_with(MOBILE, &Call::new().token("to.ken")).unwrap();
    assert_eq!(authorization(&server), "Bearer to.ken");
    client.request(MOBILE).unwrap();
    assert_eq!(authorization(&server), "Basic dXNlcjpwYXNzd29yZA==");
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_client_may_leave_credentials_to_its_calls() {
    let server = Server::answering(http(200, SENT));
    let options = || Client::builder().base_url(server.url()).otc_id(OTC_ID).credentials_of_calls(true);
    let client = options().load_env().build().unwrap();
    let error = client.request(MOBILE).unwrap_err();
    assert_eq!((error.code(), error.delivery()), (Code::InvalidOption, Delivery::NotSent));
    client.request_with(MOBILE, &Call::new().token("to.ken")).unwrap();
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
