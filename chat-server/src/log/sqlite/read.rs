//! Reading pages, on connections of its own.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use chat_proto::{RoomId, Seq, Time, message::Anchor};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::{BUSY, SEQ_MAX, key, row, split_key, store_error};
use crate::log::{Read, Reader, Slice, StoreError, weight};

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
        let mut connection = self.connection().map_err(|error| store_error(&error))?;
        let slice = slice(&mut connection, room, read)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(slice)
    }
}

fn slice(db: &mut Connection, room: RoomId, read: Read) -> Result<Slice, StoreError> {
    // One transaction: the page and the head belong together.
    let transaction = db.transaction().map_err(|error| store_error(&error))?;
    let head = head(&transaction, room).map_err(|error| store_error(&error))?;
    let (low, high) =
        bounds(&transaction, room, read.from, head).map_err(|error| store_error(&error))?;
    let backwards = matches!(read.from, Anchor::Latest | Anchor::Before(_));
    let (mut entries, more) = rows(&transaction, (low, high), backwards, read)?;
    if backwards {
        entries.reverse();
    }
    Ok(Slice { entries, more, head })
}

/// The room's last number.
pub(super) fn head(db: &Connection, room: RoomId) -> rusqlite::Result<Seq> {
    let mut last = db.prepare_cached(
        "SELECT key FROM entries WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1",
    )?;
    let found = last
        .query_row(params![key(room, Seq(0)), key(room, Seq(SEQ_MAX))], |row| row.get(0))
        .optional()?;
    Ok(found.map_or(Seq(0), |key| split_key(key).1))
}

/// The first and the last key of what an anchor means.
fn bounds(db: &Connection, room: RoomId, from: Anchor, head: Seq) -> rusqlite::Result<(i64, i64)> {
    let (first, last) = match from {
        Anchor::Latest => (Seq(1), Seq(SEQ_MAX)),
        Anchor::Before(seq) => (Seq(1), Seq(seq.0.saturating_sub(1))),
        Anchor::After(seq) => (seq.next(), Seq(SEQ_MAX)),
        Anchor::Since(time) => (since(db, room, time, head)?, Seq(SEQ_MAX)),
    };
    Ok((key(room, first), key(room, last)))
}

/// The first number of that time or later. Times grow with the numbers, but for jumps of the clock.
fn since(db: &Connection, room: RoomId, time: Time, head: Seq) -> rusqlite::Result<Seq> {
    let mut at = db.prepare_cached("SELECT at FROM entries WHERE key >= ?1 LIMIT 1")?;
    let (mut low, mut high) = (1, head.0 + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<i64> =
            at.query_row([key(room, Seq(middle))], |row| row.get(0)).optional()?;
        if found.is_some_and(|found| found < time.0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(Seq(low))
}

type Rows = (Vec<std::sync::Arc<crate::core::Entry>>, bool);

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
    let sql = format!(
        "SELECT {columns} FROM entries WHERE key BETWEEN ?1 AND ?2 ORDER BY key {order} LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql).map_err(failed)?;
    let wanted = i64::try_from(read.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = statement.query(params![low, high, wanted]).map_err(failed)?;
    let (mut entries, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next().map_err(failed)? {
        let entry = row::entry(row)?;
        bytes += weight(&entry);
        if entries.len() == read.limit || (bytes > read.bytes_max && !entries.is_empty()) {
            return Ok((entries, true));
        }
        entries.push(entry);
    }
    Ok((entries, false))
}
