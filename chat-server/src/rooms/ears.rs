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
    /// Something was heard there, and there may be more.
    again: Option<Channel>,
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
    rung: Mutex<Rung>,
    listener: AtomicWaker,
}

/// In the order in which they rang. Most often it is one at most, for which there is always space.
#[derive(Default)]
struct Rung {
    /// None only when nothing follows.
    first: Option<Channel>,
    others: VecDeque<Channel>,
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
        while let Some(channel) = self.bells.next().or_else(|| self.again.take()) {
            // It may have been forgotten since.
            let Some(ear) = self.ears.get_mut(&channel) else { continue };
            if let Poll::Ready(heard) = ear.poll() {
                // Nobody has to be woken for it: whoever is given something asks again.
                if let Some(other) = self.again.replace(channel) {
                    self.bells.lock().push(other);
                }
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
        if !self.is_rung.swap(true, Ordering::AcqRel) {
            self.bells.lock().push(self.channel);
            self.bells.listener.wake();
        }
    }
}

impl Bells {
    fn next(&self) -> Option<Channel> {
        self.lock().pop()
    }

    fn lock(&self) -> MutexGuard<'_, Rung> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rung {
    fn push(&mut self, channel: Channel) {
        match self.first {
            None => self.first = Some(channel),
            Some(_) => self.others.push_back(channel),
        }
    }

    fn pop(&mut self) -> Option<Channel> {
        std::mem::replace(&mut self.first, self.others.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use chat_proto::{Epoch, MemberId, Reason, RoomId};
    use tokio::sync::broadcast::{self, Sender};

    use super::*;
    use crate::core::{Counters, State, Told};

    #[derive(Default)]
    struct Calls(AtomicUsize);

    impl Wake for Calls {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Ears with members' channels of these numbers.
    fn listening(numbers: std::ops::RangeInclusive<u64>) -> (Ears, Vec<Sender<Arc<Batch>>>) {
        let mut ears = Ears::default();
        let listen = |number| {
            let (sender, receiver) = broadcast::channel(4);
            ears.listen(Channel::Member(MemberId(number)), receiver);
            sender
        };
        let senders = numbers.map(listen).collect();
        (ears, senders)
    }

    fn tell(senders: &[Sender<Arc<Batch>>], number: u64) {
        let channel = Channel::Member(MemberId(number));
        let told = vec![Told::Closed { room: RoomId(1), reason: Reason::default() }];
        let state = State::new(Epoch([1; 16]), Counters::default());
        let sender = &senders[usize::try_from(number - 1).unwrap()];
        for batch in Batch::cut(channel, told, &state) {
            sender.send(Arc::new(batch)).unwrap();
        }
    }

    fn heard(ears: &mut Ears, calls: &Arc<Calls>) -> Option<u64> {
        let waker = Waker::from(Arc::clone(calls));
        match ears.poll(&mut Context::from_waker(&waker)) {
            Poll::Ready((Channel::Member(member), Ok(_))) => Some(member.0),
            Poll::Ready(_) => panic!("nothing was missed"),
            Poll::Pending => None,
        }
    }

    fn all_heard(ears: &mut Ears, calls: &Arc<Calls>) -> Vec<u64> {
        std::iter::from_fn(|| heard(ears, calls)).collect()
    }

    #[test]
    fn channels_are_heard_in_turn() {
        let (mut ears, senders) = listening(1..=3);
        let calls = Arc::default();
        assert_eq!(heard(&mut ears, &calls), None);
        for number in [1, 1, 1, 2, 3, 2] {
            tell(&senders, number);
        }
        assert_eq!(all_heard(&mut ears, &calls), [1, 2, 3, 1, 2, 1]);
    }

    #[test]
    fn who_has_heard_everything_is_called_once_for_the_next() {
        let (mut ears, senders) = listening(1..=2);
        let calls = Arc::<Calls>::default();
        let called = || calls.0.swap(0, Ordering::Relaxed);
        assert_eq!(heard(&mut ears, &calls), None);
        for round in 0..3 {
            tell(&senders, 1);
            tell(&senders, 2);
            assert_eq!(called(), 1, "round {round}");
            assert_eq!(all_heard(&mut ears, &calls), [1, 2]);
            assert_eq!(called(), 0, "for what was taken already, in round {round}");
        }
    }
}
