//! The log on stderr, and what goes into it.

use std::{io::IsTerminal, sync::OnceLock};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    EnvFilter, Registry, layer::SubscriberExt, reload::Handle, util::SubscriberInitExt,
};

use crate::config::ConfigError;

/// Of the one log that the process has, once it is started.
static FILTER: OnceLock<Handle<EnvFilter, Registry>> = OnceLock::new();

/// All that the server logs itself has a target that begins so.
const OURS: &str = "chat_server";

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
    let wrong = |why: String| ConfigError::Log(filter.to_owned(), why);
    if let Some(word) = filter.split(',').find(|directive| means_nothing(directive)) {
        return Err(wrong(format!(
            "{word} is no level: these are off, error, warn, info, debug and trace"
        )));
    }
    EnvFilter::try_new(filter).map_err(|error| wrong(error.to_string()))
}

/// Whether it is a word that is neither a level nor known to log: it would silence all else.
fn means_nothing(directive: &str) -> bool {
    let is_bare = !directive.contains(['=', '[']);
    let logs = directive.contains("::") || directive.starts_with(OURS);
    is_bare && !logs && directive.parse::<LevelFilter>().is_err()
}

/// Logs by another filter from here on, if there is a log.
pub(crate) fn set(filter: &str) {
    let (Some(handle), Ok(filter)) = (FILTER.get(), check(filter)) else { return };
    if let Err(error) = handle.reload(filter) {
        tracing::error!(%error, "the log goes on as before");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_what_logs_are_filters() {
        for filter in [
            "",
            "off",
            "error",
            "WARN",
            "3",
            "chat_server",
            "chat_server::conn",
            "rustls::client",
            "chat_server::conn=debug",
            "warn,chat_server=debug",
            "rustls=off,info",
            "info,[accept]",
        ] {
            assert!(check(filter).is_ok(), "{filter}");
        }
    }

    #[test]
    fn any_other_word_is_refused_and_the_levels_are_named() {
        for (filter, word) in [
            ("warning", "warning"),
            ("none", "none"),
            ("9", "9"),
            ("chat", "chat"),
            ("chat_server=debug,verbose", "verbose"),
            ("info, warn", " warn"),
        ] {
            let told = check(filter).err().map(|error| error.to_string()).unwrap_or_default();
            let levels = "off, error, warn, info, debug and trace";
            let expected = format!(
                "log: {filter} is no filter ({word} is no level: these are {levels}); write info, or chat_server=debug"
            );
            assert_eq!(told, expected);
        }
        assert!(check("chat_server=warning").is_err(), "behind a name as well");
    }
}
