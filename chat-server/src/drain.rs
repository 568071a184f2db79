//! The stages of an orderly end, seen by every connection.
//!
//! First nothing more is read, and what was read is carried out. When nobody has anything under way any more, the rooms
//! have their last entries, and everybody is given them and told goodbye. Who does not take them in time is left.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, timeout_at};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// Where the server stands between running and ended.
#[derive(Default)]
pub struct Drain {
    /// What those wait for who wait for a stage.
    stages: [CancellationToken; 3],
    /// How many stages have begun; counted before those who wait are woken.
    begun: AtomicUsize,
    talking: TaskTracker,
}

// The places of the stages.
const BEGUN: usize = 0;
const QUIET: usize = 1;
const OVER: usize = 2;

/// Held by a connection for as long as it may still have something to append.
pub(crate) type Talking = TaskTrackerToken;

/// How long what was read may take to be carried out,
const CARRY_OUT_WITHIN: Duration = Duration::from_secs(3);
/// and how long, all in all, the last deliveries may take.
const DELIVER_WITHIN: Duration = Duration::from_secs(6);

impl Drain {
    /// Says that a connection may append something.
    pub(crate) fn talk(&self) -> Talking {
        self.talking.token()
    }

    /// Whether nothing more is to be read.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.stages_begun() > BEGUN
    }

    /// Whether nothing more will be appended.
    pub(crate) fn is_quiet(&self) -> bool {
        self.stages_begun() > QUIET
    }

    /// Waits until nothing more is to be read.
    pub async fn begun(&self) {
        self.stages[BEGUN].cancelled().await;
    }

    /// Lets a connection work until nobody waits for it any more. It is polled whenever a stage begins: it looks for
    /// itself at which one. Each stage is waited for once, not anew with every message that the connection is woken for.
    pub(crate) async fn attend(&self, mut work: Pin<&mut impl Future<Output = ()>>) {
        let mut next = pin!(self.stages[BEGUN].cancelled());
        let mut attended = None;
        let mut is_over = |cx: &mut Context<'_>| {
            loop {
                let begun = self.stages_begun();
                if attended.replace(begun) == Some(begun) {
                    return false;
                }
                let Some(stage) = self.stages.get(begun) else { return true };
                next.set(stage.cancelled());
                // Come or not, it is looked once more what has begun.
                let _come = next.as_mut().poll(cx);
            }
        };
        poll_fn(|cx| if is_over(cx) { Poll::Ready(()) } else { work.as_mut().poll(cx) }).await;
    }

    fn stages_begun(&self) -> usize {
        self.begun.load(Ordering::Acquire)
    }

    fn begin(&self, stage: usize) {
        self.begun.store(stage + 1, Ordering::Release);
        self.stages[stage].cancel();
    }

    /// Leads all connections to their end.
    pub(crate) async fn run(&self, peers: &TaskTracker) {
        let since = Instant::now();
        self.begin(BEGUN);
        self.talking.close();
        if timeout_at(since + CARRY_OUT_WITHIN, self.talking.wait()).await.is_err() {
            tracing::warn!(peers = self.talking.len(), "some peers do not take their answers");
        }
        self.begin(QUIET);
        peers.close();
        if timeout_at(since + DELIVER_WITHIN, peers.wait()).await.is_err() {
            tracing::warn!(
                peers = peers.len(),
                "some peers did not take their last messages in time"
            );
        }
        self.begin(OVER);
        peers.wait().await;
    }
}
