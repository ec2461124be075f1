//! Answers, documented, observed and hostile, through a real socket: the code and the delivery of each (wire.md).
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::Delivery::{self, Answered, Unknown};
use ants_otp::{Client, Error};
use std::sync::{Arc, Mutex};
use support::{Next, OTP_ID, SENT, Server, VERIFIED, http};

/// A server whose next answer is set by the test, and a client of it.
struct Bench {
    answer: Arc<Mutex<Vec<u8>>>,
    server: Server,
    client: Client,
}

impl Bench {
    fn new() -> Self {
        let answer = Arc::new(Mutex::new(Vec::new()));
        let next = Arc::clone(&answer);
        let server = Server::start(move |_, stream| {
            use std::io::Write;
            let _ = stream.write_all(&next.lock().unwrap());
            Next::Keep
        });
        // Each answer is read by itself: what it means on a kept connection is `ownership`'s.
        let client = server.options().max_idle_connections(0).build().unwrap();
        Bench { answer, server, client }
    }

    fn verify(&self, answer: &[u8]) -> (i32, Delivery) {
        *self.answer.lock().unwrap() = answer.to_vec();
        outcome(self.client.verify(OTP_ID, "79895").map(|verification| verification.code().number()))
    }

    fn request(&self, answer: &[u8]) -> (i32, Delivery) {
        *self.answer.lock().unwrap() = answer.to_vec();
        outcome(self.client.request("081-234-5678").map(|sent| {
            assert!(!sent.otp_id().is_empty());
            0
        }))
    }
}

fn outcome(result: Result<i32, Error>) -> (i32, Delivery) {
    match result {
        Ok(code) => (code, Answered),
        Err(error) => {
            assert!(!error.message().is_empty());
            (error.code().number(), error.delivery())
        }
    }
}

fn run(kind: &str, cases: &[(&str, u16, &str, i32)], call: impl Fn(&Bench, &[u8]) -> (i32, Delivery)) {
    let bench = Bench::new();
    for (name, status, body, code) in cases {
        let delivery = if matches!(code, -30 | -31) { Unknown } else { Answered };
        assert_eq!(call(&bench, &http(*status, body)), (*code, delivery), "{kind}: {name}: HTTP {status} {body}");
    }
    assert_eq!(bench.server.seen().len(), cases.len(), "one request each, never a second");
}

#[test]
fn verify_answers() {
    let deep = format!(r#"{{"otpId":"{OTP_ID}","result":true,"x":{}1{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let long = format!(r#"{{"result":true,"x":"{}"}}"#, "x".repeat(64 * 1024));
    let cases: &[(&str, u16, &str, i32)] = &[
        // Verdicts.
        ("the specification's example", 200, VERIFIED, 0),
        ("flags absent", 200, r#"{"result":true}"#, 0),
        ("flags null", 200, r#"{"result":true,"isErrorCount":null,"isExprCode":null,"otpId":null,"error":null}"#, 0),
        ("another 2xx", 201, r#"{"result":true}"#, 0),
        ("booleans as text", 200, r#"{"result":"True","isErrorCount":"FALSE","isExprCode":"false"}"#, 0),
        ("keys in other case and space", 200, r#"{" RESULT ":true,"iserrorcount ":false}"#, 0),
        ("byte order mark", 200, "\u{FEFF}{\"result\":true}", 0),
        ("white space around", 200, " \r\n {\"result\" : true } \n", 0),
        ("otpId in capitals", 200, r#"{"otpId":"0C342E74-A9C7-4BBD-8DA4-B36A49BBC0D6","result":true}"#, 0),
        ("code 0000 beside it", 200, r#"{"result":true,"code":"0000","status":{"message":"Success","code":0}}"#, 0),
        ("success in Thai", 200, r#"{"result":true,"success":{"message":"สำเร็จ"}}"#, 0),
        ("unknown fields", 200, r#"{"result":true,"x":[1,{"error":"no"}]}"#, 0),
        ("deep but harmless", 200, &deep, 0),
        ("wrong code", 200, r#"{"result":false,"isErrorCount":false,"isExprCode":false}"#, 1),
        ("wrong code as text", 200, r#"{"result":"false"}"#, 1),
        ("too many tries", 200, r#"{"result":false," isErrorCount":true,"isExprCode":false}"#, 304),
        ("time is over", 200, r#"{"result":false,"isErrorCount":false,"isExprCode":true}"#, 305),
        ("both flags", 200, r#"{"result":false,"isErrorCount":true,"isExprCode":true}"#, 304),
        ("true beside a flag", 200, r#"{"result":true,"isErrorCount":true}"#, 304),
        ("true beside the other flag", 200, r#"{"result":true,"isExprCode":"TRUE"}"#, 305),
        ("a flag alone", 200, r#"{"isExprCode":true}"#, 305),
        // The same verdicts as errors.
        ("0304 as text", 200, r#"{"error":{"message":"x","code":"0304"}}"#, 304),
        ("305 as number", 400, r#"{"error":{"code":305}}"#, 305),
        ("0306 at the top", 200, r#"{"result":true,"code":"0306"}"#, 306),
        ("306 in status", 500, r#"{"status":{"code":"306","message":"Success"}}"#, 306),
        ("over limit in English", 200, r#"{"error":{"message":" over limit USAGE "}}"#, 304),
        ("expired in Thai", 400, r#"{"error":{"message":"OTP Code หมดอายุ"}}"#, 305),
        ("confirmed as plain text", 200, r#"{"error":"OTP Code Confirmed"}"#, 306),
        // Refusals.
        ("unknown OTP", 200, r#"{"error":{"message":"No Data Available OTP","description":""}}"#, 303),
        ("a code beats true", 200, r#"{"result":true,"error":{"code":"9999"}}"#, 9999),
        ("an error beats true", 200, r#"{"result":true,"error":{"message":"who knows"}}"#, 2),
        ("an empty error beats true", 200, r#"{"result":true,"error":{}}"#, 2),
        ("an error that says success", 200, r#"{"result":true,"error":{"code":"0000","message":"Success"}}"#, 2),
        ("a status that is no success", 200, r#"{"result":true,"status":{"message":"Credit not enough"}}"#, 9995),
        ("success false", 200, r#"{"result":true,"success":false}"#, 2),
        ("an unknown code", 200, r#"{"result":true,"code":"0308"}"#, 2),
        ("a code that is no number", 200, r#"{"result":true,"code":"E7"}"#, 2),
        ("a code with a plus", 200, r#"{"result":true,"code":"+0"}"#, 2),
        ("a code with a minus", 200, r#"{"result":true,"code":"-0"}"#, 2),
        ("a code with a point", 200, r#"{"result":true,"code":"0.0"}"#, 2),
        ("a code that is 0.0", 200, r#"{"result":true,"code":0.0}"#, 2),
        ("a code that is -0", 200, r#"{"result":true,"code":-0}"#, 2),
        ("a code that is 0e0", 200, r#"{"result":true,"code":0e0}"#, 2),
        ("a code in Arabic digits", 200, r#"{"result":true,"code":"٠٠٠٠"}"#, 2),
        ("a code of two words", 200, r#"{"result":true,"code":"0 0"}"#, 2),
        ("a signed code in a status", 200, r#"{"result":true,"status":{"code":"+0","message":"Success"}}"#, 2),
        ("a signed 0305", 200, r#"{"result":false,"code":"+305"}"#, 2),
        ("a code in space", 200, r#"{"result":true,"code":" 0000 "}"#, 0),
        ("a success whose message is a number", 200, r#"{"result":true,"success":{"message":1}}"#, 2),
        ("a status whose message is true", 200, r#"{"result":true,"status":{"message":true}}"#, 2),
        ("a success whose message is an object", 200, r#"{"result":true,"success":{"message":{"en":"Success"}}}"#, 2),
        ("a success whose message is a list", 200, r#"{"result":true,"success":{"message":["Success"]}}"#, 2),
        ("the same beside a code", 200, r#"{"result":true,"status":{"message":0,"code":"0305"}}"#, 305),
        ("a success whose message is null", 200, r#"{"result":true,"success":{"message":null}}"#, 0),
        ("our own number from outside", 200, r#"{"result":true,"code":429}"#, 2),
        ("bare 400", 400, "", 9996),
        ("bare 401", 401, "<html>no</html>", 9998),
        ("bare 402", 402, "{}", 9995),
        ("bare 429", 429, "", 429),
        ("400 and unknown words", 400, r#"{"error":{"message":"hm"}}"#, 9996),
        ("401 and true", 401, r#"{"result":true}"#, 9998),
        ("400 and a verdict", 400, r#"{"result":false}"#, 9996),
        ("403 and unknown words", 403, r#"{"error":"no entry"}"#, 2),
        ("a framework's own 401", 401, r#"{"status":401,"error":"Unauthorized","path":"/otp"}"#, 9998),
        ("a framework's own 400", 400, r#"{"status":400,"error":"Bad Request"}"#, 9996),
        ("words beside 5xx", 503, r#"{"error":{"message":"Authentication failed"}}"#, 9998),
        // No answer to the call.
        ("500 and true", 500, r#"{"result":true}"#, -30),
        ("500 and unknown words", 500, r#"{"error":{"message":"boom"}}"#, -30),
        ("a gateway's page", 502, "<html>Bad Gateway</html>", -30),
        ("404", 404, "", -30),
        ("403 bare", 403, "", -30),
        ("redirect", 302, "", -30),
        ("not modified", 304, "", -30),
        // Nothing to trust.
        ("no content", 204, "", -31),
        ("empty", 200, "", -31),
        ("empty object", 200, "{}", -31),
        ("a page", 200, "<!doctype html><p>Welcome", -31),
        ("a list", 200, r#"[{"result":true}]"#, -31),
        ("true alone", 200, "true", -31),
        ("null", 200, "null", -31),
        ("cut", 200, r#"{"result":true"#, -31),
        ("more behind it", 200, r#"{"result":true}{"result":true}"#, -31),
        ("NDJSON", 200, "{\"result\":true}\n{}", -31),
        ("result null", 200, r#"{"result":null}"#, -31),
        ("result 1", 200, r#"{"result":1}"#, -31),
        ("result yes", 200, r#"{"result":"yes"}"#, -31),
        ("result twice", 200, r#"{"result":false,"result":true}"#, -31),
        ("result twice in other case", 200, r#"{"Result":true,"result ":true}"#, -31),
        ("a flag twice", 200, r#"{"result":true," isErrorCount":true,"isErrorCount":false}"#, -31),
        ("error twice", 200, r#"{"result":true,"error":null,"error":null}"#, -31),
        ("code twice inside", 200, r#"{"error":{"code":"0000","code":"0305"}}"#, -31),
        ("a flag that is a number", 200, r#"{"result":true,"isExprCode":0}"#, -31),
        ("an error that is a list", 200, r#"{"result":true,"error":[]}"#, -31),
        ("a code that is an object", 200, r#"{"result":true,"code":{}}"#, -31),
        ("another OTP's answer", 200, r#"{"otpId":"ffffffff-a9c7-4bbd-8da4-b36a49bbc0d6","result":true}"#, -31),
        ("another OTP's wrong code", 200, r#"{"otpId":"ffffffff","result":false}"#, -31),
        ("another OTP's flag", 200, r#"{"otpId":"ffffffff","result":false,"isErrorCount":true}"#, -31),
        ("another OTP's refusal", 200, r#"{"otpId":"ffffffff","error":{"code":"0305"}}"#, -31),
        ("another OTP's bare status", 401, r#"{"otpId":"ffffffff"}"#, -31),
        ("a refusal of this OTP", 200, r#"{"otpId":"0C342E74-a9c7-4bbd-8da4-b36a49bbc0d6","code":"0303"}"#, 303),
        ("a refusal beside an otpId that is none", 200, r#"{"otpId":7,"code":"0303"}"#, 303),
        ("otpId a number", 200, r#"{"otpId":7,"result":true}"#, -31),
        ("status a number", 200, r#"{"result":true,"status":304}"#, -31),
        ("status a list", 200, r#"{"result":true,"status":[{"code":"0304","message":"Over Limit Usage"}]}"#, -31),
        ("success 0", 200, r#"{"result":true,"success":0}"#, -31),
        ("message an object", 200, r#"{"result":true,"message":{"code":"0304"}}"#, -31),
        ("control character in otpId", 200, r#"{"otpId":"0c342e74\u0000","result":true}"#, -31),
        ("half a surrogate", 200, r#"{"result":true,"otpId":"\ud800"}"#, -31),
        ("too long", 200, &long, -31),
    ];
    assert!(cases.len() >= 60);
    run("verify", cases, Bench::verify);
}

#[test]
fn verify_answers_that_are_not_text() {
    let bench = Bench::new();
    assert_eq!(bench.verify(&http(200, b"{\"result\":true,\"x\":\"\xFF\"}")), (-31, Unknown));
    assert_eq!(bench.verify(&http(200, b"{\"result\":true,\"x\":\"\x81\"}")), (-31, Unknown));
    assert_eq!(bench.verify(&http(200, b"\xFE\xFF\x00{")), (-31, Unknown));
    assert_eq!(bench.verify(&http(401, b"\xFF\xFF")), (9998, Answered));
}

/// Thai as TIS-620 and Thai Windows write it.
fn tis_620(text: &str) -> Vec<u8> {
    let byte = |c: char| if c.is_ascii() { c as u8 } else { u8::try_from(c as u32 - 0xE00 + 0xA0).unwrap() };
    text.chars().map(byte).collect()
}

#[test]
fn answers_in_the_coding_of_thai_windows_are_read() {
    let bench = Bench::new();
    for (status, body, code) in [
        (400, r#"{"error":{"message":"ตั้งค่า OTP ไม่ถูกต้อง"}}"#.to_owned(), 301),
        (200, r#"{"error":"OTP Code หมดอายุ"}"#.to_owned(), 305),
        (200, format!(r#"{{"otpId":"{OTP_ID}","result":true,"success":{{"message":"สำเร็จ"}}}}"#), 0),
        (200, r#"{"result":false,"x":{"ก":1},"y":"฿๛"}"#.to_owned(), 1),
    ] {
        assert_eq!(bench.verify(&http(status, tis_620(&body))), (code, Answered), "{body}");
        let body = tis_620(&body);
        let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json; charset=tis-620\r\n");
        let length = format!("Content-Length: {}\r\n\r\n", body.len());
        let answer = [head.as_bytes(), length.as_bytes(), &body].concat();
        assert_eq!(bench.verify(&answer), (code, Answered), "HTTP {status}, declared");
    }
    assert_eq!(bench.request(&http(200, tis_620(r#"{"otpId":"a","success":{"message":"สำเร็จ"}}"#))), (0, Answered));
}

/// A byte that came wrong may be a letter of a key that decides, or of an id.
#[test]
fn keys_and_otp_ids_in_such_a_coding_are_ascii_or_malformed() {
    let bench = Bench::new();
    for body in [
        r#"{"result":true,"ก":1}"#,
        r#"{"result":true,"error ก":null}"#,
        r#"{"otpId":"ก","result":true}"#,
        r#"{"otpId":"ก","code":"0305"}"#,
        r#"{"result":true,"success":{"message":"สำเร็จ","โค้ด":1}}"#,
        r#"{"error":{"message":"OTP Code หมดอายุ","โค้ด":1}}"#,
        "{\"result\":true,\"\\u0e01\":\"ก\"}",
    ] {
        assert_eq!(bench.verify(&http(200, tis_620(body))), (-31, Unknown), "{body}");
    }
    assert_eq!(bench.request(&http(200, tis_620(r#"{"otpId":"ก"}"#))), (-31, Unknown));
    assert_eq!(bench.request(&http(200, r#"{"otpId":"ก","ข":1}"#)), (0, Answered), "in UTF-8 they may be anything");
    assert_eq!(bench.verify(&http(401, tis_620(r#"{"ก":1}"#))), (9998, Answered));
}

#[test]
fn request_answers() {
    let long_id = format!(r#"{{"otpId":"{}"}}"#, "x".repeat(300));
    let cases: &[(&str, u16, &str, i32)] = &[
        ("the specification's example", 200, SENT, 0),
        (
            "the specification's table",
            200,
            r#"{"otcId":"a","otpId":"b","referenceCode":"c","status":{"message":"Success","description":"d"}}"#,
            0,
        ),
        ("no object at all", 200, r#"{"otpId":"b"}"#, 0),
        ("empty message", 200, r#"{"otpId":"b","success":{"message":""}}"#, 0),
        ("message at the top", 200, r#"{"otpId":"b","message":"success","description":"sent"}"#, 0),
        ("reference is a number", 200, r#"{"otpId":"b","referenceCode":12345}"#, 0),
        ("configuration unknown", 200, r#"{"error":{"message":"Invalid OTP Config","description":""}}"#, 301),
        ("prefix missing", 400, r#"{"error":{"message":"ไม่มีคำนำหน้า"}}"#, 302),
        ("no credit", 200, r#"{"success":{"message":"เครดิตหมด","description":""}}"#, 9995),
        ("no credit at the top", 200, r#"{"message":"Credit not enough"}"#, 9995),
        ("bad number", 200, r#"{"otpId":"b","error":{"code":"0307"}}"#, 307),
        ("not sent", 200, r#"{"otpId":"b","status":{"message":"not sent"}}"#, 2),
        ("exception", 500, r#"{"error":{"message":"Exception"}}"#, 9999),
        ("a success whose message is no text", 200, r#"{"otpId":"b","success":{"message":1}}"#, 2),
        ("a code that is no number", 200, r#"{"otpId":"b","status":{"code":"+0000"}}"#, 2),
        ("no otpId", 200, r#"{"success":{"message":"success"}}"#, -31),
        ("empty otpId", 200, r#"{"otpId":" ","success":{"message":"success"}}"#, -31),
        ("otpId null", 200, r#"{"otpId":null}"#, -31),
        ("otpId beyond every id", 200, &long_id, -31),
        ("status a number", 200, r#"{"otpId":"x","status":307}"#, -31),
        ("otpId a number", 200, r#"{"otpId":1}"#, -31),
        ("otpId twice", 200, r#"{"otpId":"a","otpId":"b"}"#, -31),
        ("control character in reference", 200, r#"{"otpId":"a","referenceCode":"\u001b[2J"}"#, -31),
        ("status twice", 200, r#"{"otpId":"a","status":{},"Status":{}}"#, -31),
        ("a verdict", 200, r#"{"otpId":"a","result":false}"#, -31),
        ("a verdict's flag", 200, r#"{"otpId":"a","isExprCode":false}"#, -31),
        ("a refusal that holds a result", 200, r#"{"result":false,"error":{"code":"0301"}}"#, 301),
        ("sent, but 5xx", 500, r#"{"otpId":"a"}"#, -30),
    ];
    run("request", cases, Bench::request);
}

#[test]
fn words_of_a_refusal_are_kept_and_made_harmless() {
    let bench = Bench::new();
    let body = r#"{"error":{"message":"odd\u0000\u001b[31m","description":"why","code":"0308"}}"#;
    *bench.answer.lock().unwrap() = http(400, body);
    let error = bench.client.verify(OTP_ID, "79895").unwrap_err();
    assert_eq!(error.service_message(), "odd\u{FFFD}\u{FFFD}[31m");
    assert_eq!((error.service_description(), error.service_code(), error.http_status()), ("why", Some(308), Some(400)));
}

#[test]
fn retry_after_is_read_as_seconds_or_date() {
    let bench = Bench::new();
    let ask = |value: &str| {
        let answer = format!("HTTP/1.1 429 Slow\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n");
        *bench.answer.lock().unwrap() = answer.into_bytes();
        bench.client.balance().unwrap_err().retry_after().map(|wait| wait.as_secs())
    };
    assert_eq!(ask("17"), Some(17));
    assert_eq!(ask("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
    assert!(ask("Fri, 31 Dec 9999 23:59:59 GMT").is_some_and(|seconds| seconds > 1_000_000));
    assert_eq!(ask("soon"), None);
    assert_eq!(ask("-1"), None);
    assert_eq!(ask("+17"), None);
}

#[test]
fn the_sentence_about_a_bare_status_says_what_to_change() {
    let bench = Bench::new();
    for (status, words) in [
        (301, "redirects are not followed"),
        (399, "redirects are not followed"),
        (404, "check the base URL and its path"),
        (405, "check the base URL and its path"),
        (403, "status 403."),
        (500, "status 500."),
    ] {
        *bench.answer.lock().unwrap() = http(status, "");
        let error = bench.client.balance().unwrap_err();
        assert!(error.message().contains(words), "{}", error.message());
    }
}

#[test]
fn balance_answers() {
    let bench = Bench::new();
    let ask = |body: &str| {
        *bench.answer.lock().unwrap() = http(200, body);
        bench
            .client
            .balance()
            .map(|account| (account.kind().to_owned(), account.credit().to_owned()))
            .map_err(|e| e.code().number())
    };
    let account = |kind: &str, credit: &str| Ok((kind.to_owned(), credit.to_owned()));
    assert_eq!(ask(r#"{"type":"prepaid","credit":100.10}"#), account("prepaid", "100.10"));
    assert_eq!(ask(r#"{"type":"postpaid","credit":1.0E7}"#), account("postpaid", "10000000"));
    assert_eq!(ask(r#"{"type":"postpaid","credit":"-3"}"#), account("postpaid", "-3"));
    assert_eq!(ask(r#"{"type":"prepaid"}"#), Err(-31));
    assert_eq!(ask(r#"{"credit":1}"#), Err(-31));
    assert_eq!(ask(r#"{"type":" ","credit":1}"#), Err(-31));
    assert_eq!(ask(r#"{"type":"prepaid","credit":true}"#), Err(-31));
    assert_eq!(ask(r#"{"error":{"message":"Authentication failed"}}"#), Err(9998));
}

#[test]
fn bodies_hold_only_what_was_given() {
    let server = Server::answering(http(200, SENT));
    let client = server.client();
    let call = ants_otp::Call::new().notify_url("https://example.com/n").callback_data("order 7\n\"x\"");
    let sent = client.request(support::MOBILE).unwrap();
    let _ = client.request_with(support::MOBILE, &call).unwrap();
    let _ = client.resend(&sent).unwrap();
    let _ = client.resend_newest(&ants_otp::Call::new().otc_id("other")).unwrap();
    let bodies: Vec<String> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(
        bodies,
        [
            r#"{"otcId":"0DC8E7AD-0168-440C-AF10-BF556B164D83","mobile":"66812345678"}"#,
            r#"{"otcId":"0DC8E7AD-0168-440C-AF10-BF556B164D83","mobile":"66812345678","notifyUrl":"https://example.com/n","callbackData":"order 7\n\"x\""}"#,
            r#"{"otcId":"0DC8E7AD-0168-440C-AF10-BF556B164D83","otpId":"0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6"}"#,
            r#"{"otcId":"other"}"#,
        ]
    );
    let head = server.seen()[0].head.to_ascii_lowercase();
    for line in [
        "post /otp/requestotp http/1.1",
        "content-type: application/json",
        "accept: application/json",
        "accept-encoding: identity",
        "authorization: basic dxnlcjpwyxnzd29yza==",
    ] {
        assert!(head.contains(line), "{line} in\n{head}");
    }
    assert!(!head.contains("cookie"));
}
