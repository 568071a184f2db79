//! What peers ask about the doors of rooms.

use chat_proto::{
    RoomId, Seq,
    message::{
        Audit, Ban, Bars, Doors, Invite, Kick, Mute, Request, Role, SetMode, SetRole, Unban, Unmute,
    },
};
use smol_str::SmolStr;

use crate::fuzz::bytes::Bytes;

/// Whom bans and mutes mean, as people write it; some are nobody.
const WHOM: &[&str] = &[
    "alice",
    "BOB",
    "a*",
    "*",
    "?ob*",
    "from:bob",
    "203.0.113.0/24",
    "::/0",
    "10.0.0.0/33",
    "\u{1b}[31m*",
    "",
];

pub(super) fn request(bytes: &mut Bytes<'_>, room: RoomId, nick: SmolStr) -> Request {
    let whom: SmolStr = bytes.one_of(WHOM).into();
    let secs = bytes.flag().then(|| u64::from(bytes.byte()) << (bytes.byte() % 60));
    let reason = nick.to_string();
    let on = bytes.flag();
    match bytes.below(14) {
        0..=3 => mode(bytes, room, on).into(),
        4 => SetRole { room, nick, role: bytes.one_of(&ROLES) }.into(),
        5..=6 => Invite { room, nick, on }.into(),
        7 => Kick { room, nick, reason }.into(),
        8 => Ban { room, whom, secs, reason }.into(),
        9 => Unban { room, whom }.into(),
        10 => Mute { room, whom, secs, reason }.into(),
        11 => Unmute { room, whom }.into(),
        12 => Bars { room, skip: u32::from(bytes.byte()) }.into(),
        _ if on => Doors { room }.into(),
        _ => Audit { room, before: secs.map(Seq), limit: u16::from(bytes.byte()) }.into(),
    }
}

const ROLES: [Role; 3] = [Role::Member, Role::Moderator, Role::Owner];

fn mode(bytes: &mut Bytes<'_>, room: RoomId, on: bool) -> SetMode {
    let none = SetMode { room, ..SetMode::default() };
    match bytes.below(6) {
        0 => SetMode { read_only: Some(on), ..none },
        1 => SetMode { topic_lock: Some(on), ..none },
        2 => SetMode { slow_secs: Some(u32::from(bytes.byte())), ..none },
        _ => SetMode { private: Some(on), ..none },
    }
}
