//! Frames: the length-prefixed messages of the framed protocol.
//!
//! ```text
//! length: u32 LE │ type: u16 LE │ request: u32 LE │ payload: length - 6 bytes of postcard
//! ```
//!
//! The header stands before the payload so that a peer can answer, or step over, what it does not understand.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use postcard::ser_flavors::Flavor;
use serde::Serialize;

/// Bytes of a frame's header.
pub const HEADER_BYTES: usize = 10;
/// Bytes of a frame, header included: the largest message with its parts, or a page of history.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a frame before the peer has said hello: a nick and the cursors of a thousand rooms.
pub const HELLO_BYTES_MAX: usize = 20 * 1024;

/// One frame as it stood in the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Which message the payload holds.
    pub kind: u16,
    /// The request that this is or answers; 0 for events.
    pub request: u32,
    pub payload: Bytes,
}

/// A frame that cannot be taken. The stream goes on behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("frame of {bytes} bytes; {max} are allowed")]
    TooLong { request: u32, bytes: u64, max: usize },
    #[error("frame of {bytes} bytes is shorter than its header")]
    TooShort { bytes: u64 },
}

/// Cuts frames out of a byte stream, however it was split.
#[derive(Debug)]
pub struct Decoder {
    bytes_max: usize,
    /// Bytes still to come of a frame that was too long.
    skip: u64,
}

impl Decoder {
    #[must_use]
    pub const fn new(bytes_max: usize) -> Self {
        Self { bytes_max, skip: 0 }
    }

    /// Changes the limit for the frames that follow.
    pub const fn limit(&mut self, bytes_max: usize) {
        self.bytes_max = bytes_max;
    }

    /// The next whole frame of `buf`, if there is one. Nothing is reserved on the word of a length header.
    ///
    /// # Errors
    /// Tells of a frame that had to be stepped over; the next call goes on behind it.
    pub fn next(&mut self, buf: &mut BytesMut) -> Result<Option<Frame>, FrameError> {
        self.step_over(buf);
        if self.skip > 0 || buf.len() < HEADER_BYTES {
            return Ok(None);
        }
        let mut header = &buf[..HEADER_BYTES];
        let (length, kind, request) =
            (header.get_u32_le(), header.get_u16_le(), header.get_u32_le());
        let bytes = u64::from(length) + 4;
        if let Err(error) = self.check(bytes, request) {
            self.skip = bytes;
            self.step_over(buf);
            return Err(error);
        }
        let bytes = usize::try_from(bytes).expect("checked against a usize limit");
        if buf.len() < bytes {
            return Ok(None);
        }
        let mut frame = buf.split_to(bytes).freeze();
        Ok(Some(Frame { kind, request, payload: frame.split_off(HEADER_BYTES) }))
    }

    const fn check(&self, bytes: u64, request: u32) -> Result<(), FrameError> {
        if bytes < HEADER_BYTES as u64 {
            Err(FrameError::TooShort { bytes })
        } else if bytes > self.bytes_max as u64 {
            Err(FrameError::TooLong { request, bytes, max: self.bytes_max })
        } else {
            Ok(())
        }
    }

    fn step_over(&mut self, buf: &mut BytesMut) {
        let here = buf.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
        buf.advance(here);
        self.skip -= here as u64;
    }
}

/// Appends a frame to `out`.
///
/// # Panics
/// Never for the messages of this crate: postcard into memory cannot fail for them.
pub fn write<M: Serialize + ?Sized>(kind: u16, request: u32, message: &M, out: &mut BytesMut) {
    let start = out.len();
    out.put_u32_le(0);
    out.put_u16_le(kind);
    out.put_u32_le(request);
    postcard::serialize_with_flavor(message, End(out)).expect("writing to memory does not fail");
    let length = u32::try_from(out.len() - start - 4).expect("a message is far below 4 GiB");
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// What postcard writes goes to the end of a buffer.
struct End<'a>(&'a mut BytesMut);

impl Flavor for End<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.put_u8(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_frames() -> BytesMut {
        let mut out = BytesMut::new();
        write(3, 7, "hello", &mut out);
        write(4, 0, &12u64, &mut out);
        out
    }

    #[test]
    fn every_split_gives_the_same_frames() {
        let whole = two_frames();
        for split in 0..=whole.len() {
            let (mut decoder, mut buf) = (Decoder::new(FRAME_BYTES_MAX), BytesMut::new());
            let mut frames = Vec::new();
            for half in [&whole[..split], &whole[split..]] {
                buf.extend_from_slice(half);
                while let Some(frame) = decoder.next(&mut buf).unwrap() {
                    frames.push((frame.kind, frame.request, frame.payload));
                }
            }
            let expected =
                [(3, 7, Bytes::from_static(b"\x05hello")), (4, 0, Bytes::from_static(b"\x0c"))];
            assert_eq!(frames, expected);
            assert!(buf.is_empty());
        }
    }

    #[test]
    fn a_frame_that_is_too_long_is_stepped_over_byte_by_byte() {
        let mut decoder = Decoder::new(64);
        let mut stream = BytesMut::new();
        write(9, 5, &"x".repeat(1000), &mut stream);
        let bytes = stream.len() as u64;
        stream.unsplit(two_frames());
        let (mut buf, mut seen) = (BytesMut::new(), Vec::new());
        for &byte in &stream {
            buf.put_u8(byte);
            match decoder.next(&mut buf) {
                Ok(Some(frame)) => seen.push(Ok(frame.kind)),
                Ok(None) => {}
                Err(error) => seen.push(Err(error)),
            }
            assert!(buf.len() < 64);
        }
        assert_eq!(seen, [Err(FrameError::TooLong { request: 5, bytes, max: 64 }), Ok(3), Ok(4)]);
    }

    #[test]
    fn a_length_below_the_header_is_an_error_and_the_stream_goes_on() {
        let mut buf = BytesMut::from(&b"\x01\0\0\0\0\0\0\0\0\0"[..]);
        let mut decoder = Decoder::new(64);
        assert_eq!(decoder.next(&mut buf), Err(FrameError::TooShort { bytes: 5 }));
        assert_eq!(buf.len(), 5);
    }
}
