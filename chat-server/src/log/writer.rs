//! The writer thread: takes all that waits, applies, commits once, then tells.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use chat_proto::{RoomId, message::ErrorCode};
use tokio::sync::{mpsc, oneshot};

use super::{Ids, Outcome, Store, StoreError, Ticket, search::Hints};
use crate::{
    core::{Change, Group, Refusal, Row, State, apply},
    rooms::Rooms,
};

pub(super) struct Writing {
    changes: mpsc::Receiver<Ticket>,
    state: Arc<ArcSwap<State>>,
    store: Box<dyn Store>,
    rooms: Arc<Rooms>,
    hints: Arc<Hints>,
    /// What happened while the disk took nothing.
    unwritten: Vec<Row>,
}

type Answers = Vec<(oneshot::Sender<Outcome>, Outcome)>;

/// A group as large as this says that the server is busy,
const BUSY_CHANGES: usize = 24;
/// and that the next one may take so long from its start.
const BUSY_PAUSE: Duration = Duration::from_millis(1);
/// For each listener that a group wakes the next may take so much longer,
const LISTENER_PAUSE: Duration = Duration::from_micros(2);
/// up to this.
const LISTENERS_PAUSE_MAX: Duration = Duration::from_millis(4);
/// Rows that wait for a disk that takes something again: some megabytes.
const UNWRITTEN_ROWS_MAX: usize = 16 * 1024;
/// Changes committed together at most.
const GROUP_CHANGES_MAX: usize = 1024;

impl Writing {
    pub(super) fn new(
        changes: mpsc::Receiver<Ticket>,
        state: Arc<ArcSwap<State>>,
        store: Box<dyn Store>,
        rooms: Arc<Rooms>,
        hints: Arc<Hints>,
    ) -> Self {
        Self { changes, state, store, rooms, hints, unwritten: Vec::new() }
    }

    pub(super) fn run(mut self) {
        let mut tickets = Vec::with_capacity(GROUP_CHANGES_MAX);
        let mut next_at = Instant::now();
        while self.changes.blocking_recv_many(&mut tickets, GROUP_CHANGES_MAX) > 0 {
            self.gather(&mut tickets, next_at);
            let (began, changes) = (Instant::now(), tickets.len());
            let woken = self.write(tickets.drain(..));
            next_at = began + pause(changes, woken);
        }
        self.hints.close();
        if let Err(error) = self.store.close() {
            tracing::error!(%error, "closing the log failed");
        }
    }

    /// Under load waits for more to come along: larger groups cost less, for the disk and for everybody who reads.
    fn gather(&mut self, tickets: &mut Vec<Ticket>, until: Instant) {
        let wait = until.saturating_duration_since(Instant::now());
        if !wait.is_zero() && tickets.len() < GROUP_CHANGES_MAX {
            thread::sleep(wait);
            while tickets.len() < GROUP_CHANGES_MAX {
                let Ok(ticket) = self.changes.try_recv() else { break };
                tickets.push(ticket);
            }
        }
    }

    /// Writes a group and tells it; how many listeners were woken.
    fn write(&mut self, tickets: impl Iterator<Item = Ticket>) -> usize {
        let (changes, senders): (Vec<_>, Vec<_>) =
            tickets.map(|ticket| (ticket.change, ticket.answer)).unzip();
        let mut state = State::clone(&self.state.load());
        let (group, outcomes) = self.apply_all(&changes, &mut state);
        match self.commit(&group.rows, &state) {
            Ok(()) => self.publish(state, group, senders.into_iter().zip(outcomes).collect()),
            Err(error) => self.write_nothing(&changes, senders, &error),
        }
    }

    fn apply_all(&mut self, changes: &[Change], state: &mut State) -> (Group, Vec<Outcome>) {
        let mut group = Group::default();
        let mut ids = Ids::new(&mut *self.store);
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            let written = group.rows.len();
            outcomes.push(apply(state, change, &mut ids, &mut group));
            ids.remember(&group.rows[written..]);
        }
        (group, outcomes)
    }

    /// Writes a group, and before it what could not be written when it happened.
    fn commit(&mut self, rows: &[Row], state: &State) -> Result<(), StoreError> {
        if self.unwritten.is_empty() {
            return self.store.commit(rows, &state.counters);
        }
        let all = [&self.unwritten, rows].concat();
        self.store.commit(&all, &state.counters)?;
        self.unwritten.clear();
        Ok(())
    }

    /// The disk takes nothing: what would have to be kept is refused, but people may still come, go and listen.
    fn write_nothing(
        &mut self,
        changes: &[Change],
        senders: Vec<oneshot::Sender<Outcome>>,
        error: &StoreError,
    ) -> usize {
        tracing::error!(%error, "the log cannot be written");
        let mut state = State::clone(&self.state.load());
        let mut group = Group::default();
        let pass = |change| {
            self.pass(change, &mut state, &mut group).unwrap_or_else(|| Err(unwritten(error)))
        };
        let outcomes: Vec<_> = changes.iter().map(pass).collect();
        self.publish(state, group, senders.into_iter().zip(outcomes).collect())
    }

    /// Applies a change of which nothing has to be on disk now; none if it is not one.
    fn pass(&mut self, change: &Change, state: &mut State, group: &mut Group) -> Option<Outcome> {
        let (mut trial, mut own) = (state.clone(), Group::default());
        let outcome = apply(&mut trial, change, &mut Ids::new(&mut *self.store), &mut own);
        let is_full = self.unwritten.len() + own.rows.len() > UNWRITTEN_ROWS_MAX;
        if is_full || own.rows.iter().any(must_be_on_disk) || !self.store.covers(&trial.counters) {
            return None;
        }
        *state = trial;
        self.unwritten.extend(own.rows);
        group.told.extend(own.told);
        Some(outcome)
    }

    /// Answers come before the tail, so that a session knows what it asked for before it hears of it.
    fn publish(&self, state: State, group: Group, answers: Answers) -> usize {
        let state = Arc::new(state);
        self.state.store(Arc::clone(&state));
        for (sender, outcome) in answers {
            // A connection that is gone needs no answer.
            drop(sender.send(outcome));
        }
        self.hints.grown(group.rows.iter().filter_map(room_of));
        self.rooms.publish(group.told, &state)
    }
}

/// How long after the beginning of a group the next one may begin. After a small one for few at once: nobody waits on an
/// idle server. Those who were woken need time to write, and fall behind when they are woken ever again for little.
fn pause(changes: usize, woken: usize) -> Duration {
    let for_changes = if changes < BUSY_CHANGES { Duration::ZERO } else { BUSY_PAUSE };
    let listeners = u32::try_from(woken).unwrap_or(u32::MAX);
    for_changes.max(LISTENER_PAUSE.saturating_mul(listeners).min(LISTENERS_PAUSE_MAX))
}

/// The room that has grown.
fn room_of(row: &Row) -> Option<RoomId> {
    match row {
        Row::Entry { entry, .. } => Some(entry.room),
        _ => None,
    }
}

const fn must_be_on_disk(row: &Row) -> bool {
    row.is_kept() || matches!(row, Row::Forgotten { .. })
}

pub(super) fn unwritten(error: &StoreError) -> Refusal {
    match error {
        StoreError::NotWritten(_) | StoreError::Damaged { .. } => Refusal::new(
            ErrorCode::Unavailable,
            "the server cannot write to its disk now; try again later",
        ),
        StoreError::Unknown(_) => Refusal::new(
            ErrorCode::OutcomeUnknown,
            "the server's disk failed while writing; send it again under the same id",
        ),
    }
}
