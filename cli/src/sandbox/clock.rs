//! The sandbox's clock as it is written: `system`, `fixed`, or a time at which it stands still.

use ants_otp_sandbox::Clock;
use std::time::{Duration, SystemTime};
use toml::value::{Datetime, Offset};

const WRONG: &str = "write fixed, system, or a time from 1970 on with its offset, such as 2026-01-01T00:00:00Z";

pub fn read(text: &str) -> Result<Clock, &'static str> {
    match text {
        "system" => Ok(Clock::system()),
        "fixed" => Ok(Clock::fixed()),
        time => since_1970(time).map(|time| Clock::fixed_at(SystemTime::UNIX_EPOCH + time)).ok_or(WRONG),
    }
}

/// A time of RFC 3339, which TOML's are.
fn since_1970(text: &str) -> Option<Duration> {
    let Datetime { date: Some(date), time: Some(time), offset: Some(offset) } = text.parse().ok()? else { return None };
    let minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let day = day(i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let seconds = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second);
    u64::try_from(day * 86_400 + seconds - minutes * 60).ok().map(Duration::from_secs)
}

/// The day since 1970-01-01. Counts in years that begin in March, so that the leap day comes last (Howard Hinnant,
/// "chrono-compatible low-level date algorithms", `days_from_civil`).
fn day(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2000-03-01T00:00:00Z", Some(951_868_800)),
            ("2026-01-01T07:00:00+07:00", Some(1_767_225_600)),
            ("2026-01-01 00:00:00Z", Some(1_767_225_600)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799)),
            ("1969-12-31T23:59:59Z", None),
            ("2026-01-01T00:00:00", None),
            ("2026-01-01", None),
            ("2026-02-30T00:00:00Z", None),
            ("now", None),
            ("", None),
        ] {
            assert_eq!(since_1970(text), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
