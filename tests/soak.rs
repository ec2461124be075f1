//! Very many calls over threads against a server that misbehaves at random: every outcome is accounted for, no request is
//! seen twice, and neither memory nor descriptors grow.
//!
//! Each call names in its id the fault that the server is to make, so that its outcome is known beforehand.
//! `make soak` runs a million of them; SOAK_CALLS changes that:
//! `CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 cargo test --release -p ants-otp --test soak -- \
//! --ignored --nocapture`
#![allow(clippy::unwrap_used)] // a panic is a test's report

use ants_otp::Delivery::{self, Answered, NotSent, Unknown};
use ants_otp::{Call, Cancel, Client, Error};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const MILLION: usize = 1_000_000;
/// A small run, for every day.
const FEW: usize = 20_000;
/// After so many calls, or a tenth, the allocator has what it needs.
const WARM: usize = 10_000;
const CALLERS: usize = 8;
/// Threads of the server, more than connections that can be open at once, so that none waits for another.
const SERVERS: usize = 4 * CALLERS;
/// Long enough for a machine that does other things: only a fault can make a call that late.
const PATIENCE: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(40);
/// Nobody listens there: tcpmux.
const DEAD: &str = "http://127.0.0.1:1";

// The faults ----------------------------------------------------------------------------------------------------------

/// A thing the server does, how often of 10 000, and what the call then comes to.
struct Fault {
    name: &'static str,
    weight: u32,
    code: i32,
    delivery: Delivery,
}

const fn fault(name: &'static str, weight: u32, code: i32, delivery: Delivery) -> Fault {
    Fault { name, weight, code, delivery }
}

const FAULTS: &[Fault] = &[
    fault("verified", 4_620, 0, Answered),
    fault("sent", 1_500, 0, Answered),
    fault("wrong", 1_000, 1, Answered),
    fault("locked", 200, 304, Answered),
    fault("refused-by-service", 200, 303, Answered),
    fault("limited", 100, 429, Answered),
    fault("chunked", 500, 0, Answered),
    fault("chunked-in-pieces", 100, 0, Answered),
    fault("interim-first", 100, 0, Answered),
    fault("slow", 100, 0, Answered),
    fault("leftover", 100, 0, Answered),
    fault("close-said", 100, 0, Answered),
    fault("close-delimited", 100, 0, Answered),
    fault("close-unsaid", 50, 0, Answered),
    fault("reset-after", 50, 0, Answered),
    fault("cut", 200, -21, Unknown),
    fault("reset", 200, -21, Unknown),
    fault("half-head", 100, -21, Unknown),
    fault("half-body", 100, -21, Unknown),
    fault("half-chunk", 100, -21, Unknown),
    fault("silent", 10, -20, Unknown),
    fault("stopped", 20, -22, Unknown),
    fault("http-500", 100, -30, Unknown),
    fault("redirect", 100, -30, Unknown),
    fault("page", 100, -31, Unknown),
    fault("not-http", 50, -31, Unknown),
    fault("too-long", 20, -31, Unknown),
    fault("of-another", 50, -31, Unknown),
    fault("no-server", 50, -11, NotSent),
    fault("stopped-before", 50, -22, NotSent),
];

fn pick(random: &mut fastrand::Rng) -> &'static Fault {
    let all: u32 = FAULTS.iter().map(|fault| fault.weight).sum();
    let mut at = random.u32(..all);
    for fault in FAULTS {
        if at < fault.weight {
            return fault;
        }
        at -= fault.weight;
    }
    unreachable!("the weights add up")
}

// The server ----------------------------------------------------------------------------------------------------------

struct Server {
    address: SocketAddr,
    /// How often the request of each call was read.
    seen: Vec<AtomicU8>,
    /// The delivery that each call was told, as its number.
    told: Vec<AtomicU8>,
    /// Stops of the calls that are running, by caller.
    stops: [Mutex<Option<Cancel>>; CALLERS],
    ending: AtomicBool,
}

impl Server {
    fn start(calls: usize) -> (Arc<Server>, Vec<std::thread::JoinHandle<()>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // Not zeroed by the kernel but written, so that no page of it is new later on.
        let written = || {
            let numbers: Vec<_> = (0..calls).map(|_| AtomicU8::new(u8::MAX)).collect();
            numbers.iter().for_each(|number| number.store(0, Ordering::SeqCst));
            numbers
        };
        let server = Arc::new(Server {
            address: listener.local_addr().unwrap(),
            seen: written(),
            told: written(),
            stops: Default::default(),
            ending: AtomicBool::new(false),
        });
        let threads = (0..SERVERS).map(|_| {
            let (server, listener) = (Arc::clone(&server), listener.try_clone().unwrap());
            std::thread::spawn(move || server.serve_all(&listener))
        });
        let threads = threads.collect();
        (server, threads)
    }

    fn serve_all(&self, listener: &TcpListener) {
        while !self.ending.load(Ordering::SeqCst) {
            let (stream, _) = listener.accept().unwrap();
            // An error ends the connection, which is all that it can mean here.
            let _ = self.serve(stream);
        }
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        while let Some(body) = read_body(&mut reader)? {
            let id = id_in(&body).ok_or(io::ErrorKind::InvalidData)?;
            let (number, caller, fault) = parts(&id);
            self.seen[number].fetch_add(1, Ordering::SeqCst);
            if fault == "stopped" {
                self.stops[caller].lock().unwrap().take().unwrap().fire();
            }
            if !answer(&mut stream, &id, fault)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn seen(&self) -> usize {
        self.seen.iter().map(|times| usize::from(times.load(Ordering::SeqCst))).sum()
    }

    /// Holds what every call was told against what was seen. Gives the number of calls that may have been seen and were not.
    fn check(&self) -> usize {
        let mut lost = 0;
        for (number, (seen, told)) in self.seen.iter().zip(&self.told).enumerate() {
            let (seen, told) = (seen.load(Ordering::SeqCst), i32::from(told.load(Ordering::SeqCst)));
            let agree = match told {
                told if told == NotSent.number() => seen == 0,
                told if told == Answered.number() => seen == 1,
                _ => seen <= 1,
            };
            assert!(agree, "call {number}: its request was seen {seen} times, its delivery was {told}");
            lost += usize::from(told == Unknown.number() && seen == 0);
        }
        lost
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends its threads: each is waiting for a connection.
    fn stop(&self, threads: Vec<std::thread::JoinHandle<()>>) {
        self.ending.store(true, Ordering::SeqCst);
        for thread in threads {
            while !thread.is_finished() {
                let _ = TcpStream::connect(self.address);
            }
            thread.join().unwrap();
        }
    }
}

fn read_body(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(String::from_utf8(body).unwrap()))
}

fn id_in(body: &str) -> Option<String> {
    let value = body.split("\"otpId\":\"").nth(1).or_else(|| body.split("\"otcId\":\"").nth(1))?;
    value.split('"').next().map(str::to_owned)
}

/// An id is `number.caller.fault`.
fn parts(id: &str) -> (usize, usize, &str) {
    let mut parts = id.splitn(3, '.');
    let mut next = || parts.next().unwrap();
    (next().parse().unwrap(), next().parse().unwrap(), next())
}

fn http(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn chunked(body: &str) -> String {
    let (a, b) = body.split_at(7);
    format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{a}\r\n{:x};x=y\r\n{b}\r\n0\r\n\r\n",
        a.len(),
        b.len()
    )
}

/// Does what `fault` says. Tells whether the connection goes on.
fn answer(stream: &mut TcpStream, id: &str, fault: &str) -> io::Result<bool> {
    let verified = format!(r#"{{"otpId":"{id}","result":true}}"#);
    let whole = http(200, &verified);
    // True of whoever reads it, were it taken for the answer to another call.
    let stale = http(200, r#"{"result":true}"#);
    let mut send = |text: &str| stream.write_all(text.as_bytes());
    match fault {
        "verified" => send(&whole)?,
        "sent" => send(&http(200, &format!(r#"{{"otcId":"{id}","otpId":"{id}","success":{{"message":"Success"}}}}"#)))?,
        "wrong" => send(&http(200, &format!(r#"{{"otpId":"{id}","result":false}}"#)))?,
        "locked" => send(&http(200, &format!(r#"{{"otpId":"{id}","result":false," isErrorCount":true}}"#)))?,
        "refused-by-service" => send(&http(200, r#"{"error":{"message":"No Data Available OTP"}}"#))?,
        "limited" => send("HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")?,
        "chunked" => send(&chunked(&verified))?,
        "chunked-in-pieces" => {
            let text = chunked(&verified);
            for piece in text.as_bytes().chunks(29) {
                stream.write_all(piece)?;
            }
        }
        "interim-first" => {
            send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")?;
            send(&whole)?;
        }
        "slow" => {
            let (a, b) = whole.split_at(whole.len() - 9);
            send(a)?;
            std::thread::sleep(Duration::from_millis(3));
            send(b)?;
        }
        "leftover" => send(&format!("{whole}{stale}"))?,
        "close-said" => {
            send(&whole.replacen("\r\n", "\r\nConnection: close\r\n", 1))?;
            return Ok(false);
        }
        "close-delimited" => {
            send(&format!("HTTP/1.1 200 OK\r\n\r\n{verified}"))?;
            return Ok(false);
        }
        "close-unsaid" => {
            send(&whole)?;
            return Ok(false);
        }
        "reset-after" => {
            send(&whole)?;
            // The answer must be read before the reset throws it away.
            std::thread::sleep(Duration::from_millis(20));
            return reset(stream);
        }
        "cut" => return Ok(false),
        "reset" => return reset(stream),
        "half-head" => {
            send(&whole[..40])?;
            return Ok(false);
        }
        "half-body" => {
            send(&whole[..whole.len() - 1])?;
            return Ok(false);
        }
        "half-chunk" => {
            let text = chunked(&verified);
            send(&text[..text.len() - 5])?;
            return Ok(false);
        }
        // Until the caller has enough.
        "silent" | "stopped" => {
            let _ = stream.read(&mut [0]);
            return Ok(false);
        }
        "http-500" => send(&http(500, &verified))?,
        "redirect" => send("HTTP/1.1 307 There\r\nLocation: /otp/verifyOTP\r\nContent-Length: 0\r\n\r\n")?,
        "page" => send(&http(200, "<html>Welcome</html>"))?,
        "not-http" => {
            send("SSH-2.0-OpenSSH_9.2\r\n")?;
            return Ok(false);
        }
        "too-long" => {
            let _ = send(&http(200, &format!(r#"{{"result":true,"x":"{}"}}"#, "x".repeat(70_000))));
            return Ok(false);
        }
        "of-another" => send(&http(200, r#"{"otpId":"another","result":true}"#))?,
        other => panic!("{other}"),
    }
    Ok(true)
}

fn reset(stream: &TcpStream) -> io::Result<bool> {
    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
    Ok(false)
}

// The callers ---------------------------------------------------------------------------------------------------------

/// How many calls came to a code and a delivery.
#[derive(Default)]
struct Figures(BTreeMap<(i32, &'static str), usize>);

impl Figures {
    fn add(&mut self, other: Figures) {
        for (outcome, count) in other.0 {
            *self.0.entry(outcome).or_default() += count;
        }
    }

    fn calls(&self, delivery: Delivery) -> usize {
        self.0.iter().filter(|((_, name), _)| *name == delivery.name()).map(|(_, count)| count).sum()
    }
}

struct Soak {
    server: Arc<Server>,
    client: Client,
    dead: Client,
    done: AtomicUsize,
    begun: Instant,
}

impl Soak {
    /// Makes the calls of these numbers.
    fn calls(&self, numbers: std::ops::Range<usize>) -> Figures {
        let next = AtomicUsize::new(numbers.start);
        let figures = Mutex::new(Figures::default());
        std::thread::scope(|scope| {
            for caller in 0..CALLERS {
                let (next, figures, numbers) = (&next, &figures, &numbers);
                scope.spawn(move || {
                    let mut mine = Figures::default();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= numbers.end {
                            break;
                        }
                        self.call(number, caller, &mut mine);
                        self.done.fetch_add(1, Ordering::Relaxed);
                    }
                    figures.lock().unwrap().add(mine);
                });
            }
        });
        figures.into_inner().unwrap()
    }

    fn call(&self, number: usize, caller: usize, figures: &mut Figures) {
        // The same faults in every run of the same length.
        let fault = pick(&mut fastrand::Rng::with_seed(number as u64));
        let id = format!("{number}.{caller}.{}", fault.name);
        let came = self.outcome(&id, caller, fault);
        *figures.0.entry((came.0, came.1.name())).or_default() += 1;

        self.server.told[number].store(came.1.number() as u8, Ordering::SeqCst);
        if came == (fault.code, fault.delivery) {
            return;
        }
        // The fault of the call before it reached this one, or a machine that is busy made a short deadline shorter.
        let closed_under_it = came == (-21, Unknown) || came == (-21, NotSent);
        let late = fault.name == "silent" && came.0 == -20;
        assert!(closed_under_it || late, "{id}: {came:?} instead of {:?}", (fault.code, fault.delivery));
    }

    fn outcome(&self, id: &str, caller: usize, fault: &Fault) -> (i32, Delivery) {
        let number = |result: Result<i32, Error>| match result {
            Ok(code) => (code, Answered),
            Err(error) => (error.code().number(), error.delivery()),
        };
        let verify = |client: &Client, call: &Call| {
            number(client.verify_with(id, "12345", call).map(|verification| verification.code().number()))
        };
        match fault.name {
            "sent" => number(self.client.request_with("0812345678", &Call::new().otc_id(id)).map(|sent| {
                assert_eq!((sent.otp_id(), sent.otc_id()), (id, id), "another call's answer");
                0
            })),
            "no-server" => verify(&self.dead, &Call::new()),
            "silent" => verify(&self.client, &Call::new().timeout(SHORT)),
            "stopped" | "stopped-before" => {
                let cancel = Cancel::new();
                if fault.name == "stopped-before" {
                    cancel.fire();
                } else {
                    *self.server.stops[caller].lock().unwrap() = Some(cancel.clone());
                }
                verify(&self.client, &Call::new().cancel(&cancel))
            }
            _ => verify(&self.client, &Call::new()),
        }
    }

    /// A line every few seconds, until `done`.
    fn tell_progress(&self, calls: usize, done: &AtomicBool) {
        let mut told = Instant::now();
        while !done.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
            if told.elapsed() >= Duration::from_secs(5) {
                told = Instant::now();
                let (made, seconds) = (self.done.load(Ordering::Relaxed), self.begun.elapsed().as_secs_f64());
                let rate = made as f64 / seconds;
                println!("{made} of {calls} calls, {rate:.0}/s, {} KiB, {} descriptors", memory_kib(), descriptors());
            }
        }
    }
}

/// Resident memory of this process.
fn memory_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn soak(calls: usize) {
    let before = descriptors();
    let (server, threads) = Server::start(calls);
    let options = Client::builder().credentials("user", "password").otc_id("x").timeout(PATIENCE).max_retries(0);
    let soak = Soak {
        client: options.clone().base_url(server.url()).build().unwrap(),
        dead: options.base_url(DEAD).build().unwrap(),
        server,
        done: AtomicUsize::new(0),
        begun: Instant::now(),
    };
    let done = AtomicBool::new(false);
    let (figures, early, late) = std::thread::scope(|scope| {
        scope.spawn(|| soak.tell_progress(calls, &done));
        // Also on a panic: the scope waits for the teller.
        let _done = Finally(|| done.store(true, Ordering::SeqCst));
        let warm = (calls / 10).max(WARM).min(calls / 2);
        let mut figures = soak.calls(0..warm);
        let early = (memory_kib(), settled_descriptors());
        figures.add(soak.calls(warm..calls));
        (figures, early, (memory_kib(), settled_descriptors()))
    });

    let seen = soak.server.seen();
    let (possible, lost) = (calls - figures.calls(NotSent), soak.server.check());
    let seconds = soak.begun.elapsed().as_secs_f64();
    println!("{calls} calls in {seconds:.1} s ({:.0}/s) by {CALLERS} threads", calls as f64 / seconds);
    for ((code, delivery), count) in &figures.0 {
        println!("  {count:>8}  {code:>5} {delivery}");
    }
    println!(
        "{seen} requests seen + {lost} lost with a connection that was closed under them = {possible} not NOT_SENT"
    );
    println!(
        "memory: {} KiB at the beginning, {} KiB at the end; descriptors: {} and {}",
        early.0, late.0, early.1, late.1
    );

    assert_eq!(figures.0.values().sum::<usize>(), calls, "every call is accounted for");
    assert_eq!(seen + lost, possible);
    assert!(lost <= calls / 50, "{lost} calls met a closing connection");
    assert!(late.0 <= early.0 + early.0 / 20 + 2048, "memory grew from {} to {} KiB", early.0, late.0);
    assert!(late.1 <= early.1 + 2 * CALLERS, "descriptors grew from {} to {}", early.1, late.1);

    let Soak { server, client, dead, .. } = soak;
    drop((client, dead));
    server.stop(threads);
    assert!(settled_descriptors() <= before, "descriptors are left behind");
}

/// The number of descriptors once it stands still: the server learns a little later that a connection was closed.
fn settled_descriptors() -> usize {
    let mut last = descriptors();
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let now = descriptors();
        if now == last {
            return now;
        }
        last = now;
    }
}

/// Runs when it is dropped.
struct Finally<F: FnMut()>(F);

impl<F: FnMut()> Drop for Finally<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_few_thousand_calls_are_all_accounted_for() {
    soak(FEW);
}

#[test]
#[ignore = "takes minutes: make soak"]
fn a_million_calls_are_all_accounted_for() {
    let calls = std::env::var("SOAK_CALLS").map(|calls| calls.parse().unwrap()).unwrap_or(MILLION);
    soak(calls);
}
