//! From signs to a verdict.

use std::time::Instant;

use crate::{Patience, Signs};

/// Looks at a connection's signs from time to time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    /// When an acknowledgement was first seen to be owed, with none since.
    owed: Option<Instant>,
}

impl Watch {
    /// Takes the signs of this moment, and says whether the peer is dead: what it owes now it has owed at an earlier
    /// look, and all the time it has acknowledged nothing.
    pub fn is_dead(&mut self, signs: &Signs, now: Instant, patience: Patience) -> bool {
        let owed = self.owed.take().filter(|owed| signs.silence >= now.duration_since(*owed));
        if !signs.is_owed() {
            return false;
        }
        self.owed = owed.or(Some(now));
        owed.is_some() && signs.silence >= patience.silence_max()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// At each second: segments on their way, probes, seconds since the last acknowledgement.
    fn dead_at(signs: impl Fn(u64) -> (u32, u8, u64)) -> Option<u64> {
        let (began, mut watch) = (Instant::now(), Watch::default());
        (0..600).step_by(5).find(|second| {
            let (unacked, probes, silence) = signs(*second);
            let signs = Signs { unacked, probes, silence: Duration::from_secs(silence) };
            watch.is_dead(&signs, began + Duration::from_secs(*second), Patience::default())
        })
    }

    #[test]
    fn a_pulled_cable_is_found_while_sending() {
        assert_eq!(dead_at(|second| (3, 0, second)), Some(35));
        // After an unanswered keepalive: not at the first look.
        assert_eq!(dead_at(|second| (3, 0, second + 34)), Some(5));
    }

    #[test]
    fn a_peer_that_vanishes_behind_a_closed_window_is_found() {
        assert_eq!(dead_at(|second| (0, (second / 10) as u8, second)), Some(35));
    }

    #[test]
    fn who_does_not_read_lives() {
        // Probes get rarer, up to one in two minutes, and each is answered.
        assert_eq!(dead_at(|second| (0, u8::from(second % 120 == 0), second % 120)), None);
        assert_eq!(dead_at(|second| (0, 1, second % 120)), None);
    }

    #[test]
    fn who_is_slow_lives() {
        assert_eq!(dead_at(|second| (10, 0, second % 30)), None);
        assert_eq!(dead_at(|_| (0, 0, 500)), None);
        // The first data after a long rest.
        assert_eq!(
            dead_at(|second| if second == 300 { (1, 0, 300) } else { (0, 0, second) }),
            None
        );
    }
}
