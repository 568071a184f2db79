//! Commands about people, and saying things to them.

use chat_proto::{
    MemberId, Nick,
    message::{Away, Names, Rename, Whois},
    name::fold,
};

use super::{Effects, Model, online, refuse, usage};
use crate::state::{
    RoomKey, Title, reading, requests::Asked, room::Standing, session, switch, talk,
};

pub(super) fn msg(model: &mut Model, input: &str, out: &mut Effects) {
    let Some((target, text)) = input.split_once(char::is_whitespace) else {
        return usage(model, "msg", out);
    };
    let Some(key) = target_room(model, target, out) else { return };
    talk::say_in(model, key, text.trim(), false, out);
}

fn target_room(model: &mut Model, target: &str, out: &mut Effects) -> Option<RoomKey> {
    if !target.starts_with('#') {
        return conversation(model, target, out);
    }
    let key = model.rooms.by_label(target);
    if key.is_none() {
        talk::keep(model, &format!("you are not in {target}; /join {target}"), out);
    }
    key
}

/// The conversation with somebody, opened where it is not.
fn conversation(model: &mut Model, target: &str, out: &mut Effects) -> Option<RoomKey> {
    match Nick::parse(target.trim_start_matches('@')) {
        Ok(nick) => Some(switch::open(model, Title::Direct(nick, None), out)),
        Err(error) => {
            refuse(model, &format!("{target}: {error}"), out);
            None
        }
    }
}

pub(super) fn query(model: &mut Model, input: &str, out: &mut Effects) {
    let (nick, text) = input.split_once(char::is_whitespace).unwrap_or((input, ""));
    if nick.is_empty() {
        return usage(model, "query", out);
    }
    let Some(key) = conversation(model, nick, out) else { return };
    switch::go(model, key);
    talk::say(model, text.trim(), false, out);
}

pub(super) fn me(model: &mut Model, text: &str, out: &mut Effects) {
    if text.is_empty() { usage(model, "me", out) } else { talk::say(model, text, true, out) }
}

pub(super) fn nick(model: &mut Model, name: &str, out: &mut Effects) {
    match Nick::parse(name) {
        Ok(nick) if model.is_online() => {
            let rename = Rename { nick: nick.clone().into() };
            model.requests.ask(Asked::Rename(nick), rename, out);
        }
        Ok(nick) => otherwise(model, nick, out),
        Err(error) => refuse(model, &error.to_string(), out),
    }
}

/// Offline, the next hello asks for the nick. It is said at once where the last one was refused.
fn otherwise(model: &mut Model, nick: Nick, out: &mut Effects) {
    let before = std::mem::replace(&mut model.nick, nick);
    if model.unwelcome || model.logged_out {
        // What another nick logs in by is of no use to this one.
        model.login.take_if(|_| fold(before.as_str()) != fold(model.nick.as_str()));
        session::connect(model, out);
    }
}

pub(super) fn names(model: &mut Model, _input: &str, out: &mut Effects) {
    let Some(key) = model.rooms.current().filter(|_| online(model, out)) else { return };
    let entered = model.rooms.get(key).filter(|room| room.standing == Standing::In);
    match entered.and_then(|room| room.id) {
        Some(room) => {
            let names = Names { room, after: MemberId(0) };
            model.requests.ask(Asked::Names(key, true), names, out);
        }
        None => refuse(model, "you are not in this room", out),
    }
}

pub(super) fn whois(model: &mut Model, nick: &str, out: &mut Effects) {
    if nick.is_empty() {
        usage(model, "whois", out);
    } else if online(model, out) {
        let nick = nick.trim_start_matches('@');
        model.requests.ask(Asked::Whois, Whois { nick: nick.into() }, out);
    }
}

pub(super) fn away(model: &mut Model, reason: &str, out: &mut Effects) {
    if online(model, out) {
        model.requests.ask(Asked::Away(true), Away { reason: Some(reason.into()) }, out);
    }
}

pub(super) fn back(model: &mut Model, _input: &str, out: &mut Effects) {
    if online(model, out) {
        model.requests.ask(Asked::Away(false), Away { reason: None }, out);
    }
}

pub(super) fn ignore(model: &mut Model, nick: &str, out: &mut Effects) {
    if nick.is_empty() {
        let all: Vec<&str> = model.ignored.iter().map(|nick| nick.as_str()).collect();
        let text = format!(
            "you do not listen to: {}",
            if all.is_empty() { "nobody".into() } else { all.join(", ") }
        );
        return model.inform(text, out);
    }
    model.ignored.insert(fold(nick));
    reading::hush(model, nick);
    model.inform(format!("what {nick} says from now on is not shown"), out);
}

pub(super) fn unignore(model: &mut Model, nick: &str, out: &mut Effects) {
    if nick.is_empty() {
        usage(model, "unignore", out);
    } else if model.ignored.remove(&fold(nick)) {
        model.inform(format!("you listen to {nick} again"), out);
    } else {
        refuse(model, &format!("you did not ignore {nick}"), out);
    }
}
