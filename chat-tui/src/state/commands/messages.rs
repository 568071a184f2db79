//! Commands about messages: answering, editing, deleting, reacting.

use chat_proto::{Reaction, Seq, Text, Time};

use super::{Effects, Model, refuse, usage};
use crate::state::{
    Delivery, Room, RoomKey,
    item::{Pos, Said},
    revise::{self, What},
    select, talk,
};

/// `/reply 12 text` answers a message of the room, `/reply text` who spoke in private last.
pub(super) fn reply(model: &mut Model, input: &str, out: &mut Effects) {
    let private = private(model);
    // Where the private conversation is in front, a number can only mean a message of it.
    let elsewhere = private.iter().any(|key| model.rooms.current() != Some(*key));
    match (number(input), private.as_slice()) {
        (None, _) if input.is_empty() => usage(model, "reply", out),
        (None, [key]) => talk::say_in(model, *key, input, false, out),
        (None, several) => {
            let why = ambiguous(model, several);
            talk::keep(model, &why, out);
        }
        (Some((_, "")), _) => usage(model, "reply", out),
        (Some((seq, text)), _) if elsewhere && !input.starts_with('#') => {
            confirm(model, seq, text, out);
        }
        (Some((seq, text)), _) => talk::answer(model, seq, text, out),
    }
}

/// Who spoke in private last; several where that is not known, because what they wrote meanwhile is not loaded.
fn private(model: &Model) -> Vec<RoomKey> {
    if let Some(last) = model.last_private {
        return vec![last];
    }
    let spoke = |(key, room): (RoomKey, &Room)| {
        let at = heard(room);
        let spoke = room.is_direct() && (at.is_some() || room.reading.unread() > 0);
        // What is loaded of the past is not the last that was said.
        spoke.then_some((at.filter(|_| room.timeline.is_live()), key))
    };
    let spoke: Vec<_> = model.rooms.iter().filter_map(spoke).collect();
    match spoke.iter().max() {
        Some((_, last)) if spoke.iter().all(|(at, _)| at.is_some()) => vec![*last],
        _ => spoke.into_iter().map(|(_, key)| key).collect(),
    }
}

/// When somebody else spoke last in what is loaded.
fn heard(room: &Room) -> Option<Time> {
    let mut items = room.timeline.items().rev();
    let last = items.find(|(_, item)| item.said().is_some_and(|said| !said.own));
    last.map(|(_, item)| item.at)
}

fn ambiguous(model: &Model, several: &[RoomKey]) -> String {
    let rooms = several.iter().filter_map(|key| model.rooms.get(*key));
    let labels: Vec<_> = rooms.map(|room| room.title.label()).collect();
    if labels.is_empty() {
        return "nobody has spoken to you in private lately; /msg nick text".to_owned();
    }
    format!("several have written to you: {}; /msg nick text answers one", labels.join(", "))
}

/// What is meant for one must not be read by all: `/reply 5 minutes` could be either, and is sent when it is entered
/// again.
fn confirm(model: &mut Model, seq: Seq, text: &str, out: &mut Effects) {
    if model.settings.plain {
        let why =
            "write /reply #12 text to answer message 12 here, /msg nick text for what is private";
        return talk::keep(model, why, out);
    }
    model.composer.set(&format!("/reply #{seq} {text}"));
    model.hint(format!("Enter again answers #{seq} here; /msg nick text is for one alone"));
}

/// Without a number, the last own message; without a text, it comes into the input.
pub(super) fn edit(model: &mut Model, input: &str, out: &mut Effects) {
    let Some(key) = here(model, out) else { return };
    let (seq, text) = match number(input) {
        Some((seq, text)) => (Some(seq), text),
        None => (last_own(model, key), input),
    };
    let Some(seq) = seq else { return talk::keep(model, "you have said nothing here lately", out) };
    if text.is_empty() {
        let said = model.rooms.get(key).and_then(|room| room.message(seq)?.said());
        return match said.map(|said| format!("/edit #{seq} {}", said.text)) {
            Some(command) => model.composer.set(&command),
            None => usage(model, "edit", out),
        };
    }
    match Text::clean(text) {
        Ok(text) => revise::revise(model, key, seq, What::Edit(text), out),
        Err(error) => talk::keep(model, &format!("this cannot be sent: {error}"), out),
    }
}

pub(super) fn delete(model: &mut Model, input: &str, out: &mut Effects) {
    let Some(key) = here(model, out) else { return };
    match (number(input), last_own(model, key)) {
        (Some((seq, "")), _) => revise::revise(model, key, seq, What::Delete, out),
        (None, Some(seq)) if input.is_empty() && !model.settings.plain => {
            select::delete(model, key, seq);
        }
        _ => usage(model, "delete", out),
    }
}

/// The same reaction a second time takes it back.
pub(super) fn react(model: &mut Model, input: &str, out: &mut Effects) {
    let Some(key) = here(model, out) else { return };
    let (seq, reaction) = match number(input) {
        Some((seq, reaction)) if !reaction.is_empty() => (Some(seq), reaction),
        _ => (last_of_others(model, key), input),
    };
    let Some(seq) = seq.filter(|_| !reaction.is_empty()) else { return usage(model, "react", out) };
    match Reaction::parse(reaction) {
        Ok(reaction) => toggle(model, key, seq, reaction, out),
        Err(error) => refuse(model, &error.to_string(), out),
    }
}

/// Puts a reaction to a message, or takes one's own back.
pub(in crate::state) fn toggle(
    model: &mut Model,
    key: RoomKey,
    seq: Seq,
    reaction: Reaction,
    out: &mut Effects,
) {
    let Some(room) = model.rooms.get(key) else { return };
    let said = room.message(seq).and_then(|item| item.said());
    let on = said.is_none_or(|said| !said.changed.is_mine(&reaction));
    revise::revise(model, key, seq, What::React(reaction, on), out);
}

fn here(model: &mut Model, out: &mut Effects) -> Option<RoomKey> {
    let key = model.rooms.current();
    if key.is_none() {
        talk::keep(model, "you are in no room yet; /join one", out);
    }
    key
}

/// `12` or `#12`, and what stands behind it.
fn number(input: &str) -> Option<(Seq, &str)> {
    let (word, rest) = input.split_once(char::is_whitespace).unwrap_or((input, ""));
    let number = word.strip_prefix('#').unwrap_or(word).parse().ok()?;
    Some((Seq(number), rest.trim()))
}

fn last_own(model: &Model, key: RoomKey) -> Option<Seq> {
    last(model, key, |said| said.own)
}

fn last_of_others(model: &Model, key: RoomKey) -> Option<Seq> {
    last(model, key, |said| !said.own)
}

fn last(model: &Model, key: RoomKey, fits: impl Fn(&Said) -> bool) -> Option<Seq> {
    let mut items =
        model.rooms.get(key)?.timeline.items().rev().filter(|(pos, _)| *pos < Pos::UNSENT);
    let fits = |said: &Said| said.delivery == Delivery::Sent && fits(said);
    items.find(|(_, item)| item.said().is_some_and(&fits)).map(|(pos, _)| pos.0)
}
