//! What a client asks. Names and texts are as typed: the server parses them and answers what is wrong with them.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{
    Audit, Ban, Bars, Doors, Grown, Invite, Kick, Mute, Part, SetMode, SetRole, Unban, Unmute,
    added, family,
};
use crate::{Epoch, MessageId, RoomId, Secret, Seq, Time, Token};

family! {
    /// A client's request. Every one gets exactly one [`Reply`](super::Reply) with the same request number.
    Request {
        0x0001 => Hello (grown),
        0x0002 => Ping,
        0x0003 => Quit,
        0x0010 => Join,
        0x0011 => Leave,
        0x0012 => Open,
        0x0013 => Rooms,
        0x0014 => Names,
        0x0015 => SetTopic,
        0x0020 => Post,
        0x0021 => History,
        0x0022 => Search,
        0x0023 => Edit,
        0x0024 => Delete,
        0x0025 => React,
        0x0026 => MarkRead,
        0x0030 => Rename,
        0x0031 => Whois,
        0x0032 => Away,
        0x0040 => Register,
        0x0041 => LogIn,
        0x0042 => SetPassword,
        0x0043 => Devices,
        0x0044 => Revoke,
        0x0050 => SetMode,
        0x0051 => SetRole,
        0x0052 => Invite,
        0x0053 => Kick,
        0x0054 => Ban,
        0x0055 => Unban,
        0x0056 => Mute,
        0x0057 => Unmute,
        0x0058 => Doors,
        0x0059 => Bars,
        0x005A => Audit,
        0x0060 => Administer,
    }
}

/// The first request: which versions the client speaks and who it is. Answered by `Welcome`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hello {
    pub version_min: u16,
    pub version_max: u16,
    /// The program and its version, for the operator's log: `chat-tui 0.1.0`.
    pub agent: SmolStr,
    /// The nick wished for; taken ones get a suffix.
    pub nick: SmolStr,
    /// To take up a session that this client had.
    pub resume: Option<Resume>,
    /// To come in as the account of that nick, unless a session is taken up. Absent in the bytes of older versions: none.
    pub login: Option<Login>,
}

impl Grown for Hello {
    fn read(payload: &[u8]) -> postcard::Result<Self> {
        let (first, rest) = postcard::take_from_bytes(payload)?;
        let (version_min, version_max, agent, nick, resume) = first;
        Ok(Self { version_min, version_max, agent, nick, resume, login: added(rest)? })
    }
}

/// How somebody shows that an account is theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Login {
    /// By its password; whether the client wants a token instead of it for the next time.
    Password { password: Secret, remember: bool },
    /// There is none yet: the nick becomes one, with this password.
    Register { password: Secret, remember: bool },
    /// By the token that was given then.
    Device(Token),
}

/// How a client that was here before goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    pub token: Token,
    /// The log that the cursors belong to.
    pub epoch: Epoch,
    /// The last number the client has of each room; a room that is not listed is delivered
    /// from where the member entered it.
    pub cursors: Vec<(RoomId, Seq)>,
}

/// Asks for a `Pong`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    pub nonce: u64,
}

/// Ends the session for good; answered by `Done`, then the server closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quit {
    pub reason: SmolStr,
}

/// Enters a room, making it where there is none. Answered by `Entered`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    pub room: SmolStr,
    /// Deliver what follows this number first; without it the room begins at its end.
    pub after: Option<Seq>,
}

/// Leaves a room. Answered by `Done`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    pub room: RoomId,
    pub reason: SmolStr,
}

/// Opens the private conversation with somebody who is here. Answered by `Entered`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub nick: SmolStr,
}

/// Lists rooms by name, a page at a time. Answered by `RoomList`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rooms {
    /// The last name of the page before; empty for the first page.
    pub after: SmolStr,
}

/// Lists the members of a room the client is in, a page at a time. Answered by `NameList`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    pub room: RoomId,
    /// The last member of the page before; 0 for the first page.
    pub after: crate::MemberId,
}

/// Sets or, empty, removes the topic of a room. Answered by `Posted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTopic {
    pub room: RoomId,
    pub topic: SmolStr,
}

/// Says something. Answered by `Posted` once it is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    pub room: RoomId,
    /// Sent again with the same id and content it is still one message.
    pub id: MessageId,
    /// `/me`: the text says what its author does.
    pub action: bool,
    pub text: String,
    /// Anything a client adds to the text, relayed and stored even where nobody understands it.
    pub parts: Vec<Part>,
    /// The message of the same room that it answers.
    pub reply_to: Option<Seq>,
}

/// Reads a page of the past. Answered by `Page`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    pub room: RoomId,
    pub from: Anchor,
    /// Messages wanted, 1 to 500; a page also ends before it would outgrow a frame.
    pub limit: u16,
}

/// Where a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Anchor {
    /// The last messages there are.
    Latest,
    /// The messages before this number, nearest last.
    Before(Seq),
    /// The messages after this number.
    After(Seq),
    /// The messages from this time on.
    Since(Time),
}

/// Looks for what was said in the rooms that the member is in. Answered by `Found`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Words, `"phrases"`, `from:nick`, `in:#room`, `before:2026-11-21`, `after:2026-11-21`.
    pub query: String,
    /// What the page before gave as `next`; none for the first page.
    pub before: Option<u64>,
    /// Messages wanted, 1 to 100; a page also ends before it would outgrow a frame.
    pub limit: u16,
}

/// Gives a message of one's own another text. Answered by `Posted` once it is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub room: RoomId,
    /// The message.
    pub target: Seq,
    /// Sent again with the same id and content it is still one edit.
    pub id: MessageId,
    pub text: String,
    /// These take the place of the message's parts.
    pub parts: Vec<Part>,
}

/// Deletes a message of one's own. Answered by `Posted` once it is on disk, by `Done` where it was deleted already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    pub room: RoomId,
    /// The message.
    pub target: Seq,
}

/// Puts a reaction to a message, or takes one's own back. Answered by `Posted` once it is on disk, by `Done` where it
/// was so already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    pub room: RoomId,
    /// The message.
    pub target: Seq,
    pub reaction: SmolStr,
    pub on: bool,
}

/// Says how far the member has read; never moves backwards, and is for accounts. Answered by `Done`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkRead {
    pub room: RoomId,
    /// The number of the last entry that was read.
    pub seq: Seq,
}

/// Asks for another nick. Answered by `Done`, or by `nick-taken`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rename {
    pub nick: SmolStr,
}

/// Asks about somebody who is here. Answered by `Person`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whois {
    pub nick: SmolStr,
}

/// Says that the member is away, or, without a reason, back. Answered by `Done`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    pub reason: Option<SmolStr>,
}

/// Makes the member's nick an account with this password. Answered by `LoggedIn` once it is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    pub password: Secret,
    /// Whether the client wants a token instead of the password for the next time.
    pub remember: bool,
}

/// Goes on as an account instead of as a guest. Answered by `LoggedIn`; what becomes of the rooms follows as events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogIn {
    pub nick: SmolStr,
    pub password: Secret,
    /// Whether the client wants a token instead of the password for the next time.
    pub remember: bool,
}

/// Gives the member's account another password. Answered by `Done` once it is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPassword {
    pub old: Secret,
    pub new: Secret,
}

/// Asks where the member's account is logged in without a password. Answered by `DeviceList`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Devices {}

/// Makes the token of a device void, and ends the sessions that came with it. Answered by `Done` once it is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoke {
    pub device: u32,
}

/// What an administrator types behind `/admin`. Answered by `Lines`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Administer {
    /// The token of `claim TOKEN` is a secret.
    pub words: Secret,
}
