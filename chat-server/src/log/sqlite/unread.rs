//! Counting what somebody has not read.

use chat_proto::{MemberId, RoomId, Seq};
use rusqlite::{Connection, params};

use super::{SEQ_MAX, key, read::head};
use crate::log::{Tally, Unread};

pub(super) fn count(db: &mut Connection, room: RoomId, unread: &Unread) -> rusqlite::Result<Tally> {
    // One transaction: the count and the head belong together.
    let transaction = db.transaction()?;
    let mut tally = Tally::none(head(&transaction, room)?);
    let sql = "SELECT member, CASE WHEN kind IN (1, 2) THEN text END FROM entries \
               WHERE key BETWEEN ?1 AND ?2 ORDER BY key";
    let mut statement = transaction.prepare_cached(sql)?;
    let (low, high) = (key(room, unread.after.next()), key(room, Seq(SEQ_MAX)));
    let mut rows = statement.query(params![low, high])?;
    while !tally.is_enough()
        && let Some(row) = rows.next()?
    {
        let by = MemberId(row.get::<_, i64>(0)?.unsigned_abs());
        tally.look(unread, by, row.get_ref(1)?.as_str_or_null()?);
    }
    Ok(tally)
}
