//! Coming and going of sessions, and what their members are called.

use chat_proto::{MemberId, Reason, SessionId, message::ErrorCode};
use rpds::HashTrieMapSync;

use super::Apply;
use crate::core::{Answer, Channel, Member, NickKeys, Refusal, Row, SessionState, TokenHash, Told};

impl Apply<'_> {
    pub(super) fn arrive(
        &mut self,
        nick: &NickKeys,
        stem: &NickKeys,
        token: Option<TokenHash>,
    ) -> Result<Answer, Refusal> {
        if self.state.owner(nick).is_some() {
            return Err(self.taken(nick));
        }
        let keys = self.free_nick(nick, stem)?;
        self.may_be_here(None, &keys)?;
        let member = MemberId(self.state.counters.member);
        let session = SessionId(self.state.counters.session);
        self.state.counters.member += 1;
        self.state.counters.session += 1;
        self.put_session(
            session,
            SessionState { member, generation: 0, token, device: None, from: self.from },
        );
        self.claim(&keys, member);
        let nick = keys.nick.clone();
        let sessions = vec![session];
        let (since, stored) = (self.at, token.is_some());
        self.put_member(
            member,
            Member { nick: keys, since, away: None, stored, sessions, rooms: Vec::new() },
        );
        Ok(Answer::Here { session, member, generation: 0, nick, rooms: Vec::new() })
    }

    pub(super) fn resume(&mut self, token: TokenHash) -> Result<Answer, Refusal> {
        let gone = || Refusal::new(ErrorCode::BadOrder, "that session has ended");
        let session = *self.state.tokens.get(&token).ok_or_else(gone)?;
        let mut taken = self.session(session)?;
        let nick = self.state.members[&taken.member].nick.clone();
        self.may_be_here(Some(taken.member), &nick)?;
        taken.generation += 1;
        taken.from = self.from;
        self.put_session(session, taken);
        let SessionState { member, generation, .. } = taken;
        self.tell(Channel::Member(member), Told::Taken { session, generation: Some(generation) });
        self.put_out_where_banned(member);
        let here = &self.state.members[&member];
        let rooms = here.rooms.clone();
        Ok(Answer::Here { session, member, generation, nick: here.nick.nick.clone(), rooms })
    }

    pub(super) fn leave(
        &mut self,
        session: SessionId,
        generation: Option<u32>,
        reason: &Reason,
    ) -> Result<Answer, Refusal> {
        let leaving = self.session(session)?;
        if generation.is_some_and(|generation| generation != leaving.generation) {
            return Ok(Answer::Done);
        }
        self.drop_session(session, leaving);
        self.drop_out(leaving.member, session, reason);
        Ok(Answer::Done)
    }

    /// A member has one session less.
    pub(super) fn drop_out(&mut self, id: MemberId, session: SessionId, reason: &Reason) {
        let mut member = Member::clone(&self.state.members[&id]);
        member.sessions.retain(|other| *other != session);
        if member.sessions.is_empty() {
            self.depart(id, &member, reason);
        } else {
            self.put_member(id, member);
        }
    }

    /// A guest without a session is nobody any more; an account is away.
    fn depart(&mut self, id: MemberId, member: &Member, reason: &Reason) {
        let nick = member.nick.nick.clone();
        self.tell_rooms(
            &member.rooms,
            &Told::Left { member: id, nick, quit: true, reason: reason.clone() },
        );
        if self.state.account(id).is_some() {
            return self.step_away(id, member);
        }
        for (room, _) in &member.rooms {
            self.take_out(id, *room);
        }
        self.give_up_stakes(id);
        self.release(&member.nick, id);
        self.state.members.remove_mut(&id);
        if member.stored {
            self.group.rows.push(Row::MemberGone(id));
        }
    }

    pub(super) fn rename(&mut self, id: MemberId, nick: &NickKeys) -> Result<Answer, Refusal> {
        if self.state.account(id).is_some() {
            let text = "an account keeps its nick; come in as a guest to be called otherwise";
            return Err(Refusal::new(ErrorCode::Registered, text));
        }
        if self.is_taken(nick, Some(id)) {
            return Err(self.taken(nick));
        }
        self.may_be_here(Some(id), nick)?;
        let mut member = Member::clone(&self.state.members[&id]);
        let old = std::mem::replace(&mut member.nick, nick.clone());
        self.release(&old, id);
        self.claim(nick, id);
        let rooms = member.rooms.clone();
        self.put_member(id, member);
        let told = Told::Renamed { member: id, old: old.nick, nick: nick.nick.clone() };
        self.tell(Channel::Member(id), told.clone());
        self.tell_rooms(&rooms, &told);
        rooms.iter().for_each(|(room, _)| self.relabel(*room, id, nick));
        self.put_out_where_banned(id);
        Ok(Answer::Done)
    }

    /// The nick, or the first of `nick-2`, `nick-3` … that is free.
    fn free_nick(&mut self, nick: &NickKeys, stem: &NickKeys) -> Result<NickKeys, Refusal> {
        if !self.is_taken(nick, None) {
            return Ok(nick.clone());
        }
        let last = self.state.suffixes.get(&stem.folded).copied().unwrap_or(SUFFIXES_TRIED);
        let (few, further) = (2..=SUFFIXES_TRIED, last + 1..=SUFFIX_MAX);
        // Those before the last may be free again.
        let again = SUFFIXES_TRIED + 1..=last;
        for number in few.chain(further.chain(again).take(SUFFIXES_TRIED_FURTHER)) {
            let suffixed = stem.suffixed(number);
            if !self.is_taken(&suffixed, None) {
                if number > SUFFIXES_TRIED {
                    self.note_suffix(stem, number);
                }
                return Ok(suffixed);
            }
        }
        Err(self.taken(nick))
    }

    fn note_suffix(&mut self, stem: &NickKeys, number: u32) {
        if self.state.suffixes.size() >= STEMS_MAX {
            self.state.suffixes = HashTrieMapSync::new_sync();
        }
        self.state.suffixes.insert_mut(stem.folded.clone(), number);
    }

    pub(super) fn is_taken(&self, nick: &NickKeys, except: Option<MemberId>) -> bool {
        nick.shapes
            .iter()
            .filter_map(|shape| self.state.shapes.get(shape))
            .any(|id| Some(*id) != except)
    }

    pub(super) fn claim(&mut self, nick: &NickKeys, id: MemberId) {
        self.state.nicks.insert_mut(nick.folded.clone(), id);
        for shape in &nick.shapes {
            self.state.shapes.insert_mut(shape.clone(), id);
        }
    }

    pub(super) fn release(&mut self, nick: &NickKeys, id: MemberId) {
        debug_assert_eq!(self.state.nicks.get(&nick.folded), Some(&id));
        self.state.nicks.remove_mut(&nick.folded);
        for shape in &nick.shapes {
            self.state.shapes.remove_mut(shape);
        }
    }

    pub(super) fn put_session(&mut self, id: SessionId, session: SessionState) {
        self.state.sessions.insert_mut(id, session);
        if let Some(token) = session.token {
            self.state.tokens.insert_mut(token, id);
            self.group.rows.push(Row::Session(id, session));
        }
    }

    pub(super) fn drop_session(&mut self, id: SessionId, session: SessionState) {
        self.state.sessions.remove_mut(&id);
        if let Some(token) = session.token {
            self.state.tokens.remove_mut(&token);
            self.group.rows.push(Row::SessionGone(id));
        }
    }
}

/// Suffixes that are tried from the lowest on; beyond them the search goes on where it last ended, so that thousands of
/// bots of one name do not make it slow.
const SUFFIXES_TRIED: u32 = 9;
/// The highest suffix; with `-` it fits behind a nick's stem.
const SUFFIX_MAX: u32 = 99_999;
/// Nicks of which is known where the search ended; then all of it is forgotten.
const STEMS_MAX: usize = 10_000;
/// How many larger ones are tried.
const SUFFIXES_TRIED_FURTHER: usize = 1000;
