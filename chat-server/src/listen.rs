//! Sockets: binding and accepting.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use socket2::{Domain, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::task::TaskTracker;

use crate::{
    config::Listen,
    conn::Shared,
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
            turn_away(&stream, door);
            continue;
        };
        let shared = Arc::clone(&shared);
        peers.spawn(async move {
            tracing::debug!(%address, "connected");
            welcome(stream, door, shared).await;
            drop(permit);
        });
    }
}

/// Tells a peer that there is no room, without waiting for it.
fn turn_away(stream: &TcpStream, door: Door) {
    if door == Door::TlsOnly {
        return;
    }
    let told = stream.try_write(b"! busy: the server lets no more in now; try again later\n");
    if let Err(error) = told {
        tracing::debug!(%error, "a peer was turned away without a word");
    }
}
