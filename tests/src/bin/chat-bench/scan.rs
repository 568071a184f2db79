//! Payloads out of received bytes, in one pass.

use memchr::memchr;

use super::payload::{self, Payload};

/// How a protocol separates its messages.
#[derive(Debug)]
pub(crate) enum Scanner {
    Lines(Lines),
    /// Payloads of so many bytes.
    Frames(usize),
}

impl Scanner {
    /// Payloads of so many bytes at the end of lines.
    pub(crate) const fn lines(payload_bytes: usize) -> Self {
        Self::Lines(Lines { payload_bytes, stride: 0, cr: false })
    }

    /// Shows `see` every payload; returns how many bytes are done with. The others are to come again, with more.
    pub(crate) fn scan(&mut self, bytes: &[u8], see: impl FnMut(&Payload)) -> usize {
        match self {
            Self::Lines(lines) => lines.scan(bytes, see),
            Self::Frames(length) => scan_frames(bytes, *length, see),
        }
    }
}

/// A payload stands at the end of a line; other lines may stand between.
#[derive(Debug)]
pub(crate) struct Lines {
    payload_bytes: usize,
    /// From the end of one payload's line to the end of the next: usually the same again.
    stride: usize,
    /// A payload's line ends with CR LF.
    cr: bool,
}

/// Lines without a payload that are kept for the sake of the stride.
const KEPT_BYTES_MAX: usize = 1024;

impl Lines {
    fn scan(&mut self, bytes: &[u8], mut see: impl FnMut(&Payload)) -> usize {
        let (mut anchor, mut at) = (0, 0);
        loop {
            while let Some(payload) = self.next_after(bytes, anchor) {
                see(payload);
                anchor += self.stride;
            }
            at = at.max(anchor);
            let Some(length) = memchr(b'\n', &bytes[at..]) else { break };
            let (cr, end) = trim(bytes, at + length);
            at += length + 1;
            if let Some(payload) = payload::ending_at(bytes, end, self.payload_bytes) {
                see(payload);
                (self.stride, self.cr) = (self.usual(at - anchor), cr);
                anchor = at;
            }
        }
        if at - anchor > KEPT_BYTES_MAX { at } else { anchor }
    }

    /// So many bytes, if no other payload can hide in them; else none.
    const fn usual(&self, stride: usize) -> usize {
        if stride < 2 * (self.payload_bytes + 1) { stride } else { 0 }
    }

    /// The payload that stands where the last stride lets one expect it.
    fn next_after<'a>(&self, bytes: &'a [u8], anchor: usize) -> Option<&'a Payload> {
        let newline = (anchor + self.stride).checked_sub(1).filter(|_| self.stride > 0)?;
        if *bytes.get(newline)? != b'\n' {
            return None;
        }
        payload::ending_at(bytes, newline - usize::from(self.cr), self.payload_bytes)
    }
}

/// Whether a line ends with CR LF, and where its text ends.
fn trim(bytes: &[u8], newline: usize) -> (bool, usize) {
    let cr = newline > 0 && bytes[newline - 1] == b'\r';
    (cr, newline - usize::from(cr))
}

const HEADER_BYTES: usize = chat_proto::frame::HEADER_BYTES;
const ROOM_ENTRY: [u8; 2] = [0x01, 0x80];
/// Bytes that say there are no parts and no message answered; older servers say the first only.
const NOTHING_ELSE: [usize; 2] = [2, 1];

/// A payload is the text of an entry: the frame's end but for what else a message may have, which is nothing.
fn scan_frames(bytes: &[u8], length: usize, mut see: impl FnMut(&Payload)) -> usize {
    let mut at = 0;
    while let Some(header) = bytes.get(at..at + HEADER_BYTES) {
        let rest = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let end = at + 4 + rest;
        if end > bytes.len() {
            break;
        }
        if header[4..6] == ROOM_ENTRY
            && let Some(payload) = NOTHING_ELSE
                .iter()
                .find_map(|nothing| payload::ending_at(bytes, end - nothing, length))
        {
            see(payload);
        }
        at = end;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::{Stamp, sender_and_number};

    #[track_caller]
    fn check(mut scanner: impl FnMut() -> Scanner, stream: &[u8], expected: &[u32]) {
        for split in 0..=stream.len() {
            let (mut scanner, mut tail, mut seen) = (scanner(), Vec::new(), Vec::new());
            for half in [&stream[..split], &stream[split..]] {
                tail.extend_from_slice(half);
                let done = scanner.scan(&tail, |payload| seen.extend(sender_and_number(payload)));
                tail.drain(..done);
            }
            let numbers: Vec<_> = seen.into_iter().map(|(_, number)| number).collect();
            assert_eq!(numbers, expected, "split at {split}");
        }
    }

    fn payload(number: u32) -> Vec<u8> {
        Stamp { sender: 7, number, at_nanos: 1 }.write(100)
    }

    #[test]
    fn payloads_end_their_lines() {
        let mut stream = b"* bob joined #r\n".to_vec();
        for number in 0..5 {
            stream.extend_from_slice(if number == 3 {
                b"* noise\n#r <bob> "
            } else {
                b"#r <bob> "
            });
            stream.extend_from_slice(&payload(number));
            stream.extend_from_slice(b"\n");
        }
        check(|| Scanner::lines(100), &stream, &[0, 1, 2, 3, 4]);
    }

    #[test]
    fn what_is_as_long_as_two_messages_hides_none() {
        let line = |number| [&payload(number)[..], b"\n"].concat();
        let noise = format!("{}\n", "x".repeat(2 * 101 - 1)).into_bytes();
        let lines: Vec<_> = (0..8).map(line).collect();
        check(|| Scanner::lines(100), &[noise, lines.concat()].concat(), &[0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn redis_says_a_payload_in_seven_lines() {
        let mut stream = Vec::new();
        for number in 0..4 {
            stream.extend_from_slice(b"*3\r\n$7\r\nmessage\r\n$2\r\nr0\r\n$100\r\n");
            stream.extend_from_slice(&payload(number));
            stream.extend_from_slice(b"\r\n");
        }
        check(|| Scanner::lines(100), &stream, &[0, 1, 2, 3]);
    }

    #[test]
    fn payloads_end_their_frames() {
        let mut stream = Vec::new();
        for number in 0..4 {
            let (kind, body) = (if number == 2 { 0x4020u16 } else { 0x8001 }, payload(number));
            stream.extend_from_slice(&(6 + 5 + body.len() as u32 + 1 + number % 2).to_le_bytes());
            stream.extend_from_slice(&kind.to_le_bytes());
            stream.extend_from_slice(b"\0\0\0\0room ");
            stream.extend_from_slice(&body);
            stream.extend_from_slice(&[0; 2][..1 + number as usize % 2]);
        }
        check(|| Scanner::Frames(100), &stream, &[0, 1, 3]);
    }
}
