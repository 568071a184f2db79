//! Hearing many channels at once. What listening takes is taken once, not for every batch that is heard.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker, ready},
};

use futures::task::AtomicWaker;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::ReusableBoxFuture;

use super::Batch;
use crate::{core::Channel, numbered::Numbered};

/// A batch, or how many were missed.
pub(super) type Heard = Result<Arc<Batch>, RecvError>;

/// The channels that one session listens to.
#[derive(Default)]
pub(super) struct Ears {
    ears: Numbered<Channel, Ear>,
    bells: Arc<Bells>,
}

/// One channel that is listened to.
struct Ear {
    hearing: ReusableBoxFuture<'static, (Heard, Receiver<Arc<Batch>>)>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// Rings when its channel may have something.
struct Bell {
    channel: Channel,
    is_rung: AtomicBool,
    bells: Arc<Bells>,
}

/// The channels whose bells have rung, and who wants to know.
#[derive(Default)]
struct Bells {
    rung: Mutex<VecDeque<Channel>>,
    listener: AtomicWaker,
}

impl Ears {
    /// Listens to a channel from where the receiver stands.
    pub(super) fn listen(&mut self, channel: Channel, receiver: Receiver<Arc<Batch>>) {
        let bell =
            Bell { channel, is_rung: AtomicBool::new(false), bells: Arc::clone(&self.bells) };
        let bell = Arc::new(bell);
        let hearing = ReusableBoxFuture::new(hear(receiver));
        bell.wake_by_ref();
        let waker = Waker::from(Arc::clone(&bell));
        self.ears.insert(channel, Ear { hearing, bell, waker });
    }

    /// Whether the channel was listened to.
    pub(super) fn forget(&mut self, channel: Channel) -> bool {
        self.ears.remove(&channel).is_some()
    }

    /// The next thing that is heard, the channels in turn.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(Channel, Heard)> {
        self.bells.listener.register(cx.waker());
        while let Some(channel) = self.bells.next() {
            // It may have been forgotten since.
            let Some(ear) = self.ears.get_mut(&channel) else { continue };
            if let Poll::Ready(heard) = ear.poll() {
                // There may be more: for the next poll, which comes anyway.
                ear.bell.ring();
                return Poll::Ready((channel, heard));
            }
        }
        Poll::Pending
    }
}

impl Ear {
    fn poll(&mut self) -> Poll<Heard> {
        self.bell.is_rung.store(false, Ordering::Release);
        let mut cx = Context::from_waker(&self.waker);
        let (heard, receiver) = ready!(self.hearing.poll(&mut cx));
        self.hearing.set(hear(receiver));
        Poll::Ready(heard)
    }
}

async fn hear(mut receiver: Receiver<Arc<Batch>>) -> (Heard, Receiver<Arc<Batch>>) {
    let heard = receiver.recv().await;
    (heard, receiver)
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.ring() {
            self.bells.listener.wake();
        }
    }
}

impl Bell {
    /// Whether it was not rung already.
    fn ring(&self) -> bool {
        let is_new = !self.is_rung.swap(true, Ordering::AcqRel);
        if is_new {
            self.bells.lock().push_back(self.channel);
        }
        is_new
    }
}

impl Bells {
    fn next(&self) -> Option<Channel> {
        self.lock().pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Channel>> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
