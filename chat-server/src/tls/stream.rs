//! The enciphered stream of one peer.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Plain bytes that are enciphered before the socket has taken those before them.
const UNSENT_BYTES_MAX: usize = 32 * 1024;

/// A peer behind a cipher.
///
/// What is written counts as written when the socket has taken it, enciphered: so the limits on unwritten bytes, and
/// on the time that a peer may take for them, hold as they do without a cipher.
pub(crate) struct Secured {
    tls: TlsStream<Rewound>,
    /// Bytes that the cipher has taken and the socket not yet all of.
    taken: usize,
}

pub(super) async fn accept(
    acceptor: &TlsAcceptor,
    socket: TcpStream,
    first: BytesMut,
) -> io::Result<Secured> {
    match acceptor.accept(Rewound { first, socket }).into_fallible().await {
        Ok(mut tls) => {
            tls.get_mut().1.set_buffer_limit(Some(UNSENT_BYTES_MAX));
            Ok(Secured { tls, taken: 0 })
        }
        Err((error, mut io)) => {
            // It has been sent an alert, which a reset would destroy.
            if io.socket.shutdown().await.is_ok() {
                crate::conn::linger(&mut io.socket).await;
            }
            Err(error)
        }
    }
}

impl Secured {
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.tls.get_ref().0.socket
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_read(cx, buf)
    }

    /// Ready when the socket has taken all of what the cipher took. Until then the caller has to offer the same bytes.
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.taken == 0 {
            self.taken = ready!(Pin::new(&mut self.tls).poll_write_vectored(cx, slices))?;
        }
        ready!(Pin::new(&mut self.tls).poll_flush(cx))?;
        Poll::Ready(Ok(std::mem::take(&mut self.taken)))
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    /// Says `close_notify`, then ends our side of the socket.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}

/// A socket from which some bytes were read already.
struct Rewound {
    first: BytesMut,
    socket: TcpStream,
}

impl AsyncRead for Rewound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        let here = self.first.len().min(buf.remaining());
        buf.put_slice(&self.first[..here]);
        self.first.advance(here);
        if self.first.is_empty() {
            // An idle connection keeps no buffer.
            self.first = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
