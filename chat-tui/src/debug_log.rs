//! The log of `--debug`: a file that only the user can read, as it may hold what people say.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    sync::Mutex,
};

use etcetera::BaseStrategy;
use tracing_subscriber::EnvFilter;

/// Begins to log.
///
/// # Errors
/// When the file cannot be written.
pub fn start() -> io::Result<()> {
    let path = path().ok_or_else(|| io::Error::other("there is no home directory to log in"))?;
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("chat_tui=debug"));
    let log = tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .with_env_filter(filter);
    log.try_init().map_err(io::Error::other)
}

fn path() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir()?.join("chat/tui.log"))
}
