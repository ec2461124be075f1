//! `load`: calls from many threads for a bounded time, on a sandbox or another server of this machine. Shows
//! what happens while it runs, and writes it down as JSON and as a plot.

mod plot;
mod tally;

use crate::interrupt;
use crate::output::{Failure, Output};
use ants_otp::{Client, Code, Options};
use ants_otp_sandbox::{Codes, Sandbox};
use clap::{Args, ValueHint};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tally::Tally;

/// The code of every OTP of the sandbox that is started here.
const SANDBOX_CODE: &str = "12345";
/// Made up numbers in Thai form, for services of this machine alone.
const FIRST_MOBILE: u64 = 66_800_100_000;
const MOBILES: u64 = 800_000;
const PROGRESS_EVERY: Duration = Duration::from_millis(500);
/// What a call needs, with room: thousands of threads are to fit.
const STACK: usize = 256 * 1024;

/// What can be typed after `load`.
#[derive(Args)]
pub struct LoadOptions {
    /// How many threads call at once
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=4096))]
    threads: u16,
    /// For how long, 0.1 to 3600
    #[arg(long, default_value_t = 10.0, value_hint = ValueHint::Other)]
    seconds: f64,
    /// How long each thread pauses after a call
    #[arg(long, default_value_t = 0, value_name = "MS", value_hint = ValueHint::Other,
          value_parser = clap::value_parser!(u64).range(..=600_000))]
    pause_ms: u64,
    /// Request OTPs for this number, instead of many made-up ones
    #[arg(long, value_name = "NUMBER", value_hint = ValueHint::Other)]
    mobile: Option<String>,
    /// Only verify this otp id, instead of requesting and verifying in turn
    #[arg(long, value_hint = ValueHint::Other)]
    otp_id: Option<String>,
    /// The code to verify with; the sandbox started here gives every OTP this code
    #[arg(long, default_value = SANDBOX_CODE, value_hint = ValueHint::Other)]
    code: String,
    /// Write PREFIX.json and PREFIX.svg
    #[arg(long, value_name = "PREFIX", value_hint = ValueHint::AnyPath)]
    output: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
    /// Load a host that is not this machine. Must be given twice: each request may send a real, paid SMS to a real person
    #[arg(long, action = clap::ArgAction::Count)]
    other_host: u8,
}

/// Runs the load. `url` is what was given as base URL; without one, a sandbox is started for the time.
/// `proxied` tells whether a proxy was given: the environment's stand before no service of this machine.
pub fn run(load: &LoadOptions, url: Option<&str>, proxied: bool, options: Options) -> Result<Output, Failure> {
    let refused = |why: String| Failure::refused(Code::InvalidArgument, why);
    // What cannot work is the core's to say.
    if options.problem().is_some() {
        options.build()?;
    }
    let elsewhere = proxied || (url.is_some() && !options.stays_here());
    check(load, elsewhere).map_err(|why| refused(why.to_owned()))?;
    let sandbox = match url {
        Some(_) => None,
        None => Some(
            Sandbox::builder()
                .codes(Codes::fixed(&load.code))
                .start()
                .map_err(|error| refused(format!("the sandbox cannot start: {error}")))?,
        ),
    };
    let idle = u32::from(load.threads).max(64);
    let options = match &sandbox {
        Some(sandbox) => {
            options.base_url(sandbox.url()).otc_id(sandbox.otc_id()).credentials(sandbox.username(), sandbox.password())
        }
        None => options,
    };
    let client = options.max_idle_connections(idle).build()?;
    let files = load.output.as_deref().map(Files::create).transpose()?;
    let run = Run::of(load, &client)?;
    let report = run.report(load, url.unwrap_or("sandbox"));
    let written = files.map_or(Ok(()), |mut files| files.write(&report));
    let report = Output::new(text(&report), report);
    Ok(match written {
        Ok(()) => report,
        Err(failure) => report.incomplete(&failure.into_parts().1),
    })
}

/// PREFIX.json and PREFIX.svg, made before the load, so that it does not run for nothing.
struct Files {
    json: (PathBuf, File),
    svg: (PathBuf, File),
}

impl Files {
    fn create(prefix: &Path) -> Result<Self, Failure> {
        let create = |extension: &str| -> Result<_, Failure> {
            let mut path = prefix.as_os_str().to_owned();
            path.push(format!(".{extension}"));
            let path = PathBuf::from(path);
            let file = File::create(&path).map_err(|error| unwritten(&path, &error))?;
            Ok((path, file))
        };
        Ok(Files { json: create("json")?, svg: create("svg")? })
    }

    fn write(&mut self, report: &Value) -> Result<(), Failure> {
        let contents = [format!("{report:#}\n"), plot::svg(report)];
        for ((path, file), content) in [&mut self.json, &mut self.svg].into_iter().zip(contents) {
            file.write_all(content.as_bytes()).map_err(|error| unwritten(path, &error))?;
        }
        Ok(())
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::refused(Code::InvalidArgument, format!("cannot write to {}: {error}", path.display()))
}

/// Nothing is loaded by mistake. `elsewhere`: the calls may leave this machine.
fn check(load: &LoadOptions, elsewhere: bool) -> Result<(), &'static str> {
    if !(0.1..=3600.0).contains(&load.seconds) {
        return Err("seconds must be 0.1 to 3600");
    }
    if elsewhere && load.other_host < 2 {
        return Err(
            "the base URL is on another machine, or a proxy is used: each request there may send a real, paid SMS to a real \
             person. If you mean it, give --other-host twice",
        );
    }
    if elsewhere && load.otp_id.is_none() && load.mobile.is_none() {
        return Err("made-up numbers may belong to real people: give --mobile or --otp-id with --other-host");
    }
    Ok(())
}

/// What a load has done so far.
struct Run {
    /// One for each thread.
    tallies: Vec<Mutex<Tally>>,
    /// What happened in each interval of the time.
    intervals: Vec<Interval>,
    took: Duration,
}

struct Interval {
    until: Duration,
    tally: Tally,
}

impl Run {
    fn of(load: &LoadOptions, client: &Client) -> Result<Self, Failure> {
        let tallies: Vec<Mutex<Tally>> = (0..load.threads).map(|_| Mutex::default()).collect();
        let (over, next) = (Arc::new(AtomicBool::new(false)), AtomicUsize::new(0));
        let stop = Arc::clone(&over);
        // What was measured until then is told.
        interrupt::on_signal(move || stop.store(true, Ordering::Relaxed))?;
        let begun = Instant::now();
        let mut watch = Watch::default();
        std::thread::scope(|scope| {
            // However this ends, so do the threads: the scope waits for them.
            let _end = EndOnDrop(&over);
            let start = |(number, tally): (usize, _)| {
                let worker = Worker { client, load, tally, next: &next, over: &over };
                let thread = std::thread::Builder::new().stack_size(STACK);
                thread.spawn_scoped(scope, move || worker.run()).map(drop).map_err(|error| {
                    let why = format!("cannot start more than {number} threads: {error}");
                    Failure::refused(Code::InvalidArgument, why)
                })
            };
            let started = tallies.iter().enumerate().try_for_each(start);
            if started.is_ok() {
                watch.watch(load, &tallies, begun, &over);
            }
            started
        })?;
        watch.end(&tallies, begun);
        if !load.quiet && std::io::stderr().is_terminal() {
            tell("\n");
        }
        Ok(Run { tallies, intervals: watch.intervals, took: begun.elapsed() })
    }

    fn report(&self, load: &LoadOptions, url: &str) -> Value {
        let all = merged(&self.tallies);
        let mut from = 0.0;
        let intervals = self.intervals.iter().map(|interval| {
            let until = interval.until.as_secs_f64();
            let length = until - std::mem::replace(&mut from, until);
            json!({
                "until_s": round(until),
                "rate": round(interval.tally.calls() as f64 / length),
                "p50_ms": milliseconds(interval.tally.quantile(0.5)),
                "p99_ms": milliseconds(interval.tally.quantile(0.99)),
            })
        });
        let intervals: Vec<Value> = intervals.collect();
        json!({
            "ok": true,
            "url": url,
            "threads": load.threads,
            "seconds": round(self.took.as_secs_f64()),
            "calls": all.calls(),
            "rate": round(all.calls() as f64 / self.took.as_secs_f64()),
            "p50_ms": milliseconds(all.quantile(0.5)),
            "p90_ms": milliseconds(all.quantile(0.9)),
            "p99_ms": milliseconds(all.quantile(0.99)),
            "max_ms": milliseconds(all.longest()),
            "codes": all.codes(),
            "deliveries": all.deliveries(),
            "intervals": intervals,
        })
    }
}

struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What has been seen of the calls, interval by interval.
#[derive(Default)]
struct Watch {
    intervals: Vec<Interval>,
    seen: Tally,
}

impl Watch {
    /// Until the time is over, or `over` says so.
    fn watch(&mut self, load: &LoadOptions, tallies: &[Mutex<Tally>], begun: Instant, over: &AtomicBool) {
        let time = Duration::from_secs_f64(load.seconds);
        while begun.elapsed() < time && !over.load(Ordering::Relaxed) {
            std::thread::sleep(PROGRESS_EVERY.min(time.saturating_sub(begun.elapsed())));
            self.look(tallies, begun);
            if !load.quiet {
                show(&self.intervals, &self.seen);
            }
        }
    }

    /// What ended after the time: an interval of its own where that took long.
    fn end(&mut self, tallies: &[Mutex<Tally>], begun: Instant) {
        self.look(tallies, begun);
        if let [.., before, last] = &mut self.intervals[..]
            && last.until - before.until < PROGRESS_EVERY / 2
        {
            before.until = last.until;
            before.tally = std::mem::take(&mut before.tally).with(&last.tally);
            self.intervals.pop();
        }
    }

    fn look(&mut self, tallies: &[Mutex<Tally>], begun: Instant) {
        let now = merged(tallies);
        self.intervals.push(Interval { until: begun.elapsed(), tally: now.since(&self.seen) });
        self.seen = now;
    }
}

/// One thread's calls.
struct Worker<'a> {
    client: &'a Client,
    load: &'a LoadOptions,
    tally: &'a Mutex<Tally>,
    next: &'a AtomicUsize,
    over: &'a AtomicBool,
}

impl Worker<'_> {
    fn run(&self) {
        while !self.over.load(Ordering::Relaxed) {
            self.step();
        }
    }

    /// A verify; or a request and the verify of its OTP.
    fn step(&self) {
        if let Some(otp_id) = &self.load.otp_id {
            self.verify(otp_id);
            return;
        }
        let number = FIRST_MOBILE + self.next.fetch_add(1, Ordering::Relaxed) as u64 % MOBILES;
        let begun = Instant::now();
        let sent = match &self.load.mobile {
            Some(mobile) => self.client.request(mobile),
            None => self.client.request(&number.to_string()),
        };
        self.note(begun, sent.as_ref().map(|_| Code::Ok));
        if let Ok(sent) = sent {
            self.verify(sent.otp_id());
        }
    }

    fn verify(&self, otp_id: &str) {
        let begun = Instant::now();
        let verified = self.client.verify(otp_id, &self.load.code);
        self.note(begun, verified.as_ref().map(|verification| verification.code()));
    }

    fn note(&self, begun: Instant, result: Result<Code, &ants_otp::Error>) {
        let took = begun.elapsed();
        tally::lock(self.tally).note(took, result);
        // A server that is not there is not asked as fast as it can be refused.
        let least = if result.is_err() { 10 } else { 0 };
        let until = Instant::now() + Duration::from_millis(self.load.pause_ms.max(least));
        while !self.over.load(Ordering::Relaxed) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(PROGRESS_EVERY));
        }
    }
}

fn merged(tallies: &[Mutex<Tally>]) -> Tally {
    tallies.iter().fold(Tally::default(), |all, tally| all.with(&tally::lock(tally)))
}

/// On a terminal one line that is written over; elsewhere a line each.
fn show(intervals: &[Interval], all: &Tally) {
    let Some(last) = intervals.last() else { return };
    let begun = intervals.iter().rev().nth(1).map_or(Duration::ZERO, |interval| interval.until);
    let line = format!(
        "{:6.1} s  {:8.0} calls/s  p50 {}  p99 {}  codes {}  {}",
        last.until.as_secs_f64(),
        last.tally.calls() as f64 / (last.until - begun).as_secs_f64(),
        shown(last.tally.quantile(0.5)),
        shown(last.tally.quantile(0.99)),
        counts(&all.codes()),
        counts(&all.deliveries()),
    );
    if std::io::stderr().is_terminal() {
        tell(&format!("\r\x1b[K{line}"));
    } else {
        tell(&format!("{line}\n"));
    }
}

/// Progress that nobody can read any more is no reason to end, and none to panic as `eprint!` does.
fn tell(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn counts(counted: &Value) -> String {
    let counted = counted.as_object().into_iter().flatten();
    counted.map(|(name, count)| format!("{name}: {count}")).collect::<Vec<_>>().join(", ")
}

fn text(report: &Value) -> String {
    let number = |name: &str| &report[name];
    format!(
        "{} calls in {} s: {} a second\np50 {} ms, p90 {} ms, p99 {} ms, longest {} ms\ncodes {}\n{}",
        number("calls"),
        number("seconds"),
        number("rate"),
        number("p50_ms"),
        number("p90_ms"),
        number("p99_ms"),
        number("max_ms"),
        counts(number("codes")),
        counts(number("deliveries")),
    )
}

/// None, and so `null`, where no call has ended.
fn milliseconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| (time.as_secs_f64() * 1e6).round() / 1e3)
}

fn shown(time: Option<Duration>) -> String {
    milliseconds(time).map_or_else(|| "–".to_owned(), |milliseconds| format!("{milliseconds} ms"))
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
