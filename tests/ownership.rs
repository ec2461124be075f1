//! An answer belongs to its call: which connections are kept, and what is made of an answer that was meant for another call.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::{Call, Cancel, Client, Code, Delivery, Error, Options, Sent, Verification};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::proxy::HttpProxy;
use support::tls::{self, Authority, Folder, TLS13};
use support::{Next, OTC_ID, OTP_ID, Seen, Server, http, options};

const NUMBERS: [&str; 2] = ["66812345678", "66823456789"];

/// Answers each request with what `say` makes of its place among all, from 0.
fn service(say: impl Fn(usize, &Seen) -> Vec<u8> + Send + Sync + 'static) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |seen, stream| {
        let _ = stream.write_all(&say(count.fetch_add(1, Ordering::SeqCst), seen));
        Next::Keep
    })
}

/// Says these bodies one after the other, and the last one for ever.
fn saying(bodies: &[&str]) -> Server {
    let bodies: Vec<String> = bodies.iter().map(ToString::to_string).collect();
    service(move |place, _| http(200, &bodies[place.min(bodies.len() - 1)]))
}

fn sent(otp_id: &str) -> String {
    format!(r#"{{"otcId":"{OTC_ID}","otpId":"{otp_id}","success":{{"message":"success"}}}}"#)
}

fn verdict(otp_id: &str, result: bool) -> String {
    format!(r#"{{"otpId":"{otp_id}","result":{result}}}"#)
}

#[track_caller]
fn assert_bad_answer<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.expect_err("an answer that is not this call's");
    assert_eq!((error.code(), error.delivery()), (Code::BadAnswer, Delivery::Unknown), "{error}");
}

#[track_caller]
fn assert_verified(result: Result<Verification, Error>) {
    assert!(result.expect("a verdict").is_verified());
}

mod verifies {
    use super::*;

    const NAMED: &str = r#"{"otpId":"0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6","result":true}"#;
    const UNNAMED: &str = r#"{"result":true}"#;

    #[test]
    fn ride_kept_connections_once_a_verdict_has_named_its_otp_id() {
        let server = service(|_, seen| match seen.head.contains("verifyOTP") {
            true => http(200, NAMED),
            false => http(200, sent(OTP_ID)),
        });
        let client = server.client();
        let otp = client.request(NUMBERS[0]).unwrap();
        assert_eq!(server.connections(), 1);
        assert_verified(client.verify(&otp, "1"));
        assert_eq!(server.connections(), 2, "nobody knows yet whether this service names its verdicts");
        for _ in 0..5 {
            assert_verified(client.verify(&otp, "1"));
        }
        assert_eq!(server.connections(), 2);
    }

    #[test]
    fn of_clients_that_share_connections_share_that_knowledge() {
        let server = saying(&[NAMED]);
        let client = server.client();
        assert_verified(client.verify(OTP_ID, "1"));
        assert_verified(client.clone().verify(OTP_ID, "1"));
        let other = client.with_options(&Options::new().timeout(Duration::from_secs(3))).unwrap();
        assert_verified(other.verify(OTP_ID, "1"));
        assert_eq!(server.connections(), 1);
        assert_verified(server.client().verify(OTP_ID, "1"));
        assert_eq!(server.connections(), 2);
    }

    #[test]
    fn of_a_service_that_names_no_verdict_have_a_connection_each() {
        let server = saying(&[UNNAMED]);
        let client = server.client();
        for calls in 1..=5 {
            assert_verified(client.verify(OTP_ID, "1"));
            assert_eq!(server.connections(), calls);
        }
    }

    #[test]
    fn without_a_name_on_a_kept_connection_are_not_trusted_and_never_ride_again() {
        for unnamed in [UNNAMED, r#"{"result":false}"#, r#"{"isErrorCount":true}"#, r#"{"isExprCode":"true"}"#] {
            let server = saying(&[NAMED, unnamed, NAMED, NAMED, unnamed]);
            let client = server.client();
            assert_verified(client.verify(OTP_ID, "1"));
            assert_bad_answer(client.verify(OTP_ID, "1"));
            assert_eq!(server.connections(), 1, "{unnamed}");
            for connections in 2..=4 {
                assert!(client.verify(OTP_ID, "1").is_ok());
                assert_eq!(server.connections(), connections, "{unnamed}");
            }
        }
    }

    #[test]
    fn without_a_name_are_not_trusted_to_name_the_next() {
        // The second verdict has a new connection: the first one's says that it closes.
        let closing = format!("HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{NAMED}", NAMED.len());
        let server = service(move |place, _| match place {
            0 => closing.clone().into_bytes(),
            1 => http(200, UNNAMED),
            _ => http(200, NAMED),
        });
        let client = server.client();
        for connections in 1..=4 {
            assert_verified(client.verify(OTP_ID, "1"));
            assert_eq!(server.connections(), connections);
        }
    }

    #[test]
    fn are_not_answered_by_what_names_another_otp_id_whatever_it_says() {
        let other = "ffffffff-a9c7-4bbd-8da4-b36a49bbc0d6";
        for (status, rest) in [
            (200, r#""result":true"#),
            (200, r#""result":false"#),
            (200, r#""result":false,"isErrorCount":true"#),
            (200, r#""isExprCode":true"#),
            (200, r#""error":{"message":"OTP Code Expired"}"#),
            (200, r#""code":"0306""#),
            (200, r#""error":{"message":"who knows"}"#),
            (200, r#""success":{"message":"Credit not enough"}"#),
            (400, r#""error":"Bad Request""#),
            (401, r#""status":401"#),
            (500, r#""result":true"#),
        ] {
            let said = format!(r#"{{"otpId":"{other}",{rest}}}"#);
            let server = service(move |place, _| http([200, status][place % 2], [NAMED, &said][place % 2]));
            let client = server.client();
            assert_verified(client.verify(OTP_ID, "1"));
            assert_bad_answer(client.verify(OTP_ID, "1"));
            assert_eq!(server.connections(), 1);
            assert_verified(client.verify(OTP_ID, "1"));
            assert_eq!(server.connections(), 2, "such an answer ends its connection: {status} {rest}");
        }
    }

    /// The answer to a try with a wrong code, said again while the next try is in flight, names the right otpId.
    #[test]
    fn do_not_ride_where_another_code_of_the_same_otp_was_judged() {
        let server = saying(&[NAMED]);
        let client = server.client();
        assert_verified(client.verify(OTP_ID, "1"));
        assert_verified(client.verify(OTP_ID, "1"));
        assert_eq!(server.connections(), 1);
        assert_verified(client.verify(OTP_ID.to_uppercase(), "2"));
        assert_eq!(server.connections(), 2);
        assert_verified(client.verify(OTP_ID, "1"));
        assert_verified(client.verify(OTP_ID, "2"));
        assert_eq!(server.connections(), 2, "each finds the connection that it may use");
    }
}

mod connections {
    use super::*;

    /// How many connections two balance calls take, the first of which is answered so.
    fn after(status: u16, body: &str) -> usize {
        let body = body.to_owned();
        let balance = r#"{"type":"prepaid","credit":1}"#;
        let server = service(move |place, _| if place == 0 { http(status, &body) } else { http(200, balance) });
        let client = server.client();
        let _ = client.balance();
        assert!(client.balance().is_ok());
        server.connections()
    }

    #[test]
    fn end_with_a_refusal_a_bare_status_or_an_answer_that_cannot_be_trusted() {
        for (status, body) in [
            // It names nobody: said twice, it would be taken for the next one, and that one's for what comes then.
            (200, r#"{"type":"prepaid","credit":1}"#),
            (200, r#"{"error":{"message":"Authentication failed"}}"#),
            (200, r#"{"code":"0301"}"#),
            (400, r#"{"error":{"message":"Bad Request"}}"#),
            (401, ""),
            (404, ""),
            (429, ""),
            (500, "{}"),
            (200, "{}"),
            (200, "<html>"),
            (200, r#"{"result":true}"#),
            (200, r#"{"type":"prepaid","credit":true}"#),
        ] {
            assert_eq!(after(status, body), 2, "HTTP {status} {body}");
        }
    }

    #[test]
    fn end_with_a_verdict_that_is_told_as_a_refusal() {
        let server = saying(&[&verdict(OTP_ID, true), &format!(r#"{{"otpId":"{OTP_ID}","code":"0305"}}"#)]);
        let client = server.client();
        assert_verified(client.verify(OTP_ID, "1"));
        assert_eq!(client.verify(OTP_ID, "1").unwrap().code(), Code::CodeExpired);
        assert_eq!(client.verify(OTP_ID, "1").unwrap().code(), Code::CodeExpired);
        assert_eq!(server.connections(), 2);
    }

    /// The second verdict may be the first one, said twice: then the second call's own is still to come.
    #[test]
    fn carry_nothing_but_the_same_verify_once_its_verdict_came_twice() {
        let server = service(|_, seen| match seen.head.contains("verifyOTP") {
            true => http(200, verdict(OTP_ID, true)),
            false => http(200, sent("f2c4a9d0-58ac-4e7c-9c2d-0a3d5b1c6e77")),
        });
        let client = server.client();
        for _ in 0..3 {
            assert_verified(client.verify(OTP_ID, "1"));
        }
        assert_eq!(server.connections(), 1);
        assert_eq!(client.request(NUMBERS[0]).unwrap().otc_id(), OTC_ID);
        assert_eq!(server.connections(), 2);
        // The connection of the request is as good as any.
        client.request(NUMBERS[1]).unwrap_err();
        assert_eq!(server.connections(), 2);
        assert_verified(client.verify(OTP_ID, "1"));
        assert_eq!(server.connections(), 2);
    }

    #[test]
    fn are_kept_with_a_verdict_that_names_its_otp_id() {
        let server = saying(&[&verdict(&OTP_ID.to_uppercase(), false)]);
        let client = server.client();
        for _ in 0..3 {
            assert_eq!(client.verify(OTP_ID, "1").unwrap().code(), Code::WrongCode);
        }
        assert_eq!(server.connections(), 1);
    }
}

mod requests {
    use super::*;

    #[test]
    fn are_not_answered_by_verdicts() {
        for said in [r#""result":true"#, r#""result":"false""#, r#""isErrorCount":false"#, r#"" isExprCode":true"#] {
            let server = saying(&[&format!(r#"{{"otpId":"{OTP_ID}",{said}}}"#)]);
            let client = server.client();
            assert_bad_answer(client.request(NUMBERS[0]));
            assert_bad_answer(client.resend(OTP_ID));
            assert_eq!(server.connections(), 2, "{said}");
        }
        let server = saying(&[&format!(r#"{{"otpId":"{OTP_ID}","result":null,"isExprCode":null}}"#)]);
        assert!(server.client().request(NUMBERS[0]).is_ok(), "null is absent");
        let server = saying(&[r#"{"result":false,"error":{"code":"0301"}}"#]);
        assert_eq!(server.client().request(NUMBERS[0]).unwrap_err().code(), Code::InvalidOtpConfig);
    }

    #[test]
    fn on_a_kept_connection_are_not_answered_for_another_otc_id() {
        let of = |otc_id: &str, otp_id: &str| format!(r#"{{"otcId":"{otc_id}","otpId":"{otp_id}"}}"#);
        let server = saying(&[
            &of(&OTC_ID.to_lowercase(), "a"),
            r#"{"otpId":"b"}"#,
            &of("other", "c"),
            &of("other", "d"),
            &of("other", "e"),
        ]);
        let client = server.client();
        assert_eq!(client.request(NUMBERS[0]).unwrap().otp_id(), "a");
        assert_eq!(client.request(NUMBERS[0]).unwrap().otc_id(), OTC_ID);
        assert_eq!(client.resend(OTP_ID).unwrap().otc_id(), "other", "a resend may not have named it");
        assert_eq!(server.connections(), 1);
        assert_bad_answer(client.request(NUMBERS[0]));
        assert_eq!(client.request(NUMBERS[0]).unwrap().otc_id(), "other", "nothing else can stand on a new connection");
        assert_eq!(server.connections(), 2);
    }

    #[test]
    fn of_a_service_that_always_tells_another_otc_id_have_a_connection_each() {
        let server = service(|place, _| http(200, format!(r#"{{"otcId":"other","otpId":"id {place}"}}"#)));
        let client = server.client();
        for connections in 1..=3 {
            assert_eq!(client.request(NUMBERS[0]).unwrap().otc_id(), "other");
            assert_eq!(server.connections(), connections);
        }
    }

    #[test]
    fn never_get_an_otp_id_that_the_connection_gave_to_somebody_else() {
        // All of the last eight are remembered.
        for between in 0..8 {
            let server = service(move |place, _| match place {
                place if place > between => http(200, sent("FIRST")),
                0 => http(200, sent("first")),
                place => http(200, sent(&format!("id {place}"))),
            });
            let client = server.client();
            for _ in 0..=between {
                assert!(client.request(NUMBERS[0]).is_ok());
            }
            assert_eq!(server.connections(), 1);
            assert_bad_answer(client.request(NUMBERS[1]));
            assert_eq!(server.connections(), 1);
            assert!(client.request(NUMBERS[1]).is_ok());
            assert_eq!(server.connections(), 2, "the doubt ends the connection");
        }
    }

    /// A service may give one otpId twice to one person. But if it is the earlier answer, the call's own is still to come.
    #[test]
    fn that_get_the_otp_id_of_the_same_number_end_the_connection() {
        let server = saying(&[&sent("a")]);
        let client = server.client();
        for connections in [1, 1, 2, 2, 3] {
            assert_eq!(client.request(NUMBERS[0]).unwrap().otp_id(), "a");
            assert_eq!(server.connections(), connections);
        }
    }

    fn resend_newest(client: &Client) -> Result<Sent, Error> {
        client.resend_newest(&Call::new())
    }

    #[test]
    fn by_resend_count_for_the_number_of_the_otp_where_it_is_known() {
        let server = saying(&[&sent("a"), &sent("b"), &sent("b")]);
        let client = server.client();
        let otp = client.request(NUMBERS[0]).unwrap();
        let otp = client.resend(&otp).unwrap();
        assert!(client.request(NUMBERS[0]).is_ok(), "{} is of the same number", otp.otp_id());
        assert_eq!(server.connections(), 1);

        let server = saying(&[&sent("a"), &sent("b"), &sent("b")]);
        let client = server.client();
        let _ = client.resend(client.request(NUMBERS[0]).unwrap()).unwrap();
        assert_bad_answer(client.request(NUMBERS[1]));
    }

    #[test]
    fn by_resend_of_an_otp_of_unknown_number_count_for_nobody_s_number() {
        for resend in [|client: &Client| client.resend("x"), resend_newest] {
            let server = saying(&[&sent("a")]);
            let client = server.client();
            assert!(resend(&client).is_ok());
            assert_bad_answer(client.request(NUMBERS[0]));
            assert_eq!(server.connections(), 1);
        }
    }

    #[test]
    fn by_resend_never_get_the_otp_id_of_somebody_else() {
        let server = saying(&[&sent("a"), &sent("b"), &sent("a")]);
        let client = server.client();
        assert!(client.request(NUMBERS[0]).is_ok());
        let otp = client.request(NUMBERS[1]).unwrap();
        assert_bad_answer(client.resend(&otp));
        // Of a number that the connection does not know, it is not known to be the same.
        let server = saying(&[&sent("a")]);
        let client = server.client();
        assert!(client.request(NUMBERS[0]).is_ok());
        assert_bad_answer(client.resend("x"));
    }

    #[test]
    fn by_resend_may_get_the_otp_id_that_they_asked_for() {
        for resend in [|client: &Client| client.resend("a"), resend_newest] {
            let server = saying(&[&sent("a")]);
            let client = server.client();
            assert!(client.request(NUMBERS[0]).is_ok());
            assert!(resend(&client).is_ok());
            assert_eq!(server.connections(), 1);
            assert!(client.balance().is_err());
            assert_eq!(server.connections(), 2, "its own answer may still be to come");
        }
        let server = saying(&[&sent("a")]);
        let client = server.client();
        assert!(client.resend("x").is_ok());
        assert!(client.resend("X").is_ok());
        assert_eq!(server.connections(), 1);
    }
}

/// A service behind a gateway that says each answer twice, the second time when the connection's next request has come. The
/// honest answer to that comes 20 ms later.
mod doubled_answers {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Names {
        All,
        Some,
        None,
    }

    /// The only right code of an OTP is its own id, which begins with its number. Nothing in it is cleaned away.
    fn honest(seen: &Seen, place: usize, names: Names) -> String {
        let field = |name: &str| {
            let (_, rest) = seen.body.split_once(&format!(r#""{name}":""#)).unwrap_or_default();
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        let otp_id = field("otpId");
        if seen.head.contains("requestOTP") {
            return sent(&format!("{}n{place}", field("mobile")));
        }
        if seen.head.contains("resendOTP") {
            return sent(&format!("{}n{place}", otp_id.split('n').next().unwrap()));
        }
        let result = field("otpCode") == otp_id;
        let named = names == Names::All || names == Names::Some && place.is_multiple_of(3);
        if named { verdict(&otp_id, result) } else { format!(r#"{{"result":{result}}}"#) }
    }

    fn service(names: Names) -> Server {
        let count = AtomicUsize::new(0);
        let last: Mutex<std::collections::HashMap<std::net::SocketAddr, Vec<u8>>> = Mutex::default();
        Server::start(move |seen, stream| {
            let answer = http(200, honest(seen, count.fetch_add(1, Ordering::SeqCst), names));
            let earlier = last.lock().unwrap().insert(stream.peer_addr().unwrap(), answer.clone());
            if let Some(earlier) = earlier {
                let _ = stream.write_all(&earlier);
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = stream.write_all(&answer);
            Next::Keep
        })
    }

    /// Requests, resends, right and wrong codes for many numbers; `call` bounds each. Gives how many had an outcome.
    fn calls(client: &Client, thread: usize, call: impl Fn() -> Call) -> usize {
        let mut outcomes = 0;
        let mut of_number = |number: &str, sent: Result<Sent, Error>| {
            let sent = sent.ok()?;
            assert_eq!(sent.otp_id().split('n').next(), Some(number), "another person's otpId");
            outcomes += 1;
            Some(sent)
        };
        let mut verdicts = 0;
        let mut judge = |otp: &Sent, code: &str| {
            if let Ok(verification) = client.verify_with(otp, code, &call()) {
                assert_eq!(verification.is_verified(), code == otp.otp_id(), "another call's verdict");
                verdicts += 1;
            }
        };
        for round in 0..12 {
            let numbers = [0, 1].map(|person| format!("668{thread}{round:02}0000{person}"));
            let [first, second] = numbers.each_ref();
            let Some(mut otp) = of_number(first, client.request_with(first, &call())) else { continue };
            judge(&otp, "wrong");
            judge(&otp, otp.otp_id());
            // The same person again: what comes may be the earlier answer, and is then right by chance.
            let again = of_number(first, client.request_with(first, &call()));
            let other = of_number(second, client.request_with(second, &call()));
            if let Some(resent) = of_number(first, client.resend_with(&otp, &call())) {
                otp = resent;
            }
            for otp in [Some(otp), other, again].into_iter().flatten() {
                judge(&otp, otp.otp_id());
                judge(&otp, "wrong");
            }
        }
        outcomes + verdicts
    }

    fn run(names: Names, lead: impl Fn(&Server) -> (Options, Vec<Box<dyn std::any::Any>>)) {
        let server = service(names);
        let (options, _alive) = lead(&server);
        let client = options.build().unwrap();
        let (client, stop) = (&client, AtomicBool::new(false));
        let cancel = Mutex::new(Cancel::new());
        std::thread::scope(|scope| {
            let alone: Vec<_> = (1..3).map(|thread| scope.spawn(move || calls(client, thread, Call::new))).collect();
            let cancelled = scope.spawn(|| calls(client, 3, || Call::new().cancel(&cancel.lock().unwrap())));
            let firing = scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(15));
                    std::mem::replace(&mut *cancel.lock().unwrap(), Cancel::new()).fire();
                }
            });
            // A failing thread, too, lets all others end.
            let (alone, cancelled): (Vec<_>, _) = (alone.into_iter().map(|t| t.join()).collect(), cancelled.join());
            stop.store(true, Ordering::SeqCst);
            firing.join().unwrap();
            cancelled.unwrap();
            let outcomes: Vec<usize> = alone.into_iter().map(Result::unwrap).collect();
            assert!(outcomes.iter().all(|outcomes| *outcomes > 12), "{names:?}: {outcomes:?} calls had an outcome");
        });
    }

    const ALL: [Names; 3] = [Names::All, Names::Some, Names::None];

    #[test]
    fn judge_nobody_else_over_plain_http() {
        for names in ALL {
            run(names, |server| (server.options(), Vec::new()));
        }
    }

    #[test]
    fn judge_nobody_else_over_tls_and_through_a_proxy() {
        let authority = Authority::new();
        let folder = Arc::new(Folder::new());
        let ca = folder.file("ca.pem", authority.pem());
        for (names, proxied) in ALL.into_iter().flat_map(|names| [(names, false), (names, true)]) {
            run(names, |server| {
                let front = tls::front(tls::config(&authority.identity(&["127.0.0.1"]), &[&TLS13]), server.address);
                let options = options(&format!("https://{}", front.address)).ca_file(&ca);
                if !proxied {
                    return (options, vec![Box::new(front)]);
                }
                let proxy = HttpProxy::start(front.address);
                let options = options.proxy(format!("http://{}", proxy.address()));
                (options, vec![Box::new(front), Box::new(proxy)])
            });
        }
    }
}
