//! What a connection waits for. What is said in its rooms flows to the socket meanwhile, without coming back to the loop:
//! most connections do nothing else for most of their lives.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use chat_proto::message::ErrorCode;

use super::{Conn, Input, Phase, reading::poll_read_some, writing::poll_write_some};
use crate::{core::Refusal, protocol::Farewell, rooms::Delivery};

impl Conn {
    pub(super) async fn next_input(&mut self) -> Input {
        poll_fn(|cx| self.poll_input(cx)).await
    }

    /// Answers come before deliveries: see the log's writer. Deliveries that are there already come before writing, so that
    /// one write takes them all.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        let flows = self.flows();
        loop {
            if let Poll::Ready(input) = self.poll_asked(cx) {
                return Poll::Ready(input);
            }
            if let Poll::Ready(delivery) = self.poll_delivery(flows, cx) {
                return Poll::Ready(Input::Delivery(delivery));
            }
            let was_full = self.outbox.is_full();
            if let Poll::Ready(wrote) = self.poll_write(flows, cx) {
                return Poll::Ready(Input::Wrote(wrote));
            }
            if !was_full || self.outbox.is_full() {
                return self.poll_rest(cx);
            }
        }
    }

    /// Whether what is said may go on to the socket at once: nothing else of this connection depends on it.
    fn flows(&self) -> bool {
        matches!(self.phase, Phase::Open)
            && self.appended.is_empty()
            && self.held.is_none()
            && self.inbox.is_empty()
    }

    /// What was asked for: of the log, or beside it.
    fn poll_asked(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        if let Some(answer) = self.appended.front_mut()
            && let Poll::Ready(outcome) = Pin::new(answer).poll(cx)
        {
            return Poll::Ready(Input::Answered(outcome.unwrap_or_else(|_dropped| Err(lost()))));
        }
        match &mut self.page {
            Some(page) => page.as_mut().poll(cx).map(Input::Page),
            None => Poll::Pending,
        }
    }

    /// The next delivery that has to be looked at.
    fn poll_delivery(&mut self, flows: bool, cx: &mut Context<'_>) -> Poll<Delivery> {
        let hears = !matches!(self.phase, Phase::Closing) && self.session.here().is_some();
        while hears && !self.outbox.is_full() {
            let delivery = ready!(self.following.poll_next(cx));
            match &delivery {
                Delivery::Batch { batch, .. } if flows && batch.is_all_numbered() => {
                    self.clock.told();
                    self.codec.deliver(&delivery, &mut self.outbox);
                }
                _ => return Poll::Ready(delivery),
            }
        }
        Poll::Pending
    }

    /// The next write that has to be looked at.
    fn poll_write(&mut self, flows: bool, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while !self.outbox.is_empty() {
            self.clock.writes();
            self.look_after_a_while();
            match ready!(poll_write_some(&mut self.stream, &mut self.outbox, cx)) {
                Ok(bytes) if flows && bytes > 0 => self.wrote(bytes),
                wrote => return Poll::Ready(wrote),
            }
        }
        Poll::Pending
    }

    /// What else may come, when nothing more can be written now.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        if !self.outbox.is_full() && self.wants_input() && self.stream.poll_readable(cx).is_ready()
        {
            let Self { stream, inbox, .. } = self;
            if let Poll::Ready(read) = poll_read_some(stream, inbox, cx) {
                return Poll::Ready(Input::Read(read));
            }
        }
        match self.phase {
            Phase::Open if self.shared.drain.has_begun() => return Poll::Ready(Input::Drain),
            Phase::Draining if self.shared.drain.is_quiet() => return Poll::Ready(Input::Quiet),
            _ => {}
        }
        self.set_alarm();
        self.clock.alarm.poll(cx).map(|()| Input::Deadline)
    }

    /// Whether more may be read: not while requests that were read already wait.
    fn wants_input(&self) -> bool {
        matches!(self.phase, Phase::Open)
            && self.held.is_none()
            && self.page.is_none()
            && !self.is_full_of_requests()
    }

    /// Says why the connection ends; nothing is taken in or delivered after it.
    pub(super) fn say_farewell(&mut self, refusal: Refusal, come_back_millis: Option<u32>) {
        self.codec.farewell(&Farewell { refusal, come_back_millis }, &mut self.outbox);
        self.phase = Phase::Closing;
    }
}

pub(super) fn lost() -> Refusal {
    Refusal::new(
        ErrorCode::OutcomeUnknown,
        "the server is going down; send it again under the same id",
    )
}
