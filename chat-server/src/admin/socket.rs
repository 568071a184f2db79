//! The socket: one request a connection, as a line of JSON, answered by another.

use std::{fs, io, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    time::timeout,
};

use super::{Answer, Desk, Request, client::SOCKET_NAME};
use crate::conn::Shared;

/// Bytes of a request.
const REQUEST_BYTES_MAX: u64 = 16 * 1024;
/// For the operator's program to say what it wants.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// Pause after the system could not give a socket.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Binds it anew: whoever holds the directory's lock knows that no other server has it.
pub(crate) fn bind(directory: &Path) -> io::Result<UnixListener> {
    let path = directory.join(SOCKET_NAME);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    // Until here the directory keeps others out.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers until the task is ended.
pub(crate) async fn serve(listener: UnixListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Err(error) = answer(stream, &shared).await {
                    tracing::debug!(%error, "an operator's request was not answered");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "accepting an operator failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn answer(mut stream: UnixStream, shared: &Arc<Shared>) -> io::Result<()> {
    let user = stream.peer_cred()?.uid();
    let own = rustix::process::geteuid().as_raw();
    if user != own && user != 0 {
        tracing::warn!(user, "somebody else's user tried the operator's socket");
        return Ok(());
    }
    let (reader, mut writer) = stream.split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(REQUEST_BYTES_MAX));
    timeout(REQUEST_WITHIN, reader.read_line(&mut line)).await.map_err(io::Error::other)??;
    let answer: Answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) => {
            tracing::info!(%request, "the operator");
            Desk::of(shared, None).answer(request).await
        }
        Err(error) => Err(format!("this server does not understand that: {error}")),
    };
    let mut bytes = serde_json::to_vec(&answer)?;
    bytes.push(b'\n');
    writer.write_all(&bytes).await?;
    writer.shutdown().await
}
