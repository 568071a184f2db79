//! An entry as a row and back, with its checksum. SQLite has none of its own.

use std::{borrow::Cow, sync::Arc};

use chat_proto::{
    MemberId, MessageId, Nick, Reaction, Seq, Text, Time, Topic,
    message::{Content, EditMark, Said},
};
use rusqlite::Row;

use super::{key, split_key};
use crate::{core::Entry, log::StoreError};

/// The columns, in the order of [`Stored`].
pub(super) const COLUMNS: &str = "key, pos, at, member, nick, id, kind, text, body, sum, skipped";

/// An entry as its columns hold it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stored<'a> {
    pub(super) key: i64,
    pub(super) pos: i64,
    pub(super) at: i64,
    pub(super) member: i64,
    pub(super) nick: Cow<'a, str>,
    pub(super) id: [u8; 16],
    pub(super) kind: u16,
    pub(super) text: Option<Cow<'a, str>>,
    pub(super) body: Option<Vec<u8>>,
    /// The number of changes right before it; none for zero.
    pub(super) skipped: Option<i64>,
}

impl<'a> Stored<'a> {
    pub(super) fn of(entry: &'a Entry, skipped: Option<i64>) -> Self {
        let (text, body) = split(entry);
        Self {
            key: key(entry.room, entry.seq),
            pos: signed(entry.pos),
            at: entry.at.0,
            member: signed(entry.by.0),
            nick: entry.nick.as_str().into(),
            id: entry.id.0,
            kind: entry.content.kind(),
            text,
            body,
            skipped,
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
        // Not of rows that were written before there were changes.
        self.skipped.iter().for_each(|skipped| sum.update(&skipped.to_le_bytes()));
        sum.finalize()
    }

    fn entry(self) -> Option<Entry> {
        let (room, seq) = split_key(self.key);
        let (content, edited) = join(self.kind, self.text.as_deref(), self.body)?;
        Some(Entry {
            pos: self.pos.unsigned_abs(),
            room,
            seq,
            at: Time(self.at),
            by: MemberId(self.member.unsigned_abs()),
            nick: Nick::parse(&self.nick).ok()?,
            id: MessageId(self.id),
            content,
            edited,
        })
    }
}

/// Reads a row of [`COLUMNS`].
pub(super) fn entry(row: &Row<'_>) -> Result<Arc<Entry>, StoreError> {
    counted(row).map(|(entry, _)| entry)
}

/// Reads a row of [`COLUMNS`], with the number of changes right before it.
pub(super) fn counted(row: &Row<'_>) -> Result<(Arc<Entry>, u64), StoreError> {
    let stored = stored(row)?;
    let (room, seq) = split_key(stored.key);
    let skipped = stored.skipped.map_or(0, i64::unsigned_abs);
    let entry = stored.entry().map(Arc::new).ok_or(StoreError::Damaged { room, seq })?;
    Ok((entry, skipped))
}

fn stored<'row>(row: &'row Row<'_>) -> Result<Stored<'row>, StoreError> {
    let stored_key = row.get(0).map_err(|error| super::store_error(&error))?;
    let (room, seq) = split_key(stored_key);
    let damaged = || StoreError::Damaged { room, seq };
    let (stored, sum) = columns(row).map_err(|_mistyped| damaged())?;
    if stored.sum() == sum { Ok(stored) } else { Err(damaged()) }
}

/// Reads a row of [`COLUMNS`] as it was when it had another text, body and sum; these stand behind the columns.
pub(super) fn revised(row: &Row<'_>) -> Result<Arc<Entry>, StoreError> {
    let present = stored(row)?;
    let (room, seq) = split_key(present.key);
    let damaged = || StoreError::Damaged { room, seq };
    let earlier = || Ok::<_, rusqlite::Error>((row.get(11)?, row.get(12)?, row.get::<_, u32>(13)?));
    let (text, body, sum): (Option<String>, _, _) = earlier().map_err(|_mistyped| damaged())?;
    let stored = Stored { text: text.map(Cow::Owned), body, ..present };
    if stored.sum() != sum {
        return Err(damaged());
    }
    stored.entry().map(Arc::new).ok_or_else(damaged)
}

fn columns<'row>(row: &'row Row<'_>) -> rusqlite::Result<(Stored<'row>, u32)> {
    let stored = Stored {
        key: row.get(0)?,
        pos: row.get(1)?,
        at: row.get(2)?,
        member: row.get(3)?,
        nick: row.get_ref(4)?.as_str()?.into(),
        id: row.get(5)?,
        kind: row.get(6)?,
        text: row.get_ref(7)?.as_str_or_null()?.map(Cow::Borrowed),
        body: row.get(8)?,
        skipped: row.get(10)?,
    };
    Ok((stored, row.get(9)?))
}

/// Text and the rest of a content, as two columns. The text of an edit stands with its message.
fn split(entry: &Entry) -> (Option<Cow<'_, str>>, Option<Vec<u8>>) {
    match &entry.content {
        Content::Text(said) | Content::Action(said) => {
            (Some(said.text.as_str().into()), rest(said, entry.edited))
        }
        Content::Topic(topic) => (Some(topic.as_str().into()), None),
        Content::Edited { target, .. } => (None, postcard::to_stdvec(target).ok()),
        Content::Reacted { target, reaction, on } => {
            (Some(reaction.as_str().into()), postcard::to_stdvec(&(target, on)).ok())
        }
        other => (None, Some(other.body())),
    }
}

/// What a message has beside its text. Fields at the end that say nothing are left out, as they were before there were
/// any.
fn rest(said: &Said, edited: Option<EditMark>) -> Option<Vec<u8>> {
    let Said { parts, reply_to, .. } = said;
    match (parts.is_empty(), reply_to, edited) {
        (true, None, None) => None,
        (_, None, None) => postcard::to_stdvec(parts).ok(),
        (_, _, None) => postcard::to_stdvec(&(parts, reply_to)).ok(),
        _ => postcard::to_stdvec(&(parts, reply_to, edited)).ok(),
    }
}

fn join(
    kind: u16,
    text: Option<&str>,
    body: Option<Vec<u8>>,
) -> Option<(Content, Option<EditMark>)> {
    let content = match kind {
        1 => return said(text, body).map(|(said, edited)| (Content::Text(said), edited)),
        2 => return said(text, body).map(|(said, edited)| (Content::Action(said), edited)),
        3 => Topic::clean(text?).ok().map(Content::Topic),
        4 => Some(Content::Edited { target: from_bytes(&body?)?, said: None }),
        6 => {
            let ((target, on), reaction) = (from_bytes(&body?)?, Reaction::parse(text?).ok()?);
            Some(Content::Reacted { target, reaction, on })
        }
        _ => Some(Content::read(kind, &body?)),
    };
    content.map(|content| (content, None))
}

fn said(text: Option<&str>, body: Option<Vec<u8>>) -> Option<(Said, Option<EditMark>)> {
    let mut said = Said::plain(Text::clean(text?).ok()?);
    let Some(body) = body else { return Some((said, None)) };
    let (parts, more) = postcard::take_from_bytes(&body).ok()?;
    said.parts = parts;
    let (reply_to, more): (Option<Seq>, _) = later(more)?;
    said.reply_to = reply_to;
    let (edited, _) = later(more)?;
    Some((said, edited))
}

/// A field that older rows end before.
fn later<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<(Option<T>, &[u8])> {
    if bytes.is_empty() { Some((None, bytes)) } else { postcard::take_from_bytes(bytes).ok() }
}

fn from_bytes<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

/// SQLite's integers are signed; our numbers never come near the difference.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
