//! Moving the screen over a room's log: by rows, to its ends, to a number or a time.
//!
//! A jump puts the window around a message, marks it, and pages on in both directions as one scrolls, so that the log's
//! end is reached again without a gap.

use chat_proto::{Seq, Time, message::Anchor};

use super::{
    Effects, Model, Room, RoomKey,
    item::Pos,
    past,
    room::Standing,
    scroll::{Moved, Scroll},
};

/// Brings a message of a room to the screen; what is around it is fetched where it is not loaded.
pub(super) fn to_message(model: &mut Model, key: RoomKey, seq: Seq, out: &mut Effects) {
    let loaded = model.rooms.get(key).is_some_and(|room| room.timeline.contains(seq));
    if loaded {
        land(model, key, seq, Anchor::After(Seq(seq.0.saturating_sub(1))));
        arrive(model, key, out);
    } else {
        jump(model, key, Anchor::After(Seq(seq.0.saturating_sub(1))), out);
    }
}

/// Moves the window of a room to a point in its log.
pub(super) fn jump(model: &mut Model, key: RoomKey, to: Anchor, out: &mut Effects) {
    let entered = model.rooms.get(key).is_some_and(|room| room.standing == Standing::In);
    if !model.is_online() {
        model.complain("this needs a connection, and there is none", out);
    } else if entered {
        past::jump(model, key, to, out);
    } else {
        model.complain("there is no room here to read in", out);
    }
}

/// Puts the screen around the message where a jump has led, and marks it.
pub(super) fn land(model: &mut Model, key: RoomKey, seq: Seq, to: Anchor) {
    let height = usize::from(model.geometry().body);
    let Some(room) = model.rooms.get(key) else { return };
    let scroll = match to {
        Anchor::Since(_) => model.setting(room).first(height),
        _ => model.setting(room).around(Pos::entry(seq), height),
    };
    let Some(room) = model.rooms.get_mut(key) else { return };
    (room.scroll, room.found) = (scroll, Some(seq));
    room.selected = room.selected.map(|_| Pos::entry(seq));
}

/// Asks for what the screen lacks below, where it stands now.
pub(super) fn arrive(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let height = usize::from(model.geometry().body);
    let near = |room: &Room| model.setting(room).down(0, height).near_edge;
    if model.rooms.get(key).is_some_and(near) {
        past::newer(model, key, out);
    }
}

/// Asks for what the screen lacks at either side.
pub(super) fn load_around(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let height = usize::from(model.geometry().body);
    let near = |room: &Room| model.setting(room).up(0, height).near_edge;
    if model.rooms.get(key).is_some_and(near) {
        past::older(model, key, out);
    }
    arrive(model, key, out);
}

/// At the last row of a window that has become live, the screen goes with the end again.
pub(super) fn rest(model: &mut Model, key: RoomKey) {
    let height = usize::from(model.geometry().body);
    let Some(room) = model.rooms.get(key).filter(|room| room.timeline.is_live()) else { return };
    let scroll = model.setting(room).down(0, height).scroll;
    if let Some(room) = model.rooms.get_mut(key) {
        room.scroll = scroll;
    }
}

/// Scrolls the current room up by a screen, less a row to hold on to.
pub(super) fn page_up(model: &mut Model, out: &mut Effects) {
    let rows = usize::from(model.geometry().body).saturating_sub(2).max(1);
    scroll_up(model, rows, out);
}

pub(super) fn page_down(model: &mut Model, out: &mut Effects) {
    let rows = usize::from(model.geometry().body).saturating_sub(2).max(1);
    scroll_down(model, rows, out);
}

pub(super) fn wheel(model: &mut Model, rows: i16, out: &mut Effects) {
    let by = usize::from(rows.unsigned_abs());
    if rows > 0 { scroll_up(model, by, out) } else { scroll_down(model, by, out) }
}

fn scroll_up(model: &mut Model, by: usize, out: &mut Effects) {
    let height = usize::from(model.geometry().body);
    let Some((key, moved)) = moved(model, |model, room| model.setting(room).up(by, height)) else {
        return;
    };
    if moved.near_edge {
        past::older(model, key, out);
    }
}

fn scroll_down(model: &mut Model, by: usize, out: &mut Effects) {
    let height = usize::from(model.geometry().body);
    let Some((key, moved)) = moved(model, |model, room| model.setting(room).down(by, height))
    else {
        return;
    };
    if moved.near_edge {
        past::newer(model, key, out);
    }
}

fn moved(model: &mut Model, by: impl Fn(&Model, &Room) -> Moved) -> Option<(RoomKey, Moved)> {
    let key = model.rooms.current()?;
    let moved = by(model, model.rooms.get(key)?);
    model.rooms.get_mut(key)?.scroll = moved.scroll;
    Some((key, moved))
}

/// To the first row there is; what is before it is asked for.
pub(super) fn to_start(model: &mut Model, out: &mut Effects) {
    let Some(key) = model.rooms.current() else { return };
    scroll_to_first(model, key);
    past::older(model, key, out);
}

fn scroll_to_first(model: &mut Model, key: RoomKey) {
    let height = usize::from(model.geometry().body);
    let Some(room) = model.rooms.get(key) else { return };
    let scroll = model.setting(room).first(height);
    if let Some(room) = model.rooms.get_mut(key) {
        room.scroll = scroll;
    }
}

/// To the end, fetching it where the window is elsewhere.
pub(super) fn to_end(model: &mut Model, _out: &mut Effects) {
    if let Some(room) = model.rooms.current_room_mut() {
        (room.scroll, room.selected) = (Scroll::End, None);
        past::be_live(room);
    }
}

/// Where `/history` leads: a number, or a point in time.
#[must_use]
pub fn anchor(input: &str, model: &Model) -> Option<Anchor> {
    let number = input.trim_start_matches('#').parse::<u64>().ok();
    let seq = number.map(|number| Anchor::After(Seq(number.saturating_sub(1))));
    let time = |time: Time| Anchor::Since(time);
    seq.or_else(|| super::calendar::parse(input, model.now, &model.settings.zone).map(time))
}
