//! What a connection waits for.

use std::{future::poll_fn, task::Poll};

use super::{
    Conn, Input, Outbox, Phase, Stream, reading::poll_read_some, writing::poll_write_some,
};
use crate::{core::Refusal, log::Outcome, protocol::Farewell};
use bytes::BytesMut;
use chat_proto::message::ErrorCode;

/// Unwritten bytes above which nothing more is delivered or read.
const OUTBOX_BYTES_MAX: usize = 64 * 1024;

impl Conn {
    pub(super) async fn next_input(&mut self) -> Input {
        self.set_alarm();
        let (wants_input, is_open) = (self.wants_input(), matches!(self.phase, Phase::Open));
        let is_draining = matches!(self.phase, Phase::Draining);
        let (has_output, is_calm) = (!self.outbox.is_empty(), self.outbox.len() < OUTBOX_BYTES_MAX);
        let delivers =
            is_calm && !matches!(self.phase, Phase::Closing) && self.session.here().is_some();
        let reads = wants_input && is_calm;
        let Self { stream, shared, following, inbox, outbox, appended, page, clock, .. } = self;
        tokio::select! {
            // Answers come before deliveries: see the log's writer. Deliveries that are there already come before
            // writing, so that one write takes them all.
            biased;
            outcome = answered(appended) => Input::Answered(outcome),
            page = async { page.as_mut().expect("checked by the guard").await }, if page.is_some() => Input::Page(page),
            delivery = following.next(), if delivers => Input::Delivery(delivery),
            moved = transfer(stream, has_output.then_some(outbox), reads.then_some(inbox)), if has_output || reads => moved,
            () = shared.drain.begun(), if is_open => Input::Drain,
            () = shared.drain.quiet(), if is_draining => Input::Quiet,
            () = clock.alarm.rings() => Input::Deadline,
        }
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

/// Writes or else reads, as far as there is something to write and room to read into.
async fn transfer(
    stream: &mut Stream,
    mut outbox: Option<&mut Outbox>,
    mut inbox: Option<&mut BytesMut>,
) -> Input {
    poll_fn(|cx| {
        if let Some(outbox) = outbox.as_deref_mut()
            && let Poll::Ready(wrote) = poll_write_some(stream, outbox, cx)
        {
            return Poll::Ready(Input::Wrote(wrote));
        }
        match inbox.as_deref_mut() {
            Some(inbox) => poll_read_some(stream, inbox, cx).map(Input::Read),
            None => Poll::Pending,
        }
    })
    .await
}

async fn answered(
    appended: &mut std::collections::VecDeque<tokio::sync::oneshot::Receiver<Outcome>>,
) -> Outcome {
    match appended.front_mut() {
        Some(answer) => answer.await.unwrap_or_else(|_dropped| Err(lost())),
        None => std::future::pending().await,
    }
}

pub(super) fn lost() -> Refusal {
    Refusal::new(
        ErrorCode::OutcomeUnknown,
        "the server is going down; send it again under the same id",
    )
}
