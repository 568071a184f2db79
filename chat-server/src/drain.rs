//! The stages of an orderly end, seen by every connection.
//!
//! First nothing more is read, and what was read is carried out. When nobody has anything under way any more, the rooms
//! have their last entries, and everybody is given them and told goodbye. Who does not take them in time is left.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::atomic::{AtomicU8, Ordering},
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
    /// A [`Stage`]; each is written before those who wait for it are woken.
    stage: AtomicU8,
    begun: CancellationToken,
    quiet: CancellationToken,
    over: CancellationToken,
    talking: TaskTracker,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Stage {
    Running,
    Begun,
    Quiet,
    Over,
}

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
        self.stage() >= Stage::Begun
    }

    /// Whether nothing more will be appended.
    pub(crate) fn is_quiet(&self) -> bool {
        self.stage() >= Stage::Quiet
    }

    /// Waits until nothing more is to be read.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// Lets a connection work until nobody waits for it any more. It is polled whenever a stage begins: it looks for
    /// itself at which one. Each stage is waited for once, not anew with every message that the connection is woken for.
    pub(crate) async fn attend(&self, mut work: Pin<&mut impl Future<Output = ()>>) {
        let mut next = pin!(self.begun.cancelled());
        let mut attended = None;
        let mut is_over = |cx: &mut Context<'_>| {
            loop {
                let stage = self.stage();
                if attended.replace(stage) == Some(stage) {
                    return false;
                }
                let Some(token) = self.after(stage) else { return true };
                next.set(token.cancelled());
                // Come or not, the stage is looked at once more.
                let _come = next.as_mut().poll(cx);
            }
        };
        poll_fn(|cx| if is_over(cx) { Poll::Ready(()) } else { work.as_mut().poll(cx) }).await;
    }

    fn stage(&self) -> Stage {
        let stages = [Stage::Running, Stage::Begun, Stage::Quiet];
        let stage = usize::from(self.stage.load(Ordering::Acquire));
        stages.get(stage).copied().unwrap_or(Stage::Over)
    }

    /// What the stage after this one is waited for by.
    const fn after(&self, stage: Stage) -> Option<&CancellationToken> {
        match stage {
            Stage::Running => Some(&self.begun),
            Stage::Begun => Some(&self.quiet),
            Stage::Quiet => Some(&self.over),
            Stage::Over => None,
        }
    }

    fn enter(&self, stage: Stage, token: &CancellationToken) {
        self.stage.store(stage as u8, Ordering::Release);
        token.cancel();
    }

    /// Leads all connections to their end.
    pub(crate) async fn run(&self, peers: &TaskTracker) {
        let since = Instant::now();
        self.enter(Stage::Begun, &self.begun);
        self.talking.close();
        if timeout_at(since + CARRY_OUT_WITHIN, self.talking.wait()).await.is_err() {
            tracing::warn!(peers = self.talking.len(), "some peers do not take their answers");
        }
        self.enter(Stage::Quiet, &self.quiet);
        peers.close();
        if timeout_at(since + DELIVER_WITHIN, peers.wait()).await.is_err() {
            tracing::warn!(
                peers = peers.len(),
                "some peers did not take their last messages in time"
            );
        }
        self.enter(Stage::Over, &self.over);
        peers.wait().await;
    }
}
