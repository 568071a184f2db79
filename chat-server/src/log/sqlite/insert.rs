//! Writing entries and their ids: statements are found once for a whole group, not for every row.

use rusqlite::{CachedStatement, Connection, params};

use super::{
    keyed::Keyed,
    outcome,
    row::{Stored, signed},
    runs::Runs,
};
use crate::core::{Entry, ID_MILLIS_MAX};

/// Inserts the entries of one group.
pub(super) struct Inserts<'db> {
    db: &'db Connection,
    runs: &'db mut Runs,
    known: &'db mut Keyed,
    entries: Statement<'db>,
    changes: Statement<'db>,
    ids: Statement<'db>,
}

/// Prepared for the first who needs it.
struct Statement<'db> {
    sql: &'static str,
    prepared: Option<CachedStatement<'db>>,
}

impl<'db> Inserts<'db> {
    pub(super) const fn new(
        db: &'db Connection,
        runs: &'db mut Runs,
        known: &'db mut Keyed,
    ) -> Self {
        Self {
            db,
            runs,
            known,
            entries: Statement::new(INSERT_ENTRY),
            changes: Statement::new(INSERT_CHANGE),
            ids: Statement::new(INSERT_ID),
        }
    }

    pub(super) fn write(&mut self, entry: &Entry, keyed: bool) -> rusqlite::Result<()> {
        let skipped = self.runs.before(entry);
        let stored = Stored::of(entry, (skipped > 0).then(|| signed(skipped)));
        let is_change = entry.content.target().is_some();
        let insert = if is_change { &mut self.changes } else { &mut self.entries };
        insert_row(insert.prepared(self.db)?, &stored)?;
        if is_change {
            outcome::write_reaction(self.db, entry)?;
        }
        if keyed {
            let Stored { at, member, id, key, .. } = stored;
            let week = at / ID_MILLIS_MAX;
            self.ids.prepared(self.db)?.execute(params![week, id, member, key])?;
            self.known.note(entry.by, entry.id, entry.at);
        }
        Ok(())
    }
}

impl<'db> Statement<'db> {
    const fn new(sql: &'static str) -> Self {
        Self { sql, prepared: None }
    }

    fn prepared(&mut self, db: &'db Connection) -> rusqlite::Result<&mut CachedStatement<'db>> {
        match &mut self.prepared {
            Some(prepared) => Ok(prepared),
            none => Ok(none.insert(db.prepare_cached(self.sql)?)),
        }
    }
}

fn insert_row(insert: &mut CachedStatement<'_>, stored: &Stored<'_>) -> rusqlite::Result<()> {
    let sum = stored.sum();
    let Stored { key, pos, at, member, nick, id, kind, text, body, skipped } = stored;
    insert.execute(params![key, pos, at, member, nick, id, kind, text, body, sum, skipped])?;
    Ok(())
}

const INSERT_ENTRY: &str =
    "INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const INSERT_CHANGE: &str =
    "INSERT INTO changes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const INSERT_ID: &str = "INSERT OR REPLACE INTO ids VALUES (?1, ?2, ?3, ?4)";
