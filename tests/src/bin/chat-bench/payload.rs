//! What the senders say: one hundred bytes that tell who says it, the how-manieth message of theirs it is, and when.
//!
//! Numbers are written as sixteen letters, `a` to `p`, so that every protocol carries them unchanged and reading one
//! costs a handful of instructions.

pub(crate) const PAYLOAD_BYTES: usize = 100;
pub(crate) type Payload = [u8; PAYLOAD_BYTES];

/// Begins every payload, and nothing else that a server sends.
const MARK: [u8; 2] = *b"~b";
/// Mark, sender, number, time.
const STAMP_BYTES: usize = 2 + 8 + 8 + 16;

/// Who says the how-manieth message of theirs, counted from 0, and when, in nanoseconds since the run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub sender: u32,
    pub number: u32,
    pub at_nanos: u64,
}

impl Stamp {
    pub(crate) fn write(self) -> Payload {
        let mut payload = [b'x'; PAYLOAD_BYTES];
        payload[..2].copy_from_slice(&MARK);
        write_letters(self.sender.into(), &mut payload[2..10]);
        write_letters(self.number.into(), &mut payload[10..18]);
        write_letters(self.at_nanos, &mut payload[18..STAMP_BYTES]);
        payload
    }
}

/// The payload that ends right before `end`, if one does.
pub(crate) fn ending_at(bytes: &[u8], end: usize) -> Option<&Payload> {
    let start = end.checked_sub(PAYLOAD_BYTES)?;
    let payload: &Payload = bytes.get(start..end)?.try_into().ok()?;
    (payload[..2] == MARK).then_some(payload)
}

/// Who said it, and the number; none for letters that no sender wrote.
pub(crate) fn sender_and_number(payload: &Payload) -> Option<(u32, u32)> {
    Some((read_letters(payload, 2)?, read_letters(payload, 10)?))
}

pub(crate) fn at_nanos(payload: &Payload) -> Option<u64> {
    Some(u64::from(read_letters(payload, 18)?) << 32 | u64::from(read_letters(payload, 26)?))
}

fn write_letters(number: u64, letters: &mut [u8]) {
    let mut rest = number;
    for letter in letters.iter_mut().rev() {
        *letter = b'a' + (rest & 15) as u8;
        rest >>= 4;
    }
}

/// All eight letters at once: subtract `a`, then join neighbours three times.
fn read_letters(payload: &Payload, at: usize) -> Option<u32> {
    let letters: [u8; 8] = payload[at..at + 8].try_into().ok()?;
    let nibbles = u64::from_be_bytes(letters).wrapping_sub(0x6161_6161_6161_6161);
    if nibbles & 0xf0f0_f0f0_f0f0_f0f0 != 0 {
        return None;
    }
    let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    Some((pairs | pairs >> 16) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_reads_back() {
        for stamp in [
            Stamp { sender: 0, number: 0, at_nanos: 0 },
            Stamp { sender: 999, number: 0x1234_5678, at_nanos: 0xfedc_ba98_7654_3210 },
        ] {
            let payload = stamp.write();
            assert_eq!(sender_and_number(&payload), Some((stamp.sender, stamp.number)));
            assert_eq!(at_nanos(&payload), Some(stamp.at_nanos));
            assert_eq!(ending_at(&[b"#r <s> ", &payload[..], b"\n"].concat(), 107), Some(&payload));
        }
    }
}
