//! The log on stderr, and what goes into it.

use std::{io::IsTerminal, sync::OnceLock};

use tracing_subscriber::{
    EnvFilter, Registry, layer::SubscriberExt, reload::Handle, util::SubscriberInitExt,
};

use crate::config::ConfigError;

/// Of the one log that the process has, once it is started.
static FILTER: OnceLock<Handle<EnvFilter, Registry>> = OnceLock::new();

/// Begins to log.
///
/// # Errors
/// When it is no filter.
pub fn start(filter: &str) -> Result<(), ConfigError> {
    let (filter, handle) = tracing_subscriber::reload::Layer::new(check(filter)?);
    let plain = std::env::var_os("NO_COLOR").is_some() || !std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(!plain)
        // It would say so on stderr, which is what is broken then: where the terminal is gone, that would be a panic.
        .log_internal_errors(false);
    tracing_subscriber::registry().with(filter).with(lines).init();
    drop(FILTER.set(handle));
    Ok(())
}

/// Reads a filter.
///
/// # Errors
/// When it is none.
pub fn check(filter: &str) -> Result<EnvFilter, ConfigError> {
    EnvFilter::try_new(filter)
        .map_err(|error| ConfigError::Log(filter.to_owned(), error.to_string()))
}

/// Logs by another filter from here on, if there is a log.
pub(crate) fn set(filter: &str) {
    let (Some(handle), Ok(filter)) = (FILTER.get(), check(filter)) else { return };
    if let Err(error) = handle.reload(filter) {
        tracing::error!(%error, "the log goes on as before");
    }
}
