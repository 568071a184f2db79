//! A data file opened for looking only, beside a running server or without one.

use std::{collections::HashSet, io, path::Path, sync::Arc};

use chat_proto::{
    MemberId, RoomId, Seq,
    message::{Content, ReactionCount},
};
use rusqlite::{Connection, Row, params};

use super::{
    FILE_NAME, OpenError, SEQ_MAX, closed, journal, key, load, outcome, read, row, schema,
    split_key, wrong,
};
use crate::{
    core::{Entry, Kind},
    log::StoreError,
};

pub struct Archive {
    pub(super) db: Connection,
}

/// What stands where an entry is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Entry(Arc<Entry>),
    /// It is not what was written.
    Damaged {
        room: RoomId,
        seq: Seq,
    },
    /// From here on some cannot be read at all.
    Unreadable {
        room: RoomId,
        seq: Seq,
        reason: String,
    },
}

/// Takes what is found, in order; an error ends the looking.
pub type Take<'a> = &'a mut dyn FnMut(Found) -> io::Result<()>;

/// Rows of one transaction: a longer one would keep a server from writing its journal back.
const PAGE_ROWS: u32 = 4096;

impl Archive {
    /// # Errors
    /// Says why the directory has no file that can be looked into, and what to do.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(FILE_NAME);
        if !path.exists() {
            return Err(OpenError::Missing { path });
        }
        journal::check(&path)?;
        let db = read::connect(&path).map_err(|error| wrong(&path, &error))?;
        schema::check(&db, &path)?;
        schema::check_current(&db, &path)?;
        Ok(Self { db })
    }

    /// Every room and private conversation, but for what is left of deleted ones.
    ///
    /// # Errors
    /// When the table of rooms cannot be read.
    pub fn rooms(&self) -> rusqlite::Result<Vec<(RoomId, Kind)>> {
        let (mut rooms, closed) = (load::kinds(&self.db)?, closed::load(&self.db)?);
        rooms.retain(|(room, _)| !closed.contains(room));
        Ok(rooms)
    }

    /// The rooms that are for those alone who are invited.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn private_rooms(&self) -> rusqlite::Result<HashSet<RoomId>> {
        super::doors::private(&self.db)
    }

    /// What is in one room.
    ///
    /// # Errors
    /// Only those of `take`; what cannot be read is handed to it.
    pub fn entries(&self, room: RoomId, take: Take<'_>) -> io::Result<()> {
        scan(&self.db, key(room, Seq(0)), key(room, Seq(SEQ_MAX)), take)
    }

    /// What an entry said when it was sent, as far as that is still known: a message before its edits, an edit with its
    /// own text.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn as_sent(&self, entry: &Entry) -> Result<Content, StoreError> {
        outcome::as_sent(&self.db, entry)
    }

    /// The reactions to a message.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn reactions(&self, entry: &Entry) -> Result<Vec<ReactionCount>, StoreError> {
        outcome::reactions(&self.db, key(entry.room, entry.seq), MemberId(0))
    }

    /// What is in all rooms, one after the other.
    ///
    /// # Errors
    /// Only those of `take`; what cannot be read is handed to it.
    pub fn everything(&self, take: Take<'_>) -> io::Result<()> {
        scan(&self.db, 0, i64::MAX, take)
    }
}

/// How reading a page ended; with the key to go on with.
enum Page {
    Last,
    More(i64),
    Broken(i64, String),
}

/// Goes through a range of keys. Behind what cannot be read it goes on in growing steps, to save what can be.
fn scan(db: &Connection, low: i64, high: i64, take: Take<'_>) -> io::Result<()> {
    let (mut next, mut step) = (Some(low), 0);
    while let Some(low) = next {
        next = match page(db, low, high, take)? {
            Page::Last => None,
            Page::More(from) => Some(from),
            Page::Broken(at, reason) => {
                step = if at > low { 0 } else { step };
                if step == 0 {
                    take(unreadable(at, reason))?;
                }
                step = (step * 2).max(1);
                at.checked_add(step).filter(|next| *next <= high && step < STEP_MAX)
            }
        };
    }
    Ok(())
}

/// Beyond this nothing is left to be found.
const STEP_MAX: i64 = 1 << 61;

fn unreadable(key: i64, reason: String) -> Found {
    let (room, seq) = split_key(key);
    Found::Unreadable { room, seq, reason }
}

fn page(db: &Connection, low: i64, high: i64, take: Take<'_>) -> io::Result<Page> {
    let broken = |at, error: rusqlite::Error| Ok(Page::Broken(at, error.to_string()));
    let columns = row::COLUMNS;
    let range = "WHERE key BETWEEN ?1 AND ?2";
    let sql = format!(
        "SELECT {columns} FROM entries {range} UNION ALL SELECT {columns} FROM changes {range} \
         ORDER BY key LIMIT ?3"
    );
    let mut statement = match db.prepare_cached(&sql) {
        Ok(statement) => statement,
        Err(error) => return broken(low, error),
    };
    let mut rows = match statement.query(params![low, high, PAGE_ROWS]) {
        Ok(rows) => rows,
        Err(error) => return broken(low, error),
    };
    let (mut next, mut count) = (low, 0);
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                next = found(row, next, take)?;
                count += 1;
            }
            Ok(None) if count < PAGE_ROWS || next > high => return Ok(Page::Last),
            Ok(None) => return Ok(Page::More(next)),
            Err(error) => return broken(next, error),
        }
    }
}

/// Hands one row out; the key behind it.
fn found(row: &Row<'_>, expected: i64, take: Take<'_>) -> io::Result<i64> {
    let key = row.get(0).unwrap_or(expected);
    let (room, seq) = split_key(key);
    take(row::entry(row).map_or(Found::Damaged { room, seq }, Found::Entry))?;
    Ok(key.saturating_add(1))
}
