//! A log that ends with the process: for `--ephemeral` and for tests.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use chat_proto::{Epoch, MemberId, MessageId, RoomId, Seq, Time, message::Anchor};

use super::{Opened, Read, Reader, Slice, Store, StoreError, Weighed, store::weight};
use crate::core::{Counters, Entry, ID_MILLIS_MAX, Prior, Row, State};

/// The entries of each room. The lock is held for copying pointers only.
type Entries = Arc<RwLock<BTreeMap<RoomId, Kept>>>;

/// What is kept of a room; number `n` stands at `n - 1 - forgotten`.
#[derive(Default)]
struct Kept {
    forgotten: Seq,
    entries: VecDeque<Arc<Entry>>,
}

struct Memory {
    entries: Entries,
    ids: HashMap<(MemberId, MessageId), Known>,
    /// When ids that are too old are dropped next.
    sweep_at: i64,
}

/// What came under an id.
struct Known {
    room: RoomId,
    seq: Seq,
    at: Time,
    /// None once it is kept no longer.
    entry: Option<Arc<Entry>>,
}

struct MemoryReader(Entries);

/// An empty log.
#[must_use]
pub fn open(epoch: Epoch) -> Opened {
    let entries = Entries::default();
    Opened {
        store: Box::new(Memory { entries: Arc::clone(&entries), ids: HashMap::new(), sweep_at: 0 }),
        reader: Arc::new(MemoryReader(entries)),
        state: State::new(epoch, Counters::default()),
        index: None,
    }
}

impl Store for Memory {
    fn commit(&mut self, rows: &[Row], _: &Counters) -> Result<(), StoreError> {
        let mut rooms = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            match row {
                Row::Entry { entry, keyed } => {
                    rooms.entry(entry.room).or_default().entries.push_back(Arc::clone(entry));
                    if *keyed {
                        self.ids.insert((entry.by, entry.id), Known::of(entry));
                    }
                }
                Row::Forgotten { room, through, .. } => {
                    rooms.entry(*room).or_default().forget(*through, &mut self.ids);
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
        Ok(self.ids.get(&(member, id)).map(|known| {
            let Known { room, seq, at, ref entry } = *known;
            let content = entry.as_ref().map(|entry| entry.content.clone());
            Prior { room, seq, at, content }
        }))
    }

    fn covers(&self, _: &Counters) -> bool {
        true
    }

    fn close(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
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
            self.ids.retain(|_, known| now - known.at.0 <= ID_MILLIS_MAX);
            self.sweep_at = now + SWEEP_MILLIS;
        }
    }
}

/// How often ids that are too old are dropped.
const SWEEP_MILLIS: i64 = 3600 * 1000;

impl Known {
    fn of(entry: &Arc<Entry>) -> Self {
        let Entry { room, seq, at, .. } = **entry;
        Self { room, seq, at, entry: Some(Arc::clone(entry)) }
    }
}

impl Kept {
    fn forget(&mut self, through: Seq, ids: &mut HashMap<(MemberId, MessageId), Known>) {
        let count = self.split(Anchor::After(through));
        for entry in self.entries.drain(..count) {
            if let Some(known) = ids.get_mut(&(entry.by, entry.id)) {
                known.entry = None;
            }
        }
        self.forgotten = self.forgotten.max(through);
    }

    fn head(&self) -> Seq {
        Seq(self.forgotten.0 + self.entries.len() as u64)
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
        let (entries, more) = if matches!(read.from, Anchor::Latest | Anchor::Before(_)) {
            let (mut entries, more) = take(self.entries.range(..at).rev(), read);
            entries.reverse();
            (entries, more)
        } else {
            take(self.entries.range(at..), read)
        };
        Slice { entries, more, head: self.head() }
    }
}

impl MemoryReader {
    fn rooms(&self) -> RwLockReadGuard<'_, BTreeMap<RoomId, Kept>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader for MemoryReader {
    fn read(&self, room: RoomId, read: Read) -> Result<Slice, StoreError> {
        Ok(self.rooms().get(&room).map(|kept| kept.slice(read)).unwrap_or_default())
    }

    fn oldest(&self, from: RoomId) -> Result<Option<(RoomId, Time)>, StoreError> {
        let oldest = |(room, kept): (&RoomId, &Kept)| Some((*room, kept.entries.front()?.at));
        Ok(self.rooms().range(from..).find_map(oldest))
    }

    fn weigh(&self, room: RoomId, after: Seq, limit: u64) -> Result<Weighed, StoreError> {
        let mut weighed = Weighed { last: after, bytes: 0 };
        if let Some(kept) = self.rooms().get(&room) {
            let from = kept.split(Anchor::After(after));
            for entry in kept.entries.range(from..).take(place(limit)) {
                weighed.last = entry.seq;
                weighed.bytes += weight(entry) as u64;
            }
        }
        Ok(weighed)
    }
}

fn place(seq: u64) -> usize {
    usize::try_from(seq).unwrap_or(usize::MAX)
}

/// As many as the limits allow, and whether there would be more.
fn take<'a>(entries: impl Iterator<Item = &'a Arc<Entry>>, read: Read) -> (Vec<Arc<Entry>>, bool) {
    let (mut taken, mut bytes) = (Vec::new(), 0);
    for entry in entries {
        bytes += weight(entry);
        if taken.len() == read.limit || (bytes > read.bytes_max && !taken.is_empty()) {
            return (taken, true);
        }
        taken.push(Arc::clone(entry));
    }
    (taken, false)
}
