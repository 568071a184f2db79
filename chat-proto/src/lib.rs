//! The language that `chat-server` and its clients speak.
//!
//! Everything here turns bytes into checked values or values into bytes; nothing reads a clock or a socket. The wire
//! formats are described byte for byte in `PROTOCOL.md` beside this crate.
//!
//! - [`name`], [`text`], [`reaction`] and [`whom`]: what people may call themselves and others, and say, validated once
//!   at the edge;
//! - [`mention`]: whether a text names somebody;
//! - [`secret`]: passwords, which nobody is to see;
//! - [`id`]: numbers and times as types;
//! - [`message`]: requests, replies and events of the framed protocol;
//! - [`frame`] and [`version`]: how they stand in the byte stream;
//! - [`mod@line`]: the line protocol for `nc`, `telnet` and scripts;
//! - [`fingerprint`]: how a server's certificate is named.

pub mod id;
pub mod mention;
pub mod name;
pub mod reaction;
pub mod secret;
pub mod text;
pub mod whom;

pub mod message;

pub mod frame;
pub mod version;

pub mod line;

pub mod fingerprint;

pub use fingerprint::Fingerprint;
pub use id::{Epoch, MemberId, MessageId, RoomId, Seq, SessionId, Time, Token};
pub use mention::mentions;
pub use name::{Nick, RoomName};
pub use reaction::Reaction;
pub use secret::Secret;
pub use text::{Reason, Text, Topic};
pub use whom::Whom;

/// Members of a room up to which it is told who comes, goes, is renamed or is away. In a crowd nobody could follow that,
/// and each coming would cost as much as a message to all.
pub const PEOPLE_TOLD_MAX: usize = 500;

/// The examples of the README, which must compile and hold.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
