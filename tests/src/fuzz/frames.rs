//! The frame decoder and every message behind it: however the stream is cut, the same frames; what can be read can be
//! written and read again; no more is held than a frame.

use bytes::{Bytes, BytesMut};
use chat_proto::{
    frame::{Decoder, FRAME_BYTES_MAX, Frame, FrameError, HELLO_BYTES_MAX},
    message::{Event, Message, Reply, Request},
    version::magic_end,
};

use super::bytes::chunks;

type Cut = Vec<Result<Frame, FrameError>>;

pub(super) fn run(data: &[u8]) {
    let Some((how, stream)) = data.split_first() else { return };
    let bytes_max = if how & 1 == 0 { FRAME_BYTES_MAX } else { HELLO_BYTES_MAX };
    let whole = cut(std::iter::once(stream), bytes_max);
    assert_eq!(whole, cut(chunks(how >> 1, stream), bytes_max));
    for frame in whole.into_iter().flatten() {
        assert!(frame.payload.len() <= bytes_max);
        again::<Request>(&frame);
        again::<Reply>(&frame);
        again::<Event>(&frame);
    }
    let _magic = magic_end(stream);
}

fn cut<'a>(stream: impl Iterator<Item = &'a [u8]>, bytes_max: usize) -> Cut {
    let (mut decoder, mut inbox, mut cut) = (Decoder::new(bytes_max), BytesMut::new(), Cut::new());
    for chunk in stream {
        inbox.extend_from_slice(chunk);
        while let Some(next) = decoder.next(&mut inbox).transpose() {
            cut.push(next);
        }
        assert!(inbox.len() < bytes_max, "an unfinished frame is within the limit");
    }
    cut
}

/// What was read is what is read again from what is written of it.
fn again<M: Message + PartialEq + std::fmt::Debug>(frame: &Frame) {
    let Ok(Some(message)) = M::read(frame) else { return };
    let mut written = BytesMut::new();
    message.write(frame.request, &mut written);
    let payload = Bytes::copy_from_slice(&written[chat_proto::frame::HEADER_BYTES..]);
    let second = Frame { payload, ..frame.clone() };
    assert_eq!(M::read(&second), Ok(Some(message)));
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let messages = super::session::messages();
    let mut seeds: Vec<Vec<u8>> =
        messages.iter().map(|frame| [&[0], &frame[..]].concat()).collect();
    seeds.push([&[4], &messages.concat()[..]].concat());
    seeds.push(b"\x01\xff\xff\xff\xff\x01\0\x01\0\0\0rest".to_vec());
    seeds
}
