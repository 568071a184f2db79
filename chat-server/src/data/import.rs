//! `chat-server import`

mod lines;
mod outcomes;
mod rooms;

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    path::Path,
    sync::Arc,
};

use crate::{
    core::{Counters, Entry, Row, State},
    log::{
        Opened, Store, StoreError, memory,
        sqlite::{self, Sync},
        weight,
    },
};
use anyhow::{Context, anyhow};
use chat_proto::{Epoch, MemberId};

use self::{lines::Lines, rooms::Rooms};
use super::record::Record;

pub(super) fn run(directory: &Path, file: &Path) -> anyhow::Result<()> {
    let mut epoch = [0; 16];
    getrandom::fill(&mut epoch)?;
    let Opened { mut store, state, .. } = sqlite::open(directory, Sync::Full, Epoch(epoch))?;
    if file == Path::new("-") {
        let mut import = Import::new(&state, Some(&mut *store));
        import.read(io::stdin().lock())?;
        return import.told();
    }
    let open = || File::open(file).with_context(|| format!("cannot read {}", file.display()));
    if open()?.metadata()?.is_file() {
        Import::new(&state, None).read(open()?)?;
    }
    let mut import = Import::new(&state, Some(&mut *store));
    import.read(open()?)?;
    import.told()
}

/// What is wrong with a line, which has its number already.
fn plain(error: serde_json::Error) -> anyhow::Error {
    let kind = if error.is_data() { "" } else { "this is no JSON: " };
    let text = error.to_string();
    let Some((what, column)) = text.rsplit_once(" at line 1 column ") else { return error.into() };
    anyhow!("{kind}{what} in column {column}")
}

/// Imports into a log in memory; tells how many entries there were.
pub(super) fn in_vain(from: impl Read) -> anyhow::Result<u64> {
    let Opened { mut store, state, .. } = memory::open(Epoch([0; 16]));
    let mut import = Import::new(&state, Some(&mut *store));
    import.read(from)?;
    Ok(import.entries)
}

/// Entries on their way into a log that nobody else uses.
struct Import<'a> {
    /// None for a trial.
    store: Option<&'a mut dyn Store>,
    rooms: Rooms,
    counters: Counters,
    /// Added to the members' numbers, so that nobody who was here is taken for somebody who spoke elsewhere.
    members_before: u64,
    batch: Vec<Row>,
    batch_bytes: usize,
    /// Lines that are in for good, entries among them, and entries left out.
    lines: u64,
    entries: u64,
    private: u64,
}

/// What goes into one transaction: enough to share the disk's time, little enough for the memory.
const BATCH_ROWS: usize = 4096;
const BATCH_BYTES: usize = 8 * 1024 * 1024;

impl<'a> Import<'a> {
    fn new(state: &State, store: Option<&'a mut dyn Store>) -> Self {
        Self {
            store,
            rooms: Rooms::of(state),
            counters: state.counters,
            members_before: state.counters.member - 1,
            batch: Vec::new(),
            batch_bytes: 0,
            lines: 0,
            entries: 0,
            private: 0,
        }
    }

    /// Takes every line in. One that is wrong ends it, and its batch is left out whole.
    fn read(&mut self, from: impl Read) -> anyhow::Result<()> {
        let mut lines = Lines::new(BufReader::new(from));
        while let Some(line) =
            lines.next().with_context(|| format!("cannot read on{}", self.so_far()))?
        {
            let added =
                serde_json::from_slice(line).map_err(plain).and_then(|record| self.add(record));
            added.with_context(|| format!("line {}{}", lines.number(), self.so_far()))?;
            if self.batch.len() >= BATCH_ROWS || self.batch_bytes >= BATCH_BYTES {
                self.commit(lines.number())?;
            }
        }
        self.commit(lines.number())
    }

    fn so_far(&self) -> String {
        match (self.lines, &self.store) {
            (_, None) | (0, _) => " (nothing was imported)".into(),
            (lines, Some(_)) => {
                format!(" (lines 1 to {lines} are imported; go on with tail -n +{})", lines + 1)
            }
        }
    }

    fn add(&mut self, record: Record) -> anyhow::Result<()> {
        let Some(name) = record.room.clone().filter(|_| !record.private) else {
            self.private += 1;
            return Ok(());
        };
        let seq = record.seq();
        let imported = record.imported()?;
        let room = self.rooms.enter(&name, imported.at, &mut self.counters)?;
        self.batch.extend(room.begin(seq));
        let id = room.id;
        let mut content = imported.content;
        outcomes::renumber(&mut content, |old| room.renumbered(old), self.members_before);
        let seq = room.next(seq);
        self.batch.extend(room.changed(&content));
        let by = MemberId(imported.by.0 + self.members_before);
        self.counters.member = self.counters.member.max(by.0 + 1);
        let pos = self.counters.pos;
        self.counters.pos += 1;
        let (at, nick, edited) = (imported.at, imported.nick, None);
        let entry = Entry { pos, room: id, seq, at, by, nick, id: imported.id, content, edited };
        self.batch_bytes += weight(&entry);
        self.entries += 1;
        let entry = Arc::new(entry);
        let outcome = match &mut self.store {
            Some(store) => outcomes::outcome(&entry, &self.batch, &mut **store)?,
            None => None,
        };
        self.batch.push(Row::Entry { entry, keyed: false });
        self.batch.extend(outcome);
        Ok(())
    }

    fn commit(&mut self, lines: u64) -> anyhow::Result<()> {
        if let Some(store) = &mut self.store {
            let written: Result<(), StoreError> = store.commit(&self.batch, &self.counters);
            written.with_context(|| format!("cannot write{}", self.so_far()))?;
        }
        self.batch.clear();
        (self.batch_bytes, self.lines) = (0, lines);
        Ok(())
    }

    fn told(&mut self) -> anyhow::Result<()> {
        if let Some(store) = &mut self.store {
            store.close()?;
        }
        let mut out = io::stdout().lock();
        for moved in self.rooms.moved() {
            writeln!(out, "{moved}")?;
        }
        if self.private > 0 {
            writeln!(
                out,
                "{} entries of private rooms and conversations were left out",
                self.private
            )?;
        }
        Ok(writeln!(out, "{} entries imported", self.entries)?)
    }
}
