//! From bytes to lines: LF or CRLF, telnet negotiation dropped, bad UTF-8 replaced.

use bytes::{Buf, BytesMut};

use crate::text::TEXT_BYTES_MAX;

/// Bytes of an input line without its end: the longest text with a command and a name before it.
pub const LINE_BYTES_MAX: usize = TEXT_BYTES_MAX + 512;

/// A line that was stepped over; the next one is read as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line has at most {LINE_BYTES_MAX} bytes; this one was left out")]
pub struct LineTooLong;

/// Cuts lines out of a byte stream, however it was split. Holds at most one line.
#[derive(Debug, Default)]
pub struct Lines {
    line: Vec<u8>,
    too_long: bool,
    telnet: Telnet,
}

/// How far into a telnet command the stream is (RFC 854, RFC 855).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Telnet {
    #[default]
    Data,
    /// After IAC.
    Command,
    /// After IAC WILL, WONT, DO or DONT.
    Option,
    /// Between IAC SB and IAC SE.
    Subnegotiation,
    /// After IAC within a subnegotiation.
    SubnegotiationCommand,
}

const IAC: u8 = 255;
const SB: u8 = 250;
const SE: u8 = 240;

impl Lines {
    /// The next whole line of `buf` without its end, if there is one.
    ///
    /// # Errors
    /// When the line had more than [`LINE_BYTES_MAX`] bytes.
    pub fn next(&mut self, buf: &mut BytesMut) -> Option<Result<String, LineTooLong>> {
        let mut ended = false;
        while !ended && !buf.is_empty() {
            ended = self.take_some(buf);
        }
        ended.then(|| self.end())
    }

    /// What stood behind the last line end when the stream ended.
    ///
    /// # Errors
    /// As [`Lines::next`].
    pub fn last(&mut self) -> Option<Result<String, LineTooLong>> {
        (self.too_long || !self.line.is_empty()).then(|| self.end())
    }

    /// Moves bytes from `buf` to the line; true at its end.
    fn take_some(&mut self, buf: &mut BytesMut) -> bool {
        if self.telnet != Telnet::Data || buf[0] == IAC {
            self.telnet = self.telnet.after(buf.get_u8());
            return false;
        }
        let length = memchr::memchr2(b'\n', IAC, buf).unwrap_or(buf.len());
        self.keep(&buf[..length]);
        buf.advance(length);
        let ended = buf.first() == Some(&b'\n');
        buf.advance(usize::from(ended));
        ended
    }

    fn keep(&mut self, bytes: &[u8]) {
        // One more than the limit, for the CR that may end it.
        if self.too_long || self.line.len() + bytes.len() > LINE_BYTES_MAX + 1 {
            self.too_long = true;
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end(&mut self) -> Result<String, LineTooLong> {
        let mut line = std::mem::take(&mut self.line);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if std::mem::take(&mut self.too_long) || line.len() > LINE_BYTES_MAX {
            return Err(LineTooLong);
        }
        Ok(String::from_utf8(line)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }
}

impl Telnet {
    const fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Data, _) => Self::Command,
            (Self::Command, 251..=254) => Self::Option,
            (Self::Command, SB) | (Self::SubnegotiationCommand, IAC) => Self::Subnegotiation,
            (Self::Command | Self::Option, _) | (Self::SubnegotiationCommand, SE) => Self::Data,
            (Self::Subnegotiation, IAC) => Self::SubnegotiationCommand,
            (Self::Subnegotiation | Self::SubnegotiationCommand, _) => Self::Subnegotiation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(chunks: &[&[u8]]) -> Vec<Result<String, LineTooLong>> {
        let (mut lines, mut out) = (Lines::default(), Vec::new());
        for chunk in chunks {
            let mut buf = BytesMut::from(*chunk);
            while let Some(line) = lines.next(&mut buf) {
                out.push(line);
            }
            assert!(buf.is_empty());
        }
        out.extend(lines.last());
        out
    }

    #[track_caller]
    fn check(input: &[u8], expected: &[&str]) {
        let expected: Vec<_> = expected.iter().map(|&line| Ok(line.to_owned())).collect();
        for split in 0..=input.len() {
            let (left, right) = input.split_at(split);
            assert_eq!(read(&[left, right]), expected, "split at {split}");
        }
    }

    #[test]
    fn lines_end_in_lf_or_crlf() {
        check(b"one\ntwo\r\n\nthree", &["one", "two", "", "three"]);
        check(b"", &[]);
    }

    #[test]
    fn telnet_negotiation_is_dropped() {
        check(b"\xff\xfd\x03\xff\xfb\x18bo\xff\xf1b\n", &["bob"]);
        check(b"\xff\xfa\x18\x00xt\nerm\xff\xff\xff\xf0hi\n", &["hi"]);
    }

    #[test]
    fn bad_utf8_is_replaced() {
        check(b"a\xc3\x28b\n", &["a\u{fffd}(b"]);
    }

    #[test]
    fn a_line_over_the_limit_is_left_out_alone() {
        let input = [
            &b"a\n"[..],
            &vec![b'x'; LINE_BYTES_MAX + 1],
            b"\nb\n",
            &vec![b'y'; LINE_BYTES_MAX],
            b"\r\n",
        ];
        let mut lines = read(&[&input.concat()]);
        assert_eq!(lines.pop(), Some(Ok("y".repeat(LINE_BYTES_MAX))));
        assert_eq!(lines, [Ok("a".into()), Err(LineTooLong), Ok("b".into())]);
    }

    #[test]
    fn a_line_without_an_end_takes_no_memory() {
        let mut lines = Lines::default();
        for _ in 0..10_000 {
            assert_eq!(lines.next(&mut BytesMut::from(&[b'x'; 600][..])), None);
            assert!(lines.line.capacity() <= 4 * LINE_BYTES_MAX);
        }
        assert_eq!(lines.next(&mut BytesMut::from(&b"\n"[..])), Some(Err(LineTooLong)));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_chunks_give_the_same_lines(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..10)) {
            let whole = chunks.concat();
            let slices: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(read(&slices), read(&[&whole]));
        }
    }
}
