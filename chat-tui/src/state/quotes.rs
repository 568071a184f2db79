//! The messages that replies answer, where the window does not hold them: fetched one by one as replies come in sight.

use std::collections::BTreeMap;

use chat_proto::{
    Seq,
    message::{Anchor, History, Page},
};

use super::{
    Effects, Item, Model, Room, RoomKey, item::Pos, outcome::Change, past, requests::Asked,
    room::Standing,
};

/// Messages kept of a room.
const QUOTES_MAX: usize = 500;
/// Messages fetched at a time.
const ASKED_MAX: usize = 16;

#[derive(Debug, Default)]
pub struct Quotes(BTreeMap<Seq, Quote>);

#[derive(Debug)]
enum Quote {
    Asked,
    Known(Item),
    /// There is none, or the server did not tell.
    Missing,
}

impl Quotes {
    #[must_use]
    pub fn get(&self, seq: Seq) -> Option<&Item> {
        match self.0.get(&seq)? {
            Quote::Known(item) => Some(item),
            _ => None,
        }
    }

    pub fn apply(&mut self, change: &Change) {
        if let Some(Quote::Known(item)) = self.0.get_mut(&change.target) {
            item.apply(change);
        }
    }

    /// The connection is gone, and the answers with it.
    pub fn disconnected(&mut self) {
        self.0.retain(|_, quote| !matches!(quote, Quote::Asked));
    }

    fn is_free(&self) -> bool {
        self.0.values().filter(|quote| matches!(quote, Quote::Asked)).count() < ASKED_MAX
    }

    fn put(&mut self, seq: Seq, quote: Quote) {
        if self.0.len() >= QUOTES_MAX {
            self.0.retain(|_, quote| matches!(quote, Quote::Asked));
        }
        self.0.insert(seq, quote);
    }
}

/// Asks for what the replies in sight answer.
pub(super) fn load(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let height = usize::from(model.geometry().body);
    let Some(room) = model.rooms.get(key).filter(|room| room.standing == Standing::In) else {
        return;
    };
    let Some(id) = room.id else { return };
    for seq in missing(room, height) {
        let Some(room) = model.rooms.get_mut(key).filter(|room| room.quotes.is_free()) else {
            return;
        };
        room.quotes.put(seq, Quote::Asked);
        let from = Anchor::After(Seq(seq.0.saturating_sub(1)));
        model.requests.ask(Asked::Quote(key, seq), History { room: id, from, limit: 1 }, out);
    }
}

/// A screen shows at most as many items as it has rows.
fn missing(room: &Room, height: usize) -> Vec<Seq> {
    let bottom = room.scroll.pos().or_else(|| room.timeline.last_pos());
    let Some(bottom) = bottom else { return Vec::new() };
    let items = room.timeline.up_from(bottom).take(height);
    let answered = items.filter_map(|(_, item)| item.said()?.reply_to);
    let unknown = |seq: &Seq| !room.timeline.contains(*seq) && !room.quotes.0.contains_key(seq);
    answered.filter(unknown).collect()
}

/// The message has come, or what stands where it should be.
pub(super) fn page(model: &mut Model, key: RoomKey, seq: Seq, page: &Page) {
    let found = page.items.iter().find(|item| item.entry.seq == seq);
    let item = found.and_then(|item| past::item(model, key, item, page.as_of));
    if let Some(room) = model.rooms.get_mut(key) {
        room.quotes.put(seq, item.map_or(Quote::Missing, Quote::Known));
    }
}

pub(super) fn refused(model: &mut Model, key: RoomKey, seq: Seq) {
    if let Some(room) = model.rooms.get_mut(key) {
        room.quotes.put(seq, Quote::Missing);
    }
}

impl Room {
    /// The message of that number, if it is at hand.
    #[must_use]
    pub fn message(&self, seq: Seq) -> Option<&Item> {
        self.timeline.get(Pos::entry(seq)).or_else(|| self.quotes.get(seq))
    }
}
