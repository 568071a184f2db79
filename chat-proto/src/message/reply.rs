//! What the server answers. The request number of the frame says which request is meant.

use serde::{Deserialize, Serialize};

use super::{
    BarList, Conversation, Entry, ErrorCode, Grown, PageItem, RoomDoors, RoomInfo, added, family,
};
use crate::{Epoch, MemberId, Nick, Reason, RoomId, RoomName, Seq, SessionId, Time, Token, Topic};

family! {
    /// A server's answer to one request.
    Reply {
        0x4001 => Welcome (grown),
        0x4002 => Pong,
        0x4003 => Done,
        0x4004 => Failed,
        0x4010 => Entered,
        0x4013 => RoomList,
        0x4014 => NameList,
        0x4020 => Posted,
        0x4021 => Page,
        0x4022 => Found,
        0x4031 => Person,
        0x4041 => LoggedIn,
        0x4043 => DeviceList,
        0x4058 => RoomDoors,
        0x4059 => BarList,
        0x4060 => Lines,
    }
}

/// The answer to `Hello`. The rooms of the session follow as `RoomOpened` events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Welcome {
    /// The version both speak from here on.
    pub version: u16,
    /// The program and its version.
    pub server: String,
    /// Cursors that the client holds of another epoch are void: it reads its rooms anew.
    pub epoch: Epoch,
    pub session: SessionId,
    pub member: MemberId,
    /// The nick as it was granted; it may have a suffix.
    pub nick: Nick,
    /// Resumes this session on another connection. Keep it secret.
    pub token: Token,
    /// Whether the session asked for was taken up. If not, this is a new one.
    pub resumed: bool,
    /// The server's clock.
    pub now: Time,
    /// How long the session waits for its client after a lost connection, in seconds.
    pub grace_secs: u32,
    /// Whether the member is an account. Absent in the bytes of older versions: no.
    pub registered: bool,
    /// Logs this client in without a password, if it wanted that. Keep it secret. Absent in the bytes of older versions:
    /// none.
    pub device: Option<Token>,
}

impl Grown for Welcome {
    fn read(payload: &[u8]) -> postcard::Result<Self> {
        let (first, rest) = postcard::take_from_bytes(payload)?;
        let (version, server, epoch, session, member, nick, token, resumed, now, grace_secs) =
            first;
        let (registered, device) = match postcard::take_from_bytes(rest) {
            _ if rest.is_empty() => (false, None),
            read => {
                let (registered, rest) = read?;
                (registered, added(rest)?)
            }
        };
        Ok(Self {
            version,
            server,
            epoch,
            session,
            member,
            nick,
            token,
            resumed,
            now,
            grace_secs,
            registered,
            device,
        })
    }
}

/// The answer to `Ping`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    pub nonce: u64,
}

/// It was done; there is nothing more to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// It was not done, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    pub code: ErrorCode,
    /// For people: what to do about it.
    pub text: String,
}

/// The answer to `Join` and `Open`. Entries of the room follow as events, from the number asked for on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    pub room: RoomInfo,
}

/// A page of the public rooms, ordered by folded name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomList {
    pub rooms: Vec<RoomListItem>,
    /// Whether there are more; ask again with the last name.
    pub more: bool,
}

/// One public room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomListItem {
    pub name: RoomName,
    pub members: u32,
    pub topic: Topic,
}

/// A page of a room's members, ordered by member number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameList {
    pub room: RoomId,
    pub members: Vec<MemberInfo>,
    /// Whether there are more; ask again with the last member.
    pub more: bool,
}

/// One member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberInfo {
    pub member: MemberId,
    pub nick: Nick,
    pub away: bool,
}

/// The message is on disk under this number, and no crash takes it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    pub room: RoomId,
    pub seq: Seq,
    pub at: Time,
}

/// A page of the past, oldest first: messages and topics as they are now, without the entries that changed them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub room: RoomId,
    pub items: Vec<PageItem>,
    /// Whether there are more in the direction asked for.
    pub more: bool,
    /// The page gives the messages as all entries up to this number have left them: changes of them up to here are not
    /// to be applied again.
    pub as_of: Seq,
}

/// A page of what was found, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub hits: Vec<Hit>,
    /// For the next page, if there may be more.
    pub next: Option<u64>,
    /// Messages from this time on may be missing, but for the newest: the server has not indexed them yet.
    pub indexed_up_to: Option<Time>,
}

/// A message that was found, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub room: RoomId,
    pub name: Conversation,
    pub entry: Entry,
    /// An [`Outcome`](super::Outcome) without reactions.
    #[serde(with = "serde_bytes")]
    pub outcome: Vec<u8>,
}

/// What is known of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub member: MemberId,
    pub nick: Nick,
    /// The reason, where they are away.
    pub away: Option<Reason>,
    /// Since when they are here.
    pub since: Time,
    /// The public rooms they are in.
    pub rooms: Vec<RoomName>,
}

/// The member is an account now: the nick was registered, or the session goes on as the account it named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedIn {
    pub member: MemberId,
    pub nick: Nick,
    /// Logs this client in without a password, if it wanted that. Keep it secret.
    pub device: Option<Token>,
}

/// The devices of an account, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceList {
    pub devices: Vec<DeviceInfo>,
}

/// A client that is logged in without a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    pub device: u32,
    /// The program and its version, as it says.
    pub name: Reason,
    pub created: Time,
    /// When it was last used to log in.
    pub used: Time,
    /// Whether this session came with it.
    pub here: bool,
}

/// Lines for people, each safe to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    pub lines: Vec<String>,
}
