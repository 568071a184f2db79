//! The part of a room's log that the client holds, between two numbers, with notices and unsent messages in it.
//!
//! It is a window: pages of the past are put before it, live entries behind it, and what is far from where the user
//! reads is dropped, to be fetched again. When its end does not meet the log's end (`live` is false), live entries only
//! move the room's cursor.

use std::collections::BTreeMap;

use chat_proto::{MessageId, Seq, Time};

use super::item::{Body, Delivery, Item, Pos, Presence, Said};

/// Items kept of a room; a page behind and before a reader is fetched in tens of milliseconds.
pub const ITEMS_MAX: usize = 5_000;
/// Comings and goings folded into one line.
const PRESENCE_MAX: usize = 12;

#[derive(Debug)]
pub struct Timeline {
    items: BTreeMap<Pos, Item>,
    /// The numbers that the window spans, whether or not each is something to show.
    first: Option<Seq>,
    last: Option<Seq>,
    /// Whether the window reaches the end of what was delivered.
    live: bool,
    /// Whether it begins with the room's first entry.
    complete: bool,
    /// Changes when the window moves elsewhere, so that late pages are recognised.
    generation: u32,
    notices: u32,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            items: BTreeMap::new(),
            first: None,
            last: None,
            live: true,
            complete: false,
            generation: 0,
            notices: 0,
        }
    }
}

impl Timeline {
    #[must_use]
    pub const fn first(&self) -> Option<Seq> {
        self.first
    }

    #[must_use]
    pub const fn last(&self) -> Option<Seq> {
        self.last
    }

    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.live
    }

    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    #[must_use]
    pub fn get(&self, pos: Pos) -> Option<&Item> {
        self.items.get(&pos)
    }

    pub fn get_mut(&mut self, pos: Pos) -> Option<&mut Item> {
        self.items.get_mut(&pos)
    }

    #[must_use]
    pub fn contains(&self, seq: Seq) -> bool {
        self.items.contains_key(&Pos::entry(seq))
    }

    pub fn items(&self) -> impl DoubleEndedIterator<Item = (Pos, &Item)> {
        self.items.iter().map(|(pos, item)| (*pos, item))
    }

    /// The items up to and with `pos`, last first.
    pub fn up_from(&self, pos: Pos) -> impl Iterator<Item = (Pos, &Item)> {
        self.items.range(..=pos).rev().map(|(pos, item)| (*pos, item))
    }

    /// The items behind `pos`, in order.
    pub fn down_from(&self, pos: Pos) -> impl Iterator<Item = (Pos, &Item)> {
        let behind = (std::ops::Bound::Excluded(pos), std::ops::Bound::Unbounded);
        self.items.range(behind).map(|(pos, item)| (*pos, item))
    }

    /// The item before `pos`.
    #[must_use]
    pub fn before(&self, pos: Pos) -> Option<&Item> {
        self.items.range(..pos).next_back().map(|(_, item)| item)
    }

    #[must_use]
    pub fn last_pos(&self) -> Option<Pos> {
        self.items.last_key_value().map(|(pos, _)| *pos)
    }

    /// Takes the entry of a number that was delivered; `None` where there is nothing to show. False if it was known.
    pub fn append(&mut self, seq: Seq, item: Option<Item>) -> bool {
        if !self.live {
            return true;
        }
        self.first = self.first.or(Some(seq)).min(Some(seq));
        self.last = self.last.max(Some(seq));
        item.is_none_or(|item| self.items.insert(Pos::entry(seq), item).is_none())
    }

    /// Puts a page of the past before the window; `more` tells whether there is more before it.
    pub fn prepend(&mut self, page: Vec<(Seq, Option<Item>)>, more: bool) {
        self.complete = !more;
        self.span(&page);
        self.fill(page);
    }

    /// Puts a page behind a window that is not live. It is live when it has reached what was delivered since.
    pub fn extend(&mut self, page: Vec<(Seq, Option<Item>)>, reached: Option<Seq>, delivered: Seq) {
        self.span(&page);
        self.fill(page);
        self.live = self.last.max(reached) >= Some(delivered);
    }

    /// Puts in what was missed within the window.
    pub fn patch(&mut self, page: Vec<(Seq, Option<Item>)>) {
        self.span(&page);
        self.fill(page);
    }

    /// Moves the window elsewhere: nothing is in it, and it is not live. Unsent messages stay.
    pub fn leave(&mut self, live: bool) {
        self.items = self.items.split_off(&Pos::UNSENT);
        (self.first, self.last) = (None, None);
        (self.live, self.complete) = (live, false);
        self.generation += 1;
    }

    /// Empties the window in place, so that what came before `next` is still found by paging.
    pub fn clear(&mut self, next: Seq) {
        self.leave(true);
        self.first = Some(next);
    }

    /// Puts what the client tells behind the last entry; where nothing is loaded, behind all that was delivered.
    pub fn note(&mut self, item: Item, cursor: Seq) {
        self.notices += 1;
        self.items.insert(Pos(self.last.unwrap_or(cursor), self.notices), item);
    }

    /// Notes a coming or going, in one line with those just before it.
    pub fn presence(&mut self, at: Time, presence: Presence, cursor: Seq) {
        match self.items.range_mut(..Pos::UNSENT).next_back() {
            Some((_, Item { body: Body::Presence(list), .. })) if list.len() < PRESENCE_MAX => {
                list.push(presence);
            }
            _ => self.note(Item { at, body: Body::Presence(vec![presence]) }, cursor),
        }
    }

    /// Drops what is over the limit from the end that is farther from the reader.
    pub fn trim(&mut self, reading_end: bool) {
        while self.items.len() > ITEMS_MAX {
            let dropped = if reading_end { self.trim_first() } else { self.trim_last() };
            if !dropped {
                break;
            }
        }
    }

    fn trim_first(&mut self) -> bool {
        let Some(entry) = self.items.first_entry().filter(|e| *e.key() < Pos::UNSENT) else {
            return false;
        };
        entry.remove();
        self.complete = false;
        self.first = self.items.keys().find(|pos| pos.1 == 0).map(|pos| pos.0);
        true
    }

    fn trim_last(&mut self) -> bool {
        let Some(pos) = self.items.range(..Pos::UNSENT).next_back().map(|(pos, _)| *pos) else {
            return false;
        };
        self.items.remove(&pos);
        self.live = false;
        self.last = Some(if pos.1 == 0 { Seq(pos.0.0.saturating_sub(1)) } else { pos.0 });
        true
    }

    fn span(&mut self, page: &[(Seq, Option<Item>)]) {
        let (first, last) = (page.first().map(|(seq, _)| *seq), page.last().map(|(seq, _)| *seq));
        self.first = [self.first, first].into_iter().flatten().min();
        self.last = self.last.max(last);
    }

    fn fill(&mut self, page: Vec<(Seq, Option<Item>)>) {
        let shown = page.into_iter().filter_map(|(seq, item)| Some((Pos::entry(seq), item?)));
        self.items.extend(shown);
    }
}

/// Messages on their way out.
impl Timeline {
    /// Puts a message that is not sent yet at the end.
    pub fn push_unsent(&mut self, at: Time, said: Said) {
        self.notices += 1;
        self.items.insert(Pos::unsent(self.notices), Item { at, body: Body::Said(said) });
    }

    /// Messages that were not acknowledged, oldest first.
    pub fn unsent(&self) -> impl DoubleEndedIterator<Item = (Pos, &Item)> {
        self.items.range(Pos::UNSENT..).map(|(pos, item)| (*pos, item))
    }

    pub fn unsent_mut(&mut self) -> impl Iterator<Item = &mut Said> {
        self.items.range_mut(Pos::UNSENT..).filter_map(|(_, item)| item.said_mut())
    }

    /// Takes out the unsent message of that id.
    pub fn take_unsent(&mut self, id: MessageId) -> Option<Item> {
        let of = |item: &Item| item.said().is_some_and(|said| said.id == id);
        let pos = self.unsent().find(|(_, item)| of(item))?.0;
        self.items.remove(&pos)
    }

    /// Takes out the last message that was refused.
    pub fn take_failed(&mut self) -> Option<Item> {
        let pos = self.unsent().rev().find(|(_, item)| item.is_failed())?.0;
        self.items.remove(&pos)
    }

    /// Gives an unsent message its number; entries were delivered up to `cursor`. One before the window comes by paging:
    /// put there, it would hide that something lies between.
    pub fn settle(&mut self, id: MessageId, seq: Seq, at: Time, cursor: Seq) {
        let Some(mut item) = self.take_unsent(id) else { return };
        item.at = at;
        if let Some(said) = item.said_mut() {
            said.delivery = Delivery::Sent;
            said.changed.as_of = seq;
        }
        let joins = seq > cursor || self.first.is_some_and(|first| first <= seq);
        // A window elsewhere shows it when the reader comes back; a number already there came as an entry.
        if self.live && joins && !self.contains(seq) {
            self.first = self.first.or(Some(seq));
            self.last = self.last.max(Some(seq));
            self.items.insert(Pos::entry(seq), item);
        }
    }
}
