//! Faults: what can go wrong between the service and its caller, by order. Which calls are hit is decided here; `api.rs`
//! and `line.rs` carry it out.

use std::time::Duration;

use ants_otp::{Code, Operation};
use serde_json::{Map, Value, json};

/// What happens to a call. Everything but [`Effect::Refuse`] hits the answer only: the operation itself is done, an SMS
/// goes out and is paid for, as in the worst case of a real line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The service says no with this code, and nothing else happens.
    Refuse(Code),
    /// No answer ever comes; the connection stays open.
    Silent,
    /// The answer comes whole, but late.
    Late(Duration),
    /// The answer's head comes at once, its body bit by bit over this time.
    Slow(Duration),
    /// The connection ends before the answer.
    CutBefore { reset: bool },
    /// The connection ends right after the answer, though nothing announced it.
    CutAfter { reset: bool },
    /// Half the answer's body comes, then the connection ends.
    Half { reset: bool },
    /// An HTML page with this HTTP status, as from a gateway.
    Html(u16),
}

/// The time of [`Effect::Late`] and [`Effect::Slow`] where none is given.
pub(crate) const DELAY: Duration = Duration::from_secs(3);

/// The longest such time: a test that waits longer has hung.
const LONGEST_DELAY: Duration = Duration::from_secs(600);

/// The status of [`Effect::Html`] where none is given: a gateway that reaches nobody.
pub(crate) const HTML_STATUS: u16 = 502;

impl Effect {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Effect::Refuse(_) => "refuse",
            Effect::Silent => "silent",
            Effect::Late(_) => "late",
            Effect::Slow(_) => "slow",
            Effect::CutBefore { .. } => "cut-before",
            Effect::CutAfter { .. } => "cut-after",
            Effect::Half { .. } => "half",
            Effect::Html(_) => "html",
        }
    }
}

/// Something that goes wrong with the next calls of the service, for [`Sandbox::add_fault`](crate::Sandbox::add_fault).
///
/// It hits the next call of any operation, unless told otherwise.
///
/// ```
/// use ants_otp_sandbox::{Fault, Operation};
/// let no_answer_to_two_verifies = Fault::silent().on(Operation::Verify).calls(2);
/// let every_fourth_call_is_cut = Fault::cut_before().rate(0.25);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Fault {
    effect: Effect,
    operation: Option<Operation>,
    /// `None`: until it is removed.
    calls: Option<u32>,
    rate: f64,
}

impl Fault {
    fn new(effect: Effect) -> Fault {
        Fault { effect, operation: None, calls: Some(1), rate: 1.0 }
    }

    /// The service refuses with a code of its table, or with 429, and nothing else happens. `None` for any other number.
    pub fn refuse(code: i32) -> Option<Fault> {
        let code = Code::from_number(code)?;
        let refusable = code == Code::RateLimited || (code != Code::Ok && code.service_words().is_some());
        refusable.then(|| Fault::new(Effect::Refuse(code)))
    }

    /// No answer ever comes, and the connection stays open.
    pub fn silent() -> Fault {
        Fault::new(Effect::Silent)
    }

    /// The answer comes whole after this time, at most ten minutes.
    pub fn late(delay: Duration) -> Fault {
        Fault::new(Effect::Late(delay.min(LONGEST_DELAY)))
    }

    /// The answer's head comes at once and its body bit by bit over this time, at most ten minutes.
    pub fn slow(delay: Duration) -> Fault {
        Fault::new(Effect::Slow(delay.min(LONGEST_DELAY)))
    }

    /// The connection ends before the first byte of the answer.
    pub fn cut_before() -> Fault {
        Fault::new(Effect::CutBefore { reset: false })
    }

    /// The connection ends right after the answer, which does not announce it.
    pub fn cut_after() -> Fault {
        Fault::new(Effect::CutAfter { reset: false })
    }

    /// The connection ends in the middle of the answer's body.
    pub fn half() -> Fault {
        Fault::new(Effect::Half { reset: false })
    }

    /// The answer is an HTML page with this HTTP status, 200 to 599 (another is taken as 502).
    pub fn html(status: u16) -> Fault {
        Fault::new(Effect::Html(if (200..=599).contains(&status) { status } else { HTML_STATUS }))
    }

    /// A connection that is cut ends with a reset (RST) instead of an orderly end (FIN). Other faults stay as they are.
    pub fn reset(self) -> Fault {
        let effect = match self.effect {
            Effect::CutBefore { .. } => Effect::CutBefore { reset: true },
            Effect::CutAfter { .. } => Effect::CutAfter { reset: true },
            Effect::Half { .. } => Effect::Half { reset: true },
            other => other,
        };
        Fault { effect, ..self }
    }

    /// Only calls of this operation are hit, and only they are counted.
    pub fn on(self, operation: Operation) -> Fault {
        Fault { operation: Some(operation), ..self }
    }

    /// How many calls are hit; the fault is gone after the last.
    pub fn calls(self, calls: u32) -> Fault {
        Fault { calls: Some(calls), ..self }
    }

    /// Which share of the calls is hit, from 0 to 1, until the fault is removed. Faults are deterministic: with a rate of
    /// 0.25 every fourth call is hit. [`Fault::calls`] after this limits the number.
    pub fn rate(self, rate: f64) -> Fault {
        Fault { rate: if rate.is_nan() { 0.0 } else { rate.clamp(0.0, 1.0) }, calls: None, ..self }
    }

    /// Reads the body of `POST /sandbox/faults`; else a sentence that says what to change.
    pub(crate) fn read(body: &Map<String, Value>) -> Result<Fault, String> {
        const KNOWN: [&str; 8] = ["fault", "operation", "calls", "rate", "code", "status", "delay_seconds", "reset"];
        if let Some(unknown) = body.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(format!("{unknown} is not known; known are {}", KNOWN.join(", ")));
        }
        let mut fault = read_effect(body)?;
        if flag(body, "reset")? {
            fault = fault.reset();
        }
        if let Some(operation) = body.get("operation").filter(|value| !value.is_null()) {
            let named = operation.as_str().and_then(Operation::from_name);
            fault = fault.on(named.ok_or("operation is request, resend, verify or balance")?);
        }
        if let Some(rate) = body.get("rate") {
            let rate = rate.as_f64().filter(|rate| (0.0..=1.0).contains(rate));
            fault = fault.rate(rate.ok_or("rate is a number from 0 to 1")?);
        }
        if let Some(calls) = body.get("calls") {
            let calls = calls.as_u64().and_then(|calls| u32::try_from(calls).ok()).filter(|&calls| calls > 0);
            fault = fault.calls(calls.ok_or("calls is a whole number from 1 on")?);
        }
        Ok(fault)
    }
}

fn read_effect(body: &Map<String, Value>) -> Result<Fault, String> {
    const WORDS: &str = "fault is refuse, silent, late, slow, cut-before, cut-after, half or html";
    Ok(match body.get("fault").and_then(Value::as_str).ok_or(WORDS)? {
        "refuse" => {
            let code = body.get("code").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok());
            code.and_then(Fault::refuse).ok_or("code is a number of the service's table, such as 304, or 429")?
        }
        "silent" => Fault::silent(),
        "late" => Fault::late(delay(body)?),
        "slow" => Fault::slow(delay(body)?),
        "cut-before" => Fault::cut_before(),
        "cut-after" => Fault::cut_after(),
        "half" => Fault::half(),
        "html" => Fault::html(status(body)?),
        _ => return Err(WORDS.into()),
    })
}

fn delay(body: &Map<String, Value>) -> Result<Duration, String> {
    let Some(delay) = body.get("delay_seconds") else { return Ok(DELAY) };
    let seconds = delay.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|&delay| delay <= LONGEST_DELAY).ok_or_else(|| "delay_seconds is a number from 0 to 600".into())
}

fn status(body: &Map<String, Value>) -> Result<u16, String> {
    let Some(status) = body.get("status") else { return Ok(HTML_STATUS) };
    let status = status.as_u64().and_then(|status| u16::try_from(status).ok());
    status.filter(|status| (200..=599).contains(status)).ok_or_else(|| "status is a number from 200 to 599".into())
}

fn flag(body: &Map<String, Value>, name: &str) -> Result<bool, String> {
    let value = body.get(name).unwrap_or(&Value::Bool(false));
    value.as_bool().ok_or_else(|| format!("{name} is true or false"))
}

/// A fault that is set, and the calls that it has seen.
#[derive(Debug, Clone)]
struct Armed {
    fault: Fault,
    seen: u64,
    hit: u32,
}

impl Armed {
    /// Whether this call is hit, counting it.
    fn hits(&mut self, operation: Operation) -> bool {
        if self.fault.operation.is_some_and(|only| only != operation) {
            return false;
        }
        let share = |seen: u64| (seen as f64 * self.fault.rate).floor();
        let hit = share(self.seen + 1) > share(self.seen);
        self.seen += 1;
        self.hit = self.hit.saturating_add(u32::from(hit));
        hit
    }

    fn is_over(&self) -> bool {
        self.fault.calls.is_some_and(|calls| self.hit >= calls)
    }

    fn json(&self) -> Value {
        let mut json = json!({ "fault": self.fault.effect.word(), "hit": self.hit });
        if let Some(operation) = self.fault.operation {
            json["operation"] = json!(operation);
        }
        match self.fault.calls {
            Some(calls) => json["calls_left"] = calls.saturating_sub(self.hit).into(),
            None => json["rate"] = self.fault.rate.into(),
        }
        match self.fault.effect {
            Effect::Refuse(code) => json["code"] = code.number().into(),
            Effect::Late(delay) | Effect::Slow(delay) => json["delay_seconds"] = delay.as_secs_f64().into(),
            Effect::CutBefore { reset } | Effect::CutAfter { reset } | Effect::Half { reset } => {
                json["reset"] = reset.into();
            }
            Effect::Html(status) => json["status"] = status.into(),
            Effect::Silent => {}
        }
        json
    }
}

/// How many faults can be set at once.
const MOST: usize = 100;

/// The faults that are set, in the order of their setting.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Armed>);

impl Faults {
    /// Sets a fault behind the others; `false` if there are too many.
    pub(crate) fn add(&mut self, fault: Fault) -> bool {
        let room = self.0.len() < MOST;
        if room && fault.calls != Some(0) {
            self.0.push(Armed { fault, seen: 0, hit: 0 });
        }
        room
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What happens to this call: the first fault that hits it. Those behind it do not see the call.
    pub(crate) fn next_for(&mut self, operation: Operation) -> Option<Effect> {
        let effect = self.0.iter_mut().find_map(|armed| armed.hits(operation).then_some(armed.fault.effect));
        self.0.retain(|armed| !armed.is_over());
        effect
    }

    pub(crate) fn json(&self) -> Value {
        self.0.iter().map(Armed::json).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn faults(fault: Fault) -> Faults {
        Faults(vec![Armed { fault, seen: 0, hit: 0 }])
    }

    #[test]
    fn a_fault_hits_the_next_call_or_as_many_as_it_is_told() {
        let mut once = faults(Fault::silent());
        assert_eq!(once.next_for(Operation::Balance), Some(Effect::Silent));
        assert_eq!(once.next_for(Operation::Balance), None);
        let mut twice = faults(Fault::half().reset().on(Operation::Verify).calls(2));
        let hits = [Operation::Request, Operation::Verify, Operation::Verify, Operation::Verify];
        let hit = Some(Effect::Half { reset: true });
        assert_eq!(hits.map(|operation| twice.next_for(operation)), [None, hit, hit, None]);
    }

    #[test]
    fn a_rate_hits_evenly_and_without_end() {
        let mut quarter = faults(Fault::cut_before().rate(0.25));
        let hits: Vec<bool> = (0..12).map(|_| quarter.next_for(Operation::Request).is_some()).collect();
        assert_eq!(hits.iter().filter(|&&hit| hit).count(), 3);
        assert!(hits[3] && hits[7] && hits[11]);
        let mut limited = faults(Fault::silent().rate(0.5).calls(1));
        let hits = [(); 4].map(|()| limited.next_for(Operation::Request).is_some());
        assert_eq!(hits, [false, true, false, false]);
        assert!(faults(Fault::silent().rate(f64::NAN)).next_for(Operation::Request).is_none());
    }

    #[test]
    fn the_first_that_hits_wins_and_the_next_waits() {
        let mut faults = Faults::default();
        faults.add(Fault::html(503));
        faults.add(Fault::silent());
        assert_eq!(faults.next_for(Operation::Request), Some(Effect::Html(503)));
        assert_eq!(faults.next_for(Operation::Request), Some(Effect::Silent));
        assert_eq!(faults.json(), json!([]));
    }

    #[test]
    fn the_number_of_faults_is_bounded() {
        let mut faults = Faults::default();
        assert!((0..MOST).all(|_| faults.add(Fault::silent())));
        assert!(!faults.add(Fault::silent()));
    }

    #[test]
    fn only_codes_of_the_service_can_be_refused_with() {
        assert!([301, 307, 429, 9999].iter().all(|&code| Fault::refuse(code).is_some()));
        assert!([0, 1, 2, 300, -20, 10_000].iter().all(|&code| Fault::refuse(code).is_none()));
    }
}
