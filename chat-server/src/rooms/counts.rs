//! What is unread in a session's rooms: counted beside it, one room after the other.

use std::{
    collections::VecDeque,
    task::{Context, Poll, ready},
};

use chat_proto::{MemberId, RoomId};
use futures::{FutureExt, future::BoxFuture};

use crate::{
    core::Refusal,
    log::{Counted, Log},
};

#[derive(Default)]
pub(super) struct Counts {
    /// The rooms that are to be counted; whose they are, and whether it is told to people.
    waiting: VecDeque<(RoomId, MemberId, bool)>,
    counting: Option<BoxFuture<'static, Result<Counted, Refusal>>>,
}

impl Counts {
    /// Counts a room again, once; it is told if one of those asks who want that.
    pub(super) fn ask(&mut self, room: RoomId, viewer: MemberId, tell: bool) {
        match self.waiting.iter_mut().find(|(other, ..)| *other == room) {
            Some((_, whose, told)) => (*whose, *told) = (viewer, *told || tell),
            None => self.waiting.push_back((room, viewer, tell)),
        }
    }

    /// The next room that is counted; none when nothing is asked for.
    pub(super) fn poll(&mut self, log: &Log, cx: &mut Context<'_>) -> Poll<Option<Counted>> {
        loop {
            if let Some(counting) = &mut self.counting {
                let counted = ready!(counting.as_mut().poll(cx));
                self.counting = None;
                // What cannot be counted is told in the server's own log.
                if let Ok(counted) = counted {
                    return Poll::Ready(Some(counted));
                }
            }
            let Some((room, viewer, tell)) = self.waiting.pop_front() else {
                return Poll::Ready(None);
            };
            let log = log.clone();
            self.counting = Some(async move { log.count(room, viewer, tell).await }.boxed());
        }
    }
}
