//! What the senders say: bytes that tell who says it, the how-manieth message of theirs it is, and when.
//!
//! Numbers are written as sixteen letters, `a` to `p`, so that every protocol carries them unchanged and reading one
//! costs a handful of instructions.

/// As many as a line of talk has.
pub(crate) const USUAL_BYTES: usize = 100;
pub(crate) type Payload = [u8];

/// Begins every payload, and nothing else that a server sends.
const MARK: [u8; 2] = *b"~b";
/// Mark, number, sender, time.
const STAMP_BYTES: usize = 2 + 8 + 8 + 16;
/// The least that a payload has: mark and number, said by the only sender.
pub(crate) const SHORT_BYTES: usize = 2 + 8;

/// Who says the how-manieth message of theirs, counted from 0, and when, in nanoseconds since the run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub sender: u32,
    pub number: u32,
    pub at_nanos: u64,
}

impl Stamp {
    /// In so many bytes.
    pub(crate) fn write(self, bytes: usize) -> Vec<u8> {
        let mut payload = vec![b'x'; bytes.max(SHORT_BYTES)];
        payload[..2].copy_from_slice(&MARK);
        write_letters(self.number.into(), &mut payload[2..SHORT_BYTES]);
        if bytes >= STAMP_BYTES {
            write_letters(self.sender.into(), &mut payload[10..18]);
            write_letters(self.at_nanos, &mut payload[18..STAMP_BYTES]);
        }
        payload
    }
}

/// The payload of so many bytes that ends right before `end`, if one does.
pub(crate) fn ending_at(bytes: &[u8], end: usize, length: usize) -> Option<&Payload> {
    let payload = bytes.get(end.checked_sub(length)?..end)?;
    payload.starts_with(&MARK).then_some(payload)
}

/// Who said it, and the number; none for letters that no sender wrote.
pub(crate) fn sender_and_number(payload: &Payload) -> Option<(u32, u32)> {
    let sender = if payload.len() < STAMP_BYTES { 0 } else { read_letters(payload, 10)? };
    Some((sender, read_letters(payload, 2)?))
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
    let letters: [u8; 8] = payload.get(at..at + 8)?.try_into().ok()?;
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
            let payload = stamp.write(100);
            assert_eq!(sender_and_number(&payload), Some((stamp.sender, stamp.number)));
            assert_eq!(at_nanos(&payload), Some(stamp.at_nanos));
            let line = [b"#r <s> ", &payload[..], b"\n"].concat();
            assert_eq!(ending_at(&line, 107, 100), Some(&payload[..]));
            assert_eq!(sender_and_number(&stamp.write(10)), Some((0, stamp.number)));
        }
    }
}
