//! Lines of any input, one at a time.

use std::io::{self, BufRead, Read};

pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
}

/// The longest entry with every byte escaped, generously.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0 }
    }

    /// The number of the line that was last read; the first is 1.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The next line that has something in it.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            self.line.clear();
            let mut limited = (&mut self.input).take(LINE_BYTES_MAX);
            if limited.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.line.len() as u64 == LINE_BYTES_MAX {
                let what = format!("line {} is too long to be an entry", self.number);
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some(&self.line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn lines_are_numbered_and_bounded() {
        let mut lines = Lines::new(&b"one\n\n \ntwo"[..]);
        assert_eq!(lines.next().unwrap(), Some(&b"one\n"[..]));
        assert_eq!(lines.next().unwrap(), Some(&b"two"[..]));
        assert_eq!((lines.number(), lines.next().unwrap()), (4, None));
        let mut endless = Lines::new(BufReader::new(io::repeat(b'x')));
        let error = endless.next().unwrap_err();
        assert_eq!(error.to_string(), "line 1 is too long to be an entry");
    }
}
