//! What a session is asked and what it answers, whatever the protocol.

use std::sync::Arc;

use chat_proto::{
    MemberId, MessageId, Nick, Reaction, Reason, RoomId, RoomName, Secret, Seq, SessionId, Time,
    Topic,
    message::{Anchor, Content, Said},
};

use super::{
    Act, BarsView, Device, DoorsView, Entry, Label, NewDevice, NickKeys, Password, PasswordHash,
    RoomKeys, Shown, State, TokenHash, search::Query,
};

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
    Edit {
        room: RoomRef,
        target: Seq,
        id: Option<MessageId>,
        said: Said,
    },
    Delete {
        room: RoomRef,
        target: Seq,
    },
    React {
        room: RoomRef,
        target: Seq,
        reaction: Reaction,
        on: bool,
    },
    SetTopic {
        room: RoomRef,
        topic: Topic,
    },
    /// How far one has read; none for all there is.
    MarkRead {
        room: RoomRef,
        through: Option<Seq>,
    },
    /// Decides something about a room.
    Door {
        room: RoomRef,
        act: Box<Act>,
    },
    /// How a room is open, and who looks after it.
    Doors {
        room: RoomRef,
    },
    /// Whom a room keeps out and silent, behind the first ones.
    Bars {
        room: RoomRef,
        skip: usize,
        limit: usize,
    },
    /// What was decided about a room.
    Audit {
        room: RoomRef,
        before: Option<Seq>,
        limit: usize,
    },
    Rename {
        nick: NickKeys,
    },
    Away {
        away: Option<Reason>,
    },
    /// Makes one's nick an account.
    Register {
        /// What one calls oneself, where that was said.
        nick: Option<NickKeys>,
        password: Password,
        device: Option<Box<NewDevice>>,
    },
    /// Goes on as an account.
    LogIn {
        nick: NickKeys,
        password: Password,
        device: Option<Box<NewDevice>>,
    },
    /// Where one is logged in without a password.
    Devices,
    Revoke {
        device: u32,
    },
    SetPassword {
        old: Password,
        new: Password,
    },
    /// What is typed behind `/admin`.
    Administer {
        words: Secret,
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
    Search {
        query: Query,
        /// Where the page before said to go on.
        before: Option<u64>,
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
    /// To come in as an account.
    pub login: Option<Box<Login>>,
}

/// How somebody comes in as an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    Password(Password, Option<NewDevice>),
    /// There is none yet; the nick becomes one.
    Register(Password, Option<NewDevice>),
    Device(TokenHash),
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
    Left {
        room: RoomId,
        label: Label,
    },
    Posted {
        room: RoomId,
        label: Label,
        seq: Seq,
        at: Time,
    },
    /// It was so already, as of this number.
    Unchanged {
        room: RoomId,
        label: Label,
        seq: Seq,
    },
    /// So far one has read.
    Marked {
        label: Label,
        read: Seq,
    },
    Renamed {
        nick: Nick,
    },
    /// The nick is an account now.
    Registered {
        member: MemberId,
        nick: Nick,
    },
    Devices {
        devices: Vec<Device>,
        /// By which of them the session came.
        here: Option<u32>,
    },
    /// The session is one of an account now.
    LoggedIn {
        member: MemberId,
        nick: Nick,
    },
    Done,
    Bye,
    Room(RoomView),
    Rooms {
        rooms: Vec<RoomItem>,
        more: bool,
    },
    Names {
        room: RoomId,
        label: Label,
        members: Vec<NameItem>,
        more: bool,
    },
    /// For people.
    Lines(Vec<String>),
    Doors(DoorsView),
    Bars(BarsView),
    Person(Person),
    Page(Page),
    Found(Found),
}

/// What was read for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    Page(Page),
    Hits(Hits),
    /// It is the right password.
    Verified,
    Hashed(PasswordHash),
    Lines(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    pub session: SessionId,
    pub member: MemberId,
    pub nick: Nick,
    /// Whether the nick is not the one that was wished for.
    pub suffixed: bool,
    pub resumed: bool,
    /// Whether the member is an account.
    pub registered: bool,
    pub rooms: Vec<RoomView>,
    /// Where one speaks at first, if one is in the room where everybody starts.
    pub current: Option<RoomId>,
}

impl Welcome {
    /// To a new session that is nowhere yet.
    pub(super) fn new(session: SessionId, member: MemberId, nick: Nick, state: &State) -> Self {
        let registered = state.account(member).is_some();
        let (suffixed, resumed, rooms, current) = (false, false, Vec::new(), None);
        Self { session, member, nick, suffixed, resumed, registered, rooms, current }
    }
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
    pub items: Vec<Shown>,
    pub more: bool,
    pub as_of: Seq,
}

/// What a search gave, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    pub entries: Vec<Arc<Entry>>,
    /// Where to go on, if there may be more.
    pub next: Option<u64>,
    /// Entries from this time on may be missing, but for the newest.
    pub indexed_up_to: Option<Time>,
}

/// What was found, newest first, each with what its room is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub viewer: MemberId,
    pub hits: Vec<(Label, Arc<Entry>)>,
    pub next: Option<u64>,
    pub indexed_up_to: Option<Time>,
}
