//! Going from room to room. What was typed stays with its room, so that nothing meant for one lands in another.

use super::{Effects, Model, Room, RoomKey, Title, requests::Asked, room::Standing, session};
use chat_proto::message::Leave;

/// Looks at another room.
pub(super) fn go(model: &mut Model, key: RoomKey) {
    let typed = std::mem::take(&mut model.composer);
    if let Some(room) = model.rooms.current_room_mut() {
        room.members.turn_away();
    }
    match model.rooms.current_room_mut() {
        Some(room) => (room.draft, room.mark) = (typed, None),
        None => model.composer = typed,
    }
    model.rooms.select(key);
    arrive(model);
}

fn arrive(model: &mut Model) {
    model.completion = None;
    model.recall.forget_place();
    let Some(room) = model.rooms.current_room_mut() else { return };
    if !room.draft.is_empty() || model.composer.is_empty() {
        model.composer = std::mem::take(&mut room.draft);
    }
    if room.reading.unread() > 0 {
        room.mark = Some(room.reading.read());
    }
}

/// Takes a room away; another one is looked at.
pub(super) fn remove(model: &mut Model, key: RoomKey) {
    let was_current = model.rooms.current() == Some(key);
    model.rooms.remove(key);
    model.last_private = model.last_private.filter(|last| *last != key);
    if was_current {
        model.composer.take();
        arrive(model);
    }
}

/// Goes to a room of that name, entering it where the client is not in it.
pub(super) fn open(model: &mut Model, title: Title, out: &mut Effects) -> RoomKey {
    let living = |key: &RoomKey| model.rooms.get(*key).is_some_and(|room| !room.lost);
    let known = model.rooms.by_label(&title.label()).filter(living);
    let key = known.unwrap_or_else(|| model.rooms.add(Room::new(title)));
    let standing = model.rooms.get(key).map(|room| room.standing);
    let asked = known.is_some() && standing == Some(Standing::Wanted);
    if model.is_online() && standing != Some(Standing::In) && !asked {
        session::enter(model, key, out);
    } else if let Some(room) =
        model.rooms.get_mut(key).filter(|room| room.standing == Standing::Out)
    {
        room.standing = Standing::Wanted;
    }
    key
}

/// Leaves a room, or closes a conversation.
pub(super) fn part(model: &mut Model, key: RoomKey, reason: &str, out: &mut Effects) {
    let Some(room) = model.rooms.get(key) else { return };
    match room.id.filter(|_| model.is_online() && room.standing == Standing::In) {
        Some(id) => {
            let leave = Leave { room: id, reason: reason.into() };
            model.requests.ask(Asked::Leave(key), leave, out);
        }
        None => remove(model, key),
    }
}

/// The next room of the list, or, by -1, the one before.
pub(super) fn step(model: &mut Model, by: isize) {
    let order = model.rooms.order();
    let Some(at) = order.iter().position(|key| Some(*key) == model.rooms.current()) else { return };
    let count = order.len().cast_signed();
    let next = (at.cast_signed() + by).rem_euclid(count).unsigned_abs();
    go(model, order[next]);
}

/// The room of that place in the list, from 1 on.
pub(super) fn nth(model: &mut Model, place: usize) {
    match model.rooms.order().get(place - 1) {
        Some(key) => go(model, *key),
        None => model.hint(format!("there is no room {place}")),
    }
}

/// The next room with something unread: first where somebody speaks to the user.
pub(super) fn next_active(model: &mut Model) {
    let order = model.rooms.order();
    let at = order.iter().position(|key| Some(*key) == model.rooms.current()).unwrap_or(0);
    let others = || order.iter().cycle().skip(at + 1).take(order.len().saturating_sub(1));
    let room = |key: &&RoomKey| model.rooms.get(**key);
    let mentioned = others().find(|key| room(key).is_some_and(|room| room.reading.mentions() > 0));
    let unread = || others().find(|key| room(key).is_some_and(|room| room.reading.unread() > 0));
    match mentioned.or_else(unread).copied() {
        Some(key) => go(model, key),
        None => model.hint("nothing is unread"),
    }
}

/// The room before this one.
pub(super) fn last(model: &mut Model) {
    if let Some(key) = model.rooms.last() {
        go(model, key);
    }
}
