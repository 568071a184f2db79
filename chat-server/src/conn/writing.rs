//! Writing what is in the outbox, many pieces at once.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::AsyncWrite;

use super::{Outbox, outbox::SLICES_MAX};

/// Writes what the socket takes, with one system call; the caller tells the outbox. Cancelling it loses nothing, as
/// long as the outbox still begins with the same bytes the next time.
pub(super) async fn write_some<W: AsyncWrite + Unpin>(
    writer: &mut W,
    outbox: &mut Outbox,
) -> io::Result<usize> {
    poll_fn(|cx| poll_write_some(writer, outbox, cx)).await
}

pub(super) fn poll_write_some<W: AsyncWrite + Unpin>(
    writer: &mut W,
    outbox: &mut Outbox,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    // Most often there is one, and a plain write costs the system less.
    if let Some(only) = outbox.only() {
        return Pin::new(writer).poll_write(cx, only);
    }
    let mut slices = [IoSlice::new(&[]); SLICES_MAX];
    let count = outbox.slices(&mut slices);
    Pin::new(writer).poll_write_vectored(cx, &slices[..count])
}
