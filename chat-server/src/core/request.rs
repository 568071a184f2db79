//! What a session is asked and what it answers, whatever the protocol.

use std::sync::Arc;

use chat_proto::{
    MemberId, MessageId, Nick, Reason, RoomId, RoomName, Seq, SessionId, Time, Topic,
    message::{Anchor, Content},
};

use super::{Entry, Label, NickKeys, RoomKeys, TokenHash};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The first one.
    Hello(Hello),
    Join {
        room: RoomKeys,
        after: Option<Seq>,
    },
    Part {
        room: RoomRef,
        reason: Reason,
    },
    /// A private conversation.
    Open {
        nick: NickKeys,
    },
    Post {
        to: RoomRef,
        id: Option<MessageId>,
        content: Content,
    },
    SetTopic {
        room: RoomRef,
        topic: Topic,
    },
    Rename {
        nick: NickKeys,
    },
    Away {
        away: Option<Reason>,
    },
    Quit {
        reason: Reason,
    },
    /// A room the member is in.
    Room {
        room: RoomRef,
    },
    /// Public rooms after this folded name.
    Rooms {
        after: String,
        limit: usize,
    },
    Names {
        room: RoomRef,
        after: MemberId,
        limit: usize,
    },
    Whois {
        nick: NickKeys,
    },
    History {
        room: RoomRef,
        from: Anchor,
        limit: usize,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    pub nick: NickKeys,
    /// For a new session that can be taken up later.
    pub token: Option<TokenHash>,
    /// To take up a session, with the numbers up to which its client has each room.
    pub resume: Option<(TokenHash, Vec<(RoomId, Seq)>)>,
}

/// A room as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomRef {
    Id(RoomId),
    Named(RoomKeys),
    /// The private conversation with that nick.
    With(NickKeys),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Welcome(Welcome),
    Entered(RoomView),
    Left { room: RoomId, label: Label },
    Posted { room: RoomId, label: Label, seq: Seq, at: Time },
    Renamed { nick: Nick },
    Done,
    Bye,
    Room(RoomView),
    Rooms { rooms: Vec<RoomItem>, more: bool },
    Names { room: RoomId, label: Label, members: Vec<NameItem>, more: bool },
    Person(Person),
    Page(Page),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    pub session: SessionId,
    pub member: MemberId,
    pub nick: Nick,
    /// Whether the nick is not the one that was wished for.
    pub suffixed: bool,
    pub resumed: bool,
    pub rooms: Vec<RoomView>,
}

/// A room as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomView {
    pub room: RoomId,
    /// Who looks; names the other one of a private conversation.
    pub viewer: MemberId,
    pub label: Label,
    pub topic: Topic,
    pub members: usize,
    /// What follows this number is delivered.
    pub after: Seq,
    pub head: Seq,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomItem {
    pub name: RoomName,
    pub members: usize,
    pub topic: Topic,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameItem {
    pub member: MemberId,
    pub nick: Nick,
    pub away: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub member: MemberId,
    pub nick: Nick,
    pub away: Option<Reason>,
    pub since: Time,
    pub rooms: Vec<RoomName>,
}

/// A page of the past, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub room: RoomId,
    pub label: Label,
    pub entries: Vec<Arc<Entry>>,
    pub more: bool,
    pub as_of: Seq,
}
