//! What those who are in a room see of its doors.

use chat_proto::{
    MemberId, Nick, RoomId,
    message::{BarItem, ErrorCode, Mode, Role, Staff},
};

use super::{BarKind, Rank};
use crate::core::{Label, Refusal, State};

/// How a room is open, and who looks after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorsView {
    pub room: RoomId,
    pub label: Label,
    pub mode: Mode,
    /// What the member who asks is.
    pub role: Role,
    pub staff: Vec<(MemberId, Nick, Role)>,
}

/// Whom a room keeps out and silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarsView {
    pub room: RoomId,
    pub label: Label,
    pub bars: Vec<BarItem>,
    pub more: bool,
}

impl DoorsView {
    pub(in crate::core) fn of(state: &State, room: RoomId, label: Label, viewer: MemberId) -> Self {
        let doors = state.doors(room).cloned().unwrap_or_default();
        let named =
            |(id, role): &(MemberId, Role)| Some((*id, state.known(*id)?.nick.nick.clone(), *role));
        let staff = doors.staff.iter().filter_map(named).collect();
        Self { room, label, mode: doors.mode, role: doors.role(viewer), staff }
    }

    #[must_use]
    pub fn wire(self) -> chat_proto::message::RoomDoors {
        let Mode { private, read_only, topic_lock, slow_secs } = self.mode;
        let staff = |(member, nick, role)| Staff { member, nick, role };
        let (room, role) = (self.room, self.role);
        let staff = self.staff.into_iter().map(staff).collect();
        chat_proto::message::RoomDoors {
            room,
            role,
            private,
            read_only,
            topic_lock,
            slow_secs,
            staff,
        }
    }
}

impl BarsView {
    pub(in crate::core) fn of(
        state: &State,
        (room, label): (RoomId, Label),
        at: chat_proto::Time,
        (skip, limit): (usize, usize),
    ) -> Self {
        let doors = state.doors(room).cloned().unwrap_or_default();
        let kinds = [BarKind::Ban, BarKind::Mute];
        let all = kinds.iter().flat_map(|kind| {
            let mute = *kind == BarKind::Mute;
            doors.bars(*kind).iter().filter(|bar| bar.holds(at)).map(move |bar| BarItem {
                mute,
                bar: bar.told(),
                by: bar.by.clone(),
                at: bar.at,
            })
        });
        let mut rest = all.skip(skip);
        let bars = rest.by_ref().take(limit).collect();
        let more = rest.next().is_some();
        Self { room, label, bars, more }
    }
}

/// Only those of this rank or above may.
pub(in crate::core) fn require(
    state: &State,
    room: RoomId,
    member: MemberId,
    rank: Rank,
) -> Result<(), Refusal> {
    if state.rank(room, member) >= rank {
        return Ok(());
    }
    let text = match rank {
        Rank::Owner => "only an owner of the room may do that; /mode shows who is one",
        _ => "only a moderator or an owner of the room may do that; /mode shows who is one",
    };
    Err(Refusal::new(ErrorCode::NotAllowed, text))
}
