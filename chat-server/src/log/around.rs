//! Reading around what is damaged: one bad row hides no other.

use std::sync::Arc;

use chat_proto::{RoomId, Seq, message::Anchor};

use super::{Read, Reader, StoreError};
use crate::core::Entry;

/// Entries that follow in a room, but for damaged ones.
#[derive(Debug, Default)]
pub struct Around {
    pub entries: Vec<Arc<Entry>>,
    /// Up to which number that is; none at the room's end.
    pub last: Option<Seq>,
    /// An entry that could not be read.
    pub damaged: Option<Seq>,
    pub more: bool,
}

/// Entries and bytes of text read at a time.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub entries: usize,
    pub bytes: usize,
}

/// Reads what follows a number; there is always something before the room's end.
pub(super) fn page(
    reader: &dyn Reader,
    room: RoomId,
    after: Seq,
    step: Step,
) -> Result<Around, StoreError> {
    let read = Read { from: Anchor::After(after), limit: step.entries, bytes_max: step.bytes };
    match reader.read(room, read) {
        Ok(slice) => {
            let last = slice.entries.last().map(|entry| entry.seq);
            Ok(Around { entries: slice.entries, last, damaged: None, more: slice.more })
        }
        Err(StoreError::Damaged { seq, .. }) => {
            // Whatever is damaged, the next page begins further on.
            let damaged = seq.max(after.next());
            let between = (after.0 + 1..damaged.0).map(Seq);
            let found = between.filter_map(|seq| whole(reader, room, seq).transpose());
            let entries = found.collect::<Result<_, _>>()?;
            Ok(Around { entries, last: Some(damaged), damaged: Some(damaged), more: true })
        }
        Err(error) => Err(error),
    }
}

/// Reads one entry; none where it is damaged.
pub(super) fn whole(
    reader: &dyn Reader,
    room: RoomId,
    seq: Seq,
) -> Result<Option<Arc<Entry>>, StoreError> {
    match entry(reader, room, seq) {
        Err(StoreError::Damaged { .. }) => Ok(None),
        found => found,
    }
}

/// Reads one entry.
pub(super) fn entry(
    reader: &dyn Reader,
    room: RoomId,
    seq: Seq,
) -> Result<Option<Arc<Entry>>, StoreError> {
    let read = |from| reader.read(room, Read { from, limit: 1, bytes_max: 0 });
    let slice = match read(Anchor::After(Seq(seq.0.saturating_sub(1)))) {
        // A read looks one further than it gives: a damaged neighbour is kept off from the other side.
        Err(StoreError::Damaged { seq: other, .. }) if other != seq => {
            read(Anchor::Before(seq.next()))?
        }
        slice => slice?,
    };
    Ok(slice.entries.into_iter().find(|entry| entry.seq == seq))
}
