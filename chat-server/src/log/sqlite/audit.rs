//! Reading what was decided about a room, from indexes that hold nothing else.

use std::sync::Arc;

use chat_proto::{RoomId, Seq};
use rusqlite::{Connection, params};

use super::{key, read::span, row, row::signed, store_error};
use crate::{
    core::Entry,
    log::{Slice, StoreError},
};

/// The newest before a number, newest last.
pub(super) fn read(
    db: &mut Connection,
    room: RoomId,
    before: Option<Seq>,
    limit: usize,
) -> Result<Slice, StoreError> {
    let failed = |error| store_error(&error);
    // One transaction: the entries and the head belong together.
    let transaction = db.transaction().map_err(failed)?;
    let span = span(&transaction, room).map_err(failed)?;
    let last = before.map_or(span.head, |before| span.head.min(Seq(before.0.saturating_sub(1))));
    let mut entries = decided(&transaction, (key(room, span.first), key(room, last)), limit + 1)?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    entries.reverse();
    Ok(Slice { entries, more, head: span.head })
}

/// Newest first. The conditions are word for word those of the indexes, see `schema/4.sql`.
fn decided(
    db: &Connection,
    (low, high): (i64, i64),
    limit: usize,
) -> Result<Vec<Arc<Entry>>, StoreError> {
    let failed = |error| store_error(&error);
    let mut statement = db.prepare_cached(&sql()).map_err(failed)?;
    let limit = signed(limit as u64);
    let mut rows = statement.query(params![low, high, limit]).map_err(failed)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        entries.push(row::entry(row)?);
    }
    Ok(entries)
}

fn sql() -> String {
    let (columns, range) = (row::COLUMNS, "key BETWEEN ?1 AND ?2");
    format!(
        "SELECT * FROM (SELECT {columns} FROM entries WHERE (kind = 3 OR kind >= 20) AND {range} \
         ORDER BY key DESC LIMIT ?3) \
         UNION ALL SELECT * FROM (SELECT {columns} FROM changes WHERE kind = 5 AND {range} \
         ORDER BY key DESC LIMIT ?3) ORDER BY key DESC LIMIT ?3"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::sqlite::{self, Sync};

    #[test]
    fn an_audit_reads_nothing_but_decisions() {
        let data = tempfile::tempdir().unwrap();
        drop(sqlite::open(data.path(), Sync::Normal, chat_proto::Epoch([1; 16])).unwrap());
        let db = Connection::open(data.path().join(sqlite::FILE_NAME)).unwrap();
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {}", sql())).unwrap();
        let steps = plan.query_map(params![0, 9, 9], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        for index in ["decided", "deletions"] {
            assert!(steps.iter().any(|step| step.contains(index)), "{index}: {steps:#?}");
        }
    }
}
