//! What goes into the log, and what comes out of applying it.

use std::{fmt, net::IpAddr, sync::Arc};

use chat_proto::{
    MemberId, MessageId, Nick, Reaction, Reason, RoomId, Seq, SessionId, Time, Topic,
    message::{Content, ErrorCode, Said},
};

use super::{
    Account, Act, Deed, Device, Entry, Member, NewDevice, NickKeys, PasswordHash, Proof, Room,
    RoomKeys, SERVER, SessionState, Stake, TokenHash, Told,
};

/// One act of a session, judged where the log puts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub at: Time,
    /// Who acts; ignored by those that make or take up a session ([`What::Arrive`], [`What::Enrol`], [`What::LogIn`],
    /// [`What::Resume`]), and by [`What::Forget`].
    pub by: SessionId,
    /// Where the connection comes from that asks for it.
    pub from: Option<IpAddr>,
    pub what: What,
}

impl Change {
    /// Of the server itself or its operator: of no session.
    #[must_use]
    pub const fn by_server(at: Time, what: What) -> Self {
        Self { at, by: SessionId(0), from: None, what }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A guest comes in. The stem is what a suffix is put to where the nick is taken.
    Arrive {
        nick: NickKeys,
        stem: NickKeys,
        token: Option<TokenHash>,
    },
    /// Somebody comes in, and makes the nick an account.
    Enrol {
        nick: NickKeys,
        password: PasswordHash,
        token: Option<TokenHash>,
        device: Option<NewDevice>,
    },
    /// A new session of an account.
    LogIn {
        account: MemberId,
        proof: Proof,
        token: Option<TokenHash>,
        device: Option<NewDevice>,
    },
    /// A guest's session goes on as one of an account.
    SignIn {
        account: MemberId,
        proof: Proof,
        device: Option<NewDevice>,
    },
    /// A guest's nick becomes an account.
    Register {
        password: PasswordHash,
        device: Option<NewDevice>,
    },
    /// The token of a device is void from here on.
    Revoke {
        device: u32,
    },
    /// Another password instead of that of this version.
    SetPassword {
        version: u32,
        password: PasswordHash,
    },
    /// The operator's act.
    Operate(Deed),
    /// A new connection takes up a session.
    Resume {
        token: TokenHash,
    },
    /// A session ends; with a generation, only if it was not taken up since.
    Leave {
        generation: Option<u32>,
        reason: Reason,
    },
    Join {
        room: RoomKeys,
        rooms_max: usize,
        /// Whether the member owns the room where this makes it.
        owned: bool,
    },
    Part {
        room: RoomId,
        reason: Reason,
    },
    /// Opens the private conversation with somebody who is here.
    Open {
        nick: NickKeys,
    },
    Post {
        to: To,
        id: Option<MessageId>,
        content: Content,
    },
    /// Another text for a message; what it answers stays.
    Edit {
        room: RoomId,
        target: Seq,
        id: Option<MessageId>,
        said: Said,
    },
    Delete {
        room: RoomId,
        target: Seq,
    },
    React {
        room: RoomId,
        target: Seq,
        reaction: Reaction,
        on: bool,
    },
    Topic {
        room: RoomId,
        topic: Topic,
    },
    Rename {
        nick: NickKeys,
    },
    Away {
        away: Option<Reason>,
    },
    /// An account has read up to this number; none for all there is.
    MarkRead {
        room: RoomId,
        through: Option<Seq>,
    },
    /// Decides something about a room.
    Door {
        room: RoomId,
        act: Box<Act>,
    },
    /// The server's own act: a room's entries up to this number are kept no longer.
    Forget {
        room: RoomId,
        through: Seq,
    },
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    Room(RoomId),
    Nick(NickKeys),
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The session is here, new or taken up.
    Here {
        session: SessionId,
        member: MemberId,
        generation: u32,
        nick: Nick,
        rooms: Vec<(RoomId, Seq)>,
    },
    /// The member is in the room; its last number at that point of the log.
    Entered {
        room: RoomId,
        head: Seq,
        new: bool,
    },
    Posted {
        room: RoomId,
        seq: Seq,
        at: Time,
    },
    /// It was so already, as of this number of the room.
    Unchanged {
        room: RoomId,
        seq: Seq,
    },
    /// So far the member has read.
    Marked {
        room: RoomId,
        read: Seq,
    },
    Done,
}

/// Why a change was refused; nothing of it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: ErrorCode,
    /// For people: what to do.
    pub text: String,
}

impl Refusal {
    #[must_use]
    pub fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}

/// What a group of applied changes asks of the store and of those who listen.
#[derive(Debug, Default)]
pub struct Group {
    /// For the store, in order.
    pub rows: Vec<Row>,
    /// For the tail, in order.
    pub told: Vec<(Channel, Told)>,
}

/// Whom something is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Room(RoomId),
    Member(MemberId),
}

/// One write of the store.
#[derive(Clone, Debug)]
pub enum Row {
    /// `keyed`: its id was chosen by the client and may come again.
    Entry {
        entry: Arc<Entry>,
        keyed: bool,
    },
    /// A message as it is from here on, and as it was.
    Outcome {
        entry: Arc<Entry>,
        before: Arc<Entry>,
    },
    Room(RoomId, Arc<Room>),
    RoomGone(RoomId),
    /// It is deleted: from here on it is not a room any more, though its entries still go.
    RoomClosed(RoomId),
    /// Nothing of a closed room is left.
    RoomDiscarded(RoomId),
    Member(MemberId, Arc<Member>),
    MemberGone(MemberId),
    /// But for its devices.
    Account(MemberId, Arc<Account>),
    /// With its devices.
    AccountGone(MemberId),
    /// A device, new or used again.
    Device {
        account: MemberId,
        device: Device,
        new: bool,
    },
    DeviceGone {
        account: MemberId,
        number: u32,
    },
    /// From which number on; none for no longer.
    Membership {
        room: RoomId,
        member: MemberId,
        after: Option<Seq>,
    },
    /// How far an account has read. It goes with its membership.
    Marker {
        member: MemberId,
        room: RoomId,
        read: Seq,
    },
    /// What the doors of a room are made of.
    Door(RoomId, Stake),
    Session(SessionId, SessionState),
    SessionGone(SessionId),
    /// The room's entries up to this number are kept no longer; its last number stays.
    Forgotten {
        room: RoomId,
        through: Seq,
        head: Seq,
    },
}

impl Row {
    /// Whether it must be on disk before anybody hears of it. The rest only has to outlive the process.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        matches!(
            self,
            Self::Entry { .. }
                | Self::Outcome { .. }
                | Self::Account(..)
                | Self::AccountGone(_)
                | Self::Device { new: true, .. }
                | Self::DeviceGone { .. }
                | Self::RoomClosed(_)
                | Self::RoomDiscarded(_)
                // Of a room an entry goes with it.
                | Self::Door(SERVER, _)
        )
    }

    /// What it makes of an entry.
    #[must_use]
    pub const fn entry(&self) -> Option<&Arc<Entry>> {
        match self {
            Self::Entry { entry, .. } | Self::Outcome { entry, .. } => Some(entry),
            _ => None,
        }
    }
}
