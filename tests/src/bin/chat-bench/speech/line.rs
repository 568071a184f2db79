//! Our line protocol.

use super::{Place, Speech, Step, Who, ready_after, say};
use crate::payload::Payload;

pub(crate) struct Line;

impl Speech for Line {
    fn greeting(&self, who: &Who) -> Vec<u8> {
        format!("{}\n/join #{}\n", who.nick, who.room).into()
    }

    fn step(&self, who: &Who, seen: &mut Vec<u8>) -> Step {
        ready_after(format!("* joined #{}\n", who.room).as_bytes(), who, seen)
    }

    fn post(&self, _: &Place, _: u32, payload: &Payload, out: &mut Vec<u8>) {
        say(out, &[payload, b"\n"]);
    }
}
