//! Whether a peer lives, is slow, or is dead; and when to look.
//!
//! Whose system acknowledges what is sent is not dead, whatever its program does. So long as something may be unread there,
//! its silence says nothing: it is *stalled* and kept, up to an hour. Whose system acknowledges nothing is *dead*: at rest
//! the keepalive of TCP finds it, and while output is on its way the looks at TCP's signs do.

use std::time::Duration;

use chat_proto::message::ErrorCode;
use chat_tcp::Watch;
use tokio::time::Instant;

use super::{Conn, End, Phase, alarm::Alarm};
use crate::{core::Refusal, protocol::Codec};

/// When what was last heard or written.
pub(super) struct Clock {
    since: Instant,
    heard: Instant,
    /// Since when the outbox has not got shorter; none while it is empty.
    progress: Option<Instant>,
    /// When the peer was asked whether it is there; none since it was last heard.
    asked: Option<Instant>,
    /// Since it was last heard it was told something that it may not have read.
    told: bool,
    /// It did not answer, but its system does.
    is_slow: bool,
    /// When to look at TCP's signs; none while everything is acknowledged.
    look: Option<Instant>,
    /// Whether the system is told to leave it to the looks when to give up.
    tries_on: bool,
    watch: Watch,
    pub(super) alarm: Alarm,
}

/// A socket that has taken nothing for so long is full: its rooms are read on from the log later.
const FULL_AFTER: Duration = Duration::from_millis(200);
/// For a person to think of a nick.
const NAME_WITHIN: Duration = Duration::from_secs(5 * 60);

impl Clock {
    pub(super) fn new(since: Instant) -> Self {
        let now = Instant::now();
        Self {
            since,
            heard: now,
            progress: None,
            asked: None,
            told: false,
            is_slow: false,
            look: None,
            tries_on: false,
            watch: Watch::default(),
            alarm: Alarm::default(),
        }
    }

    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
        (self.asked, self.told, self.is_slow) = (None, false, false);
    }

    /// Something is to be written from here on, or longer ago.
    pub(super) fn writes(&mut self) {
        self.progress.get_or_insert_with(Instant::now);
    }

    /// Some of it was written; whether that was all.
    pub(super) fn wrote(&mut self, all: bool) {
        self.progress = (!all).then(Instant::now);
    }

    pub(super) const fn told(&mut self) {
        self.told = true;
    }

    /// Whether something may be unread: on its way, or with the peer's system.
    const fn may_be_unread(&self) -> bool {
        self.told || self.look.is_some()
    }
}

impl Conn {
    /// Has the alarm ring when something has to happen.
    pub(super) fn set_alarm(&mut self) {
        let deadlines = [self.must_act(), self.clock.look, self.rests_until];
        self.clock.alarm.set(deadlines.into_iter().flatten().min());
    }

    /// Something is on its way from here on: whether it arrives is seen later.
    pub(super) fn look_after_a_while(&mut self) {
        if self.clock.look.is_none() {
            self.clock.look = Some(Instant::now() + self.shared.patience().look_every());
        }
    }

    /// When something has to happen, whatever TCP says.
    fn must_act(&self) -> Option<Instant> {
        let (clock, patience) = (&self.clock, self.shared.patience());
        let is_open = matches!(self.phase, Phase::Open);
        match (&self.codec, self.session.here().is_none()) {
            _ if !self.outbox.is_empty() => {
                let since = clock.progress.unwrap_or_else(Instant::now);
                Some(since + self.unwritten_max())
            }
            (Codec::Framed(_), true) if is_open => Some(clock.since + self.shared.login()),
            (Codec::Framed(_), false) if is_open => Some(match clock.asked {
                None => clock.heard + patience.ask_after(),
                Some(asked) => self.answers_until(asked),
            }),
            (Codec::Line(_), true) if is_open => Some(clock.since + NAME_WITHIN),
            _ => None,
        }
    }

    /// How long a socket may take nothing of what is to be written.
    fn unwritten_max(&self) -> Duration {
        if self.following.is_live() { FULL_AFTER } else { self.shared.stalled() }
    }

    /// Until when a peer may leave the question unanswered.
    fn answers_until(&self, asked: Instant) -> Instant {
        if self.clock.is_slow {
            return self.clock.heard + self.shared.stalled();
        }
        // Asked late, if what was unwritten until now has kept it from reading the question.
        let patience = self.shared.patience();
        asked + (patience.dead_after() - patience.ask_after())
    }

    pub(super) fn after_deadline(&mut self) -> Option<End> {
        let now = Instant::now();
        if self.rests_until.is_some_and(|time| now >= time) {
            self.rested();
        }
        if self.clock.look.is_some_and(|look| now >= look) && self.is_seen_dead(now) {
            tracing::debug!("the peer's system acknowledges nothing");
            return Some(End::Lost);
        }
        if self.must_act().is_some_and(|time| now >= time) { self.act_in_time() } else { None }
    }

    /// Looks at TCP's signs, and again as long as something is on its way.
    fn is_seen_dead(&mut self, now: Instant) -> bool {
        let Self { clock, shared, outbox, stream, .. } = self;
        let signs = chat_tcp::signs(stream.socket());
        let is_owed = signs.is_some_and(|signs| signs.is_owed()) || !outbox.is_empty();
        clock.look = is_owed.then(|| now + shared.patience().look_every());
        if is_owed != clock.tries_on {
            clock.tries_on = is_owed;
            // Far beyond what is decided here.
            let time = is_owed.then(|| 2 * shared.stalled());
            if let Err(error) = chat_tcp::give_up_after(stream.socket(), time) {
                tracing::debug!(%error, "a socket took no options");
            }
        }
        signs.is_some_and(|signs| clock.watch.is_dead(&signs, now.into_std(), shared.patience()))
    }

    fn act_in_time(&mut self) -> Option<End> {
        if !self.outbox.is_empty() {
            if self.following.is_live() {
                self.following.fall_behind_everywhere();
                return None;
            }
            return Some(End::Lost);
        }
        if self.session.here().is_none() {
            let late = "nobody said hello in time; connect again";
            self.say_farewell(Refusal::new(ErrorCode::Timeout, late), None);
        } else if self.clock.asked.is_none() {
            self.codec.ask_alive(&mut self.outbox);
            self.clock.asked = Some(Instant::now());
        } else if !self.is_only_slow() {
            return Some(End::Lost);
        }
        None
    }

    /// Whether who does not answer is kept: its system does, and it may have something else to read first.
    fn is_only_slow(&mut self) -> bool {
        let is_new = !std::mem::replace(&mut self.clock.is_slow, true);
        is_new && self.clock.may_be_unread() && chat_tcp::signs(self.stream.socket()).is_some()
    }
}
