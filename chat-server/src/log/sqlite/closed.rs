//! Rooms that are deleted: marked first, so that a server that starts in the midst of it goes on, then gone from every
//! table.

use chat_proto::{RoomId, Seq};
use rusqlite::{Connection, params};

use super::{SEQ_MAX, doors, key, load::each, row::signed, schema::set_meta};
use crate::core::Stake;

/// A mark in `meta`, with the room's number behind it.
const MARK: &str = "closed ";

pub(super) fn close(db: &Connection, room: RoomId) -> rusqlite::Result<()> {
    set_meta(db, &mark(room), true)
}

/// What is left of a room when its entries are gone: the ids under which they came, too.
pub(super) fn discard(db: &Connection, room: RoomId) -> rusqlite::Result<()> {
    let number = signed(room.0);
    db.execute("DELETE FROM rooms WHERE id = ?1", [number])?;
    for table in ["beginnings", "memberships", "markers"] {
        db.execute(&format!("DELETE FROM {table} WHERE room = ?1"), [number])?;
    }
    let (low, high) = (key(room, Seq(0)), key(room, Seq(SEQ_MAX)));
    db.execute("DELETE FROM ids WHERE key BETWEEN ?1 AND ?2", params![low, high])?;
    doors::write(db, room, &Stake::Gone)?;
    db.execute("DELETE FROM meta WHERE name = ?1", [mark(room)]).map(drop)
}

/// The rooms of which something is still there.
pub(super) fn load(db: &Connection) -> rusqlite::Result<Vec<RoomId>> {
    let mut rooms = Vec::new();
    each(db, "SELECT name FROM meta WHERE name GLOB 'closed *'", |row| {
        let name: String = row.get(0)?;
        let number = name.strip_prefix(MARK).and_then(|number| number.parse().ok());
        rooms.extend(number.map(RoomId));
        Ok(())
    })?;
    Ok(rooms)
}

fn mark(room: RoomId) -> String {
    format!("{MARK}{}", room.0)
}
