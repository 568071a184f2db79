//! What an entry holds.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use smol_str::SmolStr;

use super::Door;
use crate::{MemberId, Nick, Reaction, Seq, Text, Topic};

/// The content of an entry, by its kind. On the wire and in the store it is a kind number and bytes, so that a peer
/// counts and keeps entries of kinds it does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Kind 1: something said.
    Text(Said),
    /// Kind 2: something done, `/me`.
    Action(Said),
    /// Kind 3: the topic from here on; empty for none.
    Topic(Topic),
    /// Kind 4: a message has another text from here on.
    Edited {
        target: Seq,
        /// What it says now, which may be more than this entry made it say; none where it was deleted since.
        said: Option<Said>,
    },
    /// Kind 5: a message is deleted.
    Deleted { target: Seq },
    /// Kind 6: a reaction to a message, or taken back.
    Reacted { target: Seq, reaction: Reaction, on: bool },
    /// Kind 7: what stands in the place of a message that was deleted, and who did that.
    Erased { by: MemberId, nick: Nick },
    /// Kinds 20 to 27: something about the room's doors.
    Door(Door),
    /// A kind of a newer version.
    Unknown { kind: u16, body: Vec<u8> },
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    pub text: Text,
    pub parts: Vec<Part>,
    /// The message of the same room that it answers. Absent in the bytes of older versions: none.
    pub reply_to: Option<Seq>,
}

/// Something beside the text, relayed untouched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is, as a reverse domain name or media type: `text/x-rust`.
    pub kind: SmolStr,
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// Bytes of all parts of a message together, their kinds included.
pub const PARTS_BYTES_MAX: usize = 16 * 1024;
/// Parts of a message.
pub const PARTS_MAX: usize = 16;

impl Content {
    /// The kind's number.
    #[must_use]
    pub const fn kind(&self) -> u16 {
        match self {
            Self::Text(_) => 1,
            Self::Action(_) => 2,
            Self::Topic(_) => 3,
            Self::Edited { .. } => 4,
            Self::Deleted { .. } => 5,
            Self::Reacted { .. } => 6,
            Self::Erased { .. } => 7,
            Self::Door(door) => door.kind(),
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// The bytes that stand for it beside its kind.
    ///
    /// # Panics
    /// Never: postcard into memory cannot fail for these types.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let bytes = match self {
            Self::Text(said) | Self::Action(said) => postcard::to_stdvec(said),
            Self::Topic(topic) => postcard::to_stdvec(topic),
            Self::Edited { target, said } => postcard::to_stdvec(&(target, said)),
            Self::Deleted { target } => postcard::to_stdvec(target),
            Self::Reacted { target, reaction, on } => postcard::to_stdvec(&(target, reaction, on)),
            Self::Erased { by, nick } => postcard::to_stdvec(&(by, nick)),
            Self::Door(door) => door.body(),
            Self::Unknown { body, .. } => return body.clone(),
        };
        bytes.expect("writing to memory does not fail")
    }

    /// Reads what a kind number and bytes stand for; what cannot be read is [`Content::Unknown`].
    #[must_use]
    pub fn read(kind: u16, body: &[u8]) -> Self {
        let known = match kind {
            1 => Said::read(body).map(Self::Text),
            2 => Said::read(body).map(Self::Action),
            3 => first(body).map(Self::Topic),
            4 => edited(body),
            5 => first(body).map(|target| Self::Deleted { target }),
            6 => first(body).map(|(target, reaction, on)| Self::Reacted { target, reaction, on }),
            7 => first(body).map(|(by, nick)| Self::Erased { by, nick }),
            kind => Door::read(kind, body).map(Self::Door),
        };
        known.unwrap_or_else(|_| Self::Unknown { kind, body: body.to_vec() })
    }

    /// The text of a message, if it is one.
    #[must_use]
    pub const fn said(&self) -> Option<&Said> {
        match self {
            Self::Text(said) | Self::Action(said) => Some(said),
            _ => None,
        }
    }

    /// Whether it decides something about the room or what others said: what an audit shows.
    #[must_use]
    pub const fn is_decision(&self) -> bool {
        matches!(self, Self::Topic(_) | Self::Deleted { .. } | Self::Door(_))
    }

    /// The message that it changes, if it is a change and no row of its own in a timeline.
    #[must_use]
    pub const fn target(&self) -> Option<Seq> {
        match self {
            Self::Edited { target, .. }
            | Self::Deleted { target }
            | Self::Reacted { target, .. } => Some(*target),
            _ => None,
        }
    }
}

impl Said {
    /// A text and nothing else.
    #[must_use]
    pub const fn plain(text: Text) -> Self {
        Self { text, parts: Vec::new(), reply_to: None }
    }

    /// Its bytes stand at the end of a body, so that fields may be added; where a later one is absent, so is what it
    /// would say.
    fn read(bytes: &[u8]) -> postcard::Result<Self> {
        let ((text, parts), rest) = postcard::take_from_bytes(bytes)?;
        let reply_to = if rest.is_empty() { None } else { first(rest)? };
        Ok(Self { text, parts, reply_to })
    }
}

fn edited(body: &[u8]) -> postcard::Result<Content> {
    let ((target, there), rest) = postcard::take_from_bytes::<(Seq, bool)>(body)?;
    let said = there.then(|| Said::read(rest)).transpose()?;
    Ok(Content::Edited { target, said })
}

/// The value that the bytes begin with; what follows belongs to a newer version.
fn first<T: DeserializeOwned>(bytes: &[u8]) -> postcard::Result<T> {
    postcard::take_from_bytes(bytes).map(|(value, _newer)| value)
}
