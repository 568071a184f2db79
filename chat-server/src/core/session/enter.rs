//! Coming into rooms and leaving them.

use chat_proto::{Reason, Seq, message::ErrorCode};

use super::{Asked, Context, Effect, Effects, Here, Session, follow, look, reply};
use crate::core::{
    Answer, Refusal, RoomKeys, RoomRef, What,
    request::{Reply, RoomView},
};

impl Session {
    pub(super) fn join(
        &mut self,
        room: RoomKeys,
        after: Option<Seq>,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        if let Err(refusal) = self.has_space(&room, cx) {
            return self.refuse(refusal, out);
        }
        let lobby = cx.settings.lobby.as_ref();
        let owned = lobby.is_none_or(|lobby| lobby.folded != room.folded);
        let what = What::Join { room, rooms_max: cx.settings.rooms_max, owned };
        self.append(Asked::Enter { after }, what, cx, out);
    }

    /// Whether one more may enter, or this one is in it already.
    fn has_space(&self, keys: &RoomKeys, cx: Context<'_>) -> Result<(), Refusal> {
        let Some(here) = self.here else { return Ok(()) };
        // As the member sees it: a private room of others is not there.
        let Some(id) = cx.state.room_meant(here.member, &keys.folded) else { return Ok(()) };
        let members_max = cx.settings.members_max;
        let is_full = cx.state.room(id).is_some_and(|room| room.members.size() >= members_max);
        if !is_full || cx.state.is_in(here.member, id) {
            return Ok(());
        }
        let text = format!("{} has {members_max} members, as many as it may; try later", keys.name);
        Err(Refusal::new(ErrorCode::Busy, text))
    }

    pub(super) fn part(
        &mut self,
        here: Here,
        room: &RoomRef,
        reason: Reason,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        match look::room_view(room, here, cx.state) {
            Ok(view) => {
                let what = What::Part { room: view.room, reason };
                self.append(Asked::Leave(view), what, cx, out);
            }
            Err(refusal) => reply(out, Err(refusal)),
        }
    }

    pub(super) fn entered(
        &mut self,
        after: Option<Seq>,
        answer: &Answer,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        let Answer::Entered { room, head, .. } = answer else { return };
        let Some(here) = self.here else { return };
        let Some(view) =
            look::view(*room, here.member, after.unwrap_or(*head).min(*head), cx.state)
        else {
            return reply(out, Err(look::no_room()));
        };
        let follow = follow(&view, *head);
        reply(out, Ok(Reply::Entered(view)));
        if self.rooms.insert(*room) || after.is_some() {
            out.push_back(follow);
            self.count(*room, false, cx, out);
        }
    }

    pub(super) fn left(&mut self, view: RoomView, out: &mut Effects) {
        self.rooms.remove(&view.room);
        out.push_back(Effect::Unfollow(view.room));
        reply(out, Ok(Reply::Left { room: view.room, label: view.label }));
    }
}
