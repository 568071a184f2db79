//! Which entry an id stands for. Every message with an id comes through here, and nearly every one is new.

use chat_proto::{MemberId, MessageId, Time};
use rusqlite::{Connection, OptionalExtension, params};

use super::row::signed;
use crate::{core::ID_MILLIS_MAX, numbered::Numbered};

/// Where ids are looked for.
pub(super) struct Keyed {
    /// The first and the last week that ids may be kept of.
    weeks: (i64, i64),
    /// None before the first look.
    newest: Option<Newest>,
}

/// Which ids are new without a look. Those that begin with their time (UUIDv7, RFC 9562 section 5.7) grow: none is used
/// yet beyond the largest that was there and the largest of its member since.
struct Newest {
    /// The week in which it was looked up what was there.
    week: i64,
    /// Ids from here on seem to be of a time far off, or of none: they are always looked for, and do not count as the
    /// largest.
    far: MessageId,
    /// The largest that was there, whosever it is.
    there: MessageId,
    /// The largest of each member who has posted since.
    since: Numbered<MemberId, MessageId>,
}

/// Ids thrown away with one commit, and those equal to the last of them.
const OLD_MAX: i64 = 2000;
/// One range, found by counting: the rows that a subquery lists would be looked for in the whole week.
const FORGET: &str = "DELETE FROM ids WHERE week = ?1 \
    AND id <= coalesce((SELECT id FROM ids WHERE week = ?1 ORDER BY id LIMIT 1 OFFSET ?2), ?3)";
/// Members whose largest ids are kept in memory; 3 MiB.
const NEWEST_MAX: usize = 65_536;
/// Weeks after the present one from which on times are far off.
const FAR_WEEKS: i64 = 2;

impl Keyed {
    pub(super) fn load(db: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT (SELECT min(week) FROM ids), (SELECT max(week) FROM ids)";
        let weeks = db.query_row(sql, [], |row| {
            let (first, last): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok((first.unwrap_or(i64::MAX), last.unwrap_or(i64::MIN)))
        });
        Ok(Self { weeks: weeks?, newest: None })
    }

    /// The key of the entry that an id stands for.
    pub(super) fn find(
        &mut self,
        db: &Connection,
        (member, id): (MemberId, MessageId),
        now: Time,
    ) -> rusqlite::Result<Option<i64>> {
        if self.newest(db, now)?.is_beyond(member, id) {
            return Ok(None);
        }
        let mut find =
            db.prepare_cached("SELECT key FROM ids WHERE week = ?1 AND id = ?2 AND member = ?3")?;
        for week in self.weeks_about(now) {
            let key = find.query_row(params![week, id.0, signed(member.0)], |row| row.get(0));
            if let Some(key) = key.optional()? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// What holds in this week; looked up again in the next one.
    fn newest(&mut self, db: &Connection, now: Time) -> rusqlite::Result<&Newest> {
        let still = |newest: &Newest| newest.week == week(now) && newest.since.len() < NEWEST_MAX;
        let newest = match self.newest.take().filter(still) {
            Some(newest) => newest,
            None => Newest::load(db, week(now), self.weeks_about(now))?,
        };
        Ok(self.newest.insert(newest))
    }

    /// A message is written under this id. If it is taken back, the id only seems used until it is looked for.
    pub(super) fn note(&mut self, member: MemberId, id: MessageId, at: Time) {
        let ((first, last), week) = (self.weeks, week(at));
        self.weeks = (first.min(week), last.max(week));
        if let Some(newest) = self.newest.as_mut().filter(|newest| id < newest.far) {
            let largest = newest.since.entry(member).or_insert(id);
            *largest = id.max(*largest);
        }
    }

    /// Throws some of the ids away that are older than this week and the last.
    pub(super) fn forget_old(&mut self, db: &Connection, now: Time) -> rusqlite::Result<()> {
        let (first, _) = self.weeks;
        if first >= week(now) - 1 {
            return Ok(());
        }
        let gone = db.prepare_cached(FORGET)?.execute(params![first, OLD_MAX, [0xff_u8; 16]])?;
        if gone == 0 {
            let next: Option<i64> =
                db.query_row("SELECT min(week) FROM ids", [], |row| row.get(0))?;
            self.weeks.0 = next.unwrap_or(i64::MAX);
        }
        Ok(())
    }

    /// The weeks that an id may be found in, the likely one first.
    fn weeks_about(&self, now: Time) -> impl Iterator<Item = i64> + use<> {
        let ((first, last), week) = (self.weeks, week(now));
        [week, week - 1, week + 1].into_iter().filter(move |week| (first..=last).contains(week))
    }
}

impl Newest {
    /// Looks up what is there in these weeks.
    fn load(
        db: &Connection,
        week: i64,
        weeks: impl Iterator<Item = i64>,
    ) -> rusqlite::Result<Self> {
        let far = first_at(Time((week + FAR_WEEKS) * ID_MILLIS_MAX));
        let mut largest =
            db.prepare_cached("SELECT max(id) FROM ids WHERE week = ?1 AND id < ?2")?;
        let mut there = MessageId([0; 16]);
        for week in weeks {
            let found: Option<[u8; 16]> =
                largest.query_row(params![week, far.0], |row| row.get(0))?;
            there = there.max(MessageId(found.unwrap_or_default()));
        }
        Ok(Self { week, far, there, since: Numbered::default() })
    }

    fn is_beyond(&self, member: MemberId, id: MessageId) -> bool {
        let largest = self.since.get(&member).map_or(self.there, |since| self.there.max(*since));
        largest < id && id < self.far
    }
}

/// The smallest UUIDv7 of a time: its first 48 bits are the milliseconds.
fn first_at(at: Time) -> MessageId {
    let millis = at.0.clamp(0, (1 << 48) - 1).unsigned_abs();
    MessageId((u128::from(millis) << 80).to_be_bytes())
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

    /// Of so many days after the beginning of time.
    fn id(days: i64) -> MessageId {
        first_at(Time(days * WEEK / 7))
    }

    fn write(db: &Connection, week: i64, (member, days): (MemberId, i64), key: i64) {
        let row = params![week, id(days).0, signed(member.0), key];
        db.execute("INSERT INTO ids VALUES (?1, ?2, ?3, ?4)", row).unwrap();
    }

    #[test]
    fn an_id_is_found_wherever_it_stands_among_the_others() {
        let data = tempfile::tempdir().unwrap();
        let db = tables(data.path());
        write(&db, 7, (ALICE, 49), 79);
        write(&db, 8, (ALICE, 3), 83);
        write(&db, 8, (MemberId(2), 57), 99);
        write(&db, 8, (ALICE, 5), 85);
        write(&db, 8, (ALICE, 500), 86);
        let mut keyed = Keyed::load(&db).unwrap();
        let mut find =
            |week: i64, days| keyed.find(&db, (ALICE, id(days)), Time(week * WEEK)).unwrap();
        assert_eq!([3, 4, 5, 57, 58].map(|id| find(8, id)), [Some(83), None, Some(85), None, None]);
        assert_eq!([49, 50].map(|id| find(8, id)), [Some(79), None], "last week");
        assert_eq!([500, 501].map(|id| find(8, id)), [Some(86), None], "far off");
        assert_eq!([3, 49].map(|id| find(9, id)), [Some(83), None], "two weeks ago");
        assert_eq!(
            [3, 49].map(|id| find(7, id)),
            [Some(83), Some(79)],
            "after the clock was set back"
        );
    }

    #[test]
    fn what_comes_after_the_largest_is_new_without_a_look() {
        let data = tempfile::tempdir().unwrap();
        let db = tables(data.path());
        write(&db, 8, (MemberId(2), 57), 99);
        write(&db, 8, (MemberId(2), 500), 98);
        let (mut keyed, now) = (Keyed::load(&db).unwrap(), Time(8 * WEEK));
        let beyond = |keyed: &mut Keyed, member| {
            [56, 57, 58, 59, 501]
                .map(|days| keyed.newest(&db, now).unwrap().is_beyond(member, id(days)))
        };
        assert_eq!(beyond(&mut keyed, ALICE), [false, false, true, true, false]);
        for far in [58, 500] {
            keyed.note(ALICE, id(far), now);
            assert_eq!(beyond(&mut keyed, ALICE), [false, false, false, true, false]);
            assert_eq!(beyond(&mut keyed, MemberId(2)), [false, false, true, true, false]);
        }
    }

    #[test]
    fn ids_go_after_two_weeks_a_part_at_a_time() {
        let data = tempfile::tempdir().unwrap();
        let db = tables(data.path());
        for (week, member) in [5, 7, 8].into_iter().flat_map(|week| [(week, 1), (week, 2)]) {
            (0..1500).for_each(|days| write(&db, week, (MemberId(member), days), 1));
        }
        let mut keyed = Keyed::load(&db).unwrap();
        let mut left_after = |week: i64| {
            keyed.forget_old(&db, Time(week * WEEK)).unwrap();
            db.query_row("SELECT count(*) FROM ids", [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!([6, 7, 7, 7].map(&mut left_after), [9000, 6998, 6000, 6000]);
        assert_eq!([8, 8, 9, 9, 9].map(&mut left_after), [6000, 6000, 3998, 3000, 3000]);
    }

    #[test]
    fn what_was_written_meanwhile_is_found() {
        let data = tempfile::tempdir().unwrap();
        let db = tables(data.path());
        let mut keyed = Keyed::load(&db).unwrap();
        let now = Time(8 * WEEK);
        let find = |keyed: &mut Keyed, days| keyed.find(&db, (ALICE, id(days)), now).unwrap();
        for (days, key) in [(54, 1), (56, 2), (55, 3)] {
            assert_eq!(find(&mut keyed, days), None, "{days} is new");
            write(&db, 8, (ALICE, days), key);
            keyed.note(ALICE, id(days), now);
        }
        assert_eq!(
            [54, 55, 56, 57].map(|days| find(&mut keyed, days)),
            [Some(1), Some(3), Some(2), None]
        );
    }
}
