//! What is read from the log for a request.

use chat_proto::{Seq, message::Anchor};

use super::{Asked, Context, Effect, Effects, Here, Session, look, reply};
use crate::core::{Refusal, RoomRef, request::RoomView, search::Query};

impl Session {
    pub(super) fn history(
        &mut self,
        here: Here,
        room: &RoomRef,
        (from, limit): (Anchor, usize),
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        match look::room_view(room, here, cx.state) {
            Ok(view) => {
                self.asked.push_back(Asked::Read);
                out.push_back(Effect::Read { room: view.room, viewer: here.member, from, limit });
            }
            Err(refusal) => reply(out, Err(refusal)),
        }
    }

    pub(super) fn search(
        &mut self,
        here: Here,
        query: Query,
        (before, limit): (Option<u64>, usize),
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        match look::searched(&query, here, cx.state) {
            Ok(rooms) => {
                self.asked.push_back(Asked::Read);
                out.push_back(Effect::Search { query, rooms, before, limit });
            }
            Err(refusal) => reply(out, Err(refusal)),
        }
    }

    pub(super) fn audit(
        &mut self,
        room: Result<RoomView, Refusal>,
        (before, limit): (Option<Seq>, usize),
        out: &mut Effects,
    ) {
        match room {
            Ok(view) => {
                self.asked.push_back(Asked::Read);
                out.push_back(Effect::Audit { room: view.room, before, limit });
            }
            Err(refusal) => reply(out, Err(refusal)),
        }
    }
}
