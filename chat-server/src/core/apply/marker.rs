//! Read markers: how far an account has read in each of its rooms. They never move backwards, and go with the membership.

use chat_proto::{MemberId, RoomId, Seq, SessionId, message::ErrorCode};

use super::Apply;
use crate::core::{Answer, Channel, Refusal, Row, Told};

impl Apply<'_> {
    /// The account has read up to this number, or all there is; its other sessions are told.
    pub(super) fn mark_read(
        &mut self,
        session: SessionId,
        room: RoomId,
        through: Option<Seq>,
    ) -> Result<Answer, Refusal> {
        let member = self.session(session)?.member;
        self.joined(member, room)?;
        if self.state.account(member).is_none() {
            let text = "only for accounts is it kept what was read; /register or /login first";
            return Err(Refusal::new(ErrorCode::LoginNeeded, text));
        }
        let head = self.state.head(room);
        let (read, before) = (through.unwrap_or(head).min(head), self.state.marker(member, room));
        if read <= before {
            return Ok(Answer::Marked { room, read: before });
        }
        self.put_marker(member, room, read);
        if self.state.members[&member].sessions.len() > 1 {
            self.tell(Channel::Member(member), Told::Marked { room, by: session });
        }
        Ok(Answer::Marked { room, read })
    }

    /// Whoever is no account has none.
    pub(super) fn put_marker(&mut self, member: MemberId, room: RoomId, read: Seq) {
        if self.state.account(member).is_some() {
            self.state.markers.insert_mut((member, room), read);
            self.group.rows.push(Row::Marker { member, room, read });
        }
    }

    /// The store's goes with the row of the membership.
    pub(super) fn drop_marker(&mut self, member: MemberId, room: RoomId) {
        self.state.markers.remove_mut(&(member, room));
    }
}
