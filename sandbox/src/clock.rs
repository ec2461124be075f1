//! The sandbox's time: the system's or one that stands still, and in both cases movable, so that a test need not wait for
//! a code to expire.

use std::time::{Duration, Instant};

/// The clock by which codes expire. Only [`Sandbox::advance`](crate::Sandbox::advance) and `POST /sandbox/clock` move a
/// fixed one; they move the system's ahead, too.
#[derive(Debug, Clone)]
pub struct Clock {
    /// Where time goes by itself: when this clock was made.
    running_since: Option<Instant>,
    advanced: Duration,
}

impl Clock {
    /// Time that goes by as everywhere else.
    pub fn system() -> Clock {
        Clock { running_since: Some(Instant::now()), advanced: Duration::ZERO }
    }

    /// Time that stands still until it is moved.
    pub fn fixed() -> Clock {
        Clock { running_since: None, advanced: Duration::ZERO }
    }

    /// The time since this clock was made, what it was advanced by included.
    pub(crate) fn now(&self) -> Duration {
        let passed = self.running_since.map_or(Duration::ZERO, |start| start.elapsed());
        passed.saturating_add(self.advanced)
    }

    /// Moves the time ahead and answers how far it has been moved in all.
    pub(crate) fn advance(&mut self, by: Duration) -> Duration {
        self.advanced = self.advanced.saturating_add(by);
        self.advanced
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
        assert_eq!(clock.now(), Duration::ZERO);
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.advance(Duration::from_secs(2)), Duration::from_secs(7));
        assert_eq!(clock.now(), Duration::from_secs(7));
    }

    #[test]
    fn the_system_clock_runs_and_can_be_moved_ahead() {
        let mut clock = Clock::system();
        clock.advance(Duration::from_secs(60));
        let before = clock.now();
        std::thread::sleep(Duration::from_millis(2));
        assert!(before >= Duration::from_secs(60) && clock.now() > before);
    }

    #[test]
    fn moving_too_far_ahead_stops_at_the_end_of_time() {
        let mut clock = Clock::system();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Duration::MAX);
    }
}
