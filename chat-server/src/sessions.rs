//! What happens to sessions without a connection: they wait for their client for a while, then they end.

use std::{sync::Arc, time::Duration};

use chat_proto::Reason;

use crate::{
    conn::Shared,
    core::{Change, What},
};

/// Ends a session now, or when its client has not come back within the grace time. A newer connection outdates the
/// change: it names the generation that it ends.
pub(crate) async fn end_after(shared: &Arc<Shared>, change: Change, grace: Duration) {
    if grace.is_zero() {
        // Until it is applied the nick is not free.
        drop(shared.log.append(change).await.await);
        return;
    }
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(grace) => {
                let change = Change { at: (shared.now)(), ..change };
                drop(shared.log.append(change).await.await);
            }
            // The session waits for the next server.
            () = shared.drain.begun() => {}
        }
    });
}

/// Gives the sessions that an earlier server left their grace time.
pub(crate) async fn await_clients(shared: &Arc<Shared>) {
    let state = shared.log.state().clone();
    for (id, session) in state.resumable() {
        let reason = Reason::clean("connection lost").unwrap_or_default();
        let what = What::Leave { generation: Some(session.generation), reason };
        end_after(shared, Change { at: (shared.now)(), by: id, from: None, what }, shared.grace())
            .await;
    }
}
