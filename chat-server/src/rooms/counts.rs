//! What is unread in a session's rooms: counted beside it, one room after the other.

use std::collections::VecDeque;

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
    /// Counts a room again, once.
    pub(super) fn ask(&mut self, room: RoomId, viewer: MemberId, tell: bool) {
        if !self.waiting.iter().any(|(other, ..)| *other == room) {
            self.waiting.push_back((room, viewer, tell));
        }
    }

    /// The next room that is counted; none when nothing is asked for. Cancelling it loses nothing.
    pub(super) async fn next(&mut self, log: &Log) -> Option<Counted> {
        loop {
            if self.counting.is_none() {
                let (room, viewer, tell) = self.waiting.pop_front()?;
                let log = log.clone();
                self.counting = Some(async move { log.count(room, viewer, tell).await }.boxed());
            }
            let counted = self.counting.as_mut()?.await;
            self.counting = None;
            // What cannot be counted is told in the server's own log.
            if let Ok(counted) = counted {
                return Some(counted);
            }
        }
    }
}
