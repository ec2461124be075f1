//! Any bytes as the HTTP answer to a real verify over a real connection: no panic, an end in bounded time, nobody verified
//! by what is not a clean answer, and nothing left over for the call after it.
//!
//! The first byte says where the answer is cut in two, and whether the server closes the connection behind it.
#![no_main]

mod oracle;

use ants_otp::Client;
use ants_otp::Delivery::{Answered, NotSent, Unknown};
use libfuzzer_sys::fuzz_target;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

const ASKED: &str = "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6";
const WRONG: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"result\":false}";
/// While the connection stays open, an answer that is not whole costs this.
const SHORT: Duration = Duration::from_millis(25);
const BOUND: Duration = Duration::from_secs(10);

/// The answer to the next call.
struct Answer {
    bytes: Vec<u8>,
    split: usize,
    close: bool,
}

static ANSWER: Mutex<Answer> = Mutex::new(Answer { bytes: Vec::new(), split: 0, close: true });

/// How many answers were written to their end.
static ANSWERED: AtomicUsize = AtomicUsize::new(0);

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let options = Client::builder().base_url(format!("http://{}", serve())).credentials("user", "password");
    options.max_retries(0).build().expect("a client")
});

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
    // A request is far smaller than this and comes in one piece.
    while stream.read(&mut request)? > 0 {
        let (first, second, close) = {
            let answer = ANSWER.lock().expect("not poisoned");
            let (first, second) = answer.bytes.split_at(answer.split);
            (first.to_vec(), second.to_vec(), answer.close)
        };
        let written = stream.write_all(&first).and_then(|()| stream.write_all(&second));
        let ended = if close { stream.shutdown(Shutdown::Write) } else { Ok(()) };
        // Also where the client has had enough.
        ANSWERED.fetch_add(1, Ordering::SeqCst);
        written.and(ended)?;
    }
    Ok(())
}

fn set(bytes: &[u8], split: usize, close: bool) {
    *ANSWER.lock().expect("not poisoned") = Answer { bytes: bytes.to_vec(), split, close };
}

fuzz_target!(|input: &[u8]| {
    let [how, bytes @ ..] = input else { return };
    let close = how % 8 != 7;
    set(bytes, usize::from(how / 8) * 8 % (bytes.len() + 1), close);
    let answered = ANSWERED.load(Ordering::SeqCst);
    let begun = Instant::now();
    let call = ants_otp::Call::new().timeout(if close { BOUND } else { SHORT });
    let result = CLIENT.verify_with(ASKED, "79895", &call);
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    // Bytes that come after the look at the connection cannot be told from the next answer: all are to be there.
    let is_written = || ANSWERED.load(Ordering::SeqCst) > answered;
    while !is_written() && begun.elapsed() < BOUND && !matches!(&result, Err(error) if error.delivery() == NotSent) {
        std::thread::yield_now();
    }
    match result {
        Ok(verification) if verification.is_verified() => assert!(oracle::answer_verifies(bytes, ASKED)),
        Ok(_) => {}
        Err(error) if error.code().number() > 0 => assert_eq!(error.delivery(), Answered),
        Err(error) if close => assert_eq!(error.delivery(), Unknown, "{error}"),
        // On a busy machine so short a deadline may end before the request was sent.
        Err(error) => assert!(error.delivery() == Unknown || error.code().number() == -20, "{error}"),
    }

    set(WRONG, 0, true);
    let call = ants_otp::Call::new().timeout(BOUND);
    match CLIENT.verify_with(ASKED, "79895", &call) {
        Ok(verification) => assert_eq!(verification.code().number(), 1, "an answer's rest reached the next call"),
        // The kept connection was closed under it.
        Err(error) => assert_eq!(error.code().number(), -21, "{error}"),
    }
});
