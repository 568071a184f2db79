//! `chat-server reindex`

use std::{
    io::{self, Write},
    path::Path,
};

use crate::log::{
    Opened,
    search::rebuild,
    sqlite::{self, FILE_NAME, OpenError, Sync},
};
use chat_proto::Epoch;

pub(super) fn run(directory: &Path) -> anyhow::Result<()> {
    let path = directory.join(FILE_NAME);
    if !path.exists() {
        return Err(OpenError::Missing { path }.into());
    }
    let mut epoch = [0; 16];
    getrandom::fill(&mut epoch)?;
    // Held until the end: a server must not write the same index.
    let Opened { mut store, reader, state, index } =
        sqlite::open(directory, Sync::Full, Epoch(epoch))?;
    if let Some(place) = index {
        let entries = rebuild(reader, place, state.heads().collect())?;
        writeln!(io::stdout(), "{}: {entries} entries indexed for search", directory.display())?;
    }
    Ok(store.close()?)
}
