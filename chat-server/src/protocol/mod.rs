//! Translators between bytes and the core. They decide nothing about who may do what; the core knows none of them.

mod detect;
mod framed;
mod line;

use bytes::BytesMut;
use chat_proto::{Nick, Reason, RoomId, RoomName};

pub use detect::{Detected, Stranger, detect};
pub use framed::{About, Framed};
pub use line::Line;

use crate::{
    conn::Outbox,
    core::{Label, Refusal, Reply, Request, RoomView},
    rooms::Delivery,
};

/// The protocol that a connection speaks.
pub enum Codec {
    Line(Box<Line>),
    Framed(Box<Framed>),
}

/// Something the peer sent, read but not acted upon.
pub enum Asked {
    Line(line::Input),
    Framed(framed::Input),
}

/// What is to be done about it.
pub enum Taken {
    /// Ask the core; its reply goes to [`Codec::reply`].
    Request(Request),
    /// Answer with this, in its turn, through [`Codec::reply`].
    Refuse(Refusal),
    /// It is done already.
    Done,
}

/// How a connection that ends says so.
#[derive(Clone, Debug)]
pub struct Farewell {
    pub refusal: Refusal,
    /// Whether the peer should come back, and after how many milliseconds.
    pub come_back_millis: Option<u32>,
}

impl Codec {
    /// Whether it may be acted upon while messages before it wait for the log.
    pub fn may_overlap(&self, asked: &Asked) -> bool {
        match (self, asked) {
            (Self::Line(line), Asked::Line(input)) => line.may_overlap(input),
            (_, Asked::Framed(input)) => input.may_overlap(),
            _ => false,
        }
    }

    /// The next thing the peer sent; `ended` says that nothing follows what is in the inbox.
    pub fn next(&mut self, inbox: &mut BytesMut, ended: bool) -> Option<Asked> {
        match self {
            Self::Line(line) => line.next(inbox, ended).map(Asked::Line),
            Self::Framed(framed) => framed.next(inbox).map(Asked::Framed),
        }
    }

    /// Keeps no space for what does not wait: the peer is idle.
    pub fn rest(&mut self) {
        match self {
            Self::Line(line) => line.rest(),
            Self::Framed(framed) => framed.rest(),
        }
    }

    /// Acts upon it, as far as that is a matter of the protocol.
    pub fn take(&mut self, asked: Asked, out: &mut Outbox) -> Taken {
        match (self, asked) {
            (Self::Line(line), Asked::Line(input)) => line.take(input, out.tail()),
            (Self::Framed(framed), Asked::Framed(input)) => framed.take(input, out.tail()),
            _ => Taken::Done,
        }
    }

    /// Answers the oldest request that has no answer.
    pub fn reply(&mut self, reply: Result<Reply, Refusal>, out: &mut Outbox) {
        match self {
            Self::Line(line) => line.reply(reply, out.tail()),
            Self::Framed(framed) => framed.reply(reply, out.tail()),
        }
    }

    /// Writes what comes from the rooms.
    pub fn deliver(&mut self, delivery: &Delivery, out: &mut Outbox) {
        match self {
            Self::Line(line) => line.deliver(delivery, out),
            Self::Framed(framed) => framed.deliver(delivery, out),
        }
    }

    /// A room has opened without being asked for.
    pub fn opened(&mut self, room: &RoomView, out: &mut Outbox) {
        match self {
            Self::Line(line) => line.opened(room, out.tail()),
            Self::Framed(framed) => framed.opened(room, out.tail()),
        }
    }

    /// A room goes on behind what is no longer kept.
    pub fn skipped(&mut self, room: &RoomView, out: &mut Outbox) {
        match self {
            Self::Line(line) => line.skipped(room, out.tail()),
            // Entries follow after another number than the client has.
            Self::Framed(framed) => framed.opened(room, out.tail()),
        }
    }

    /// A room has closed without being asked for.
    pub fn closed(
        &mut self,
        room: RoomId,
        label: Option<&Label>,
        reason: &Reason,
        out: &mut Outbox,
    ) {
        match self {
            Self::Line(line) => line.closed(room, label, reason, out.tail()),
            Self::Framed(framed) => framed.closed(room, reason, out.tail()),
        }
    }

    /// Somebody invites the member to a room.
    pub fn invited(&mut self, room: RoomName, by: Nick, hidden: bool, out: &mut Outbox) {
        match self {
            Self::Line(line) => line.invited(&room, &by, hidden, out.tail()),
            Self::Framed(framed) => framed.invited(room, by, out.tail()),
        }
    }

    /// An administrator tells something to all.
    pub fn announced(&mut self, text: Reason, out: &mut Outbox) {
        match self {
            Self::Line(line) => line.announced(&text, out.tail()),
            Self::Framed(framed) => framed.announced(text, out.tail()),
        }
    }

    /// The last words.
    pub fn farewell(&mut self, farewell: &Farewell, out: &mut Outbox) {
        match self {
            Self::Line(line) => line.farewell(farewell, out.tail()),
            Self::Framed(framed) => framed.farewell(farewell, out.tail()),
        }
    }

    /// Its requests are taken more slowly from here on.
    pub fn slowed(&mut self, per_sec: u32, out: &mut Outbox) {
        match self {
            Self::Line(line) => line.slowed(per_sec, out.tail()),
            Self::Framed(framed) => framed.slowed(per_sec, out.tail()),
        }
    }

    /// Asks a quiet peer whether it is there, where the protocol has such a question.
    pub fn ask_alive(&mut self, out: &mut Outbox) {
        if let Self::Framed(framed) = self {
            framed.ask_alive(out.tail());
        }
    }

    /// Whether a session of this protocol may be taken up by another connection.
    pub const fn can_resume(&self) -> bool {
        matches!(self, Self::Framed(_))
    }
}
