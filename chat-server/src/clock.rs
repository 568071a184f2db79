//! The one place that reads the wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use chat_proto::Time;

/// The time now, to the millisecond.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the clock file")]
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
