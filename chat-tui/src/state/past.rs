//! Reading on in a room's log: pages before and behind the window, gaps, jumps, and the keys that lead there.

use chat_proto::{
    MemberId, Seq, Time,
    message::{Anchor, History, Names, Page},
};

use super::{
    Body, Effects, Item, Model, Room, RoomKey, events,
    members::Known,
    requests::{Asked, Paging},
    room::Standing,
    scroll::{Moved, Scroll},
};

/// Messages of a page: more than a screen, so that one request fills it.
const PAGE: u16 = 100;
/// Missed entries that are fetched one and all; of more, only the last page.
const GAP_MAX: u64 = 1_000;

/// Asks for what a room that is looked at lacks: its members, and its last messages.
pub(super) fn load_visible(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key).filter(|room| room.standing == Standing::In) else {
        return;
    };
    let Some(id) = room.id else { return };
    if room.members.known == Known::No {
        room.members.known = Known::Asked;
        let names = Names { room: id, after: MemberId(0) };
        model.requests.ask(Asked::Names(key, false), names, out);
    }
    if !room.loading.first {
        room.loading.first = true;
        older(model, key, out);
    }
}

/// Asks for the page before the window.
pub(super) fn older(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    if room.loading.older || room.timeline.is_complete() || room.standing != Standing::In {
        return;
    }
    room.loading.older = true;
    let from = room.timeline.first().map_or(Anchor::Latest, Anchor::Before);
    ask(model, key, Paging::Older, from, out);
}

/// Asks for the page behind the window, where it is not at the log's end.
fn newer(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    if room.loading.newer || room.timeline.is_live() || room.standing != Standing::In {
        return;
    }
    room.loading.newer = true;
    let from = Anchor::After(room.timeline.last().unwrap_or_default());
    ask(model, key, Paging::Newer, from, out);
}

/// Moves the window of the current room to a point in the log.
pub(super) fn jump(model: &mut Model, to: Anchor, out: &mut Effects) {
    let entered = model.rooms.current_room().is_some_and(|room| room.standing == Standing::In);
    match model.rooms.current().filter(|_| entered) {
        Some(key) => ask(model, key, Paging::Jump, to, out),
        None => model.complain("there is no room here to read in", out),
    }
}

fn ask(model: &mut Model, key: RoomKey, paging: Paging, from: Anchor, out: &mut Effects) {
    let Some(room) = model.rooms.get(key) else { return };
    let (Some(id), generation) = (room.id, room.timeline.generation()) else { return };
    let history = History { room: id, from, limit: PAGE };
    model.requests.ask(Asked::Page(key, generation, paging), history, out);
}

/// The server delivers from `after` on; asks for what the client missed before it.
pub(super) fn close_gap(model: &mut Model, key: RoomKey, after: Seq, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    let cursor = room.cursor;
    if after <= cursor {
        return;
    }
    room.cursor = after;
    if after.0 - cursor.0 <= GAP_MAX {
        ask(model, key, Paging::Gap(after), Anchor::After(cursor), out);
    } else {
        room.unread =
            room.unread.saturating_add(u32::try_from(after.0 - cursor.0).unwrap_or(u32::MAX));
        room.timeline.leave(true);
        room.loading.first = false;
    }
}

/// A page has come.
pub(super) fn page(model: &mut Model, asked: &Asked, page: Page, out: &mut Effects) {
    let Asked::Page(key, generation, paging) = *asked else { return };
    let current = model.rooms.get(key).map(|room| room.timeline.generation());
    if current != Some(generation) {
        return;
    }
    match paging {
        Paging::Older => took_older(model, key, page, out),
        Paging::Newer => took_newer(model, key, page, out),
        Paging::Gap(until) => took_gap(model, key, until, page, out),
        Paging::Jump => jumped(model, key, page, out),
    }
}

type Shown = Vec<(Seq, Option<Item>)>;

fn shown(model: &Model, page: &Page) -> Shown {
    page.items.iter().map(|item| (item.entry.seq, events::item(model, &item.entry))).collect()
}

fn took_older(model: &mut Model, key: RoomKey, page: Page, out: &mut Effects) {
    let items = shown(model, &page);
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.loading.older = false;
    // A page that leads nowhere must not be asked for again and again.
    room.timeline.prepend(items, page.more && !page.items.is_empty());
    room.timeline.trim(room.scroll == Scroll::End);
    fill_screen(model, key, out);
}

/// Goes on while there are more rows than messages to fill them.
fn fill_screen(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let Some(room) = model.rooms.get(key) else { return };
    let height = usize::from(model.geometry().body);
    if room.scroll == Scroll::End
        && model.setting(room).up(0, height).near_edge
        && room.timeline.len() < height
    {
        older(model, key, out);
    }
}

fn took_newer(model: &mut Model, key: RoomKey, page: Page, out: &mut Effects) {
    let items = shown(model, &page);
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.loading.newer = false;
    let reached = (!page.more).then_some(page.as_of);
    room.timeline.extend(items, reached, room.cursor);
    room.timeline.trim(true);
    if !page.more {
        newer(model, key, out);
    }
}

fn took_gap(model: &mut Model, key: RoomKey, until: Seq, page: Page, out: &mut Effects) {
    let items = shown(model, &page);
    let last = items.last().map(|(seq, _)| *seq);
    for (seq, item) in &items {
        let known = model.rooms.get(key).is_some_and(|room| room.timeline.contains(*seq));
        if let Some(item) = item.as_ref().filter(|_| !known && *seq <= until) {
            events::arrived(model, key, item, false, out);
            model.show(Some(key), item, out);
        }
    }
    let Some(room) = model.rooms.get_mut(key) else { return };
    for item in &page.items {
        room.timeline.take_unsent(item.entry.id);
    }
    room.timeline.patch(items);
    room.timeline.trim(room.scroll == Scroll::End);
    if let Some(last) = last.filter(|last| page.more && *last < until) {
        ask(model, key, Paging::Gap(until), Anchor::After(last), out);
    }
}

fn jumped(model: &mut Model, key: RoomKey, page: Page, out: &mut Effects) {
    let items = shown(model, &page);
    if items.is_empty() {
        return model.tell(Some(key), Body::Info("nothing was said from there on".into()), out);
    }
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.timeline.leave(false);
    room.loading.first = true;
    let reached = (!page.more).then_some(page.as_of);
    room.timeline.extend(items, reached, room.cursor);
    scroll_to_first(model, key);
    older(model, key, out);
}

/// A page was refused; the window stays where it is.
pub(super) fn refused(
    model: &mut Model,
    key: RoomKey,
    generation: u32,
    paging: Paging,
    why: String,
    out: &mut Effects,
) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    if room.timeline.generation() == generation {
        room.loading.older &= paging != Paging::Older;
        room.loading.newer &= paging != Paging::Newer;
    }
    model.tell(Some(key), Body::Error(why), out);
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
        older(model, key, out);
    }
}

fn scroll_down(model: &mut Model, by: usize, out: &mut Effects) {
    let height = usize::from(model.geometry().body);
    let Some((key, moved)) = moved(model, |model, room| model.setting(room).down(by, height))
    else {
        return;
    };
    if moved.near_edge {
        newer(model, key, out);
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
    older(model, key, out);
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
        room.scroll = Scroll::End;
        be_live(room);
    }
}

/// Puts the window at the log's end; what is there is asked for when the room is looked at.
pub(super) fn be_live(room: &mut Room) {
    if !room.timeline.is_live() {
        room.timeline.leave(true);
        room.loading = super::room::Loading::default();
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
