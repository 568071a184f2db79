//! Who has spoken lately in rooms that are slow: not kept, but read from what they said.

use chat_proto::{MemberId, RoomId, Seq, Time};
use rusqlite::{Connection, params};

use super::{SEQ_MAX, key, load::number};
use crate::core::Stake;

/// Messages looked at in each of these rooms; those who look after one may have written more than others.
const MESSAGES_MAX: i64 = 10_000;
/// Text, action, and what is left of a deleted message.
const SAID: &str = "SELECT member, at FROM entries \
    WHERE key BETWEEN ?1 AND ?2 AND kind IN (1, 2, 7) ORDER BY key DESC LIMIT ?3";

/// By room and member, the newest first.
pub(super) fn load(
    db: &Connection,
    doors: &[(RoomId, Stake)],
) -> rusqlite::Result<Vec<(RoomId, MemberId, Time)>> {
    let mut spoke = Vec::new();
    for (room, stake) in doors {
        match stake {
            Stake::Mode(mode) if mode.slow_secs > 0 => {
                load_room(db, *room, mode.slow_secs, &mut spoke)?;
            }
            _ => {}
        }
    }
    Ok(spoke)
}

/// Nothing that is older than the pause before the newest message can matter now.
fn load_room(
    db: &Connection,
    room: RoomId,
    slow_secs: u32,
    spoke: &mut Vec<(RoomId, MemberId, Time)>,
) -> rusqlite::Result<()> {
    let mut said = db.prepare_cached(SAID)?;
    let mut rows = said.query(params![key(room, Seq(0)), key(room, Seq(SEQ_MAX)), MESSAGES_MAX])?;
    let mut since = i64::MIN;
    while let Some(row) = rows.next()? {
        let (member, at) = (number(row, 0).map(MemberId)?, row.get::<_, i64>(1)?);
        if at < since {
            break;
        }
        since = since.max(at.saturating_sub(i64::from(slow_secs) * 1000));
        spoke.push((room, member, Time(at)));
    }
    Ok(())
}
