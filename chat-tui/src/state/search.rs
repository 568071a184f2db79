//! Looking for what was said: a query, what was found, newest first, and the way to it.
//!
//! The server answers a page at a time; the next one is asked for when the end of the list comes near. The query and its
//! results stay when the view closes, so that one can come back to refine them.

use chat_proto::{
    RoomId, Seq, Time,
    message::{Conversation, Found, Hit, Search as Request},
};
use smol_str::SmolStr;

use super::{
    Code, Effects, Item, Key, Model, composer::Composer, events, overlay::Overlay, requests::Asked,
    switch, travel,
};

mod plain;
mod words;

pub use words::{Words, snippet};

/// Messages of a page.
const PAGE: u16 = 50;
/// Hits from the end at which the next page is asked for.
const AHEAD: usize = 20;
/// Hits kept; whoever needs more should look for less.
const HITS_MAX: usize = 2_000;
/// Columns from which dates and nicks are written out.
pub const WIDE_FROM: u16 = 60;

#[derive(Debug, Default)]
pub struct Search {
    pub query: Composer,
    /// What the hits are of.
    pub asked: Option<String>,
    pub hits: Vec<Place>,
    pub selected: usize,
    /// The first hit on the screen.
    pub top: usize,
    pub stage: Stage,
    /// Messages from this time on may be missing.
    pub indexed_up_to: Option<Time>,
    /// Counts searches, so that late pages are recognised.
    turn: u32,
}

/// How far a search is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// There is nothing more to find.
    #[default]
    Done,
    /// A page is under way: the one before this place.
    Asked(Option<u64>),
    /// There is more before this place.
    More(u64),
    Failed(String),
}

/// A message that was found, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub room: RoomId,
    pub label: SmolStr,
    pub seq: Seq,
    pub item: Item,
}

impl Search {
    /// Whether the query has changed since it was asked.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.asked.as_deref() != Some(self.query.text().trim())
    }
}

/// Shows the search as it was left.
pub(super) fn open(model: &mut Model) {
    model.overlay = Some(Overlay::Search);
}

/// Looks for something.
pub(super) fn start(model: &mut Model, query: &str, out: &mut Effects) {
    let turn = model.search.turn + 1;
    model.search = Search { turn, ..Search::default() };
    model.search.query.set(query);
    if !model.settings.plain {
        open(model);
    }
    begin(model, out);
}

fn begin(model: &mut Model, out: &mut Effects) {
    let search = &mut model.search;
    let query = search.query.text().trim().to_owned();
    search.turn += 1;
    search.hits.clear();
    (search.selected, search.top, search.indexed_up_to) = (0, 0, None);
    search.stage = Stage::Done;
    search.asked = (!query.is_empty()).then_some(query);
    if search.asked.is_some() {
        ask(model, None, out);
    }
}

fn ask(model: &mut Model, before: Option<u64>, out: &mut Effects) {
    let Some(query) = model.search.asked.clone() else { return };
    model.search.stage = Stage::Asked(before);
    // Without a connection it is asked when there is one.
    if model.is_online() {
        let request = Request { query, before, limit: PAGE };
        model.requests.ask(Asked::Search(model.search.turn), request, out);
    }
}

/// There is a connection again: asks for what was not answered.
pub(super) fn go_on(model: &mut Model, out: &mut Effects) {
    if let Stage::Asked(before) = model.search.stage {
        ask(model, before, out);
    }
}

/// A page has come.
pub(super) fn found(model: &mut Model, asked: &Asked, found: Found, out: &mut Effects) {
    if *asked != Asked::Search(model.search.turn) {
        return;
    }
    let places: Vec<Place> = found.hits.iter().filter_map(|hit| place(model, hit)).collect();
    let search = &mut model.search;
    search.indexed_up_to = found.indexed_up_to;
    search.stage = found.next.map_or(Stage::Done, Stage::More);
    search.hits.extend(places);
    if model.settings.plain {
        return plain::tell(model, out);
    }
    more(model, out);
}

fn place(model: &Model, hit: &Hit) -> Option<Place> {
    let label = match &hit.name {
        Conversation::Public(name) => SmolStr::new(name.as_str()),
        Conversation::Direct(_, nick) => format!("@{nick}").into(),
    };
    let item = events::item(model, &hit.entry, &hit.outcome(), hit.entry.seq)?;
    Some(Place { room: hit.room, label, seq: hit.entry.seq, item })
}

/// Asks for the next page where the end of the list is near, while somebody looks at it.
fn more(model: &mut Model, out: &mut Effects) {
    let search = &model.search;
    let near = search.selected + AHEAD >= search.hits.len() && search.hits.len() < HITS_MAX;
    if let Stage::More(next) = search.stage
        && near
        && model.overlay == Some(Overlay::Search)
    {
        ask(model, Some(next), out);
    }
}

/// The server does not look for it.
pub(super) fn refused(model: &mut Model, turn: u32, why: String, out: &mut Effects) {
    if turn != model.search.turn {
        return;
    }
    if model.settings.plain {
        model.complain(why.clone(), out);
    }
    model.search.stage = Stage::Failed(why);
}

pub(super) fn press(model: &mut Model, key: Key, out: &mut Effects) {
    let query = &mut model.search.query;
    match (key.code, key.ctrl) {
        (Code::Esc, _) | (Code::Char('c' | 'g'), true) => return,
        (Code::Enter, _) => return enter(model, out),
        (Code::Down, _) | (Code::Char('n'), true) => step(model, 1),
        (Code::Up, _) | (Code::Char('p'), true) => step(model, -1),
        (Code::PageDown, _) => step(model, fitting(model.size).cast_signed()),
        (Code::PageUp, _) => step(model, -fitting(model.size).cast_signed()),
        (Code::Home, _) => step(model, isize::MIN / 2),
        (Code::End, _) => step(model, isize::MAX / 2),
        _ => edit(query, key),
    }
    open(model);
    more(model, out);
}

fn edit(query: &mut Composer, key: Key) {
    match (key.code, key.ctrl, key.typed()) {
        (Code::Backspace, false, _) | (Code::Char('h'), true, _) => query.backspace(),
        (Code::Delete, ..) | (Code::Char('d'), true, _) => query.delete(),
        (Code::Left, ..) | (Code::Char('b'), true, _) => query.left(),
        (Code::Right, ..) | (Code::Char('f'), true, _) => query.right(),
        (Code::Char('a'), true, _) => query.line_start(),
        (Code::Char('e'), true, _) => query.line_end(),
        (Code::Char('u'), true, _) => query.kill_to_start(),
        (Code::Char('k'), true, _) => query.kill_to_end(),
        (Code::Char('w'), true, _) => query.kill_word_back(),
        (_, _, Some(c)) => query.insert(c.encode_utf8(&mut [0; 4])),
        _ => {}
    }
}

/// Looks for a query that is new or failed; with one that was answered, goes to what is selected.
fn enter(model: &mut Model, out: &mut Effects) {
    let failed = matches!(model.search.stage, Stage::Failed(_));
    if model.search.is_changed() || failed {
        open(model);
        return begin(model, out);
    }
    match model.search.hits.get(model.search.selected).cloned() {
        Some(place) => go(model, &place, out),
        None => open(model),
    }
}

fn go(model: &mut Model, place: &Place, out: &mut Effects) {
    match model.rooms.by_id(place.room) {
        Some(key) => {
            switch::go(model, key);
            // How one returns to now stands at the right of it.
            model.hint("F3: back to the list");
            travel::to_message(model, key, place.seq, out);
        }
        None => {
            open(model);
            model.search.stage = Stage::Failed(format!("you are not in {} any more", place.label));
        }
    }
}

fn step(model: &mut Model, by: isize) {
    let fitting = fitting(model.size);
    let search = &mut model.search;
    let last = search.hits.len().saturating_sub(1);
    search.selected = search.selected.saturating_add_signed(by).min(last);
    let lowest = (search.selected + 1).saturating_sub(fitting);
    search.top = search.top.clamp(lowest, search.selected.max(lowest));
}

/// Rows of the list: without the frame, the query, and what is told below.
#[must_use]
pub const fn rows((_, rows): (u16, u16)) -> u16 {
    rows.saturating_sub(4)
}

/// Rows of text that the selected hit is given.
#[must_use]
pub const fn text_rows(size: (u16, u16)) -> u16 {
    let third = rows(size) / 3;
    if third > 1 { third } else { 1 }
}

/// Hits that surely fit: each takes two rows, the selected one more.
fn fitting(size: (u16, u16)) -> usize {
    let rows = rows(size).saturating_sub(text_rows(size) + 1);
    usize::from(rows / 2 + 1)
}
