//! `chat-server export`

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::{Context, bail};
use chat_proto::{
    RoomName,
    line::render::{Spoken, Stamp, spoken},
    message::{Content, Said},
    name::fold,
};
use chat_server::{
    core::{Entry, Kind},
    log::sqlite::archive::{Archive, Found},
};

use super::record::Record;

/// What to write.
pub(super) struct Wanted {
    pub(super) room: Option<RoomName>,
    pub(super) format: Format,
    pub(super) private: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A JSON object a line, with everything that is kept
    Jsonl,
    /// #room number time <nick> text: what line mode shows
    Text,
}

impl Wanted {
    fn has(&self, kind: &Kind) -> bool {
        match (kind, &self.room) {
            (Kind::Direct(_), room) => self.private && room.is_none(),
            (Kind::Public(_), None) => true,
            (Kind::Public(keys), Some(room)) => keys.folded == fold(room.as_str()),
        }
    }
}

pub(super) fn run(directory: &Path, wanted: &Wanted) -> anyhow::Result<()> {
    let archive = Archive::open(directory)?;
    let rooms = archive.rooms().context("the table of rooms cannot be read")?;
    let rooms: Vec<_> = rooms.into_iter().filter(|(_, kind)| wanted.has(kind)).collect();
    if let (Some(room), true) = (&wanted.room, rooms.is_empty()) {
        bail!("there is no room {room}");
    }
    let mut writing = Writing { out: BufWriter::new(io::stdout().lock()), lost: 0 };
    let mut written = rooms.iter().try_for_each(|(id, kind)| {
        archive.entries(*id, &mut |found| writing.found(wanted.format, kind, found))
    });
    written = written.and_then(|()| writing.out.flush());
    match written {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error).context("cannot write to stdout"),
        Ok(()) if writing.lost == 0 => Ok(()),
        Ok(()) => bail!("{} places could not be read; the rest was written", writing.lost),
    }
}

struct Writing<W: Write> {
    out: BufWriter<W>,
    /// Places in the file where nothing could be read.
    lost: u64,
}

impl<W: Write> Writing<W> {
    fn found(&mut self, format: Format, kind: &Kind, found: Found) -> io::Result<()> {
        match found {
            Found::Entry(entry) if format == Format::Jsonl => self.json(kind, &entry),
            Found::Entry(entry) => self.out.write_all(text(&label(kind), &entry).as_bytes()),
            Found::Damaged { seq, .. } => self.lose(&format!("{} {seq} is damaged", label(kind))),
            Found::Unreadable { seq, reason, .. } => {
                self.lose(&format!("{} from {seq} on: {reason}", label(kind)))
            }
        }
    }

    fn json(&mut self, kind: &Kind, entry: &Entry) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, &Record::of(kind, entry))?;
        self.out.write_all(b"\n")
    }

    #[allow(clippy::unnecessary_wraps, reason = "an arm of a match whose others may fail")]
    fn lose(&mut self, what: &str) -> io::Result<()> {
        self.lost += 1;
        writeln!(io::stderr(), "{what}")
    }
}

fn label(kind: &Kind) -> String {
    match kind {
        Kind::Public(keys) => keys.name.to_string(),
        Kind::Direct([(_, one), (_, other)]) => format!("@{one}+{other}"),
    }
}

/// As many lines as the text has; none for kinds without one.
fn text(conversation: &str, entry: &Entry) -> String {
    let Entry { seq, at, ref nick, .. } = *entry;
    let mut out = String::new();
    let mut say = |said: &Said, action| {
        let stamp = Some(Stamp { seq, at });
        spoken(
            &mut out,
            &Spoken { conversation, nick, text: &said.text, action, stamp, past: false },
        );
    };
    match &entry.content {
        Content::Text(said) => say(said, false),
        Content::Action(said) => say(said, true),
        Content::Topic(topic) => {
            out = format!("{conversation} {seq} {at} * {nick} set the topic: {topic}\n");
        }
        _ => {}
    }
    out
}
