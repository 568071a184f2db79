//! What later entries make of a message: edits, a deletion, reactions.
//!
//! A page gives messages as all entries up to its `as_of` have left them, events give each change by itself, and either
//! may come first. So each message knows up to which number it is true, and every change is applied to it once. The last
//! changes are kept for pages that come later than they.

use std::collections::VecDeque;

use chat_proto::{
    MemberId, Nick, Reaction, Seq, Text,
    message::{Content, Entry, ReactionCount},
};

use super::{Body, Item, item::Said};

/// Changes kept of a room. A page that is older than all of them is asked for again.
const CHANGES_MAX: usize = 256;

/// A change of a message, as an entry tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub seq: Seq,
    pub target: Seq,
    pub by: Nick,
    pub own: bool,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What it says now; none where it is deleted since, which another change tells.
    Edited(Option<Text>),
    Deleted,
    /// A reaction, or, where false, no more.
    Reacted(Reaction, bool),
}

/// What became of a message, beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Up to this number all changes are in it.
    pub as_of: Seq,
    pub edited: bool,
    /// In the order in which they were first given.
    pub reactions: Vec<ReactionCount>,
}

impl Change {
    /// The change that an entry is, if it is one.
    #[must_use]
    pub fn read(entry: &Entry, me: Option<MemberId>) -> Option<Self> {
        let content = entry.content();
        let target = content.target()?;
        let kind = match content {
            Content::Edited { said, .. } => Kind::Edited(said.map(|said| said.text)),
            Content::Deleted { .. } => Kind::Deleted,
            Content::Reacted { reaction, on, .. } => Kind::Reacted(reaction, on),
            _ => return None,
        };
        let own = me == Some(entry.by);
        Some(Self { seq: entry.seq, target, by: entry.nick.clone(), own, kind })
    }
}

impl Change {
    /// In words, for where there is no screen.
    #[must_use]
    pub fn told(&self, room: &str) -> String {
        let Self { by, target, .. } = self;
        match &self.kind {
            Kind::Edited(Some(text)) => {
                format!("{by} edited {room} {target}: {}", text.as_str().replace('\n', " "))
            }
            Kind::Edited(None) => format!("{by} edited {room} {target}"),
            Kind::Deleted => format!("{by} deleted {room} {target}"),
            Kind::Reacted(reaction, true) => format!("{by} reacted to {room} {target}: {reaction}"),
            Kind::Reacted(reaction, false) => {
                format!("{by} took back from {room} {target}: {reaction}")
            }
        }
    }
}

impl Item {
    /// Applies a change, unless it is in it already.
    pub fn apply(&mut self, change: &Change) {
        let Body::Said(said) = &mut self.body else { return };
        if change.seq <= said.changed.as_of {
            return;
        }
        said.changed.as_of = change.seq;
        match &change.kind {
            Kind::Edited(text) => said.edit(text.as_ref()),
            Kind::Reacted(reaction, on) => said.changed.react(reaction, *on, change.own),
            Kind::Deleted => {
                let (nick, by) = (said.nick.clone(), change.by.clone());
                self.body = Body::Erased { nick, by };
            }
        }
    }
}

impl Said {
    fn edit(&mut self, text: Option<&Text>) {
        self.changed.edited = true;
        if let Some(text) = text {
            self.text = text.clone();
        }
    }
}

impl Changed {
    /// Each change of a reaction is told once, so that counting is enough.
    fn react(&mut self, reaction: &Reaction, on: bool, own: bool) {
        let at = self.reactions.iter().position(|count| count.reaction == *reaction);
        match (at, on) {
            (Some(at), true) => {
                self.reactions[at].count += 1;
                self.reactions[at].mine |= own;
            }
            (Some(at), false) => self.take_back(at, own),
            (None, true) => {
                let reaction = reaction.clone();
                self.reactions.push(ReactionCount { reaction, count: 1, mine: own });
            }
            (None, false) => {}
        }
    }

    fn take_back(&mut self, at: usize, own: bool) {
        let count = &mut self.reactions[at];
        count.count = count.count.saturating_sub(1);
        count.mine &= !own;
        if count.count == 0 {
            self.reactions.remove(at);
        }
    }

    /// Whether the user has reacted in that way.
    #[must_use]
    pub fn is_mine(&self, reaction: &Reaction) -> bool {
        self.reactions.iter().any(|count| count.mine && count.reaction == *reaction)
    }
}

/// The last changes of a room.
#[derive(Debug, Default)]
pub struct Changes {
    recent: VecDeque<Change>,
    /// Changes up to this number are not among them.
    forgotten: Seq,
}

impl Changes {
    pub fn remember(&mut self, change: Change) {
        self.recent.push_back(change);
        if self.recent.len() > CHANGES_MAX
            && let Some(oldest) = self.recent.pop_front()
        {
            self.forgotten = oldest.seq;
        }
    }

    /// Whether a page of that `as_of` can be brought up to date.
    #[must_use]
    pub fn reach(&self, as_of: Seq) -> bool {
        self.forgotten <= as_of
    }

    /// Applies to the message of that number what came after the page that it is from.
    pub fn bring_up(&self, seq: Seq, item: &mut Item) {
        self.recent
            .iter()
            .filter(|change| change.target == seq)
            .for_each(|change| item.apply(change));
    }
}
