//! From signs to a verdict.

use std::time::{Duration, Instant};

use crate::{Patience, Signs};

/// Looks at a connection's signs from time to time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    owed: Option<Owed>,
    /// Whether the peer always reads, so that what it does not acknowledge has not got there.
    reads: bool,
}

/// An acknowledgement that has not come yet.
#[derive(Clone, Copy, Debug)]
struct Owed {
    since: Instant,
    /// What was acknowledged before.
    acked: u64,
}

impl Watch {
    /// A watch over a peer that always reads, as a server does.
    #[must_use]
    pub const fn over_a_reader() -> Self {
        Self { owed: None, reads: true }
    }

    /// Takes the signs of this moment, and says whether the peer is dead. What it owes now it must have owed at an
    /// earlier look: what was sent just now is not answered yet.
    pub fn is_dead(&mut self, signs: &Signs, now: Instant, patience: Patience) -> bool {
        let before = self.owed.take().filter(|owed| owed.acked == signs.acked);
        if !signs.is_owed() {
            return false;
        }
        let owed = before.unwrap_or(Owed { since: now, acked: signs.acked });
        self.owed = Some(owed);
        before.is_some() && self.is_too_long(now.duration_since(owed.since), signs, patience)
    }

    /// Whether so long a debt tells that nothing comes from the peer, or that nothing gets there.
    fn is_too_long(&self, owed: Duration, signs: &Signs, patience: Patience) -> bool {
        let nothing_comes = signs.silence >= patience.silence_max();
        // What comes acknowledges what was acknowledged before.
        let nothing_gets_there = self.reads
            && signs.unacked > 0
            && signs.silence < owed
            && owed >= patience.deafness_max();
        nothing_comes || nothing_gets_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At each second: segments on their way, probes, seconds since the last acknowledgement, and what is acknowledged.
    fn dead_at(signs: impl Fn(u64) -> (u32, u8, u64, u64)) -> Option<u64> {
        dead_for(Watch::default(), signs)
    }

    fn dead_for(mut watch: Watch, signs: impl Fn(u64) -> (u32, u8, u64, u64)) -> Option<u64> {
        let began = Instant::now();
        (0..600).step_by(5).find(|second| {
            let (unacked, probes, silence, acked) = signs(*second);
            let silence = Duration::from_secs(silence);
            let signs = Signs { unacked, probes, silence, acked };
            watch.is_dead(&signs, began + Duration::from_secs(*second), Patience::default())
        })
    }

    #[test]
    fn a_pulled_cable_is_found_while_sending() {
        assert_eq!(dead_at(|second| (3, 0, second, 0)), Some(35));
        // After an unanswered keepalive: not at the first look.
        assert_eq!(dead_at(|second| (3, 0, second + 34, 0)), Some(5));
    }

    #[test]
    fn a_peer_that_is_heard_but_hears_nothing_is_found() {
        let heard = |second| (3, 0, second % 3, 0);
        assert_eq!(dead_for(Watch::over_a_reader(), heard), Some(20));
        // A peer with little room acknowledges nothing new until it reads.
        assert_eq!(dead_at(heard), None);
    }

    #[test]
    fn a_peer_that_vanishes_behind_a_closed_window_is_found() {
        assert_eq!(dead_at(|second| (0, (second / 10) as u8, second, 0)), Some(35));
    }

    #[test]
    fn who_does_not_read_lives() {
        // Probes get rarer, up to one in two minutes, and each is answered.
        assert_eq!(dead_at(|second| (0, u8::from(second % 120 == 0), second % 120, 0)), None);
        assert_eq!(dead_at(|second| (0, 1, second % 120, 0)), None);
    }

    #[test]
    fn who_is_slow_lives() {
        assert_eq!(dead_at(|second| (10, 0, second % 30, second / 15)), None);
        assert_eq!(dead_at(|_| (0, 0, 500, 0)), None);
        // The first data after a long rest.
        let after_rest = |second| if second == 300 { (1, 0, 300, 0) } else { (0, 0, second, 0) };
        assert_eq!(dead_at(after_rest), None);
    }
}
