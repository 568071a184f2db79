//! The state as a store held it.

use std::sync::Arc;

use chat_proto::{Epoch, MemberId, Reason, RoomId, Seq, SessionId, Time, Topic};
use rpds::RedBlackTreeSetSync;

use super::{Counters, Kind, Member, NickKeys, Room, SessionState, State};

/// What was read, in any order. Rows that belong to nobody any more are left out of the state.
#[derive(Debug, Default)]
pub struct Loaded {
    pub members: Vec<(MemberId, NickKeys, Time, Option<Reason>)>,
    pub sessions: Vec<(SessionId, SessionState)>,
    pub rooms: Vec<(RoomId, Kind, Topic, Time, bool, Seq)>,
    pub memberships: Vec<(MemberId, RoomId, Seq)>,
    /// Up to which number rooms keep their entries no longer.
    pub forgotten: Vec<(RoomId, Seq)>,
}

impl Loaded {
    #[must_use]
    pub fn into_state(self, epoch: Epoch, counters: Counters) -> State {
        let mut state = State::new(epoch, counters);
        for (id, nick, since, away) in self.members {
            let member =
                Member { nick, since, away, stored: true, sessions: Vec::new(), rooms: Vec::new() };
            state.members.insert_mut(id, Arc::new(member));
        }
        self.sessions.into_iter().for_each(|(id, session)| add_session(&mut state, id, session));
        drop_homeless(&mut state);
        self.rooms.into_iter().for_each(|room| add_room(&mut state, room));
        for (room, through) in self.forgotten {
            if state.rooms.contains_key(&room) {
                state.forgotten.insert_mut(room, through);
            }
        }
        self.memberships.into_iter().for_each(|membership| add_membership(&mut state, membership));
        drop_empty(&mut state);
        state
    }
}

fn add_session(state: &mut State, id: SessionId, session: SessionState) {
    let Some(member) = state.members.get(&session.member) else { return };
    let mut member = Member::clone(member);
    member.sessions.push(id);
    state.members.insert_mut(session.member, Arc::new(member));
    state.sessions.insert_mut(id, session);
    session.token.iter().for_each(|token| state.tokens.insert_mut(*token, id));
}

/// Guests whose sessions are gone are gone too; the nicks of the others are theirs.
fn drop_homeless(state: &mut State) {
    let all: Vec<_> = state.members.iter().map(|(id, member)| (*id, Arc::clone(member))).collect();
    for (id, member) in all {
        if member.sessions.is_empty() {
            state.members.remove_mut(&id);
        } else {
            state.nicks.insert_mut(member.nick.folded.clone(), id);
            member.nick.shapes.iter().for_each(|shape| state.shapes.insert_mut(shape.clone(), id));
        }
    }
}

fn add_room(
    state: &mut State,
    (id, kind, topic, created, kept, head): (RoomId, Kind, Topic, Time, bool, Seq),
) {
    match &kind {
        Kind::Public(keys) => {
            state.names.insert_mut(keys.folded.clone(), id);
            state.looks.insert_mut(keys.shape.clone(), id);
        }
        // Whoever it was between, nobody can reach it any more.
        Kind::Direct(pair)
            if !pair.iter().any(|(member, _)| state.members.contains_key(member)) =>
        {
            return;
        }
        Kind::Direct([(one, _), (other, _)]) => state.directs.insert_mut((*one, *other), id),
    }
    let members = RedBlackTreeSetSync::new_sync();
    state.rooms.insert_mut(id, Arc::new(Room { kind, topic, created, kept, members }));
    state.heads.insert_mut(id, head);
}

fn add_membership(state: &mut State, (member, room, after): (MemberId, RoomId, Seq)) {
    let (Some(found), Some(entered)) = (state.members.get(&member), state.rooms.get(&room)) else {
        return;
    };
    let (mut found, mut entered) = (Member::clone(found), Room::clone(entered));
    found.rooms.push((room, after));
    entered.members.insert_mut(member);
    state.members.insert_mut(member, Arc::new(found));
    state.rooms.insert_mut(room, Arc::new(entered));
}

/// Rooms without an entry live as long as their members; private ones as long as somebody is in them.
fn drop_empty(state: &mut State) {
    let is_gone = |room: &Room| room.members.is_empty() && !(room.kept && room.keys().is_some());
    let gone: Vec<_> = state
        .rooms
        .iter()
        .filter(|(_, room)| is_gone(room))
        .map(|(id, room)| (*id, Arc::clone(room)))
        .collect();
    for (id, room) in gone {
        state.forget_room(id, &room);
    }
}
