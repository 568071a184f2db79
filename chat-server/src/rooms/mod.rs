//! From the log's tail to those who listen: a broadcast channel for each room and member that somebody follows.

mod batch;
mod counts;
mod ears;
mod follow;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

pub use batch::{Batch, Dialect, Encoded};
pub use follow::{Delivery, Following};

use crate::{
    core::{Channel, State, Told},
    numbered::Numbered,
};

/// The channels that somebody listens to. The lock is held for looking one up, never across an await.
#[derive(Default)]
pub struct Rooms {
    channels: Mutex<Numbered<Channel, broadcast::Sender<Arc<Batch>>>>,
}

/// Batches that a channel holds for those who have not read them yet; who is later reads on from the log or, where it is a
/// member's, looks at the state again.
const fn batches_max(channel: Channel) -> usize {
    match channel {
        Channel::Room(_) => 64,
        Channel::Member(_) => 4,
    }
}

impl Rooms {
    /// Listens to what is told from now on. The channel goes with its last listener, see [`Rooms::tidy`].
    pub fn subscribe(&self, channel: Channel) -> broadcast::Receiver<Arc<Batch>> {
        let mut channels = self.lock();
        channels
            .entry(channel)
            .or_insert_with(|| broadcast::channel(batches_max(channel)).0)
            .subscribe()
    }

    /// Lets go of a channel that nobody listens to any more.
    pub fn tidy(&self, channel: Channel) {
        let mut channels = self.lock();
        if channels.get(&channel).is_some_and(|sender| sender.receiver_count() == 0) {
            channels.remove(&channel);
        }
    }

    /// Tells what a group of changes gave, in order, in one batch for each channel. How many listeners were woken.
    pub fn publish(&self, told: Vec<(Channel, Told)>, state: &State) -> usize {
        let mut woken = 0;
        for (channel, told) in by_channel(told) {
            // Not held while sending: to wake many takes its time.
            let sender = self.lock().get(&channel).cloned();
            if let Some(sender) = sender {
                for batch in Batch::cut(channel, told, state) {
                    // An error only says that the last listener has just left.
                    woken += sender.send(Arc::new(batch)).unwrap_or(0);
                }
            }
        }
        woken
    }

    /// Channels there are, for tests and metrics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Numbered<Channel, broadcast::Sender<Arc<Batch>>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same, grouped by channel; the channels in the order of their first item.
fn by_channel(told: Vec<(Channel, Told)>) -> Vec<(Channel, Vec<Told>)> {
    let mut groups: Vec<(Channel, Vec<Told>)> = Vec::new();
    let mut places = Numbered::default();
    for (channel, item) in told {
        let place = *places.entry(channel).or_insert_with(|| {
            groups.push((channel, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(item);
    }
    groups
}
