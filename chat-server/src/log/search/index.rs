//! The index in its file: words to positions in the log.

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use chat_proto::{RoomId, Seq, message::Content};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::Place;
use crate::{
    core::{Entry, search},
    log::sqlite::{BUSY, WAL_FILES, make_private, with_end},
};

/// The index's name in the data directory.
pub const FILE_NAME: &str = "search.db";
/// Marks the file as ours (`PRAGMA application_id`): "find" in ASCII.
const APPLICATION_ID: i64 = 0x6669_6e64;
/// Grows with every change of the tables or of what is a word; an index of another version is made anew.
const VERSION: i64 = 1;

/// The writing side of the index. Used by one thread.
pub struct Index {
    db: Connection,
}

impl Index {
    /// Opens the index of this log; makes it anew where there is none or it is of no use.
    ///
    /// # Errors
    /// When it cannot be made either.
    pub fn open(place: &Place) -> rusqlite::Result<Self> {
        match Self::open_as_it_is(place) {
            Ok(Some(index)) => return Ok(index),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the search index cannot be used"),
        }
        Self::anew(place)
    }

    /// Makes the index anew, empty.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn anew(place: &Place) -> rusqlite::Result<Self> {
        remove_files(&place.path);
        let mut index = Self { db: connect(&place.path)? };
        let transaction = index.transaction()?;
        transaction.execute_batch(include_str!("schema.sql"))?;
        // The terms of a whole batch go into one segment.
        transaction
            .execute("INSERT INTO said (said, rank) VALUES ('hashsize', ?1)", [HASH_BYTES])?;
        transaction.execute("INSERT INTO meta VALUES ('epoch', ?1)", [place.epoch.0])?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
        Ok(index)
    }

    /// The index, if there is one and it is of this version and log.
    fn open_as_it_is(place: &Place) -> rusqlite::Result<Option<Self>> {
        if !place.path.exists() {
            return Ok(None);
        }
        let db = connect(&place.path)?;
        let number =
            |pragma| db.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
        if (number("application_id")?, number("user_version")?) != (APPLICATION_ID, VERSION) {
            return Ok(None);
        }
        let epoch: [u8; 16] =
            db.query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| row.get(0))?;
        Ok((epoch == place.epoch.0).then_some(Self { db }))
    }

    /// Up to which number each room is indexed.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn seqs(&self) -> rusqlite::Result<HashMap<RoomId, Seq>> {
        let mut rooms = self.db.prepare_cached("SELECT room, seq FROM rooms")?;
        let pairs =
            rooms.query_map([], |row| Ok((RoomId(number(row, 0)?), Seq(number(row, 1)?))))?;
        pairs.collect()
    }

    /// Where the newest indexed entry stands.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn newest(&self) -> rusqlite::Result<Option<(u64, RoomId, Seq)>> {
        let mut newest = self
            .db
            .prepare_cached("SELECT pos, room, seq FROM places ORDER BY pos DESC LIMIT 1")?;
        let place = |row: &rusqlite::Row<'_>| {
            Ok((number(row, 0)?, RoomId(number(row, 1)?), Seq(number(row, 2)?)))
        };
        newest.query_row([], place).optional()
    }

    /// Adds entries, and says up to which numbers their rooms are indexed now; all of it or nothing.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(
        &mut self,
        entries: &[Arc<Entry>],
        seqs: &HashMap<RoomId, Seq>,
    ) -> rusqlite::Result<()> {
        let transaction = self.transaction()?;
        for entry in entries {
            put(&transaction, entry)?;
        }
        for (room, seq) in seqs {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO rooms VALUES (?1, ?2)")?
                .execute(params![signed(room.0), signed(seq.0)])?;
        }
        transaction.commit()
    }

    /// Takes an entry out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remove(&mut self, pos: u64) -> rusqlite::Result<()> {
        let transaction = self.transaction()?;
        take_out(&transaction, pos)?;
        transaction.commit()
    }

    /// Takes entries out, as far as they are in, and notes that their words are to go from the file too.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remove_all(&mut self, positions: &[u64]) -> rusqlite::Result<()> {
        let transaction = self.transaction()?;
        for pos in positions {
            erase(&transaction, *pos)?;
        }
        transaction.commit()
    }

    /// Puts an entry in the place of what was indexed under its position.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn replace(&mut self, entry: &Entry) -> rusqlite::Result<()> {
        let transaction = self.transaction()?;
        put(&transaction, entry)?;
        transaction.commit()
    }

    /// Whether words of deleted messages may still be in the file, though nothing is found by them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn has_remains(&self) -> rusqlite::Result<bool> {
        self.db.prepare_cached("SELECT 1 FROM meta WHERE name = 'remains'")?.exists([])
    }

    /// Does some of the work of writing the index without these words; whether all is done. FTS5 keeps the words of what
    /// is taken out until it writes the rest of their segment anew.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clear_some(&mut self) -> rusqlite::Result<bool> {
        let transaction = self.transaction()?;
        let changes = |db: &Transaction<'_>| {
            db.query_row("SELECT total_changes()", [], |row| row.get::<_, i64>(0))
        };
        let before = changes(&transaction)?;
        transaction
            .execute("INSERT INTO said (said, rank) VALUES ('merge', ?1)", [-CLEAR_PAGES])?;
        // By the manual of FTS5: a merge that has nothing to do makes less than two changes.
        let done = changes(&transaction)? - before < 2;
        if done {
            transaction.execute("DELETE FROM meta WHERE name = 'remains'", [])?;
        }
        transaction.commit()?;
        Ok(done)
    }

    fn transaction(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.db.transaction_with_behavior(TransactionBehavior::Immediate)
    }
}

/// What stands for a room among the words.
pub(super) fn room_word(room: RoomId) -> String {
    format!("#{room}")
}

/// What stands for a folded nick among the words.
pub(super) fn nick_word(folded: &str) -> String {
    format!("@{folded}")
}

fn put(db: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<()> {
    if let Content::Erased { .. } = entry.content {
        return erase(db, entry.pos);
    }
    let Some(text) = search::text(&entry.content) else { return Ok(()) };
    if !place(db, entry)? {
        take_out(db, entry.pos)?;
        place(db, entry)?;
    }
    let nick = nick_word(&chat_proto::name::fold(entry.nick.as_str()));
    let words = format!("{}{nick} {}", search::words(text), room_word(entry.room));
    db.prepare_cached("INSERT INTO said (rowid, words) VALUES (?1, ?2)")?
        .execute(params![signed(entry.pos), words])?;
    Ok(())
}

/// Notes where an entry stands; false where its position is taken.
fn place(db: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<bool> {
    let Entry { pos, room, seq, at, .. } = *entry;
    let noted = db
        .prepare_cached("INSERT OR IGNORE INTO places VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![signed(pos), signed(room.0), signed(seq.0), at.0])?;
    Ok(noted > 0)
}

/// Takes out what was deleted, and notes that its words are to go from the file too.
fn erase(db: &Transaction<'_>, pos: u64) -> rusqlite::Result<()> {
    if take_out(db, pos)? {
        db.execute("INSERT OR REPLACE INTO meta VALUES ('remains', 1)", [])?;
    }
    Ok(())
}

/// Whether it was in.
fn take_out(db: &Transaction<'_>, pos: u64) -> rusqlite::Result<bool> {
    db.prepare_cached("DELETE FROM said WHERE rowid = ?1")?.execute([signed(pos)])?;
    let gone = db.prepare_cached("DELETE FROM places WHERE pos = ?1")?.execute([signed(pos)])?;
    Ok(gone > 0)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Words of private conversations stand in it. What is in the way is told by SQLite.
    drop(make_private(path));
    let db = Connection::open(path)?;
    db.busy_timeout(BUSY)?;
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    // A power cut may take the last batches back, whole; they are indexed again.
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    db.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
    db.pragma_update(None, "cache_size", -CACHE_KIB)?;
    db.pragma_update(None, "secure_delete", true)?;
    Ok(db)
}

/// Memory for pages, in KiB.
const CACHE_KIB: i64 = 4 * 1024;
/// Pages written anew at a time, to be rid of the words of deleted messages.
const CLEAR_PAGES: i64 = 256;
/// Memory for the terms of a batch.
const HASH_BYTES: i64 = 4 * 1024 * 1024;
/// Pages in the write-ahead log before they are written back, and bytes that it keeps.
const WAL_PAGES: i64 = 4096;
const WAL_BYTES_KEPT: i64 = 32 * 1024 * 1024;

fn remove_files(path: &Path) {
    for path in WAL_FILES.map(|end| with_end(path, end)) {
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %path.display(), "cannot remove the old search index");
        }
    }
}

pub(super) fn number(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// SQLite's integers are signed; our numbers never come near the difference.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
