//! Throws away what is kept no longer: goes from room to room, slowly and in small steps, so that nobody who talks
//! meanwhile is kept waiting. What goes is decided here and goes through the log like every other change.

use std::{
    collections::HashMap,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use chat_proto::{RoomId, Time};

use crate::{
    admin,
    config::retention::{Limits, Retention},
    conn::Shared,
    core::{Change, Refusal, What},
    log::{Outline, Weighed},
};

pub(crate) struct Keeping {
    shared: Arc<Shared>,
    retention: Retention,
    /// What rooms take, of those whose size is limited.
    sizes: HashMap<RoomId, Weighed>,
}

/// Entries thrown away with one change.
const STEP_ENTRIES: usize = 256;
/// Entries weighed at a time.
const WEIGH_ENTRIES: u64 = 4096;
/// After each step there is a pause so many times as long as the step took,
const PAUSE_TIMES: u32 = 4;
/// and at least this.
const PAUSE_MIN: Duration = Duration::from_millis(5);
/// Between two rounds: what is old enough goes that much later.
const ROUND_EVERY: Duration = Duration::from_secs(60);
/// The first round; later ones begin when the one before has ended.
const FIRST_AFTER: Duration = Duration::from_secs(1);

impl Keeping {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, retention: Retention::default(), sizes: HashMap::new() }
    }

    /// What a server before this one began to delete.
    async fn finish_closed(&self, closed: Vec<RoomId>) {
        for room in closed {
            match admin::discard(&self.shared.log, self.shared.now, room).await {
                Ok(entries) => tracing::info!(%room, entries, "the rest of a deleted room is gone"),
                Err(refusal) => {
                    tracing::warn!(%refusal, %room, "the rest of a deleted room has to wait");
                }
            }
        }
    }

    /// Goes round for ever; at once when something else is to be kept.
    pub(crate) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        // Those that are closed later are the operator's, who waits for it.
        let closed = self.shared.log.state().closed_rooms().collect();
        tokio::time::sleep(FIRST_AFTER).await;
        self.finish_closed(closed).await;
        loop {
            let mut configured = pin!(shared.configured.notified());
            configured.as_mut().enable();
            self.retention.clone_from(&shared.config().retention);
            if let Err(refusal) = self.go_round().await {
                tracing::warn!(%refusal, "throwing old messages away has to wait");
            }
            drop(tokio::time::timeout(ROUND_EVERY, configured).await);
        }
    }

    /// Looks at every room that has entries.
    async fn go_round(&mut self) -> Result<(), Refusal> {
        let mut next = RoomId(0);
        if self.retention.is_off() {
            return Ok(());
        }
        while let Some((room, oldest)) = self.shared.log.oldest(next).await? {
            next = RoomId(room.0 + 1);
            if self.shared.log.state().is_closed(room) {
                continue;
            }
            if let Err(refusal) = self.look_at(room, oldest).await {
                tracing::warn!(%refusal, %room, "the old messages of a room are kept for now");
            }
        }
        Ok(())
    }

    async fn look_at(&mut self, room: RoomId, oldest: Time) -> Result<(), Refusal> {
        let name =
            self.shared.log.state().room(room).and_then(|room| Some(room.keys()?.folded.clone()));
        let limits = self.retention.of(name.as_deref());
        let cutoff = self.cutoff(limits);
        if limits.size.is_none() && cutoff.is_none_or(|cutoff| oldest >= cutoff) {
            return Ok(());
        }
        let excess = self.excess(room, limits).await?;
        self.throw_away(room, cutoff, excess).await
    }

    /// What was said before this is too old.
    fn cutoff(&self, limits: Limits) -> Option<Time> {
        let millis = i64::try_from(limits.age?.as_millis()).unwrap_or(i64::MAX);
        Some(Time((self.shared.now)().0.saturating_sub(millis)))
    }

    /// How many bytes too many the room takes.
    async fn excess(&mut self, room: RoomId, limits: Limits) -> Result<u64, Refusal> {
        let Some(limit) = limits.size else { return Ok(0) };
        let known = self.sizes.get(&room).copied().unwrap_or_default();
        let mut size = self.weigh_on(room, known).await?;
        if size.bytes > limit && size.reworded {
            // What was deleted since it was weighed takes less now: nothing goes on account of it.
            let anew = self.weigh_on(room, Weighed::default()).await?;
            size = Weighed { reworded: false, ..anew };
        }
        self.sizes.insert(room, size);
        Ok(size.bytes.saturating_sub(limit))
    }

    /// Adds what a room has got since it was weighed.
    async fn weigh_on(&self, room: RoomId, mut size: Weighed) -> Result<Weighed, Refusal> {
        loop {
            let began = Instant::now();
            let more = self.shared.log.weigh(room, size.last, WEIGH_ENTRIES).await?;
            if more.bytes == 0 {
                return Ok(size);
            }
            let (bytes, reworded) = (size.bytes + more.bytes, size.reworded || more.reworded);
            size = Weighed { last: more.last, bytes, reworded };
            pause(began).await;
        }
    }

    /// Step by step, until the rest is young and small enough.
    async fn throw_away(
        &mut self,
        room: RoomId,
        cutoff: Option<Time>,
        mut excess: u64,
    ) -> Result<(), Refusal> {
        loop {
            let began = Instant::now();
            let first = self.shared.log.first(room, STEP_ENTRIES).await?;
            let (count, bytes) = count(&first, cutoff, excess);
            if count == 0 {
                return Ok(());
            }
            self.forget(room, &first[..count], bytes).await?;
            excess = excess.saturating_sub(bytes);
            if count < STEP_ENTRIES {
                return Ok(());
            }
            pause(began).await;
        }
    }

    async fn forget(&mut self, room: RoomId, gone: &[Outline], bytes: u64) -> Result<(), Refusal> {
        let Some(through) = gone.last().map(|entry| entry.seq) else { return Ok(()) };
        let change = Change::by_server((self.shared.now)(), What::Forget { room, through });
        self.shared.log.throw_away(room, gone, change).await?;
        if let Some(size) = self.sizes.get_mut(&room) {
            size.bytes = size.bytes.saturating_sub(bytes);
        }
        Ok(())
    }
}

/// How many of the first entries go, and what they take.
fn count(first: &[Outline], cutoff: Option<Time>, excess: u64) -> (usize, u64) {
    let (mut count, mut bytes) = (0, 0);
    for entry in first {
        let is_old = cutoff.is_some_and(|cutoff| entry.at < cutoff);
        if !is_old && bytes >= excess {
            break;
        }
        (count, bytes) = (count + 1, bytes + entry.bytes);
    }
    (count, bytes)
}

async fn pause(began: Instant) {
    tokio::time::sleep((began.elapsed() * PAUSE_TIMES).max(PAUSE_MIN)).await;
}
