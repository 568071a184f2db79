//! What a search asks for, pure: how texts become words, and how a query is written.

mod date;
mod parse;
mod words;

use chat_proto::{Time, message::Content};
use smol_str::SmolStr;

use super::{Entry, RoomRef};

pub use parse::QUERY_BYTES_MAX;
pub use words::words;

/// What is looked for. All of it must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that stand one behind another, each phrase as [`words()`] gives it.
    pub phrases: Vec<String>,
    /// Folded nicks, one of which said it; none for anybody.
    pub from: Vec<SmolStr>,
    /// Where it was said; none for everywhere.
    pub rooms: Vec<RoomRef>,
    pub since: Option<Time>,
    pub before: Option<Time>,
}

impl Query {
    /// Whether an entry is what is looked for. Where it was said is for the caller to see to.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        self.is_in_time(entry.at) && self.is_from(entry) && self.is_said(entry)
    }

    fn is_in_time(&self, at: Time) -> bool {
        self.since.is_none_or(|since| at >= since) && self.before.is_none_or(|before| at < before)
    }

    fn is_from(&self, entry: &Entry) -> bool {
        self.from.is_empty() || self.from.contains(&chat_proto::name::fold(entry.nick.as_str()))
    }

    fn is_said(&self, entry: &Entry) -> bool {
        let Some(text) = text(&entry.content) else { return false };
        if self.phrases.is_empty() {
            return true;
        }
        let said = words(text);
        self.phrases.iter().all(|phrase| said.contains(phrase.as_str()))
    }
}

/// What of an entry can be found; nothing of one that this version does not know.
#[must_use]
pub fn text(content: &Content) -> Option<&str> {
    match content {
        Content::Text(said) | Content::Action(said) => Some(said.text.as_str()),
        Content::Topic(topic) => Some(topic.as_str()),
        _ => None,
    }
}
