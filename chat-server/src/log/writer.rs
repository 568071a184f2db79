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
    core::{Change, Group, Refusal, Row, State, What, apply},
    rooms::Rooms,
};

pub(super) struct Writing {
    changes: mpsc::Receiver<Ticket>,
    state: Arc<ArcSwap<State>>,
    store: Box<dyn Store>,
    rooms: Arc<Rooms>,
    hints: Arc<Hints>,
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
        Self { changes, state, store, rooms, hints }
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
        match self.store.commit(&group.rows, &state.counters) {
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
        let mut ids = Ids::new(&mut *self.store);
        let mut passing = |change| {
            let mut trial = state.clone();
            let refusal = unwritten(error);
            if is_kept(change) {
                return Err(refusal);
            }
            let outcome = apply(&mut trial, change, &mut ids, &mut group);
            if ids.store.covers(&trial.counters) {
                state = trial;
                outcome
            } else {
                Err(refusal)
            }
        };
        let outcomes: Vec<_> = changes.iter().map(&mut passing).collect();
        self.publish(state, group, senders.into_iter().zip(outcomes).collect())
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

const fn is_kept(change: &Change) -> bool {
    matches!(
        change.what,
        What::Post { .. }
            | What::Edit { .. }
            | What::Delete { .. }
            | What::React { .. }
            | What::Topic { .. }
            | What::Enrol { .. }
            | What::Register { .. }
            | What::SetPassword { .. }
            | What::Door { .. }
            | What::LogIn { device: Some(_), .. }
            | What::SignIn { device: Some(_), .. }
            | What::Revoke { .. }
            | What::Operate(_)
            | What::Forget { .. }
    )
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
