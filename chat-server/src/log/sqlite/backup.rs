//! A copy of the data file while the server writes to it.
//!
//! SQLite's online backup, from one transaction: what is committed meanwhile is not in the copy, and does not make it
//! begin again. It goes in small steps, each brought to the disk before the next, so that the server's own commits
//! never stand behind a heap of unwritten pages.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};

use super::{FILE_NAME, OpenError, archive::Archive, schema, with_end};

/// Why there is no backup. Nothing stands under its name then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{path} exists; choose another name, or overwrite it with --force")]
    Exists { path: PathBuf },
    #[error("{path} is the server's own data file; choose another name")]
    Itself { path: PathBuf },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot copy to {path}: {source}")]
    Copy { path: PathBuf, source: rusqlite::Error },
}

/// Pages of a step: 256 KiB. The server's own commits wait behind one on the disk.
const STEP_PAGES: i32 = 64;
/// A pause is so many times as long as the step before: four fifths of the disk and of a processor stay the server's.
const PAUSE_TIMES: u32 = 4;
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// Copies the log in a data directory to a file; how many bytes it has.
///
/// # Errors
/// Says what is in the way.
pub fn backup(directory: &Path, to: &Path, overwrite: bool) -> Result<u64, BackupError> {
    let source = Archive::open(directory)?;
    refuse(&directory.join(FILE_NAME), to, overwrite)?;
    let written = |source| BackupError::Write { path: to.to_owned(), source };
    let copied = |source| BackupError::Copy { path: to.to_owned(), source };
    let part = Part::create(to, &directory.join(FILE_NAME)).map_err(written)?;
    copy(&source.db, &part).map_err(copied)?;
    finish(&part.path).map_err(copied)?;
    part.become_whole(to).map_err(written)
}

fn refuse(own: &Path, to: &Path, overwrite: bool) -> Result<(), BackupError> {
    let path = to.to_owned();
    match (fs::canonicalize(own), fs::canonicalize(to)) {
        (Ok(own), Ok(to)) if own == to => Err(BackupError::Itself { path }),
        (_, Ok(_)) if !overwrite => Err(BackupError::Exists { path }),
        _ => Ok(()),
    }
}

fn copy(from: &Connection, to: &Part) -> rusqlite::Result<()> {
    let mut copy = Connection::open(&to.path)?;
    copy.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2048",
    )?;
    let transaction = from.unchecked_transaction()?;
    // A transaction sees the file as it was at its first look.
    transaction.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
    let backup = Backup::new(&transaction, &mut copy)?;
    while !matches!(step(&backup, &to.file)?, StepResult::Done) {}
    drop(backup);
    transaction.rollback()
}

fn step(backup: &Backup<'_, '_>, file: &File) -> rusqlite::Result<StepResult> {
    let began = Instant::now();
    let result = backup.step(STEP_PAGES)?;
    // Only for the pace: the whole file is synced, and that checked, at the end.
    drop(file.sync_data());
    thread::sleep((began.elapsed() * PAUSE_TIMES).min(PAUSE_MAX));
    Ok(result)
}

/// Makes one plain file of the copy, whose first server begins a new epoch: it may lack what cursors out there have seen.
fn finish(path: &Path) -> rusqlite::Result<()> {
    let copy = Connection::open(path)?;
    schema::mark_restored(&copy)?;
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
}

/// A file that is not whole yet, under the name of the whole one with `.part` behind; gone if it never becomes whole.
struct Part {
    path: PathBuf,
    /// Locked: whoever copies to the same name waits for another time.
    file: File,
}

impl Part {
    /// As private as what is copied. One that a killed backup left is written over.
    fn create(to: &Path, like: &Path) -> io::Result<Self> {
        let path = with_end(to, ".part");
        let file =
            File::options().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        file.try_lock().map_err(io::Error::from)?;
        file.set_len(0)?;
        file.set_permissions(fs::metadata(like)?.permissions())?;
        Ok(Self { path, file })
    }

    fn become_whole(self, to: &Path) -> io::Result<u64> {
        self.file.sync_all()?;
        fs::rename(&self.path, to)?;
        let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(self.file.metadata()?.len())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            // Most of them do not exist, and after a success none does.
            drop(fs::remove_file(with_end(&self.path, end)));
        }
    }
}
