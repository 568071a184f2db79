//! What became of a message: as pages of the past show it.

use serde::{Deserialize, Serialize};

use super::{Entry, Hit};
use crate::{Reaction, Seq, Time};

/// A message on a page: its entry with the present text or, in its place, `Erased`; and what else became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageItem {
    pub entry: Entry,
    /// An [`Outcome`], in bytes of its own so that it may grow; none where nothing has changed.
    #[serde(with = "serde_bytes")]
    pub outcome: Vec<u8>,
}

/// What later entries have made of a message, beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The last edit, if there was one.
    pub edited: Option<EditMark>,
    /// In the order in which they were first given.
    pub reactions: Vec<ReactionCount>,
}

/// Which entry edited a message last, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditMark {
    pub seq: Seq,
    pub at: Time,
}

/// How many members have reacted to a message in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionCount {
    pub reaction: Reaction,
    pub count: u32,
    /// Whether the member who asks is one of them.
    pub mine: bool,
}

impl Outcome {
    /// The bytes that stand for it; none where nothing has changed.
    ///
    /// # Panics
    /// Never: postcard into memory cannot fail for these types.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        if *self == Self::default() {
            return Vec::new();
        }
        postcard::to_stdvec(self).expect("writing to memory does not fail")
    }

    /// Reads what the bytes say; what cannot be read says nothing.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        postcard::take_from_bytes(bytes).map_or_else(|_| Self::default(), |(outcome, _)| outcome)
    }
}

impl PageItem {
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome::read(&self.outcome)
    }
}

impl Hit {
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome::read(&self.outcome)
    }
}
