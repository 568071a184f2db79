//! What the user says, from the input to the acknowledgement.
//!
//! A message is shown at once, pending, and stays so across connections: it is sent again with the same id until the
//! server has acknowledged or refused it. So it is said once, and never shown as said when it was lost.

use chat_proto::{
    MessageId, Seq, Text,
    message::{Post, Posted},
};

use super::{
    Body, Delivery, Effects, Item, Model, RoomKey,
    item::Said,
    leaving,
    outcome::Changed,
    requests::Asked,
    revise,
    room::{Room, Standing},
    scroll::Scroll,
    session,
};

/// Messages of one room that wait to be acknowledged; beyond it the user is told to wait.
const UNSENT_MAX: usize = 1_000;

/// Says something in the current room. Where there is none, it stays in the input.
pub(super) fn say(model: &mut Model, text: &str, action: bool, out: &mut Effects) {
    if text.trim().is_empty() {
        return;
    }
    match model.rooms.current() {
        Some(key) => post(model, key, text, (action, None), out),
        None => keep(model, "you are in no room yet; /join one", out),
    }
}

/// Answers a message of the current room.
pub(super) fn answer(model: &mut Model, seq: Seq, text: &str, out: &mut Effects) {
    match model.rooms.current() {
        Some(key) => post(model, key, text, (false, Some(seq)), out),
        None => keep(model, "you are in no room yet; /join one", out),
    }
}

/// Says something in a room. What cannot be sent stays in the input.
pub(super) fn say_in(model: &mut Model, key: RoomKey, text: &str, action: bool, out: &mut Effects) {
    post(model, key, text, (action, None), out);
}

/// `how`: whether it is an action, and which message it answers.
fn post(model: &mut Model, key: RoomKey, text: &str, how: (bool, Option<Seq>), out: &mut Effects) {
    let text = match Text::clean(text) {
        Ok(text) => text,
        Err(error) => return keep(model, &format!("this cannot be sent: {error}"), out),
    };
    if let Some(why) = model.rooms.get(key).and_then(obstacle) {
        return keep(model, &why, out);
    }
    let said = Said {
        id: model.ids.next(model.now),
        by: None,
        nick: model.nick.clone(),
        text,
        action: how.0,
        own: true,
        mention: false,
        delivery: Delivery::Pending { in_flight: false },
        reply_to: how.1,
        changed: Changed::default(),
    };
    let now = model.now;
    if let Some(room) = model.rooms.get_mut(key) {
        room.timeline.push_unsent(now, said);
        room.mark = None;
        (room.scroll, room.below, room.selected) = (Scroll::End, 0, None);
        super::past::be_live(room);
    }
    flush(model, key, out);
}

pub(super) fn obstacle(room: &Room) -> Option<String> {
    let label = room.title.label();
    if room.standing == Standing::Out {
        return Some(format!("you are not in {label}; {} enters it", reenter(room)));
    }
    (room.timeline.unsent().count() >= UNSENT_MAX)
        .then(|| format!("{UNSENT_MAX} messages wait to be sent to {label}; wait for them"))
}

fn reenter(room: &Room) -> String {
    let label = room.title.label();
    let name = label.trim_start_matches('@');
    format!("{} {name}", if room.is_direct() { "/query" } else { "/join" })
}

/// Says why something cannot be said. It stays in the input as it was typed, with the command before it, so that it
/// goes where it was meant to when it is entered again.
pub(super) fn keep(model: &mut Model, why: &str, out: &mut Effects) {
    let typed = std::mem::take(&mut model.typed);
    if model.settings.plain {
        model.refused += 1;
    } else if model.composer.is_empty() {
        model.composer.set(&typed);
    }
    model.complain(why, out);
}

/// Sends what waits in a room, in order, once everything said there before has been delivered: an own message that came
/// through without its acknowledgement is recognised among it, and not sent twice.
pub(super) fn flush(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let online = model.is_online();
    let Some(room) = model.rooms.get_mut(key).filter(|room| online && room.is_caught_up()) else {
        return;
    };
    let Some(id) = room.id else { return };
    for said in room.timeline.unsent_mut() {
        if said.delivery == (Delivery::Pending { in_flight: false }) {
            said.delivery = Delivery::Pending { in_flight: true };
            let post = Post {
                room: id,
                id: said.id,
                action: said.action,
                text: said.text.as_str().to_owned(),
                parts: Vec::new(),
                reply_to: said.reply_to,
            };
            model.requests.ask(Asked::Post(key, said.id), post, out);
        }
    }
    revise::flush(model, key, out);
}

pub(super) fn not_in_flight(said: &mut Said) {
    if let Delivery::Pending { in_flight } = &mut said.delivery {
        *in_flight = false;
    }
}

/// The message is on disk.
pub(super) fn acknowledged(
    model: &mut Model,
    key: RoomKey,
    id: MessageId,
    posted: Posted,
    _out: &mut Effects,
) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.timeline.settle(id, posted.seq, posted.at, room.cursor);
    if posted.seq == room.cursor.next() {
        room.cursor = posted.seq;
    }
}

/// The server will not have it.
pub(super) fn refused(
    model: &mut Model,
    key: RoomKey,
    id: MessageId,
    why: String,
    out: &mut Effects,
) {
    model.refused += 1;
    leaving::refused(model);
    let Some(room) = model.rooms.get_mut(key) else { return };
    let Some(said) = room.timeline.unsent_mut().find(|said| said.id == id) else { return };
    said.delivery = Delivery::Failed(why);
    let item = Item { at: model.now, body: Body::Said(said.clone()) };
    model.show(Some(key), &item, out);
}

/// Nothing more can be sent there.
pub(super) fn fail_all(model: &mut Model, key: RoomKey, why: &str, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    let pending = room.timeline.unsent().filter(|(_, item)| item.is_pending());
    let ids: Vec<MessageId> = pending.filter_map(|(_, item)| Some(item.said()?.id)).collect();
    for id in ids {
        refused(model, key, id, session::clean_line(why), out);
    }
    revise::fail_all(model, key, why, out);
}

/// Takes the last refused message of the current room back into the input; false where there is none.
pub(super) fn take_back(model: &mut Model) -> bool {
    let item = model.rooms.current_room_mut().and_then(|room| room.timeline.take_failed());
    let Some(Body::Said(said)) = item.map(|item| item.body) else { return false };
    let slash = match (said.action, said.reply_to) {
        (true, _) => "/me ".to_owned(),
        (false, Some(seq)) => format!("/reply #{seq} "),
        (false, None) => String::new(),
    };
    let literal = if said.text.as_str().starts_with('/') && slash.is_empty() { "/" } else { "" };
    model.composer.set(&format!("{slash}{literal}{}", said.text));
    true
}

/// Sends the refused messages of the current room again, with the same ids.
pub(super) fn resend(model: &mut Model, out: &mut Effects) {
    let Some(key) = model.rooms.current() else { return };
    let Some(room) = model.rooms.get_mut(key) else { return };
    for said in room.timeline.unsent_mut() {
        if matches!(said.delivery, Delivery::Failed(_)) {
            said.delivery = Delivery::Pending { in_flight: false };
        }
    }
    revise::try_again(room);
    if room.standing == Standing::Out && model.is_online() {
        return session::enter(model, key, out);
    }
    flush(model, key, out);
}

/// Forgets the refused messages of the current room.
pub(super) fn drop_failed(model: &mut Model, _out: &mut Effects) {
    let Some(room) = model.rooms.current_room_mut() else { return };
    while room.timeline.take_failed().is_some() {}
    revise::drop_failed(room);
}
