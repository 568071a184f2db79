//! `chat-server backup`

use std::{
    io::{self, Write},
    path::Path,
};

use crate::log::sqlite::backup::backup;

pub(super) fn run(directory: &Path, to: &Path, overwrite: bool) -> anyhow::Result<()> {
    let bytes = backup(directory, to, overwrite)?;
    let size = super::size(bytes);
    Ok(writeln!(
        io::stdout(),
        "{}: {size}; to restore it, put it into an empty data directory as chat.db",
        to.display()
    )?)
}
