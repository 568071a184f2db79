//! Choosing a message with the keys, and what can be done to it.

use chat_proto::Seq;

use super::{
    Body, Code, Effect, Effects, Item, Key, Model, RoomKey,
    item::{Pos, Said},
    overlay::Overlay,
    past, picker,
    revise::{self, What},
    travel,
};

/// What the status line tells while a message is chosen.
pub const KEYS: &str =
    "e edit · d delete · r reply · + react · y copy · Enter to what it answers · Esc";

/// Chooses the message above what is chosen, first the last one in sight; where a jump has led, that one.
pub(super) fn up(model: &mut Model, out: &mut Effects) {
    let Some(key) = model.rooms.current() else { return };
    match above(model, key) {
        Some(pos) => choose(model, key, pos, out),
        None if chosen(model).is_some() => past::older(model, key, out),
        None => model.hint("there is no message here"),
    }
}

fn above(model: &Model, key: RoomKey) -> Option<Pos> {
    let room = model.rooms.get(key)?;
    let from = room.selected.or_else(|| first(model, key))?;
    let skip = usize::from(room.selected == Some(from));
    let mut items = room.timeline.up_from(from).skip(skip).filter(|(_, item)| is_message(item));
    items.next().map(|(pos, _)| pos)
}

/// Chooses the message below; behind the last one none.
pub(super) fn down(model: &mut Model, out: &mut Effects) {
    let Some(key) = model.rooms.current() else { return };
    let Some(room) = model.rooms.get_mut(key) else { return };
    let Some(from) = room.selected else { return model.hint("Ctrl-Up chooses a message") };
    let next = room.timeline.down_from(from).find(|(_, item)| is_message(item)).map(|(pos, _)| pos);
    match next.filter(|pos| *pos < Pos::UNSENT) {
        Some(pos) => choose(model, key, pos, out),
        None if room.timeline.is_live() => {
            room.selected = None;
            travel::to_end(model, out);
        }
        None => past::newer(model, key, out),
    }
}

fn first(model: &Model, key: RoomKey) -> Option<Pos> {
    let room = model.rooms.get(key)?;
    let found = room.found.map(Pos::entry).filter(|pos| room.timeline.get(*pos).is_some());
    found.or_else(|| model.setting(room).bottom().map(|(pos, _)| pos.min(Pos::UNSENT)))
}

const fn is_message(item: &Item) -> bool {
    matches!(
        item.body,
        Body::Said(Said { delivery: super::Delivery::Sent, .. }) | Body::Erased { .. }
    )
}

fn choose(model: &mut Model, key: RoomKey, pos: Pos, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.selected = Some(pos);
    // What the keys do may take rows of the screen.
    let height = usize::from(model.geometry().body);
    let Some(room) = model.rooms.get(key) else { return };
    let scroll = model.setting(room).reveal(pos, height);
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.scroll = scroll;
    travel::load_around(model, key, out);
}

/// Takes a key while a message is chosen; false if it means what it always means.
pub(super) fn press(model: &mut Model, key: Key, out: &mut Effects) -> bool {
    let Some((room, seq)) = chosen(model) else { return false };
    match (key.code, key.ctrl || key.alt) {
        (Code::Up, _) | (Code::Char('k'), false) => up(model, out),
        (Code::Down, _) | (Code::Char('j'), false) => down(model, out),
        (Code::Esc, _) => leave(model),
        (Code::Enter, false) => to_answered(model, room, seq, out),
        (Code::Char('e'), false) => edit(model, room, seq),
        (Code::Char('d') | Code::Delete, false) => delete(model, room, seq),
        (Code::Char('r'), false) => write(model, &format!("/reply #{seq} ")),
        (Code::Char('+'), false) => picker::open_reactions(model, room, seq),
        (Code::Char('y'), false) => copy(model, room, seq, out),
        (Code::Char(_), false) => model.hint(KEYS),
        _ => return false,
    }
    true
}

/// The message that is chosen in the current room.
#[must_use]
pub fn chosen(model: &Model) -> Option<(RoomKey, Seq)> {
    let key = model.rooms.current()?;
    let room = model.rooms.get(key)?;
    // What was dropped from the window since is replaced by its neighbour.
    let (pos, _) = room.timeline.up_from(room.selected?).find(|(_, item)| is_message(item))?;
    Some((key, pos.0))
}

fn leave(model: &mut Model) {
    if let Some(room) = model.rooms.current_room_mut() {
        room.selected = None;
    }
}

fn said(model: &Model, key: RoomKey, seq: Seq) -> Option<&Said> {
    model.rooms.get(key)?.message(seq)?.said()
}

/// The message that the command in the input is about, so that one sees whom one answers.
#[must_use]
pub fn about(model: &Model) -> Option<String> {
    let mut words = model.composer.text().split_whitespace();
    let command = words.next()?;
    let number = words.next()?.strip_prefix('#')?.parse().ok()?;
    let is_about = ["/reply", "/r", "/edit", "/delete", "/react"].contains(&command);
    let said = said(model, model.rooms.current().filter(|_| is_about)?, Seq(number))?;
    Some(format!("↩ {}: {}", said.nick, said.text.as_str().replace(['\n', '\t'], " ")))
}

/// Puts a command into the input, to be finished.
fn write(model: &mut Model, command: &str) {
    leave(model);
    let typed = model.composer.take();
    model.recall.remember(&typed);
    model.composer.set(command);
}

fn edit(model: &mut Model, key: RoomKey, seq: Seq) {
    match said(model, key, seq) {
        Some(said) if said.own => {
            let command = format!("/edit #{seq} {}", said.text);
            write(model, &command);
        }
        _ => model.hint("only who said it may edit it"),
    }
}

/// Asks before it deletes.
pub(super) fn delete(model: &mut Model, key: RoomKey, seq: Seq) {
    match said(model, key, seq) {
        Some(said) if said.own => {
            let text = said.text.as_str().to_owned();
            model.overlay = Some(Overlay::Delete { room: key, seq, text });
        }
        _ => model.hint("only who said it may delete it"),
    }
}

/// The question is answered.
pub(super) fn decide(model: &mut Model, room: RoomKey, seq: Seq, key: Key, out: &mut Effects) {
    match key.code {
        Code::Enter | Code::Char('y' | 'Y' | 'd') => {
            revise::revise(model, room, seq, What::Delete, out);
        }
        _ => model.hint("not deleted"),
    }
}

fn copy(model: &mut Model, key: RoomKey, seq: Seq, out: &mut Effects) {
    if let Some(said) = said(model, key, seq) {
        out.push(Effect::Copy(said.text.as_str().to_owned()));
        model.hint("copied, where the terminal allows it");
    }
}

fn to_answered(model: &mut Model, key: RoomKey, seq: Seq, out: &mut Effects) {
    match said(model, key, seq).and_then(|said| said.reply_to) {
        Some(answered) => {
            model.hint("End returns to now");
            travel::to_message(model, key, answered, out);
        }
        None => model.hint("it answers no message"),
    }
}
