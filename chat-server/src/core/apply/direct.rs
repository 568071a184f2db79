//! Private conversations: rooms keyed by the pair of members, so that a later guest of the same nick never sees them.

use chat_proto::{MemberId, RoomId, message::ErrorCode};

use super::Apply;
use crate::core::{Answer, Channel, Kind, NickKeys, Refusal, Told};

impl Apply<'_> {
    pub(super) fn open(&mut self, member: MemberId, nick: &NickKeys) -> Result<Answer, Refusal> {
        let peer = self.reachable(member, nick)?;
        let room = self.direct_room(member, peer);
        // The other one hears of it with the first message.
        let new = !self.state.is_in(member, room);
        self.admit(member, room);
        Ok(Answer::Entered { room, head: self.state.head(room), new })
    }

    /// The conversation with that nick, both in it.
    pub(super) fn conversation(
        &mut self,
        member: MemberId,
        nick: &NickKeys,
    ) -> Result<RoomId, Refusal> {
        let peer = self.reachable(member, nick)?;
        let room = self.direct_room(member, peer);
        self.admit(member, room);
        self.admit(peer, room);
        Ok(room)
    }

    /// The room, where the member may post to it now. In a private conversation the other one must be here.
    pub(super) fn postable(&mut self, member: MemberId, room: RoomId) -> Result<RoomId, Refusal> {
        let Kind::Direct(pair) = &self.joined(member, room)?.kind else { return Ok(room) };
        let (peer, nick) = pair.iter().find(|(id, _)| *id != member).unwrap_or(&pair[0]);
        if self.state.known(*peer).is_none() {
            return Err(absent(nick.as_str()));
        }
        let peer = *peer;
        self.admit(peer, room);
        Ok(room)
    }

    /// Somebody who is here, or an account with room for one more conversation.
    fn reachable(&self, member: MemberId, nick: &NickKeys) -> Result<MemberId, Refusal> {
        let peer = self.known(nick)?;
        if self.state.direct(member, peer).is_none() {
            self.may_leave_word(peer)?;
        }
        Ok(peer)
    }

    /// Somebody who is here, or an account.
    pub(super) fn known(&self, nick: &NickKeys) -> Result<MemberId, Refusal> {
        self.state.member_named(&nick.folded).ok_or_else(|| absent(nick.nick.as_str()))
    }

    fn direct_room(&mut self, one: MemberId, other: MemberId) -> RoomId {
        if let Some(room) = self.state.direct(one, other) {
            return room;
        }
        let pair = [one.min(other), one.max(other)];
        let nick =
            |id| self.state.known(id).expect("whoever has a nick is known").nick.nick.clone();
        let named = pair.map(|id| (id, nick(id)));
        let room = self.add_room(Kind::Direct(named));
        self.state.directs.insert_mut((pair[0], pair[1]), room);
        room
    }

    fn admit(&mut self, member: MemberId, room: RoomId) {
        if self.state.member(member).is_none() {
            return self.leave_word(member, room);
        }
        if !self.state.is_in(member, room) {
            self.put_in(member, room);
            let after = self.state.head(room);
            self.tell(Channel::Member(member), Told::Opened { room, after });
        }
    }
}

fn absent(nick: &str) -> Refusal {
    Refusal::new(ErrorCode::NoNick, format!("nobody called {nick} is here"))
}
