//! Our framed protocol.

use bytes::BytesMut;
use chat_proto::{
    MessageId, RoomId,
    frame::{Decoder, FRAME_BYTES_MAX},
    message::{Hello, Join, Message, Post, Reply, Request},
    version::{MAGIC, VERSION_MAX},
};

use super::{Place, Speech, Step, Who, say};
use crate::{payload::Payload, scan::Scanner};

pub(crate) struct Framed;

/// Request numbers of the login; those of messages follow.
const HELLO: u32 = 1;
const JOIN: u32 = 2;

impl Speech for Framed {
    fn greeting(&self, who: &Who) -> Vec<u8> {
        let hello = Hello {
            version_min: VERSION_MAX,
            version_max: VERSION_MAX,
            agent: "chat-bench".into(),
            nick: who.nick.as_str().into(),
            resume: None,
            login: None,
        };
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&bytes(hello.into(), HELLO));
        out
    }

    fn step(&self, who: &Who, seen: &mut Vec<u8>) -> Step {
        if let Some(at) = memchr::memmem::find(seen, &MAGIC) {
            seen.drain(..at + MAGIC.len());
        }
        let mut unread = BytesMut::from(seen.as_slice());
        let mut step = Step::Wait;
        while step == Step::Wait
            && let Ok(Some(frame)) = Decoder::new(FRAME_BYTES_MAX).next(&mut unread)
        {
            step = after(Reply::read(&frame).ok().flatten(), who);
        }
        seen.drain(..seen.len() - unread.len());
        step
    }

    fn post(&self, place: &Place, number: u32, payload: &Payload, out: &mut Vec<u8>) {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let post = Post {
            room: RoomId(place.id),
            id: MessageId(id),
            action: false,
            text: String::from_utf8_lossy(payload).into_owned(),
            parts: Vec::new(),
            reply_to: None,
        };
        say(out, &[&bytes(post.into(), number.wrapping_add(JOIN + 1))]);
    }

    fn scanner(&self, payload_bytes: usize) -> Scanner {
        Scanner::Frames(payload_bytes)
    }
}

fn after(reply: Option<Reply>, who: &Who) -> Step {
    match reply {
        Some(Reply::Welcome(_)) => {
            let join = Join { room: format!("#{}", who.room).into(), after: None };
            Step::Say(bytes(join.into(), JOIN).to_vec())
        }
        Some(Reply::Entered(entered)) => {
            Step::Ready(Place { id: entered.room.room.0, ..Place::of(who) })
        }
        _ => Step::Wait,
    }
}

fn bytes(request: Request, number: u32) -> BytesMut {
    let mut out = BytesMut::new();
    request.write(number, &mut out);
    out
}
