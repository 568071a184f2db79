//! What a session wants done, and what it is shown to decide it.

use std::{collections::VecDeque, net::IpAddr};

use chat_proto::{MemberId, Nick, Reason, RoomId, RoomName, Secret, Seq, Time, message::Anchor};

use crate::core::{
    Access, Change, Label, Password, PasswordHash, Refusal, Reply, RoomKeys, RoomView, State,
    search::Query,
};

/// What the session wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Append(Change),
    /// Read a page for a request of this room.
    Read {
        room: RoomId,
        /// Who asks: a page says which reactions are theirs.
        viewer: MemberId,
        from: Anchor,
        limit: usize,
    },
    /// Read what was decided about this room.
    Audit {
        room: RoomId,
        before: Option<Seq>,
        limit: usize,
    },
    /// Search in these rooms.
    Search {
        query: Query,
        rooms: Vec<RoomId>,
        before: Option<u64>,
        limit: usize,
    },
    /// Look whether it is the password of which the hash is kept; without one it is not.
    Verify {
        hash: Option<PasswordHash>,
        password: Password,
    },
    /// Hash a password, of a new account or of one there is.
    Hash {
        password: Password,
        registers: bool,
    },
    /// Answers the oldest request that has none.
    Reply(Result<Reply, Refusal>),
    /// Deliver what comes after `after`; up to `past` it is old.
    Follow {
        room: RoomId,
        after: Seq,
        past: Seq,
    },
    Unfollow(RoomId),
    /// Count what this member, an account, has not read there; whether it is told to people too.
    Count {
        room: RoomId,
        viewer: MemberId,
        tell: bool,
    },
    /// Hear what is told to this member.
    FollowMember(MemberId),
    /// Call [`Session::look_again`](super::Session::look_again): something may have been told to the member before it was heard.
    LookAgain,
    /// A room has opened without being asked for.
    Opened(RoomView),
    /// What this room goes on with is no longer kept, up to its `after`.
    Skipped(RoomView),
    /// A room has closed without being asked for.
    Closed {
        room: RoomId,
        label: Option<Label>,
        reason: Reason,
    },
    /// Somebody invites the member.
    Invited {
        room: RoomName,
        by: Nick,
        /// By its name they mean another room, until they leave that one.
        hidden: bool,
    },
    /// Ask the server for what an administrator wants.
    Administer {
        by: Nick,
        words: Secret,
    },
    /// Look whether it is the token that makes the account one of an administrator.
    Claim {
        nick: Nick,
        token: Secret,
    },
    /// An administrator tells something to all.
    Announced(Reason),
    Close(Refusal),
}

/// What the operator has set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everybody starts; none for nowhere.
    pub lobby: Option<RoomKeys>,
    /// Rooms a member may be in.
    pub rooms_max: usize,
    /// Members of a room, as far as they do not come at the very same time.
    pub members_max: usize,
    pub access: Access,
    /// Whether passwords are refused where others may listen.
    pub require_tls: bool,
}

/// What a session reads when it handles something.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub state: &'a State,
    pub settings: &'a Settings,
    /// Where the connection comes from.
    pub from: Option<IpAddr>,
    pub now: Time,
}

/// In the order in which they are to be carried out.
pub type Effects = VecDeque<Effect>;
