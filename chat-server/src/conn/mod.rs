//! One task per peer: bytes in, session, effects, bytes out.
//!
//! The task waits for one [`Input`] at a time and acts on it; no decision is made while waiting. What it holds is
//! bounded: one read's worth of input, replies to a bounded number of requests, and deliveries only while little is
//! unwritten. A peer that does not read stops being read, then stops following its rooms, and reads on from the log.

mod alarm;
mod farewell;
mod life;
mod outbox;
mod pace;
mod perform;
mod reading;
mod shared;
mod stream;
mod wait;
mod writing;

use std::{collections::VecDeque, net::IpAddr, sync::Arc};

use bytes::BytesMut;
use chat_proto::{Reason, RoomId};
use tokio::{sync::oneshot, time::Instant};

pub(crate) use farewell::linger;
use life::Clock;
pub use outbox::Outbox;
pub use pace::Rate;
pub(crate) use reading::read_some;
pub use shared::{Limits, Shared};
pub(crate) use stream::Stream;

use crate::{
    core::{Effects, Fetched, Refusal, Session, Told},
    drain::Talking,
    log::{Counted, Outcome},
    presence::Present,
    protocol::{Asked, Codec},
    rooms::{Delivery, Following},
};

/// A connection whose protocol is known.
pub(crate) struct Conn {
    stream: Stream,
    /// Who is at the other end.
    from: IpAddr,
    shared: Arc<Shared>,
    codec: Codec,
    session: Session,
    following: Following,
    inbox: BytesMut,
    outbox: Outbox,
    /// Read but waiting until what came before is answered. Seldom, so it has space only then.
    held: Option<Box<Asked>>,
    /// None where there is no limit.
    pace: Option<pace::Pace>,
    /// Until when what was read last has to wait, to keep the pace.
    rests_until: Option<Instant>,
    /// Changes on their way through the log, oldest first.
    appended: VecDeque<oneshot::Receiver<Outcome>>,
    /// What is being read for a request.
    page: Option<futures::future::BoxFuture<'static, Result<Fetched, Refusal>>>,
    effects: Effects,
    /// A request that nothing may overlap is under way.
    is_busy_alone: bool,
    clock: Clock,
    phase: Phase,
    /// Given back when nothing will be appended any more.
    talking: Option<Talking>,
    /// Since it was welcomed.
    present: Option<Present>,
}

/// What the connection does with input.
#[derive(Debug)]
enum Phase {
    Open,
    /// The peer has ended its side: what it sent is carried out and answered, then the connection is closed.
    Ended,
    /// The server shuts down: nothing more is read, and what was read is carried out.
    Draining,
    /// Nobody appends any more: the rooms are delivered to their end.
    Delivering,
    /// The last words are being written.
    Closing,
}

/// Why the loop of a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Everything was said; close in good order.
    Said,
    /// The connection is dead.
    Lost,
}

/// What a connection waits for.
enum Input {
    Read(std::io::Result<usize>),
    Wrote(std::io::Result<usize>),
    Answered(Outcome),
    Page(Result<Fetched, Refusal>),
    Delivery(Delivery),
    Deadline,
    Drain,
    Quiet,
}

impl Conn {
    pub(crate) fn new(
        stream: Stream,
        shared: Arc<Shared>,
        codec: Codec,
        inbox: BytesMut,
        since: Instant,
        from: IpAddr,
    ) -> Self {
        let following = Following::new(shared.log.clone());
        let talking = shared.drain.talk();
        let rate = shared.config().limits.rate.filter(|_| shared.limits_hold_for(from));
        let is_private = stream.is_secured() || from.to_canonical().is_loopback();
        Self {
            stream,
            from,
            shared,
            codec,
            session: Session::new(is_private),
            following,
            inbox,
            outbox: Outbox::default(),
            held: None,
            pace: rate.map(|rate| pace::Pace::new(rate, Instant::now())),
            rests_until: None,
            appended: VecDeque::new(),
            page: None,
            effects: Effects::new(),
            is_busy_alone: false,
            clock: Clock::new(since),
            phase: Phase::Open,
            talking: Some(talking),
            present: None,
        }
    }

    /// Serves the peer until one side ends it; then sees to its session.
    pub(crate) async fn run(&mut self) {
        self.take_requests().await;
        let end = loop {
            if let Some(end) = self.end() {
                break end;
            }
            let input = self.next_input().await;
            self.take_answers_before(&input).await;
            let end = if self.is_due(&input) { self.take_input(input) } else { None };
            self.perform().await;
            if let Some(end) = end {
                break end;
            }
            self.take_requests().await;
        };
        Box::pin(self.see_off(end)).await;
    }

    /// The log answers before it tells the rooms; so what is told here must not overtake an answer.
    async fn take_answers_before(&mut self, input: &Input) {
        match input {
            Input::Delivery(Delivery::Page { .. }) => self.take_answers().await,
            Input::Delivery(_) => self.take_ready_answers().await,
            _ => {}
        }
    }

    /// An answer may have put an end to what was about to be delivered.
    fn is_due(&self, input: &Input) -> bool {
        match input {
            Input::Delivery(delivery) => self.following.is_due(delivery),
            _ => true,
        }
    }

    fn take_input(&mut self, input: Input) -> Option<End> {
        match input {
            Input::Read(read) => return self.after_read(read),
            Input::Wrote(wrote) => return self.after_write(wrote),
            Input::Answered(outcome) => self.answered(outcome),
            Input::Page(page) => {
                self.page = None;
                let Self { session, effects, shared, from, .. } = self;
                shared.with(*from, |cx| session.read(page, cx, effects));
            }
            Input::Delivery(delivery) => self.deliver(&delivery),
            Input::Deadline => return self.after_deadline(),
            Input::Drain => self.phase = Phase::Draining,
            Input::Quiet => self.phase = Phase::Delivering,
        }
        None
    }

    fn answered(&mut self, outcome: Outcome) {
        self.appended.pop_front();
        let Self { session, effects, shared, from, .. } = self;
        shared.with(*from, |cx| session.answered(outcome, cx, effects));
    }

    async fn take_ready_answers(&mut self) {
        while let Some(Ok(outcome)) = self.appended.front_mut().map(oneshot::Receiver::try_recv) {
            self.answered(outcome);
            self.perform().await;
        }
    }

    /// What is read from the log may have been done here and not be answered yet.
    async fn take_answers(&mut self) {
        for _ in 0..self.appended.len() {
            let Some(answer) = self.appended.front_mut() else { break };
            let outcome = answer.await.unwrap_or_else(|_dropped| Err(wait::lost()));
            self.answered(outcome);
            self.perform().await;
        }
    }

    fn deliver(&mut self, delivery: &Delivery) {
        self.clock.told();
        let Self { session, effects, shared, from, .. } = self;
        match delivery {
            Delivery::Member(told) => {
                shared
                    .with(*from, |cx| told.iter().for_each(|told| session.told(told, cx, effects)));
            }
            Delivery::MemberLost => shared.with(*from, |cx| session.look_again(cx, effects)),
            Delivery::Skipped { room, through } => {
                shared.with(*from, |cx| session.skipped(*room, *through, cx, effects));
            }
            Delivery::Page { .. } if self.is_over() => self.look_again(),
            Delivery::Page { room, .. } if !self.is_in(*room) => {
                self.put_out(&Told::Closed { room: *room, reason: Reason::default() });
            }
            Delivery::Counted(counted) if !self.may_see(counted) => {}
            Delivery::Batch { batch, .. } => {
                self.codec.deliver(delivery, &mut self.outbox);
                if let Some(told) = self.session.here().and_then(|here| batch.expels(here.member)) {
                    self.put_out(&told);
                }
            }
            Delivery::Failed(room, _) => {
                self.codec.deliver(delivery, &mut self.outbox);
                self.session.unfollowed(*room);
            }
            _ => self.codec.deliver(delivery, &mut self.outbox),
        }
    }

    /// Nothing that follows in the room is for this member, unless they have entered it again.
    fn put_out(&mut self, told: &Told) {
        let Self { session, effects, shared, from, .. } = self;
        shared.with(*from, |cx| session.told(told, cx, effects));
    }

    fn may_see(&self, counted: &Counted) -> bool {
        let viewer = self.session.here().map(|here| here.member);
        viewer == Some(counted.viewer) && self.is_in(counted.room)
    }

    /// Whether the session has ended, or goes on elsewhere; the word of it may still be on its way.
    pub(super) fn is_over(&self) -> bool {
        let Some(here) = self.session.here() else { return false };
        let state = self.shared.log.state();
        state.session(here.session).is_none_or(|session| session.generation > here.generation)
    }

    fn is_in(&self, room: RoomId) -> bool {
        let member = self.session.here().map(|here| here.member);
        member.is_some_and(|member| self.shared.log.state().is_in(member, room))
    }

    fn after_read(&mut self, read: std::io::Result<usize>) -> Option<End> {
        self.clock.heard();
        match read {
            Ok(0) => self.phase = Phase::Ended,
            Ok(_) => {}
            Err(_) => return Some(End::Lost),
        }
        None
    }

    fn after_write(&mut self, wrote: std::io::Result<usize>) -> Option<End> {
        match wrote {
            Ok(0) | Err(_) => return Some(End::Lost),
            Ok(bytes) => self.wrote(bytes),
        }
        None
    }

    fn wrote(&mut self, bytes: usize) {
        self.outbox.advance(bytes);
        self.clock.wrote(self.outbox.is_empty());
    }

    /// Ends the session, or leaves it to wait for its client.
    async fn leave(&mut self, reason: &str) {
        if self.session.here().is_none() {
            return;
        }
        let resumable = self.codec.can_resume();
        if resumable && self.shared.drain.has_begun() {
            // Its client comes back to the next server.
            return;
        }
        let now = (self.shared.now)();
        let Some(change) = self.session.leave(Reason::clean(reason).unwrap_or_default(), now)
        else {
            return;
        };
        let grace = if resumable { self.shared.grace() } else { std::time::Duration::ZERO };
        crate::sessions::end_after(&self.shared, change, grace).await;
    }
}
