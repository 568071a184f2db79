//! A peer's first moments: a cipher if it wants one, then its protocol.
//!
//! What comes before a TLS handshake never counts after it: the first bytes decide, once outside and once inside.

use std::{net::IpAddr, pin::pin, sync::Arc, time::Duration};

use bytes::BytesMut;
use chat_proto::{
    Token,
    message::{Closing, ErrorCode, Event, Message},
    version::MAGIC,
};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    conn::{Conn, Shared, Stream, linger, read_some},
    core::Refusal,
    protocol::{Codec, Detected, Framed, Line, Stranger, detect},
};

/// A peer that stays silent for so long is a person, and is greeted.
const GREET_AFTER: Duration = Duration::from_millis(300);
/// For a person to write the first line.
const FIRST_LINE_WITHIN: Duration = Duration::from_secs(5 * 60);
/// Whoever comes to a door for TLS alone without it reads this.
const TLS_ONLY: &str =
    "this port takes TLS only; use chat-tui --tls, or openssl s_client -quiet -connect HOST:PORT";

/// What an address that is listened on takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Whatever the first bytes say.
    Open,
    TlsOnly,
}

/// Somebody of whom little is known yet.
struct Peer {
    shared: Arc<Shared>,
    stream: Stream,
    from: IpAddr,
    inbox: BytesMut,
    since: Instant,
    greeted: bool,
}

/// Serves a peer from the first byte to the last.
pub(crate) async fn welcome(socket: TcpStream, from: IpAddr, door: Door, shared: Arc<Shared>) {
    // The first moments take more space than the hours that follow.
    let first_moments = Box::pin(arrive(socket, from, door, Arc::clone(&shared)));
    let Some(mut conn) = first_moments.await else { return };
    shared.drain.attend(pin!(conn.run())).await;
}

/// Finds out what the peer speaks. None when it is gone, or was answered and is done with.
async fn arrive(
    socket: TcpStream,
    from: IpAddr,
    door: Door,
    shared: Arc<Shared>,
) -> Option<Box<Conn>> {
    if let Err(error) = chat_tcp::tune(&socket, shared.patience()) {
        tracing::debug!(%error, "a socket took no options");
    }
    let mut peer = Peer::new(socket, from, shared);
    if let Some(why) = peer.ban() {
        Box::pin(peer.refuse(door, &why)).await;
        return None;
    }
    let mut detected = peer.first_words(door).await?;
    if detected == Detected::Tls && !peer.greeted {
        peer = Box::pin(peer.secure()).await?;
        detected = peer.first_words(Door::Open).await?;
    } else if door == Door::TlsOnly {
        let answer = match detected {
            Detected::Stranger(stranger) => stranger.answer().to_vec(),
            _ => last_words(detected, ErrorCode::TlsOnly, TLS_ONLY),
        };
        peer.answer(&answer).await;
        return None;
    }
    peer.speak(detected).await
}

impl Peer {
    fn new(socket: TcpStream, from: IpAddr, shared: Arc<Shared>) -> Self {
        let (stream, inbox) = (Stream::Plain(socket), BytesMut::new());
        Self { shared, stream, from, inbox, since: Instant::now(), greeted: false }
    }

    /// Why nobody is let in from where the peer comes from.
    fn ban(&self) -> Option<Refusal> {
        self.shared.log.state().turned_away(self.from, (self.shared.now)())
    }

    /// Tells it in the peer's own protocol, behind its cipher if it wants one, and takes nothing else from it.
    async fn refuse(mut self, door: Door, why: &Refusal) {
        let mut detected = self.first_bytes(GREET_AFTER).await.unwrap_or(Detected::Undecided);
        if detected == Detected::Tls {
            let Some(secured) = self.secure().await else { return };
            self = secured;
            let silent = self.since.elapsed() + GREET_AFTER;
            detected = self.first_bytes(silent).await.unwrap_or(Detected::Undecided);
        } else if door == Door::TlsOnly {
            return self.answer(&last_words(detected, ErrorCode::TlsOnly, TLS_ONLY)).await;
        }
        self.answer(&last_words(detected, why.code, &why.text)).await;
    }

    /// Waits until the first bytes tell the protocol, and greets whoever stays silent where that is allowed. None when
    /// the peer is gone.
    async fn first_words(&mut self, door: Door) -> Option<Detected> {
        if door == Door::TlsOnly {
            return self.first_bytes(self.shared.login()).await;
        }
        match timeout(GREET_AFTER, self.read()).await {
            Ok(Some(false)) => return Some(Detected::Undecided),
            Ok(more) => drop(more?),
            Err(_silent) => {
                self.stream.write_all(Line::GREETING.as_bytes()).await.ok()?;
                self.greeted = true;
            }
        }
        self.first_bytes(FIRST_LINE_WITHIN).await
    }

    async fn first_bytes(&mut self, silent: Duration) -> Option<Detected> {
        loop {
            match detect(&self.inbox) {
                Detected::Undecided => {}
                detected => return Some(detected),
            }
            let within = if self.inbox.is_empty() { silent } else { self.shared.login() };
            if !timeout_at(self.since + within, self.read()).await.ok()?? {
                return Some(Detected::Undecided);
            }
        }
    }

    /// Whether something came, rather than the end; none when nothing came before that.
    async fn read(&mut self) -> Option<bool> {
        let Self { shared, stream, inbox, .. } = self;
        let read = tokio::select! {
            read = read_some(stream, inbox) => read.ok()?,
            () = shared.drain.begun() => {
                self.dismiss();
                return None;
            }
        };
        (read > 0 || !self.inbox.is_empty()).then_some(read > 0)
    }

    /// Puts a cipher around the connection.
    async fn secure(self) -> Option<Self> {
        let Self { shared, stream: Stream::Plain(socket), from, inbox, since, .. } = self else {
            return None;
        };
        let handshake = shared.tls.accept(socket, inbox);
        let secured = tokio::select! {
            secured = timeout_at(since + shared.login(), handshake) => secured.ok()?,
            () = shared.drain.begun() => return None,
        };
        let refused = |error| tracing::debug!(%error, "a TLS handshake failed");
        let stream = Stream::Secured(Box::new(secured.map_err(refused).ok()?));
        Some(Self { shared, stream, from, inbox: BytesMut::new(), since, greeted: false })
    }

    /// Speaks the protocol that was detected; none where there is nothing to be said but goodbye.
    async fn speak(mut self, detected: Detected) -> Option<Box<Conn>> {
        let stranger = match detected {
            Detected::Framed => {
                let codec = self.framed().await?;
                return Some(self.conn(codec));
            }
            Detected::Line | Detected::Undecided => {
                return Some(self.conn(Codec::Line(Box::default())));
            }
            Detected::Tls => Stranger::Tls,
            Detected::Stranger(stranger) => stranger,
        };
        self.answer(stranger.answer()).await;
        None
    }

    fn conn(self, codec: Codec) -> Box<Conn> {
        let Self { shared, stream, from, inbox, since, .. } = self;
        Box::new(Conn::new(stream, shared, codec, inbox, since, from))
    }

    /// Answers the magic and gives the peer a secret of its own.
    async fn framed(&mut self) -> Option<Codec> {
        let mut token = [0; 32];
        getrandom::fill(&mut token).ok()?;
        self.stream.write_all(&MAGIC).await.ok()?;
        let about = self.shared.about();
        Some(Codec::Framed(Box::new(Framed::new(about, Token(token), self.shared.now))))
    }

    /// Last words, and the end.
    async fn answer(mut self, bytes: &[u8]) {
        let stream = &mut self.stream;
        if stream.write_all(bytes).await.is_ok() && stream.shutdown().await.is_ok() {
            linger(stream).await;
        }
    }

    /// Says goodbye to a person who was greeted and has not said anything yet.
    fn dismiss(&self) {
        let bye = b"* goodbye: the server is shutting down\n";
        let is_plain = matches!(self.stream, Stream::Plain(_));
        if is_plain && self.greeted && self.inbox.is_empty() {
            let told = self.stream.socket().try_write(bye);
            tracing::debug!(?told, "a peer that had said nothing is dismissed");
        }
    }
}

/// An error, to a peer with whom nothing else is spoken of.
fn last_words(detected: Detected, code: ErrorCode, text: &str) -> Vec<u8> {
    if detected != Detected::Framed {
        return format!("! {code}: {text}\n").into_bytes();
    }
    let mut frames = BytesMut::from(&MAGIC[..]);
    let text = text.to_owned();
    Event::Closing(Closing { code, text, come_back_millis: None }).write(0, &mut frames);
    frames.to_vec()
}
