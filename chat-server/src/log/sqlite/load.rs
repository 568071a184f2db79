//! The state that the file holds, at start.

use chat_proto::{Epoch, MemberId, Nick, Reason, RoomId, RoomName, Seq, SessionId, Time, Topic};
use rusqlite::{Connection, Row, types::Type};

use super::{account, closed, doors, key, pace, read, schema::meta, split_key, write};
use crate::core::{Kind, Loaded, NickKeys, RoomKeys, SessionState, State, TokenHash};

pub(super) fn state(db: &Connection) -> rusqlite::Result<State> {
    let epoch = meta::<[u8; 16]>(db, "epoch")?.map(Epoch).unwrap_or(Epoch([0; 16]));
    let mut counters = write::reserved(db)?;
    let mut loaded = Loaded::default();
    each(db, "SELECT id, nick, since, away FROM members", |row| {
        loaded.members.push((
            number(row, 0).map(MemberId)?,
            nick(row, 1)?,
            Time(row.get(2)?),
            reason(row, 3)?,
        ));
        Ok(())
    })?;
    account::load(db, &mut loaded)?;
    each(db, "SELECT id, member, generation, token, device FROM sessions", |row| {
        let session = SessionState {
            member: number(row, 1).map(MemberId)?,
            generation: row.get(2)?,
            token: Some(TokenHash(row.get(3)?)),
            from: None,
            device: row.get(4)?,
        };
        loaded.sessions.push((number(row, 0).map(SessionId)?, session));
        Ok(())
    })?;
    each(db, "SELECT id, name, one, other, nicks, topic, created, kept FROM rooms", |row| {
        let id = number(row, 0).map(RoomId)?;
        let (head, pos) = last(db, id)?;
        if head == Seq(0) && row.get(7)? {
            return Err(read::corrupt(format!("room {id} has lost its entries")));
        }
        counters.pos = counters.pos.max(pos + 1);
        loaded.rooms.push((id, kind(row)?, topic(row, 5)?, Time(row.get(6)?), row.get(7)?, head));
        Ok(())
    })?;
    each(db, "SELECT room, through FROM beginnings", |row| {
        loaded.forgotten.push((number(row, 0).map(RoomId)?, number(row, 1).map(Seq)?));
        Ok(())
    })?;
    loaded.closed = closed::load(db)?;
    loaded.doors = doors::load(db)?;
    loaded.spoke = pace::load(db, &loaded.doors)?;
    each(db, "SELECT member, room, after FROM memberships", |row| {
        let (member, room) = (number(row, 0).map(MemberId)?, number(row, 1).map(RoomId)?);
        loaded.memberships.push((member, room, number(row, 2).map(Seq)?));
        Ok(())
    })?;
    each(db, "SELECT member, room, read FROM markers", |row| {
        let (member, room) = (number(row, 0).map(MemberId)?, number(row, 1).map(RoomId)?);
        loaded.markers.push((member, room, number(row, 2).map(Seq)?));
        Ok(())
    })?;
    Ok(loaded.into_state(epoch, counters))
}

pub(super) fn each(
    db: &Connection,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// Number and position of the room's last entry.
fn last(db: &Connection, room: RoomId) -> rusqlite::Result<(Seq, u64)> {
    let head = read::head(db, room)?;
    if head == read::begins(db, room)?.0 {
        return Ok((head, 0));
    }
    let sql = "SELECT key, pos FROM entries WHERE key = ?1 UNION ALL SELECT key, pos FROM changes WHERE key = ?1";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row([key(room, head)], |row| Ok((split_key(row.get(0)?).1, number(row, 1)?)))
}

/// What every room is, whether anybody can reach it or not.
pub(super) fn kinds(db: &Connection) -> rusqlite::Result<Vec<(RoomId, Kind)>> {
    let mut all = Vec::new();
    each(db, "SELECT id, name, one, other, nicks FROM rooms ORDER BY id", |row| {
        all.push((number(row, 0).map(RoomId)?, kind(row)?));
        Ok(())
    })?;
    Ok(all)
}

fn kind(row: &Row<'_>) -> rusqlite::Result<Kind> {
    if let Some(name) = row.get::<_, Option<String>>(1)? {
        let name = RoomName::parse(&name).map_err(|error| unfit(1, error))?;
        return Ok(Kind::Public(RoomKeys::of(name)));
    }
    let nicks: String = row.get(4)?;
    let (one, other) = nicks.split_once(' ').unwrap_or((&nicks, &nicks));
    let parse = |nick| Nick::parse(nick).map_err(|error| unfit(4, error));
    Ok(Kind::Direct([
        (MemberId(number(row, 2)?), parse(one)?),
        (MemberId(number(row, 3)?), parse(other)?),
    ]))
}

pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

pub(super) fn nick(row: &Row<'_>, column: usize) -> rusqlite::Result<NickKeys> {
    let nick = Nick::parse(&row.get::<_, String>(column)?).map_err(|error| unfit(column, error))?;
    Ok(NickKeys::of(nick))
}

fn topic(row: &Row<'_>, column: usize) -> rusqlite::Result<Topic> {
    Topic::clean(&row.get::<_, String>(column)?).map_err(|error| unfit(column, error))
}

fn reason(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Reason>> {
    let reason: Option<String> = row.get(column)?;
    reason.map(|reason| Reason::clean(&reason).map_err(|error| unfit(column, error))).transpose()
}

pub(super) fn unfit(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
