//! The state as a store held it.

use std::{collections::HashSet, sync::Arc};

use chat_proto::{Epoch, MemberId, Reason, RoomId, Seq, SessionId, Time, Topic};
use rpds::RedBlackTreeSetSync;

use super::{Account, Counters, Kind, Member, NickKeys, Room, SERVER, SessionState, Stake, State};

/// A room, when it was made, whether it has entries, and the number of its last.
type StoredRoom = (RoomId, Kind, Topic, Time, bool, Seq);

/// What was read, in any order. Rows that belong to nobody any more are left out of the state.
#[derive(Debug, Default)]
pub struct Loaded {
    pub members: Vec<(MemberId, NickKeys, Time, Option<Reason>)>,
    pub accounts: Vec<(MemberId, Account)>,
    pub sessions: Vec<(SessionId, SessionState)>,
    pub rooms: Vec<StoredRoom>,
    pub memberships: Vec<(MemberId, RoomId, Seq)>,
    /// How far accounts have read.
    pub markers: Vec<(MemberId, RoomId, Seq)>,
    /// What the doors of rooms are made of, as it was decided.
    pub doors: Vec<(RoomId, Stake)>,
    /// When members spoke lately in rooms that are slow, the newest first.
    pub spoke: Vec<(RoomId, MemberId, Time)>,
    /// Up to which number rooms keep their entries no longer.
    pub forgotten: Vec<(RoomId, Seq)>,
    /// Rooms that are deleted, but not all of them yet.
    pub closed: Vec<RoomId>,
}

impl Loaded {
    #[must_use]
    pub fn into_state(mut self, epoch: Epoch, counters: Counters) -> State {
        let mut state = State::new(epoch, counters);
        self.rooms.retain(|(room, ..)| !self.closed.contains(room));
        self.closed.iter().for_each(|room| state.closed.insert_mut(*room));
        for (id, nick, since, away) in self.members {
            let member =
                Member { nick, since, away, stored: true, sessions: Vec::new(), rooms: Vec::new() };
            state.members.insert_mut(id, Arc::new(member));
        }
        self.accounts.into_iter().for_each(|(id, account)| {
            for device in &account.devices {
                state.devices.insert_mut(device.token, id);
            }
            state.accounts.insert_mut(id, Arc::new(account));
        });
        self.sessions.into_iter().for_each(|(id, session)| add_session(&mut state, id, session));
        drop_homeless(&mut state);
        await_accounts(&mut state);
        add_doors(&mut state, &self.doors, &self.rooms);
        self.rooms.into_iter().for_each(|room| add_room(&mut state, room));
        for (room, through) in self.forgotten {
            if state.rooms.contains_key(&room) {
                state.forgotten.insert_mut(room, through);
            }
        }
        add_markers(&mut state, &self.memberships, &self.markers);
        self.memberships.into_iter().for_each(|membership| add_membership(&mut state, membership));
        drop_empty(&mut state);
        add_pace(&mut state, &self.spoke);
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
        if !member.sessions.is_empty() {
            claim(state, &member.nick, id);
            continue;
        }
        state.members.remove_mut(&id);
        if state.accounts.contains_key(&id) {
            let away = Member { away: None, ..Member::clone(&member) };
            state.absent.insert_mut(id, Arc::new(away));
        }
    }
}

fn claim(state: &mut State, nick: &NickKeys, id: MemberId) {
    state.nicks.insert_mut(nick.folded.clone(), id);
    nick.shapes.iter().for_each(|shape| state.shapes.insert_mut(shape.clone(), id));
}

/// Every account has its nick and a member, here or not.
fn await_accounts(state: &mut State) {
    let all: Vec<_> =
        state.accounts.iter().map(|(id, account)| (*id, Arc::clone(account))).collect();
    for (id, account) in all {
        claim(state, &account.nick, id);
        if state.known(id).is_none() {
            state.absent.insert_mut(id, Arc::new(account.absent()));
        }
    }
}

/// Offices and invitations of those who are nobody any more are left out.
fn add_doors(state: &mut State, doors: &[(RoomId, Stake)], rooms: &[StoredRoom]) {
    let known: HashSet<RoomId> = rooms.iter().map(|(id, ..)| *id).chain([SERVER]).collect();
    for (room, stake) in doors.iter().filter(|(room, _)| known.contains(room)) {
        if stake.member().is_none_or(|member| state.known(*member).is_some()) {
            state.change_doors(*room, stake);
        }
    }
}

fn add_room(state: &mut State, (id, kind, topic, created, kept, head): StoredRoom) {
    match &kind {
        Kind::Public(keys) => {
            state.call(id, &keys.folded);
            if !state.is_private(id) {
                state.names.insert_mut(keys.folded.clone(), id);
                state.looks.insert_mut(keys.shape.clone(), id);
            }
        }
        // Whoever it was between, nobody can reach it any more.
        Kind::Direct(pair) if !pair.iter().any(|(member, _)| state.known(*member).is_some()) => {
            return;
        }
        Kind::Direct([(one, _), (other, _)]) => state.directs.insert_mut((*one, *other), id),
    }
    let members = RedBlackTreeSetSync::new_sync();
    state.rooms.insert_mut(id, Arc::new(Room { kind, topic, created, kept, members }));
    state.heads.insert_mut(id, head);
}

fn add_membership(state: &mut State, (member, room, after): (MemberId, RoomId, Seq)) {
    if let Some(found) = state.absent.get(&member) {
        let mut found = Member::clone(found);
        found.rooms.push((room, after));
        state.absent.insert_mut(member, Arc::new(found));
        return;
    }
    let (Some(found), Some(entered)) = (state.members.get(&member), state.rooms.get(&room)) else {
        return;
    };
    let (mut found, mut entered) = (Member::clone(found), Room::clone(entered));
    found.rooms.push((room, after));
    entered.members.insert_mut(member);
    state.members.insert_mut(member, Arc::new(found));
    state.rooms.insert_mut(room, Arc::new(entered));
}

fn add_pace(state: &mut State, spoke: &[(RoomId, MemberId, Time)]) {
    for (room, member, at) in spoke {
        let place = (*room, *member);
        let matters = state.room(*room).is_some() && state.known(*member).is_some();
        if matters && !state.spoke.contains_key(&place) {
            state.spoke.insert_mut(place, *at);
        }
    }
}

/// Where a membership has none, because an older version wrote it, all is read up to where it begins.
fn add_markers(
    state: &mut State,
    memberships: &[(MemberId, RoomId, Seq)],
    markers: &[(MemberId, RoomId, Seq)],
) {
    for (member, room, after) in memberships {
        if state.accounts.contains_key(member) {
            state.markers.insert_mut((*member, *room), *after);
        }
    }
    for (member, room, read) in markers {
        if let Some(marker) = state.markers.get_mut(&(*member, *room)) {
            *marker = *read;
        }
    }
}

/// Rooms without an entry live as long as their members; private ones as long as somebody is in them or comes back.
fn drop_empty(state: &mut State) {
    let is_gone = |id: RoomId, room: &Room| room.members.is_empty() && !state.stays(id, room);
    let gone: Vec<_> = state
        .rooms
        .iter()
        .filter(|(id, room)| is_gone(**id, room))
        .map(|(id, room)| (*id, Arc::clone(room)))
        .collect();
    for (id, room) in gone {
        state.change_doors(id, &Stake::Gone);
        state.forget_room(id, &room);
    }
}
