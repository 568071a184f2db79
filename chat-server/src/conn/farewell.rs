//! The end of a connection, always in this order: say why, end our side, take in and forget what still comes until the
//! peer ends its side or the time is up, close. A socket closed with unread input is reset, and the reset destroys the
//! last words.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::{Conn, End, Phase};
use crate::core::Refusal;
use chat_proto::message::ErrorCode;

/// How long the peer may take to end its side.
const LINGER: Duration = Duration::from_secs(2);
/// How long the last words may take to be written.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Clients of a server that shuts down are asked to come back after this time.
const COME_BACK_MILLIS: u32 = 500;

impl Conn {
    /// Whether the connection has come to its end.
    pub(super) fn end(&mut self) -> Option<End> {
        match self.phase {
            Phase::Open => None,
            Phase::Closing => Some(End::Said),
            Phase::Ended if self.is_done() => Some(End::Said),
            Phase::Draining if self.is_carried_out() => {
                self.talking = None;
                None
            }
            Phase::Delivering if self.is_done() && self.is_delivered() => {
                let refusal = Refusal::new(ErrorCode::ShuttingDown, "the server is shutting down");
                self.say_farewell(refusal, Some(COME_BACK_MILLIS));
                None
            }
            Phase::Ended | Phase::Draining | Phase::Delivering => None,
        }
    }

    /// Whether everything that was read is carried out and answered.
    fn is_done(&self) -> bool {
        self.is_carried_out() && self.outbox.is_empty()
    }

    /// Whether nothing of what was read waits for the log.
    fn is_carried_out(&self) -> bool {
        self.held.is_none() && self.is_idle() && !self.outbox.is_full()
    }

    fn is_delivered(&self) -> bool {
        self.session.here().is_none() || self.following.is_at_the_tail()
    }

    pub(super) async fn see_off(&mut self, end: End) {
        // The member is out before the socket is: whoever comes next finds the nick free.
        let has_quit = end == End::Said && !self.codec.can_resume();
        self.leave(if has_quit { "" } else { "connection lost" }).await;
        if end == End::Said {
            let Self { stream, outbox, .. } = self;
            let said = tokio::time::timeout(LAST_WORDS, write_all(stream, outbox)).await;
            if matches!(said, Ok(Ok(()))) {
                linger(stream).await;
            }
        }
    }
}

async fn write_all<W: AsyncWrite + Unpin>(
    writer: &mut W,
    outbox: &mut super::Outbox,
) -> std::io::Result<()> {
    while !outbox.is_empty() {
        let wrote = super::writing::write_some(writer, outbox).await?;
        if wrote == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        outbox.advance(wrote);
    }
    writer.shutdown().await
}

/// Takes in and forgets what the peer still sends.
pub(crate) async fn linger<R: AsyncRead + Unpin>(reader: &mut R) {
    let forget = async {
        let mut forgotten = bytes::BytesMut::new();
        while matches!(super::read_some(reader, &mut forgotten).await, Ok(read) if read > 0) {
            forgotten.clear();
        }
    };
    // Whichever ends it, nothing is left to be done.
    drop(tokio::time::timeout(LINGER, forget).await);
}
