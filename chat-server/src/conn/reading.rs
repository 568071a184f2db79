//! Reading without keeping a buffer while there is nothing to read.

use std::{future::poll_fn, io, mem::MaybeUninit, pin::Pin, task::ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes taken at one read.
pub(super) const READ_BYTES_MAX: usize = 32 * 1024;

/// Appends what can be read to `inbox`; 0 at the end. The space to read into exists only while there is something, so
/// that ten thousand idle connections hold none. Cancelling it loses nothing.
pub(crate) async fn read_some<R: AsyncRead + Unpin>(
    reader: &mut R,
    inbox: &mut BytesMut,
) -> io::Result<usize> {
    poll_fn(|cx| {
        let mut space = [const { MaybeUninit::uninit() }; READ_BYTES_MAX];
        let mut buf = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut *reader).poll_read(cx, &mut buf))?;
        inbox.extend_from_slice(buf.filled());
        Ok(buf.filled().len()).into()
    })
    .await
}
