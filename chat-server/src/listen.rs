//! Sockets: binding and accepting.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use crate::{
    admission::{Admission, Admitted},
    config::Listen,
    conn::Shared,
    proxy::{self, Header},
    welcome::{Door, welcome},
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
/// What a peer is told for which there is no room at all,
const FULL: &[u8] = b"! busy: the server lets no more in now; try again later\n";
/// and one whose address has its share already.
const FULL_FROM_THERE: &[u8] =
    b"! busy: the server lets no more in from your address; close another connection first\n";
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
    door: Door,
    shared: Arc<Shared>,
    admission: Arc<Admission>,
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
        match admission.enter(shared.config().connections_max) {
            Some(admitted) => {
                let shared = Arc::clone(&shared);
                peers.spawn(receive(stream, address.ip(), door, shared, admitted));
            }
            None => turn_away(&stream, door, FULL),
        }
    }
}

/// Serves one peer, from wherever it comes.
async fn receive(
    mut stream: TcpStream,
    from: IpAddr,
    door: Door,
    shared: Arc<Shared>,
    mut admitted: Admitted,
) {
    let Some(from) = origin(&mut stream, from, &shared).await else { return };
    tracing::debug!(%from, "connected");
    let max = shared.config().connections_per_address_max;
    if shared.limits_hold_for(from) && !admitted.count_for(from, max) {
        return turn_away(&stream, door, FULL_FROM_THERE);
    }
    welcome(stream, from, door, shared).await;
}

/// Where a peer comes from: what its proxy says, if it comes through one of those that are listed. None if that one
/// does not say it, or the server stops.
async fn origin(stream: &mut TcpStream, from: IpAddr, shared: &Shared) -> Option<IpAddr> {
    if !shared.config().limits.proxies.iter().any(|proxies| proxies.holds(from)) {
        return Some(from);
    }
    let header = tokio::select! {
        header = tokio::time::timeout(shared.login(), proxy::read(stream)) => header,
        () = shared.drain.begun() => return None,
    };
    match header {
        Ok(Ok(Header::For(address))) => Some(address.to_canonical()),
        Ok(Ok(Header::Local)) => Some(from),
        Ok(Err(error)) => {
            tracing::warn!(proxy = %from, %error, "a listed proxy does not say for whom it connects");
            None
        }
        Err(_late) => None,
    }
}

/// Tells a peer that there is no room, without waiting for it. Where there is only TLS, it can be told nothing.
fn turn_away(stream: &TcpStream, door: Door, why: &[u8]) {
    if door == Door::TlsOnly {
        return;
    }
    let told = stream.try_write(why);
    if let Err(error) = told {
        tracing::debug!(%error, "a peer was turned away without a word");
    }
}
