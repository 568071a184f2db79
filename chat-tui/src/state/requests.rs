//! Requests under way: what each number was asked for.
//!
//! A server answers every request exactly once. At most [`IN_FLIGHT_MAX`] are out at a time and the rest wait here, so
//! the queue to the socket never overflows, however slowly the server reads.

use std::collections::{HashMap, VecDeque};

use chat_proto::{
    MessageId, Nick, Seq,
    message::{Anchor, Request},
};

use super::{Effect, Effects, RoomKey};

/// Requests sent and not answered; the queue to the socket holds twice as many.
pub const IN_FLIGHT_MAX: usize = 64;

/// What a reply is the answer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Hello,
    Quit,
    /// To be in a room or a conversation.
    Enter(RoomKey),
    Leave(RoomKey),
    Post(RoomKey, MessageId),
    /// To change a message.
    Revise(RoomKey, MessageId),
    /// What a reply answers.
    Quote(RoomKey, Seq),
    Topic(RoomKey),
    /// To note how far the user has read.
    Mark,
    /// The members of a room; whether the user wants to read them.
    Names(RoomKey, bool),
    /// A page, and the generation of the window it is for.
    Page(RoomKey, u32, Paging),
    /// What was found; which of the searches.
    Search(u32),
    /// To decide something about a room's doors.
    Decide(RoomKey),
    /// How a room is open, for the user to read.
    Doors(RoomKey),
    /// The same, for the screen to show.
    Openness(RoomKey),
    /// Bans and mutes, and how many of them are told already.
    Bars(RoomKey, u32),
    /// What was decided about a room.
    Audit(RoomKey),
    Rooms,
    Rename(Nick),
    Whois,
    Away(bool),
    Register,
    LogIn,
    SetPassword,
    Devices,
    /// The devices, to find out which this one is and make it void.
    LogOut,
    Revoke,
    Administer,
}

/// Which way a page leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// Before this number, or the last ones.
    Older(Option<Seq>),
    /// After this number.
    Newer(Seq),
    /// What was missed behind the first number, up to the second.
    Gap(Seq, Seq),
    /// The window is put there.
    Jump(Anchor),
}

impl Paging {
    /// Where its page stands.
    #[must_use]
    pub const fn anchor(self) -> Anchor {
        match self {
            Self::Older(None) => Anchor::Latest,
            Self::Older(Some(first)) => Anchor::Before(first),
            Self::Newer(last) | Self::Gap(last, _) => Anchor::After(last),
            Self::Jump(to) => to,
        }
    }
}

#[derive(Debug, Default)]
pub struct Requests {
    conn: u32,
    next: u32,
    asked: HashMap<u32, Asked>,
    waiting: VecDeque<(Asked, Request)>,
}

impl Requests {
    /// Begins anew on another connection. Whoever asked before has to ask again.
    pub fn restart(&mut self, conn: u32) {
        *self = Self { conn, ..Self::default() };
    }

    /// Sends a request, or lets it wait for its turn.
    pub fn ask(&mut self, asked: Asked, request: impl Into<Request>, out: &mut Effects) {
        self.waiting.push_back((asked, request.into()));
        self.send(out);
    }

    /// What the reply of that number answers.
    pub fn answered(&mut self, number: u32, out: &mut Effects) -> Option<Asked> {
        let asked = self.asked.remove(&number);
        self.send(out);
        asked
    }

    #[must_use]
    pub const fn conn(&self) -> u32 {
        self.conn
    }

    /// Whether every request was answered.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.asked.is_empty() && self.waiting.is_empty()
    }

    fn send(&mut self, out: &mut Effects) {
        while self.asked.len() < IN_FLIGHT_MAX {
            let Some((asked, request)) = self.waiting.pop_front() else { break };
            // 0 is for events, and the largest number for the pings of the connection itself.
            self.next = if self.next >= u32::MAX - 2 { 1 } else { self.next + 1 };
            self.asked.insert(self.next, asked);
            out.push(Effect::Send { conn: self.conn, number: self.next, request });
        }
    }
}
