//! Message ids: UUIDv7 (RFC 9562, section 5.7), so that they grow with time.

use chat_proto::{MessageId, Time};

/// Makes ids from the time it is told and a seed that no other client has.
#[derive(Debug)]
pub struct Ids {
    state: u64,
    salt: u64,
}

impl Ids {
    #[must_use]
    pub const fn new(seed: (u64, u64)) -> Self {
        Self { state: seed.0, salt: seed.1 }
    }

    /// An id that was never given before.
    pub fn next(&mut self, now: Time) -> MessageId {
        let millis = now.0.unsigned_abs() & 0xFFFF_FFFF_FFFF;
        let (high, low) = (self.random(), self.random());
        let first = millis << 16 | 0x7000 | high & 0x0FFF;
        let second = 0x8000_0000_0000_0000 | low >> 2;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&first.to_be_bytes());
        bytes[8..].copy_from_slice(&second.to_be_bytes());
        MessageId(bytes)
    }

    /// Random bits for other uses: a pause, say.
    pub const fn spread(&mut self) -> u64 {
        self.random()
    }

    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014), salted.
    const fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state ^ self.salt;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_with_time_and_are_version_7() {
        let mut ids = Ids::new((1, 2));
        let (first, second) = (ids.next(Time(1000)), ids.next(Time(1001)));
        assert!(first < second);
        assert_eq!((first.0[6] >> 4, first.0[8] >> 6), (7, 2));
        assert_ne!(ids.next(Time(5)), ids.next(Time(5)));
    }
}
