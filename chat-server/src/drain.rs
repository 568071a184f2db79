//! The stages of an orderly end, seen by every connection.
//!
//! First nothing more is read, and what was read is carried out. When nobody has anything under way any more, the rooms
//! have their last entries, and everybody is given them and told goodbye. Who does not take them in time is left.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// Where the server stands between running and ended.
#[derive(Default)]
pub struct Drain {
    begun: CancellationToken,
    quiet: CancellationToken,
    over: CancellationToken,
    talking: TaskTracker,
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
        self.begun.is_cancelled()
    }

    /// Waits until nothing more is to be read.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// Waits until nothing more will be appended.
    pub async fn quiet(&self) {
        self.quiet.cancelled().await;
    }

    /// Waits until nobody waits for a connection any more.
    pub async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Leads all connections to their end.
    pub(crate) async fn run(&self, peers: &TaskTracker) {
        let since = Instant::now();
        self.begun.cancel();
        self.talking.close();
        if timeout_at(since + CARRY_OUT_WITHIN, self.talking.wait()).await.is_err() {
            tracing::warn!(peers = self.talking.len(), "some peers do not take their answers");
        }
        self.quiet.cancel();
        peers.close();
        if timeout_at(since + DELIVER_WITHIN, peers.wait()).await.is_err() {
            tracing::warn!(
                peers = peers.len(),
                "some peers did not take their last messages in time"
            );
        }
        self.over.cancel();
        peers.wait().await;
    }
}
