//! The commands that look after the data: whether they are whole, a copy of them, out of them and into them.

mod backup;
mod check_data;
mod export;
mod import;
mod record;
mod reindex;

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use crate::config::Storage;
use anyhow::bail;
use chat_proto::{MemberId, RoomName};
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read all that is kept and tell whether it is whole; exits with 0 if it is
    ///
    /// Works beside a running server as well as without one, and changes nothing.
    CheckData {
        #[command(flatten)]
        at: At,
    },
    /// Copy the data to a file, also while the server runs
    ///
    /// To restore it, stop the server, move chat.db* and search.db* away from the data directory, and put the copy there
    /// as chat.db. Leave tls.pem: clients know the server again by it.
    Backup {
        /// The copy; written under another name until it is whole
        file: PathBuf,
        /// Replace the file if it exists
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        at: At,
    },
    /// Write what was said to stdout, also while the server runs
    Export {
        /// Only this room
        room: Option<RoomName>,
        /// Lines that import reads again, or lines for people and grep
        #[arg(long, value_enum, default_value = "jsonl")]
        format: export::Format,
        /// Private rooms and private conversations too
        #[arg(long)]
        private: bool,
        #[command(flatten)]
        at: At,
    },
    /// Read what export wrote (as jsonl); the server must be stopped
    ///
    /// Every entry gets its room's next number, so that numbers stay as they were where the room is empty. A file is
    /// read through first, and nothing is imported if one of its lines is wrong. Private conversations are left out:
    /// nobody here could read them.
    Import {
        /// The file; - for stdin, which is imported as it comes
        file: PathBuf,
        #[command(flatten)]
        at: At,
    },
    /// Make the index for searching anew; the server must be stopped
    ///
    /// A server does so by itself when the index is missing, damaged or of another log; until it has caught up, its
    /// searches say from when on messages may be missing.
    Reindex {
        #[command(flatten)]
        at: At,
    },
}

/// Where the data are.
#[derive(Debug, Args)]
pub struct At {
    /// Directory of the data; by default that of the server
    #[arg(long = "data", id = "data_of_command", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
}

impl Command {
    /// The directory, where the command names one.
    #[must_use]
    pub const fn directory(&self) -> Option<&PathBuf> {
        let (Self::CheckData { at }
        | Self::Backup { at, .. }
        | Self::Export { at, .. }
        | Self::Import { at, .. }
        | Self::Reindex { at }) = self;
        at.directory.as_ref()
    }

    /// # Errors
    /// Says what stands in the way.
    pub fn run(self, storage: &Storage) -> anyhow::Result<()> {
        let Storage::Directory { path, .. } = storage else {
            bail!("with --ephemeral nothing is kept; say where the data are with --data");
        };
        self.run_in(path)
    }

    fn run_in(self, directory: &Path) -> anyhow::Result<()> {
        step_back();
        match self {
            Self::CheckData { .. } => check_data::run(directory),
            Self::Backup { file, force, .. } => backup::run(directory, &file, force),
            Self::Export { room, format, private, .. } => {
                export::run(directory, &export::Wanted { room, format, private })
            }
            Self::Import { file, .. } => import::run(directory, &file),
            Self::Reindex { .. } => reindex::run(directory),
        }
    }
}

/// Writes what a member has written to stdout, as `export` does.
///
/// # Errors
/// Says what stands in the way.
pub fn export_member(directory: &Path, member: MemberId) -> anyhow::Result<()> {
    step_back();
    export::of_member(directory, member)
}

/// Imports into a log that is thrown away; tells how many entries there were.
///
/// # Errors
/// Names the line that is wrong.
pub fn try_import(from: impl Read) -> anyhow::Result<u64> {
    import::in_vain(from)
}

/// Lets a server on this machine go first.
fn step_back() {
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "cannot lower the priority");
    }
}

/// The lowest priority.
const NICE: i32 = 19;

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}
