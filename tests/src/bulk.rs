//! A data directory with very many messages, made without a server: a big room with nine tenths of them, and others
//! that share the rest.
//!
//! The same number gives the same messages. They read like talk: few words are common and most are rare, so that a
//! search has both to look for ([`COMMON`], [`RARE`], [`HAN`]).

mod talk;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use chat_proto::{Epoch, MemberId, RoomId, RoomName, Seq, Time, Topic};
use chat_server::{
    core::{Counters, Entry, Kind, Room, RoomKeys, Row},
    log::{
        Opened, Store, search,
        sqlite::{self, Sync},
    },
};

use talk::Talk;
pub use talk::{COMMON, HAN, MEMBERS, RARE};

/// The room with most of the messages.
pub const BIG: &str = "#big";
/// The others are #room1, #room2 …
pub const OTHERS: u64 = 1000;

/// Of ten messages, nine are for the big room.
const TENTH: u64 = 10;
/// When the first was said, and how far apart they are: ten million take 116 days.
const FIRST_AT: i64 = 1_750_000_000_000;
const MILLIS_APART: i64 = 1000;
/// Messages of one transaction.
const BATCH: u64 = 16 * 1024;
/// Grows with what is made, so that an older directory is not taken for a newer one.
const VERSION: u32 = 1;

/// The directory with so many messages and their index for searching, below cargo's; made where it is not there yet.
/// What servers add to it stays.
///
/// # Errors
/// When it cannot be written.
pub fn directory(messages: u64) -> io::Result<PathBuf> {
    let target = std::env::current_exe()?;
    let target = target.ancestors().find(|path| path.join("CACHEDIR.TAG").exists());
    let place = target.map_or_else(std::env::temp_dir, Path::to_owned).join("bulk");
    let (path, part) = (place.join(format!("{messages}-v{VERSION}")), place.join("part"));
    if !path.exists() {
        if part.exists() {
            fs::remove_dir_all(&part)?;
        }
        fill(&part, messages)?;
        index(&part)?;
        fs::rename(&part, &path)?;
    }
    Ok(path)
}

/// Puts so many messages into a new data directory.
///
/// # Errors
/// When it cannot be written.
pub fn fill(directory: &Path, messages: u64) -> io::Result<()> {
    let mut store = open(directory)?.store;
    let mut filling = Filling::new(&mut *store);
    let mut talk = Talk::new();
    for number in 0..messages {
        filling.add(number, &mut talk);
        if number % BATCH == BATCH - 1 {
            filling.commit()?;
        }
    }
    filling.commit()?;
    store.close().map_err(io::Error::other)
}

/// Makes its index for searching anew; how many messages it has.
///
/// # Errors
/// When it cannot be written.
pub fn index(directory: &Path) -> io::Result<u64> {
    let Opened { mut store, reader, state, index } = open(directory)?;
    let place = index.ok_or_else(|| io::Error::other("a log on the disk has an index"))?;
    let entries =
        search::rebuild(reader, place, state.heads().collect()).map_err(io::Error::other)?;
    store.close().map_err(io::Error::other)?;
    Ok(entries)
}

fn open(directory: &Path) -> io::Result<Opened> {
    sqlite::open(directory, Sync::Normal, Epoch([0xb1; 16])).map_err(io::Error::other)
}

struct Filling<'a> {
    store: &'a mut dyn Store,
    counters: Counters,
    /// The last number of each room; the big one is the first.
    heads: Vec<u64>,
    rows: Vec<Row>,
}

impl<'a> Filling<'a> {
    fn new(store: &'a mut dyn Store) -> Self {
        let counters = Counters { room: OTHERS + 2, member: MEMBERS + 1, ..Counters::default() };
        let heads = (0..=OTHERS).map(|_| 0).collect();
        Self { store, counters, heads, rows: Vec::new() }
    }

    fn add(&mut self, number: u64, talk: &mut Talk) {
        let place = place(number);
        if self.heads[place] == 0 {
            self.rows.push(room(place as u64));
        }
        self.heads[place] += 1;
        let (by, nick) = talk.member();
        let pos = self.counters.pos;
        self.counters.pos += 1;
        let entry = Entry {
            pos,
            room: RoomId(place as u64 + 1),
            seq: Seq(self.heads[place]),
            at: Time(FIRST_AT + i64::try_from(number).unwrap_or(i64::MAX) * MILLIS_APART),
            by: MemberId(by),
            nick,
            id: talk.id(),
            content: talk.says(number),
            edited: None,
        };
        self.rows.push(Row::Entry { entry: Arc::new(entry), keyed: false });
    }

    fn commit(&mut self) -> io::Result<()> {
        self.store.commit(&self.rows, &self.counters).map_err(io::Error::other)?;
        self.rows.clear();
        Ok(())
    }
}

/// Where a message goes: 0 is the big room.
fn place(number: u64) -> usize {
    let other = number / TENTH % OTHERS + 1;
    if number.is_multiple_of(TENTH) { usize::try_from(other).unwrap_or(0) } else { 0 }
}

/// The name of a room by its place.
fn name(place: u64) -> String {
    if place == 0 { BIG.into() } else { format!("#room{place}") }
}

fn room(place: u64) -> Row {
    let keys = RoomKeys::of(RoomName::parse(&name(place)).expect("a good name"));
    let room = Room {
        kind: Kind::Public(keys),
        topic: Topic::default(),
        created: Time(FIRST_AT),
        kept: true,
        members: Default::default(),
    };
    Row::Room(RoomId(place + 1), Arc::new(room))
}
