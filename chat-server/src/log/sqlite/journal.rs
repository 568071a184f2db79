//! The write-ahead log that lies beside the data file. SQLite plays it into whatever file it finds under the name, so
//! one that was left by another file would ruin a backup that is put in its place.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use super::{OpenError, with_end};

/// Refuses a file that never had a write-ahead log, as a finished backup, beside one.
pub(super) fn check(path: &Path) -> Result<(), OpenError> {
    let journal = with_end(path, "-wal");
    let left = fs::metadata(&journal).is_ok_and(|found| found.len() > 0);
    // What cannot be read is told by whoever opens it.
    if left && is_plain(path).unwrap_or(false) {
        return Err(OpenError::StrangeJournal { journal });
    }
    Ok(())
}

/// Whether the file's header says that it is not in WAL mode (<https://sqlite.org/fileformat.html>, 1.3.3).
fn is_plain(path: &Path) -> io::Result<bool> {
    let mut header = [0; 20];
    File::open(path)?.read_exact(&mut header)?;
    Ok(header[WRITE_VERSION] == PLAIN)
}

/// Where the header keeps the file format's write version, and what stands there for a rollback journal.
const WRITE_VERSION: usize = 18;
const PLAIN: u8 = 1;
