//! NATS: a room is a subject.

use super::{Place, Speech, Step, Who, ready_after, say};
use crate::payload::Payload;

pub(crate) struct Nats;

impl Speech for Nats {
    fn greeting(&self, who: &Who) -> Vec<u8> {
        let mut out = b"CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\n".to_vec();
        if !who.speaks {
            out.extend_from_slice(format!("SUB {} 1\r\n", who.room).as_bytes());
        }
        out.extend_from_slice(b"PING\r\n");
        out
    }

    fn step(&self, who: &Who, seen: &mut Vec<u8>) -> Step {
        ready_after(b"PONG\r\n", who, seen)
    }

    fn post(&self, place: &Place, _: u32, payload: &Payload, out: &mut Vec<u8>) {
        let head = format!("PUB {} {}\r\n", place.room, payload.len());
        say(out, &[head.as_bytes(), payload, b"\r\n"]);
    }
}
