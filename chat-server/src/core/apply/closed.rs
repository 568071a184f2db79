//! Rooms that the operator deletes: closed at once, then thrown away step by step, so that nobody else is kept waiting.

use chat_proto::{Reason, RoomId, Seq, message::ErrorCode};

use super::Apply;
use crate::core::{Answer, Channel, Refusal, Row, Told};

impl Apply<'_> {
    /// Nobody is in the room any more, and nobody can reach it; its name is free.
    pub(super) fn close_room(&mut self, id: RoomId) -> Result<Answer, Refusal> {
        let none = || Refusal::new(ErrorCode::NoRoom, "that room is gone");
        let room = self.state.room(id).cloned().ok_or_else(none)?;
        let name = &room.keys().ok_or_else(none)?.name;
        let reason = Reason::clean(&format!("{name} was deleted by the operator"));
        let reason = reason.unwrap_or_default();
        for member in room.members.iter() {
            self.tell(Channel::Member(*member), Told::Closed { room: id, reason: reason.clone() });
            self.end_membership(*member, id);
            self.take_from_present(*member, id);
        }
        let absent = self.state.absent.keys().filter(|member| self.waits_for(**member, id));
        let absent: Vec<_> = absent.copied().collect();
        absent.into_iter().for_each(|member| self.take_from_absent(member, id));
        self.drop_doors(id);
        self.state.forget_room(id, &room);
        self.state.closed.insert_mut(id);
        self.group.rows.push(Row::RoomClosed(id));
        Ok(Answer::Done)
    }

    /// Only of a closed room. It stays known as one, so that what still comes for it leaves nothing of it behind.
    pub(super) fn discard(&mut self, room: RoomId, through: Option<Seq>) -> Answer {
        if self.state.is_closed(room) {
            self.group.rows.push(match through {
                Some(through) => Row::Forgotten { room, through, head: through },
                None => Row::RoomDiscarded(room),
            });
        }
        Answer::Done
    }
}
