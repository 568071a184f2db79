//! Data files with flipped bits, lost sectors and cut ends: refused, or told where one reads, or harmless; never garbage.
#![allow(clippy::unwrap_used, reason = "a test says where it fails")]

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use chat_proto::{
    Epoch, MemberId, MessageId, Nick, RoomId, RoomName, Seq, Text, Time, Topic,
    message::{Anchor, Content, Said},
};
use chat_server::{
    core::{Counters, Entry, Kind, Room, RoomKeys, Row},
    log::{
        Opened, Read,
        sqlite::{self, Sync},
    },
};
use rpds::RedBlackTreeSetSync;

const ROOMS: u64 = 3;
const ENTRIES: u64 = 400;

/// Harms tried; CHAT_TEST_HARMS tries more.
const HARMS: u64 = 150;

/// What became of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Refused,
    Told,
    Harmless,
}

/// Numbers that look random (xorshift) and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

fn open(directory: &Path) -> Result<Opened, sqlite::OpenError> {
    sqlite::open(directory, Sync::Full, Epoch([1; 16]))
}

fn entry(room: RoomId, seq: u64, pos: u64, dice: &mut Dice) -> Arc<Entry> {
    let word = ["tea", "kettle", "你好", "x"][dice.below(4)];
    let text = Text::clean(&format!("{pos} {}", word.repeat(1 + dice.below(80)))).unwrap();
    let content = Content::Text(Said::plain(text));
    let (at, by, id) =
        (Time(1_700_000_000_000), MemberId(1), MessageId(u128::from(pos).to_be_bytes()));
    let nick = Nick::parse("alice").unwrap();
    Arc::new(Entry { pos, room, seq: Seq(seq), at, by, nick, id, content, edited: None })
}

/// Some rooms whose entries came in turns, as one whole file.
fn file() -> Vec<u8> {
    let (directory, mut dice) = (tempfile::tempdir().unwrap(), Dice(7));
    let mut store = open(directory.path()).unwrap().store;
    let mut counters = Counters { room: ROOMS + 1, member: 2, ..Counters::default() };
    for id in 1..=ROOMS {
        let keys = RoomKeys::of(RoomName::parse(&format!("#room{id}")).unwrap());
        let (kind, topic, members) =
            (Kind::Public(keys), Topic::default(), RedBlackTreeSetSync::new_sync());
        let room = Room { kind, topic, created: Time(0), kept: true, members };
        store.commit(&[Row::Room(RoomId(id), Arc::new(room))], &counters).unwrap();
    }
    for seq in 1..=ENTRIES {
        let row = |room: u64| {
            let pos = (seq - 1) * ROOMS + room;
            Row::Entry { entry: entry(RoomId(room), seq, pos, &mut dice), keyed: true }
        };
        let rows: Vec<_> = (1..=ROOMS).map(row).collect();
        counters.pos += ROOMS;
        store.commit(&rows, &counters).unwrap();
    }
    store.close().unwrap();
    drop(store);
    fs::read(directory.path().join(sqlite::FILE_NAME)).unwrap()
}

/// What is in all rooms, page by page; none where something is told.
fn read(opened: &Opened) -> Option<BTreeMap<RoomId, Vec<Arc<Entry>>>> {
    let mut all = BTreeMap::new();
    for room in (1..=ROOMS).map(RoomId) {
        let (mut entries, mut after) = (Vec::new(), Seq(0));
        loop {
            let read = Read { from: Anchor::After(after), limit: 50, bytes_max: 1 << 20 };
            let slice = opened.reader.read(room, read).ok()?;
            entries.extend(slice.entries);
            after = entries.last().map_or(after, |entry: &Arc<Entry>| entry.seq);
            if !slice.more {
                break;
            }
        }
        all.insert(room, entries);
    }
    Some(all)
}

fn harm(file: &[u8], dice: &mut Dice) -> (String, Vec<u8>) {
    let (mut harmed, at) = (file.to_vec(), dice.below(file.len()));
    let what = match dice.below(4) {
        0 => {
            harmed[at] ^= 1 << dice.below(8);
            "a bit"
        }
        1 => {
            harmed[at] = u8::try_from(dice.below(256)).unwrap();
            "a byte"
        }
        2 => {
            harmed[at / 512 * 512..][..512].fill(0);
            "a sector"
        }
        _ => {
            harmed.truncate(at);
            "the end"
        }
    };
    (format!("{what} at {at}"), harmed)
}

fn try_out(file: &[u8], whole: &BTreeMap<RoomId, Vec<Arc<Entry>>>, what: &str) -> End {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(sqlite::FILE_NAME), file).unwrap();
    let Ok(opened) = open(directory.path()) else { return End::Refused };
    let Some(found) = read(&opened) else { return End::Told };
    for (room, entries) in whole {
        assert!(
            found[room] == *entries,
            "{what}: {room} has {} of {}",
            found[room].len(),
            entries.len()
        );
    }
    End::Harmless
}

#[test]
fn harm_is_refused_or_told_or_harmless() {
    let tries = std::env::var("CHAT_TEST_HARMS").map_or(HARMS, |tries| tries.parse().unwrap());
    let (file, mut dice) = (file(), Dice(11));
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(sqlite::FILE_NAME), &file).unwrap();
    let whole = read(&open(directory.path()).unwrap()).unwrap();
    assert!(whole.values().all(|entries| entries.len() as u64 == ENTRIES));
    let mut ends = BTreeMap::new();
    for _ in 0..tries {
        let (what, harmed) = harm(&file, &mut dice);
        *ends.entry(try_out(&harmed, &whole, &what)).or_insert(0) += 1;
    }
    println!("{tries} harms: {ends:?}");
    assert!(ends.len() == 3, "every end is met: {ends:?}");
}
