//! The thread that keeps the index: reads what is new from the store and adds it in large batches.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use chat_proto::{RoomId, Seq};

use super::{
    Hints, Index, Place,
    find::is_damage,
    hints::{Gone, Waiting},
};
use crate::{
    core::Entry,
    log::{
        Reader, StoreError,
        around::{self, Step},
        store::reworded,
        weight,
    },
};

/// Waits for the indexer to end once its hints are closed.
pub struct Indexing(thread::JoinHandle<()>);

/// Entries and bytes added in one transaction.
const BATCH_ENTRIES_MAX: usize = 8 * 1024;
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Read at a time; between two reads the indexer sees whether it is to end.
const STEP: Step = Step { entries: 2048, bytes: 1024 * 1024 };

impl Indexing {
    /// Starts the indexer; it looks at these rooms first.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        reader: Arc<dyn Reader>,
        place: Place,
        hints: Arc<Hints>,
        heads: Vec<(RoomId, Seq)>,
    ) -> std::io::Result<Self> {
        let run = move || {
            // Without an indexer, be it by an error or a panic, nobody waits for what it would do.
            let _end = Closing(Arc::clone(&hints));
            step_back();
            match Indexer::open(reader, place, hints, heads) {
                Ok(indexer) => indexer.run(),
                Err(error) => tracing::error!(%error, "there will be no search index"),
            }
        };
        thread::Builder::new().name("search".into()).spawn(run).map(Self)
    }

    /// Blocks until the indexer has ended.
    pub fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the indexer ended with a panic");
        }
    }
}

/// Closes the hints when the indexer ends.
struct Closing(Arc<Hints>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Lets the writer and the connections go first where there is not enough of the processor for all.
#[cfg(target_os = "linux")]
fn step_back() {
    // Of this thread alone: Linux keeps it a thread.
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "cannot lower the priority of indexing");
    }
}

#[cfg(not(target_os = "linux"))]
const fn step_back() {}

/// A tenth of what another thread gets where both want all.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Makes the index of a log anew, now; the number of entries that were looked at.
///
/// # Errors
/// When the index cannot be written or the log cannot be read.
pub fn rebuild(
    reader: Arc<dyn Reader>,
    place: Place,
    heads: Vec<(RoomId, Seq)>,
) -> Result<u64, IndexError> {
    let index = Index::anew(&place)?;
    let mut indexer = Indexer::new(reader, place, Arc::default(), heads, index)?;
    indexer.catch_up()?;
    Ok(indexer.added)
}

/// Why the index cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the search index cannot be written: {0}")]
    Index(#[from] rusqlite::Error),
    #[error("the log cannot be read: {0}")]
    Store(#[from] StoreError),
}

struct Indexer {
    reader: Arc<dyn Reader>,
    place: Place,
    hints: Arc<Hints>,
    /// Every room there was at the start, with its last number.
    heads: Vec<(RoomId, Seq)>,
    index: Index,
    /// Up to which number each room is indexed.
    seqs: HashMap<RoomId, Seq>,
    /// Rooms that may have grown since.
    behind: VecDeque<RoomId>,
    /// Up to which number entries are not to be found any more, even where they can still be read.
    gone: HashMap<RoomId, Seq>,
    /// What could not be taken out yet. Who waits for it goes on waiting: the store has it still.
    late: Vec<Gone>,
    /// How many entries were added.
    added: u64,
    /// When words of deleted messages may be cleared from the file again.
    clear_at: Instant,
}

/// Entries on their way into the index.
#[derive(Default)]
struct Batch {
    entries: Vec<Arc<Entry>>,
    bytes: usize,
    seqs: HashMap<RoomId, Seq>,
}

impl Indexer {
    fn open(
        reader: Arc<dyn Reader>,
        place: Place,
        hints: Arc<Hints>,
        heads: Vec<(RoomId, Seq)>,
    ) -> Result<Self, IndexError> {
        let mut index = Index::open(&place)?;
        if !fits(&index, &*reader, &heads).unwrap_or(false) {
            tracing::warn!("the search index is of another log; it is made anew");
            index = Index::anew(&place)?;
        }
        hints.made_anew();
        Self::new(reader, place, hints, heads, index)
    }

    fn new(
        reader: Arc<dyn Reader>,
        place: Place,
        hints: Arc<Hints>,
        heads: Vec<(RoomId, Seq)>,
        index: Index,
    ) -> Result<Self, IndexError> {
        let seqs = index.seqs()?;
        let is_behind = |(room, head): &&(RoomId, Seq)| seqs.get(room).is_none_or(|seq| seq < head);
        let behind = heads.iter().filter(is_behind).map(|(room, _)| *room).collect();
        let (gone, late, clear_at) = (HashMap::new(), Vec::new(), Instant::now());
        let added = 0;
        Ok(Self { reader, place, hints, heads, index, seqs, behind, gone, late, added, clear_at })
    }

    fn run(mut self) {
        loop {
            if let Err(error) = self.catch_up() {
                self.failed(&error);
            }
            if let Err(error) = self.clear() {
                self.failed(&error);
            }
            let Waiting { rooms, gone, damaged, closed, .. } = self.hints.take(PATIENCE);
            if closed {
                return;
            }
            self.forget(gone);
            self.note(rooms);
            if damaged && let Err(error) = self.start_anew() {
                self.failed(&error);
            }
        }
    }

    /// Takes out what will be kept no longer, with what could not be taken out before.
    fn forget(&mut self, all: Vec<Gone>) {
        for gone in std::mem::take(&mut self.late).into_iter().chain(all) {
            let before = self.gone.entry(gone.room).or_default();
            *before = gone.through.max(*before);
            match self.index.remove_all(&gone.positions) {
                Ok(()) => gone.done(),
                Err(error) => {
                    self.failed(&error.into());
                    self.late.push(gone);
                }
            }
        }
    }

    /// Clears the words of deleted messages from the file, unless that would take more than a part of the time.
    fn clear(&mut self) -> Result<(), IndexError> {
        let began = Instant::now();
        if began < self.clear_at || !self.index.has_remains()? {
            return Ok(());
        }
        while !self.hints.is_waiting() && !self.index.clear_some()? {}
        self.clear_at = Instant::now() + began.elapsed() * CLEAR_PART;
        Ok(())
    }

    fn failed(&self, error: &IndexError) {
        tracing::warn!(%error, "indexing for search failed");
        if let IndexError::Index(error) = error
            && is_damage(error)
        {
            self.hints.damaged();
        }
    }

    fn note(&mut self, rooms: impl IntoIterator<Item = RoomId>) {
        for room in rooms {
            if !self.behind.contains(&room) {
                self.behind.push_back(room);
            }
        }
    }

    fn start_anew(&mut self) -> Result<(), IndexError> {
        let rooms: Vec<_> = self.heads.iter().map(|(room, _)| *room).collect();
        let known: Vec<_> = self.seqs.keys().copied().collect();
        self.note(rooms.into_iter().chain(known));
        self.index = Index::anew(&self.place)?;
        self.seqs.clear();
        self.hints.made_anew();
        Ok(())
    }

    /// Indexes what there is, batch by batch.
    fn catch_up(&mut self) -> Result<(), IndexError> {
        while !self.behind.is_empty() && !self.hints.is_closed() {
            let gone = self.hints.take_gone();
            self.forget(gone);
            let mut batch = self.gather()?;
            batch
                .entries
                .retain(|entry| self.gone.get(&entry.room).is_none_or(|gone| entry.seq > *gone));
            self.added += batch.entries.len() as u64;
            // Ascending, as the index takes them best.
            batch.entries.sort_unstable_by_key(|entry| entry.pos);
            let added = self.index.add(&batch.entries, &batch.seqs);
            if let Err(error) = added {
                // Tried again when something has grown.
                self.note(batch.seqs.into_keys());
                return Err(error.into());
            }
            self.seqs.extend(batch.seqs);
        }
        Ok(())
    }

    /// Reads a batch, room by room in turn. A room that cannot be read keeps no other from being indexed.
    fn gather(&mut self) -> Result<Batch, StoreError> {
        let (mut batch, mut unread, mut failed) = (Batch::default(), Vec::new(), None);
        while !batch.is_full() && !self.hints.is_closed() {
            let Some(room) = self.behind.pop_front() else { break };
            match self.gather_room(room, &mut batch) {
                Ok(true) => self.behind.push_back(room),
                Ok(false) => {}
                Err(error) => {
                    unread.push(room);
                    failed = Some(error);
                }
            }
        }
        self.behind.extend(unread);
        match failed {
            Some(error) if batch.seqs.is_empty() => Err(error),
            _ => Ok(batch),
        }
    }

    /// Reads a page of a room; whether there is more.
    fn gather_room(&self, room: RoomId, batch: &mut Batch) -> Result<bool, StoreError> {
        let known = batch.seqs.get(&room).or_else(|| self.seqs.get(&room));
        let after = known.copied().unwrap_or_default();
        let page = around::page(&*self.reader, room, after, STEP)?;
        let targets = page.entries.iter().filter_map(|entry| reworded(entry));
        let said: Vec<_> = targets
            .map(|target| around::whole(&*self.reader, room, target))
            .collect::<Result<_, _>>()?;
        batch.add(room, &page.entries);
        batch.take(said.into_iter().flatten());
        if let Some(damaged) = page.damaged {
            tracing::error!(%room, seq = %damaged, "a damaged entry cannot be searched");
            batch.seqs.insert(room, damaged);
        }
        Ok(page.more)
    }
}

impl Batch {
    fn is_full(&self) -> bool {
        self.entries.len() >= BATCH_ENTRIES_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    fn add(&mut self, room: RoomId, entries: &[Arc<Entry>]) {
        self.seqs.extend(entries.last().map(|last| (room, last.seq)));
        self.take(entries.iter().filter(|entry| entry.content.target().is_none()).cloned());
    }

    fn take(&mut self, entries: impl IntoIterator<Item = Arc<Entry>>) {
        for entry in entries {
            self.bytes += weight(&entry);
            self.entries.push(entry);
        }
    }
}

/// How long to wait for something to do before looking whether there is something to clear.
const PATIENCE: Duration = Duration::from_secs(30);
/// A pause after clearing is so many times as long as the clearing took.
const CLEAR_PART: u32 = 20;

/// Whether the index can be of this log: it knows no entry that the log does not have.
fn fits(index: &Index, reader: &dyn Reader, heads: &[(RoomId, Seq)]) -> Result<bool, IndexError> {
    let seqs = index.seqs()?;
    let beyond = |(room, head): &(RoomId, Seq)| seqs.get(room).is_some_and(|seq| seq > head);
    if heads.iter().any(beyond) {
        return Ok(false);
    }
    let Some((pos, room, seq)) = index.newest()? else { return Ok(true) };
    Ok(around::whole(reader, room, seq)?.is_some_and(|entry| entry.pos == pos))
}
