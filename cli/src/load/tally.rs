//! Counts calls by how they ended and how long they took, in little space whatever their number.

use ants_otp::{Code, Delivery, Error};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Each power of two of microseconds has so many steps, so that no time is off by more than 3 %.
const STEPS: u64 = 32;

/// Calls that have ended.
#[derive(Clone, Default)]
pub struct Tally {
    /// By [`step`].
    times: Vec<u64>,
    codes: BTreeMap<i32, u64>,
    deliveries: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub fn note(&mut self, took: Duration, result: Result<Code, &Error>) {
        let step = step(took.as_micros().try_into().unwrap_or(u64::MAX));
        if self.times.len() <= step {
            self.times.resize(step + 1, 0);
        }
        self.times[step] += 1;
        let (code, delivery) = match result {
            Ok(code) => (code, Delivery::Answered),
            Err(error) => (error.code(), error.delivery()),
        };
        *self.codes.entry(code.number()).or_default() += 1;
        *self.deliveries.entry(delivery.name()).or_default() += 1;
    }

    /// Both together.
    pub fn with(mut self, other: &Tally) -> Tally {
        if self.times.len() < other.times.len() {
            self.times.resize(other.times.len(), 0);
        }
        self.times.iter_mut().zip(&other.times).for_each(|(sum, count)| *sum += count);
        for (code, count) in &other.codes {
            *self.codes.entry(*code).or_default() += count;
        }
        for (delivery, count) in &other.deliveries {
            *self.deliveries.entry(delivery).or_default() += count;
        }
        self
    }

    /// What has come since `earlier`, as far as times go.
    pub fn since(&self, earlier: &Tally) -> Tally {
        let before = earlier.times.iter().copied().chain(std::iter::repeat(0));
        Tally { times: self.times.iter().zip(before).map(|(now, before)| now - before).collect(), ..Tally::default() }
    }

    pub fn calls(&self) -> u64 {
        self.times.iter().sum()
    }

    /// The time that this part of the calls, 0 to 1, did not pass; none where there are no calls.
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let rank = (self.calls() as f64 * part).ceil().max(1.0) as u64;
        let mut seen = 0;
        let step = self.times.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        step.map(|step| Duration::from_micros(end(step)))
    }

    pub fn longest(&self) -> Option<Duration> {
        self.quantile(1.0)
    }

    pub fn codes(&self) -> Value {
        self.codes.iter().map(|(code, count)| (code.to_string(), Value::from(*count))).collect::<Map<_, _>>().into()
    }

    pub fn deliveries(&self) -> Value {
        let counted = self.deliveries.iter().map(|(name, count)| ((*name).to_owned(), Value::from(*count)));
        counted.collect::<Map<_, _>>().into()
    }
}

pub fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Times below 2 × [`STEPS`] have a step each; each power of two above has as many as that half.
fn step(micros: u64) -> usize {
    let bits = u64::BITS - (micros | (2 * STEPS - 1)).leading_zeros();
    let shift = bits - (2 * STEPS).trailing_zeros();
    (u64::from(shift) * STEPS + (micros >> shift)) as usize
}

/// The longest time of a step, in microseconds.
fn end(step: usize) -> u64 {
    let step = step as u64;
    let shift = (step / STEPS).saturating_sub(1);
    ((step - shift * STEPS + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_hold_their_times() {
        for micros in (0..5000).chain([1 << 20, (1 << 30) + 12_345, 3_600_000_000]) {
            let end = end(step(micros));
            assert!(end >= micros && end - micros <= micros / 32, "{micros} in a step to {end}");
        }
    }

    #[test]
    fn quantiles_are_of_all_calls() {
        let mut tally = Tally::default();
        for millis in 1..=100 {
            tally.note(Duration::from_millis(millis), Ok(Code::Ok));
        }
        let near = |time: Option<Duration>, millis: u64| time.unwrap().as_millis().abs_diff(millis.into()) <= 4;
        assert!(near(tally.quantile(0.5), 50) && near(tally.quantile(0.99), 99) && near(tally.longest(), 100));
        assert_eq!(tally.clone().with(&tally).calls(), 200);
        assert_eq!(tally.since(&tally).calls(), 0);
        assert_eq!(tally.since(&tally).quantile(0.5), None);
        assert_eq!(tally.codes()["0"], 100);
    }
}
