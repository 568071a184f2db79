//! Requests into the session, effects out of it.

use std::{collections::VecDeque, net::IpAddr, sync::Arc};

use futures::future::BoxFuture;
use tokio::{sync::oneshot, time::Instant};

use super::{Conn, Phase, pace::Pace};
use crate::{
    admin::{self, Desk},
    core::{
        Change, Effect, Effects, Entry, Fetched, Page, Password, PasswordHash, Refusal, Reply,
        Request, Shown,
    },
    log::{Log, Outcome, PageSlice, Read, Slice, search::Search},
    protocol::Taken,
};
use chat_proto::{
    MemberId, Nick, RoomId, Secret, Seq,
    message::{Anchor, ErrorCode},
};

/// Messages of one session on their way through the log.
const APPENDED_MAX: usize = 256;
/// Requests that entering a room counts for: everybody who is there is told.
const JOIN_COST: u32 = 5;
/// Bytes of an entry that decides something, beside its author's nick: a topic is the longest.
const AUDIT_ENTRY_BYTES_MAX: usize = 640;
/// Bytes of a page of history: it fits into a frame.
const PAGE_BYTES_MAX: usize = 48 * 1024;

impl Conn {
    /// Takes requests from the inbox as far as they may be taken now. Messages may overlap; anything else waits until
    /// what came before is answered, so that it sees its effects.
    pub(super) async fn take_requests(&mut self) {
        while let Some(alone) = self.take_request() {
            self.perform().await;
            self.is_busy_alone = alone && !self.is_idle();
        }
        if self.inbox.is_empty() {
            self.rest();
        }
    }

    /// Takes the next request, if it may be taken now. Whether nothing may overlap it.
    fn take_request(&mut self) -> Option<bool> {
        if matches!(self.phase, Phase::Closing) || self.outbox.is_full() {
            return None;
        }
        let ended = matches!(self.phase, Phase::Ended);
        let held = self.held.take().map(|held| *held);
        let asked = held.or_else(|| self.codec.next(&mut self.inbox, ended))?;
        let may_overlap = self.codec.may_overlap(&asked);
        if !self.may_take(may_overlap) || !self.keeps_pace() {
            self.held = Some(Box::new(asked));
            return None;
        }
        self.take(asked);
        Some(!may_overlap)
    }

    /// An idle connection keeps no space for what is not there.
    fn rest(&mut self) {
        self.inbox = bytes::BytesMut::new();
        if self.is_idle() && self.effects.is_empty() {
            self.effects = Effects::new();
            self.appended = VecDeque::new();
            self.session.rest();
            self.codec.rest();
        }
    }

    fn may_take(&self, may_overlap: bool) -> bool {
        if may_overlap {
            self.page.is_none() && !self.is_full_of_requests() && !self.is_busy_alone
        } else {
            self.is_idle()
        }
    }

    /// Whether one more request keeps the pace; the first that does not tells the peer.
    fn keeps_pace(&mut self) -> bool {
        let Some(pace) = self.pace.as_mut().filter(|_| !self.shared.drain.has_begun()) else {
            return true;
        };
        self.rests_until = pace.take(Instant::now()).err().map(Pace::next_turn);
        if self.rests_until.is_some()
            && let Some(per_sec) = pace.tell_once()
        {
            self.codec.slowed(per_sec, &mut self.outbox);
        }
        self.rests_until.is_none()
    }

    /// A peer of whom something is there already is not silent.
    pub(super) fn rested(&mut self) {
        self.rests_until = None;
        self.clock.heard();
    }

    pub(super) fn is_full_of_requests(&self) -> bool {
        self.appended.len() >= APPENDED_MAX
    }

    /// Whether everything asked so far is answered.
    pub(super) fn is_idle(&self) -> bool {
        self.appended.is_empty() && self.page.is_none()
    }

    fn take(&mut self, asked: crate::protocol::Asked) {
        match self.codec.take(asked, &mut self.outbox) {
            Taken::Done => {}
            Taken::Refuse(refusal) => self.session.refuse(refusal, &mut self.effects),
            Taken::Request(_) if self.is_over() => self.look_again(),
            Taken::Request(request) => {
                self.present.iter().for_each(|present| present.asks((self.shared.now)()));
                let allowed = self.allows(&request);
                let Self { session, effects, shared, from, .. } = self;
                match allowed {
                    Ok(()) => shared.with(*from, |cx| session.handle(request, cx, effects)),
                    Err(refusal) => session.refuse(refusal, effects),
                }
            }
        }
    }

    /// Whether a stranger may have this: entering counts for several requests, rooms are not made without end.
    fn allows(&mut self, request: &Request) -> Result<(), Refusal> {
        let Request::Join { room, .. } = request else { return Ok(()) };
        if let Some(pace) = &mut self.pace {
            pace.charge(JOIN_COST - 1);
        }
        let (Some(from), Some(here)) = (self.limited(), self.session.here()) else { return Ok(()) };
        // As the member sees it: a private room of others is not there.
        match self.shared.log.state().room_meant(here.member, &room.folded) {
            None => {
                let max = self.shared.config().rooms_made_max;
                self.shared.rooms_made.take(from, max, Instant::now())
            }
            Some(_) => Ok(()),
        }
    }

    /// Where the peer comes from, if the limits hold for it.
    fn limited(&self) -> Option<IpAddr> {
        Some(self.from).filter(|from| self.shared.limits_hold_for(*from))
    }

    /// Carries out what the session wants.
    pub(super) async fn perform(&mut self) {
        while let Some(answer) = self.perform_some() {
            let answer = answer.await;
            self.appended.push_back(answer);
        }
        self.is_busy_alone &= !self.is_idle();
    }

    /// Carries out what can be done without waiting, as far as a change for which the log has no room now.
    fn perform_some(&mut self) -> Option<BoxFuture<'static, oneshot::Receiver<Outcome>>> {
        while let Some(effect) = self.effects.pop_front() {
            match effect {
                Effect::Append(change) => match self.shared.log.try_append(change) {
                    Ok(answer) => self.appended.push_back(answer),
                    // Rare, and large: it has space only while it lasts.
                    Err(change) => return Some(Box::pin(append(self.shared.log.clone(), change))),
                },
                Effect::Read { room, viewer, from, limit } => {
                    self.read_page((room, viewer), from, limit);
                }
                Effect::Audit { room, before, limit } => self.audit(room, before, limit),
                Effect::Search { query, rooms, before, limit } => {
                    let bytes_max = PAGE_BYTES_MAX;
                    self.search(Search { query, rooms, before, limit, bytes_max });
                }
                Effect::Verify { hash, password } => self.verify(hash, password),
                Effect::Hash { password, registers } => self.hash(password, registers),
                Effect::Reply(reply) => self.reply(reply),
                Effect::Follow { room, after, past } => self.following.follow(room, after, past),
                Effect::Unfollow(room) => self.following.unfollow(room),
                Effect::Count { room, viewer, tell } => self.following.count(room, viewer, tell),
                Effect::FollowMember(member) => self.following.follow_member(member),
                Effect::LookAgain => self.look_again(),
                Effect::Opened(view) => self.codec.opened(&view, &mut self.outbox),
                Effect::Skipped(view) => self.codec.skipped(&view, &mut self.outbox),
                Effect::Closed { room, label, reason } => {
                    self.codec.closed(room, label.as_ref(), &reason, &mut self.outbox);
                }
                Effect::Invited { room, by, hidden } => {
                    self.codec.invited(room, by, hidden, &mut self.outbox);
                }
                Effect::Administer { by, words } => {
                    self.page = Some(Box::pin(admin::order(Arc::clone(&self.shared), by, words)));
                }
                Effect::Claim { nick, token } => self.claim(nick, token),
                Effect::Announced(text) => self.codec.announced(text, &mut self.outbox),
                Effect::Close(refusal) => self.say_farewell(refusal, None),
            }
        }
        None
    }

    fn reply(&mut self, reply: Result<Reply, Refusal>) {
        let bye = matches!(reply, Ok(Reply::Bye));
        if let Ok(Reply::Welcome(welcome)) = &reply {
            let (presence, now) = (&self.shared.presence, (self.shared.now)());
            self.present = Some(presence.enter(welcome.session, now));
        }
        // Trying again would not help.
        let hopeless = matches!(&reply, Err(refusal) if refusal.code == ErrorCode::BadVersion);
        self.codec.reply(reply, &mut self.outbox);
        if bye {
            self.session = crate::core::Session::default();
        }
        if bye || hopeless {
            self.phase = Phase::Closing;
        }
    }

    pub(super) fn look_again(&mut self) {
        let Self { session, effects, shared, from, .. } = self;
        shared.with(*from, |cx| session.look_again(cx, effects));
    }

    fn read_page(&mut self, place: (RoomId, MemberId), from: Anchor, limit: usize) {
        let log = self.shared.log.clone();
        self.page = Some(Box::pin(page(log, place, from, limit)));
    }

    fn verify(&mut self, hash: Option<PasswordHash>, password: Password) {
        let (accounts, from) = (Arc::clone(&self.shared.accounts), self.limited());
        self.page = Some(Box::pin(async move { accounts.verify(from, hash, password).await }));
    }

    fn hash(&mut self, password: Password, registers: bool) {
        let accounts = Arc::clone(&self.shared.accounts);
        let from = self.limited().filter(|_| registers);
        self.page = Some(Box::pin(async move { accounts.hash(from, password).await }));
    }

    /// Who tries tokens is as slow as who tries passwords.
    fn claim(&mut self, nick: Nick, token: Secret) {
        let (shared, from) = (Arc::clone(&self.shared), self.limited());
        self.page = Some(Box::pin(async move {
            shared.accounts.attempt(from).await?;
            let claimed = Desk::of(&shared, None).claim(&shared.claim, nick, &token).await?;
            shared.accounts.succeeded(from);
            Ok(claimed)
        }));
    }

    fn audit(&mut self, room: RoomId, before: Option<Seq>, limit: usize) {
        let log = self.shared.log.clone();
        self.page = Some(Box::pin(audit(log, room, before, limit)));
    }

    fn search(&mut self, search: Search) {
        let log = self.shared.log.clone();
        self.page = Some(Box::pin(async move { log.search(search).await.map(Fetched::Hits) }));
    }
}

async fn append(log: Log, change: Change) -> oneshot::Receiver<Outcome> {
    log.append(change).await
}

async fn page(
    log: Log,
    (room, viewer): (RoomId, MemberId),
    from: Anchor,
    limit: usize,
) -> Result<Fetched, Refusal> {
    let read = Read { from, limit, bytes_max: PAGE_BYTES_MAX };
    let PageSlice { items, more, head } = log.page(room, read, viewer).await?;
    let label = label(&log, room)?;
    Ok(Fetched::Page(Page { room, label, items, more, as_of: head }))
}

async fn audit(
    log: Log,
    room: RoomId,
    before: Option<Seq>,
    limit: usize,
) -> Result<Fetched, Refusal> {
    let Slice { entries, mut more, head } = log.audit(room, before, limit).await?;
    let mut bytes = 0;
    let mut fits = |entry: &Arc<Entry>| {
        bytes += AUDIT_ENTRY_BYTES_MAX + entry.nick.as_str().len();
        bytes <= PAGE_BYTES_MAX
    };
    let left_out = entries.len() - entries.iter().rev().take_while(|entry| fits(entry)).count();
    more |= left_out > 0;
    let shown = |entry| Shown { entry, reactions: Vec::new() };
    let items = entries.into_iter().skip(left_out).map(shown).collect();
    let label = label(&log, room)?;
    Ok(Fetched::Page(Page { room, label, items, more, as_of: head }))
}

fn label(log: &Log, room: RoomId) -> Result<crate::core::Label, Refusal> {
    let gone = || Refusal::new(ErrorCode::NoRoom, "that room is gone");
    log.state().room(room).map(crate::core::Room::label).ok_or_else(gone)
}
