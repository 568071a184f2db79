//! What the server tells without being asked.

use chat_proto::{
    MemberId, Seq, mentions,
    message::{
        Content, Conversation, Entry, Event, MemberAway, MemberJoined, MemberLeft, MemberRenamed,
        Outcome, RoomClosed, RoomEntry, RoomInfo,
    },
};

use super::{
    Body, Delivery, Effect, Effects, Item, Model, Room, RoomKey, Title, doors,
    item::{Presence, Said},
    members::Known,
    openness,
    outcome::{Change, Changed},
    past, reading,
    scroll::Scroll,
    session, talk,
};

pub(super) fn take(model: &mut Model, event: Event, out: &mut Effects) {
    match event {
        Event::RoomEntry(event) => entry(model, event, out),
        Event::RoomOpened(event) => entered(model, None, &event.room, out),
        Event::RoomClosed(event) => closed(model, &event, out),
        Event::ReadMarker(marker) => reading::marked(model, &marker),
        Event::MemberJoined(event) => joined(model, event, out),
        Event::MemberLeft(event) => left(model, event, out),
        Event::MemberRenamed(event) => renamed(model, event, out),
        Event::MemberAway(event) => away(model, event),
        Event::MembersStale(event) => stale(model, event.room),
        Event::Closing(event) => session::closing(model, &event, out),
        Event::Invited(event) => doors::invited(model, &event, out),
        Event::Announced(told) => model.inform(format!("announcement: {}", told.text), out),
        Event::Slowed(slowed) => slow_down(model, slowed.per_sec, out),
        // The connection itself answers that one.
        Event::Alive(_) => {}
    }
}

/// The client is in a room: `asked` for by it, or opened by the server.
pub(super) fn entered(
    model: &mut Model,
    asked: Option<RoomKey>,
    info: &RoomInfo,
    out: &mut Effects,
) {
    let key = place(model, asked, info);
    model.rooms.identify(key, info.room);
    let is_account = model.is_account;
    let Some(room) = model.rooms.get_mut(key) else { return };
    if room.id != Some(info.room) {
        room.restart(info.after);
    }
    if !is_account {
        room.reading.keep_own();
    }
    room.entered(info);
    if model.rooms.current().is_none() {
        model.rooms.select(key);
    }
    past::close_gap(model, key, info.after, out);
    talk::flush(model, key, out);
}

/// The room that `info` is about. Only the same two members are the same conversation: what was said to somebody stays
/// with them, and is not sent to a later guest of their nick.
fn place(model: &mut Model, asked: Option<RoomKey>, info: &RoomInfo) -> RoomKey {
    let known = model.rooms.by_id(info.room);
    let title = match &info.name {
        Conversation::Public(name) => Title::Public(name.clone()),
        Conversation::Direct(member, nick) => Title::Direct(nick.clone(), Some(*member)),
    };
    let found = known.or_else(|| match &title {
        Title::Public(_) => asked.or_else(|| model.rooms.by_label(&title.label())),
        Title::Direct(_, Some(member)) => conversation(model, asked, &title, *member),
        Title::Direct(..) => None,
    });
    let key = found.unwrap_or_else(|| model.rooms.add(Room::new(title.clone())));
    if let Some(room) = model.rooms.get_mut(key) {
        room.title = title;
    }
    key
}

fn conversation(
    model: &Model,
    asked: Option<RoomKey>,
    title: &Title,
    member: MemberId,
) -> Option<RoomKey> {
    let unopened = |key: &RoomKey| {
        let room = model.rooms.get(*key);
        room.is_some_and(|room| matches!(room.title, Title::Direct(_, None)))
    };
    let wanted = asked.or_else(|| model.rooms.by_label(&title.label())).filter(unopened);
    model.rooms.by_member(member).or(wanted)
}

/// The next entry of a room.
fn entry(model: &mut Model, event: RoomEntry, out: &mut Effects) {
    let Some(key) = model.rooms.by_id(event.room) else { return };
    let (seq, by) = (event.entry.seq, event.entry.by);
    let me = model.member();
    let own = me == Some(by);
    let item = item(model, &event.entry, &Outcome::default(), seq);
    let change = Change::read(&event.entry, me);
    let Some(room) = model.rooms.get_mut(key) else { return };
    if seq <= room.cursor {
        return;
    }
    room.cursor = seq;
    room.lost = false;
    openness::decided(room, &event.entry, me);
    let fresh = seq > room.head;
    if let Some(Item { body: Body::Topic { topic, .. }, .. }) = &item {
        room.topic = topic.clone();
    }
    room.timeline.take_unsent(event.entry.id);
    append(room, seq, item.clone());
    if let Some(change) = change {
        changed(model, key, change, out);
    }
    if let Some(item) = item {
        arrived(model, key, (seq, &item), fresh && !own, out);
        if !(own && model.settings.plain) {
            model.show(Some(key), &item, out);
        }
    }
    talk::flush(model, key, out);
}

/// A message has become another; nobody is called for that, and nothing is unread.
fn changed(model: &mut Model, key: RoomKey, change: Change, out: &mut Effects) {
    if model.settings.plain
        && !change.own
        && let Some(room) = model.rooms.get(key)
    {
        let body = Body::Info(change.told(&room.title.label()));
        model.show(Some(key), &Item { at: model.now, body }, out);
    }
    if let Some(room) = model.rooms.get_mut(key) {
        room.change(change);
    }
}

fn append(room: &mut Room, seq: Seq, item: Option<Item>) {
    let reading_end = room.scroll == Scroll::End;
    room.below += u32::from(!reading_end && item.is_some());
    room.timeline.append(seq, item);
    room.timeline.trim(reading_end);
}

/// Counts what others said, and rings where it is for the user.
pub(super) fn arrived(
    model: &mut Model,
    key: RoomKey,
    (seq, item): (Seq, &Item),
    fresh: bool,
    out: &mut Effects,
) {
    let Some(said) = item.said().filter(|said| !said.own) else { return };
    let looking = model.rooms.current() == Some(key) && model.focused == Some(true);
    let Some(room) = model.rooms.get_mut(key) else { return };
    let personal = said.mention || room.is_direct();
    room.reading.count(seq, personal);
    if room.is_direct() {
        model.last_private = Some(key);
    }
    if personal && fresh && !looking {
        let title = format!("{} in {}", said.nick, room.title.label());
        out.push(Effect::Notify { title, body: said.text.as_str().to_owned() });
    }
}

/// What an entry looks like with what became of it up to the number `as_of`; `None` where it only counts.
pub(super) fn item(model: &Model, entry: &Entry, outcome: &Outcome, as_of: Seq) -> Option<Item> {
    if model.is_ignored(&entry.nick) {
        return None;
    }
    let said = |text: chat_proto::message::Said, action| {
        let own = model.member() == Some(entry.by);
        Body::Said(Said {
            id: entry.id,
            by: Some(entry.by),
            nick: entry.nick.clone(),
            mention: !own && mentions(text.text.as_str(), &model.nick),
            action,
            own,
            delivery: Delivery::Sent,
            reply_to: text.reply_to,
            changed: Changed {
                as_of,
                edited: outcome.edited.is_some(),
                reactions: outcome.reactions.clone(),
            },
            text: text.text,
        })
    };
    let body = match entry.content() {
        Content::Text(text) => said(text, false),
        Content::Action(text) => said(text, true),
        Content::Topic(topic) => Body::Topic { nick: entry.nick.clone(), topic },
        Content::Door(door) => Body::Door {
            nick: entry.nick.clone(),
            what: doors::in_words(model, &door, "this room"),
        },
        Content::Erased { nick: by, .. } => Body::Erased { nick: entry.nick.clone(), by },
        _ => return None,
    };
    Some(Item { at: entry.at, body })
}

fn closed(model: &mut Model, event: &RoomClosed, out: &mut Effects) {
    let Some(key) = model.rooms.by_id(event.room) else { return };
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.go_out();
    room.members.forget(0);
    room.openness = openness::Openness::default();
    let why = if event.reason.is_empty() { String::new() } else { format!(": {}", event.reason) };
    let text = format!("you are no longer in {}{why}", room.title.label());
    talk::fail_all(model, key, &text, out);
    model.tell(Some(key), Body::Info(text), out);
}

fn joined(model: &mut Model, event: MemberJoined, out: &mut Effects) {
    let Some(key) = model.rooms.by_id(event.room) else { return };
    let Some(room) = model.rooms.get_mut(key) else { return };
    let news = !room.members.contains(event.member);
    room.members.put(event.member, event.nick.clone(), false);
    if news && model.member() != Some(event.member) {
        note(model, key, Presence::Joined(event.nick), out);
    }
}

fn left(model: &mut Model, event: MemberLeft, out: &mut Effects) {
    let Some(key) = model.rooms.by_id(event.room) else { return };
    let Some(room) = model.rooms.get_mut(key) else { return };
    let was_there = room.members.remove(event.member) || room.members.known != Known::Yes;
    if was_there && model.member() != Some(event.member) {
        let presence = if event.quit {
            Presence::Quit(event.nick, event.reason.into())
        } else {
            Presence::Left(event.nick)
        };
        note(model, key, presence, out);
    }
}

fn renamed(model: &mut Model, event: MemberRenamed, out: &mut Effects) {
    if model.member() == Some(event.member) {
        model.nick = event.nick.clone();
    }
    if let Some(key) = model.rooms.by_member(event.member)
        && let Some(room) = model.rooms.get_mut(key)
    {
        room.title = Title::Direct(event.nick.clone(), Some(event.member));
    }
    let Some(key) = model.rooms.by_id(event.room) else { return };
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.members.rename(event.member, event.nick.clone());
    note(model, key, Presence::Renamed(event.old, event.nick), out);
}

fn away(model: &mut Model, event: MemberAway) {
    let room = model.rooms.by_id(event.room).and_then(|key| model.rooms.get_mut(key));
    if let Some(room) = room {
        room.members.set_away(event.member, event.nick, event.away.is_some());
    }
}

/// The next look at the room asks for its members again.
fn stale(model: &mut Model, room: chat_proto::RoomId) {
    let room = model.rooms.by_id(room).and_then(|key| model.rooms.get_mut(key));
    if let Some(room) = room {
        let told = u32::try_from(room.members.count()).unwrap_or(u32::MAX);
        room.members.forget(told);
    }
}

fn note(model: &mut Model, key: RoomKey, presence: Presence, out: &mut Effects) {
    if !model.settings.presence {
        return;
    }
    let body = Body::Presence(vec![presence.clone()]);
    model.show(Some(key), &Item { at: model.now, body }, out);
    let now = model.now;
    if let Some(room) = model.rooms.get_mut(key).filter(|room| room.timeline.is_live()) {
        room.timeline.presence(now, presence, room.cursor);
    }
}

fn slow_down(model: &mut Model, per_sec: u32, out: &mut Effects) {
    let told = format!("you are fast: from here on the server takes {per_sec} requests a second");
    model.inform(told, out);
}
