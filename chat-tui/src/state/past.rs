//! Reading on in a room's log: pages before and behind the window, what was missed, and where a jump leads.

use chat_proto::{
    MemberId, Seq,
    message::{Anchor, History, Names, Page, PageItem},
};

use super::{
    Body, Effects, Item, Model, Room, RoomKey, events, lines,
    members::Known,
    openness,
    requests::{Asked, Paging},
    room::{Loading, Standing},
    scroll::Scroll,
    travel,
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
    openness::load(model, key, out);
}

/// Asks for the page before the window.
pub(super) fn older(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    if room.loading.older || room.timeline.is_complete() || room.standing != Standing::In {
        return;
    }
    room.loading.older = true;
    let first = room.timeline.first();
    ask(model, key, Paging::Older(first), out);
}

/// Asks for the page behind the window, where it is not at the log's end.
pub(super) fn newer(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    if room.loading.newer || room.timeline.is_live() || room.standing != Standing::In {
        return;
    }
    room.loading.newer = true;
    let last = room.timeline.last().unwrap_or_default();
    ask(model, key, Paging::Newer(last), out);
}

/// Asks for the page that the window is to be moved to.
pub(super) fn jump(model: &mut Model, key: RoomKey, to: Anchor, out: &mut Effects) {
    if let Some(room) = model.rooms.get_mut(key) {
        // Nothing else is loaded meanwhile.
        room.loading.first = true;
    }
    ask(model, key, Paging::Jump(to), out);
}

fn ask(model: &mut Model, key: RoomKey, paging: Paging, out: &mut Effects) {
    let Some(room) = model.rooms.get(key) else { return };
    let (Some(id), generation) = (room.id, room.timeline.generation()) else { return };
    let history = History { room: id, from: paging.anchor(), limit: PAGE };
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
        room.loading.gap = true;
        ask(model, key, Paging::Gap(cursor, after), out);
    } else {
        room.reading.missed(after.0 - cursor.0);
        room.read_anew();
    }
}

/// A page has come.
pub(super) fn page(model: &mut Model, asked: &Asked, page: Page, out: &mut Effects) {
    let Asked::Page(key, generation, paging) = *asked else { return };
    let Some(room) = model.rooms.get(key) else { return };
    if room.timeline.generation() != generation {
        return;
    }
    if !room.changes.reach(page.as_of) {
        return ask(model, key, paging, out);
    }
    match paging {
        Paging::Older(first) => took_older(model, key, first, page, out),
        Paging::Newer(last) => took_newer(model, key, last, page, out),
        Paging::Gap(from, until) => took_gap(model, key, (from, until), page, out),
        Paging::Jump(_) if model.settings.plain => lines::page(model, key, &page, out),
        Paging::Jump(to) => jumped(model, key, to, page, out),
    }
}

type Shown = Vec<(Seq, Option<Item>)>;

fn shown(model: &Model, key: RoomKey, page: &Page) -> Shown {
    let shown = |of: &PageItem| (of.entry.seq, item(model, key, of, page.as_of));
    page.items.iter().map(shown).collect()
}

/// An item of a page, with what has become of it since.
pub(super) fn item(model: &Model, key: RoomKey, of: &PageItem, as_of: Seq) -> Option<Item> {
    let mut item = events::item(model, &of.entry, &of.outcome(), as_of)?;
    model.rooms.get(key)?.changes.bring_up(of.entry.seq, &mut item);
    Some(item)
}

fn took_older(model: &mut Model, key: RoomKey, before: Option<Seq>, page: Page, out: &mut Effects) {
    let items = shown(model, key, &page);
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.loading.older = false;
    // What lay between was dropped meanwhile: the page would leave a hole.
    if before.is_some_and(|before| room.timeline.first().is_none_or(|first| first > before)) {
        return;
    }
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

fn took_newer(model: &mut Model, key: RoomKey, after: Seq, page: Page, out: &mut Effects) {
    let items = shown(model, key, &page);
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.loading.newer = false;
    if room.timeline.last() < Some(after) {
        return;
    }
    let reached = (!page.more).then_some(page.as_of);
    room.timeline.extend(items, reached, room.cursor);
    room.timeline.trim(true);
    travel::rest(model, key);
    if !page.more {
        newer(model, key, out);
    }
}

fn took_gap(
    model: &mut Model,
    key: RoomKey,
    (from, until): (Seq, Seq),
    page: Page,
    out: &mut Effects,
) {
    let items = shown(model, key, &page);
    let last = items.last().map(|(seq, _)| *seq);
    for (seq, item) in &items {
        let known = model.rooms.get(key).is_some_and(|room| room.timeline.contains(*seq));
        if let Some(item) = item.as_ref().filter(|_| !known && *seq <= until) {
            events::arrived(model, key, (*seq, item), false, out);
            model.show(Some(key), item, out);
        }
    }
    let Some(room) = model.rooms.get_mut(key) else { return };
    let next = last.filter(|last| page.more && *last < until);
    // Numbers that the page leaves out are changes, perhaps of what is loaded.
    let end = next.unwrap_or(until).0;
    room.loading.stale |= (page.items.len() as u64) < end.saturating_sub(from.0);
    for item in &page.items {
        room.timeline.take_unsent(item.entry.id);
    }
    // A window elsewhere comes by it when the reader does.
    if room.timeline.is_live() {
        room.timeline.patch(items);
        room.timeline.trim(room.scroll == Scroll::End);
    }
    match next {
        Some(last) => ask(model, key, Paging::Gap(last, until), out),
        None if room.loading.stale => room.read_anew(),
        None => room.loading.gap = false,
    }
}

fn jumped(model: &mut Model, key: RoomKey, to: Anchor, page: Page, out: &mut Effects) {
    let items = shown(model, key, &page);
    let Some(room) = model.rooms.get_mut(key) else { return };
    let Some((first, _)) = items.first() else { return nothing_there(model, key, out) };
    let first = *first;
    room.timeline.leave(false);
    (room.loading, room.below) = (Loading { first: true, ..Loading::default() }, 0);
    let reached = (!page.more).then_some(page.as_of);
    room.timeline.extend(items, reached, room.cursor);
    travel::land(model, key, first, to);
    older(model, key, out);
    travel::arrive(model, key, out);
}

fn nothing_there(model: &mut Model, key: RoomKey, out: &mut Effects) {
    not_jumped(model, key);
    model.tell(Some(key), Body::Info("nothing was said from there on".into()), out);
}

/// The window stays where it is; where there is none yet, the last messages are asked for.
fn not_jumped(model: &mut Model, key: RoomKey) {
    if let Some(room) = model.rooms.get_mut(key) {
        room.loading.first = room.timeline.first().is_some();
    }
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
        match paging {
            Paging::Older(_) => room.loading.older = false,
            Paging::Newer(_) => room.loading.newer = false,
            Paging::Gap(..) => room.read_anew(),
            Paging::Jump(_) => not_jumped(model, key),
        }
    }
    model.tell(Some(key), Body::Error(why), out);
}

/// Puts the window at the log's end; what is there is asked for when the room is looked at.
pub(super) fn be_live(room: &mut Room) {
    room.found = None;
    if !room.timeline.is_live() {
        room.read_anew();
    }
}
