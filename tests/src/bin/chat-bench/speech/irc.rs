//! IRC (RFC 2812): a room is a channel.

use super::{Place, Speech, Step, Who, ready_after, say};
use crate::payload::Payload;

pub(crate) struct Irc;

impl Speech for Irc {
    fn greeting(&self, who: &Who) -> Vec<u8> {
        format!("NICK {0}\r\nUSER {0} 0 * :bench\r\n", who.nick).into()
    }

    /// RPL_WELCOME lets one join, RPL_ENDOFNAMES says that one has.
    fn step(&self, who: &Who, seen: &mut Vec<u8>) -> Step {
        if let Some(ping) = memchr::memmem::find(seen, b"PING ")
            && let Some(length) = memchr::memchr(b'\n', &seen[ping..])
        {
            let pong = [b"PONG ", &seen[ping + 5..=ping + length]].concat();
            seen.drain(..=ping + length);
            return Step::Say(pong);
        }
        if let Step::Ready(_) = ready_after(format!(" 001 {} ", who.nick).as_bytes(), who, seen) {
            return Step::Say(format!("JOIN #{}\r\n", who.room).into());
        }
        ready_after(format!(" 366 {} #{} ", who.nick, who.room).as_bytes(), who, seen)
    }

    fn post(&self, place: &Place, _: u32, payload: &Payload, out: &mut Vec<u8>) {
        say(out, &[b"PRIVMSG #", place.room.as_bytes(), b" :", payload, b"\r\n"]);
    }
}
