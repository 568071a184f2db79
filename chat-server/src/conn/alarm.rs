//! One timer for all the deadlines of a connection.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Rings at a deadline or before it: while the deadline only moves on, as it does with every message, the timer is left
/// alone. Whoever it calls looks at the clock again.
#[derive(Default)]
pub(super) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    pub(super) fn set(&mut self, deadline: Option<Instant>) {
        match (&mut self.0, deadline) {
            (alarm, None) => *alarm = None,
            (Some(sleep), Some(deadline)) => {
                if sleep.is_elapsed() || sleep.deadline() > deadline {
                    sleep.as_mut().reset(deadline);
                }
            }
            (alarm, Some(deadline)) => *alarm = Some(Box::pin(sleep_until(deadline))),
        }
    }

    /// Never rings where there is no deadline.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Some(sleep) => sleep.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}
