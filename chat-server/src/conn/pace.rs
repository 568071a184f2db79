//! How fast the requests of one connection are taken: so many at once, then so many a second. Nothing is refused; what
//! is too early waits, and behind it the rest, in the socket.

use std::{sync::LazyLock, time::Duration};

use tokio::time::Instant;

/// Those who wait are let on together at every multiple of this: what a hundred floods say then shares a few commits, and
/// leaves the rest of the time to others.
const TOGETHER: Duration = Duration::from_millis(100);
/// What the multiples are counted from.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What one connection may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub per_sec: u32,
    pub burst: u32,
}

/// Where one connection stands (the generic cell rate algorithm: one time instead of a bucket).
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    rate: Rate,
    /// When all that was taken so far would have been taken at the even rate.
    due: Instant,
    /// Whether the peer knows.
    is_told: bool,
}

impl Pace {
    pub(super) const fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, due: now, is_told: false }
    }

    /// Takes one request.
    ///
    /// # Errors
    /// It is too early: not before this time.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let interval = Duration::from_secs(1) / self.rate.per_sec.max(1);
        let due = self.due.max(now);
        let from = due.checked_sub(interval * self.rate.burst.saturating_sub(1)).unwrap_or(now);
        if from > now {
            return Err(from);
        }
        self.due = due + interval;
        Ok(())
    }

    /// When to try again what was too early at this time.
    pub(super) fn next_turn(at: Instant) -> Instant {
        let turns = at.saturating_duration_since(*BEGAN).as_millis() / TOGETHER.as_millis() + 1;
        *BEGAN + TOGETHER * u32::try_from(turns).unwrap_or(u32::MAX)
    }

    /// What was taken counts for more than one.
    pub(super) fn charge(&mut self, more: u32) {
        self.due += Duration::from_secs(1) / self.rate.per_sec.max(1) * more;
    }

    /// The rate that the peer is to be told, once.
    pub(super) fn tell_once(&mut self) -> Option<u32> {
        let first = !std::mem::replace(&mut self.is_told, true);
        first.then_some(self.rate.per_sec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_for_all_at_once_and_soon() {
        let at = Instant::now() + Duration::from_secs(3);
        let turn = Pace::next_turn(at);
        assert!(turn > at && turn <= at + TOGETHER);
        assert_eq!(Pace::next_turn(turn - Duration::from_millis(1)), turn);
        assert_eq!(Pace::next_turn(turn), turn + TOGETHER);
    }

    #[test]
    fn a_burst_then_an_even_rate() {
        let start = Instant::now();
        let mut pace = Pace::new(Rate { per_sec: 10, burst: 3 }, start);
        let mut now = start;
        let mut taken = Vec::new();
        while taken.len() < 6 {
            match pace.take(now) {
                Ok(()) => taken.push((now - start).as_millis()),
                Err(later) => now = later,
            }
        }
        assert_eq!(taken, [0, 0, 0, 100, 200, 300]);
        now += Duration::from_secs(30);
        assert_eq!(pace.take(now), Ok(()));
        pace.charge(4);
        assert_eq!(pace.take(now), Err(now + Duration::from_millis(300)), "it counted for five");
        now += Duration::from_secs(60);
        assert_eq!((0..9).take_while(|_| pace.take(now).is_ok()).count(), 3, "no more is saved up");
    }
}
