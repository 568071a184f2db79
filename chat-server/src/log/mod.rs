//! The log: order, durability and the reading of what was said. The one way by which anything changes.
//!
//! A change goes into a queue; one writer thread takes all that wait, applies them to a copy of the state, commits what
//! is to be kept in one transaction, and only then publishes the state, answers the senders and feeds the rooms.
//! Where the log is kept is behind [`Store`] and [`Reader`]: [`sqlite`] by default, [`memory`] for `--ephemeral`.

mod around;
mod ids;
mod store;
mod unread;
mod writer;

pub mod memory;
pub mod sqlite;

pub mod search;

#[cfg(test)]
mod tests;

use std::{sync::Arc, thread};

use arc_swap::{ArcSwap, Guard};
use chat_proto::{MemberId, RoomId, Seq, Time, message::ErrorCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::{
    core::{Answer, Change, Hits, Label, Refusal, State},
    rooms::Rooms,
};

pub use around::{Around, Step};
pub use ids::Ids;
use search::{Hints, Indexing, Search, Searcher};
pub use store::{
    Opened, Outline, PageSlice, Read, Reader, Slice, Store, StoreError, Weighed, weight,
};
pub use unread::{Counted, Tally, Unread};

/// What the log made of a change.
pub type Outcome = Result<Answer, Refusal>;

/// A handle to the log. Clones share it; the writer ends with the last one.
#[derive(Clone)]
pub struct Log(Arc<Shared>);

struct Shared {
    queue: mpsc::Sender<Ticket>,
    state: Arc<ArcSwap<State>>,
    reader: Arc<dyn Reader>,
    reading: Arc<Semaphore>,
    searcher: Arc<Searcher>,
    /// To the index, where there is one.
    hints: Option<Arc<Hints>>,
    searching: Arc<Semaphore>,
    rooms: Arc<Rooms>,
}

/// A change on its way, and who waits for what becomes of it.
struct Ticket {
    change: Change,
    answer: oneshot::Sender<Outcome>,
}

/// Waits for the writer to end once every [`Log`] is dropped.
pub struct Writer {
    thread: thread::JoinHandle<()>,
    indexing: Option<Indexing>,
}

/// Changes that wait for the writer; whoever comes then waits for room.
const QUEUE_CHANGES_MAX: usize = 8192;
/// Pages read at the same time; each holds a thread and a database connection.
const READS_MAX: usize = 4;
/// Searches at the same time; others wait, so that reading on is not kept waiting.
const SEARCHES_MAX: usize = 2;

impl Log {
    /// Starts the writer over what a store held.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(opened: Opened, rooms: Arc<Rooms>) -> std::io::Result<(Self, Writer)> {
        let Opened { store, reader, state, index } = opened;
        let hints = Arc::<Hints>::default();
        let searcher = Arc::new(Searcher::new(Arc::clone(&reader), index.as_ref(), &hints));
        let heads = state.heads().collect();
        let hinted = index.is_some().then(|| Arc::clone(&hints));
        let start = |place| Indexing::start(Arc::clone(&reader), place, Arc::clone(&hints), heads);
        let indexing = index.map(start).transpose()?;
        let (queue, changes) = mpsc::channel(QUEUE_CHANGES_MAX);
        let state = Arc::new(ArcSwap::from_pointee(state));
        let writer =
            writer::Writing::new(changes, Arc::clone(&state), store, Arc::clone(&rooms), hints);
        let thread = thread::Builder::new().name("log".into()).spawn(move || writer.run())?;
        let reading = Arc::new(Semaphore::new(READS_MAX));
        let searching = Arc::new(Semaphore::new(SEARCHES_MAX));
        let log =
            Shared { queue, state, reader, reading, searcher, hints: hinted, searching, rooms };
        Ok((Self(Arc::new(log)), Writer { thread, indexing }))
    }

    /// Puts a change into the queue; the receiver tells what became of it, once that cannot be taken back.
    pub async fn append(&self, change: Change) -> oneshot::Receiver<Outcome> {
        let (answer, receiver) = oneshot::channel();
        if let Err(mpsc::error::SendError(ticket)) =
            self.0.queue.send(Ticket { change, answer }).await
        {
            // The writer is gone, so nobody else can have answered.
            drop(ticket.answer.send(Err(gone())));
        }
        receiver
    }

    /// Puts a change into the queue if there is room now, else gives it back.
    ///
    /// # Errors
    /// The change, for [`Log::append`].
    #[allow(clippy::result_large_err, reason = "the change goes back to who has it")]
    pub fn try_append(&self, change: Change) -> Result<oneshot::Receiver<Outcome>, Change> {
        let (answer, receiver) = oneshot::channel();
        match self.0.queue.try_send(Ticket { change, answer }) {
            Ok(()) => Ok(receiver),
            Err(error) => Err(error.into_inner().change),
        }
    }

    /// The state as the last durable group left it.
    #[must_use]
    pub fn state(&self) -> Guard<Arc<State>> {
        self.0.state.load()
    }

    /// Where what the log gives out is heard.
    #[must_use]
    pub fn rooms(&self) -> &Arc<Rooms> {
        &self.0.rooms
    }

    /// Reads entries of a room, off the async threads.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(&self, room: RoomId, read: Read) -> Result<Slice, Refusal> {
        self.look(room, move |reader| reader.read(room, read)).await
    }

    /// Counts what an account has not read in a room, off the async threads.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn count(
        &self,
        room: RoomId,
        viewer: MemberId,
        tell: bool,
    ) -> Result<Counted, Refusal> {
        let state = State::clone(&self.state());
        let (read, head) = (state.marker(viewer, room), state.head(room));
        let label = state.room(room).ok_or_else(no_room)?.label();
        let is_public = matches!(label, Label::Public(_));
        let nick = state.known(viewer).filter(|_| is_public).map(|known| known.nick.nick.clone());
        drop(state);
        let tally = if read < head {
            let unread = Unread { after: read, by: viewer, nick };
            self.look(room, move |reader| reader.unread(room, &unread)).await?
        } else {
            Tally::none(head)
        };
        Ok(Counted { room, label, viewer, read, tally, tell })
    }

    /// Reads what was decided about a room, off the async threads.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit(
        &self,
        room: RoomId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Slice, Refusal> {
        self.look(room, move |reader| reader.audit(room, before, limit)).await
    }

    /// The first room from this one on that has entries, and when the oldest of them was written.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn oldest(&self, from: RoomId) -> Result<Option<(RoomId, Time)>, Refusal> {
        self.look(from, move |reader| reader.oldest(from)).await
    }

    /// What the entries of a room after a number take, so many of them at most.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn weigh(&self, room: RoomId, after: Seq, limit: u64) -> Result<Weighed, Refusal> {
        self.look(room, move |reader| reader.weigh(room, after, limit)).await
    }

    /// The first entries of a room, so many of them at most, without what they say.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn first(&self, room: RoomId, limit: usize) -> Result<Vec<Outline>, Refusal> {
        self.look(room, move |reader| reader.first(room, limit)).await
    }

    /// Reads what follows a number in a room, but for what is damaged.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn around(&self, room: RoomId, after: Seq, step: Step) -> Result<Around, Refusal> {
        self.look(room, move |reader| around::page(reader, room, after, step)).await
    }

    async fn look<T: Send + 'static>(
        &self,
        room: RoomId,
        look: impl FnOnce(&dyn Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let permit = permit(&self.0.reading).await?;
        let reader = Arc::clone(&self.0.reader);
        beside(permit, move || look(&*reader)).await?.map_err(|error| {
            tracing::error!(%error, %room, "reading the log failed");
            damaged()
        })
    }

    /// Throws the first entries of a room away, as a change says.
    ///
    /// # Errors
    /// When the change is refused.
    pub async fn throw_away(
        &self,
        room: RoomId,
        gone: &[Outline],
        change: Change,
    ) -> Result<(), Refusal> {
        if let Some(last) = gone.last() {
            // What is not found any more may go; the other way round a crash would leave words of it in the index.
            let positions = gone.iter().map(|entry| entry.pos).collect();
            self.unindex(room, last.seq, positions).await;
        }
        // Without an answer the log has ended, and the server with it.
        self.append(change).await.await.unwrap_or(Ok(Answer::Done)).map(drop)
    }

    /// Makes the first entries of a room be found no longer, as they are about to be kept no longer.
    pub async fn unindex(&self, room: RoomId, through: Seq, positions: Vec<u64>) {
        if let Some(hints) = &self.0.hints {
            // Without an indexer nothing is found either.
            drop(hints.gone(room, through, positions).await);
        }
    }

    /// Reads what a timeline shows of a room, off the async threads.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn page(
        &self,
        room: RoomId,
        read: Read,
        viewer: MemberId,
    ) -> Result<PageSlice, Refusal> {
        self.look(room, move |reader| reader.page(room, read, viewer)).await
    }

    /// Finds what was said, off the async threads.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn search(&self, search: Search) -> Result<Hits, Refusal> {
        let permit = permit(&self.0.searching).await?;
        let state = self.state();
        let heads: Vec<_> = search.rooms.iter().map(|room| (*room, state.head(*room))).collect();
        drop(state);
        let searcher = Arc::clone(&self.0.searcher);
        beside(permit, move || searcher.search(&search, &heads)).await?.map_err(|error| {
            tracing::error!(%error, "searching the log failed");
            damaged()
        })
    }
}

impl Writer {
    /// Blocks until every change that was queued is written and the store is closed.
    pub fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the log's writer ended with a panic");
        }
        if let Some(indexing) = self.indexing {
            indexing.join();
        }
    }
}

async fn permit(permits: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Refusal> {
    Arc::clone(permits).acquire_owned().await.map_err(|_closed| gone())
}

/// Works off the async threads. The permit goes with the work, which goes on when nobody waits for it any more.
async fn beside<T: Send + 'static>(
    permit: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    done.await.map_err(|_panicked| damaged())
}

fn gone() -> Refusal {
    Refusal::new(ErrorCode::Unavailable, "the server is shutting down; try again later")
}

fn no_room() -> Refusal {
    Refusal::new(ErrorCode::NoRoom, "that room is gone")
}

fn damaged() -> Refusal {
    Refusal::new(ErrorCode::Internal, "the log could not be read; the server's own log says why")
}
