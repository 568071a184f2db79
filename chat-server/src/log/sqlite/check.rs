//! Whether a data file is whole: its pages, its tables, and every entry in them.

use std::{collections::BTreeMap, io, path::Path};

use chat_proto::{MemberId, MessageId, RoomId, Seq};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    OpenError, SEQ_BITS, SEQ_MAX,
    archive::{Archive, Found},
    load, read,
    row::signed,
    split_key,
};
use crate::core::Entry;

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub rooms: u64,
    pub entries: u64,
    pub faults: u64,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the file's structure: {0}")]
    Structure(String),
    #[error("the server could not load it: {0}")]
    State(String),
    #[error("{room} {seq} is damaged")]
    Entry { room: String, seq: Seq },
    #[error("{room} {seq} and perhaps some that follow cannot be read: {reason}")]
    Unreadable { room: String, seq: Seq, reason: String },
    #[error("{room} goes from {before} to {seq}: entries are missing")]
    Gap { room: String, before: Seq, seq: Seq },
    #[error(
        "{room} {seq} stands at position {pos}, which another entry has or which comes too early"
    )]
    Position { room: String, seq: Seq, pos: u64 },
    #[error("room {0} has entries and is in no table")]
    NoRoom(RoomId),
    #[error("{room} {seq} is not the message that member {member} sent under id {id}")]
    Id { room: RoomId, seq: Seq, member: MemberId, id: MessageId },
}

type Tell<'a> = &'a mut dyn FnMut(Fault) -> io::Result<()>;

/// Faults of the structure that are listed one by one.
const STRUCTURE_FAULTS_MAX: u32 = 100;

/// Reads the whole file. Memory does not grow with what is in the rooms but for a bit an entry.
///
/// # Errors
/// When there is no file that could be looked into.
pub fn check(directory: &Path, tell: Tell<'_>) -> Result<Checked, OpenError> {
    let archive = Archive::open(directory)?;
    let mut checking = Checking::new(&archive, tell);
    let done = checking.run();
    done.map_err(|source| OpenError::Directory { path: directory.to_owned(), source })?;
    Ok(checking.checked)
}

struct Checking<'a> {
    archive: &'a Archive,
    tell: Tell<'a>,
    checked: Checked,
    /// The room that is read, what it is called, and what was last read in it.
    room: Option<RoomId>,
    name: String,
    last: (Seq, u64),
    positions: Positions,
}

impl<'a> Checking<'a> {
    fn new(archive: &'a Archive, tell: Tell<'a>) -> Self {
        let positions = Positions::default();
        let (checked, name) = (Checked::default(), String::new());
        Self { archive, tell, checked, room: None, name, last: (Seq(0), 0), positions }
    }

    fn run(&mut self) -> io::Result<()> {
        self.structure()?;
        if let Err(error) = load::state(&self.archive.db) {
            self.fault(Fault::State(error.to_string()))?;
        }
        let archive = self.archive;
        archive.everything(&mut |found| self.found(found))?;
        self.ids()
    }

    fn fault(&mut self, fault: Fault) -> io::Result<()> {
        self.checked.faults += 1;
        (self.tell)(fault)
    }

    fn structure(&mut self) -> io::Result<()> {
        let mut faults = Vec::new();
        let pragma = format!("PRAGMA integrity_check({STRUCTURE_FAULTS_MAX})");
        let read = each_text(&self.archive.db, &pragma, |text| {
            if text != "ok" {
                faults.push(text);
            }
        });
        faults.extend(read.err().map(|error| error.to_string()));
        faults.into_iter().try_for_each(|fault| self.fault(Fault::Structure(fault)))
    }

    fn found(&mut self, found: Found) -> io::Result<()> {
        self.checked.entries += 1;
        match found {
            Found::Entry(entry) => self.entry(&entry),
            Found::Damaged { room, seq } => {
                self.number(room, seq)?;
                let room = self.name.clone();
                self.fault(Fault::Entry { room, seq })
            }
            Found::Unreadable { room, seq, reason } => {
                self.checked.entries -= 1;
                let room = name(&self.archive.db, room).unwrap_or_else(|| format!("room {room}"));
                self.fault(Fault::Unreadable { room, seq, reason })
            }
        }
    }

    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        let Entry { room, seq, pos, .. } = *entry;
        self.number(room, seq)?;
        let late = pos > self.last.1;
        self.last.1 = pos;
        if late && self.positions.add(pos) {
            return Ok(());
        }
        let room = self.name.clone();
        self.fault(Fault::Position { room, seq, pos })
    }

    /// Every room's numbers follow each other, from 1 or from where the room begins.
    fn number(&mut self, room: RoomId, seq: Seq) -> io::Result<()> {
        if self.room != Some(room) {
            self.enter(room)?;
        }
        let before = self.last.0;
        self.last.0 = seq;
        if seq == before.next() {
            return Ok(());
        }
        let room = self.name.clone();
        self.fault(Fault::Gap { room, before, seq })
    }

    fn enter(&mut self, room: RoomId) -> io::Result<()> {
        self.checked.rooms += 1;
        let db = &self.archive.db;
        // Where that cannot be read, loading has told it.
        let (through, _) = read::begins(db, room).unwrap_or_default();
        (self.room, self.last) = (Some(room), (through, 0));
        let found = name(db, room);
        let known = found.is_some();
        self.name = found.unwrap_or_else(|| format!("room {room}"));
        if known { Ok(()) } else { self.fault(Fault::NoRoom(room)) }
    }

    /// An id that was given must lead to the message that came with it.
    fn ids(&mut self) -> io::Result<()> {
        let mut wrong = Vec::new();
        let read = wrong_ids(&self.archive.db, &mut wrong);
        wrong.into_iter().try_for_each(|fault| self.fault(fault))?;
        read.or_else(|error| self.fault(Fault::Structure(error.to_string())))
    }
}

/// What a room is called, where it is in the table.
fn name(db: &Connection, room: RoomId) -> Option<String> {
    let sql = "SELECT coalesce(name, '@' || nicks) FROM rooms WHERE id = ?1";
    let named = db.prepare_cached(sql).and_then(|mut statement| {
        statement.query_row([room.0.cast_signed()], |row| row.get(0)).optional()
    });
    named.ok().flatten()
}

fn each_text(db: &Connection, sql: &str, mut take: impl FnMut(String)) -> rusqlite::Result<()> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row.get(0)?);
    }
    Ok(())
}

fn wrong_ids(db: &Connection, wrong: &mut Vec<Fault>) -> rusqlite::Result<()> {
    let sql = "SELECT i.key, i.member, i.id FROM ids i \
                 LEFT JOIN entries e ON e.key = i.key LEFT JOIN changes c ON c.key = i.key \
                 LEFT JOIN beginnings b ON b.room = i.key >> ?2 \
               WHERE i.key & ?3 > coalesce(b.through, 0) \
                 AND (coalesce(e.member, c.member, -1) <> i.member OR coalesce(e.id, c.id) IS NOT i.id) \
               LIMIT ?1";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query(params![STRUCTURE_FAULTS_MAX, SEQ_BITS, signed(SEQ_MAX)])?;
    while let Some(row) = rows.next()? {
        let (room, seq) = split_key(row.get(0)?);
        let member = MemberId(row.get::<_, i64>(1)?.unsigned_abs());
        wrong.push(Fault::Id { room, seq, member, id: MessageId(row.get(2)?) });
    }
    Ok(())
}

/// The positions that were seen: a bit each, in pieces, because they lie close together.
#[derive(Default)]
struct Positions(BTreeMap<u64, Box<[u64; PIECE_WORDS]>>);

const PIECE_WORDS: usize = 1024;
const PIECE_BITS: u64 = PIECE_WORDS as u64 * 64;

impl Positions {
    /// Whether it is new.
    fn add(&mut self, pos: u64) -> bool {
        let piece = self.0.entry(pos / PIECE_BITS).or_insert_with(|| Box::new([0; PIECE_WORDS]));
        let (word, bit) = ((pos % PIECE_BITS) / 64, 1 << (pos % 64));
        let word = &mut piece[usize::try_from(word).unwrap_or(0)];
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}
