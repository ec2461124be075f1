//! The library against a second reading of the same rules: `tests/model/` says in Python, with nothing shared, what an HTTP
//! answer is (framing.py) and what it means (meaning.py). Both read 30 000 mutated answers (cases.py), the library over real
//! sockets, and must agree on each: code, delivery, flags, ids, words, and whether the connection goes on.
//!
//! `MODEL_CASES=COUNT,FIRST cargo test --test model -- --nocapture` plays others, or one again.
#![allow(clippy::unwrap_used)] // a panic is a test's report

mod support;

use ants_otp::Delivery::{Answered, Unknown};
use ants_otp::{Client, Error};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{OTC_ID, OTP_ID, http, peer::Peer};

const CASES: &str = "30000,0";
const PLAYERS: usize = 4;
/// An answer that the model holds for whole is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Long, and in none of the answers: what is a secret is not shown.
const USER: &str = "the-user-of-the-model";

/// An answer and what it means by the model.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
struct Case {
    case: usize,
    operation: String,
    raw: String,
    code: i32,
    /// As good as `code`, if it is not 0.
    or_code: i32,
    /// The connection ends behind the answer.
    close: bool,
    /// Whether the next call may go over the same connection.
    keeps: bool,
    /// Of a verdict on a 2xx answer: result, isErrorCount, isExprCode.
    flags: Option<(bool, bool, bool)>,
    otp_id: String,
    otc_id: String,
    reference_code: String,
    words: String,
    number: i32,
    /// What is wrong with it.
    why: String,
}

/// What a call came to.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    code: i32,
    flags: Option<(bool, bool, bool)>,
    otp_id: String,
    otc_id: String,
    reference_code: String,
    words: String,
    number: i32,
    keeps: bool,
}

impl Case {
    fn outcome(&self) -> Outcome {
        Outcome {
            code: self.code,
            flags: self.flags,
            otp_id: self.otp_id.clone(),
            otc_id: self.otc_id.clone(),
            reference_code: self.reference_code.clone(),
            words: self.words.clone(),
            number: self.number,
            keeps: self.keeps,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let digits = |at| u8::from_str_radix(&self.raw[at..at + 2], 16).unwrap();
        (0..self.raw.len()).step_by(2).map(digits).collect()
    }
}

/// A server that gives the answer of one case to each call but balance, and the number of its connections.
struct Player {
    next: Arc<Mutex<Case>>,
    peer: Peer,
}

impl Player {
    fn new() -> Player {
        let next = Arc::new(Mutex::new(Case::default()));
        let case = Arc::clone(&next);
        let peer = Peer::start(move |stream| {
            let _ = serve(stream, &case);
        });
        Player { next, peer }
    }

    /// The call, and another one behind it: over the same connection, or a new one.
    fn play(&self, case: Case) -> (Case, Result<Outcome, String>) {
        *self.next.lock().unwrap() = case;
        let before = self.peer.connections();
        // Each knows nothing yet.
        let url = format!("http://{}", self.peer.address);
        let options = Client::builder().base_url(url).credentials(USER, USER).otc_id(OTC_ID);
        let client = options.timeout(PATIENCE).max_retries(0).build().unwrap();
        let verify = self.next.lock().unwrap().operation == "verify";
        let outcome = if verify { verified(&client) } else { requested(&client) };
        let behind = client.balance();
        let case = std::mem::take(&mut *self.next.lock().unwrap());
        let connections = self.peer.connections() - before;
        let outcome = outcome.and_then(|outcome| match behind {
            Ok(_) => Ok(Outcome { keeps: connections == 1, ..outcome }),
            // The server may close a kept connection in the very moment.
            Err(error) if case.close && error.code().number() == -21 => Ok(outcome),
            Err(error) => Err(format!("{outcome:?}, and then {error:?}")),
        });
        (case, outcome)
    }
}

fn serve(mut stream: TcpStream, case: &Mutex<Case>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = support::read_request(&mut reader) {
        if request.head.contains("/balance") {
            stream.write_all(&http(200, r#"{"type":"prepaid","credit":1}"#))?;
            continue;
        }
        let (bytes, close) = {
            let case = case.lock().unwrap();
            (case.bytes(), case.close)
        };
        stream.write_all(&bytes)?;
        if close {
            stream.shutdown(Shutdown::Write)?;
        }
    }
    Ok(())
}

fn verified(client: &Client) -> Result<Outcome, String> {
    match client.verify(OTP_ID, "79895") {
        Ok(told) => {
            let flags = (told.result(), told.is_error_count(), told.is_expr_code());
            Ok(Outcome { code: told.code().number(), flags: Some(flags), ..Outcome::default() })
        }
        Err(error) => failed(&error),
    }
}

fn requested(client: &Client) -> Result<Outcome, String> {
    match client.request("081-234-5678") {
        Ok(sent) => Ok(Outcome {
            otp_id: sent.otp_id().to_owned(),
            otc_id: sent.otc_id().to_owned(),
            reference_code: sent.reference_code().to_owned(),
            ..Outcome::default()
        }),
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> Result<Outcome, String> {
    let code = error.code().number();
    let delivery = if code > 0 { Answered } else { Unknown };
    if error.delivery() != delivery {
        return Err(format!("{error:?} has delivery {}", error.delivery().name()));
    }
    let words = error.service_message().to_owned();
    Ok(Outcome { code, words, number: error.service_code().unwrap_or(0), ..Outcome::default() })
}

/// The cases, as the model prints them.
fn cases(count: &str, first: &str) -> impl Iterator<Item = Case> {
    let python = std::env::var_os("ANTS_OTP_PYTHON").unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/model/cases.py");
    let mut model = Command::new(python).args([script, count, first]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(model.stdout.take().unwrap()).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).chain(std::iter::once_with(move || {
        assert!(model.wait().unwrap().success());
        Case::default()
    }))
}

#[test]
fn the_library_and_the_model_agree_on_every_answer() {
    let wanted = std::env::var("MODEL_CASES").unwrap_or_else(|_| CASES.to_owned());
    let (count, first) = wanted.split_once(',').unwrap_or((&wanted, "0"));
    let cases = Mutex::new(cases(count, first).take(count.parse().unwrap()));
    let (played, wrong) = (AtomicUsize::new(0), Mutex::new(BTreeMap::<String, Vec<String>>::new()));
    std::thread::scope(|scope| {
        for _ in 0..PLAYERS {
            scope.spawn(|| {
                let player = Player::new();
                loop {
                    let Some(case) = cases.lock().unwrap().next() else { return };
                    let (case, outcome) = player.play(case);
                    played.fetch_add(1, Ordering::Relaxed);
                    if let Some((kind, what)) = disagreement(&case, outcome) {
                        wrong.lock().unwrap().entry(kind).or_default().push(what);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    for (kind, examples) in &wrong {
        println!("{} times {kind}", examples.len());
        examples.iter().take(3).for_each(|example| println!("{example}"));
    }
    assert!(wrong.is_empty(), "{} disagreements", wrong.values().map(Vec::len).sum::<usize>());
    assert_eq!(played.into_inner().to_string(), count, "every case was played");
}

/// Its kind, and the case in full.
fn disagreement(case: &Case, outcome: Result<Outcome, String>) -> Option<(String, String)> {
    let mut expected = case.outcome();
    if case.or_code != 0 && outcome.as_ref().is_ok_and(|outcome| outcome.code == case.or_code) {
        expected.code = case.or_code;
    }
    let kind = match &outcome {
        Ok(outcome) if *outcome == expected => return None,
        Ok(outcome) if outcome.code != expected.code => format!("{} instead of {}", outcome.code, expected.code),
        Ok(outcome) if outcome.keeps != expected.keeps => format!("kept: {} with {}", outcome.keeps, outcome.code),
        Ok(_) => "the same code with other contents".to_owned(),
        Err(_) => "something else".to_owned(),
    };
    let bytes = case.bytes().escape_ascii().to_string();
    let bytes = if bytes.len() > 1200 { format!("{} ({} bytes)", &bytes[..1200], case.bytes().len()) } else { bytes };
    let what = format!(
        "  case {} ({}): {bytes}\n    the model: {expected:?} {}\n    the library: {outcome:?}",
        case.case, case.operation, case.why
    );
    Some((format!("{}: {kind}", case.operation), what))
}
