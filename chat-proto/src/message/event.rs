//! What the server tells without being asked.

use serde::{Deserialize, Serialize};

use super::{Content, ErrorCode, Invited, family};
use crate::{MemberId, MessageId, Nick, Reason, RoomId, RoomName, Seq, Time, Topic};

family! {
    /// Something that happened. An event of an unknown type is to be ignored.
    Event {
        0x8001 => RoomEntry,
        0x8002 => RoomOpened,
        0x8003 => RoomClosed,
        0x8004 => ReadMarker,
        0x8010 => MemberJoined,
        0x8011 => MemberLeft,
        0x8012 => MemberRenamed,
        0x8013 => MemberAway,
        0x8014 => MembersStale,
        0x8020 => Alive,
        0x8021 => Closing,
        0x8022 => Slowed,
        0x8030 => Invited,
        0x8031 => Announced,
    }
}

/// The next entry of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEntry {
    pub room: RoomId,
    pub entry: Entry,
}

/// One numbered entry of a room's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub seq: Seq,
    /// When the server took it.
    pub at: Time,
    pub by: MemberId,
    /// The author's nick at that time.
    pub nick: Nick,
    /// As the author chose it, so that their client knows its own.
    pub id: MessageId,
    /// What sort of entry; an unknown one counts and is otherwise left alone.
    pub kind: u16,
    /// The content, to be read according to `kind`.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

impl Entry {
    /// The content, [`Content::Unknown`] where a newer version wrote it.
    #[must_use]
    pub fn content(&self) -> Content {
        Content::read(self.kind, &self.body)
    }
}

/// The session is in this room: at login, because somebody opened a private conversation, or because the member
/// entered it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomOpened {
    pub room: RoomInfo,
}

/// A room as its members see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    pub room: RoomId,
    pub name: Conversation,
    pub topic: Topic,
    pub members: u32,
    /// Entries after this number follow as events.
    pub after: Seq,
    /// The number of the room's last entry.
    pub head: Seq,
}

/// What a room is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conversation {
    /// Open to all under its name.
    Public(RoomName),
    /// Between the member and this one other.
    Direct(MemberId, Nick),
}

/// The session is no longer in this room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomClosed {
    pub room: RoomId,
    pub reason: Reason,
}

/// How far the member, an account, has read in a room, and what is unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMarker {
    pub room: RoomId,
    /// The number of the last entry that was read.
    pub read: Seq,
    /// Messages of others after it; [`UNREAD_MAX`] for that many or more.
    pub unread: u32,
    /// Those among them that name the member; in a private conversation all.
    pub mentions: u32,
    /// Up to which number was counted.
    pub as_of: Seq,
}

/// Unread messages are counted up to this.
pub const UNREAD_MAX: u32 = 1000;

/// Somebody came into a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberJoined {
    pub room: RoomId,
    pub member: MemberId,
    pub nick: Nick,
}

/// Somebody went out of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberLeft {
    pub room: RoomId,
    pub member: MemberId,
    pub nick: Nick,
    /// Whether they left the server, not only the room.
    pub quit: bool,
    pub reason: Reason,
}

/// Somebody in a room is called otherwise from here on; told once for each room that both are in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRenamed {
    pub room: RoomId,
    pub member: MemberId,
    pub old: Nick,
    pub nick: Nick,
}

/// Somebody in a room is away, or, without a reason, back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberAway {
    pub room: RoomId,
    pub member: MemberId,
    pub nick: Nick,
    pub away: Option<Reason>,
}

/// Comings and goings of this room were left out while the client did not keep up: ask for its names again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersStale {
    pub room: RoomId,
}

/// The server asks whether the client is still there; any request (a `Ping`, say) is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alive {}

/// The last words of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    pub code: ErrorCode,
    pub text: String,
    /// Whether to connect again and resume, and after how many milliseconds at the earliest.
    pub come_back_millis: Option<u32>,
}

/// Requests come faster than they are taken: from here on so many a second are. None is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slowed {
    pub per_sec: u32,
}

/// An administrator tells something to everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    pub text: Reason,
}
