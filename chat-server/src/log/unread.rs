//! Counting what somebody has not read: what others said behind a number, as far as anybody wants to know it.

use chat_proto::{MemberId, Nick, RoomId, Seq, mentions, message::UNREAD_MAX};

use crate::core::Label;

/// What is to be counted in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// What stands behind this number,
    pub after: Seq,
    /// of others than this member,
    pub by: MemberId,
    /// and who is named in it; none where all of it is said to them alone.
    pub nick: Option<Nick>,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub unread: u32,
    pub mentions: u32,
    /// The room's last number when it was counted.
    pub head: Seq,
    entries: usize,
    bytes: usize,
}

/// What is unread in a room of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub room: RoomId,
    pub label: Label,
    pub viewer: MemberId,
    pub read: Seq,
    pub tally: Tally,
    /// Whether it is told to people.
    pub tell: bool,
}

/// Entries that are looked at for it,
pub(super) const ENTRIES_MAX: usize = 10_000;
/// and bytes of text.
const BYTES_MAX: usize = 1024 * 1024;

impl Tally {
    /// Nothing up to this number.
    #[must_use]
    pub fn none(head: Seq) -> Self {
        Self { head, ..Self::default() }
    }

    /// Looks at one more entry: who wrote it, and its text, of a message.
    pub fn look(&mut self, unread: &Unread, by: MemberId, text: Option<&str>) {
        self.entries += 1;
        let Some(text) = text.filter(|_| by != unread.by) else { return };
        self.bytes += text.len();
        self.unread += 1;
        let is_meant = unread.nick.as_ref().is_none_or(|nick| mentions(text, nick));
        self.mentions += u32::from(is_meant);
    }

    /// Whether nobody wants to know more.
    #[must_use]
    pub const fn is_enough(&self) -> bool {
        self.unread >= UNREAD_MAX || self.entries >= ENTRIES_MAX || self.bytes >= BYTES_MAX
    }
}
