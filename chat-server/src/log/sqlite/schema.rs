//! The tables, and how they come to be.

use std::path::Path;

use chat_proto::Epoch;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{OpenError, Sync, wrong};

/// "chat" in ASCII: marks the file as ours (`PRAGMA application_id`).
const APPLICATION_ID: i64 = 0x6368_6174;
/// The version of the tables (`PRAGMA user_version`).
const SCHEMA_VERSION: i64 = 8;

/// Migrations; number `n` takes the schema from version `n` to `n + 1`.
const MIGRATIONS: [&str; 8] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
];

/// Makes or checks the tables, and begins or renews the epoch.
pub(super) fn prepare(
    db: &mut Connection,
    path: &Path,
    sync: Sync,
    fresh: Epoch,
) -> Result<(), OpenError> {
    check(db, path)?;
    pragmas(db, sync)
        .and_then(|()| migrate(db, &MIGRATIONS))
        .and_then(|()| begin(db, sync, fresh))
        .map_err(|error| wrong(path, &error))
}

/// Whether it is ours, and not of a newer program.
pub(super) fn check(db: &Connection, path: &Path) -> Result<(), OpenError> {
    let number = |pragma| db.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    let found =
        || Ok((number("application_id")?, number("user_version")?, number("schema_version")?));
    let (application, version, changes) = found().map_err(|error| wrong(path, &error))?;
    let path = path.to_owned();
    match (application, version) {
        (APPLICATION_ID, 0..=SCHEMA_VERSION) => Ok(()),
        (APPLICATION_ID, found) => Err(OpenError::Newer { path, found, known: SCHEMA_VERSION }),
        (0, 0) if changes == 0 => Ok(()),
        _ => Err(OpenError::NotADatabase { path }),
    }
}

/// Whether its tables are those that this program reads.
pub(super) fn check_current(db: &Connection, path: &Path) -> Result<(), OpenError> {
    match db.query_row("PRAGMA user_version", [], |row| row.get(0)) {
        Ok(SCHEMA_VERSION) => Ok(()),
        Ok(0) => Err(OpenError::Empty { path: path.to_owned() }),
        Ok(found) => Err(OpenError::Older { path: path.to_owned(), found, known: SCHEMA_VERSION }),
        Err(error) => Err(wrong(path, &error)),
    }
}

/// Makes the next server that opens the file begin a new epoch.
pub(super) fn mark_restored(db: &Connection) -> rusqlite::Result<()> {
    set_meta(db, "unsure", true)
}

fn pragmas(db: &Connection, sync: Sync) -> rusqlite::Result<()> {
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    debug_assert_eq!(mode, "wal");
    db.pragma_update(None, "synchronous", synchronous(sync))?;
    // What is deleted is to be gone from the file, not only from the tables.
    db.pragma_update(None, "secure_delete", true)?;
    db.pragma_update(None, "cache_size", -CACHE_KIB)?;
    db.pragma_update(None, "wal_autocheckpoint", wal_pages(sync))?;
    db.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)
}

/// What `PRAGMA synchronous` a commit needs.
pub(super) const fn synchronous(sync: Sync) -> &'static str {
    match sync {
        Sync::Full => "FULL",
        Sync::Normal => "NORMAL",
    }
}

/// Memory for pages, in KiB.
const CACHE_KIB: i64 = 4 * 1024;
/// Pages of the write-ahead log after which they are written back: 32 MiB where every commit is on the disk. Many commits
/// share most of their pages, and the more of them are written back together, the less there is to write. Where only
/// that brings them to the disk it comes eight times as often.
const fn wal_pages(sync: Sync) -> i64 {
    match sync {
        Sync::Full => 8 * 1024,
        Sync::Normal => 1024,
    }
}

/// Bytes that the write-ahead log keeps after it was written back.
const WAL_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// All of them or none.
fn migrate(db: &mut Connection, migrations: &[&str]) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if (1..SCHEMA_VERSION).contains(&version) {
        let to = SCHEMA_VERSION;
        tracing::info!(from = version, to, "bringing the data file up to date; clients wait");
    }
    for migration in migrations.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()
}

/// Begins a run: under `normal` a log that was not closed in good order may have lost its last entries, so that cursors
/// into it mean nothing any more.
fn begin(db: &mut Connection, sync: Sync, fresh: Epoch) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let epoch: Option<Vec<u8>> = meta(&transaction, "epoch")?;
    let unsure: Option<bool> = meta(&transaction, "unsure")?;
    if epoch.is_none() || unsure == Some(true) {
        set_meta(&transaction, "epoch", fresh.0)?;
    }
    set_meta(&transaction, "unsure", sync == Sync::Normal)?;
    transaction.commit()
}

/// Reads a single value.
pub(super) fn meta<T: rusqlite::types::FromSql>(
    db: &Connection,
    name: &str,
) -> rusqlite::Result<Option<T>> {
    db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// Writes a single value.
pub(super) fn set_meta(
    db: &Connection,
    name: &str,
    value: impl rusqlite::ToSql,
) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_migration_that_fails_leaves_the_file_as_it_was() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut db = Connection::open(file.path()).unwrap();
        migrate(&mut db, &MIGRATIONS).unwrap();
        db.execute_batch("INSERT INTO meta VALUES ('epoch', 7)").unwrap();
        let before = fs::read(file.path()).unwrap();
        let mut later = MIGRATIONS.to_vec();
        later.push("CREATE TABLE more (a); DELETE FROM meta");
        later.push("CREATE TABLE another (a); INSERT INTO nowhere VALUES (1)");
        let error = migrate(&mut db, &later).unwrap_err();
        assert!(error.to_string().contains("nowhere"), "{error}");
        drop(db);
        assert!(fs::read(file.path()).unwrap() == before);
        let mut db = Connection::open(file.path()).unwrap();
        later.pop();
        migrate(&mut db, &later).unwrap();
        assert_eq!(meta::<i64>(&db, "epoch").unwrap(), None);
    }

    #[test]
    fn ids_outlive_their_new_order() {
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch(&MIGRATIONS[..7].concat()).unwrap();
        db.pragma_update(None, "user_version", 7).unwrap();
        let insert = "INSERT INTO ids (week, member, id, key) VALUES (8, 1, x'02', 5), (8, 2, x'01', 6), (7, 1, x'03', 4)";
        db.execute_batch(insert).unwrap();
        migrate(&mut db, &MIGRATIONS).unwrap();
        let mut all = db.prepare("SELECT week, hex(id), member, key FROM ids").unwrap();
        let row = |row: &rusqlite::Row<'_>| <(i64, String, i64, i64)>::try_from(row);
        let found: Vec<_> = all.query_map([], row).unwrap().map(Result::unwrap).collect();
        let row = |week, id: &str, member, key| (week, id.to_owned(), member, key);
        assert_eq!(found, [row(7, "03", 1, 4), row(8, "01", 2, 6), row(8, "02", 1, 5)]);
    }
}
