//! From bytes to messages, however they were split.

use bytes::{Buf, BytesMut};
use chat_proto::{
    frame::{Decoder, FRAME_BYTES_MAX, Frame, FrameError},
    message::{ErrorCode, Event, Failed, Malformed, Message, Reply},
    version::{MAGIC, PREAMBLE_BYTES_MAX, magic_end},
};

/// The server's half of the stream.
#[derive(Debug)]
pub(super) struct Inbound {
    pub(super) buf: BytesMut,
    decoder: Decoder,
    /// Whether the magic has come; what precedes it is meant for a person with netcat.
    greeted: bool,
}

/// Something the server said.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    Reply(u32, Reply),
    Event(Event),
}

/// The peer does not speak this protocol.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("what answers there is no chat server")]
pub(super) struct NoServer;

impl Inbound {
    pub(super) fn new() -> Self {
        Self { buf: BytesMut::new(), decoder: Decoder::new(FRAME_BYTES_MAX), greeted: false }
    }

    /// The next message, if it is whole. Events that cannot be read are left out; replies become errors, since somebody
    /// waits for them.
    pub(super) fn next(&mut self) -> Result<Option<Incoming>, NoServer> {
        if !self.greet()? {
            return Ok(None);
        }
        loop {
            let incoming = match self.decoder.next(&mut self.buf) {
                Ok(None) => return Ok(None),
                Ok(Some(frame)) => read(&frame),
                Err(FrameError::TooLong { request, .. }) => unreadable(request),
                Err(FrameError::TooShort { .. }) => None,
            };
            if incoming.is_some() {
                return Ok(incoming);
            }
        }
    }

    fn greet(&mut self) -> Result<bool, NoServer> {
        if self.greeted {
            return Ok(true);
        }
        if let Some(end) = magic_end(&self.buf) {
            self.buf.advance(end);
            self.greeted = true;
        } else if self.buf.len() > PREAMBLE_BYTES_MAX + MAGIC.len() {
            return Err(NoServer);
        }
        Ok(self.greeted)
    }
}

/// Replies are numbered from 0x4000 on, events from 0x8000 on.
fn read(frame: &Frame) -> Option<Incoming> {
    let read = match frame.kind & 0xC000 {
        0x4000 => Reply::read(frame).map(|reply| Some(Incoming::Reply(frame.request, reply?))),
        0x8000 => Event::read(frame).map(|event| Some(Incoming::Event(event?))),
        _ => return None,
    };
    match read {
        Ok(Some(incoming)) => Some(incoming),
        Ok(None) => unreadable(frame.request),
        Err(Malformed { kind, request }) => {
            tracing::warn!(kind, request, "cannot be read");
            unreadable(request)
        }
    }
}

fn unreadable(request: u32) -> Option<Incoming> {
    let text = "this client is too old for the answer".into();
    let failed = Reply::Failed(Failed { code: ErrorCode::BadFrame, text });
    (request != 0).then_some(Incoming::Reply(request, failed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_proto::message::{Alive, Done, write_raw};

    fn stream() -> BytesMut {
        let mut out = BytesMut::from(&b"* welcome, type your nick\n"[..]);
        out.extend_from_slice(&MAGIC);
        Reply::Done(Done {}).write(7, &mut out);
        write_raw(0x8FFF, 0, &"an event of tomorrow", &mut out);
        write_raw(0x4FFF, 8, &"a reply of tomorrow", &mut out);
        Event::Alive(Alive {}).write(0, &mut out);
        out
    }

    #[test]
    fn every_split_gives_the_same_messages() {
        let whole = stream();
        for split in 0..=whole.len() {
            let (mut inbound, mut seen) = (Inbound::new(), Vec::new());
            for half in [&whole[..split], &whole[split..]] {
                inbound.buf.extend_from_slice(half);
                while let Some(incoming) = inbound.next().expect("a server") {
                    seen.push(incoming);
                }
            }
            let expected = [
                Incoming::Reply(7, Reply::Done(Done {})),
                unreadable(8).expect("a reply"),
                Incoming::Event(Event::Alive(Alive {})),
            ];
            assert_eq!(seen, expected, "split at {split}");
        }
    }

    #[test]
    fn another_service_is_told_from_a_server() {
        let mut inbound = Inbound::new();
        inbound.buf.extend_from_slice(&b"HTTP/1.1 400 Bad Request\r\n".repeat(200));
        assert_eq!(inbound.next(), Err(NoServer));
    }
}
