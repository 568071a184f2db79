//! `chat-server backup`

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::bail;

use crate::log::sqlite::backup::backup;

pub(super) fn run(directory: &Path, to: &Path, overwrite: bool) -> anyhow::Result<()> {
    if to.is_dir() {
        bail!("{} is a directory; name a file in it", to.display());
    }
    let bytes = backup(directory, to, overwrite)?;
    let size = super::size(bytes);
    Ok(writeln!(
        io::stdout(),
        "{}: {size}; to restore it, stop the server, move chat.db* and search.db* away and put it there as chat.db; leave tls.pem, by which clients know the server",
        to.display()
    )?)
}
