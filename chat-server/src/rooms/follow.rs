//! A session's cursors: from where it stands in each room to the live tail, and on.
//!
//! A room is *live* while its channel is read and *behind* while entries are still to be read from the log. To fall
//! behind loses nothing: the cursor says what comes next.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, ready},
};

use chat_proto::{MemberId, RoomId, Seq, message::Anchor};
use futures::{FutureExt, future::BoxFuture};
use tokio::sync::broadcast;

use super::{
    Batch,
    counts::Counts,
    ears::{Ears, Heard},
};
use crate::{
    core::{Channel, Entry, Label, Refusal, Told},
    log::{Counted, Log, Read, Slice},
    numbered::Numbered,
};

/// The rooms and the member that one connection follows.
pub struct Following {
    log: Log,
    cursors: Numbered<RoomId, Cursor>,
    behind: VecDeque<RoomId>,
    ears: Ears,
    member: Option<MemberId>,
    member_lost: bool,
    counts: Counts,
    reading: Option<(RoomId, BoxFuture<'static, Result<Slice, Refusal>>)>,
}

/// Where a session stands in a room.
struct Cursor {
    /// The last number that was delivered.
    after: Seq,
    /// Up to here entries are old: they were there before the session came.
    past: Seq,
    /// Comings and goings may have been missed.
    stale: bool,
    is_live: bool,
    /// The channel of a room that is behind; it keeps what comes while the log is read.
    waiting: Option<broadcast::Receiver<Arc<Batch>>>,
}

/// What comes next for a session.
pub enum Delivery {
    /// Live: the items numbered beyond `after`, and those without a number.
    Batch { batch: Arc<Batch>, after: Seq },
    /// From the log.
    Page { room: RoomId, label: Label, entries: Vec<Arc<Entry>>, past: Seq },
    /// What comes next here is no longer kept, up to this number.
    Skipped { room: RoomId, through: Seq },
    /// What the member has not read in a room.
    Counted(Counted),
    /// Comings and goings were missed here.
    Stale(RoomId),
    /// Told to the member.
    Member(Vec<Told>),
    /// Something told to the member was missed.
    MemberLost,
    /// A room's log cannot be read; the room is not followed any more.
    Failed(RoomId, Refusal),
}

/// Entries and bytes read from the log at a time.
const PAGE_ENTRIES_MAX: usize = 512;
const PAGE_BYTES_MAX: usize = 64 * 1024;

impl Following {
    #[must_use]
    pub fn new(log: Log) -> Self {
        Self {
            log,
            cursors: Numbered::default(),
            behind: VecDeque::new(),
            ears: Ears::default(),
            member: None,
            member_lost: false,
            counts: Counts::default(),
            reading: None,
        }
    }

    /// Follows a room from a number on; entries up to `past` count as old.
    pub fn follow(&mut self, room: RoomId, after: Seq, past: Seq) {
        self.unfollow(room);
        // Heard from here on, so that no coming or going is missed while the log is read.
        let waiting = Some(self.log.rooms().subscribe(Channel::Room(room)));
        let cursor = Cursor { after, past, stale: false, is_live: false, waiting };
        self.cursors.insert(room, cursor);
        self.fall_behind(room, false);
    }

    pub fn unfollow(&mut self, room: RoomId) {
        if self.cursors.remove(&room).is_some() {
            self.behind.retain(|other| *other != room);
            self.reading.take_if(|(reading, _)| *reading == room);
            self.leave(Channel::Room(room));
        }
    }

    /// Hears what is told to a member.
    pub fn follow_member(&mut self, member: MemberId) {
        let channel = Channel::Member(member);
        self.ears.listen(channel, self.log.rooms().subscribe(channel));
        if let Some(before) = self.member.replace(member).filter(|before| *before != member) {
            self.leave(Channel::Member(before));
        }
    }

    /// Counts what a member has not read in a room.
    pub fn count(&mut self, room: RoomId, viewer: MemberId, tell: bool) {
        self.counts.ask(room, viewer, tell);
    }

    /// Whether everything that the log has given out so far is delivered.
    #[must_use]
    pub fn is_at_the_tail(&self) -> bool {
        let state = self.log.state();
        self.cursors.iter().all(|(room, cursor)| cursor.after >= state.head(*room))
    }

    /// Whether any room's channel is listened to.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.cursors.values().any(|cursor| cursor.is_live || cursor.waiting.is_some())
    }

    /// Lets go of the channels of all rooms; they are read on from the log.
    pub fn fall_behind_everywhere(&mut self) {
        let live: Vec<_> = self
            .cursors
            .iter()
            .filter(|(_, cursor)| cursor.is_live)
            .map(|(room, _)| *room)
            .collect();
        for room in live {
            self.fall_behind(room, true);
        }
        for (room, cursor) in &mut self.cursors {
            if cursor.waiting.take().is_some() {
                cursor.stale = true;
                self.log.rooms().tidy(Channel::Room(*room));
            }
        }
        if let Some(member) = self.member {
            self.leave(Channel::Member(member));
            self.follow_member(member);
            self.member_lost = true;
        }
    }

    /// Whether a delivery that was taken is still what comes next. It is not if its room was left or is followed from
    /// another number since: then it is read from the log.
    #[must_use]
    pub fn is_due(&self, delivery: &Delivery) -> bool {
        let (room, last) = match delivery {
            Delivery::Batch { batch, .. } => match batch.channel {
                Channel::Room(room) => (room, batch.numbers().map(|(_, last)| last)),
                Channel::Member(_) => return true,
            },
            Delivery::Page { room, entries, .. } => (*room, entries.last().map(|last| last.seq)),
            Delivery::Skipped { room, through } => (*room, Some(*through)),
            _ => return true,
        };
        let cursor = self.cursors.get(&room);
        cursor.is_some_and(|cursor| last.is_none_or(|last| cursor.after >= last))
    }

    /// The next delivery; waits for ever while there is nothing to follow. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Delivery {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The next delivery, if there is one.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Delivery> {
        loop {
            if std::mem::take(&mut self.member_lost) {
                return Poll::Ready(Delivery::MemberLost);
            }
            // Before what it counts, so that people read how much there is first.
            if let Some(counted) = ready!(self.counts.poll(&self.log, cx)) {
                return Poll::Ready(Delivery::Counted(counted));
            }
            if let Some(delivery) = ready!(self.poll_catch_up(cx)) {
                return Poll::Ready(delivery);
            }
            if let Some(delivery) = ready!(self.poll_heard(cx)) {
                return Poll::Ready(delivery);
            }
        }
    }

    fn poll_heard(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        Poll::Ready(match ready!(self.ears.poll(cx)) {
            (Channel::Member(_), Ok(batch)) => Some(Delivery::Member(batch.told.clone())),
            (Channel::Member(_), Err(_lagged)) => Some(Delivery::MemberLost),
            (Channel::Room(room), heard) => self.take_room(room, heard),
        })
    }

    fn take_room(&mut self, room: RoomId, heard: Heard) -> Option<Delivery> {
        let Ok(batch) = heard else {
            self.fall_behind(room, true);
            return None;
        };
        let cursor = self.cursors.get_mut(&room)?;
        let after = cursor.after;
        let (first, last) = batch.numbers().unwrap_or((after, after));
        if first > after.next() {
            // Cannot be: what came before the channel was opened is read from the log first. If it is, read it.
            self.fall_behind(room, true);
            return None;
        }
        cursor.after = after.max(last);
        Some(Delivery::Batch { batch, after })
    }

    /// Reads a room that is behind, a page at a time; none when all rooms are live.
    fn poll_catch_up(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        loop {
            let delivery = if let Some((room, reading)) = &mut self.reading {
                let (room, slice) = (*room, ready!(reading.as_mut().poll(cx)));
                self.reading = None;
                self.take_slice(room, slice)
            } else if let Some(room) = self.behind.front() {
                self.start_reading(*room)
            } else {
                return Poll::Ready(None);
            };
            if delivery.is_some() {
                return Poll::Ready(delivery);
            }
        }
    }

    /// Starts to read the room from the log, or finds that it has caught up.
    fn start_reading(&mut self, room: RoomId) -> Option<Delivery> {
        let Some(cursor) = self.cursors.get_mut(&room) else {
            self.behind.pop_front();
            return None;
        };
        // The channel is opened before the head is looked at: what comes between is in both.
        let channel = Channel::Room(room);
        let receiver = cursor.waiting.take().unwrap_or_else(|| self.log.rooms().subscribe(channel));
        if cursor.after >= self.log.state().head(room) {
            self.behind.pop_front();
            return self.go_live(room, receiver);
        }
        cursor.waiting = Some(receiver);
        let read = Read {
            from: Anchor::After(cursor.after),
            limit: PAGE_ENTRIES_MAX,
            bytes_max: PAGE_BYTES_MAX,
        };
        let log = self.log.clone();
        self.reading = Some((room, async move { log.read(room, read).await }.boxed()));
        None
    }

    fn go_live(
        &mut self,
        room: RoomId,
        receiver: broadcast::Receiver<Arc<Batch>>,
    ) -> Option<Delivery> {
        self.ears.listen(Channel::Room(room), receiver);
        let cursor = self.cursors.get_mut(&room)?;
        cursor.is_live = true;
        std::mem::take(&mut cursor.stale).then_some(Delivery::Stale(room))
    }

    fn take_slice(&mut self, room: RoomId, slice: Result<Slice, Refusal>) -> Option<Delivery> {
        let mut slice = match slice {
            Ok(slice) => slice,
            Err(refusal) => {
                self.unfollow(room);
                return Some(Delivery::Failed(room, refusal));
            }
        };
        // Round robin, so that a long room does not keep the others waiting.
        self.behind.rotate_left(1);
        let cursor = self.cursors.get_mut(&room)?;
        let head = self.log.state().head(room);
        if slice.entries.is_empty() {
            // All of it went while it was read, or the store holds less than the state says; do not ask for ever.
            return cursor.skip_to(slice.head.max(head), room);
        }
        // What the file has and the state has not yet is judged by the state, as who may see it is: it comes live.
        slice.entries.truncate(slice.entries.partition_point(|entry| entry.seq <= head));
        let last = slice.entries.last()?;
        let skipped = slice.entries.first().map_or(Seq(0), |first| Seq(first.seq.0 - 1));
        if skipped > cursor.after {
            return cursor.skip_to(skipped, room);
        }
        cursor.after = last.seq;
        let past = cursor.past;
        let label = self.log.state().room(room)?.label();
        Some(Delivery::Page { room, label, entries: slice.entries, past })
    }

    fn fall_behind(&mut self, room: RoomId, stale: bool) {
        let Some(cursor) = self.cursors.get_mut(&room) else { return };
        cursor.stale |= stale;
        cursor.is_live = false;
        self.leave(Channel::Room(room));
        if !self.behind.contains(&room) {
            self.behind.push_back(room);
        }
    }

    /// Listens to a channel no more; it may have no other listener.
    fn leave(&mut self, channel: Channel) {
        self.ears.forget(channel);
        self.log.rooms().tidy(channel);
    }
}

impl Cursor {
    /// Goes on behind what is no longer there; what follows is read anew.
    fn skip_to(&mut self, through: Seq, room: RoomId) -> Option<Delivery> {
        self.after = through;
        Some(Delivery::Skipped { room, through })
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let rooms: Vec<_> = self.cursors.drain().map(|(room, _)| Channel::Room(room)).collect();
        let member = self.member.take().map(Channel::Member);
        rooms.into_iter().chain(member).for_each(|channel| self.leave(channel));
    }
}
