//! Local dates and times. The zone is told once, at the start.

use chat_proto::Time;
use jiff::{Timestamp, civil, tz::TimeZone};

/// What clocks show at that time.
#[must_use]
pub fn local(time: Time, zone: &TimeZone) -> civil::DateTime {
    let timestamp = Timestamp::from_millisecond(time.0).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.to_datetime(timestamp)
}

/// Reads `2026-11-20`, `2026-11-20 14:30`, `14:30` (of today), `today` or `yesterday`.
#[must_use]
pub fn parse(input: &str, now: Time, zone: &TimeZone) -> Option<Time> {
    let today = local(now, zone).date();
    let (day, clock) = match input.split_once([' ', 'T']) {
        Some((day, clock)) => (day, clock),
        None if input.contains(':') => ("today", input),
        None => (input, "00:00"),
    };
    let date = match day {
        "today" => today,
        "yesterday" => today.yesterday().ok()?,
        _ => day.parse().ok()?,
    };
    let time: civil::Time = clock.trim().parse().ok()?;
    let zoned = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
    Some(Time(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: Option<&str>) {
        let now = Time(1_795_262_584_123); // 2026-11-21T12:03:04.123Z
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let read = parse(input, now, &zone).map(|time| time.to_string());
        assert_eq!(read.as_deref(), expected);
    }

    #[test]
    fn points_in_time() {
        check("2026-11-20", Some("2026-11-19T23:00:00.000Z"));
        check("2026-11-20 14:30", Some("2026-11-20T13:30:00.000Z"));
        check("yesterday 08:00", Some("2026-11-20T07:00:00.000Z"));
        check("09:15", Some("2026-11-21T08:15:00.000Z"));
        check("soon", None);
        check("2026-13-01", None);
    }
}
