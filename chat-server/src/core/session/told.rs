//! What the member is told besides what is said in the rooms.

use chat_proto::{Nick, Reason, RoomId, Seq, message::ErrorCode};

use super::{Context, Effect, Effects, Here, Session, follow, look};
use crate::core::{Refusal, Room, Told};

impl Session {
    /// Takes what was told to the member.
    pub fn told(&mut self, told: &Told, cx: Context<'_>, out: &mut Effects) {
        // Before the welcome the client does not expect it; after that it is looked for.
        let Some(here) = self.here.filter(|_| self.is_welcome) else { return };
        match told {
            Told::Opened { room, after } => self.opened(*room, *after, cx, out),
            Told::Closed { room, reason } => self.closed(*room, reason, cx, out),
            Told::Invited { room, by } => invited(*room, by, here, cx, out),
            Told::Marked { room, by } if *by != here.session => self.count(*room, false, cx, out),
            Told::Announced { text } => out.push_back(Effect::Announced(text.clone())),
            Told::Ended { session, why } if *session == here.session => {
                out.push_back(Effect::Close(why.clone()));
            }
            Told::Taken { session, generation } if *session == here.session => {
                taken(*generation, here, out)
            }
            _ => {}
        }
    }

    /// What was told to the member was lost on the way: sees anew which rooms they are in.
    pub fn look_again(&mut self, cx: Context<'_>, out: &mut Effects) {
        let Some(here) = self.here else { return };
        let generation = cx.state.session(here.session).map(|session| session.generation);
        if generation != Some(here.generation) {
            return taken(generation, here, out);
        }
        let rooms = cx.state.member(here.member).map_or(&[][..], |member| &member.rooms);
        for (room, after) in rooms {
            self.opened(*room, *after, cx, out);
        }
        let is_out = |room: &&RoomId| !rooms.iter().any(|(id, _)| id == *room);
        let gone: Vec<_> = self.rooms.iter().filter(is_out).copied().collect();
        gone.into_iter().for_each(|room| self.closed(room, &Reason::default(), cx, out));
        self.count_all(true, cx, out);
    }

    /// A room is not delivered any more, though the member is in it.
    pub fn unfollowed(&mut self, room: RoomId) {
        self.rooms.remove(&room);
    }

    /// What comes next in a room is no longer kept, up to this number.
    pub fn skipped(&self, room: RoomId, through: Seq, cx: Context<'_>, out: &mut Effects) {
        let Some(here) = self.here else { return };
        out.extend(look::view(room, here.member, through, cx.state).map(Effect::Skipped));
    }

    pub(super) fn opened(&mut self, room: RoomId, after: Seq, cx: Context<'_>, out: &mut Effects) {
        let Some(here) = self.here else { return };
        let Some(view) = look::view(room, here.member, after, cx.state) else { return };
        if self.rooms.insert(room) {
            let follow = follow(&view, Seq(0));
            out.extend([Effect::Opened(view), follow]);
            self.count(room, false, cx, out);
        }
    }

    /// What was told of long ago does not close a room that the member has entered again.
    fn closed(&mut self, room: RoomId, reason: &Reason, cx: Context<'_>, out: &mut Effects) {
        let Some(here) = self.here else { return };
        if !cx.state.is_in(here.member, room) && self.rooms.remove(&room) {
            let label = cx.state.room(room).map(Room::label);
            let closed = Effect::Closed { room, label, reason: reason.clone() };
            out.extend([Effect::Unfollow(room), closed]);
        }
    }
}

fn invited(room: RoomId, by: &Nick, here: Here, cx: Context<'_>, out: &mut Effects) {
    let Some(keys) = cx.state.room(room).and_then(Room::keys) else { return };
    let meant = cx.state.room_meant(here.member, &keys.folded);
    let (room, hidden) = (keys.name.clone(), meant != Some(room));
    out.push_back(Effect::Invited { room, by: by.clone(), hidden });
}

fn taken(generation: Option<u32>, here: Here, out: &mut Effects) {
    if generation.is_none_or(|newer| newer > here.generation) {
        let text = match generation {
            Some(_) => "another connection has taken up this session",
            None => "this session has been ended",
        };
        out.push_back(Effect::Close(Refusal::new(ErrorCode::Displaced, text)));
    }
}
