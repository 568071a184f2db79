//! Rooms with doors: who may come in and speak, who decides about it, and what was decided.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use smol_str::SmolStr;

use crate::{MemberId, Nick, Reason, RoomId, RoomName, Seq, Time, whom::Whom};

/// What somebody is in a room. Each may do what those before it may.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Role {
    #[default]
    Member,
    Moderator,
    Owner,
}

/// How a room is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode {
    /// For those who are invited alone, and unknown to all others.
    pub private: bool,
    /// Moderators speak, the others read.
    pub read_only: bool,
    /// Moderators set the topic.
    pub topic_lock: bool,
    /// How many seconds lie between two messages of one member; 0 for none.
    pub slow_secs: u32,
}

/// What was decided about a room's doors, as an entry of the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// Kind 20: the room is open in this way from here on.
    Mode(Mode),
    /// Kind 21: what somebody is from here on.
    Role { member: MemberId, nick: Nick, role: Role },
    /// Kind 22: somebody is invited, or no more.
    Invited { member: MemberId, nick: Nick, on: bool },
    /// Kind 23: somebody was put out.
    Kicked { member: MemberId, nick: Nick, reason: Reason },
    /// Kind 24: these may not come in, and were put out.
    Banned(Bar),
    /// Kind 25: these may come in again.
    Unbanned { whom: Whom },
    /// Kind 26: these may not speak.
    Muted(Bar),
    /// Kind 27: these may speak again.
    Unmuted { whom: Whom },
}

/// Who is kept out or silent, until when, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    pub whom: Whom,
    /// None for until it is taken back.
    pub until: Option<Time>,
    pub reason: Reason,
}

/// Asks a room to be open in another way; what is none stays. Answered by `Posted` once it is on disk, by `Done` where it
/// was so already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetMode {
    pub room: RoomId,
    pub private: Option<bool>,
    pub read_only: Option<bool>,
    pub topic_lock: Option<bool>,
    pub slow_secs: Option<u32>,
}

/// Makes somebody of the room an owner, a moderator or a member like others. Answered like `SetMode`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRole {
    pub room: RoomId,
    pub nick: SmolStr,
    pub role: Role,
}

/// Invites somebody, or takes that back. Answered like `SetMode`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    pub room: RoomId,
    pub nick: SmolStr,
    pub on: bool,
}

/// Puts somebody out of the room. Answered by `Posted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kick {
    pub room: RoomId,
    pub nick: SmolStr,
    pub reason: String,
}

/// Keeps somebody out of the room. Answered by `Posted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    pub room: RoomId,
    /// A nick, a mask, an address range, `from:nick`.
    pub whom: SmolStr,
    /// For how many seconds; none for until it is taken back.
    pub secs: Option<u64>,
    pub reason: String,
}

/// Takes a ban back. Answered like `SetMode`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unban {
    pub room: RoomId,
    pub whom: SmolStr,
}

/// Keeps somebody from speaking in the room. Answered by `Posted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    pub room: RoomId,
    pub whom: SmolStr,
    pub secs: Option<u64>,
    pub reason: String,
}

/// Lets somebody speak again. Answered like `SetMode`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmute {
    pub room: RoomId,
    pub whom: SmolStr,
}

/// Asks how a room is open and who looks after it. Answered by `RoomDoors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doors {
    pub room: RoomId,
}

/// Asks whom a room keeps out and silent. Answered by `BarList`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bars {
    pub room: RoomId,
    /// How many the pages before had.
    pub skip: u32,
}

/// Asks for what was decided about a room: doors, topics, deletions. Answered by `Page`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    pub room: RoomId,
    /// The first of the page before; none for the last page.
    pub before: Option<Seq>,
    /// Entries wanted, 1 to 500.
    pub limit: u16,
}

/// The answer to `Doors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomDoors {
    pub room: RoomId,
    /// What the member who asks is.
    pub role: Role,
    pub private: bool,
    pub read_only: bool,
    pub topic_lock: bool,
    pub slow_secs: u32,
    pub staff: Vec<Staff>,
}

/// An owner or a moderator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    pub member: MemberId,
    pub nick: Nick,
    pub role: Role,
}

/// The answer to `Bars`: a page of them, bans first, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarList {
    pub room: RoomId,
    pub bars: Vec<BarItem>,
    pub more: bool,
}

/// Who is kept out, or silent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarItem {
    /// Whether they may be in and only not speak.
    pub mute: bool,
    pub bar: Bar,
    pub by: Nick,
    pub at: Time,
}

/// Somebody has invited the member to a room, which they may enter by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    pub room: RoomName,
    pub by: Nick,
}

impl Door {
    /// The first kind of entry that is one, and the last.
    pub const KINDS: std::ops::RangeInclusive<u16> = 20..=27;

    pub(super) const fn kind(&self) -> u16 {
        match self {
            Self::Mode(_) => 20,
            Self::Role { .. } => 21,
            Self::Invited { .. } => 22,
            Self::Kicked { .. } => 23,
            Self::Banned(_) => 24,
            Self::Unbanned { .. } => 25,
            Self::Muted(_) => 26,
            Self::Unmuted { .. } => 27,
        }
    }

    pub(super) fn body(&self) -> postcard::Result<Vec<u8>> {
        match self {
            Self::Mode(mode) => postcard::to_stdvec(mode),
            Self::Role { member, nick, role } => postcard::to_stdvec(&(member, nick, role)),
            Self::Invited { member, nick, on } => postcard::to_stdvec(&(member, nick, on)),
            Self::Kicked { member, nick, reason } => postcard::to_stdvec(&(member, nick, reason)),
            Self::Banned(bar) | Self::Muted(bar) => postcard::to_stdvec(bar),
            Self::Unbanned { whom } | Self::Unmuted { whom } => postcard::to_stdvec(whom),
        }
    }

    pub(super) fn read(kind: u16, body: &[u8]) -> postcard::Result<Self> {
        Ok(match kind {
            20 => Self::Mode(first(body)?),
            21 => first(body).map(|(member, nick, role)| Self::Role { member, nick, role })?,
            22 => first(body).map(|(member, nick, on)| Self::Invited { member, nick, on })?,
            23 => {
                first(body).map(|(member, nick, reason)| Self::Kicked { member, nick, reason })?
            }
            24 => Self::Banned(first(body)?),
            25 => Self::Unbanned { whom: first(body)? },
            26 => Self::Muted(first(body)?),
            27 => Self::Unmuted { whom: first(body)? },
            _ => return Err(postcard::Error::WontImplement),
        })
    }
}

/// What follows belongs to a newer version.
fn first<T: DeserializeOwned>(bytes: &[u8]) -> postcard::Result<T> {
    postcard::take_from_bytes(bytes).map(|(value, _newer)| value)
}

impl Role {
    /// As people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Owner => "owner",
        }
    }

    /// Reads what [`Role::as_str`] gives, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Member, Self::Moderator, Self::Owner]
            .into_iter()
            .find(|role| role.as_str().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `private, read-only, topic locked, slow 10 s`; `public` where nothing else holds.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.private { "private" } else { "public" })?;
        let switches = [(self.read_only, ", read-only"), (self.topic_lock, ", topic locked")];
        switches.iter().filter(|(on, _)| *on).try_for_each(|(_, name)| f.write_str(name))?;
        if self.slow_secs > 0 { write!(f, ", slow {} s", self.slow_secs) } else { Ok(()) }
    }
}

impl Bar {
    /// ` until 2026-11-21T12:03:04.123Z: why`, or ` without end`.
    #[must_use]
    pub fn terms(&self) -> String {
        self.terms_at(&|time| time.to_string())
    }

    fn terms_at(&self, time: &dyn Fn(Time) -> String) -> String {
        format!(" {}{}", Self::ends(self.until, time), because(&self.reason))
    }

    /// `until 2026-11-21T12:03:04.123Z`, or `without end`.
    #[must_use]
    pub fn ends(until: Option<Time>, time: &dyn Fn(Time) -> String) -> String {
        until.map_or_else(|| "without end".to_owned(), |until| format!("until {}", time(until)))
    }
}

fn because(reason: &Reason) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

impl Door {
    /// What was done, to be told of who did it: `banned b* from #ops without end: spam`.
    #[must_use]
    pub fn told(&self, room: &str) -> String {
        self.told_at(room, &|time| time.to_string())
    }

    /// The same, with times as `time` writes them.
    #[must_use]
    pub fn told_at(&self, room: &str, time: &dyn Fn(Time) -> String) -> String {
        match self {
            Self::Mode(mode) => format!("made {room} {mode}"),
            Self::Role { nick, role, .. } => format!("made {nick} {role} of {room}"),
            Self::Invited { nick, on: true, .. } => format!("invited {nick} to {room}"),
            Self::Invited { nick, on: false, .. } => {
                format!("took back the invitation of {nick} to {room}")
            }
            Self::Kicked { nick, reason, .. } => {
                format!("kicked {nick} from {room}{}", because(reason))
            }
            Self::Banned(bar) => format!("banned {} from {room}{}", bar.whom, bar.terms_at(time)),
            Self::Unbanned { whom } => format!("lifted the ban of {whom} from {room}"),
            Self::Muted(bar) => format!("muted {} in {room}{}", bar.whom, bar.terms_at(time)),
            Self::Unmuted { whom } => format!("lets {whom} speak again in {room}"),
        }
    }
}
