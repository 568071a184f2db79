//! Being away and back.

use chat_proto::{MemberId, Reason};

use super::Apply;
use crate::core::{Answer, Member, Refusal, Told};

impl Apply<'_> {
    pub(super) fn away(&mut self, id: MemberId, away: Option<&Reason>) -> Result<Answer, Refusal> {
        let mut member = Member::clone(&self.state.members[&id]);
        if member.away.as_ref() == away {
            return Ok(Answer::Done);
        }
        member.away = away.cloned();
        let told = Told::Away { member: id, nick: member.nick.nick.clone(), away: away.cloned() };
        let rooms = member.rooms.clone();
        self.put_member(id, member);
        self.tell_rooms(&rooms, &told);
        Ok(Answer::Done)
    }
}
