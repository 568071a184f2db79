//! A log that ends with the process: for `--ephemeral` and for tests.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use chat_proto::{Epoch, MemberId, MessageId, RoomId, Seq, Time, message::Anchor};

use super::{Opened, Read, Reader, Slice, Store, StoreError, store::weight};
use crate::core::{Counters, Entry, ID_MILLIS_MAX, Prior, Row, State};

/// The entries of each room; number `n` stands at `n - 1`. The lock is held for copying pointers only.
type Entries = Arc<RwLock<HashMap<RoomId, Vec<Arc<Entry>>>>>;

struct Memory {
    entries: Entries,
    ids: HashMap<(MemberId, MessageId), Arc<Entry>>,
    /// When ids that are too old are dropped next.
    sweep_at: i64,
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
            if let Row::Entry { entry, keyed } = row {
                rooms.entry(entry.room).or_default().push(Arc::clone(entry));
                if *keyed {
                    self.ids.insert((entry.by, entry.id), Arc::clone(entry));
                }
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
        Ok(self.ids.get(&(member, id)).map(|entry| {
            let Entry { room, seq, at, ref content, .. } = **entry;
            Prior { room, seq, at, content: content.clone() }
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
            self.ids.retain(|_, entry| now - entry.at.0 <= ID_MILLIS_MAX);
            self.sweep_at = now + SWEEP_MILLIS;
        }
    }
}

/// How often ids that are too old are dropped.
const SWEEP_MILLIS: i64 = 3600 * 1000;

impl Reader for MemoryReader {
    fn read(&self, room: RoomId, read: Read) -> Result<Slice, StoreError> {
        let rooms = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let all = rooms.get(&room).map_or(&[][..], Vec::as_slice);
        let backwards = matches!(read.from, Anchor::Latest | Anchor::Before(_));
        let (before, after) = all.split_at(split(all, read.from));
        let (entries, more) = if backwards {
            let (mut entries, more) = take(before.iter().rev(), read);
            entries.reverse();
            (entries, more)
        } else {
            take(after.iter(), read)
        };
        Ok(Slice { entries, more, head: Seq(all.len() as u64) })
    }
}

/// The place among the entries that an anchor means.
fn split(all: &[Arc<Entry>], from: Anchor) -> usize {
    let at = match from {
        Anchor::Latest => all.len(),
        Anchor::Before(seq) => place(seq.0.saturating_sub(1)),
        Anchor::After(seq) => place(seq.0),
        Anchor::Since(time) => all.partition_point(|entry| entry.at < time),
    };
    at.min(all.len())
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
