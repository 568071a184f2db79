//! The seam between the log and where it is kept.

use std::sync::Arc;

use chat_proto::{
    MemberId, MessageId, RoomId, Seq, Time,
    message::{Anchor, Content, ReactionCount, Said},
};

use super::{Tally, Unread};
use crate::core::{Counters, Entry, Prior, Row, Shown, State};

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

    /// A message as it is now.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn message(&mut self, room: RoomId, seq: Seq) -> Result<Option<Arc<Entry>>, StoreError>;

    /// The reactions to a message, and which of them are this member's.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn reactions(
        &mut self,
        room: RoomId,
        seq: Seq,
        member: MemberId,
    ) -> Result<Vec<ReactionCount>, StoreError>;

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
    /// Every entry, one number after the other, as following a room needs them. Messages are as they are now, and
    /// entries that changed them say no more than that.
    ///
    /// # Errors
    /// When the store cannot be read or is damaged.
    fn read(&self, room: RoomId, read: Read) -> Result<Slice, StoreError>;

    /// What a timeline shows, without the entries that only change others; reactions as `viewer` sees them.
    ///
    /// # Errors
    /// When the store cannot be read or is damaged.
    fn page(&self, room: RoomId, read: Read, viewer: MemberId) -> Result<PageSlice, StoreError>;

    /// What was decided about a room, its newest before a number, newest last: topics, doors, deletions.
    ///
    /// # Errors
    /// When the store cannot be read or is damaged.
    fn audit(&self, room: RoomId, before: Option<Seq>, limit: usize) -> Result<Slice, StoreError>;

    /// Counts what somebody has not read in a room.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn unread(&self, room: RoomId, unread: &Unread) -> Result<Tally, StoreError>;

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

    /// The first entries of a room, so many of them at most, without what they say: damaged ones too.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn first(&self, room: RoomId, limit: usize) -> Result<Vec<Outline>, StoreError>;
}

/// An entry without what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline {
    pub seq: Seq,
    pub pos: u64,
    pub at: Time,
    /// What it takes.
    pub bytes: u64,
}

/// What some entries of a room take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weighed {
    /// The number of the last of them.
    pub last: Seq,
    pub bytes: u64,
    /// Some of them edit or delete: what they change takes something else since.
    pub reworded: bool,
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

/// What a timeline shows of a room, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageSlice {
    pub items: Vec<Shown>,
    /// Whether there are more in the direction asked for.
    pub more: bool,
    /// The room's last number when it was read: all up to it has left its trace.
    pub head: Seq,
}

impl PageSlice {
    /// Leaves out what is too much with the reactions counted in, on the far side.
    pub(super) fn cut(&mut self, read: Read) {
        let mut bytes = 0;
        let mut fits = |item: &Shown| {
            bytes += weight(&item.entry) + reactions_weight(&item.reactions);
            bytes <= read.bytes_max
        };
        let fitting = if read.is_backwards() {
            self.items.iter().rev().take_while(|item| fits(item)).count()
        } else {
            self.items.iter().take_while(|item| fits(item)).count()
        };
        let kept = fitting.max(1).min(self.items.len());
        let left_out = self.items.len() - kept;
        self.more |= left_out > 0;
        if read.is_backwards() {
            self.items.drain(..left_out);
        } else {
            self.items.truncate(kept);
        }
    }
}

impl Read {
    /// Whether it goes from the newer to the older.
    #[must_use]
    pub const fn is_backwards(&self) -> bool {
        matches!(self.from, Anchor::Latest | Anchor::Before(_))
    }
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
    let said = match &entry.content {
        Content::Edited { said, .. } => said.as_ref(),
        other => other.said(),
    };
    said.map_or(0, said_weight) + entry.nick.as_str().len() + ENTRY_OVERHEAD_BYTES
}

/// The message that has other words because of this entry, or none any more.
pub(super) const fn reworded(entry: &Entry) -> Option<Seq> {
    match entry.content {
        Content::Edited { target, .. } | Content::Deleted { target } => Some(target),
        _ => None,
    }
}

fn said_weight(said: &Said) -> usize {
    let parts = said.parts.iter().map(|part| part.kind.len() + part.bytes.len());
    said.text.as_str().len() + parts.sum::<usize>()
}

fn reactions_weight(reactions: &[ReactionCount]) -> usize {
    reactions.iter().map(|count| count.reaction.as_str().len() + 8).sum()
}

/// Numbers, times and id of an entry, generously.
pub(super) const ENTRY_OVERHEAD_BYTES: usize = 64;
