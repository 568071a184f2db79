//! Days as a query writes them.

use chat_proto::Time;

/// When the day `YYYY-MM-DD` begins, in UTC.
pub(super) fn day(text: &str) -> Option<Time> {
    let mut parts = text.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let begin = Time(days_from_civil(year, month, day) * DAY_MILLIS);
    // A day that there is not, such as 2026-02-30, comes out as another.
    begin.to_string().starts_with(text).then_some(begin)
}

const DAY_MILLIS: i64 = 86_400_000;

/// Days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`).
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        for text in ["1970-01-01", "2000-02-29", "2026-11-21", "2026-12-31", "0001-01-01"] {
            let begin = day(text).map(|time| time.to_string());
            assert_eq!(begin, Some(format!("{text}T00:00:00.000Z")));
        }
        for text in [
            "",
            "2026",
            "2026-1-1",
            "2026-02-30",
            "2025-02-29",
            "2026-13-01",
            "x-y-z",
            "2026-11-21-",
            "-1-01-01",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
