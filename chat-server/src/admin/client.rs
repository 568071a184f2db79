//! Asking: the server, if one runs on the directory, else the directory.

use std::{
    io::{self, BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::Arc,
};

use chat_proto::Epoch;

use super::{Answer, Desk, Request};
use crate::{
    accounts::{Accounts, Limits},
    clock,
    log::{Log, sqlite},
    rooms::Rooms,
};

/// The socket's name in the data directory.
pub(super) const SOCKET_NAME: &str = "admin.sock";

/// Why nothing could be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("cannot talk to the server at {path}: {source}")]
    Socket { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Data(#[from] sqlite::OpenError),
    #[error("there are no data in {0}; say with --data where the server keeps them")]
    NoData(PathBuf),
    #[error("the system does not let it: {0}")]
    System(#[from] io::Error),
}

/// Asks whoever has the data.
///
/// # Errors
/// When there is nobody to ask.
pub fn ask(directory: &Path, sync: sqlite::Sync, request: Request) -> Result<Answer, AskError> {
    match ask_running(directory, &request)? {
        Some(answer) => Ok(answer),
        None => ask_data(directory, sync, request),
    }
}

/// Asks the server that runs on the directory, if one does.
///
/// # Errors
/// When it cannot be asked.
pub fn ask_running(directory: &Path, request: &Request) -> Result<Option<Answer>, AskError> {
    let path = directory.join(SOCKET_NAME);
    let answer = match UnixStream::connect(&path) {
        Ok(server) => ask_server(server, request).map(Some),
        Err(error) if is_nobody(&error) => Ok(None),
        Err(error) => Err(error),
    };
    answer.map_err(|source| AskError::Socket { path, source })
}

fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

fn ask_server(mut server: UnixStream, request: &Request) -> io::Result<Answer> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    server.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(server).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}

/// Through a log of its own, which nobody listens to.
fn ask_data(directory: &Path, sync: sqlite::Sync, request: Request) -> Result<Answer, AskError> {
    let adds = matches!(request, Request::UserAdd { .. });
    if !adds && !directory.join(sqlite::FILE_NAME).exists() {
        return Err(AskError::NoData(directory.to_owned()));
    }
    let mut epoch = [0; 16];
    getrandom::fill(&mut epoch).map_err(io::Error::other)?;
    let opened = sqlite::open(directory, sync, Epoch(epoch))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (log, writer) = Log::start(opened, Arc::new(Rooms::default()))?;
    let accounts = Accounts::new(Limits::NONE);
    let desk = Desk { log: &log, accounts: &accounts, now: clock::now, by: None, server: None };
    let answer = runtime.block_on(desk.answer(request));
    drop(log);
    writer.join();
    Ok(answer)
}
