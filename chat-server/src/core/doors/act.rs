//! What is decided about a room, and what of it the store keeps.

use std::sync::Arc;

use chat_proto::{
    MemberId, Reason,
    message::{Mode, Role},
};
use smol_str::SmolStr;

use super::{Bar, BarKind, WhomKeys};
use crate::core::NickKeys;

/// One decision about a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// What is none stays as it is.
    Mode {
        private: Option<bool>,
        read_only: Option<bool>,
        topic_lock: Option<bool>,
        slow_secs: Option<u32>,
    },
    Role {
        nick: NickKeys,
        role: Role,
    },
    Invite {
        nick: NickKeys,
        on: bool,
    },
    Kick {
        nick: NickKeys,
        reason: Reason,
    },
    Bar {
        kind: BarKind,
        whom: WhomKeys,
        secs: Option<u64>,
        reason: Reason,
    },
    Free {
        kind: BarKind,
        whom: WhomKeys,
    },
}

impl Stake {
    /// Whose it is, of an office or an invitation.
    #[must_use]
    pub const fn member(&self) -> Option<&MemberId> {
        match self {
            Self::Role(member, _) | Self::Invited(member, _) => Some(member),
            _ => None,
        }
    }
}

/// One thing that a room's doors are made of, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stake {
    Mode(Mode),
    /// Of a plain member there is none.
    Role(MemberId, Role),
    Invited(MemberId, bool),
    Bar(BarKind, Arc<Bar>),
    /// By the folded form of what was written.
    Free(BarKind, SmolStr),
    /// The room has no doors any more.
    Gone,
}
