//! The only place that reads the clock and draws random bits; everything else is told.

use std::time::{SystemTime, UNIX_EPOCH};

use chat_proto::Time;

/// Now, by the wall clock.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the clock file")]
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Random bits, for message ids and for jitter.
#[must_use]
pub fn entropy() -> u64 {
    // A system without a random source still has a clock; both uses need variety, not secrecy.
    getrandom::u64().unwrap_or_else(|_| now().0.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15))
}
