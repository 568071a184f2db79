//! One connection without its socket: bytes in, protocol, session, effects, bytes out.

use std::{collections::BTreeMap, sync::Arc};

use bytes::BytesMut;
use chat_proto::{MemberId, Reason, RoomId, Seq, Time, Token, message::ErrorCode};
use chat_server::{
    conn::Outbox,
    core::{Channel, Effect, Effects, Fetched, Page, PasswordHash, Refusal, Reply, Session, Shown},
    log::{Counted, Outcome},
    protocol::{About, Asked, Codec, Farewell, Framed, Line, Taken},
    rooms::{Batch, Delivery},
};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use super::{
    log::{EPOCH, Log, NOBODY},
    witness::{Left, Witness},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    Framed,
    Line,
}

pub(super) struct Peer {
    pub(super) place: usize,
    pub(super) has_ended: bool,
    /// It does not hear what is told.
    pub(super) is_asleep: bool,
    /// Tells its connections apart.
    connection: u64,
    speech: Speech,
    codec: Codec,
    session: Session,
    inbox: BytesMut,
    outbox: Outbox,
    effects: Effects,
    held: Option<Asked>,
    /// Changes without an answer.
    pending: usize,
    is_busy_alone: bool,
    is_closed: bool,
    rooms: BTreeMap<RoomId, Ear>,
    member: Option<Receiver<Arc<Batch>>>,
    witness: Witness,
}

/// Where it stands in a room.
struct Ear {
    channel: Receiver<Arc<Batch>>,
    after: Seq,
    past: Seq,
}

/// Unwritten bytes of replies above which no further request is taken; as in the server.
const REPLIES_BYTES_MAX: usize = 64 * 1024;
/// What may be held of input that is not whole: one frame.
const INBOX_BYTES_MAX: usize = 64 * 1024;

impl Peer {
    pub(super) fn new(number: usize, speech: Speech) -> Self {
        let mut token = [0; 32];
        token[..8].copy_from_slice(&number.to_be_bytes());
        let about = Arc::new(About { epoch: EPOCH, grace_secs: 60 });
        let framed = || Framed::new(about, Token(token), || Time(0));
        let codec = match speech {
            Speech::Framed => Codec::Framed(Box::new(framed())),
            Speech::Line => Codec::Line(Box::<Line>::default()),
        };
        Self {
            place: number,
            has_ended: false,
            is_asleep: false,
            connection: number as u64,
            speech,
            codec,
            session: Session::default(),
            inbox: BytesMut::new(),
            outbox: Outbox::default(),
            effects: Effects::new(),
            held: None,
            pending: 0,
            is_busy_alone: false,
            is_closed: false,
            rooms: BTreeMap::new(),
            member: None,
            witness: Witness::default(),
        }
    }

    pub(super) const fn speech(&self) -> Speech {
        self.speech
    }

    /// What a later connection needs to go on.
    pub(super) fn left(&self) -> Option<Left> {
        self.witness.left()
    }

    /// Takes bytes and acts upon them as far as that can be done now.
    pub(super) fn take_in(&mut self, bytes: &[u8], log: &mut Log) {
        if self.is_closed {
            return;
        }
        self.inbox.extend_from_slice(bytes);
        while !self.is_closed && self.outbox.len() < REPLIES_BYTES_MAX {
            let Some(asked) = self.next() else { break };
            let overlaps = self.codec.may_overlap(&asked);
            if !self.may_take(overlaps) {
                self.held = Some(asked);
                break;
            }
            self.witness.asked();
            self.take(asked, log);
            self.perform(log);
            self.is_busy_alone = !overlaps && self.pending > 0;
        }
        if self.held.is_none() && self.outbox.len() < REPLIES_BYTES_MAX {
            assert!(self.inbox.len() <= INBOX_BYTES_MAX, "an unfinished frame is within the limit");
        }
    }

    fn next(&mut self) -> Option<Asked> {
        self.held.take().or_else(|| self.codec.next(&mut self.inbox, self.has_ended))
    }

    const fn may_take(&self, overlaps: bool) -> bool {
        if overlaps { !self.is_busy_alone } else { self.pending == 0 }
    }

    fn take(&mut self, asked: Asked, log: &Log) {
        match self.codec.take(asked, &mut self.outbox) {
            Taken::Done => {}
            Taken::Refuse(refusal) => self.session.refuse(refusal, &mut self.effects),
            Taken::Request(request) => {
                self.session.handle(request, log.context(), &mut self.effects);
            }
        }
    }

    /// The log has answered.
    pub(super) fn answered(&mut self, connection: u64, outcome: Outcome, log: &mut Log) {
        if connection != self.connection {
            return;
        }
        self.pending -= 1;
        self.session.answered(outcome, log.context(), &mut self.effects);
        self.perform(log);
        self.is_busy_alone &= self.pending > 0;
    }

    fn perform(&mut self, log: &mut Log) {
        while let Some(effect) = self.effects.pop_front() {
            self.carry_out(effect, log);
        }
    }

    fn carry_out(&mut self, effect: Effect, log: &mut Log) {
        match effect {
            Effect::Append(change) => {
                self.pending += 1;
                log.append(self.place, self.connection, change);
            }
            Effect::Read { room, viewer, from, limit } => {
                let slice = log.page(room, from, limit, viewer);
                let label = log.state.room(room).map(chat_server::core::Room::label);
                let Some(label) = label else { return self.fetched(Err(gone()), log) };
                let (items, more, as_of) = (slice.items, slice.more, slice.head);
                self.fetched(Ok(Fetched::Page(Page { room, label, items, more, as_of })), log);
            }
            Effect::Audit { room, before, limit } => {
                let slice = log.audit(room, before, limit);
                let label = log.state.room(room).map(chat_server::core::Room::label);
                let Some(label) = label else { return self.fetched(Err(gone()), log) };
                let shown = |entry| Shown { entry, reactions: Vec::new() };
                let items = slice.entries.into_iter().map(shown).collect();
                let (more, as_of) = (slice.more, slice.head);
                self.fetched(Ok(Fetched::Page(Page { room, label, items, more, as_of })), log);
            }
            Effect::Search { query, rooms, limit, .. } => {
                self.fetched(Ok(Fetched::Hits(log.search(&query, &rooms, limit))), log);
            }
            // Whatever the password is: what follows is of interest here.
            Effect::Verify { hash, .. } => {
                let bad = Refusal::new(ErrorCode::BadLogin, "there is none");
                self.fetched(hash.map(|_| Fetched::Verified).ok_or(bad), log);
            }
            Effect::Hash { .. } => {
                self.fetched(Ok(Fetched::Hashed(PasswordHash("a hash".into()))), log);
            }
            Effect::Reply(reply) => self.reply(reply),
            Effect::Follow { room, after, past } => self.follow(room, after, past, log),
            Effect::Unfollow(room) => drop(self.rooms.remove(&room)),
            Effect::Count { room, viewer, tell } => self.count(room, viewer, tell, log),
            Effect::FollowMember(member) => {
                self.member = Some(log.rooms.subscribe(Channel::Member(member)));
            }
            Effect::LookAgain => self.session.look_again(log.context(), &mut self.effects),
            Effect::Opened(view) => self.codec.opened(&view, &mut self.outbox),
            Effect::Skipped(view) => self.codec.skipped(&view, &mut self.outbox),
            Effect::Closed { room, label, reason } => {
                self.codec.closed(room, label.as_ref(), &reason, &mut self.outbox);
            }
            Effect::Invited { room, by, hidden } => {
                self.codec.invited(room, by, hidden, &mut self.outbox);
            }
            Effect::Administer { .. } | Effect::Claim { .. } => {
                self.fetched(Ok(Fetched::Lines(vec!["done".to_owned()])), log);
            }
            Effect::Announced(text) => self.codec.announced(text, &mut self.outbox),
            Effect::Close(refusal) => {
                let farewell = Farewell { refusal, come_back_millis: None };
                self.codec.farewell(&farewell, &mut self.outbox);
                self.is_closed = true;
            }
        }
    }

    /// What is unread is told of rooms alone that the member is in, and of its own account.
    fn count(&mut self, room: RoomId, viewer: MemberId, tell: bool, log: &Log) {
        assert!(log.state.account(viewer).is_some(), "only accounts have read markers");
        let read = log.state.marker(viewer, room);
        assert!(read <= log.state.head(room), "nobody has read what was not said");
        let Some(label) = log.state.room(room).map(chat_server::core::Room::label) else { return };
        if log.state.is_in(viewer, room) {
            let tally = log.unread(room, read, viewer);
            let counted = Counted { room, label, viewer, read, tally, tell };
            self.codec.deliver(&Delivery::Counted(counted), &mut self.outbox);
        }
    }

    fn fetched(&mut self, fetched: Result<Fetched, Refusal>, log: &Log) {
        self.session.read(fetched, log.context(), &mut self.effects);
    }

    fn reply(&mut self, reply: Result<Reply, Refusal>) {
        let bye = matches!(reply, Ok(Reply::Bye));
        self.is_closed |=
            bye || matches!(&reply, Err(refusal) if refusal.code == ErrorCode::BadVersion);
        self.codec.reply(reply, &mut self.outbox);
        if bye {
            self.session = Session::default();
        }
    }

    fn follow(&mut self, room: RoomId, after: Seq, past: Seq, log: &mut Log) {
        let channel = log.rooms.subscribe(Channel::Room(room));
        self.rooms.insert(room, Ear { channel, after, past });
        self.read_on(room, log);
    }

    /// Reads on from the log to the tail.
    fn read_on(&mut self, room: RoomId, log: &mut Log) {
        loop {
            let Some(ear) = self.rooms.get(&room) else { return };
            let (slice, past) = (log.read_on(room, ear.after), ear.past);
            let Some(first) = slice.entries.first() else { return };
            let through = Seq(first.seq.0 - 1);
            if through > ear.after {
                self.session.skipped(room, through, log.context(), &mut self.effects);
                self.perform(log);
            }
            let Some(last) = slice.entries.last().map(|entry| entry.seq) else { return };
            let label = log.state.room(room).map(chat_server::core::Room::label);
            let Some(label) = label else { return };
            self.deliver(Delivery::Page { room, label, entries: slice.entries, past });
            if let Some(ear) = self.rooms.get_mut(&room) {
                ear.after = last;
            }
        }
    }

    fn deliver(&mut self, delivery: Delivery) {
        if !self.is_closed {
            self.codec.deliver(&delivery, &mut self.outbox);
        }
    }

    /// Hears what was told since it last did.
    pub(super) fn hear(&mut self, log: &mut Log) {
        if self.is_asleep || self.is_closed {
            return;
        }
        self.hear_member(log);
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        rooms.into_iter().for_each(|room| self.hear_room(room, log));
    }

    fn hear_member(&mut self, log: &mut Log) {
        while let Some(member) = &mut self.member {
            match member.try_recv() {
                Ok(batch) => batch.told.iter().for_each(|told| {
                    self.session.told(told, log.context(), &mut self.effects);
                }),
                Err(TryRecvError::Lagged(_)) => {
                    self.session.look_again(log.context(), &mut self.effects);
                }
                Err(_) => return,
            }
            self.perform(log);
        }
    }

    fn hear_room(&mut self, room: RoomId, log: &mut Log) {
        while let Some(ear) = self.rooms.get_mut(&room) {
            match ear.channel.try_recv() {
                Ok(batch) => {
                    let after = ear.after;
                    let last = batch.told.iter().filter_map(chat_server::core::Told::seq).max();
                    ear.after = after.max(last.unwrap_or_default());
                    let here = self.session.here();
                    let out = here.and_then(|here| batch.expels(here.member));
                    self.deliver(Delivery::Batch { batch, after });
                    out.into_iter().for_each(|told| self.put_out(&told, log));
                }
                Err(TryRecvError::Lagged(_)) => {
                    self.read_on(room, log);
                    self.deliver(Delivery::Stale(room));
                }
                Err(_) => return,
            }
        }
    }

    fn put_out(&mut self, told: &chat_server::core::Told, log: &mut Log) {
        self.session.told(told, log.context(), &mut self.effects);
        self.perform(log);
    }

    /// The connection is lost; the session may wait for another.
    pub(super) fn hang_up(&mut self, for_good: bool, log: &mut Log) {
        let for_good = for_good || self.speech == Speech::Line;
        let leave = self.session.leave(Reason::default(), log.context().now);
        if let Some(change) = leave.filter(|_| for_good) {
            log.append(NOBODY, 0, change);
        }
        self.is_closed = true;
    }

    /// Looks at what came out.
    pub(super) fn check(&mut self, log: &Log) {
        let bytes = self.outbox.take_all();
        match self.speech {
            Speech::Framed => self.witness.frames(&bytes, log),
            Speech::Line => self.witness.lines(&bytes),
        }
    }

    /// Nothing is left undone.
    pub(super) fn check_end(&self, log: &Log) {
        if self.is_closed || self.speech == Speech::Line || self.held.is_some() {
            return;
        }
        assert_eq!(self.pending, 0);
        self.witness.check_answered();
        for (room, ear) in &self.rooms {
            assert_eq!(ear.after, log.head(*room), "room {room} is heard to its end");
        }
    }
}

fn gone() -> Refusal {
    Refusal::new(ErrorCode::NoRoom, "that room is gone")
}
