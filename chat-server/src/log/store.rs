//! The seam between the log and where it is kept.

use std::sync::Arc;

use chat_proto::{MemberId, MessageId, RoomId, Seq, Time, message::Anchor};

use crate::core::{Counters, Entry, Prior, Row, State};

/// A store just opened: its writing and reading side, and the state it held.
pub struct Opened {
    pub store: Box<dyn Store>,
    pub reader: Arc<dyn Reader>,
    pub state: State,
    /// Where its index for searching is kept; none where it is looked through directly.
    pub index: Option<super::search::Place>,
}

/// The writing side. Used by one thread.
pub trait Store: Send {
    /// Writes a group in one transaction; all of it or nothing. When it returns, entries are durable as far as the
    /// store promises; the other rows at least outlive the process.
    ///
    /// # Errors
    /// Says whether it is certain that nothing was written.
    fn commit(&mut self, rows: &[Row], counters: &Counters) -> Result<(), StoreError>;

    /// The message that came under this id before, as far back as ids are kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn prior(
        &mut self,
        member: MemberId,
        id: MessageId,
        now: Time,
    ) -> Result<Option<Prior>, StoreError>;

    /// Whether these numbers are set aside durably, so that they may be given out without writing.
    fn covers(&self, counters: &Counters) -> bool;

    /// Writes down that the log was closed in good order.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn close(&mut self) -> Result<(), StoreError>;
}

/// The reading side; it always includes what was published.
pub trait Reader: Send + Sync {
    /// # Errors
    /// When the store cannot be read or is damaged.
    fn read(&self, room: RoomId, read: Read) -> Result<Slice, StoreError>;

    /// The first room from this one on that has entries, whether anybody can reach it or not, and when the oldest of
    /// them was written.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn oldest(&self, from: RoomId) -> Result<Option<(RoomId, Time)>, StoreError>;

    /// What the entries of a room after a number take, so many of them at most.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn weigh(&self, room: RoomId, after: Seq, limit: u64) -> Result<Weighed, StoreError>;
}

/// What some entries of a room take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weighed {
    /// The number of the last of them.
    pub last: Seq,
    pub bytes: u64,
}

/// Which entries of a room to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    pub from: Anchor,
    /// Entries at most.
    pub limit: usize,
    /// Bytes of text at most; at least one entry is given all the same.
    pub bytes_max: usize,
}

/// Some entries of a room, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    pub entries: Vec<Arc<Entry>>,
    /// Whether there are more in the direction asked for.
    pub more: bool,
    /// The room's last number when it was read.
    pub head: Seq,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing of the group was written.
    #[error("{0}")]
    NotWritten(String),
    /// The system failed in the middle of it.
    #[error("{0}")]
    Unknown(String),
    /// A row is not what was written.
    #[error("entry {seq} of room {room} is damaged; run chat-server check-data")]
    Damaged { room: RoomId, seq: Seq },
}

/// How many bytes an entry counts for in a slice.
#[must_use]
pub fn weight(entry: &Entry) -> usize {
    let said = entry.content.said().map_or(0, |said| {
        said.text.as_str().len()
            + said.parts.iter().map(|part| part.kind.len() + part.bytes.len()).sum::<usize>()
    });
    said + entry.nick.as_str().len() + ENTRY_OVERHEAD_BYTES
}

/// Numbers, times and id of an entry, generously.
pub(super) const ENTRY_OVERHEAD_BYTES: usize = 64;
