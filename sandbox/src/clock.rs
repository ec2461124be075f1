//! The sandbox's time: the system's or one that stands still, and in both cases movable, so that a test need not wait for
//! a code to expire.

use std::time::{Duration, Instant, SystemTime};

/// What a fixed clock shows before it is moved: 2026-01-01T00:00:00Z.
const FIXED: Duration = Duration::from_secs(1_767_225_600);

/// No clock goes beyond 9999-12-31T23:59:59Z, the last date that has four digits of a year.
pub(crate) const END_OF_TIME: Duration = Duration::from_secs(253_402_300_799);

/// The clock by which codes expire and delivery reports come due. Only [`Sandbox::advance`](crate::Sandbox::advance) and
/// `POST /sandbox/clock` move a fixed one; they move the system's ahead, too.
#[derive(Debug, Clone)]
pub struct Clock {
    /// What it showed when it was made.
    start: Duration,
    /// Where time goes by itself: when this clock was made.
    running_since: Option<Instant>,
    advanced: Duration,
}

impl Clock {
    /// Time that goes by as everywhere else. It shows the system's date and does not jump when that is set.
    pub fn system() -> Clock {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(FIXED);
        Clock { start, running_since: Some(Instant::now()), advanced: Duration::ZERO }
    }

    /// Time that stands still until it is moved, at 2026-01-01T00:00:00Z.
    pub fn fixed() -> Clock {
        Clock { start: FIXED, running_since: None, advanced: Duration::ZERO }
    }

    /// Time that stands still until it is moved, at this moment. It cannot begin before 1970, nor after the year 9999.
    pub fn fixed_at(time: SystemTime) -> Clock {
        let start = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Clock { start: start.min(END_OF_TIME), ..Clock::fixed() }
    }

    /// The time since 1970, what it was advanced by included.
    pub(crate) fn now(&self) -> Duration {
        let passed = self.running_since.map_or(Duration::ZERO, |start| start.elapsed());
        self.start.saturating_add(passed).saturating_add(self.advanced).min(END_OF_TIME)
    }

    /// Whether time goes by itself.
    pub(crate) fn is_running(&self) -> bool {
        self.running_since.is_some()
    }

    /// How far it has been moved in all.
    pub(crate) fn advanced(&self) -> Duration {
        self.advanced
    }

    /// Moves the time ahead.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.advanced = self.advanced.saturating_add(by).min(END_OF_TIME);
    }

    /// As if it had never been moved.
    pub(crate) fn reset(&mut self) {
        self.advanced = Duration::ZERO;
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::system()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_still_until_it_is_moved() {
        let mut clock = Clock::fixed();
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(clock.now(), FIXED);
        clock.advance(Duration::from_secs(5));
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.advanced(), Duration::from_secs(7));
        assert_eq!(clock.now(), FIXED + Duration::from_secs(7));
        clock.reset();
        assert_eq!(clock.now(), FIXED);
    }

    #[test]
    fn the_system_clock_runs_and_can_be_moved_ahead() {
        let mut clock = Clock::system();
        let unmoved = clock.now();
        clock.advance(Duration::from_secs(60));
        let before = clock.now();
        std::thread::sleep(Duration::from_millis(2));
        assert!(before >= unmoved + Duration::from_secs(60) && clock.now() > before);
    }

    #[test]
    fn moving_too_far_ahead_stops_at_the_end_of_time() {
        let mut clock = Clock::system();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), END_OF_TIME);
    }
}
