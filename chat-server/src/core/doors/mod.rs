//! Rooms with doors: who may come in and speak, and who decides about it.
//!
//! A private room has no claim to its name: outside it nobody can tell it from a room that does not exist, because it
//! is looked for among one's own rooms and invitations only, and a public room may have the same name.

mod act;
mod bar;
mod change;
mod known;
mod view;

use std::sync::Arc;

use chat_proto::{
    MemberId, RoomId,
    message::{Mode, Role},
};
use rpds::RedBlackTreeSetSync;

pub use act::{Act, Stake};
pub(super) use bar::Suspect;
pub use bar::{Bar, BarKind, Rule, WhomKeys};
pub(super) use view::require;
pub use view::{BarsView, DoorsView};

use super::State;

/// The doors of a room. Rooms that have none are public and nobody's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doors {
    pub mode: Mode,
    /// Owners and moderators, as they were appointed.
    pub staff: Vec<(MemberId, Role)>,
    /// Who may enter a private room beside them.
    pub invited: RedBlackTreeSetSync<MemberId>,
    pub bans: Vec<Arc<Bar>>,
    pub mutes: Vec<Arc<Bar>>,
}

/// The number of no room: its bans are those of the server.
pub const SERVER: RoomId = RoomId(0);
/// Owners and moderators of a room.
pub(super) const STAFF_MAX: usize = 100;
/// Invitations of a room that are not taken back.
pub(super) const ROOM_INVITATIONS_MAX: usize = 1000;
/// Invitations and offices of a member.
pub(super) const MEMBER_STAKES_MAX: usize = 500;
/// Bans of a room, and as many mutes.
pub const BARS_MAX: usize = 200;
/// The longest pause of slow mode, in seconds: six hours.
pub const SLOW_SECS_MAX: u32 = 6 * 3600;
/// The longest ban with an end, in seconds: ten years.
pub(super) const BAR_SECS_MAX: u64 = 10 * 365 * 24 * 3600;

/// What somebody may do in a room, each what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Member,
    Moderator,
    Owner,
    /// Of the server.
    Administrator,
}

impl Doors {
    #[must_use]
    pub fn role(&self, member: MemberId) -> Role {
        let office = self.staff.iter().find(|(id, _)| *id == member);
        office.map_or(Role::Member, |(_, role)| *role)
    }

    /// Bans or mutes.
    #[must_use]
    pub const fn bars(&self, kind: BarKind) -> &Vec<Arc<Bar>> {
        match kind {
            BarKind::Ban => &self.bans,
            BarKind::Mute => &self.mutes,
        }
    }

    pub(super) const fn bars_mut(&mut self, kind: BarKind) -> &mut Vec<Arc<Bar>> {
        match kind {
            BarKind::Ban => &mut self.bans,
            BarKind::Mute => &mut self.mutes,
        }
    }

    /// Whether the member may come in without being asked whether the room is private.
    #[must_use]
    pub fn knows(&self, member: MemberId) -> bool {
        self.invited.contains(&member) || self.role(member) > Role::Member
    }

    /// Whether anybody may ever come in again.
    #[must_use]
    pub fn is_known_to_nobody(&self) -> bool {
        self.staff.is_empty() && self.invited.is_empty()
    }
}

impl State {
    #[must_use]
    pub fn doors(&self, room: RoomId) -> Option<&Doors> {
        self.doors.get(&room).map(Arc::as_ref)
    }

    #[must_use]
    pub fn mode(&self, room: RoomId) -> Mode {
        self.doors(room).map(|doors| doors.mode).unwrap_or_default()
    }

    #[must_use]
    pub fn is_private(&self, room: RoomId) -> bool {
        self.mode(room).private
    }

    /// Whether the member looks after the whole server.
    #[must_use]
    pub fn is_admin(&self, member: MemberId) -> bool {
        self.account(member).is_some_and(|account| account.is_admin)
    }

    /// What the member may do in the room. In private conversations both are equal, whoever they are.
    #[must_use]
    pub fn rank(&self, room: RoomId, member: MemberId) -> Rank {
        if self.room(room).is_none_or(|room| room.keys().is_none()) {
            return Rank::Member;
        }
        if self.is_admin(member) {
            return Rank::Administrator;
        }
        match self.doors(room).map(|doors| doors.role(member)).unwrap_or_default() {
            Role::Member => Rank::Member,
            Role::Moderator => Rank::Moderator,
            Role::Owner => Rank::Owner,
        }
    }
}
