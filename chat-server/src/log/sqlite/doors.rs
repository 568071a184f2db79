//! The doors of rooms: what was decided about them, a row each.

use std::collections::HashSet;

use chat_proto::{
    MemberId, Nick, Reason, RoomId, Time, Whom,
    message::{Mode, Role},
    whom::Range,
};
use rusqlite::{Connection, Row, params};

use super::{
    load::{each, number, unfit},
    row::signed,
};
use crate::core::{Bar, BarKind, Rule, Stake, WhomKeys};

pub(super) fn write(db: &Connection, room: RoomId, stake: &Stake) -> rusqlite::Result<()> {
    match stake {
        Stake::Mode(mode) => write_mode(db, room, *mode),
        Stake::Role(member, role) => write_role(db, room, *member, *role),
        Stake::Invited(member, on) => {
            let sql = if *on {
                "INSERT OR REPLACE INTO invitations VALUES (?1, ?2)"
            } else {
                "DELETE FROM invitations WHERE room = ?1 AND member = ?2"
            };
            run(db, sql, params![signed(room.0), signed(member.0)])
        }
        Stake::Bar(kind, bar) => write_bar(db, room, *kind, bar),
        Stake::Free(kind, whom) => {
            let sql = "DELETE FROM bars WHERE room = ?1 AND kind = ?2 AND folded = ?3";
            run(db, sql, params![signed(room.0), kind_name(*kind), whom.as_str()])
        }
        Stake::Gone => TABLES.iter().try_for_each(|table| {
            run(db, &format!("DELETE FROM {table} WHERE room = ?1"), params![signed(room.0)])
        }),
    }
}

const TABLES: [&str; 4] = ["modes", "roles", "invitations", "bars"];

/// Whoever is nobody any more has no office and no invitation.
pub(super) fn forget_member(db: &Connection, member: MemberId) -> rusqlite::Result<()> {
    let member = params![signed(member.0)];
    run(db, "DELETE FROM roles WHERE member = ?1", member)?;
    run(db, "DELETE FROM invitations WHERE member = ?1", member)
}

fn write_mode(db: &Connection, room: RoomId, mode: Mode) -> rusqlite::Result<()> {
    let Mode { private, read_only, topic_lock, slow_secs } = mode;
    let sql = "INSERT OR REPLACE INTO modes VALUES (?1, ?2, ?3, ?4, ?5)";
    run(db, sql, params![signed(room.0), private, read_only, topic_lock, slow_secs])
}

fn write_role(db: &Connection, room: RoomId, member: MemberId, role: Role) -> rusqlite::Result<()> {
    let (room, member) = (signed(room.0), signed(member.0));
    run(db, "DELETE FROM roles WHERE room = ?1 AND member = ?2", params![room, member])?;
    if role == Role::Member {
        return Ok(());
    }
    let sql = "INSERT INTO roles (room, member, role) VALUES (?1, ?2, ?3)";
    run(db, sql, params![room, member, role.as_str()])
}

fn write_bar(db: &Connection, room: RoomId, kind: BarKind, bar: &Bar) -> rusqlite::Result<()> {
    let Bar { whom, rule, member, until, reason, by, at } = bar;
    let (room, folded) = (signed(room.0), whom.folded.as_str());
    let range = match rule {
        Rule::Nick => None,
        Rule::From(range) => Some(range.to_string()),
    };
    // A newer one stands behind the older ones.
    let sql = "DELETE FROM bars WHERE room = ?1 AND kind = ?2 AND folded = ?3";
    run(db, sql, params![room, kind_name(kind), folded])?;
    let sql = "INSERT INTO bars (room, kind, folded, whom, range, member, until, reason, nick, at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let (whom, member) = (whom.whom.to_string(), member.map(|member| signed(member.0)));
    let until = until.map(|until| until.0);
    let (kind, reason, by) = (kind_name(kind), reason.as_str(), by.as_str());
    run(db, sql, params![room, kind, folded, whom, range, member, until, reason, by, at.0])
}

fn run(db: &Connection, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute(params).map(drop)
}

const fn kind_name(kind: BarKind) -> &'static str {
    match kind {
        BarKind::Ban => "ban",
        BarKind::Mute => "mute",
    }
}

/// All that was decided, of each room in its order.
pub(super) fn load(db: &Connection) -> rusqlite::Result<Vec<(RoomId, Stake)>> {
    let mut all = Vec::new();
    let mut take = |sql, read: fn(&Row<'_>) -> rusqlite::Result<Stake>| {
        each(db, sql, |row| {
            all.push((number(row, 0).map(RoomId)?, read(row)?));
            Ok(())
        })
    };
    take("SELECT room, private, read_only, topic_lock, slow_secs FROM modes", mode)?;
    take("SELECT room, member, role FROM roles ORDER BY id", role)?;
    take("SELECT room, member FROM invitations", |row| {
        Ok(Stake::Invited(number(row, 1).map(MemberId)?, true))
    })?;
    take(
        "SELECT room, kind, whom, range, member, until, reason, nick, at FROM bars ORDER BY id",
        bar,
    )?;
    Ok(all)
}

/// The rooms that are private.
pub(super) fn private(db: &Connection) -> rusqlite::Result<HashSet<RoomId>> {
    let mut rooms = HashSet::new();
    each(db, "SELECT room FROM modes WHERE private", |row| {
        rooms.insert(number(row, 0).map(RoomId)?);
        Ok(())
    })?;
    Ok(rooms)
}

fn mode(row: &Row<'_>) -> rusqlite::Result<Stake> {
    let (private, read_only) = (row.get(1)?, row.get(2)?);
    Ok(Stake::Mode(Mode { private, read_only, topic_lock: row.get(3)?, slow_secs: row.get(4)? }))
}

fn role(row: &Row<'_>) -> rusqlite::Result<Stake> {
    let role: String = row.get(2)?;
    Ok(Stake::Role(number(row, 1).map(MemberId)?, Role::parse(&role).unwrap_or_default()))
}

fn bar(row: &Row<'_>) -> rusqlite::Result<Stake> {
    let text = |column| row.get::<_, String>(column);
    let kind = if text(1)? == "ban" { BarKind::Ban } else { BarKind::Mute };
    let whom = Whom::parse(&text(2)?).map_err(|error| unfit(2, error))?;
    let range: Option<String> = row.get(3)?;
    let range = range.map(|range| range.parse::<Range>().map_err(|error| unfit(3, error)));
    let rule = range.transpose()?.map_or(Rule::Nick, Rule::From);
    let member = row.get::<_, Option<i64>>(4)?.map(|member| MemberId(member.unsigned_abs()));
    let until = row.get::<_, Option<i64>>(5)?.map(Time);
    let reason = Reason::clean(&text(6)?).map_err(|error| unfit(6, error))?;
    let by = Nick::parse(&text(7)?).map_err(|error| unfit(7, error))?;
    let (whom, at) = (WhomKeys::of(whom), Time(row.get(8)?));
    Ok(Stake::Bar(kind, std::sync::Arc::new(Bar { whom, rule, member, until, reason, by, at })))
}
