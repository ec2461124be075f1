//! Any bytes as HTTP answers to real verifies over real connections: no panic, an end in bounded time, nobody verified by
//! what is not a clean answer, and nothing left over for the call after it.
//!
//! The first byte says what the bytes are: the answer to the first call, where it is cut in two and whether the server closes
//! the connection behind it; or what comes, unasked, on a kept connection once the second call is in flight, before its honest
//! answer. Each call has an OTP of its own, so that its outcome shows whose answer it has read.
#![no_main]

mod oracle;

use ants_otp::Delivery::{Answered, NotSent, Unknown};
use ants_otp::{Call, Client, Error, Verification};
use libfuzzer_sys::fuzz_target;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

const ASKED: &str = "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6";
/// The OTP of the second call, of which the bytes may speak …
const SECOND: &str = "5d0d4a52-3f0e-4f6b-9a56-0d6c1f2b7e11";
/// … and those of the calls that no bytes can know of: a number follows.
const UNKNOWN_TO_ALL: &str = "the-otp-of-call-";
/// While the connection stays open, an answer that is not whole costs this.
const SHORT: Duration = Duration::from_millis(25);
const BOUND: Duration = Duration::from_secs(10);

/// The answer to the call about `id`; all others are answered honestly.
struct Answer {
    id: &'static str,
    bytes: Vec<u8>,
    split: usize,
    close: bool,
    then_honest: bool,
}

static ANSWER: Mutex<Answer> =
    Mutex::new(Answer { id: "", bytes: Vec::new(), split: 0, close: true, then_honest: false });

/// How many answers were written to their end.
static ANSWERED: AtomicUsize = AtomicUsize::new(0);

static ADDRESS: LazyLock<SocketAddr> = LazyLock::new(serve);

/// One that knows nothing of the service yet.
fn client() -> Client {
    let options = Client::builder().base_url(format!("http://{}", *ADDRESS)).credentials("user", "password");
    options.max_retries(0).build().expect("a client")
}

fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = answer_all(stream);
            });
        }
    });
    address
}

fn answer_all(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = [0; 4096];
    loop {
        // A request is far smaller than this and comes in one piece.
        let read = stream.read(&mut request)?;
        if read == 0 {
            return Ok(());
        }
        let asked = String::from_utf8_lossy(&request[..read]);
        let asked = asked.split("\"otpId\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let (pieces, close) = pieces(asked);
        let written = pieces.iter().try_for_each(|piece| stream.write_all(piece));
        let ended = if close { stream.shutdown(Shutdown::Write) } else { Ok(()) };
        // Also where the client has had enough.
        ANSWERED.fetch_add(1, Ordering::SeqCst);
        written.and(ended)?;
    }
}

fn pieces(asked: &str) -> (Vec<Vec<u8>>, bool) {
    let answer = ANSWER.lock().expect("not poisoned");
    if answer.id != asked {
        return (vec![honest(asked)], false);
    }
    let (first, second) = answer.bytes.split_at(answer.split);
    let mut pieces = vec![first.to_vec(), second.to_vec()];
    if answer.then_honest {
        pieces.push(honest(asked));
    }
    (pieces, answer.close)
}

/// Says that the OTP is over: 305.
fn honest(asked: &str) -> Vec<u8> {
    let body = format!("{{\"otpId\":\"{asked}\",\"result\":false,\"isExprCode\":true}}");
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn set(answer: Answer) {
    *ANSWER.lock().expect("not poisoned") = answer;
}

/// Makes a call, and waits until its answer is written: bytes that come after the look at the connection cannot be told from
/// the next answer, so all are to be there.
fn verify(client: &Client, id: &str, timeout: Duration) -> Result<Verification, Error> {
    let (answered, begun) = (ANSWERED.load(Ordering::SeqCst), Instant::now());
    let result = client.verify_with(id, "79895", &Call::new().timeout(timeout));
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    let is_written = || ANSWERED.load(Ordering::SeqCst) > answered;
    while !is_written() && begun.elapsed() < BOUND && !matches!(&result, Err(error) if error.delivery() == NotSent) {
        std::thread::yield_now();
    }
    result
}

/// The bytes are the answer to the first call.
fn first(client: &Client, how: u8, bytes: &[u8]) {
    let close = how % 8 != 7;
    let split = usize::from(how / 8) * 8 % (bytes.len() + 1);
    set(Answer { id: ASKED, bytes: bytes.to_vec(), split, close, then_honest: false });
    match verify(client, ASKED, if close { BOUND } else { SHORT }) {
        Ok(verification) if verification.is_verified() => assert!(oracle::answer_verifies(bytes, ASKED)),
        Ok(_) => {}
        Err(error) if error.code().number() > 0 => assert_eq!(error.delivery(), Answered),
        Err(error) if close => assert_eq!(error.delivery(), Unknown, "{error}"),
        // On a busy machine so short a deadline may end before the request was sent.
        Err(error) => assert!(error.delivery() == Unknown || error.code().number() == -20, "{error}"),
    }
}

/// The bytes come unasked on a kept connection, before the honest answer to the second call.
fn between(client: &Client, how: u8, bytes: &[u8]) {
    set(Answer { id: "", bytes: Vec::new(), split: 0, close: false, then_honest: false });
    let first = verify(client, ASKED, BOUND).map(|verification| verification.code().number());
    assert!(matches!(first, Ok(305)), "{first:?}");
    let split = usize::from(how / 8) * 8 % (bytes.len() + 1);
    set(Answer { id: SECOND, bytes: bytes.to_vec(), split, close: true, then_honest: true });
    match verify(client, SECOND, BOUND) {
        Ok(verification) if verification.is_verified() => {
            assert!(oracle::answer_verifies(bytes, SECOND) && oracle::speaks_of(bytes, SECOND));
        }
        // 304 to 306 may also be a refusal, which names nobody.
        Ok(verification) if verification.code().number() == 1 => assert!(oracle::speaks_of(bytes, SECOND)),
        Ok(_) => {}
        Err(error) if error.code().number() > 0 => assert_eq!(error.delivery(), Answered),
        Err(error) => assert_eq!(error.delivery(), Unknown, "{error}"),
    }
}

fuzz_target!(|input: &[u8]| {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let [how, bytes @ ..] = input else { return };
    let client = client();
    if how % 8 == 6 {
        between(&client, *how, bytes)
    } else {
        first(&client, *how, bytes)
    }
    let id = format!("{UNKNOWN_TO_ALL}{}", CALLS.fetch_add(1, Ordering::SeqCst));
    match verify(&client, &id, BOUND) {
        Ok(verification) => assert_eq!(verification.code().number(), 305, "an answer's rest reached the next call"),
        // The kept connection was closed under it.
        Err(error) => assert_eq!(error.code().number(), -21, "{error}"),
    }
});
