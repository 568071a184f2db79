//! Redis pub/sub: a room is a channel.

use super::{Place, Speech, Step, Who, ready_after, say};
use crate::payload::Payload;

pub(crate) struct Redis;

impl Speech for Redis {
    fn greeting(&self, who: &Who) -> Vec<u8> {
        if who.speaks { b"PING\r\n".to_vec() } else { format!("SUBSCRIBE {}\r\n", who.room).into() }
    }

    fn step(&self, who: &Who, seen: &mut Vec<u8>) -> Step {
        let answer: &[u8] = if who.speaks { b"+PONG\r\n" } else { b"\r\n:1\r\n" };
        ready_after(answer, who, seen)
    }

    fn post(&self, place: &Place, _: u32, payload: &Payload, out: &mut Vec<u8>) {
        let head = format!(
            "*3\r\n$7\r\nPUBLISH\r\n${}\r\n{}\r\n${}\r\n",
            place.room.len(),
            place.room,
            payload.len()
        );
        say(out, &[head.as_bytes(), payload, b"\r\n"]);
    }
}
