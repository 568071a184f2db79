//! What an entry holds.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::{Text, Topic};

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
    /// A kind of a newer version.
    Unknown { kind: u16, body: Vec<u8> },
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub text: Text,
    pub parts: Vec<Part>,
}

/// Something beside the text, relayed untouched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is, as a reverse domain name or media type: `text/x-rust`.
    pub kind: SmolStr,
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
            Self::Unknown { body, .. } => return body.clone(),
        };
        bytes.expect("writing to memory does not fail")
    }

    /// Reads what a kind number and bytes stand for; what cannot be read is [`Content::Unknown`].
    #[must_use]
    pub fn read(kind: u16, body: &[u8]) -> Self {
        let known = match kind {
            1 => postcard::take_from_bytes(body).map(|(said, _)| Self::Text(said)),
            2 => postcard::take_from_bytes(body).map(|(said, _)| Self::Action(said)),
            3 => postcard::take_from_bytes(body).map(|(topic, _)| Self::Topic(topic)),
            _ => Err(postcard::Error::WontImplement),
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
}
