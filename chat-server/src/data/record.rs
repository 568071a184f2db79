//! An entry as a line of JSON, with everything that is needed to bring it back.

use crate::core::{Entry, Kind};
use anyhow::{Context, ensure};
use chat_proto::{
    MemberId, MessageId, Nick, Reaction, RoomName, Seq, Text, Time, Topic,
    message::{Content, PARTS_BYTES_MAX, PARTS_MAX, Part, Said},
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<RoomName>,
    /// Whether the room is for those alone who are invited.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) private: bool,
    /// The two of a private conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    between: Option<[Person; 2]>,
    pub(super) number: u64,
    /// Milliseconds since 1970-01-01 UTC.
    at: i64,
    /// The same, for people.
    #[serde(default)]
    time: String,
    member: u64,
    nick: Nick,
    /// In hexadecimal, as all bytes here.
    id: String,
    kind: u16,
    /// Of kinds 1 (text), 2 (action), 3 (topic) and 4 (edit, unless the message was deleted since).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Attached>,
    /// The number of the message that is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
    /// The number of the message that kinds 4 (edit), 5 (deletion) and 6 (reaction) change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<u64>,
    /// Of kind 6, and whether it was given or taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reaction: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<bool>,
    /// Of kind 7, a deleted message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted_by: Option<Person>,
    /// Of any other kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    member: u64,
    nick: Nick,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attached {
    kind: String,
    bytes: String,
}

/// What a line says of an entry; its place in the log is for the log to give.
#[derive(Debug)]
pub(super) struct Imported {
    pub(super) at: Time,
    pub(super) by: MemberId,
    pub(super) nick: Nick,
    pub(super) id: MessageId,
    pub(super) content: Content,
}

/// The last millisecond of the year 9999.
const AT_MAX: i64 = 253_402_300_799_999;
/// Members have small numbers; one beyond this is a mistake, and would use up all others.
const MEMBER_MAX: u64 = 1 << 48;

impl Record {
    /// The entry with the content that it was sent with.
    pub(super) fn of(kind: &Kind, entry: &Entry, content: &Content) -> Self {
        let (room, between) = place(kind);
        let mut record = Self {
            room,
            private: false,
            between,
            number: entry.seq.0,
            at: entry.at.0,
            time: entry.at.to_string(),
            member: entry.by.0,
            nick: entry.nick.clone(),
            id: entry.id.to_string(),
            kind: content.kind(),
            text: None,
            parts: Vec::new(),
            reply_to: None,
            target: None,
            reaction: None,
            on: None,
            deleted_by: None,
            body: None,
        };
        record.write(content);
        record
    }

    fn write(&mut self, content: &Content) {
        self.target = content.target().map(|target| target.0);
        match content {
            Content::Text(said) | Content::Action(said) => {
                self.write_said(said);
                self.reply_to = said.reply_to.map(|seq| seq.0);
            }
            Content::Topic(topic) => self.text = Some(topic.to_string()),
            Content::Edited { said, .. } => said.iter().for_each(|said| self.write_said(said)),
            Content::Deleted { .. } => {}
            Content::Reacted { reaction, on, .. } => {
                (self.reaction, self.on) = (Some(reaction.to_string()), Some(*on));
            }
            Content::Erased { by, nick } => self.deleted_by = Some(person(*by, nick)),
            Content::Door(_) => self.body = Some(hex(&content.body())),
            Content::Unknown { body, .. } => self.body = Some(hex(body)),
        }
    }

    fn write_said(&mut self, said: &Said) {
        let attached =
            |part: &Part| Attached { kind: part.kind.to_string(), bytes: hex(&part.bytes) };
        self.text = Some(said.text.to_string());
        self.parts = said.parts.iter().map(attached).collect();
    }

    /// Checks what a line says, as it would be checked if a client sent it.
    pub(super) fn imported(self) -> anyhow::Result<Imported> {
        ensure!(self.number > 0 && self.number < 1 << 40, "number: 1 is the first");
        ensure!((-AT_MAX..=AT_MAX).contains(&self.at), "at: no time that people know");
        ensure!(
            self.member > 0 && self.member < MEMBER_MAX,
            "member: 1 is the first, and there are not that many"
        );
        let id = unhex(&self.id).and_then(|id| id.try_into().ok());
        let id = MessageId(id.context("id: 32 hexadecimal digits are needed")?);
        let (at, by, nick) = (Time(self.at), MemberId(self.member), self.nick.clone());
        Ok(Imported { at, by, nick, id, content: read(self)? })
    }

    pub(super) const fn seq(&self) -> Seq {
        Seq(self.number)
    }
}

fn place(kind: &Kind) -> (Option<RoomName>, Option<[Person; 2]>) {
    match kind {
        Kind::Public(keys) => (Some(keys.name.clone()), None),
        Kind::Direct(pair) => {
            (None, Some(pair.each_ref().map(|(member, nick)| person(*member, nick))))
        }
    }
}

fn person(member: MemberId, nick: &Nick) -> Person {
    Person { member: member.0, nick: nick.clone() }
}

fn read(record: Record) -> anyhow::Result<Content> {
    let Record { kind, text, parts, reply_to, target, reaction, on, deleted_by, body, .. } = record;
    ensure!(body.is_none() || !(1..=7).contains(&kind), "body: this kind has fields of its own");
    let target = || target.map(Seq).context("target: missing");
    Ok(match kind {
        1 => Content::Text(read_said(text, parts, reply_to)?),
        2 => Content::Action(read_said(text, parts, reply_to)?),
        3 => Content::Topic(Topic::clean(&text.context("text: missing")?).context("text")?),
        4 => {
            let said = text.map(|text| read_said(Some(text), parts, None)).transpose()?;
            Content::Edited { target: target()?, said }
        }
        5 => Content::Deleted { target: target()? },
        6 => {
            let reaction = Reaction::parse(&reaction.context("reaction: missing")?)?;
            Content::Reacted { target: target()?, reaction, on: on.context("on: missing")? }
        }
        7 => {
            let Person { member, nick } = deleted_by.context("deleted_by: missing")?;
            ensure!(member > 0 && member < MEMBER_MAX, "deleted_by: no member has that number");
            Content::Erased { by: MemberId(member), nick }
        }
        _ => {
            let body = body.as_deref().and_then(unhex);
            Content::read(kind, &body.context("body: hexadecimal digits are needed")?)
        }
    })
}

fn read_said(
    text: Option<String>,
    parts: Vec<Attached>,
    reply_to: Option<u64>,
) -> anyhow::Result<Said> {
    let text = Text::clean(&text.context("text: missing")?).context("text")?;
    Ok(Said { text, parts: read_parts(parts)?, reply_to: reply_to.map(Seq) })
}

fn read_parts(parts: Vec<Attached>) -> anyhow::Result<Vec<Part>> {
    let read = |Attached { kind, bytes }| {
        let bytes = unhex(&bytes).context("parts: hexadecimal digits are needed")?;
        Ok(Part { kind: kind.into(), bytes })
    };
    let parts = parts.into_iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let bytes: usize = parts.iter().map(|part| part.kind.len() + part.bytes.len()).sum();
    ensure!(parts.len() <= PARTS_MAX && bytes <= PARTS_BYTES_MAX, "parts: too many or too long");
    Ok(parts)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| u8::try_from(value(*high)? << 4 | value(*low)?).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}
