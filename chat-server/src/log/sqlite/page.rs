//! Reading what a timeline shows: the messages of a room as they are now, without the entries that only changed them.

use std::{collections::HashSet, sync::Arc};

use chat_proto::{MemberId, RoomId, Seq};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    SEQ_MAX, key, outcome,
    read::{bounds, span},
    row,
    runs::{last_change, last_message},
    split_key, store_error,
};
use crate::{
    core::{Entry, Shown},
    log::{PageSlice, Read, StoreError, weight},
};

/// An entry and the number of changes right before it.
type Counted = (Arc<Entry>, u64);

pub(super) fn page(
    db: &mut Connection,
    room: RoomId,
    read: Read,
    viewer: MemberId,
) -> Result<PageSlice, StoreError> {
    let failed = |error| store_error(&error);
    // One transaction: the page, its reactions and the head belong together.
    let transaction = db.transaction().map_err(failed)?;
    let span = span(&transaction, room).map_err(failed)?;
    let range = bounds(&transaction, room, read.from, span).map_err(failed)?;
    let (mut rows, more) = rows(&transaction, room, range, read)?;
    if read.is_backwards() {
        rows.reverse();
    }
    let last = last_shown(&transaction, room, range.1).map_err(failed)?;
    check_chain(&rows, range.0, last, more, read.is_backwards())
        .map_err(|seq| StoreError::Damaged { room, seq })?;
    let items = shown(&transaction, rows, viewer)?;
    let mut page = PageSlice { items, more, head: span.head };
    page.cut(read);
    Ok(page)
}

/// As many as the limits allow, and whether there would be more.
fn rows(
    db: &Connection,
    room: RoomId,
    (low, high): (Seq, Seq),
    read: Read,
) -> Result<(Vec<Counted>, bool), StoreError> {
    let failed = |error| store_error(&error);
    let order = if read.is_backwards() { "DESC" } else { "ASC" };
    let columns = row::COLUMNS;
    let sql = format!(
        "SELECT {columns} FROM entries WHERE key BETWEEN ?1 AND ?2 ORDER BY key {order} LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql).map_err(failed)?;
    let wanted = i64::try_from(read.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows =
        statement.query(params![key(room, low), key(room, high), wanted]).map_err(failed)?;
    let (mut taken, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next().map_err(failed)? {
        let (entry, skipped) = row::counted(row)?;
        bytes += weight(&entry);
        if taken.len() == read.limit || (bytes > read.bytes_max && !taken.is_empty()) {
            return Ok((taken, true));
        }
        taken.push((entry, skipped));
    }
    Ok((taken, false))
}

/// The last number up to `high` that a timeline shows, as what follows it says; 0 for none.
fn last_shown(db: &Connection, room: RoomId, high: Seq) -> rusqlite::Result<Seq> {
    let (next, end) = (key(room, high.next()), key(room, Seq(SEQ_MAX)));
    let mut statement = db.prepare_cached(
        "SELECT key, coalesce(skipped, 0) FROM entries WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT 1",
    )?;
    let found: Option<(i64, i64)> =
        statement.query_row([next, end], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if let Some((key, skipped)) = found {
        return Ok(before(split_key(key).1, skipped.unsigned_abs()));
    }
    let last = last_message(db, room)?.unwrap_or_default();
    match last_change(db, room)? {
        Some((seq, skipped)) if seq > last => Ok(before(seq, skipped)),
        _ => Ok(last),
    }
}

/// The number before an entry and the changes right before it.
fn before(seq: Seq, skipped: u64) -> Seq {
    Seq(seq.0.saturating_sub(1).saturating_sub(skipped))
}

/// Each entry says how many changes stand before it, so that one that vanished is missed, by damage to the tree that
/// rows are found by. The error is a number near it.
fn check_chain(
    rows: &[Counted],
    low: Seq,
    last: Seq,
    more: bool,
    backwards: bool,
) -> Result<(), Seq> {
    for pair in rows.windows(2) {
        let expected = before(pair[1].0.seq, pair[1].1);
        if pair[0].0.seq != expected {
            return Err(expected);
        }
    }
    let reaches_low = !(backwards && more);
    let first = rows.first().map(|(entry, skipped)| before(entry.seq, *skipped));
    if let Some(first) = first.filter(|first| reaches_low && *first >= low) {
        return Err(first);
    }
    let reaches_last = backwards || !more;
    let is_last = rows.last().map_or(last < low, |(entry, _)| entry.seq == last);
    if reaches_last && !is_last { Err(last) } else { Ok(()) }
}

fn shown(db: &Connection, rows: Vec<Counted>, viewer: MemberId) -> Result<Vec<Shown>, StoreError> {
    let place = |entry: &Entry| key(entry.room, entry.seq);
    let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else {
        return Ok(Vec::new());
    };
    let reacted: HashSet<i64> =
        outcome::reacted(db, place(first), place(last))?.into_iter().collect();
    let show = |(entry, _): Counted| {
        let key = place(&entry);
        let reactions =
            if reacted.contains(&key) { outcome::reactions(db, key, viewer)? } else { Vec::new() };
        Ok(Shown { entry, reactions })
    };
    rows.into_iter().map(show).collect()
}
