//! Requests about the doors of rooms.

use chat_proto::{
    Whom,
    message::{self, ErrorCode, SetMode},
};

use super::ask::{nick_keys, reason};
use crate::core::{Act, BarKind, Refusal, Request, RoomRef, WhomKeys};

type Asked = Result<Request, Refusal>;

/// Bans and mutes in one reply, and entries in one page.
const BARS_PAGE_MAX: usize = 100;
const AUDIT_ENTRIES_MAX: usize = 500;

pub(super) fn mode(set: SetMode) -> Request {
    let SetMode { room, private, read_only, topic_lock, slow_secs } = set;
    let act = Act::Mode { private, read_only, topic_lock, slow_secs };
    Request::Door { room: RoomRef::Id(room), act: Box::new(act) }
}

pub(super) fn role(set: &message::SetRole) -> Asked {
    let act = Act::Role { nick: nick_keys(&set.nick)?, role: set.role };
    Ok(Request::Door { room: RoomRef::Id(set.room), act: Box::new(act) })
}

pub(super) fn invite(invite: &message::Invite) -> Asked {
    let act = Act::Invite { nick: nick_keys(&invite.nick)?, on: invite.on };
    Ok(Request::Door { room: RoomRef::Id(invite.room), act: Box::new(act) })
}

pub(super) fn kick(kick: &message::Kick) -> Asked {
    let act = Act::Kick { nick: nick_keys(&kick.nick)?, reason: reason(&kick.reason)? };
    Ok(Request::Door { room: RoomRef::Id(kick.room), act: Box::new(act) })
}

pub(super) fn ban(ban: &message::Ban) -> Asked {
    let act = bar(BarKind::Ban, &ban.whom, ban.secs, &ban.reason)?;
    Ok(Request::Door { room: RoomRef::Id(ban.room), act: Box::new(act) })
}

pub(super) fn mute(mute: &message::Mute) -> Asked {
    let act = bar(BarKind::Mute, &mute.whom, mute.secs, &mute.reason)?;
    Ok(Request::Door { room: RoomRef::Id(mute.room), act: Box::new(act) })
}

pub(super) fn unban(unban: &message::Unban) -> Asked {
    let act = free(BarKind::Ban, &unban.whom)?;
    Ok(Request::Door { room: RoomRef::Id(unban.room), act: Box::new(act) })
}

pub(super) fn unmute(unmute: &message::Unmute) -> Asked {
    let act = free(BarKind::Mute, &unmute.whom)?;
    Ok(Request::Door { room: RoomRef::Id(unmute.room), act: Box::new(act) })
}

pub(super) fn bars(bars: message::Bars) -> Request {
    let skip = usize::try_from(bars.skip).unwrap_or(usize::MAX);
    Request::Bars { room: RoomRef::Id(bars.room), skip, limit: BARS_PAGE_MAX }
}

pub(super) fn audit(audit: message::Audit) -> Request {
    let message::Audit { room, before, limit } = audit;
    let limit = usize::from(limit).clamp(1, AUDIT_ENTRIES_MAX);
    Request::Audit { room: RoomRef::Id(room), before, limit }
}

/// A ban or a mute of whom somebody wrote.
pub(in crate::protocol) fn bar(
    kind: BarKind,
    whom: &str,
    secs: Option<u64>,
    why: &str,
) -> Result<Act, Refusal> {
    Ok(Act::Bar { kind, whom: whom_keys(whom)?, secs, reason: reason(why)? })
}

pub(in crate::protocol) fn free(kind: BarKind, whom: &str) -> Result<Act, Refusal> {
    Ok(Act::Free { kind, whom: whom_keys(whom)? })
}

fn whom_keys(whom: &str) -> Result<WhomKeys, Refusal> {
    let parsed = Whom::parse(whom.trim());
    parsed.map(WhomKeys::of).map_err(|error| Refusal::new(ErrorCode::Usage, error.to_string()))
}
