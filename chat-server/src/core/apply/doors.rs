//! What is decided about a room: each decision is an entry of the room, judged here.

mod bars;
mod stakes;

use chat_proto::{
    MemberId, Nick, Reason, RoomId,
    message::{Content, Door, ErrorCode, Mode, Role},
};

use super::{Apply, server::because};
use crate::core::{
    Act, Answer, BarKind, Channel, Doors, NickKeys, Rank, Refusal, Row, Stake, Told,
    doors::{MEMBER_STAKES_MAX, ROOM_INVITATIONS_MAX, SLOW_SECS_MAX, STAFF_MAX, require},
};

impl Apply<'_> {
    pub(super) fn act_on_doors(
        &mut self,
        by: MemberId,
        room: RoomId,
        act: &Act,
    ) -> Result<Answer, Refusal> {
        if self.joined(by, room)?.keys().is_none() {
            let text = "a private conversation is its two's alone; this is for rooms";
            return Err(Refusal::new(ErrorCode::Private, text));
        }
        match act {
            Act::Mode { .. } => self.set_mode(by, room, act),
            Act::Role { nick, role } => self.set_role(by, room, nick, *role),
            Act::Invite { nick, on } => self.invite(by, room, nick, *on),
            Act::Kick { nick, reason } => self.kick(by, room, nick, reason),
            Act::Bar { kind, whom, secs, reason } => {
                self.put_bar(by, room, (*kind, whom), (*secs, reason))
            }
            Act::Free { kind, whom } => self.free(by, room, *kind, whom),
        }
    }

    fn set_mode(&mut self, by: MemberId, room: RoomId, act: &Act) -> Result<Answer, Refusal> {
        let Act::Mode { private, read_only, topic_lock, slow_secs } = *act else {
            return Ok(Answer::Done);
        };
        let rank = if private.is_some() { Rank::Owner } else { Rank::Moderator };
        require(self.state, room, by, rank)?;
        let old = self.state.mode(room);
        let mode = Mode {
            private: private.unwrap_or(old.private),
            read_only: read_only.unwrap_or(old.read_only),
            topic_lock: topic_lock.unwrap_or(old.topic_lock),
            slow_secs: slow_secs.unwrap_or(old.slow_secs),
        };
        if mode == old {
            return Ok(self.unchanged(room));
        }
        if mode.slow_secs > SLOW_SECS_MAX {
            let text = format!("slow mode goes up to {SLOW_SECS_MAX} seconds");
            return Err(Refusal::new(ErrorCode::Usage, text));
        }
        self.rename_for(room, old.private, mode.private)?;
        if mode.slow_secs == 0 {
            self.forget_pace(|of, _| of == room);
        }
        self.change_doors(room, Stake::Mode(mode));
        if mode.private && !old.private {
            self.invite_all_in(room);
        }
        Ok(self.decide(by, room, Door::Mode(mode)))
    }

    /// A room that becomes private gives its name back; one that becomes public claims it.
    fn rename_for(&mut self, room: RoomId, was: bool, is: bool) -> Result<(), Refusal> {
        let Some(keys) = self.state.room(room).and_then(|room| room.keys()).cloned() else {
            return Ok(());
        };
        if is && !was {
            self.state.release_name(room, &keys.folded, &keys.shape);
        } else if was && !is {
            self.free_look(&keys)?;
            self.state.names.insert_mut(keys.folded, room);
            self.state.looks.insert_mut(keys.shape, room);
        }
        Ok(())
    }

    fn set_role(
        &mut self,
        by: MemberId,
        room: RoomId,
        nick: &NickKeys,
        role: Role,
    ) -> Result<Answer, Refusal> {
        require(self.state, room, by, Rank::Owner)?;
        let member = self.state.member_named(&nick.folded);
        let known =
            |id: &MemberId| self.state.is_in(*id, room) || self.role(room, *id) > Role::Member;
        let member = member.filter(known).ok_or_else(|| not_here(nick))?;
        let old = self.role(room, member);
        if old == role {
            return Ok(self.unchanged(room));
        }
        let owners =
            |doors: &Doors| doors.staff.iter().filter(|(_, role)| *role == Role::Owner).count();
        let doors = self.state.doors(room).cloned().unwrap_or_default();
        if old == Role::Owner && owners(&doors) == 1 && !self.state.is_admin(by) {
            let text = "a room keeps an owner; make somebody else one first";
            return Err(Refusal::new(ErrorCode::NotAllowed, text));
        }
        if old == Role::Member {
            at_most(doors.staff.len(), STAFF_MAX, "owners and moderators")?;
            self.has_room_for_stake(member)?;
        }
        self.change_doors(room, Stake::Role(member, role));
        let nick = self.nick_of(member);
        Ok(self.decide(by, room, Door::Role { member, nick, role }))
    }

    fn invite(
        &mut self,
        by: MemberId,
        room: RoomId,
        nick: &NickKeys,
        on: bool,
    ) -> Result<Answer, Refusal> {
        require(self.state, room, by, Rank::Moderator)?;
        let member = self.known(nick)?;
        let doors = self.state.doors(room).cloned().unwrap_or_default();
        if doors.invited.contains(&member) == on || (on && self.state.is_in(member, room)) {
            return Ok(self.unchanged(room));
        }
        if on {
            at_most(doors.invited.size(), ROOM_INVITATIONS_MAX, "invitations; /uninvite somebody")?;
            self.has_room_for_stake(member)?;
            if let Some(bar) = self.state.bar(BarKind::Ban, room, member, self.at) {
                let text = format!("{} is banned; /unban {} first", nick.nick, bar.whom.whom);
                return Err(Refusal::new(ErrorCode::Banned, text));
            }
        }
        self.change_doors(room, Stake::Invited(member, on));
        let (nick, from) = (self.nick_of(member), self.nick_of(by));
        if on {
            self.tell(Channel::Member(member), Told::Invited { room, by: from });
        }
        Ok(self.decide(by, room, Door::Invited { member, nick, on }))
    }

    fn kick(
        &mut self,
        by: MemberId,
        room: RoomId,
        nick: &NickKeys,
        reason: &Reason,
    ) -> Result<Answer, Refusal> {
        require(self.state, room, by, Rank::Moderator)?;
        let member = self.state.member_named(&nick.folded);
        let comes_back = |id: &MemberId| self.state.is_in(*id, room) || self.waits_for(*id, room);
        let member = member.filter(comes_back).ok_or_else(|| not_here(nick))?;
        self.outranks(by, member, room)?;
        let told = Door::Kicked { member, nick: self.nick_of(member), reason: reason.clone() };
        let answer = self.decide(by, room, told);
        if self.role(room, member) > Role::Member {
            self.change_doors(room, Stake::Role(member, Role::Member));
        }
        if self.waits_for(member, room) {
            self.take_from_absent(member, room);
        } else {
            self.put_out(member, room, "kicked", reason);
        }
        Ok(answer)
    }

    /// Whether the room waits for an account that is not here.
    pub(super) fn waits_for(&self, member: MemberId, room: RoomId) -> bool {
        let absent = self.state.absent.get(&member);
        absent.is_some_and(|absent| absent.rooms.iter().any(|(other, _)| *other == room))
    }

    /// Takes the member out of the room, whatever they want, and their invitation back.
    pub(super) fn put_out(&mut self, id: MemberId, room: RoomId, how: &str, why: &Reason) {
        if self.state.doors(room).is_some_and(|doors| doors.invited.contains(&id)) {
            self.change_doors(room, Stake::Invited(id, false));
        }
        let reason = Reason::clean(&because(how, why)).unwrap_or_else(|_too_long| why.clone());
        let nick = self.nick_of(id);
        self.tell(Channel::Room(room), Told::Expelled { member: id, nick, reason: reason.clone() });
        self.tell(Channel::Member(id), Told::Closed { room, reason });
        self.take_out(id, room);
        self.take_from_present(id, room);
    }

    /// Whether somebody stands above another in the room.
    fn outranks(&self, by: MemberId, member: MemberId, room: RoomId) -> Result<(), Refusal> {
        if self.state.rank(room, by) > self.state.rank(room, member) {
            return Ok(());
        }
        let text = if by == member {
            "you cannot do that to yourself; /part leaves the room".to_owned()
        } else if self.state.is_admin(member) {
            format!(
                "{} is an administrator of the server, above everybody here",
                self.nick_of(member)
            )
        } else {
            let (nick, role) = (self.nick_of(member), self.role(room, member));
            format!("{nick} is {role} here; who stands above may do that")
        };
        Err(Refusal::new(ErrorCode::NotAllowed, text))
    }

    /// Writes what was decided into the room's log.
    fn decide(&mut self, by: MemberId, room: RoomId, door: Door) -> Answer {
        self.write(room, by, None, Content::Door(door))
    }

    fn role(&self, room: RoomId, member: MemberId) -> Role {
        self.state.doors(room).map(|doors| doors.role(member)).unwrap_or_default()
    }

    /// Of somebody who is here, or an account.
    fn nick_of(&self, member: MemberId) -> Nick {
        let known = self.state.known(member);
        known.expect("only who is known is decided about").nick.nick.clone()
    }

    fn has_room_for_stake(&self, member: MemberId) -> Result<(), Refusal> {
        at_most(self.state.stakes(member).len(), MEMBER_STAKES_MAX, "rooms that one is invited to")
    }

    /// Changes the doors in the state, and in the store.
    pub(super) fn change_doors(&mut self, room: RoomId, stake: Stake) {
        self.state.change_doors(room, &stake);
        // Who is not stored is nobody after a restart.
        let is_stored =
            |member: &MemberId| self.state.known(*member).is_some_and(|member| member.stored);
        if stake.member().is_none_or(is_stored) {
            self.group.rows.push(Row::Door(room, stake));
        }
    }
}

pub(super) fn at_most(count: usize, max: usize, what: &str) -> Result<(), Refusal> {
    if count < max {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::TooMany, format!("there are at most {max} {what}")))
}

fn not_here(nick: &NickKeys) -> Refusal {
    Refusal::new(ErrorCode::NoNick, format!("nobody called {} is in this room", nick.nick))
}
