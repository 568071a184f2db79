//! Bans and mutes, and what may be said under them.

use std::{net::IpAddr, sync::Arc};

use chat_proto::{
    MemberId, Reason, RoomId,
    message::{Door, ErrorCode, Role},
    whom::{Range, Whom},
};

use super::{Apply, at_most};
use crate::core::{
    Answer, Bar, BarKind, Rank, Refusal, Rule, Stake, WhomKeys,
    doors::{BARS_MAX, require},
};

impl Apply<'_> {
    pub(super) fn put_bar(
        &mut self,
        by: MemberId,
        room: RoomId,
        (kind, whom): (BarKind, &WhomKeys),
        (secs, reason): (Option<u64>, &Reason),
    ) -> Result<Answer, Refusal> {
        require(self.state, room, by, Rank::Moderator)?;
        let (rule, member) = self.meant(whom)?;
        if let Some(member) = member {
            self.may_bar(by, member, room)?;
        }
        let at = self.at;
        let is_other = |bar: &&Arc<Bar>| bar.holds(at) && bar.whom.folded != whom.folded;
        let doors = self.state.doors(room);
        let others = doors.map_or(0, |doors| doors.bars(kind).iter().filter(is_other).count());
        at_most(others, BARS_MAX, "bans, and as many mutes; lift one first")?;
        self.drop_ended_bars(room, kind);
        let until = secs.map(|secs| Bar::end(at, secs));
        let (by_nick, reason) = (self.nick_of(by), reason.clone());
        let bar = Bar { whom: whom.clone(), rule, member, until, reason, by: by_nick, at };
        let told = match kind {
            BarKind::Ban => Door::Banned(bar.told()),
            BarKind::Mute => Door::Muted(bar.told()),
        };
        let reason = bar.reason.clone();
        self.change_doors(room, Stake::Bar(kind, Arc::new(bar)));
        let answer = self.decide(by, room, told);
        if kind == BarKind::Ban {
            self.put_out_banned(room, &reason);
            self.uninvite_banned(room, member);
        }
        Ok(answer)
    }

    pub(super) fn free(
        &mut self,
        by: MemberId,
        room: RoomId,
        kind: BarKind,
        whom: &WhomKeys,
    ) -> Result<Answer, Refusal> {
        require(self.state, room, by, Rank::Moderator)?;
        self.drop_ended_bars(room, kind);
        let doors = self.state.doors(room);
        let found = doors.and_then(|doors| {
            doors.bars(kind).iter().find(|bar| bar.whom.folded == whom.folded).cloned()
        });
        let Some(bar) = found else { return Ok(self.unchanged(room)) };
        self.change_doors(room, Stake::Free(kind, bar.whom.folded.clone()));
        let whom = bar.whom.whom.clone();
        Ok(self.decide(
            by,
            room,
            match kind {
                BarKind::Ban => Door::Unbanned { whom },
                BarKind::Mute => Door::Unmuted { whom },
            },
        ))
    }

    /// Whom it means: a rule, and somebody by number where it names one who is known.
    pub(in crate::core::apply) fn meant(
        &self,
        whom: &WhomKeys,
    ) -> Result<(Rule, Option<MemberId>), Refusal> {
        let named = |nick: &str| self.state.member_named(&chat_proto::name::fold(nick));
        Ok(match &whom.whom {
            Whom::Nick(nick) => (Rule::Nick, named(nick.as_str())),
            Whom::Mask(_) => (Rule::Nick, None),
            Whom::Range(range) => (Rule::From(*range), None),
            Whom::From(nick) => {
                let member = named(nick.as_str());
                let from = member.and_then(|member| self.state.addresses(member).first().copied());
                let range = from.map(|address: IpAddr| Range::around(address));
                let unknown = || {
                    let text = format!("nobody called {nick} is here, so where from is not known");
                    Refusal::new(ErrorCode::NoNick, text)
                };
                (Rule::From(range.ok_or_else(unknown)?), member)
            }
        })
    }

    /// Who looks after the room is put out and silenced as a member only.
    fn may_bar(&self, by: MemberId, member: MemberId, room: RoomId) -> Result<(), Refusal> {
        self.outranks(by, member, room)?;
        let role = self.role(room, member);
        if role == Role::Member {
            return Ok(());
        }
        let nick = self.nick_of(member);
        let text = format!("{nick} is {role} here; /role {nick} member first");
        Err(Refusal::new(ErrorCode::NotAllowed, text))
    }

    /// Puts out everybody whom a ban means.
    fn put_out_banned(&mut self, room: RoomId, reason: &Reason) {
        let Some(here) = self.state.room(room).map(|room| room.members.clone()) else { return };
        for member in here.iter() {
            if self.state.bar(BarKind::Ban, room, *member, self.at).is_some() {
                self.put_out(*member, room, "banned", reason);
            }
        }
    }

    fn uninvite_banned(&mut self, room: RoomId, member: Option<MemberId>) {
        let invited = |member: &MemberId| {
            self.state.doors(room).is_some_and(|doors| doors.invited.contains(member))
        };
        if let Some(member) = member.filter(invited) {
            self.change_doors(room, Stake::Invited(member, false));
        }
    }

    /// Puts the member out of the rooms that ban them now that they come from elsewhere or are called otherwise.
    pub(in crate::core::apply) fn put_out_where_banned(&mut self, member: MemberId) {
        let Some(here) = self.state.member(member) else { return };
        for (room, _) in here.rooms.clone() {
            if let Some(bar) = self.state.bar(BarKind::Ban, room, member, self.at) {
                self.put_out(member, room, "banned", &bar.reason);
            }
        }
    }

    /// Whether the member may come into the room that they mean.
    pub(in crate::core::apply) fn may_enter(
        &self,
        member: MemberId,
        room: RoomId,
    ) -> Result<(), Refusal> {
        match self.state.bar(BarKind::Ban, room, member, self.at) {
            None => Ok(()),
            Some(bar) => {
                let text = format!("you are banned from that room{}", bar.told().terms());
                Err(Refusal::new(ErrorCode::Banned, text))
            }
        }
    }

    /// Whether the member may say something in the room now.
    pub(in crate::core::apply) fn may_speak(
        &self,
        member: MemberId,
        room: RoomId,
    ) -> Result<(), Refusal> {
        let Some(doors) = self.state.doors(room) else { return Ok(()) };
        if doors.mode.read_only && self.state.rank(room, member) == Rank::Member {
            let text = "this room is for reading; only its moderators write here";
            return Err(Refusal::new(ErrorCode::ReadOnly, text));
        }
        self.is_not_muted(member, room)
    }

    pub(in crate::core::apply) fn is_not_muted(
        &self,
        member: MemberId,
        room: RoomId,
    ) -> Result<(), Refusal> {
        match self.state.bar(BarKind::Mute, room, member, self.at) {
            None => Ok(()),
            Some(bar) => {
                let text = format!("you are muted in this room{}", bar.told().terms());
                Err(Refusal::new(ErrorCode::Muted, text))
            }
        }
    }

    /// Whether the member may set the topic now.
    pub(in crate::core::apply) fn may_set_topic(
        &self,
        member: MemberId,
        room: RoomId,
    ) -> Result<(), Refusal> {
        if self.state.mode(room).topic_lock {
            require(self.state, room, member, Rank::Moderator)?;
        }
        self.may_speak(member, room)
    }

    /// Takes one message of the member at the pace of the room.
    pub(in crate::core::apply) fn keep_pace(
        &mut self,
        member: MemberId,
        room: RoomId,
    ) -> Result<(), Refusal> {
        let slow = i64::from(self.state.mode(room).slow_secs) * 1000;
        if slow == 0 || self.state.rank(room, member) > Rank::Member {
            return Ok(());
        }
        let last = self.state.spoke.get(&(room, member));
        // A clock that was put back keeps nobody silent.
        let passed =
            last.map(|last| self.at.0 - last.0).filter(|passed| (0..slow).contains(passed));
        if let Some(passed) = passed {
            let secs = (slow - passed + 999) / 1000;
            let text = format!("this room is slow; say it again in {secs} seconds");
            return Err(Refusal::new(ErrorCode::SlowMode, text));
        }
        self.state.spoke.insert_mut((room, member), self.at);
        Ok(())
    }

    pub(in crate::core::apply) fn drop_ended_bars(&mut self, room: RoomId, kind: BarKind) {
        let Some(doors) = self.state.doors(room) else { return };
        let ended = doors.bars(kind).iter().filter(|bar| !bar.holds(self.at));
        let ended: Vec<_> = ended.map(|bar| bar.whom.folded.clone()).collect();
        for whom in ended {
            self.change_doors(room, Stake::Free(kind, whom));
        }
    }
}
