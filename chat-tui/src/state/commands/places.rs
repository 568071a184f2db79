//! Commands about rooms.

use chat_proto::{
    RoomName,
    message::{Rooms, SetTopic},
};

use super::{Effects, Model, online, refuse, usage};
use crate::state::{
    Title, overlay::Overlay, reading, requests::Asked, room::Standing, search, switch, talk, travel,
};

pub(super) fn join(model: &mut Model, input: &str, out: &mut Effects) {
    if input.is_empty() {
        return usage(model, "join", out);
    }
    for word in input.split([' ', ',']).filter(|word| !word.is_empty()) {
        match room_name(word) {
            Ok(name) => {
                let key = switch::open(model, Title::Public(name), out);
                switch::go(model, key);
            }
            Err(error) => refuse(model, &format!("{word}: {error}"), out),
        }
    }
}

/// The `#` may be left out.
pub(in crate::state) fn room_name(word: &str) -> Result<RoomName, chat_proto::name::NameError> {
    if word.starts_with('#') { RoomName::parse(word) } else { RoomName::parse(&format!("#{word}")) }
}

pub(super) fn part(model: &mut Model, reason: &str, out: &mut Effects) {
    let (named, rest) = match reason.split_once(' ') {
        Some((word, rest)) => (model.rooms.by_label(word), rest),
        None => (model.rooms.by_label(reason), ""),
    };
    match (named, model.rooms.current()) {
        (Some(key), _) => switch::part(model, key, rest, out),
        (None, Some(key)) => switch::part(model, key, reason, out),
        (None, None) => refuse(model, "you are in no room", out),
    }
}

/// Notes that all of a room was read; its new messages are new no more.
pub(super) fn read(model: &mut Model, label: &str, out: &mut Effects) {
    let named = if label.is_empty() { model.rooms.current() } else { model.rooms.by_label(label) };
    match named {
        Some(key) => {
            reading::see(model, key);
            reading::report(model, true, out);
            if let Some(room) = model.rooms.get_mut(key) {
                room.mark = None;
            }
        }
        None if label.is_empty() => refuse(model, "you are in no room", out),
        None => refuse(model, &format!("you are not in {label}"), out),
    }
}

pub(super) fn list(model: &mut Model, _input: &str, out: &mut Effects) {
    if !online(model, out) {
        return;
    }
    if !model.settings.plain {
        model.overlay = Some(Overlay::all_rooms());
    }
    model.requests.ask(Asked::Rooms, Rooms { after: "".into() }, out);
}

pub(super) fn topic(model: &mut Model, text: &str, out: &mut Effects) {
    let Some((key, room)) = model.rooms.current().zip(model.rooms.current_room()) else {
        return talk::keep(model, "you are in no room", out);
    };
    if text.is_empty() {
        let topic = if room.topic.is_empty() { "there is no topic" } else { room.topic.as_str() };
        return model.inform(topic.to_owned(), out);
    }
    let entered = room.id.filter(|_| room.standing == Standing::In);
    if !online(model, out) {
        return;
    }
    let Some(room) = entered else { return refuse(model, "you are not in this room", out) };
    let topic = if text == "-" { "" } else { text };
    model.requests.ask(Asked::Topic(key), SetTopic { room, topic: topic.into() }, out);
}

pub(super) fn history(model: &mut Model, input: &str, out: &mut Effects) {
    let Some(anchor) = travel::anchor(input, model) else { return usage(model, "history", out) };
    match model.rooms.current() {
        Some(key) => travel::jump(model, key, anchor, out),
        None => refuse(model, "you are in no room", out),
    }
}

/// Without words, the last search comes back.
pub(super) fn search(model: &mut Model, query: &str, out: &mut Effects) {
    match query {
        "" if model.settings.plain => usage(model, "search", out),
        "" => search::open(model),
        query => search::start(model, query, out),
    }
}

pub(super) fn clear(model: &mut Model, _input: &str, _out: &mut Effects) {
    if let Some(room) = model.rooms.current_room_mut() {
        let next = room.cursor.next();
        room.timeline.clear(next);
        room.scroll = crate::state::scroll::Scroll::End;
    }
}

pub(super) fn buffer(model: &mut Model, input: &str, out: &mut Effects) {
    if input.is_empty() {
        return usage(model, "buffer", out);
    }
    if let Ok(place) = input.parse::<usize>()
        && place > 0
    {
        return switch::nth(model, place);
    }
    let labels = [input.to_owned(), format!("#{input}"), format!("@{input}")];
    match labels.iter().find_map(|label| model.rooms.by_label(label)) {
        Some(key) => switch::go(model, key),
        None => refuse(model, &format!("there is no room {input} in the list; /join it"), out),
    }
}
