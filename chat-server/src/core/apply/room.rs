//! Rooms: made by joining, kept from their first entry, gone with their last member before that.

use std::sync::Arc;

use chat_proto::{MemberId, Reason, RoomId, Seq, Topic, message::ErrorCode};
use rpds::RedBlackTreeSetSync;

use super::Apply;
use crate::core::{Answer, Channel, Kind, Member, NickKeys, Refusal, Room, RoomKeys, Row, Told};

impl Apply<'_> {
    pub(super) fn join(
        &mut self,
        member: MemberId,
        keys: &RoomKeys,
        (rooms_max, owned): (usize, bool),
    ) -> Result<Answer, Refusal> {
        let there = self.state.room_meant(member, &keys.folded);
        if let Some(room) = there.filter(|room| self.state.is_in(member, *room)) {
            return Ok(Answer::Entered { room, head: self.state.head(room), new: false });
        }
        if self.state.members[&member].rooms.len() >= rooms_max {
            let text = format!("you are in {rooms_max} rooms; /part one first");
            return Err(Refusal::new(ErrorCode::TooManyRooms, text));
        }
        let room = match there {
            Some(room) => {
                self.may_enter(member, room)?;
                room
            }
            None => self.make_room(keys, owned.then_some(member))?,
        };
        self.put_in(member, room);
        let nick = self.state.members[&member].nick.nick.clone();
        self.tell_people(room, Told::Joined { member, nick });
        let head = self.state.head(room);
        self.tell(Channel::Member(member), Told::Opened { room, after: head });
        Ok(Answer::Entered { room, head, new: true })
    }

    pub(super) fn part(
        &mut self,
        id: MemberId,
        room: RoomId,
        reason: &Reason,
    ) -> Result<Answer, Refusal> {
        self.joined(id, room)?;
        let nick = self.state.members[&id].nick.nick.clone();
        let told = Told::Left { member: id, nick, quit: false, reason: reason.clone() };
        self.tell_people(room, told);
        self.tell(Channel::Member(id), Told::Closed { room, reason: Reason::default() });
        self.take_out(id, room);
        self.take_from_present(id, room);
        Ok(Answer::Done)
    }

    fn make_room(&mut self, keys: &RoomKeys, owner: Option<MemberId>) -> Result<RoomId, Refusal> {
        self.free_look(keys)?;
        let room = self.add_room(Kind::Public(keys.clone()));
        self.state.call(room, &keys.folded);
        self.state.names.insert_mut(keys.folded.clone(), room);
        self.state.looks.insert_mut(keys.shape.clone(), room);
        owner.into_iter().for_each(|owner| self.found(room, owner));
        Ok(room)
    }

    /// Whether no public room has that name or one that looks like it.
    pub(super) fn free_look(&self, keys: &RoomKeys) -> Result<(), Refusal> {
        if let Some(other) =
            self.state.looks.get(&keys.shape).and_then(|room| self.state.room(*room))
        {
            let name = other.keys().map_or("another", |keys| keys.name.as_str());
            let text = format!(
                "{} looks like {name}, which is another room; choose another name",
                keys.name
            );
            return Err(Refusal::new(ErrorCode::LookAlike, text));
        }
        Ok(())
    }

    pub(super) fn add_room(&mut self, kind: Kind) -> RoomId {
        let id = RoomId(self.state.counters.room);
        self.state.counters.room += 1;
        let members = RedBlackTreeSetSync::new_sync();
        self.put_room(
            id,
            Room { kind, topic: Topic::default(), created: self.at, kept: false, members },
        );
        id
    }

    /// From its first entry on a room stays.
    pub(super) fn keep_room(&mut self, id: RoomId) {
        let room = &self.state.rooms[&id];
        if !room.kept {
            let kept = Room { kept: true, ..Room::clone(room) };
            self.put_room(id, kept);
        }
    }

    /// Makes the member one of the room, and the room one of the member's.
    pub(super) fn put_in(&mut self, id: MemberId, room: RoomId) {
        let mut entered = Room::clone(&self.state.rooms[&room]);
        entered.members.insert_mut(id);
        self.state.rooms.insert_mut(room, Arc::new(entered));
        let mut member = Member::clone(&self.state.members[&id]);
        let after = self.state.head(room);
        member.rooms.push((room, after));
        if member.stored {
            self.group.rows.push(Row::Membership { room, member: id, after: Some(after) });
        }
        self.state.members.insert_mut(id, Arc::new(member));
        self.put_marker(id, room, after);
    }

    /// Takes the room off the list of a member who is here.
    pub(super) fn take_from_present(&mut self, id: MemberId, room: RoomId) {
        let mut member = Member::clone(&self.state.members[&id]);
        member.rooms.retain(|(other, _)| *other != room);
        self.put_member(id, member);
    }

    /// Takes the member off the room's list for good; the room may go with them.
    pub(super) fn take_out(&mut self, member: MemberId, id: RoomId) {
        self.end_membership(member, id);
        self.step_out(member, id);
    }

    /// Nothing is kept of a member's having been in a room.
    pub(super) fn end_membership(&mut self, member: MemberId, room: RoomId) {
        if self.state.members[&member].stored {
            self.group.rows.push(Row::Membership { room, member, after: None });
        }
        self.drop_marker(member, room);
    }

    /// Takes the member off the room's list; the room may go with them.
    pub(super) fn step_out(&mut self, member: MemberId, id: RoomId) {
        let mut left = Room::clone(&self.state.rooms[&id]);
        left.members.remove_mut(&member);
        if left.members.is_empty() && !self.state.stays(id, &left) {
            self.drop_room(id, &left);
        } else {
            self.state.rooms.insert_mut(id, Arc::new(left));
        }
    }

    /// Forgets a room that nobody can reach any more. What was said in it stays in the store, and so do its doors: where
    /// the store is read again, it is as much out of reach.
    pub(super) fn drop_room(&mut self, id: RoomId, room: &Room) {
        if room.kept {
            self.forget_doors(id);
        } else {
            self.drop_doors(id);
            self.group.rows.push(Row::RoomGone(id));
        }
        self.state.forget_room(id, room);
    }

    /// Lets a room begin behind a number. A room that the state does not know, because nobody can reach it any more,
    /// may still have entries in the store.
    pub(super) fn forget(&mut self, room: RoomId, through: Seq) -> Answer {
        if self.state.is_closed(room) {
            return Answer::Done;
        }
        let known = self.state.room(room).is_some();
        let head = self.state.head(room);
        let through = if known { through.min(head) } else { through };
        if through > self.state.forgotten(room) {
            if known {
                self.state.forgotten.insert_mut(room, through);
            }
            self.group.rows.push(Row::Forgotten { room, through, head: head.max(through) });
        }
        Answer::Done
    }

    /// Gives a private conversation the new nick of one of its two.
    pub(super) fn relabel(&mut self, id: RoomId, member: MemberId, nick: &NickKeys) {
        let mut room = Room::clone(&self.state.rooms[&id]);
        let Kind::Direct(pair) = &mut room.kind else { return };
        for one in pair.iter_mut().filter(|(id, _)| *id == member) {
            one.1 = nick.nick.clone();
        }
        self.put_room(id, room);
    }
}
