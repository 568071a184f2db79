//! An entry as a line of JSON, with everything that is needed to bring it back.

use anyhow::{Context, bail, ensure};
use chat_proto::{
    MemberId, MessageId, Nick, RoomName, Seq, Text, Time, Topic,
    message::{Content, PARTS_BYTES_MAX, PARTS_MAX, Part, Said},
};
use chat_server::core::{Entry, Kind};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<RoomName>,
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
    /// Of kinds 1 (text), 2 (action) and 3 (topic).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Attached>,
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
    pub(super) fn of(kind: &Kind, entry: &Entry) -> Self {
        let (text, parts, body) = written(&entry.content);
        let (room, between) = place(kind);
        Self {
            room,
            between,
            number: entry.seq.0,
            at: entry.at.0,
            time: entry.at.to_string(),
            member: entry.by.0,
            nick: entry.nick.clone(),
            id: entry.id.to_string(),
            kind: entry.content.kind(),
            text,
            parts,
            body,
        }
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
        let content = read(self.kind, self.text, self.parts, self.body)?;
        Ok(Imported { at: Time(self.at), by: MemberId(self.member), nick: self.nick, id, content })
    }

    pub(super) const fn seq(&self) -> Seq {
        Seq(self.number)
    }
}

fn place(kind: &Kind) -> (Option<RoomName>, Option<[Person; 2]>) {
    match kind {
        Kind::Public(keys) => (Some(keys.name.clone()), None),
        Kind::Direct(pair) => {
            let person =
                |(member, nick): &(MemberId, Nick)| Person { member: member.0, nick: nick.clone() };
            (None, Some(pair.each_ref().map(person)))
        }
    }
}

fn written(content: &Content) -> (Option<String>, Vec<Attached>, Option<String>) {
    match content {
        Content::Text(said) | Content::Action(said) => {
            let attached =
                |part: &Part| Attached { kind: part.kind.to_string(), bytes: hex(&part.bytes) };
            (Some(said.text.to_string()), said.parts.iter().map(attached).collect(), None)
        }
        Content::Topic(topic) => (Some(topic.to_string()), Vec::new(), None),
        other => (None, Vec::new(), Some(hex(&other.body()))),
    }
}

fn read(
    kind: u16,
    text: Option<String>,
    parts: Vec<Attached>,
    body: Option<String>,
) -> anyhow::Result<Content> {
    let said = |text: Option<String>, parts| -> anyhow::Result<_> {
        let text = Text::clean(&text.context("text: missing")?).context("text")?;
        Ok(Said { text, parts: read_parts(parts)?, reply_to: None })
    };
    Ok(match (kind, body) {
        (1, None) => Content::Text(said(text, parts)?),
        (2, None) => Content::Action(said(text, parts)?),
        (3, None) => Content::Topic(Topic::clean(&text.context("text: missing")?).context("text")?),
        (1..=3, Some(_)) => bail!("body: this kind has a text"),
        (_, body) => {
            let body = body.as_deref().and_then(unhex);
            Content::read(kind, &body.context("body: hexadecimal digits are needed")?)
        }
    })
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
