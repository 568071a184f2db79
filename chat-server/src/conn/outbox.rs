//! What is still to be written to one peer: its own replies, and bytes shared with other peers.

use std::{collections::VecDeque, io::IoSlice, iter};

use bytes::{Buf, Bytes, BytesMut};

/// Bytes waiting for the socket, in order.
#[derive(Debug, Default)]
pub struct Outbox {
    /// The first bytes; empty only when nothing follows. Most often they are all there is.
    first: Bytes,
    chunks: VecDeque<Bytes>,
    tail: BytesMut,
    bytes: usize,
}

/// Unwritten bytes above which nothing more is delivered, read or taken.
const FULL_BYTES: usize = 64 * 1024;

/// Slices given to one `writev`.
pub(super) const SLICES_MAX: usize = 32;

impl Outbox {
    /// Where to append bytes of one's own.
    pub fn tail(&mut self) -> &mut BytesMut {
        &mut self.tail
    }

    /// Appends bytes that others write too; they are not copied.
    pub fn push(&mut self, shared: Bytes) {
        if shared.is_empty() {
            return;
        }
        self.seal();
        self.add(shared);
    }

    fn add(&mut self, bytes: Bytes) {
        self.bytes += bytes.len();
        if self.first.is_empty() {
            self.first = bytes;
        } else {
            self.chunks.push_back(bytes);
        }
    }

    /// Bytes that are not written yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes + self.tail.len()
    }

    /// Whether enough waits to be written.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= FULL_BYTES
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All there is to write, where it is one piece.
    pub(super) fn only(&mut self) -> Option<&[u8]> {
        self.seal();
        self.chunks.is_empty().then_some(&*self.first)
    }

    /// The first bytes to write.
    pub(super) fn slices<'a>(&'a mut self, slices: &mut [IoSlice<'a>; SLICES_MAX]) -> usize {
        self.seal();
        let count = (1 + self.chunks.len()).min(SLICES_MAX);
        for (slice, chunk) in slices.iter_mut().zip(iter::once(&self.first).chain(&self.chunks)) {
            *slice = IoSlice::new(chunk);
        }
        count
    }

    /// Takes away what was written.
    pub(super) fn advance(&mut self, mut written: usize) {
        self.bytes -= written;
        while written > 0 {
            let here = self.first.len().min(written);
            self.first.advance(here);
            written -= here;
            if self.first.is_empty() {
                self.next_first();
            }
        }
    }

    fn next_first(&mut self) {
        self.first = self.chunks.pop_front().unwrap_or_default();
        if self.chunks.is_empty() {
            self.chunks = VecDeque::new();
        }
    }

    /// Everything, as if a socket had taken it.
    pub fn take_all(&mut self) -> Vec<u8> {
        self.seal();
        let Self { first, chunks, .. } = std::mem::take(self);
        iter::once(first).chain(chunks).flatten().collect()
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            let tail = std::mem::take(&mut self.tail).freeze();
            self.add(tail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_leave_in_the_order_in_which_they_came() {
        let mut outbox = Outbox::default();
        outbox.tail().extend_from_slice(b"one ");
        outbox.push(Bytes::from_static(b"two "));
        outbox.tail().extend_from_slice(b"three");
        assert_eq!(outbox.len(), 13);
        let mut written = Vec::new();
        while !outbox.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = outbox.slices(&mut slices);
            let all: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
            written.extend_from_slice(&all[..all.len().min(3)]);
            outbox.advance(all.len().min(3));
        }
        assert_eq!(written, b"one two three");
    }
}
