//! A session's cursors: from where it stands in each room to the live tail, and on.
//!
//! A room is *live* while its channel is read and *behind* while entries are still to be read from the log. To fall
//! behind loses nothing: the cursor says what comes next.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use chat_proto::{MemberId, RoomId, Seq, message::Anchor};
use futures::{
    FutureExt, StreamExt,
    future::{AbortHandle, Abortable, BoxFuture},
    stream::FuturesUnordered,
};
use tokio::sync::broadcast::{self, error::RecvError};

use super::Batch;
use crate::{
    core::{Channel, Entry, Label, Refusal, Told},
    log::{Log, Read, Slice},
};

/// The rooms and the member that one connection follows.
pub struct Following {
    log: Log,
    cursors: HashMap<RoomId, Cursor>,
    behind: VecDeque<RoomId>,
    live: FuturesUnordered<Listening>,
    member: Option<(MemberId, AbortHandle)>,
    member_lost: bool,
    /// Channels whose listening was ended; they may have to be tidied up.
    left: Vec<Channel>,
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
    /// Ends the listening of a room that is live.
    listening: Option<AbortHandle>,
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
    /// Comings and goings were missed here.
    Stale(RoomId),
    /// Told to the member.
    Member(Vec<Told>),
    /// Something told to the member was missed.
    MemberLost,
    /// A room's log cannot be read; the room is not followed any more.
    Failed(RoomId, Refusal),
}

type Listening = Abortable<BoxFuture<'static, Heard>>;
type Heard = (Channel, broadcast::Receiver<Arc<Batch>>, Result<Arc<Batch>, RecvError>);

/// Entries and bytes read from the log at a time.
const PAGE_ENTRIES_MAX: usize = 512;
const PAGE_BYTES_MAX: usize = 64 * 1024;

impl Following {
    #[must_use]
    pub fn new(log: Log) -> Self {
        let live = FuturesUnordered::new();
        Self {
            log,
            cursors: HashMap::new(),
            behind: VecDeque::new(),
            live,
            member: None,
            member_lost: false,
            left: Vec::new(),
            reading: None,
        }
    }

    /// Follows a room from a number on; entries up to `past` count as old.
    pub fn follow(&mut self, room: RoomId, after: Seq, past: Seq) {
        self.unfollow(room);
        // Heard from here on, so that no coming or going is missed while the log is read.
        let waiting = Some(self.log.rooms().subscribe(Channel::Room(room)));
        let cursor = Cursor { after, past, stale: false, listening: None, waiting };
        self.cursors.insert(room, cursor);
        self.fall_behind(room, false);
    }

    pub fn unfollow(&mut self, room: RoomId) {
        if let Some(cursor) = self.cursors.remove(&room) {
            cursor.listening.iter().for_each(AbortHandle::abort);
            self.behind.retain(|other| *other != room);
            self.reading.take_if(|(reading, _)| *reading == room);
            self.left.push(Channel::Room(room));
        }
    }

    /// Hears what is told to a member.
    pub fn follow_member(&mut self, member: MemberId) {
        let receiver = self.log.rooms().subscribe(Channel::Member(member));
        let listening = self.listen(Channel::Member(member), receiver);
        self.member = Some((member, listening));
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
        self.cursors.values().any(|cursor| cursor.listening.is_some() || cursor.waiting.is_some())
    }

    /// Lets go of the channels of all rooms; they are read on from the log.
    pub fn fall_behind_everywhere(&mut self) {
        let live: Vec<_> = self
            .cursors
            .iter()
            .filter(|(_, cursor)| cursor.listening.is_some())
            .map(|(room, _)| *room)
            .collect();
        for room in live {
            self.fall_behind(room, true);
        }
        for (room, cursor) in &mut self.cursors {
            cursor.waiting = None;
            self.left.push(Channel::Room(*room));
        }
        // Aborting alone would leave the receivers in place until they are looked at again.
        self.live.clear();
        self.tidy();
        if let Some((member, _)) = self.member {
            self.follow_member(member);
            self.member_lost = true;
        }
    }

    /// The next delivery; waits for ever while there is nothing to follow. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Delivery {
        loop {
            if std::mem::take(&mut self.member_lost) {
                return Delivery::MemberLost;
            }
            if let Some(delivery) = self.catch_up().await {
                return delivery;
            }
            if let Some(delivery) = self.heard().await {
                return delivery;
            }
        }
    }

    async fn heard(&mut self) -> Option<Delivery> {
        match self.live.next().await {
            Some(Ok((channel, receiver, heard))) => self.take(channel, receiver, heard),
            Some(Err(_aborted)) => {
                self.tidy();
                None
            }
            None => std::future::pending().await,
        }
    }

    fn take(
        &mut self,
        channel: Channel,
        receiver: broadcast::Receiver<Arc<Batch>>,
        heard: Result<Arc<Batch>, RecvError>,
    ) -> Option<Delivery> {
        match channel {
            Channel::Member(_) => Some(self.take_member(channel, receiver, heard)),
            Channel::Room(room) => self.take_room(room, receiver, heard),
        }
    }

    fn take_member(
        &mut self,
        channel: Channel,
        receiver: broadcast::Receiver<Arc<Batch>>,
        heard: Result<Arc<Batch>, RecvError>,
    ) -> Delivery {
        let listening = self.listen(channel, receiver);
        self.member.iter_mut().for_each(|member| member.1 = listening.clone());
        match heard {
            Ok(batch) => Delivery::Member(batch.told.clone()),
            Err(_lagged) => Delivery::MemberLost,
        }
    }

    fn take_room(
        &mut self,
        room: RoomId,
        receiver: broadcast::Receiver<Arc<Batch>>,
        heard: Result<Arc<Batch>, RecvError>,
    ) -> Option<Delivery> {
        let after = self.cursors.get(&room)?.after;
        let Ok(batch) = heard else {
            self.fall_behind(room, true);
            return None;
        };
        let listening = self.listen(Channel::Room(room), receiver);
        let cursor = self.cursors.get_mut(&room)?;
        cursor.listening = Some(listening);
        let mut numbers = batch.told.iter().filter_map(Told::seq);
        let (first, last) = (numbers.next(), numbers.next_back());
        if first.is_some_and(|first| first > after.next()) {
            // Cannot be: what came before the channel was opened is read from the log first. If it is, read it.
            self.fall_behind(room, true);
            return None;
        }
        cursor.after = after.max(last.or(first).unwrap_or_default());
        Some(Delivery::Batch { batch, after })
    }

    /// Reads a room that is behind, a page at a time; none when all rooms are live.
    async fn catch_up(&mut self) -> Option<Delivery> {
        loop {
            if let Some((room, reading)) = &mut self.reading {
                let (room, slice) = (*room, reading.await);
                self.reading = None;
                if let Some(delivery) = self.take_slice(room, slice) {
                    return Some(delivery);
                }
                continue;
            }
            let room = *self.behind.front()?;
            if let Some(delivery) = self.start_reading(room) {
                return Some(delivery);
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
        let listening = self.listen(Channel::Room(room), receiver);
        let cursor = self.cursors.get_mut(&room)?;
        cursor.listening = Some(listening);
        std::mem::take(&mut cursor.stale).then_some(Delivery::Stale(room))
    }

    fn take_slice(&mut self, room: RoomId, slice: Result<Slice, Refusal>) -> Option<Delivery> {
        let slice = match slice {
            Ok(slice) => slice,
            Err(refusal) => {
                self.unfollow(room);
                return Some(Delivery::Failed(room, refusal));
            }
        };
        // Round robin, so that a long room does not keep the others waiting.
        self.behind.rotate_left(1);
        let cursor = self.cursors.get_mut(&room)?;
        let Some(last) = slice.entries.last() else {
            // All of it went while it was read, or the store holds less than the state says; do not ask for ever.
            return cursor.skip_to(slice.head.max(self.log.state().head(room)), room);
        };
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
        cursor.listening.take().iter().for_each(AbortHandle::abort);
        if !self.behind.contains(&room) {
            self.behind.push_back(room);
        }
    }

    /// Its receivers dropped, a channel that was left may have no listener any more.
    fn tidy(&mut self) {
        self.left.drain(..).for_each(|channel| self.log.rooms().tidy(channel));
    }

    fn listen(
        &mut self,
        channel: Channel,
        mut receiver: broadcast::Receiver<Arc<Batch>>,
    ) -> AbortHandle {
        let (handle, registration) = AbortHandle::new_pair();
        let heard = async move {
            let heard = receiver.recv().await;
            (channel, receiver, heard)
        };
        self.live.push(Abortable::new(heard.boxed(), registration));
        handle
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
        self.live.clear();
        self.reading = None;
        let rooms: Vec<_> = self.cursors.drain().map(|(room, _)| Channel::Room(room)).collect();
        self.tidy();
        let member = self.member.take().map(|(member, _)| Channel::Member(member));
        rooms.into_iter().chain(member).for_each(|channel| self.log.rooms().tidy(channel));
    }
}
