//! Asking the index: what it proposes is read from the store and looked at again.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use chat_proto::{RoomId, Seq, Time};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, params};

use super::{
    Hints, Search,
    index::{nick_word, number, room_word, signed},
};
use crate::{
    core::Entry,
    log::{Reader, StoreError, around, sqlite::BUSY},
};

/// The reading side of the index.
pub(super) struct Finder {
    path: PathBuf,
    hints: Arc<Hints>,
    /// Connections that nobody uses now, each with the making of the index that it has open.
    idle: Mutex<Vec<(u64, Connection)>>,
}

/// What the index knew.
#[derive(Default)]
pub(super) struct Indexed {
    pub(super) entries: Vec<Arc<Entry>>,
    /// Up to which number each room is indexed.
    pub(super) seqs: HashMap<RoomId, Seq>,
    /// Entries before this position were not looked for; 0 where all were.
    pub(super) floor: u64,
}

/// Where an entry is said to stand.
struct Proposal {
    pos: u64,
    room: RoomId,
    seq: Seq,
}

/// More rooms than these are told apart after the index was asked: there a word for each costs more than it saves.
const ROOM_WORDS_MAX: usize = 16;
/// Proposals looked at for one page: a bound for words that are common where one may not read.
const PROPOSALS_MAX: usize = 50_000;

impl Finder {
    pub(super) fn new(path: PathBuf, hints: Arc<Hints>) -> Self {
        Self { path, hints, idle: Mutex::default() }
    }

    /// Finds what is indexed; nothing where the index is of no use now.
    pub(super) fn find(&self, search: &Search, reader: &dyn Reader) -> Result<Indexed, StoreError> {
        let made = self.hints.times_made();
        let Some(mut db) = self.connection(made) else { return Ok(Indexed::default()) };
        match find(&mut db, search, reader) {
            Ok(found) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((made, db));
                Ok(found)
            }
            Err(Failure::Store(error)) => Err(error),
            Err(Failure::Index(error)) => {
                self.failed(&error);
                Ok(Indexed::default())
            }
        }
    }

    fn connection(&self, made: u64) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(of, _)| *of == made);
        if let Some((_, connection)) = idle.pop() {
            return Some(connection);
        }
        drop(idle);
        connect(&self.path).inspect_err(|error| self.failed(error)).ok()
    }

    fn failed(&self, error: &rusqlite::Error) {
        tracing::warn!(%error, "the search index cannot be read");
        if is_damage(error) {
            self.hints.damaged();
        }
    }
}

/// Whether the index is of no use and has to be made anew.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn connect(path: &std::path::Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Index(#[from] rusqlite::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn find(db: &mut Connection, search: &Search, reader: &dyn Reader) -> Result<Indexed, Failure> {
    // One transaction: what is proposed and up to where rooms are indexed belong together.
    let transaction = db.transaction()?;
    let mut found = Indexed { seqs: seqs(&transaction, &search.rooms)?, ..Indexed::default() };
    let rooms: HashSet<_> = search.rooms.iter().copied().collect();
    let (first, rest) = expressions(search);
    let (low, mut high) = bounds(&transaction, search)?;
    let (page, mut looked_at) = ((search.limit + 1).clamp(32, 512), 0);
    let mut words = &first;
    loop {
        let proposals = propose(&transaction, words.as_deref(), (low, high), page)?;
        words = &rest;
        let is_last = proposals.len() < page;
        looked_at += proposals.len();
        for proposal in proposals {
            high = proposal.pos;
            found.entries.extend(check(&proposal, &rooms, search, reader)?);
            if found.entries.len() > search.limit {
                found.floor = high;
                return Ok(found);
            }
        }
        if is_last || looked_at >= PROPOSALS_MAX {
            found.floor = if is_last { 0 } else { high };
            return Ok(found);
        }
    }
}

/// The entry as the store has it, where it is what is looked for.
fn check(
    proposal: &Proposal,
    rooms: &HashSet<RoomId>,
    search: &Search,
    reader: &dyn Reader,
) -> Result<Option<Arc<Entry>>, StoreError> {
    let Proposal { pos, room, seq } = *proposal;
    if !rooms.contains(&room) {
        return Ok(None);
    }
    match around::entry(reader, room, seq) {
        Ok(entry) => Ok(entry.filter(|entry| entry.pos == pos && search.query.matches(entry))),
        // One damaged entry does not hide the others.
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::error!(%error, "left out of a search");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What the index is asked first, and what for the rest; none where every entry will do. What is seldom said is found at
/// once without asking for the rooms: the word of a large room stands in so many entries that to look it up takes longer.
/// Words hold nothing that FTS5 would read as its own.
fn expressions(search: &Search) -> (Option<String>, Option<String>) {
    let query = &search.query;
    let mut all: Vec<_> = query.phrases.iter().map(|phrase| quoted(phrase.trim())).collect();
    if !query.from.is_empty() {
        all.push(any(query.from.iter().map(|nick| nick_word(nick))));
    }
    let joined = |all: &[String]| (!all.is_empty()).then(|| all.join(" AND "));
    let first = joined(&all);
    if search.rooms.len() <= ROOM_WORDS_MAX {
        all.push(any(search.rooms.iter().map(|room| room_word(*room))));
    }
    let rest = joined(&all);
    (first.or_else(|| rest.clone()), rest)
}

fn any(words: impl Iterator<Item = String>) -> String {
    let words: Vec<_> = words.map(|word| quoted(&word)).collect();
    format!("({})", words.join(" OR "))
}

fn quoted(words: &str) -> String {
    format!("\"{words}\"")
}

/// Entries before the position `high`, newest first.
fn propose(
    db: &Transaction<'_>,
    words: Option<&str>,
    (low, high): (u64, u64),
    limit: usize,
) -> rusqlite::Result<Vec<Proposal>> {
    let sql = match words {
        Some(_) => {
            "SELECT p.pos, p.room, p.seq FROM said CROSS JOIN places p ON p.pos = said.rowid \
             WHERE said MATCH ?1 AND said.rowid >= ?2 AND said.rowid < ?3 ORDER BY said.rowid DESC LIMIT ?4"
        }
        None => {
            "SELECT pos, room, seq FROM places \
             WHERE ?1 IS NULL AND pos >= ?2 AND pos < ?3 ORDER BY pos DESC LIMIT ?4"
        }
    };
    let proposal = |row: &rusqlite::Row<'_>| {
        let (room, seq) = (RoomId(number(row, 1)?), Seq(number(row, 2)?));
        Ok(Proposal { pos: number(row, 0)?, room, seq })
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params![words, signed(low), signed(high), limit], proposal)?.collect()
}

/// Between which positions to look.
fn bounds(db: &Transaction<'_>, search: &Search) -> rusqlite::Result<(u64, u64)> {
    let mut high = search.before.unwrap_or(u64::MAX);
    if let Some(before) = search.query.before {
        high = high.min(first_since(db, before.0.saturating_add(SLACK_MILLIS))?);
    }
    let low = match search.query.since {
        Some(Time(since)) => first_since(db, since.saturating_sub(SLACK_MILLIS))?,
        None => 0,
    };
    Ok((low, high))
}

/// Times grow with positions, but for as much as clocks jump and senders overtake each other; entries are looked at
/// again.
const SLACK_MILLIS: i64 = 10 * 60 * 1000;

/// The first position of that time or later; one behind the last where there is none.
fn first_since(db: &Transaction<'_>, millis: i64) -> rusqlite::Result<u64> {
    let last: Option<i64> = db.query_row("SELECT max(pos) FROM places", [], |row| row.get(0))?;
    let mut at =
        db.prepare_cached("SELECT pos, at FROM places WHERE pos >= ?1 ORDER BY pos LIMIT 1")?;
    let (mut low, mut high) = (0, last.map_or(0, i64::unsigned_abs) + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(u64, i64)> =
            at.query_row([signed(middle)], |row| Ok((number(row, 0)?, row.get(1)?))).optional()?;
        match found {
            Some((pos, at)) if at < millis => low = pos + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

fn seqs(db: &Transaction<'_>, rooms: &[RoomId]) -> rusqlite::Result<HashMap<RoomId, Seq>> {
    let mut seq = db.prepare_cached("SELECT seq FROM rooms WHERE room = ?1")?;
    let mut seqs = HashMap::with_capacity(rooms.len());
    for room in rooms {
        let found = seq.query_row([signed(room.0)], |row| number(row, 0)).optional()?;
        seqs.extend(found.map(|seq| (*room, Seq(seq))));
    }
    Ok(seqs)
}
