//! How long to wait for a sign of life, and how often to look.

use std::time::Duration;

/// How long a peer may give no sign of life. Whatever its state, it is found dead within this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    secs: u32,
}

/// Shorter than what TCP can be asked to do.
#[derive(Debug, PartialEq, Eq)]
pub struct TooShort;

/// Seconds, unless somebody wants it otherwise.
pub const SECS_DEFAULT: u32 = 45;
/// TCP's timers are set in whole seconds, and this is divided by nine.
pub const SECS_MIN: u32 = 9;

impl Patience {
    /// # Errors
    /// Below [`SECS_MIN`].
    pub const fn new(secs: u32) -> Result<Self, TooShort> {
        if secs < SECS_MIN { Err(TooShort) } else { Ok(Self { secs }) }
    }

    /// In all.
    #[must_use]
    pub const fn dead_after(self) -> Duration {
        Duration::from_secs(self.secs as u64)
    }

    /// Silence after which the peer's program is asked whether it is there.
    #[must_use]
    pub const fn ask_after(self) -> Duration {
        self.ninths(6)
    }

    /// How often a client asks whether the server is there.
    #[must_use]
    pub const fn ping_every(self) -> Duration {
        self.ninths(3)
    }

    /// Pause between two looks at the signs. Two of them, one after [`Patience::silence_max`], are within the whole.
    #[must_use]
    pub const fn look_every(self) -> Duration {
        self.ninths(1)
    }

    /// Without an acknowledgement for so long, what is on its way is lost.
    #[must_use]
    pub const fn silence_max(self) -> Duration {
        self.ninths(7)
    }

    /// Though it is heard, for so long it acknowledges nothing new of what is on its way: nothing gets there.
    pub(crate) const fn deafness_max(self) -> Duration {
        self.ninths(4)
    }

    /// Rest after which the system asks the peer's, how often, and how many times: seven ninths in all.
    pub(crate) const fn keepalive(self) -> (Duration, Duration, u32) {
        (self.ninths(3), self.ninths(1), 4)
    }

    /// The longest pause between two attempts to send, so that there is always something to be acknowledged. One may be
    /// lost. It cannot be much shorter: Linux gives up by itself after twice this silence of a peer with no room.
    pub(crate) const fn attempts(self) -> Duration {
        self.ninths(3)
    }

    const fn ninths(self, count: u64) -> Duration {
        Duration::from_secs(self.secs as u64 / 9 * count)
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self { secs: SECS_DEFAULT }
    }
}
