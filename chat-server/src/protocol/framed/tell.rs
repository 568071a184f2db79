//! From the core's replies and entries to the wire's.

use bytes::BytesMut;
use chat_proto::{
    MemberId, RoomId,
    message::{self, Conversation, Event, Message, Reply as Wire},
};

use crate::{
    core::{Channel, Device, Entry, Label, Refusal, Reply, RoomView, Shown, Told},
    log::{Counted, Tally},
    rooms::{Batch, Encoded},
};

pub(super) fn reply(reply: Reply) -> Wire {
    match reply {
        Reply::Entered(view) | Reply::Room(view) => message::Entered { room: room(&view) }.into(),
        Reply::Posted { room, seq, at, .. } => message::Posted { room, seq, at }.into(),
        Reply::Rooms { rooms, more } => {
            message::RoomList { rooms: rooms.into_iter().map(item).collect(), more }.into()
        }
        Reply::Names { room, members, more, .. } => {
            message::NameList { room, members: members.into_iter().map(name).collect(), more }
                .into()
        }
        Reply::Person(person) => self::person(person).into(),
        Reply::Devices { devices, here } => self::devices(devices, here).into(),
        Reply::Lines(lines) => message::Lines { lines }.into(),
        Reply::Doors(doors) => doors.wire().into(),
        Reply::Bars(bars) => {
            message::BarList { room: bars.room, bars: bars.bars, more: bars.more }.into()
        }
        Reply::Page(page) => self::page(&page).into(),
        Reply::Found(found) => self::found(&found).into(),
        Reply::Welcome(_)
        | Reply::Registered { .. }
        | Reply::LoggedIn { .. }
        | Reply::Left { .. }
        | Reply::Renamed { .. }
        | Reply::Unchanged { .. }
        | Reply::Marked { .. }
        | Reply::Done
        | Reply::Bye => message::Done {}.into(),
    }
}

pub(super) fn failed(refusal: Refusal) -> Wire {
    message::Failed { code: refusal.code, text: refusal.text }.into()
}

pub(super) fn room(view: &RoomView) -> message::RoomInfo {
    message::RoomInfo {
        room: view.room,
        name: conversation(&view.label, view.viewer),
        topic: view.topic.clone(),
        members: count(view.members),
        after: view.after,
        head: view.head,
    }
}

fn conversation(label: &Label, viewer: MemberId) -> Conversation {
    match label {
        Label::Public(name) => Conversation::Public(name.clone()),
        Label::Direct(pair) => {
            let (member, nick) = label.peer_of(viewer).unwrap_or(&pair[0]);
            Conversation::Direct(*member, nick.clone())
        }
    }
}

fn item(item: crate::core::RoomItem) -> message::RoomListItem {
    message::RoomListItem { name: item.name, members: count(item.members), topic: item.topic }
}

fn name(item: crate::core::NameItem) -> message::MemberInfo {
    message::MemberInfo { member: item.member, nick: item.nick, away: item.away }
}

fn person(person: crate::core::Person) -> message::Person {
    let crate::core::Person { member, nick, away, since, rooms } = person;
    message::Person { member, nick, away, since, rooms }
}

fn devices(devices: Vec<Device>, here: Option<u32>) -> message::DeviceList {
    let item = |device: Device| {
        let Device { number, name, created, used, .. } = device;
        let here = here == Some(number);
        message::DeviceInfo { device: number, name: name.0, created, used, here }
    };
    message::DeviceList { devices: devices.into_iter().map(item).collect() }
}

fn page(page: &crate::core::Page) -> message::Page {
    let item = |shown: &Shown| message::PageItem {
        entry: wire(&shown.entry),
        outcome: shown.outcome().bytes(),
    };
    let items = page.items.iter().map(item).collect();
    message::Page { room: page.room, items, more: page.more, as_of: page.as_of }
}

fn found(found: &crate::core::Found) -> message::Found {
    let hit = |(label, entry): &(Label, std::sync::Arc<Entry>)| message::Hit {
        room: entry.room,
        name: conversation(label, found.viewer),
        entry: wire(entry),
        outcome: message::Outcome { edited: entry.edited, reactions: Vec::new() }.bytes(),
    };
    let hits = found.hits.iter().map(hit).collect();
    message::Found { hits, next: found.next, indexed_up_to: found.indexed_up_to }
}

pub(super) fn entry(entry: &Entry) -> Event {
    message::RoomEntry { room: entry.room, entry: wire(entry) }.into()
}

fn wire(entry: &Entry) -> message::Entry {
    message::Entry {
        seq: entry.seq,
        at: entry.at,
        by: entry.by,
        nick: entry.nick.clone(),
        id: entry.id,
        kind: entry.content.kind(),
        body: entry.content.body(),
    }
}

pub(super) fn counted(counted: &Counted) -> Event {
    let (room, read) = (counted.room, counted.read);
    let Tally { unread, mentions, head: as_of, .. } = counted.tally;
    message::ReadMarker { room, read, unread, mentions, as_of }.into()
}

pub(super) fn closed(room: RoomId, why: &str) -> Event {
    let reason = chat_proto::Reason::clean(why).unwrap_or_default();
    message::RoomClosed { room, reason }.into()
}

/// A batch, for all who speak frames.
pub(super) fn encode(batch: &Batch) -> Encoded {
    let Channel::Room(room) = batch.channel else { return Encoded::default() };
    let mut bytes = BytesMut::new();
    let ends = batch.told.iter().map(|told| {
        told_event(room, told).iter().for_each(|event| event.write(0, &mut bytes));
        bytes.len()
    });
    let ends = ends.collect();
    Encoded { bytes: bytes.freeze(), ends }
}

fn told_event(room: RoomId, told: &Told) -> Option<Event> {
    Some(match told.clone() {
        Told::Entry(entry) => self::entry(&entry),
        Told::Joined { member, nick } => message::MemberJoined { room, member, nick }.into(),
        Told::Left { member, nick, quit, reason } => {
            message::MemberLeft { room, member, nick, quit, reason }.into()
        }
        Told::Renamed { member, old, nick } => {
            message::MemberRenamed { room, member, old, nick }.into()
        }
        Told::Away { member, nick, away } => {
            message::MemberAway { room, member, nick, away }.into()
        }
        Told::Expelled { member, nick, reason } => {
            message::MemberLeft { room, member, nick, quit: false, reason }.into()
        }
        Told::Opened { .. }
        | Told::Closed { .. }
        | Told::Invited { .. }
        | Told::Marked { .. }
        | Told::Taken { .. }
        | Told::Ended { .. }
        | Told::Announced { .. } => return None,
    })
}

fn count(members: usize) -> u32 {
    u32::try_from(members).unwrap_or(u32::MAX)
}
