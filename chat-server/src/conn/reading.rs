//! Reading without keeping a buffer while there is nothing to read.

use std::{
    future::poll_fn,
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes taken at one read.
pub(super) const READ_BYTES_MAX: usize = 32 * 1024;

/// Appends what can be read to `inbox`; 0 at the end. Cancelling it loses nothing.
pub(crate) async fn read_some<R: AsyncRead + Unpin>(
    reader: &mut R,
    inbox: &mut BytesMut,
) -> io::Result<usize> {
    poll_fn(|cx| poll_read_some(reader, inbox, cx)).await
}

/// The space to read into exists only while there is something, so that ten thousand idle connections hold none.
#[inline(never)]
pub(super) fn poll_read_some<R: AsyncRead + Unpin>(
    reader: &mut R,
    inbox: &mut BytesMut,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut space = [const { MaybeUninit::uninit() }; READ_BYTES_MAX];
    let mut buf = ReadBuf::uninit(&mut space);
    ready!(Pin::new(reader).poll_read(cx, &mut buf))?;
    inbox.extend_from_slice(buf.filled());
    Poll::Ready(Ok(buf.filled().len()))
}
