//! `chat-server export`

mod harmless;

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::{
    core::{Entry, Kind},
    log::{
        StoreError,
        sqlite::archive::{Archive, Found},
    },
};
use anyhow::{Context, bail};
use chat_proto::{
    MemberId, RoomId, RoomName,
    line::{Past, past, render::Stamp},
    message::Outcome,
    name::fold,
};

use super::record::Record;

/// What to write.
pub(super) struct Wanted {
    pub(super) room: Option<RoomName>,
    pub(super) format: Format,
    pub(super) private: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A JSON object a line, with everything that is kept
    Jsonl,
    /// Lines as line mode shows them, with number and time
    Text,
}

impl Wanted {
    fn has(&self, kind: &Kind, is_private: bool) -> bool {
        match (kind, &self.room) {
            (Kind::Direct(_), room) => self.private && room.is_none(),
            (Kind::Public(_), _) if is_private && !self.private => false,
            (Kind::Public(_), None) => true,
            (kind, Some(room)) => is_called(kind, room),
        }
    }
}

fn is_called(kind: &Kind, room: &RoomName) -> bool {
    matches!(kind, Kind::Public(keys) if keys.folded == fold(room.as_str()))
}

pub(super) fn run(directory: &Path, wanted: &Wanted) -> anyhow::Result<()> {
    let archive = Archive::open(directory)?;
    let rooms = archive.rooms().context("the table of rooms cannot be read")?;
    let secluded = archive.private_rooms().context("the table of rooms cannot be read")?;
    let has = |(id, kind): &(RoomId, Kind)| wanted.has(kind, secluded.contains(id));
    let (rooms, others): (Vec<_>, Vec<_>) = rooms.into_iter().partition(has);
    if let (Some(room), true) = (&wanted.room, rooms.is_empty()) {
        bail!(if others.iter().any(|(_, kind)| is_called(kind, room)) {
            format!("{room} is private; add --private")
        } else {
            format!("there is no room {room}")
        });
    }
    let mut writing =
        Writing { out: BufWriter::new(io::stdout().lock()), lost: 0, is_private: false };
    let written = rooms.iter().try_for_each(|(id, kind)| {
        writing.is_private = secluded.contains(id);
        archive.entries(*id, &mut |found| writing.found(&archive, wanted.format, kind, found))
    });
    writing.ended(written)
}

/// Writes what a member has written, in every room and private conversation.
pub(super) fn of_member(directory: &Path, member: MemberId) -> anyhow::Result<()> {
    let archive = Archive::open(directory)?;
    let rooms = archive.rooms().context("the table of rooms cannot be read")?;
    let secluded = archive.private_rooms().context("the table of rooms cannot be read")?;
    let mut writing =
        Writing { out: BufWriter::new(io::stdout().lock()), lost: 0, is_private: false };
    let written = rooms.iter().try_for_each(|(id, kind)| {
        writing.is_private = secluded.contains(id);
        archive.entries(*id, &mut |found| match &found {
            Found::Entry(entry) if entry.by != member => Ok(()),
            _ => writing.found(&archive, Format::Jsonl, kind, found),
        })
    });
    writing.ended(written)
}

struct Writing<W: Write> {
    out: BufWriter<W>,
    /// Places in the file where nothing could be read.
    lost: u64,
    /// Whether the room that is written is private.
    is_private: bool,
}

impl<W: Write> Writing<W> {
    fn ended(mut self, written: io::Result<()>) -> anyhow::Result<()> {
        match written.and_then(|()| self.out.flush()) {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(error).context("cannot write to stdout"),
            Ok(()) if self.lost == 0 => Ok(()),
            Ok(()) => bail!("{} places could not be read; the rest was written", self.lost),
        }
    }

    fn found(
        &mut self,
        archive: &Archive,
        format: Format,
        kind: &Kind,
        found: Found,
    ) -> io::Result<()> {
        match found {
            Found::Entry(entry) => {
                let written = match format {
                    Format::Jsonl => self.json(archive, kind, &entry)?,
                    Format::Text => self.text(archive, kind, &entry)?,
                };
                written.map_or_else(|error| self.lose(&format!("{}: {error}", label(kind))), Ok)
            }
            Found::Damaged { seq, .. } => self.lose(&format!("{} {seq} is damaged", label(kind))),
            Found::Unreadable { seq, reason, .. } => {
                self.lose(&format!("{} from {seq} on: {reason}", label(kind)))
            }
        }
    }

    /// An entry as it was when it was written, so that all of them one after another bring everything back.
    fn json(
        &mut self,
        archive: &Archive,
        kind: &Kind,
        entry: &Entry,
    ) -> io::Result<Result<(), StoreError>> {
        let content = match archive.as_sent(entry) {
            Ok(content) => content,
            Err(error) => return Ok(Err(error)),
        };
        let mut record = Record::of(kind, entry, &content);
        record.private = self.is_private;
        harmless::write(&mut self.out, &record)?;
        self.out.write_all(b"\n").map(Ok)
    }

    /// A message as it is now, as many lines as it takes; none for an entry that only changed another.
    fn text(
        &mut self,
        archive: &Archive,
        kind: &Kind,
        entry: &Entry,
    ) -> io::Result<Result<(), StoreError>> {
        let Entry { seq, at, ref nick, ref content, edited, .. } = *entry;
        if content.target().is_some() {
            return Ok(Ok(()));
        }
        let reactions = match archive.reactions(entry) {
            Ok(reactions) => reactions,
            Err(error) => return Ok(Err(error)),
        };
        let outcome = &Outcome { edited, reactions };
        let (stamp, conversation) = (Stamp { seq, at }, &label(kind));
        let mut out = String::new();
        past(&mut out, &Past { conversation, stamp, nick, content, outcome, tilde: false });
        self.out.write_all(out.as_bytes()).map(Ok)
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
