//! A log that ends with the process: for `--ephemeral` and for tests.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use chat_proto::{
    Epoch, MemberId, MessageId, Reaction, RoomId, Seq, Time,
    message::{Anchor, Content, ReactionCount, Said},
};

use super::{
    Opened, Outline, PageSlice, Read, Reader, Slice, Store, StoreError, Tally, Unread, Weighed,
    store::{reworded, weight},
    unread::ENTRIES_MAX,
};
use crate::core::{Counters, Entry, ID_MILLIS_MAX, Prior, Row, Shown, State};

/// The lock is held for copying pointers only.
type Rooms = Arc<RwLock<BTreeMap<RoomId, Kept>>>;

/// What is kept of a room.
#[derive(Default)]
struct Kept {
    /// The entries up to this number are kept no longer.
    forgotten: Seq,
    /// Number `n` stands at `n - 1 - forgotten`; messages as they are now, edits without their text.
    entries: VecDeque<Arc<Entry>>,
    /// Those that a timeline shows.
    shown: VecDeque<Seq>,
    /// By message: who gave what, in the order in which it was first given.
    reactions: BTreeMap<Seq, Vec<(Reaction, Vec<MemberId>)>>,
    /// By message: what it said before, and by which entry.
    earlier: BTreeMap<Seq, Vec<(Seq, Content)>>,
}

struct Memory {
    rooms: Rooms,
    ids: HashMap<(MemberId, MessageId), (RoomId, Seq, Time)>,
    /// When ids that are too old are dropped next.
    sweep_at: i64,
}

struct MemoryReader(Rooms);

/// An empty log.
#[must_use]
pub fn open(epoch: Epoch) -> Opened {
    let rooms = Rooms::default();
    Opened {
        store: Box::new(Memory { rooms: Arc::clone(&rooms), ids: HashMap::new(), sweep_at: 0 }),
        reader: Arc::new(MemoryReader(rooms)),
        state: State::new(epoch, Counters::default()),
        index: None,
    }
}

impl Kept {
    fn add(&mut self, entry: &Arc<Entry>) {
        match &entry.content {
            Content::Edited { target, .. } => {
                let content = Content::Edited { target: *target, said: None };
                self.entries.push_back(Arc::new(Entry { content, ..Entry::clone(entry) }));
                return;
            }
            Content::Reacted { target, reaction, on } => {
                self.react(*target, reaction, *on, entry.by);
            }
            Content::Deleted { .. } => {}
            _ => self.shown.push_back(entry.seq),
        }
        self.entries.push_back(Arc::clone(entry));
    }

    fn react(&mut self, target: Seq, reaction: &Reaction, on: bool, by: MemberId) {
        let given = self.reactions.entry(target).or_default();
        let place = given.iter().position(|(known, _)| known == reaction).unwrap_or_else(|| {
            given.push((reaction.clone(), Vec::new()));
            given.len() - 1
        });
        let members = &mut given[place].1;
        members.retain(|member| *member != by);
        if on {
            members.push(by);
        }
        given.retain(|(_, members)| !members.is_empty());
    }

    fn put_outcome(&mut self, entry: &Arc<Entry>, before: &Entry) {
        if let Content::Erased { .. } = entry.content {
            self.reactions.remove(&entry.seq);
            self.earlier.remove(&entry.seq);
        } else {
            let said_by = before.edited.map_or(before.seq, |edited| edited.seq);
            let earlier = self.earlier.entry(entry.seq).or_default();
            earlier.push((said_by, before.content.clone()));
        }
        let there = self.place(entry.seq).and_then(|place| self.entries.get_mut(place));
        if let Some(there) = there {
            *there = Arc::clone(entry);
        }
    }

    fn entry(&self, seq: Seq) -> Option<&Arc<Entry>> {
        self.entries.get(self.place(seq)?)
    }

    fn place(&self, seq: Seq) -> Option<usize> {
        Some(place(seq.0.checked_sub(self.forgotten.0)?.checked_sub(1)?))
    }

    fn head(&self) -> Seq {
        Seq(self.forgotten.0 + self.entries.len() as u64)
    }

    fn forget(&mut self, through: Seq) {
        let count = self.split(Anchor::After(through));
        self.entries.drain(..count);
        self.forgotten = self.forgotten.max(through);
        let kept = through.next();
        self.shown.drain(..self.shown.partition_point(|seq| *seq < kept));
        self.reactions = self.reactions.split_off(&kept);
        self.earlier = self.earlier.split_off(&kept);
    }

    /// The place among the entries that an anchor means.
    fn split(&self, from: Anchor) -> usize {
        let place = |seq: u64| place(seq.saturating_sub(self.forgotten.0));
        let at = match from {
            Anchor::Latest => self.entries.len(),
            Anchor::Before(seq) => place(seq.0.saturating_sub(1)),
            Anchor::After(seq) => place(seq.0),
            Anchor::Since(time) => self.entries.partition_point(|entry| entry.at < time),
        };
        at.min(self.entries.len())
    }

    fn slice(&self, read: Read) -> Slice {
        let at = self.split(read.from);
        let entry = |entry| self.with_text(entry);
        let (mut entries, more) = if read.is_backwards() {
            take(self.entries.range(..at).rev().map(entry), read)
        } else {
            take(self.entries.range(at..).map(entry), read)
        };
        if read.is_backwards() {
            entries.reverse();
        }
        Slice { entries, more, head: self.head() }
    }

    fn page(&self, read: Read, viewer: MemberId) -> PageSlice {
        let last = self.forgotten.0 + self.split(read.from) as u64;
        let at = self.shown.partition_point(|seq| seq.0 <= last);
        let entry = |seq: &Seq| self.entry(*seq).map(Arc::clone);
        let (mut entries, more) = if read.is_backwards() {
            take(self.shown.range(..at).rev().filter_map(entry), read)
        } else {
            take(self.shown.range(at..).filter_map(entry), read)
        };
        if read.is_backwards() {
            entries.reverse();
        }
        let shown = |entry: Arc<Entry>| {
            let reactions = self.counts(entry.seq, viewer);
            Shown { entry, reactions }
        };
        let items = entries.into_iter().map(shown).collect();
        let mut page = PageSlice { items, more, head: self.head() };
        page.cut(read);
        page
    }

    /// What an entry said when it was sent, as far as that is known.
    fn as_sent(&self, entry: &Entry) -> Content {
        match &entry.content {
            Content::Edited { target, .. } => {
                let said = self.said_by(*target, entry.seq).and_then(|content| content.said());
                Content::Edited { target: *target, said: said.cloned() }
            }
            now => self.said_by(entry.seq, entry.seq).unwrap_or(now).clone(),
        }
    }

    /// What a message said from the entry `by` on.
    fn said_by(&self, message: Seq, by: Seq) -> Option<&Content> {
        let earlier = self.earlier.get(&message).into_iter().flatten();
        let now = self.entry(message);
        let current = now.filter(|now| now.edited.map_or(now.seq, |edited| edited.seq) == by);
        earlier
            .filter(|(said_by, _)| *said_by == by)
            .map(|(_, content)| content)
            .next()
            .or(current.map(|now| &now.content))
    }

    fn counts(&self, message: Seq, viewer: MemberId) -> Vec<ReactionCount> {
        let count = |(reaction, members): &(Reaction, Vec<MemberId>)| ReactionCount {
            reaction: reaction.clone(),
            count: u32::try_from(members.len()).unwrap_or(u32::MAX),
            mine: members.contains(&viewer),
        };
        self.reactions
            .get(&message)
            .map_or_else(Vec::new, |given| given.iter().map(count).collect())
    }

    /// An edit with the text that its message has now.
    fn with_text(&self, entry: &Arc<Entry>) -> Arc<Entry> {
        let Content::Edited { target, .. } = entry.content else { return Arc::clone(entry) };
        let said: Option<Said> =
            self.entry(target).and_then(|message| message.content.said()).cloned();
        Arc::new(Entry { content: Content::Edited { target, said }, ..Entry::clone(entry) })
    }
}

impl Store for Memory {
    fn commit(&mut self, rows: &[Row], _: &Counters) -> Result<(), StoreError> {
        let rooms = Arc::clone(&self.rooms);
        let mut rooms = write(&rooms);
        for row in rows {
            match row {
                Row::Entry { entry, keyed } => {
                    rooms.entry(entry.room).or_default().add(entry);
                    if *keyed {
                        self.ids.insert((entry.by, entry.id), (entry.room, entry.seq, entry.at));
                    }
                }
                Row::Outcome { entry, before } => {
                    rooms.entry(entry.room).or_default().put_outcome(entry, before);
                }
                Row::Forgotten { room, through, .. } => {
                    rooms.entry(*room).or_default().forget(*through);
                }
                Row::RoomDiscarded(room) => {
                    rooms.remove(room);
                    self.ids.retain(|_, (of, ..)| of != room);
                }
                _ => {}
            }
        }
        drop(rooms);
        self.forget_old_ids(rows);
        Ok(())
    }

    fn prior(
        &mut self,
        member: MemberId,
        id: MessageId,
        _: Time,
    ) -> Result<Option<Prior>, StoreError> {
        let Some(&(room, seq, at)) = self.ids.get(&(member, id)) else { return Ok(None) };
        let rooms = write(&self.rooms);
        let found = rooms.get(&room).and_then(|kept| Some((kept, kept.entry(seq)?)));
        let content = found.map(|(kept, entry)| kept.as_sent(entry));
        Ok(Some(Prior { room, seq, at, content }))
    }

    fn message(&mut self, room: RoomId, seq: Seq) -> Result<Option<Arc<Entry>>, StoreError> {
        Ok(write(&self.rooms).get(&room).and_then(|kept| kept.entry(seq)).cloned())
    }

    fn reactions(
        &mut self,
        room: RoomId,
        seq: Seq,
        member: MemberId,
    ) -> Result<Vec<ReactionCount>, StoreError> {
        let rooms = write(&self.rooms);
        Ok(rooms.get(&room).map_or_else(Vec::new, |kept| kept.counts(seq, member)))
    }

    fn covers(&self, _: &Counters) -> bool {
        true
    }

    fn close(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn write(rooms: &Rooms) -> RwLockWriteGuard<'_, BTreeMap<RoomId, Kept>> {
    rooms.write().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    fn forget_old_ids(&mut self, rows: &[Row]) {
        let Some(now) = rows.iter().find_map(|row| match row {
            Row::Entry { entry, .. } => Some(entry.at.0),
            _ => None,
        }) else {
            return;
        };
        if now >= self.sweep_at {
            self.ids.retain(|_, (.., at)| now - at.0 <= ID_MILLIS_MAX);
            self.sweep_at = now + SWEEP_MILLIS;
        }
    }
}

/// How often ids that are too old are dropped.
const SWEEP_MILLIS: i64 = 3600 * 1000;

impl MemoryReader {
    fn rooms(&self) -> RwLockReadGuard<'_, BTreeMap<RoomId, Kept>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader for MemoryReader {
    fn read(&self, room: RoomId, read: Read) -> Result<Slice, StoreError> {
        Ok(self.rooms().get(&room).map(|kept| kept.slice(read)).unwrap_or_default())
    }

    fn page(&self, room: RoomId, read: Read, viewer: MemberId) -> Result<PageSlice, StoreError> {
        Ok(self.rooms().get(&room).map(|kept| kept.page(read, viewer)).unwrap_or_default())
    }

    fn audit(&self, room: RoomId, before: Option<Seq>, limit: usize) -> Result<Slice, StoreError> {
        let rooms = self.rooms();
        let Some(kept) = rooms.get(&room) else { return Ok(Slice::default()) };
        let end = kept.split(before.map_or(Anchor::Latest, Anchor::Before));
        let mut decided =
            kept.entries.range(..end).rev().filter(|entry| entry.content.is_decision());
        let mut entries: Vec<_> = decided.by_ref().take(limit).cloned().collect();
        entries.reverse();
        Ok(Slice { entries, more: decided.next().is_some(), head: kept.head() })
    }

    fn unread(&self, room: RoomId, unread: &Unread) -> Result<Tally, StoreError> {
        let read =
            Read { from: Anchor::After(unread.after), limit: ENTRIES_MAX, bytes_max: usize::MAX };
        let Slice { entries, head, .. } = self.read(room, read)?;
        let mut tally = Tally::none(head);
        for entry in entries {
            if !tally.is_enough() && entry.content.target().is_none() {
                let said = entry.content.said();
                tally.look(unread, entry.by, said.map(|said| said.text.as_str()));
            }
        }
        Ok(tally)
    }

    fn oldest(&self, from: RoomId) -> Result<Option<(RoomId, Time)>, StoreError> {
        let oldest = |(room, kept): (&RoomId, &Kept)| Some((*room, kept.entries.front()?.at));
        Ok(self.rooms().range(from..).find_map(oldest))
    }

    fn weigh(&self, room: RoomId, after: Seq, limit: u64) -> Result<Weighed, StoreError> {
        let mut weighed = Weighed { last: after, ..Weighed::default() };
        if let Some(kept) = self.rooms().get(&room) {
            let from = kept.split(Anchor::After(after));
            for entry in kept.entries.range(from..).take(place(limit)) {
                weighed.last = entry.seq;
                weighed.bytes += weight(entry) as u64;
                weighed.reworded |= reworded(entry).is_some();
            }
        }
        Ok(weighed)
    }

    fn first(&self, room: RoomId, limit: usize) -> Result<Vec<Outline>, StoreError> {
        let outline = |entry: &Arc<Entry>| {
            let bytes = weight(entry) as u64;
            Outline { seq: entry.seq, pos: entry.pos, at: entry.at, bytes }
        };
        let rooms = self.rooms();
        let entries = rooms.get(&room).into_iter().flat_map(|kept| &kept.entries);
        Ok(entries.take(limit).map(outline).collect())
    }
}

fn place(seq: u64) -> usize {
    usize::try_from(seq).unwrap_or(usize::MAX)
}

/// As many as the limits allow, and whether there would be more.
fn take(entries: impl Iterator<Item = Arc<Entry>>, read: Read) -> (Vec<Arc<Entry>>, bool) {
    let (mut taken, mut bytes) = (Vec::new(), 0);
    for entry in entries {
        bytes += weight(&entry);
        if taken.len() == read.limit || (bytes > read.bytes_max && !taken.is_empty()) {
            return (taken, true);
        }
        taken.push(entry);
    }
    (taken, false)
}
