//! One timer for all the deadlines of a connection.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Rings at a deadline or before it: while the deadline only moves on, as it does with every message, the timer is left
/// alone. Whoever it calls looks at the clock again.
#[derive(Default)]
pub(super) struct Alarm {
    timer: Option<Pin<Box<Sleep>>>,
    /// When the timer will ring; none when it has, or never will.
    at: Option<Instant>,
    /// It has somebody to call: it is left alone until it rings.
    is_heard: bool,
}

impl Alarm {
    pub(super) fn set(&mut self, deadline: Option<Instant>) {
        let Some(deadline) = deadline else {
            return *self = Self::default();
        };
        if self.at.is_none_or(|at| at > deadline) {
            match &mut self.timer {
                Some(timer) => timer.as_mut().reset(deadline),
                none => *none = Some(Box::pin(sleep_until(deadline))),
            }
            (self.at, self.is_heard) = (Some(deadline), false);
        }
    }

    /// Never rings where there is no deadline. It has to be polled by the same task all the time.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (Some(at), Some(timer)) = (self.at, &mut self.timer) else { return Poll::Pending };
        if self.is_heard && Instant::now() < at {
            return Poll::Pending;
        }
        let rings = timer.as_mut().poll(cx);
        // A task that has done enough for once is told to wait without being heard.
        self.is_heard = rings.is_pending() && tokio::task::coop::has_budget_remaining();
        if rings.is_ready() {
            self.at = None;
        }
        rings
    }
}
