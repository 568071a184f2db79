//! Sockets: binding, accepting, and a peer's first moments until its protocol is known.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::BytesMut;
use chat_proto::Token;
use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{Instant, timeout_at},
};
use tokio_util::task::TaskTracker;

use crate::{
    config::Listen,
    conn::{Conn, Shared, Stream, linger, read_some},
    protocol::{Codec, Detected, Framed, Line, Stranger, detect},
};

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {what}")]
pub struct ListenError {
    address: SocketAddr,
    what: String,
}

/// Connections that the system keeps while they wait to be accepted.
const BACKLOG: i32 = 4096;
/// A peer that stays silent for so long is a person, and is greeted.
const GREET_AFTER: Duration = Duration::from_millis(300);
/// For a peer that has begun to speak frames to say which.
const MAGIC_WITHIN: Duration = Duration::from_secs(10);
/// For a person to write the first line.
const FIRST_LINE_WITHIN: Duration = Duration::from_secs(5 * 60);
/// Pause after the system could not give a socket.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Binds all addresses; default ones that this machine does not have are left out.
///
/// # Errors
/// When an address cannot be had, or none of the defaults.
pub(crate) fn bind(listen: &[Listen]) -> Result<Vec<TcpListener>, ListenError> {
    let (mut listeners, mut missing) = (Vec::new(), None);
    for Listen { address, optional } in listen {
        match bind_one(*address) {
            Ok(listener) => listeners.push(listener),
            Err(error) if *optional && error.kind() != std::io::ErrorKind::AddrInUse => {
                missing = Some(refused(*address, &error));
            }
            Err(error) => return Err(refused(*address, &error)),
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok(listeners),
    }
}

fn bind_one(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        // So that 0.0.0.0 and [::] can both be asked for.
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn refused(address: SocketAddr, error: &std::io::Error) -> ListenError {
    let what = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "the address is in use; stop the other server or choose another with --listen".into()
        }
        std::io::ErrorKind::PermissionDenied => {
            "not permitted; choose a port above 1023 with --listen".into()
        }
        _ => error.to_string(),
    };
    ListenError { address, what }
}

/// Accepts until the task is ended.
pub(crate) async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    permits: Arc<Semaphore>,
    peers: TaskTracker,
) {
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            turn_away(stream);
            continue;
        };
        let shared = Arc::clone(&shared);
        peers.spawn(async move {
            tracing::debug!(%address, "connected");
            welcome(stream, shared, address.ip()).await;
            drop(permit);
        });
    }
}

/// Tells a peer that there is no room, without waiting for it.
fn turn_away(stream: TcpStream) {
    let told = stream.try_write(b"! busy: the server lets no more in now; try again later\n");
    if let Err(error) = told {
        tracing::debug!(%error, "a peer was turned away without a word");
    }
}

/// Says goodbye to a person who has not said anything yet.
fn dismiss(stream: &Stream, inbox: &BytesMut) {
    let socket = stream.socket();
    if inbox.is_empty() && socket.try_write(b"* goodbye: the server is shutting down\n").is_err() {
        tracing::debug!("a peer was dismissed without a word");
    }
}

async fn welcome(stream: TcpStream, shared: Arc<Shared>, _address: IpAddr) {
    let since = Instant::now();
    if let Err(error) = tune(&stream) {
        tracing::debug!(%error, "a socket took no options");
    }
    let mut stream = Stream::Plain(stream);
    let mut inbox = BytesMut::new();
    let first = tokio::select! {
        first = first_words(&mut stream, &mut inbox, since) => first,
        () = shared.drain.begun() => return dismiss(&stream, &inbox),
    };
    let codec = match first {
        Some(Detected::Framed) => match framed(&shared, &mut stream).await {
            Some(codec) => codec,
            None => return,
        },
        Some(Detected::Stranger(stranger)) => {
            return answer_stranger(stranger, &mut stream).await;
        }
        Some(Detected::Line | Detected::Undecided) => Codec::Line(Box::default()),
        None => return,
    };
    let conn = Conn::new(stream, Arc::clone(&shared), codec, inbox, since);
    tokio::select! {
        () = Box::pin(conn.run()) => {}
        () = shared.drain.over() => {}
    }
}

/// Small messages go at once, and a peer that vanished is found: 20 s of silence, then 5 probes every 5 s.
fn tune(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(20))
        .with_interval(Duration::from_secs(5))
        .with_retries(5);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

/// Waits until the first bytes tell the protocol, and greets whoever stays silent. None when the peer is gone.
async fn first_words(
    stream: &mut Stream,
    inbox: &mut BytesMut,
    since: Instant,
) -> Option<Detected> {
    if let Ok(read) = timeout_at(since + GREET_AFTER, read_some(stream, inbox)).await {
        ended(read, inbox)?;
    } else {
        stream.write_all(Line::GREETING.as_bytes()).await.ok()?;
    }
    loop {
        match detect(inbox) {
            Detected::Undecided => {}
            detected => return Some(detected),
        }
        let within = if inbox.is_empty() { FIRST_LINE_WITHIN } else { MAGIC_WITHIN };
        let read = timeout_at(since + within, read_some(stream, inbox)).await.ok()?;
        if ended(read, inbox)? {
            return Some(Detected::Undecided);
        }
    }
}

/// Whether the peer has ended its side; none when nothing came before that.
fn ended(read: std::io::Result<usize>, inbox: &BytesMut) -> Option<bool> {
    match read {
        Ok(0) if inbox.is_empty() => None,
        Ok(read) => Some(read == 0),
        Err(_) => None,
    }
}

/// Answers the magic and gives the peer a secret of its own.
async fn framed(shared: &Shared, stream: &mut Stream) -> Option<Codec> {
    let mut token = [0; 32];
    getrandom::fill(&mut token).ok()?;
    stream.write_all(&chat_proto::version::MAGIC).await.ok()?;
    Some(Codec::Framed(Box::new(Framed::new(Arc::clone(&shared.about), Token(token), shared.now))))
}

async fn answer_stranger(stranger: Stranger, stream: &mut Stream) {
    if stream.write_all(stranger.answer()).await.is_ok() && stream.shutdown().await.is_ok() {
        linger(stream).await;
    }
}
