//! Reading pages, on connections of its own.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use chat_proto::{MemberId, RoomId, Seq, Time, message::Anchor};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, ffi, params};

use super::{
    BUSY, SEQ_MAX, audit, key, outcome, page, row, row::signed, split_key, store_error, unread,
};
use crate::{
    core::Entry,
    log::{
        Outline, PageSlice, Read, Reader, Slice, StoreError, Tally, Unread, Weighed,
        store::ENTRY_OVERHEAD_BYTES, weight,
    },
};

pub(super) struct SqliteReader {
    path: PathBuf,
    /// Connections that nobody uses now.
    idle: Mutex<Vec<Connection>>,
}

impl SqliteReader {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default() }
    }

    fn connection(&self) -> rusqlite::Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => connect(&self.path),
        }
    }

    fn with<T>(
        &self,
        look: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection().map_err(|error| store_error(&error))?;
        let seen = look(&mut connection)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(seen)
    }
}

pub(super) fn connect(path: &std::path::Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "cache_size", -2048)?;
    Ok(connection)
}

impl Reader for SqliteReader {
    fn read(&self, room: RoomId, read: Read) -> Result<Slice, StoreError> {
        self.with(|connection| slice(connection, room, read))
    }

    fn page(&self, room: RoomId, read: Read, viewer: MemberId) -> Result<PageSlice, StoreError> {
        self.with(|connection| page::page(connection, room, read, viewer))
    }

    fn audit(&self, room: RoomId, before: Option<Seq>, limit: usize) -> Result<Slice, StoreError> {
        self.with(|connection| audit::read(connection, room, before, limit))
    }

    fn unread(&self, room: RoomId, asked: &Unread) -> Result<Tally, StoreError> {
        self.with(|connection| {
            unread::count(connection, room, asked).map_err(|error| store_error(&error))
        })
    }

    fn oldest(&self, from: RoomId) -> Result<Option<(RoomId, Time)>, StoreError> {
        self.with(|connection| oldest(connection, from).map_err(|error| store_error(&error)))
    }

    fn weigh(&self, room: RoomId, after: Seq, limit: u64) -> Result<Weighed, StoreError> {
        self.with(|connection| {
            weigh(connection, room, after, limit).map_err(|error| store_error(&error))
        })
    }

    fn first(&self, room: RoomId, limit: usize) -> Result<Vec<Outline>, StoreError> {
        self.with(|connection| first(connection, room, limit).map_err(|error| store_error(&error)))
    }
}

fn oldest(db: &Connection, from: RoomId) -> rusqlite::Result<Option<(RoomId, Time)>> {
    let sql = "SELECT key, at FROM entries WHERE key >= ?1 \
               UNION ALL SELECT key, at FROM changes WHERE key >= ?1 ORDER BY key LIMIT 1";
    let mut oldest = db.prepare_cached(sql)?;
    let found = oldest
        .query_row([key(from, Seq(0))], |row| Ok((split_key(row.get(0)?).0, Time(row.get(1)?))));
    found.optional()
}

/// What a row takes, as [`weight`] says, from the lengths alone: the texts are not read.
const WEIGHT: &str =
    "?4 + octet_length(nick) + coalesce(octet_length(text), 0) + coalesce(octet_length(body), 0)";

/// These columns of the first entries between two keys, so many of them at most.
fn from_both(columns: &str) -> String {
    let range = "WHERE key BETWEEN ?1 AND ?2";
    format!(
        "SELECT {columns} FROM entries {range} UNION ALL SELECT {columns} FROM changes {range} \
         ORDER BY key LIMIT ?3"
    )
}

fn weigh(db: &Connection, room: RoomId, after: Seq, limit: u64) -> rusqlite::Result<Weighed> {
    let rows = from_both("key, nick, kind, text, body");
    let sql = format!("SELECT max(key), sum({WEIGHT}), max(kind IN (4, 5)) FROM ({rows})");
    let (low, high) = (key(room, after.next()), key(room, Seq(SEQ_MAX)));
    db.prepare_cached(&sql)?.query_row(params![low, high, signed(limit), OVERHEAD], |row| {
        let (last, bytes): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
        let last = last.map_or(after, |key| split_key(key).1);
        let (bytes, reworded) = (bytes.unwrap_or(0).unsigned_abs(), row.get::<_, Option<bool>>(2)?);
        Ok(Weighed { last, bytes, reworded: reworded.unwrap_or(false) })
    })
}

fn first(db: &Connection, room: RoomId, limit: usize) -> rusqlite::Result<Vec<Outline>> {
    let mut first = db.prepare_cached(&from_both(&format!("key, pos, at, {WEIGHT}")))?;
    let (low, high) = (key(room, Seq(0)), key(room, Seq(SEQ_MAX)));
    // What is of another type than it was written with is damage, and stops nothing.
    let outline = |row: &Row<'_>| {
        let number = |column| row.get::<_, i64>(column).unwrap_or_default();
        let (pos, bytes) = (number(1).unsigned_abs(), number(3).unsigned_abs());
        Ok(Outline { seq: split_key(row.get(0)?).1, pos, at: Time(number(2)), bytes })
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    first.query_map(params![low, high, limit, OVERHEAD], outline)?.collect()
}

/// Of each entry, in bytes.
const OVERHEAD: i64 = ENTRY_OVERHEAD_BYTES as i64;

fn slice(db: &mut Connection, room: RoomId, read: Read) -> Result<Slice, StoreError> {
    // One transaction: the page and the head belong together.
    let failed = |error| store_error(&error);
    let transaction = db.transaction().map_err(failed)?;
    let span = span(&transaction, room).map_err(failed)?;
    let head = span.head;
    let (low, high) = bounds(&transaction, room, read.from, span).map_err(failed)?;
    let backwards = read.is_backwards();
    let keys = (key(room, low), key(room, high));
    let (mut entries, more) = rows(&transaction, keys, backwards, read)?;
    if backwards {
        entries.reverse();
    }
    let count = entries.len() as u64;
    let covered = match more {
        false => (low, high),
        true if backwards => (Seq(high.0 + 1 - count), high),
        true => (low, Seq(low.0 + count - 1)),
    };
    check_dense(&entries, covered).map_err(|seq| StoreError::Damaged { room, seq })?;
    Ok(Slice { entries, more, head })
}

/// The room's last number. Found from behind and confirmed from before: where damage misleads one of the two, they differ.
pub(super) fn head(db: &Connection, room: RoomId) -> rusqlite::Result<Seq> {
    let end = key(room, Seq(SEQ_MAX));
    let last: Option<i64> =
        db.prepare_cached(LAST)?.query_row([key(room, Seq(0)), end], |row| row.get(0))?;
    let (through, known) = begins(db, room)?;
    let head = last.map_or(through, |key| split_key(key).1);
    if head < known {
        return Err(corrupt(format!("room {room} has lost its end")));
    }
    if db.prepare_cached(BEYOND)?.exists([key(room, head.next()), end])? {
        return Err(corrupt(format!("room {room} goes on behind its end")));
    }
    Ok(head)
}

const LAST: &str = "SELECT nullif(max(\
    coalesce((SELECT key FROM entries WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1), -1), \
    coalesce((SELECT key FROM changes WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1), -1)), -1)";
const BEYOND: &str = "SELECT 1 WHERE EXISTS (SELECT 1 FROM entries WHERE key BETWEEN ?1 AND ?2) \
    OR EXISTS (SELECT 1 FROM changes WHERE key BETWEEN ?1 AND ?2)";

/// Up to which number the room's entries are kept no longer, and what its last number was then; zeros for most rooms.
pub(super) fn begins(db: &Connection, room: RoomId) -> rusqlite::Result<(Seq, Seq)> {
    let mut begins = db.prepare_cached("SELECT through, head FROM beginnings WHERE room = ?1")?;
    let seq =
        |row: &Row<'_>, column| row.get::<_, i64>(column).map(|number| Seq(number.unsigned_abs()));
    let found = begins.query_row([signed(room.0)], |row| Ok((seq(row, 0)?, seq(row, 1)?)));
    Ok(found.optional()?.unwrap_or_default())
}

/// The first and the last number that a room has.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) first: Seq,
    pub(super) head: Seq,
}

pub(super) fn span(db: &Connection, room: RoomId) -> rusqlite::Result<Span> {
    Ok(Span { first: begins(db, room)?.0.next(), head: head(db, room)? })
}

/// Damage that SQLite itself does not see.
pub(super) fn corrupt(what: String) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(what))
}

/// The first and the last number of what an anchor means.
pub(super) fn bounds(
    db: &Connection,
    room: RoomId,
    from: Anchor,
    span: Span,
) -> rusqlite::Result<(Seq, Seq)> {
    let Span { first, head } = span;
    Ok(match from {
        Anchor::Latest => (first, head),
        Anchor::Before(seq) => (first, head.min(Seq(seq.0.saturating_sub(1)))),
        Anchor::After(seq) => (first.max(seq.next()), head),
        Anchor::Since(time) => (since(db, room, time, span)?, head),
    })
}

/// Numbers have no holes, so neither has what is read: damage to the tree by which rows are found can make some of them
/// vanish. The error is the first number that is missing.
fn check_dense(entries: &[Arc<Entry>], (first, last): (Seq, Seq)) -> Result<(), Seq> {
    let mut next = first;
    for entry in entries {
        if entry.seq != next {
            return Err(next);
        }
        next = next.next();
    }
    if next > last { Ok(()) } else { Err(next) }
}

/// The first number of that time or later. Times grow with the numbers, but for jumps of the clock.
fn since(db: &Connection, room: RoomId, time: Time, span: Span) -> rusqlite::Result<Seq> {
    let sql = "SELECT at FROM entries WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT 1";
    let (mut at, end) = (db.prepare_cached(sql)?, key(room, span.head));
    let (mut low, mut high) = (span.first.0, span.head.0 + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<i64> =
            at.query_row([key(room, Seq(middle)), end], |row| row.get(0)).optional()?;
        if found.is_some_and(|found| found < time.0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(Seq(low))
}

type Rows = (Vec<Arc<Entry>>, bool);

/// As many entries as the limits allow, and whether there would be more.
fn rows(
    db: &Connection,
    (low, high): (i64, i64),
    backwards: bool,
    read: Read,
) -> Result<Rows, StoreError> {
    let failed = |error| store_error(&error);
    let order = if backwards { "DESC" } else { "ASC" };
    let columns = row::COLUMNS;
    let range = "WHERE key BETWEEN ?1 AND ?2";
    let sql = format!(
        "SELECT {columns} FROM entries {range} UNION ALL SELECT {columns} FROM changes {range} \
         ORDER BY key {order} LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql).map_err(failed)?;
    let wanted = i64::try_from(read.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = statement.query(params![low, high, wanted]).map_err(failed)?;
    let (mut entries, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next().map_err(failed)? {
        let entry = outcome::with_text(db, row::entry(row)?)?;
        bytes += weight(&entry);
        if entries.len() == read.limit || (bytes > read.bytes_max && !entries.is_empty()) {
            return Ok((entries, true));
        }
        entries.push(entry);
    }
    Ok((entries, false))
}
