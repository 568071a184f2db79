//! How one talks to a server: getting into a room, saying something, reading what others say.

mod framed;
mod irc;
mod line;
mod nats;
mod plain;
mod redis;

use crate::{payload::Payload, scan::Scanner};

pub(crate) use self::{
    framed::Framed, irc::Irc, line::Line, nats::Nats, plain::Plain, redis::Redis,
};

/// A connection and what it is for.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub nick: String,
    /// Without any sign before it.
    pub room: String,
    /// Speaks; the others listen.
    pub speaks: bool,
}

/// What a connection does after what it has seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Wait,
    Say(Vec<u8>),
    /// It is in the room.
    Ready(Place),
}

/// Where a sender speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub nick: String,
    pub room: String,
    /// The room's number, where rooms have one.
    pub id: u64,
}

/// A protocol, from the client's side.
pub(crate) trait Speech {
    /// The first bytes of a new connection.
    fn greeting(&self, who: &Who) -> Vec<u8>;

    /// The next step; takes away what it has understood of `seen`.
    fn step(&self, who: &Who, seen: &mut Vec<u8>) -> Step;

    /// Appends the message of this number to `out`.
    fn post(&self, place: &Place, number: u32, payload: &Payload, out: &mut Vec<u8>);

    /// For payloads of so many bytes.
    fn scanner(&self, payload_bytes: usize) -> Scanner {
        Scanner::lines(payload_bytes)
    }
}

impl Place {
    fn of(who: &Who) -> Self {
        Self { nick: who.nick.clone(), room: who.room.clone(), id: 0 }
    }
}

/// Ready once the server has said this.
pub(crate) fn ready_after(needle: &[u8], who: &Who, seen: &mut Vec<u8>) -> Step {
    match memchr::memmem::find(seen, needle) {
        Some(at) => {
            seen.drain(..at + needle.len());
            Step::Ready(Place::of(who))
        }
        None => Step::Wait,
    }
}

/// Appends all pieces.
fn say(out: &mut Vec<u8>, pieces: &[&[u8]]) {
    pieces.iter().for_each(|piece| out.extend_from_slice(piece));
}
