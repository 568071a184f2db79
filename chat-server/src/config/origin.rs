//! Where the configuration comes from, to read it again while the server runs.

use std::path::PathBuf;

use super::{Config, ConfigError, Options};

/// The options of the command line and the environment, and the file behind them.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub options: Options,
    pub file: Option<PathBuf>,
}

impl Origin {
    /// Reads and checks all of it.
    ///
    /// # Errors
    /// Says what is wrong and how to write it.
    pub fn read(&self) -> Result<Config, ConfigError> {
        let file = self.file.as_deref().map(Options::read).transpose()?;
        let config = self.options.clone().or(file.unwrap_or_default()).decide()?;
        Ok(Config { origin: self.clone(), ..config })
    }
}
