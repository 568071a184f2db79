//! What stands in a timeline: messages, notices, and what this client has to say.

use std::borrow::Cow;

use chat_proto::{MemberId, MessageId, Nick, Seq, Text, Time, Topic};
use smol_str::SmolStr;

use super::{outcome::Changed, rows::presence_text};

/// Where an item stands: behind the entry of that number, in order of coming. The entry itself is at 0.
///
/// Messages not yet acknowledged stand behind every number, at [`Pos::unsent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos(pub Seq, pub u32);

impl Pos {
    #[must_use]
    pub const fn entry(seq: Seq) -> Self {
        Self(seq, 0)
    }

    #[must_use]
    pub const fn unsent(order: u32) -> Self {
        Self(Seq(u64::MAX), order)
    }

    /// The first place of a message that has no number yet.
    pub const UNSENT: Self = Self::unsent(0);
}

/// One item, at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub at: Time,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Said(Said),
    /// In the place of a deleted message: whose it was, and who deleted it.
    Erased {
        nick: Nick,
        by: Nick,
    },
    Topic {
        nick: Nick,
        topic: Topic,
    },
    /// Something decided about the room's doors.
    Door {
        nick: Nick,
        what: String,
    },
    /// Comings and goings in a row, folded into one line.
    Presence(Vec<Presence>),
    /// Something the client tells, of one or more lines.
    Info(String),
    /// Something that did not work.
    Error(String),
}

/// A message, sent or about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub id: MessageId,
    /// Unknown while it is not sent.
    pub by: Option<MemberId>,
    pub nick: Nick,
    pub text: Text,
    pub action: bool,
    pub own: bool,
    /// Whether it speaks to the user.
    pub mention: bool,
    pub delivery: Delivery,
    /// The message that it answers.
    pub reply_to: Option<Seq>,
    /// What became of it.
    pub changed: Changed,
}

/// How far an own message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// On disk at the server.
    Sent,
    /// To be sent as soon as possible, or sent and not acknowledged.
    Pending { in_flight: bool },
    /// Refused, and why.
    Failed(String),
}

/// One coming or going.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Joined(Nick),
    Left(Nick),
    Quit(Nick, SmolStr),
    Renamed(Nick, Nick),
}

impl Body {
    /// What it says, without who says it.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Said(said) => said.text.as_str().into(),
            Self::Erased { by, .. } => format!("deleted by {by}").into(),
            Self::Topic { nick, topic } if topic.is_empty() => {
                format!("{nick} removed the topic").into()
            }
            Self::Topic { nick, topic } => format!("{nick} set the topic: {topic}").into(),
            Self::Door { nick, what } => format!("{nick} {what}").into(),
            Self::Presence(list) => presence_text(list).into(),
            Self::Info(text) | Self::Error(text) => text.into(),
        }
    }
}

impl Item {
    #[must_use]
    pub const fn said(&self) -> Option<&Said> {
        match &self.body {
            Body::Said(said) => Some(said),
            _ => None,
        }
    }

    pub const fn said_mut(&mut self) -> Option<&mut Said> {
        match &mut self.body {
            Body::Said(said) => Some(said),
            _ => None,
        }
    }

    /// Whether it is waiting to be acknowledged.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.said().is_some_and(|said| matches!(said.delivery, Delivery::Pending { .. }))
    }

    /// Whether it was refused.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.said().is_some_and(|said| matches!(said.delivery, Delivery::Failed(_)))
    }
}
