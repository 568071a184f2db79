//! Whether the user wants TLS, and whom they trust.

use std::path::PathBuf;

use chat_proto::Fingerprint;
use clap::ValueEnum;
use etcetera::BaseStrategy;
use serde::Deserialize;

/// How connections are made. It does not change while the program runs: there is no way from TLS into plaintext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    Plain,
    Tls(Trust),
}

/// Whose certificate is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// This one alone.
    pub pin: Option<Fingerprint>,
    pub strangers: Strangers,
    /// The file of servers that were trusted before; none where the system tells no place for it.
    pub known: Option<PathBuf>,
}

/// What to do with a server of which nothing is known and for which no authority vouches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strangers {
    /// Trust it, show its fingerprint, and remember it.
    #[default]
    FirstUse,
    /// Refuse it; servers that are remembered already are still trusted.
    System,
}

impl Security {
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }
}

/// `$XDG_DATA_HOME/chat/known-servers`.
#[must_use]
pub fn known_file() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.data_dir().join("chat/known-servers"))
}
