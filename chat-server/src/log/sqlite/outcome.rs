//! What becomes of messages: their present row, what they said before, and who has reacted to them.

use std::sync::Arc;

use chat_proto::{
    MemberId, Reaction, Seq,
    message::{Content, ReactionCount},
};
use rusqlite::{Connection, OptionalExtension, Params, params};

use super::{
    key, row,
    row::{Stored, signed},
    store_error,
};
use crate::{core::Entry, log::StoreError};

/// Makes the message what it is from here on. What it said is kept for as long as the message is.
pub(super) fn write(db: &Connection, entry: &Entry, before: &Entry) -> rusqlite::Result<()> {
    let at = key(entry.room, entry.seq);
    let skipped: Option<i64> = db
        .prepare_cached("SELECT skipped FROM entries WHERE key = ?1")?
        .query_row([at], |row| row.get(0))
        .optional()?
        .flatten();
    match entry.content {
        Content::Erased { .. } => erase(db, at)?,
        _ => revise(db, &Stored::of(before, skipped), said_by(before))?,
    }
    let stored = Stored::of(entry, skipped);
    let sum = stored.sum();
    let Stored { kind, text, body, .. } = stored;
    db.prepare_cached(
        "UPDATE entries SET kind = ?2, text = ?3, body = ?4, sum = ?5 WHERE key = ?1",
    )?
    .execute(params![at, kind, text, body, sum])?;
    Ok(())
}

fn revise(db: &Connection, before: &Stored<'_>, by: Seq) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO revisions VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![before.key, signed(by.0), before.text, before.body, before.sum()])?;
    Ok(())
}

fn erase(db: &Connection, key: i64) -> rusqlite::Result<()> {
    for table in ["revisions", "reactions", "reaction_counts"] {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE key = ?1"))?.execute([key])?;
    }
    Ok(())
}

/// The number of the entry that made a message say what it says.
fn said_by(message: &Entry) -> Seq {
    message.edited.map_or(message.seq, |edited| edited.seq)
}

/// Counts a reaction in or out; other changes are none of its business.
pub(super) fn write_reaction(db: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let Content::Reacted { target, ref reaction, on } = entry.content else { return Ok(()) };
    let (at, by, reaction) = (key(entry.room, target), signed(entry.by.0), reaction.as_str());
    let run =
        |sql: &str,
         params: &dyn Fn(&mut rusqlite::CachedStatement<'_>) -> rusqlite::Result<usize>| {
            params(&mut db.prepare_cached(sql)?)
        };
    if on {
        let new = run(ADD, &|sql| sql.execute(params![at, by, reaction]))?;
        if new > 0 {
            run(COUNT, &|sql| sql.execute(params![at, reaction, signed(entry.seq.0)]))?;
        }
    } else if run(TAKE, &|sql| sql.execute(params![at, by, reaction]))? > 0 {
        run(DISCOUNT, &|sql| sql.execute(params![at, reaction]))?;
        run(DROP, &|sql| sql.execute(params![at, reaction]))?;
    }
    Ok(())
}

const ADD: &str = "INSERT OR IGNORE INTO reactions VALUES (?1, ?2, ?3)";
const TAKE: &str = "DELETE FROM reactions WHERE key = ?1 AND member = ?2 AND reaction = ?3";
const COUNT: &str = "INSERT INTO reaction_counts VALUES (?1, ?2, ?3, 1) \
                     ON CONFLICT (key, reaction) DO UPDATE SET count = count + 1";
const DISCOUNT: &str =
    "UPDATE reaction_counts SET count = count - 1 WHERE key = ?1 AND reaction = ?2";
const DROP: &str = "DELETE FROM reaction_counts WHERE key = ?1 AND reaction = ?2 AND count <= 0";

/// What stands in the table of messages under a key.
pub(super) fn message(db: &Connection, key: i64) -> Result<Option<Arc<Entry>>, StoreError> {
    let sql = format!("SELECT {} FROM entries WHERE key = ?1", row::COLUMNS);
    one(db, &sql, [key], row::entry)
}

/// What stands in the table of changes under a key; an edit without its text.
pub(super) fn change(db: &Connection, key: i64) -> Result<Option<Arc<Entry>>, StoreError> {
    let sql = format!("SELECT {} FROM changes WHERE key = ?1", row::COLUMNS);
    one(db, &sql, [key], row::entry)
}

/// An edit with the text that its message has now, none where that is damaged; anything else as it is.
pub(super) fn with_text(db: &Connection, entry: Arc<Entry>) -> Result<Arc<Entry>, StoreError> {
    let Content::Edited { target, .. } = entry.content else { return Ok(entry) };
    let message = match message(db, key(entry.room, target)) {
        Err(StoreError::Damaged { .. }) => None,
        found => found?,
    };
    let said = message.and_then(|message| message.content.said().cloned());
    Ok(Arc::new(Entry { content: Content::Edited { target, said }, ..Entry::clone(&entry) }))
}

/// What an entry said when it was sent, as far as that is still known.
pub(super) fn as_sent(db: &Connection, entry: &Entry) -> Result<Content, StoreError> {
    match entry.content {
        Content::Edited { target, .. } => {
            let edited = said_from(db, key(entry.room, target), entry.seq)?;
            let said = edited.and_then(|message| message.content.said().cloned());
            Ok(Content::Edited { target, said })
        }
        _ if entry.edited.is_some() => {
            let first = said_from(db, key(entry.room, entry.seq), entry.seq)?;
            Ok(first.map_or_else(|| entry.content.clone(), |first| first.content.clone()))
        }
        _ => Ok(entry.content.clone()),
    }
}

/// A message as the entry `by` made it.
fn said_from(db: &Connection, key: i64, by: Seq) -> Result<Option<Arc<Entry>>, StoreError> {
    let present = message(db, key)?;
    if present.as_ref().is_none_or(|message| said_by(message) == by) {
        return Ok(present);
    }
    let columns: Vec<_> = row::COLUMNS.split(", ").map(|column| format!("e.{column}")).collect();
    let sql = format!(
        "SELECT {}, r.text, r.body, r.sum FROM revisions r JOIN entries e ON e.key = r.key \
         WHERE r.key = ?1 AND r.edit = ?2",
        columns.join(", ")
    );
    one(db, &sql, params![key, signed(by.0)], row::revised)
}

fn one<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: fn(&rusqlite::Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let failed = |error| store_error(&error);
    let mut statement = db.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(params).map_err(failed)?;
    rows.next().map_err(failed)?.map(read).transpose()
}

/// The reactions to a message, in the order in which they were first given.
pub(super) fn reactions(
    db: &Connection,
    key: i64,
    viewer: MemberId,
) -> Result<Vec<ReactionCount>, StoreError> {
    let failed = |error| store_error(&error);
    let sql = "SELECT c.reaction, c.count, EXISTS \
                 (SELECT 1 FROM reactions r WHERE r.key = ?1 AND r.member = ?2 AND r.reaction = c.reaction) \
               FROM reaction_counts c WHERE c.key = ?1 ORDER BY c.first";
    let mut statement = db.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(params![key, signed(viewer.0)]).map_err(failed)?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        counts.extend(count(row).map_err(failed)?);
    }
    Ok(counts)
}

/// None for what is no reaction: somebody else has written into the file.
fn count(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<ReactionCount>> {
    let (reaction, count, mine): (String, _, _) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Reaction::parse(&reaction).ok().map(|reaction| ReactionCount { reaction, count, mine }))
}

/// The keys in a range that have reactions.
pub(super) fn reacted(db: &Connection, low: i64, high: i64) -> Result<Vec<i64>, StoreError> {
    let failed = |error| store_error(&error);
    let sql = "SELECT DISTINCT key FROM reaction_counts WHERE key BETWEEN ?1 AND ?2";
    let mut statement = db.prepare_cached(sql).map_err(failed)?;
    let keys = statement.query_map(params![low, high], |row| row.get(0)).map_err(failed)?;
    keys.collect::<rusqlite::Result<_>>().map_err(failed)
}
