//! An entry as a row and back, with its checksum. SQLite has none of its own.

use std::sync::Arc;

use chat_proto::{
    MemberId, MessageId, Nick, Text, Time, Topic,
    message::{Content, Part, Said},
};
use rusqlite::Row;

use super::{key, split_key};
use crate::{core::Entry, log::StoreError};

/// The columns, in the order of [`Stored`].
pub(super) const COLUMNS: &str = "key, pos, at, member, nick, id, kind, text, body, sum";

/// An entry as its columns hold it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) key: i64,
    pub(super) pos: i64,
    pub(super) at: i64,
    pub(super) member: i64,
    pub(super) nick: String,
    pub(super) id: [u8; 16],
    pub(super) kind: u16,
    pub(super) text: Option<String>,
    pub(super) body: Option<Vec<u8>>,
}

impl Stored {
    pub(super) fn of(entry: &Entry) -> Self {
        let (text, body) = split(&entry.content);
        Self {
            key: key(entry.room, entry.seq),
            pos: signed(entry.pos),
            at: entry.at.0,
            member: signed(entry.by.0),
            nick: entry.nick.to_string(),
            id: entry.id.0,
            kind: entry.content.kind(),
            text,
            body,
        }
    }

    pub(super) fn sum(&self) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        for number in [self.key, self.pos, self.at, self.member, i64::from(self.kind)] {
            sum.update(&number.to_le_bytes());
        }
        let (text, body) = (self.text.as_deref().map(str::as_bytes), self.body.as_deref());
        for bytes in [Some(self.nick.as_bytes()), Some(&self.id), text, body] {
            // A length before each, so that bytes do not move from one column to the next unseen.
            let length = bytes.map_or(u64::MAX, |bytes| bytes.len() as u64);
            sum.update(&length.to_le_bytes());
            sum.update(bytes.unwrap_or_default());
        }
        sum.finalize()
    }

    fn entry(self) -> Option<Entry> {
        let (room, seq) = split_key(self.key);
        Some(Entry {
            pos: self.pos.unsigned_abs(),
            room,
            seq,
            at: Time(self.at),
            by: MemberId(self.member.unsigned_abs()),
            nick: Nick::parse(&self.nick).ok()?,
            id: MessageId(self.id),
            content: join(self.kind, self.text, self.body)?,
        })
    }
}

/// Reads a row of [`COLUMNS`].
pub(super) fn entry(row: &Row<'_>) -> Result<Arc<Entry>, StoreError> {
    let stored_key = row.get(0).map_err(|error| super::store_error(&error))?;
    let (room, seq) = split_key(stored_key);
    let damaged = || StoreError::Damaged { room, seq };
    let (stored, sum) = columns(row).map_err(|_mistyped| damaged())?;
    if stored.sum() != sum {
        return Err(damaged());
    }
    stored.entry().map(Arc::new).ok_or_else(damaged)
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(Stored, u32)> {
    let stored = Stored {
        key: row.get(0)?,
        pos: row.get(1)?,
        at: row.get(2)?,
        member: row.get(3)?,
        nick: row.get(4)?,
        id: row.get(5)?,
        kind: row.get(6)?,
        text: row.get(7)?,
        body: row.get(8)?,
    };
    Ok((stored, row.get(9)?))
}

/// Text and the rest of a content, as two columns.
fn split(content: &Content) -> (Option<String>, Option<Vec<u8>>) {
    match content {
        Content::Text(said) | Content::Action(said) => {
            let parts =
                (!said.parts.is_empty()).then(|| postcard::to_stdvec(&said.parts).ok()).flatten();
            (Some(said.text.to_string()), parts)
        }
        Content::Topic(topic) => (Some(topic.to_string()), None),
        other => (None, Some(other.body())),
    }
}

fn join(kind: u16, text: Option<String>, body: Option<Vec<u8>>) -> Option<Content> {
    let said = |text: Option<String>, body: Option<Vec<u8>>| {
        let parts: Vec<Part> =
            body.map_or(Some(Vec::new()), |body| postcard::from_bytes(&body).ok())?;
        Some(Said { text: Text::clean(&text?).ok()?, parts, reply_to: None })
    };
    match kind {
        1 => said(text, body).map(Content::Text),
        2 => said(text, body).map(Content::Action),
        3 => Topic::clean(&text?).ok().map(Content::Topic),
        _ => Some(Content::read(kind, &body?)),
    }
}

/// SQLite's integers are signed; our numbers never come near the difference.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
