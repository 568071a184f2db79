//! The configuration, read again while the server runs: all of it is checked before any of it holds.

use std::sync::Arc;

use crate::{
    config::{Changed, Config, ConfigError},
    conn::Shared,
    logging,
};

/// Reads the configuration and the certificate again. What came of the former goes to the log, and is given in lines.
pub(crate) async fn reload(shared: &Arc<Shared>) -> Vec<String> {
    shared.tls.renew();
    let origin = shared.config().origin.clone();
    let read = tokio::task::spawn_blocking(move || origin.read().and_then(checked)).await;
    match read {
        Ok(Ok(config)) => take_up(shared, config),
        Ok(Err(error)) => vec![refuse(&error.to_string())],
        Err(panicked) => vec![refuse(&panicked.to_string())],
    }
}

fn checked(config: Config) -> Result<Config, ConfigError> {
    logging::check(&config.log)?;
    Ok(config)
}

fn refuse(error: &str) -> String {
    let line = format!("nothing is changed: {error}; correct it, then reload again");
    tracing::error!("configuration: {line}");
    line
}

fn take_up(shared: &Shared, config: Config) -> Vec<String> {
    let before = shared.config();
    let changes = before.changes(&config);
    let config = before.taking_up(config);
    logging::set(&config.log);
    shared.configure(config);
    if changes.is_empty() {
        let line = match &before.origin.file {
            Some(file) => format!("nothing has changed in {}", file.display()),
            None => "there is no file to read; start the server with --config FILE".to_owned(),
        };
        tracing::info!("configuration: {line}");
        return vec![line];
    }
    changes.iter().map(report).collect()
}

fn report(change: &Changed) -> String {
    if change.needs_restart() {
        tracing::warn!("configuration: {change}");
    } else {
        tracing::info!("configuration: {change}");
    }
    change.to_string()
}
