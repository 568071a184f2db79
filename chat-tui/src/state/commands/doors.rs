//! Commands about a room's doors: read as line mode reads them, sent as requests.

use chat_proto::{
    RoomId,
    line::{DoorCommand, ModeChange},
    message::{
        Audit, Ban, Bars, Doors, Invite, Kick, Mute, Request, SetMode, SetRole, Unban, Unmute,
    },
};

use super::{Effects, Model, online, refuse, usage};
use crate::state::{RoomKey, requests::Asked, room::Standing};

macro_rules! commands {
    ($($name:ident)*) => {
        $(pub(super) fn $name(model: &mut Model, input: &str, out: &mut Effects) {
            run(model, stringify!($name), input, out);
        })*
    };
}

commands! { mode role invite uninvite kick ban unban mute unmute bans audit }

fn run(model: &mut Model, name: &str, input: &str, out: &mut Effects) {
    let (room, command) = match DoorCommand::parse(name, input) {
        Some(Ok(parsed)) => parsed,
        // What is wrong with it, where that is not how the whole command is written.
        Some(Err(wrong)) if !wrong.starts_with('/') => {
            return refuse(model, &format!("/{name}: write {wrong}"), out);
        }
        _ => return usage(model, name, out),
    };
    if !online(model, out) {
        return;
    }
    match place(model, room.as_deref()) {
        Ok((key, room)) => ask(model, key, room, command, out),
        Err(why) => refuse(model, &why, out),
    }
}

/// The room that is named, or the current one, where the client is in it.
fn place(model: &Model, named: Option<&str>) -> Result<(RoomKey, RoomId), String> {
    let key = match named {
        Some(label) => model.rooms.by_label(label),
        None => model.rooms.current(),
    };
    let entered = |key| model.rooms.get(key).filter(|room| room.standing == Standing::In);
    let found = key.and_then(|key| Some((key, entered(key)?.id?)));
    found.ok_or_else(|| match named {
        Some(label) => format!("you are not in {label}; /join {label}"),
        None => "you are not in this room".to_owned(),
    })
}

fn ask(model: &mut Model, key: RoomKey, room: RoomId, command: DoorCommand, out: &mut Effects) {
    let asked = match &command {
        DoorCommand::Mode(None) => Asked::Doors(key),
        DoorCommand::Bars => Asked::Bars(key, 0),
        DoorCommand::Audit(_) => Asked::Audit(key),
        _ => Asked::Decide(key),
    };
    model.requests.ask(asked, request(room, command), out);
}

fn request(room: RoomId, command: DoorCommand) -> Request {
    let bare = |nick: String| nick.trim_start_matches('@').into();
    match command {
        DoorCommand::Mode(None) => Doors { room }.into(),
        DoorCommand::Mode(Some(change)) => mode_request(room, change).into(),
        DoorCommand::Role { nick, role } => SetRole { room, nick: bare(nick), role }.into(),
        DoorCommand::Invite { nick, on } => Invite { room, nick: bare(nick), on }.into(),
        DoorCommand::Kick { nick, reason } => Kick { room, nick: bare(nick), reason }.into(),
        DoorCommand::Bar { mute: false, whom, secs, reason } => {
            Ban { room, whom: whom.into(), secs, reason }.into()
        }
        DoorCommand::Bar { mute: true, whom, secs, reason } => {
            Mute { room, whom: whom.into(), secs, reason }.into()
        }
        DoorCommand::Free { mute: false, whom } => Unban { room, whom: whom.into() }.into(),
        DoorCommand::Free { mute: true, whom } => Unmute { room, whom: whom.into() }.into(),
        DoorCommand::Bars => Bars { room, skip: 0 }.into(),
        DoorCommand::Audit(limit) => Audit { room, before: None, limit }.into(),
    }
}

fn mode_request(room: RoomId, change: ModeChange) -> SetMode {
    let none = SetMode { room, ..SetMode::default() };
    match change {
        ModeChange::Private(on) => SetMode { private: Some(on), ..none },
        ModeChange::ReadOnly(on) => SetMode { read_only: Some(on), ..none },
        ModeChange::TopicLock(on) => SetMode { topic_lock: Some(on), ..none },
        ModeChange::SlowSecs(secs) => SetMode { slow_secs: Some(secs), ..none },
    }
}
