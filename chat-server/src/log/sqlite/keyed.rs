//! Which entry an id stands for. Every message with an id comes through here, and nearly every one is new.

use chat_proto::{MemberId, MessageId, Time};
use rusqlite::{Connection, OptionalExtension, params};

use super::row::signed;
use crate::{core::ID_MILLIS_MAX, numbered::Numbered};

/// Where ids are looked for.
pub(super) struct Keyed {
    /// The first and the last week that ids may be kept of.
    weeks: (i64, i64),
    newest: Newest,
}

/// The largest id of each member who has posted lately. Ids that begin with their time (UUIDv7, RFC 9562 section 5.7)
/// grow, and one beyond the largest is new without a look.
#[derive(Default)]
struct Newest {
    /// The week that they were looked up in.
    week: i64,
    ids: Numbered<MemberId, MessageId>,
}

/// Members whose largest ids are kept in memory; 3 MiB.
const NEWEST_MAX: usize = 65_536;

impl Keyed {
    pub(super) fn load(db: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT (SELECT min(week) FROM ids), (SELECT max(week) FROM ids)";
        let weeks = db.query_row(sql, [], |row| {
            let (first, last): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok((first.unwrap_or(i64::MAX), last.unwrap_or(i64::MIN)))
        });
        Ok(Self { weeks: weeks?, newest: Newest::default() })
    }

    /// The key of the entry that an id stands for.
    pub(super) fn find(
        &mut self,
        db: &Connection,
        (member, id): (MemberId, MessageId),
        now: Time,
    ) -> rusqlite::Result<Option<i64>> {
        let known = self.newest.of(member, week(now));
        if known.is_some_and(|newest| newest < id) {
            return Ok(None);
        }
        let weeks = self.weeks_about(now);
        if known.is_none() && self.newest.load(db, member, &weeks)?.is_none_or(|newest| newest < id)
        {
            return Ok(None);
        }
        let mut find =
            db.prepare_cached("SELECT key FROM ids WHERE week = ?1 AND member = ?2 AND id = ?3")?;
        for week in weeks {
            let key = find.query_row(params![week, signed(member.0), id.0], |row| row.get(0));
            if let Some(key) = key.optional()? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// A message is written under this id. If it is taken back, the id only seems used until it is looked for.
    pub(super) fn note(&mut self, member: MemberId, id: MessageId, at: Time) {
        let ((first, last), week) = (self.weeks, week(at));
        self.weeks = (first.min(week), last.max(week));
        if let Some(newest) = self.newest.ids.get_mut(&member) {
            *newest = id.max(*newest);
        }
    }

    /// The weeks that an id may be found in, the likely one first.
    fn weeks_about(&self, now: Time) -> Vec<i64> {
        let ((first, last), week) = (self.weeks, week(now));
        [week, week - 1, week + 1]
            .into_iter()
            .filter(|week| (first..=last).contains(week))
            .collect()
    }
}

impl Newest {
    /// The largest id of a member, where it was looked up in that week.
    fn of(&mut self, member: MemberId, week: i64) -> Option<MessageId> {
        if self.week != week || self.ids.len() >= NEWEST_MAX {
            *self = Self { week, ids: Numbered::default() };
        }
        self.ids.get(&member).copied()
    }

    /// Looks it up in these weeks.
    fn load(
        &mut self,
        db: &Connection,
        member: MemberId,
        weeks: &[i64],
    ) -> rusqlite::Result<Option<MessageId>> {
        let mut largest =
            db.prepare_cached("SELECT max(id) FROM ids WHERE week = ?1 AND member = ?2")?;
        let mut newest = None;
        for week in weeks {
            let found: Option<[u8; 16]> =
                largest.query_row(params![week, signed(member.0)], |row| row.get(0))?;
            newest = newest.max(found.map(MessageId));
        }
        // Whoever has none yet counts as having the smallest there is, which is looked for.
        self.ids.insert(member, newest.unwrap_or(MessageId([0; 16])));
        Ok(newest)
    }
}

/// Weeks counted by sevens of days.
const fn week(at: Time) -> i64 {
    at.0 / ID_MILLIS_MAX
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::log::sqlite::{FILE_NAME, Sync, open};

    const WEEK: i64 = ID_MILLIS_MAX;
    const ALICE: MemberId = MemberId(1);

    fn tables(directory: &Path) -> Connection {
        drop(open(directory, Sync::Normal, chat_proto::Epoch([1; 16])).unwrap());
        Connection::open(directory.join(FILE_NAME)).unwrap()
    }

    fn write(db: &Connection, week: i64, (member, id): (MemberId, u8), key: i64) {
        let row = params![week, signed(member.0), [id; 16], key];
        db.execute("INSERT INTO ids VALUES (?1, ?2, ?3, ?4)", row).unwrap();
    }

    #[test]
    fn an_id_is_found_wherever_it_stands_among_the_others() {
        let data = tempfile::tempdir().unwrap();
        let db = tables(data.path());
        write(&db, 7, (ALICE, 9), 79);
        write(&db, 8, (ALICE, 3), 83);
        write(&db, 8, (MemberId(2), 200), 99);
        write(&db, 8, (ALICE, 5), 85);
        let mut keyed = Keyed::load(&db).unwrap();
        let mut find = |week: i64, id| {
            keyed.find(&db, (ALICE, MessageId([id; 16])), Time(week * WEEK)).unwrap()
        };
        assert_eq!([3, 4, 5, 6].map(|id| find(8, id)), [Some(83), None, Some(85), None]);
        assert_eq!([9, 10].map(|id| find(8, id)), [Some(79), None], "last week");
        assert_eq!([3, 9].map(|id| find(9, id)), [Some(83), None], "two weeks ago");
        assert_eq!(
            [3, 9].map(|id| find(7, id)),
            [Some(83), Some(79)],
            "after the clock was set back"
        );
    }

    #[test]
    fn what_was_written_meanwhile_is_found() {
        let data = tempfile::tempdir().unwrap();
        let db = tables(data.path());
        let mut keyed = Keyed::load(&db).unwrap();
        let now = Time(8 * WEEK);
        let id = |id| (ALICE, MessageId([id; 16]));
        for (number, key) in [(4, 1), (6, 2), (5, 3)] {
            assert_eq!(keyed.find(&db, id(number), now).unwrap(), None, "{number} is new");
            write(&db, 8, (ALICE, number), key);
            keyed.note(ALICE, MessageId([number; 16]), now);
        }
        assert_eq!(
            [4, 5, 6, 7].map(|number| keyed.find(&db, id(number), now).unwrap()),
            [Some(1), Some(3), Some(2), None]
        );
    }
}
