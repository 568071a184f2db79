//! Writing groups: one transaction each.

use std::{fs::File, sync::Arc};

use chat_proto::{MemberId, MessageId, RoomId, Seq, SessionId, Time, message::ReactionCount};
use rusqlite::{Connection, params};

use super::{
    Sync, account, closed, doors,
    insert::Inserts,
    key,
    keyed::Keyed,
    outcome,
    row::signed,
    runs::Runs,
    schema::{meta, set_meta, synchronous},
    split_key, store_error,
};
use crate::{
    core::{Counters, Entry, Kind, Member, Prior, Room, Row, SessionState},
    log::{Store, StoreError},
};

pub(super) struct Sqlite {
    db: Connection,
    /// What the operator asked for, and what `PRAGMA synchronous` is set to now.
    sync: Sync,
    set: Sync,
    /// Numbers below these are set aside: a crash does not make them be given twice.
    reserved: Counters,
    ids: Keyed,
    runs: Runs,
    /// Held for as long as the store is open.
    _lock: File,
}

/// Numbers set aside at a time.
const RESERVE: u64 = 4096;

impl Sqlite {
    pub(super) fn new(
        db: Connection,
        sync: Sync,
        lock: File,
        counters: &Counters,
    ) -> rusqlite::Result<Self> {
        let (ids, runs, reserved) = (Keyed::load(&db)?, Runs::load(&db)?, ahead(counters));
        let mut store = Self { db, sync, set: sync, reserved, ids, runs, _lock: lock };
        store.begin(true)?;
        write_reserved(&store.db, &reserved)?;
        store.step("COMMIT")?;
        Ok(store)
    }

    /// Begins the group's transaction with the first that needs it, be it a look for an id or a row.
    fn begin(&mut self, kept: bool) -> rusqlite::Result<()> {
        if !self.db.is_autocommit() {
            return Ok(());
        }
        self.set_sync(kept)?;
        self.step("BEGIN IMMEDIATE")
    }

    fn step(&self, step: &str) -> rusqlite::Result<()> {
        self.db.prepare_cached(step)?.execute([]).map(drop)
    }

    fn roll_back(&self) -> rusqlite::Result<()> {
        // After some errors SQLite has done so by itself.
        if self.db.is_autocommit() { Ok(()) } else { self.step("ROLLBACK") }
    }

    /// A group without entries need not wait for the disk.
    fn set_sync(&mut self, kept: bool) -> rusqlite::Result<()> {
        let wanted = if kept { self.sync } else { Sync::Normal };
        if wanted != self.set {
            self.db.pragma_update(None, "synchronous", synchronous(wanted))?;
            self.set = wanted;
        }
        Ok(())
    }

    fn write(&mut self, rows: &[Row], counters: &Counters) -> rusqlite::Result<()> {
        let reserve = (!self.covers(counters)).then(|| ahead(counters));
        self.begin(reserve.is_some() || rows.iter().any(Row::is_kept))?;
        self.write_rows(rows)?;
        if let Some(reserved) = &reserve {
            write_reserved(&self.db, reserved)?;
        }
        if rows.iter().any(|row| matches!(row, Row::Forgotten { .. })) {
            // The entry that says so may be gone.
            set_meta(&self.db, "next_pos", signed(counters.pos))?;
        }
        if let Some(at) = last_at(rows) {
            self.ids.forget_old(&self.db, at)?;
        }
        self.step("COMMIT")?;
        self.reserved = reserve.unwrap_or(self.reserved);
        self.runs.keep();
        Ok(())
    }

    fn write_rows(&mut self, rows: &[Row]) -> rusqlite::Result<()> {
        let mut inserts = Inserts::new(&self.db, &mut self.runs, &mut self.ids);
        rows.iter().try_for_each(|row| write_row(&self.db, row, &mut inserts))
    }
}

impl Store for Sqlite {
    fn commit(&mut self, rows: &[Row], counters: &Counters) -> Result<(), StoreError> {
        if rows.is_empty() && self.covers(counters) {
            return self.roll_back().map_err(|error| store_error(&error));
        }
        self.runs.forget();
        self.write(rows, counters).map_err(|error| {
            if let Err(error) = self.roll_back() {
                tracing::error!(%error, "a commit that failed cannot be undone");
            }
            store_error(&error)
        })
    }

    fn prior(
        &mut self,
        member: MemberId,
        id: MessageId,
        now: Time,
    ) -> Result<Option<Prior>, StoreError> {
        let failed = |error| store_error(&error);
        // In the group's own transaction: each look by itself would take the file's locks and let go of them.
        self.begin(true).map_err(failed)?;
        let found = self.ids.find(&self.db, (member, id), now).map_err(failed)?;
        let Some(key) = found else { return Ok(None) };
        let found = match outcome::message(&self.db, key)? {
            Some(message) => Some(message),
            None => outcome::change(&self.db, key)?,
        };
        let (room, seq) = split_key(key);
        let Some(entry) = found else {
            return Ok(Some(Prior { room, seq, at: now, content: None }));
        };
        let content = Some(outcome::as_sent(&self.db, &entry)?);
        Ok(Some(Prior { room, seq, at: entry.at, content }))
    }

    fn message(&mut self, room: RoomId, seq: Seq) -> Result<Option<Arc<Entry>>, StoreError> {
        outcome::message(&self.db, key(room, seq))
    }

    fn reactions(
        &mut self,
        room: RoomId,
        seq: Seq,
        member: MemberId,
    ) -> Result<Vec<ReactionCount>, StoreError> {
        outcome::reactions(&self.db, key(room, seq), member)
    }

    fn covers(&self, counters: &Counters) -> bool {
        let Counters { member, room, session, .. } = self.reserved;
        counters.member <= member && counters.room <= room && counters.session <= session
    }

    fn close(&mut self) -> Result<(), StoreError> {
        let closed = self
            .db
            .pragma_update(None, "synchronous", "FULL")
            .and_then(|()| set_meta(&self.db, "unsure", false))
            .and_then(|()| self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        closed.map_err(|error| store_error(&error))
    }
}

fn ahead(counters: &Counters) -> Counters {
    let Counters { pos, member, room, session } = *counters;
    Counters { pos, member: member + RESERVE, room: room + RESERVE, session: session + RESERVE }
}

fn write_reserved(db: &Connection, reserved: &Counters) -> rusqlite::Result<()> {
    set_meta(db, "next_member", signed(reserved.member))?;
    set_meta(db, "next_room", signed(reserved.room))?;
    set_meta(db, "next_session", signed(reserved.session))
}

/// The numbers to go on with.
pub(super) fn reserved(db: &Connection) -> rusqlite::Result<Counters> {
    let next = |name| Ok::<_, rusqlite::Error>(meta::<i64>(db, name)?.unwrap_or(1).unsigned_abs());
    Ok(Counters {
        pos: next("next_pos")?,
        member: next("next_member")?,
        room: next("next_room")?,
        session: next("next_session")?,
    })
}

fn write_row(db: &Connection, row: &Row, inserts: &mut Inserts<'_>) -> rusqlite::Result<()> {
    match row {
        Row::Entry { entry, keyed } => inserts.write(entry, *keyed),
        Row::Outcome { entry, before } => outcome::write(db, entry, before),
        Row::Room(id, room) => write_room(db, *id, room),
        Row::RoomGone(id) => delete(db, "DELETE FROM rooms WHERE id = ?1", id.0),
        Row::RoomClosed(id) => closed::close(db, *id),
        Row::RoomDiscarded(id) => closed::discard(db, *id),
        Row::Member(id, member) => write_member(db, *id, member),
        Row::MemberGone(id) => {
            delete(db, "DELETE FROM members WHERE id = ?1", id.0)?;
            delete(db, "DELETE FROM memberships WHERE member = ?1", id.0)?;
            delete(db, "DELETE FROM markers WHERE member = ?1", id.0)?;
            doors::forget_member(db, *id)
        }
        Row::Account(id, account) => account::write(db, *id, account),
        Row::AccountGone(id) => {
            delete(db, "DELETE FROM accounts WHERE id = ?1", id.0)?;
            delete(db, "DELETE FROM devices WHERE account = ?1", id.0)
        }
        Row::Device { account, device, .. } => account::write_device(db, *account, device),
        Row::DeviceGone { account, number } => account::delete_device(db, *account, *number),
        Row::Membership { room, member, after } => {
            write_membership(db, *room, *member, after.map(|seq| seq.0))
        }
        Row::Marker { member, room, read } => write_marker(db, *member, *room, *read),
        Row::Door(room, stake) => doors::write(db, *room, stake),
        Row::Session(id, session) => write_session(db, *id, session),
        Row::SessionGone(id) => delete(db, "DELETE FROM sessions WHERE id = ?1", id.0),
        Row::Forgotten { room, through, head } => forget(db, *room, *through, *head),
    }
}

fn write_room(db: &Connection, id: RoomId, room: &Room) -> rusqlite::Result<()> {
    let Room { kind, topic, created, kept, .. } = room;
    let (name, one, other, nicks) = match kind {
        Kind::Public(keys) => (Some(keys.name.as_str()), None, None, None),
        Kind::Direct([(one, a), (other, b)]) => {
            (None, Some(signed(one.0)), Some(signed(other.0)), Some(format!("{a} {b}")))
        }
    };
    db.prepare_cached("INSERT OR REPLACE INTO rooms VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![signed(id.0), name, one, other, nicks, topic.as_str(), created.0, kept])?;
    Ok(())
}

fn write_member(db: &Connection, id: MemberId, member: &Member) -> rusqlite::Result<()> {
    let away = member.away.as_ref().map(chat_proto::Reason::as_str);
    db.prepare_cached("INSERT OR REPLACE INTO members VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![signed(id.0), member.nick.nick.as_str(), member.since.0, away])?;
    Ok(())
}

fn write_membership(
    db: &Connection,
    room: RoomId,
    member: MemberId,
    after: Option<u64>,
) -> rusqlite::Result<()> {
    let (member, room) = (signed(member.0), signed(room.0));
    match after {
        Some(after) => db
            .prepare_cached("INSERT OR REPLACE INTO memberships VALUES (?1, ?2, ?3)")?
            .execute(params![member, room, signed(after)])?,
        None => {
            for table in ["memberships", "markers"] {
                db.prepare_cached(&format!("DELETE FROM {table} WHERE member = ?1 AND room = ?2"))?
                    .execute(params![member, room])?;
            }
            0
        }
    };
    Ok(())
}

fn write_marker(
    db: &Connection,
    member: MemberId,
    room: RoomId,
    read: Seq,
) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO markers VALUES (?1, ?2, ?3)")?.execute(params![
        signed(member.0),
        signed(room.0),
        signed(read.0)
    ])?;
    Ok(())
}

fn write_session(db: &Connection, id: SessionId, session: &SessionState) -> rusqlite::Result<()> {
    let Some(token) = session.token else { return Ok(()) };
    let (id, member) = (signed(id.0), signed(session.member.0));
    let SessionState { generation, device, .. } = session;
    db.prepare_cached("INSERT OR REPLACE INTO sessions VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id, member, generation, token.0, device])?;
    Ok(())
}

/// Throws the first entries of a room away. Their ids stay for their time: what comes again under one was said before.
fn forget(db: &Connection, room: RoomId, through: Seq, head: Seq) -> rusqlite::Result<()> {
    for table in ["entries", "changes", "revisions", "reactions", "reaction_counts"] {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE key BETWEEN ?1 AND ?2"))?
            .execute(params![key(room, Seq(0)), key(room, through)])?;
    }
    db.prepare_cached("INSERT OR REPLACE INTO beginnings VALUES (?1, ?2, ?3)")?
        .execute(params![signed(room.0), signed(through.0), signed(head.0)])?;
    Ok(())
}

fn delete(db: &Connection, sql: &str, id: u64) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([signed(id)])?;
    Ok(())
}

/// When the group's last entry was written.
fn last_at(rows: &[Row]) -> Option<Time> {
    rows.iter().rev().find_map(|row| match row {
        Row::Entry { entry, .. } => Some(entry.at),
        _ => None,
    })
}
