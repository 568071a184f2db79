//! From the writer to the indexer: which rooms have grown. A hint never makes the writer wait, and many are as one.

use std::{
    collections::HashSet,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chat_proto::{RoomId, Seq};
use tokio::sync::oneshot;

/// Hints that wait for the indexer. The lock is held for adding numbers to a set and for taking the set away.
#[derive(Default)]
pub struct Hints {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    /// How often the index was made anew: who has the older file open must open the newer.
    made: AtomicU64,
}

/// What there is to do.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) rooms: HashSet<RoomId>,
    /// Entries that were added, about.
    entries: usize,
    /// What is to be found no longer.
    pub(super) gone: Vec<Gone>,
    /// The index is of no use and has to be made anew.
    pub(super) damaged: bool,
    pub(super) closed: bool,
}

/// A room's first entries, which will be kept no longer.
pub(super) struct Gone {
    pub(super) room: RoomId,
    pub(super) through: Seq,
    pub(super) positions: Vec<u64>,
    /// Told, or dropped, when the index has them no longer.
    done: oneshot::Sender<()>,
}

impl Gone {
    pub(super) fn done(self) {
        // Who asked may have gone as well.
        self.done.send(()).unwrap_or_default();
    }
}

impl Waiting {
    fn is_urgent(&self) -> bool {
        self.damaged || self.closed || !self.gone.is_empty()
    }
}

/// So many entries are worth a transaction at once;
const ENTRIES_WANTED: usize = 4096;
/// fewer wait for more for so long. Until then a search looks through them directly.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// While more entries than this come in such a time, the processor is for them: indexing waits,
const BUSY_ENTRIES: usize = 2000;
const BUSY_TIME: Duration = Duration::from_millis(250);
/// though no longer than this.
const BUSY_MAX: Duration = Duration::from_secs(30);

impl Hints {
    /// These rooms have grown, each by one for every time that it is named.
    pub fn grown(&self, rooms: impl IntoIterator<Item = RoomId>) {
        let mut waiting = self.lock();
        let before = waiting.entries;
        for room in rooms {
            waiting.rooms.insert(room);
            waiting.entries += 1;
        }
        // Only what the indexer waits for wakes it.
        let reached = |wanted| before < wanted && waiting.entries >= wanted;
        if reached(1) || reached(ENTRIES_WANTED) {
            self.changed.notify_one();
        }
    }

    /// The index cannot be read.
    pub(super) fn damaged(&self) {
        self.lock().damaged = true;
        self.changed.notify_one();
    }

    /// These entries of a room, up to a number, will be kept no longer. The receiver hears when the index has them no
    /// more, or will never have.
    pub fn gone(&self, room: RoomId, through: Seq, positions: Vec<u64>) -> oneshot::Receiver<()> {
        let (done, receiver) = oneshot::channel();
        let mut waiting = self.lock();
        if !waiting.closed {
            waiting.gone.push(Gone { room, through, positions, done });
            self.changed.notify_one();
        }
        receiver
    }

    pub(super) fn take_gone(&self) -> Vec<Gone> {
        std::mem::take(&mut self.lock().gone)
    }

    /// Nothing more will come.
    pub fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.gone.clear();
        self.changed.notify_one();
    }

    /// Waits for something to do, then a little for more, and takes it; nothing after so much patience.
    pub(super) fn take(&self, patience: Duration) -> Waiting {
        let idle = |waiting: &mut Waiting| waiting.rooms.is_empty() && !waiting.is_urgent();
        let (waiting, patience) = self
            .changed
            .wait_timeout_while(self.lock(), patience, idle)
            .unwrap_or_else(PoisonError::into_inner);
        if patience.timed_out() {
            return Waiting::default();
        }
        let few = |waiting: &mut Waiting| waiting.entries < ENTRIES_WANTED && !waiting.is_urgent();
        let (waiting, _) = self
            .changed
            .wait_timeout_while(waiting, WAIT_MAX, few)
            .unwrap_or_else(PoisonError::into_inner);
        let mut waiting = self.let_pass(waiting);
        let Waiting { damaged, closed, .. } = *waiting;
        let (rooms, gone) = (std::mem::take(&mut waiting.rooms), std::mem::take(&mut waiting.gone));
        (waiting.entries, waiting.damaged) = (0, false);
        Waiting { rooms, entries: 0, gone, damaged, closed }
    }

    /// Waits until no more than a few come, or for as long as may be.
    fn let_pass<'a>(&'a self, mut waiting: MutexGuard<'a, Waiting>) -> MutexGuard<'a, Waiting> {
        let late = Instant::now() + BUSY_MAX;
        let mut before = 0;
        while waiting.entries - before >= BUSY_ENTRIES && Instant::now() < late {
            before = waiting.entries;
            let go_on = |waiting: &mut Waiting| !waiting.is_urgent();
            let (found, timeout) = self
                .changed
                .wait_timeout_while(waiting, BUSY_TIME, go_on)
                .unwrap_or_else(PoisonError::into_inner);
            waiting = found;
            if !timeout.timed_out() {
                break;
            }
        }
        waiting
    }

    pub(super) fn made_anew(&self) {
        self.made.fetch_add(1, Ordering::Release);
    }

    pub(super) fn times_made(&self) -> u64 {
        self.made.load(Ordering::Acquire)
    }

    /// Whether there is something to do, or to end.
    pub(super) fn is_waiting(&self) -> bool {
        let waiting = self.lock();
        !waiting.rooms.is_empty() || waiting.is_urgent()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
