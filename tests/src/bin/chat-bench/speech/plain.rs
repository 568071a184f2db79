//! The built-in server: a listener names a room, a sender writes to it the very lines that the listeners get.

use super::{Place, Speech, Step, Who, ready_after, say};
use crate::payload::Payload;

pub(crate) struct Plain;

impl Speech for Plain {
    fn greeting(&self, who: &Who) -> Vec<u8> {
        format!("{} {}\n", if who.speaks { "say" } else { "hear" }, who.room).into()
    }

    fn step(&self, who: &Who, seen: &mut Vec<u8>) -> Step {
        ready_after(b"ok\n", who, seen)
    }

    fn post(&self, place: &Place, _: u32, payload: &Payload, out: &mut Vec<u8>) {
        let (room, nick) = (place.room.as_bytes(), place.nick.as_bytes());
        say(out, &[b"#", room, b" <", nick, b"> ", payload, b"\n"]);
    }
}
