//! What is unread: asked for wherever an account's client may not know it, and told when it is counted.

use chat_proto::RoomId;

use super::{Context, Effect, Effects, Session};

impl Session {
    /// Counts a room of an account; guests keep for themselves what they have read.
    pub(super) fn count(&self, room: RoomId, tell: bool, cx: Context<'_>, out: &mut Effects) {
        let account = self.here.filter(|here| cx.state.account(here.member).is_some());
        let viewer = account.map(|here| here.member);
        out.extend(viewer.map(|viewer| Effect::Count { room, viewer, tell }));
    }

    /// Counts every room that the member is in.
    pub(super) fn count_all(&self, tell: bool, cx: Context<'_>, out: &mut Effects) {
        let member = self.here.and_then(|here| cx.state.member(here.member));
        for (room, _) in member.iter().flat_map(|member| &member.rooms) {
            self.count(*room, tell, cx, out);
        }
    }
}
