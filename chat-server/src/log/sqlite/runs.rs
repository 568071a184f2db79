//! How many changes stand at the end of each room: the next entry is written with that number, see `schema/2.sql`.

use chat_proto::{RoomId, Seq};
use rusqlite::{Connection, OptionalExtension};

use super::{SEQ_MAX, key, split_key};
use crate::{core::Entry, numbered::Numbered};

/// Only of rooms whose last entry is a change; of most there is none.
#[derive(Debug, Default)]
pub(super) struct Runs {
    known: Numbered<RoomId, u64>,
    /// Of the group that is being written.
    new: Numbered<RoomId, u64>,
}

impl Runs {
    pub(super) fn load(db: &Connection) -> rusqlite::Result<Self> {
        let mut known = Numbered::default();
        let mut rooms = db.prepare(ROOMS)?;
        let rooms: Vec<i64> =
            rooms.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for room in rooms {
            let room = RoomId(room.unsigned_abs());
            known.extend(at_end(db, room)?.map(|run| (room, run)));
        }
        Ok(Self { known, new: Numbered::default() })
    }

    /// The number of changes right before an entry that comes next in its room.
    pub(super) fn before(&mut self, entry: &Entry) -> u64 {
        let is_change = entry.content.target().is_some();
        if !is_change && self.known.is_empty() && self.new.is_empty() {
            return 0;
        }
        let found = self.new.get(&entry.room).or_else(|| self.known.get(&entry.room));
        let run = found.copied().unwrap_or(0);
        let next = if is_change { run + 1 } else { 0 };
        if next != run {
            self.new.insert(entry.room, next);
        }
        run
    }

    /// The group is written.
    pub(super) fn keep(&mut self) {
        for (room, run) in self.new.drain() {
            if run == 0 {
                self.known.remove(&room);
            } else {
                self.known.insert(room, run);
            }
        }
    }

    /// The group is not written.
    pub(super) fn forget(&mut self) {
        self.new.clear();
    }
}

/// Each room that has changes, by one look for each.
const ROOMS: &str = "
    WITH RECURSIVE found(room) AS (
        SELECT min(key) >> 40 FROM changes
        UNION ALL
        SELECT (SELECT min(key) >> 40 FROM changes WHERE key >= (room + 1) << 40) FROM found WHERE room IS NOT NULL
    )
    SELECT room FROM found WHERE room IS NOT NULL";

fn at_end(db: &Connection, room: RoomId) -> rusqlite::Result<Option<u64>> {
    let message = last_message(db, room)?;
    let newer = last_change(db, room)?
        .filter(|(change, _)| message.is_none_or(|message| message < *change));
    Ok(newer.map(|(_, skipped)| skipped + 1))
}

/// The last change of a room, and how many others stand right before it.
pub(super) fn last_change(db: &Connection, room: RoomId) -> rusqlite::Result<Option<(Seq, u64)>> {
    let mut change = db.prepare_cached(
        "SELECT key, coalesce(skipped, 0) FROM changes WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1",
    )?;
    let counted = change.query_row(all_of(room), |row| {
        let (key, skipped): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok((split_key(key).1, skipped.unsigned_abs()))
    });
    counted.optional()
}

/// The last entry of a room that is no change.
pub(super) fn last_message(db: &Connection, room: RoomId) -> rusqlite::Result<Option<Seq>> {
    let mut message = db.prepare_cached(
        "SELECT key FROM entries WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1",
    )?;
    message.query_row(all_of(room), |row| Ok(split_key(row.get(0)?).1)).optional()
}

fn all_of(room: RoomId) -> [i64; 2] {
    [key(room, Seq(0)), key(room, Seq(SEQ_MAX))]
}
