//! What becomes of offices and invitations when rooms begin and end, and when somebody is gone for good.

use std::sync::Arc;

use chat_proto::{MemberId, RoomId, Time, message::Role};

use super::Apply;
use crate::core::{
    Member, Row, Stake,
    doors::{MEMBER_STAKES_MAX, ROOM_INVITATIONS_MAX},
};

impl Apply<'_> {
    /// Who makes a room is its owner, as far as one may own so many.
    pub(in crate::core::apply) fn found(&mut self, room: RoomId, member: MemberId) {
        if self.state.stakes(member).len() >= MEMBER_STAKES_MAX {
            return;
        }
        self.change_doors(room, Stake::Role(member, Role::Owner));
    }

    /// Who is in a room that becomes private may come back to it, as far as there may be so many.
    pub(super) fn invite_all_in(&mut self, room: RoomId) {
        let Some(here) = self.state.room(room).map(|room| room.members.clone()) else { return };
        let away = self.state.absent.keys().filter(|id| self.waits_for(**id, room));
        let mut all: Vec<MemberId> = here.iter().chain(away).copied().collect();
        all.sort_unstable();
        all.truncate(ROOM_INVITATIONS_MAX);
        for member in all {
            let knows = self.state.doors(room).is_some_and(|doors| doors.knows(member));
            if !knows && self.state.stakes(member).len() < MEMBER_STAKES_MAX {
                self.change_doors(room, Stake::Invited(member, true));
            }
        }
    }

    /// A room waits no longer for an account that is not here, nor is it invited.
    pub(in crate::core::apply) fn take_from_absent(&mut self, id: MemberId, room: RoomId) {
        if self.state.doors(room).is_some_and(|doors| doors.invited.contains(&id)) {
            self.change_doors(room, Stake::Invited(id, false));
        }
        let Some(absent) = self.state.absent.get(&id) else { return };
        let mut absent = Member::clone(absent);
        absent.rooms.retain(|(other, _)| *other != room);
        self.state.absent.insert_mut(id, Arc::new(absent));
        self.drop_marker(id, room);
        self.group.rows.push(Row::Membership { room, member: id, after: None });
    }

    /// What a guest has in rooms is the account's that they go on as.
    pub(in crate::core::apply) fn pass_on_stakes(&mut self, guest: MemberId, account: MemberId) {
        for room in self.state.stakes(guest).to_vec() {
            let Some(doors) = self.state.doors(room) else { continue };
            let (role, invited) = (doors.role(guest), doors.invited.contains(&guest));
            if role > doors.role(account) {
                self.change_doors(room, Stake::Role(account, role));
            }
            if invited {
                self.change_doors(room, Stake::Invited(account, true));
            }
        }
    }

    /// Writes down what a member has in rooms who was not stored before.
    pub(in crate::core::apply) fn write_stakes(&mut self, member: MemberId) {
        for room in self.state.stakes(member).to_vec() {
            let Some(doors) = self.state.doors(room) else { continue };
            let (role, invited) = (doors.role(member), doors.invited.contains(&member));
            let role = (role > Role::Member).then_some(Stake::Role(member, role));
            let invited = invited.then_some(Stake::Invited(member, true));
            let rows = role.into_iter().chain(invited).map(|stake| Row::Door(room, stake));
            self.group.rows.extend(rows);
        }
    }

    /// Whoever is nobody any more has no office and no invitation. A room may be left without an owner; then only an
    /// administrator appoints another.
    pub(in crate::core::apply) fn give_up_stakes(&mut self, member: MemberId) {
        for room in self.state.stakes(member).to_vec() {
            let Some(doors) = self.state.doors(room) else { continue };
            let (role, invited) = (doors.role(member), doors.invited.contains(&member));
            if role > Role::Member {
                self.change_doors(room, Stake::Role(member, Role::Member));
            }
            if invited {
                self.change_doors(room, Stake::Invited(member, false));
            }
            self.drop_if_lost(room);
        }
        self.forget_pace(|_, of| of == member);
    }

    /// A private room that nobody is in and nobody may enter is out of reach.
    fn drop_if_lost(&mut self, id: RoomId) {
        let Some(room) = self.state.room(id).cloned() else { return };
        if room.members.is_empty() && !self.state.stays(id, &room) {
            self.drop_room(id, &room);
        }
    }

    /// A room that is gone has no doors.
    pub(in crate::core::apply) fn drop_doors(&mut self, room: RoomId) {
        if self.state.doors(room).is_some() {
            self.group.rows.push(Row::Door(room, Stake::Gone));
        }
        self.forget_doors(room);
    }

    /// A room that the state does not know has none there; what the store has of them stays.
    pub(in crate::core::apply) fn forget_doors(&mut self, room: RoomId) {
        self.state.change_doors(room, &Stake::Gone);
        self.forget_pace(|of, _| of == room);
    }

    pub(in crate::core::apply) fn forget_pace(&mut self, goes: impl Fn(RoomId, MemberId) -> bool) {
        let spoke = self.state.spoke.iter();
        let gone: Vec<(RoomId, MemberId)> = spoke
            .map(|(place, _): (_, &Time)| *place)
            .filter(|(room, of)| goes(*room, *of))
            .collect();
        for place in gone {
            self.state.spoke.remove_mut(&place);
        }
    }
}
