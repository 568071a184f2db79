//! Which room somebody means by a name.

use std::{net::IpAddr, sync::Arc};

use chat_proto::{MemberId, RoomId};
use smol_str::SmolStr;

use super::{Bar, BarKind, Rank, SERVER, bar::Suspect};
use crate::core::{Refusal, SessionState, State};

impl State {
    /// The room that the member means: one they are in, one that they may enter though it is private, a public one. A
    /// private room that they have nothing to do with is not there.
    #[must_use]
    pub fn room_meant(&self, member: MemberId, folded: &str) -> Option<RoomId> {
        let called = self.called(folded);
        let find =
            |is_meant: &dyn Fn(RoomId) -> bool| called.iter().copied().find(|room| is_meant(*room));
        find(&|room| self.is_in(member, room))
            .or_else(|| find(&|room| self.stakes(member).contains(&room)))
            .or_else(|| self.room_named(folded))
            // An administrator enters any room; outside of this they see no more than others.
            .or_else(|| find(&|_| self.is_admin(member)))
    }

    /// All rooms of that name: a private one may have the name of another.
    #[must_use]
    pub fn called(&self, folded: &str) -> &[RoomId] {
        self.called.get(folded).map_or(&[][..], Vec::as_slice)
    }

    /// A room has this name from here on.
    pub(in crate::core) fn call(&mut self, id: RoomId, folded: &SmolStr) {
        let mut called = self.called(folded).to_vec();
        called.push(id);
        self.called.insert_mut(folded.clone(), called);
    }

    /// A room of this name is gone.
    pub(in crate::core) fn uncall(&mut self, id: RoomId, folded: &SmolStr) {
        let mut called = self.called(folded).to_vec();
        called.retain(|room| *room != id);
        if called.is_empty() {
            self.called.remove_mut(folded);
        } else {
            self.called.insert_mut(folded.clone(), called);
        }
    }

    /// The rooms in which the member has an office or an invitation.
    #[must_use]
    pub fn stakes(&self, member: MemberId) -> &[RoomId] {
        self.stakes.get(&member).map_or(&[][..], Vec::as_slice)
    }

    /// Whether everybody may know that the member is in the room.
    #[must_use]
    pub fn shows(&self, room: RoomId, viewer: MemberId) -> bool {
        !self.is_private(room) || self.is_in(viewer, room)
    }

    /// The ban or mute of the room that means the member at that time. Who looks after the room is never meant.
    pub(in crate::core) fn bar(
        &self,
        kind: BarKind,
        room: RoomId,
        member: MemberId,
        at: chat_proto::Time,
    ) -> Option<Arc<Bar>> {
        let bars = self.doors(room)?.bars(kind);
        if bars.is_empty() || self.rank(room, member) > Rank::Member {
            return None;
        }
        let from = self.addresses(member);
        let nick = &self.member(member)?.nick;
        let suspect = Suspect { member, nick, from: &from };
        bars.iter().find(|bar| bar.holds(at) && bar.means(suspect)).cloned()
    }

    /// The bans from the whole server, the oldest first; some may have ended.
    #[must_use]
    pub fn server_bans(&self) -> &[Arc<Bar>] {
        self.doors(SERVER).map_or(&[][..], |doors| &doors.bans)
    }

    /// The ban of the whole server that means somebody at that time. An administrator is never meant.
    pub(in crate::core) fn banned(
        &self,
        suspect: Suspect<'_>,
        at: chat_proto::Time,
    ) -> Option<Arc<Bar>> {
        let bar = self.server_bans().iter().find(|bar| bar.holds(at) && bar.means(suspect))?;
        (!self.is_admin(suspect.member)).then(|| Arc::clone(bar))
    }

    /// Why nobody may come from that address at that time. Where an administrator comes from now, others are judged by
    /// who they say they are.
    #[must_use]
    pub fn turned_away(&self, from: IpAddr, at: chat_proto::Time) -> Option<Refusal> {
        let bar = self.server_bans().iter().find(|bar| bar.holds(at) && bar.rule.means(from))?;
        let spared =
            |session: &SessionState| session.from == Some(from) && self.is_admin(session.member);
        (!self.sessions().any(|(_, session)| spared(session))).then(|| bar.refusal())
    }

    /// Where the member's clients come from.
    pub(in crate::core) fn addresses(&self, member: MemberId) -> Vec<IpAddr> {
        let sessions = self.member(member).map_or(&[][..], |member| &member.sessions);
        sessions.iter().filter_map(|session| self.session(*session)?.from).collect()
    }

    /// Gives a room's name back, where it has it.
    pub(in crate::core) fn release_name(&mut self, id: RoomId, folded: &SmolStr, shape: &SmolStr) {
        if self.names.get(folded) == Some(&id) {
            self.names.remove_mut(folded);
        }
        if self.looks.get(shape) == Some(&id) {
            self.looks.remove_mut(shape);
        }
    }
}
