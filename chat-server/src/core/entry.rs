//! What the log gives out.

use std::sync::Arc;

use chat_proto::{
    MemberId, MessageId, Nick, Reason, RoomId, RoomName, Seq, SessionId, Time,
    message::{Content, EditMark, Outcome, ReactionCount},
};

use super::Refusal;

/// One kept entry of a room; a message as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Position among all kept entries of the log.
    pub pos: u64,
    pub room: RoomId,
    pub seq: Seq,
    pub at: Time,
    pub by: MemberId,
    /// The author's nick at that time.
    pub nick: Nick,
    pub id: MessageId,
    pub content: Content,
    /// Its last edit, of a message.
    pub edited: Option<EditMark>,
}

/// A message, or what else is a row of its own in a timeline, with all that became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub entry: Arc<Entry>,
    /// In the order in which they were first given, as the member who asks sees them.
    pub reactions: Vec<ReactionCount>,
}

impl Shown {
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome { edited: self.entry.edited, reactions: self.reactions.clone() }
    }
}

/// What a room is called by those who are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    Public(RoomName),
    /// Each of the two sees the other's nick.
    Direct([(MemberId, Nick); 2]),
}

impl Label {
    /// The other one of a private conversation.
    #[must_use]
    pub fn peer_of(&self, member: MemberId) -> Option<&(MemberId, Nick)> {
        match self {
            Self::Public(_) => None,
            Self::Direct(pair) => pair.iter().find(|(id, _)| *id != member).or(pair.first()),
        }
    }
}

/// What is told to those who follow a room or a member, in log order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Kept, numbered.
    Entry(Arc<Entry>),
    Joined {
        member: MemberId,
        nick: Nick,
    },
    Left {
        member: MemberId,
        nick: Nick,
        quit: bool,
        reason: Reason,
    },
    Renamed {
        member: MemberId,
        old: Nick,
        nick: Nick,
    },
    Away {
        member: MemberId,
        nick: Nick,
        away: Option<Reason>,
    },
    /// Somebody was put out of the room; nothing that follows is for them.
    Expelled {
        member: MemberId,
        nick: Nick,
        reason: Reason,
    },
    /// To a member: you are in this room from after this number on.
    Opened {
        room: RoomId,
        after: Seq,
    },
    /// To a member: you are no longer in this room.
    Closed {
        room: RoomId,
        reason: Reason,
    },
    /// To a member: somebody invites them.
    Invited {
        room: RoomId,
        by: Nick,
    },
    /// To a member: this session of theirs has moved their read marker.
    Marked {
        room: RoomId,
        by: SessionId,
    },
    /// To a member: this session goes on under a newer connection, or has ended (no generation).
    Taken {
        session: SessionId,
        generation: Option<u32>,
    },
    /// To a member: somebody ended this session, and why.
    Ended {
        session: SessionId,
        why: Refusal,
    },
    /// To a member, as to all.
    Announced {
        text: Reason,
    },
}

impl Told {
    /// The number, of what has one.
    #[must_use]
    pub fn seq(&self) -> Option<Seq> {
        match self {
            Self::Entry(entry) => Some(entry.seq),
            _ => None,
        }
    }

    /// Who did it.
    #[must_use]
    pub fn by(&self) -> Option<MemberId> {
        match self {
            Self::Entry(entry) => Some(entry.by),
            Self::Joined { member, .. }
            | Self::Left { member, .. }
            | Self::Renamed { member, .. }
            | Self::Away { member, .. } => Some(*member),
            Self::Expelled { .. }
            | Self::Opened { .. }
            | Self::Closed { .. }
            | Self::Invited { .. }
            | Self::Marked { .. }
            | Self::Taken { .. }
            | Self::Ended { .. }
            | Self::Announced { .. } => None,
        }
    }
}
