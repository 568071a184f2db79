//! The doors of rooms in the state: how each stake changes them.

use std::sync::Arc;

use chat_proto::{
    MemberId, RoomId,
    message::{Mode, Role},
};

use super::{Doors, Stake};
use crate::core::State;

impl State {
    /// Changes a room's doors. A room whose doors say nothing any more has none.
    pub(in crate::core) fn change_doors(&mut self, room: RoomId, stake: &Stake) {
        if *stake == Stake::Gone {
            return self.drop_doors(room);
        }
        let mut doors = self.doors(room).cloned().unwrap_or_default();
        doors.change(stake);
        let touched = stake.member().copied();
        let known = touched.is_some_and(|member| doors.knows(member));
        if doors == Doors::default() {
            self.doors.remove_mut(&room);
        } else {
            self.doors.insert_mut(room, Arc::new(doors));
        }
        if let Some(member) = touched {
            self.hold(member, room, known);
        }
    }

    fn drop_doors(&mut self, room: RoomId) {
        let Some(doors) = self.doors(room).cloned() else { return };
        let staff = doors.staff.iter().map(|(member, _)| *member);
        let known: Vec<_> = staff.chain(doors.invited.iter().copied()).collect();
        known.into_iter().for_each(|member| self.hold(member, room, false));
        self.doors.remove_mut(&room);
    }

    /// Whether nobody may enter the room any more.
    pub(in crate::core) fn is_lost(&self, id: RoomId) -> bool {
        self.doors(id).is_some_and(|doors| doors.mode.private && doors.is_known_to_nobody())
    }

    fn hold(&mut self, member: MemberId, room: RoomId, on: bool) {
        let mut held = self.stakes(member).to_vec();
        held.retain(|other| *other != room);
        if on {
            held.push(room);
        }
        if held.is_empty() {
            self.stakes.remove_mut(&member);
        } else {
            self.stakes.insert_mut(member, held);
        }
    }
}

impl Doors {
    fn change(&mut self, stake: &Stake) {
        match stake {
            Stake::Mode(mode) => self.mode = *mode,
            Stake::Role(member, role) => self.appoint(*member, *role),
            Stake::Invited(member, true) => self.invited.insert_mut(*member),
            Stake::Invited(member, false) => {
                self.invited.remove_mut(member);
            }
            Stake::Bar(kind, bar) => {
                let bars = self.bars_mut(*kind);
                bars.retain(|other| other.whom.folded != bar.whom.folded);
                bars.push(Arc::clone(bar));
            }
            Stake::Free(kind, whom) => {
                self.bars_mut(*kind).retain(|bar| bar.whom.folded != *whom);
            }
            Stake::Gone => self.mode = Mode::default(),
        }
    }

    fn appoint(&mut self, member: MemberId, role: Role) {
        self.staff.retain(|(other, _)| *other != member);
        if role > Role::Member {
            self.staff.push((member, role));
        }
    }
}
