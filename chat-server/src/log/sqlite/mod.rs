//! A log in one SQLite file: write-ahead log, one writer, a few readers.
//!
//! Journal and store are the same transaction. A room's entries lie side by side under the key `room << 40 | number`, so
//! that a page is one range. Anybody may look into the file with the `sqlite3` shell while the server runs.

mod account;
mod audit;
mod closed;
mod doors;
mod insert;
mod journal;
mod keyed;
mod load;
mod outcome;
mod pace;
mod page;
mod read;
mod row;
mod runs;
mod schema;
mod unread;
mod write;

pub mod archive;
pub mod backup;
pub mod check;

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chat_proto::{Epoch, RoomId, Seq};
use rusqlite::{Connection, ErrorCode};

use super::{Opened, StoreError, search};

/// How sure a commit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sync {
    /// Every group of messages is on the disk before anybody sees it: a power cut takes nothing back.
    #[default]
    Full,
    /// The system writes when it likes: a crash of the server loses nothing, a power cut may take back the last seconds.
    Normal,
}

/// Why a data directory cannot be used. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot use the data directory {path}: {source}; choose another with --data")]
    Directory { path: PathBuf, source: io::Error },
    #[error("another server uses {path}; stop it first, or choose another directory with --data")]
    InUse { path: PathBuf },
    #[error("there is no {path}; say with --data where the server keeps its data")]
    Missing { path: PathBuf },
    #[error(
        "{path} is not a chat database, or its beginning is damaged; restore a backup, or choose another directory with --data"
    )]
    NotADatabase { path: PathBuf },
    #[error(
        "{path} is damaged ({reason}); chat-server check-data says how much: restore a backup, or save what can be read with chat-server export"
    )]
    Damaged { path: PathBuf, reason: String },
    #[error(
        "{path} is empty: no server has kept anything in it; if there was something, restore a backup"
    )]
    Empty { path: PathBuf },
    #[error(
        "{path} was written by an older chat-server (schema {found}, this one needs {known}); start this one on it once"
    )]
    Older { path: PathBuf, found: i64, known: i64 },
    #[error(
        "{path} was written by a newer chat-server (schema {found}, this one knows {known}); use that version"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error(
        "{journal} belongs to another data file, as after a backup was put in its place; move it away first"
    )]
    StrangeJournal { journal: PathBuf },
    #[error("cannot open {path}: {reason}")]
    Failed { path: PathBuf, reason: String },
}

/// The database's name in the data directory.
pub const FILE_NAME: &str = "chat.db";
/// Locked by the server that uses the directory.
const LOCK_NAME: &str = "chat.lock";

/// Opens the log in a data directory, making both where there are none.
///
/// # Errors
/// Says what is wrong with the directory or the file, and what to do.
pub fn open(directory: &Path, sync: Sync, fresh: Epoch) -> Result<Opened, OpenError> {
    let failed = |source| OpenError::Directory { path: directory.to_owned(), source };
    // What people say is for the server to show, not for other users of the machine.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    let lock = lock(directory)?;
    let path = directory.join(FILE_NAME);
    journal::check(&path)?;
    make_private(&path).map_err(failed)?;
    let mut connection = connect(&path)?;
    schema::prepare(&mut connection, &path, sync, fresh)?;
    let state = load::state(&connection).map_err(|error| wrong(&path, &error))?;
    let store = write::Sqlite::new(connection, sync, lock, &state.counters)
        .map_err(|error| wrong(&path, &error))?;
    let index = search::Place { path: directory.join(search::FILE_NAME), epoch: state.epoch };
    // The index is opened later, beside what clients do already.
    take_all_from_others(&index.path);
    let reader = Arc::new(read::SqliteReader::new(path));
    Ok(Opened { store: Box::new(store), reader, state, index: Some(index) })
}

/// Makes the file, for the server's user alone, where there is none, and takes it from others where they have it. SQLite
/// gives the files that it makes beside it the same mode.
pub(in crate::log) fn make_private(path: &Path) -> io::Result<()> {
    File::options().append(true).create(true).mode(0o600).open(path)?;
    take_all_from_others(path);
    Ok(())
}

fn take_all_from_others(path: &Path) {
    WAL_FILES.iter().for_each(|end| take_from_others(&with_end(path, end)));
}

/// How the names of the files end that SQLite keeps a database in that has a write-ahead log.
pub(in crate::log) const WAL_FILES: [&str; 3] = ["", "-wal", "-shm"];

pub(in crate::log) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn take_from_others(path: &Path) {
    let is_open = |found: fs::Metadata| found.permissions().mode() & 0o077 != 0;
    if fs::metadata(path).is_ok_and(is_open)
        && let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(0o600))
    {
        tracing::warn!(%error, path = %path.display(), "others of this machine may read this file");
    }
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK_NAME);
    let failed = |source| OpenError::Directory { path: directory.to_owned(), source };
    let mut options = File::options();
    let options = options.create(true).truncate(false).write(true).mode(0o600);
    let file = options.open(&path).map_err(failed)?;
    take_from_others(&path);
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: directory.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn connect(path: &Path) -> Result<Connection, OpenError> {
    let connection = Connection::open(path).map_err(|error| wrong(path, &error))?;
    connection.busy_timeout(BUSY).map_err(|error| wrong(path, &error))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// How long to wait for somebody who looks into the file.
pub(super) const BUSY: Duration = Duration::from_secs(5);

fn wrong(path: &Path, error: &rusqlite::Error) -> OpenError {
    let (path, reason) = (path.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotADatabase { path },
        // Tables or values that are not those we wrote; a value that does not fit has no code at all.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) | None => {
            OpenError::Damaged { path, reason }
        }
        Some(_) => OpenError::Failed { path, reason },
    }
}

/// Where an entry stands among all entries. Numbers beyond what fits mean the room's end.
fn key(room: RoomId, seq: Seq) -> i64 {
    let (room, seq) = (room.0.min(ROOM_MAX), seq.0.min(SEQ_MAX));
    i64::try_from(room << SEQ_BITS | seq).unwrap_or(i64::MAX)
}

fn split_key(key: i64) -> (RoomId, Seq) {
    let key = key.unsigned_abs();
    (RoomId(key >> SEQ_BITS), Seq(key & SEQ_MAX))
}

const SEQ_BITS: u32 = 40;
/// A million million messages a room.
const SEQ_MAX: u64 = (1 << SEQ_BITS) - 1;
/// Eight million rooms.
const ROOM_MAX: u64 = (1 << (63 - SEQ_BITS)) - 1;

fn store_error(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        // The system failed while writing: what it wrote may yet turn up.
        Some(ErrorCode::SystemIoFailure) => StoreError::Unknown(error.to_string()),
        _ => StoreError::NotWritten(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_has_no_known_corruption_bug() {
        // https://sqlite.org/wal.html, "The WAL-Reset Bug", fixed in 3.51.3.
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }

    #[test]
    fn a_query_is_planned_once() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE t (key INTEGER PRIMARY KEY, value)").unwrap();
        let mut asked = db.prepare("SELECT value FROM t WHERE key > ?1 LIMIT ?2").unwrap();
        for limit in [1, 50, 7] {
            assert!(!asked.exists([limit, limit]).unwrap());
        }
        let planned_again = asked.get_status(rusqlite::StatementStatus::RePrepare);
        assert_eq!(planned_again, 0, "see .cargo/config.toml");
    }

    #[test]
    fn keys_keep_rooms_apart() {
        assert_eq!(split_key(key(RoomId(7), Seq(9))), (RoomId(7), Seq(9)));
        assert!(key(RoomId(7), Seq(u64::MAX)) < key(RoomId(8), Seq(0)));
        assert!(key(RoomId(u64::MAX), Seq(u64::MAX)) > 0);
    }
}
