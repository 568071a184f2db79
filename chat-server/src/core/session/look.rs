//! Requests that only look: answered from the state as it is now.

use chat_proto::{MemberId, RoomId, Seq, Time, message::ErrorCode, name::fold};

use super::{Here, Refusal, Reply, Request, RoomRef, RoomView, State};
use crate::core::{
    BarsView, DoorsView, Kind, Label, NickKeys, Rank,
    doors::require,
    request::{Fetched, Found, Hits, NameItem, Person, RoomItem},
    search::Query,
};

pub(super) fn answer(request: Request, here: Here, state: &State) -> Result<Reply, Refusal> {
    match request {
        Request::Room { room } => room_view(&room, here, state).map(Reply::Room),
        Request::Rooms { after, limit } => Ok(rooms(&after, limit, state)),
        Request::Names { room, after, limit } => names(&room, after, limit, here, state),
        Request::Devices => devices(here, state),
        Request::Whois { nick } => whois(&nick, here, state).map(Reply::Person),
        Request::Doors { room } => doors(&room, here, state).map(Reply::Doors),
        _ => Ok(Reply::Done),
    }
}

/// The room, where the member is in it; rooms one is not in and rooms that do not exist are answered alike.
pub(super) fn room_view(room: &RoomRef, here: Here, state: &State) -> Result<RoomView, Refusal> {
    let id = room_id(room, here, state)?;
    let joined = state.is_in(here.member, id);
    let view = if joined { view(id, here.member, state.head(id), state) } else { None };
    view.ok_or_else(not_joined)
}

pub(super) fn not_joined() -> Refusal {
    Refusal::new(ErrorCode::NotJoined, "you are not in that room; /join it first")
}

pub(super) fn room_id(room: &RoomRef, here: Here, state: &State) -> Result<RoomId, Refusal> {
    let found = match room {
        RoomRef::Id(id) => Some(*id),
        RoomRef::Named(keys) => state.room_meant(here.member, &keys.folded),
        RoomRef::With(nick) => {
            state.member_named(&nick.folded).and_then(|peer| state.direct(here.member, peer))
        }
    };
    found.ok_or_else(not_joined)
}

/// Why nobody hears what is said in a private conversation, where somebody else has the other one's nick now.
pub(super) fn left(room: RoomId, here: Here, state: &State) -> Option<Refusal> {
    let Kind::Direct(pair) = &state.room(room)?.kind else { return None };
    let (_, nick) = pair.iter().find(|(id, _)| *id != here.member)?;
    state.member_named(&fold(nick.as_str()))?;
    let text = format!(
        "the {nick} of this conversation has left; /close it, then /query {nick} reaches who is here now"
    );
    Some(Refusal::new(ErrorCode::NoNick, text))
}

pub(super) fn view(room: RoomId, viewer: MemberId, after: Seq, state: &State) -> Option<RoomView> {
    let found = state.room(room)?;
    Some(RoomView {
        room,
        viewer,
        label: found.label(),
        topic: found.topic.clone(),
        members: found.members.size(),
        // What is no longer kept cannot follow.
        after: after.max(state.forgotten(room)),
        head: state.head(room),
    })
}

/// The rooms to search in, of those that the member is in.
pub(super) fn searched(query: &Query, here: Here, state: &State) -> Result<Vec<RoomId>, Refusal> {
    if query.rooms.is_empty() {
        let rooms = state.member(here.member).map_or(&[][..], |member| &member.rooms);
        return Ok(rooms.iter().map(|(room, _)| *room).collect());
    }
    let room = |room| room_view(room, here, state).map(|view| view.room);
    query.rooms.iter().map(room).collect()
}

/// What was read, as the member may see it now: they may have left a room in the meantime.
pub(super) fn fetched(fetched: Fetched, here: Here, state: &State) -> Result<Reply, Refusal> {
    match fetched {
        Fetched::Page(page) if state.is_in(here.member, page.room) => Ok(Reply::Page(page)),
        Fetched::Page(_) => Err(not_joined()),
        Fetched::Hits(hits) => Ok(Reply::Found(found(hits, here, state))),
        Fetched::Lines(lines) => Ok(Reply::Lines(lines)),
        Fetched::Verified | Fetched::Hashed(_) => Ok(Reply::Done),
    }
}

fn found(hits: Hits, here: Here, state: &State) -> Found {
    let Hits { entries, next, indexed_up_to } = hits;
    let label = |room| state.room(room).filter(|_| state.is_in(here.member, room));
    let hits = entries.into_iter().filter_map(|entry| Some((label(entry.room)?.label(), entry)));
    Found { viewer: here.member, hits: hits.collect(), next, indexed_up_to }
}

pub(super) fn no_room() -> Refusal {
    Refusal::new(ErrorCode::NoRoom, "that room is gone; /join it again")
}

fn rooms(after: &str, limit: usize, state: &State) -> Reply {
    let mut found = state.rooms_after(after).map(|(keys, room)| RoomItem {
        name: keys.name.clone(),
        members: room.members.size(),
        topic: room.topic.clone(),
    });
    let rooms = found.by_ref().take(limit).collect();
    Reply::Rooms { rooms, more: found.next().is_some() }
}

fn names(
    room: &RoomRef,
    after: MemberId,
    limit: usize,
    here: Here,
    state: &State,
) -> Result<Reply, Refusal> {
    let RoomView { room, label, .. } = room_view(room, here, state)?;
    let Some(found) = state.room(room) else { return Err(no_room()) };
    let mut items = found
        .members
        .range((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded))
        .filter_map(|id| Some((*id, state.member(*id)?)))
        .map(|(member, found)| NameItem {
            member,
            nick: found.nick.nick.clone(),
            away: found.away.is_some(),
        });
    let members = items.by_ref().take(limit).collect();
    let more = items.next().is_some();
    Ok(Reply::Names { room, label, members, more })
}

fn devices(here: Here, state: &State) -> Result<Reply, Refusal> {
    let account = state.account(here.member).ok_or_else(super::account::no_account)?;
    let here = state.session(here.session).and_then(|session| session.device);
    Ok(Reply::Devices { devices: account.devices.clone(), here })
}

fn doors(room: &RoomRef, here: Here, state: &State) -> Result<DoorsView, Refusal> {
    let RoomView { room, label, .. } = public_view(room, here, state)?;
    Ok(DoorsView::of(state, room, label, here.member))
}

pub(super) fn bars(
    room: &RoomRef,
    (skip, limit): (usize, usize),
    here: Here,
    (state, now): (&State, Time),
) -> Result<BarsView, Refusal> {
    let view = audited(room, here, state)?;
    Ok(BarsView::of(state, (view.room, view.label), now, (skip, limit)))
}

/// The room, where the member is in it and looks after it.
pub(super) fn audited(room: &RoomRef, here: Here, state: &State) -> Result<RoomView, Refusal> {
    let view = public_view(room, here, state)?;
    require(state, view.room, here.member, Rank::Moderator)?;
    Ok(view)
}

/// The room, where it can have doors.
fn public_view(room: &RoomRef, here: Here, state: &State) -> Result<RoomView, Refusal> {
    let view = room_view(room, here, state)?;
    match view.label {
        Label::Public(_) => Ok(view),
        Label::Direct(_) => {
            let text = "a private conversation is its two's alone; this is for rooms";
            Err(Refusal::new(ErrorCode::Private, text))
        }
    }
}

fn whois(nick: &NickKeys, here: Here, state: &State) -> Result<Person, Refusal> {
    let absent = || Refusal::new(ErrorCode::NoNick, format!("nobody called {} is here", nick.nick));
    let member = state.member_named(&nick.folded).ok_or_else(absent)?;
    let found = state.member(member).ok_or_else(absent)?;
    let shown = found.rooms.iter().filter(|(room, _)| state.shows(*room, here.member));
    let public = |room: &RoomId| Some(state.room(*room)?.keys()?.name.clone());
    Ok(Person {
        member,
        nick: found.nick.nick.clone(),
        away: found.away.clone(),
        since: found.since,
        rooms: shown.filter_map(|(room, _)| public(room)).collect(),
    })
}
