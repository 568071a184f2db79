//! From replies to lines.

use bytes::BytesMut;
use chat_proto::{
    Nick, RoomId, Seq,
    line::render::{self, notice},
    message::Outcome,
};

use super::{
    Asked, Line, Stage, conversation,
    take::{PAGE_NAMES_MAX, PAGE_ROOMS_MAX},
    told, write,
};
use crate::core::{
    Device, Found, Label, NameItem, Page, Person, Refusal, Reply, Request, RoomItem, RoomKeys,
    RoomRef, RoomView, Welcome, search::Query,
};

impl Line {
    pub(in crate::protocol) fn reply(&mut self, reply: Result<Reply, Refusal>, out: &mut BytesMut) {
        let asked = self.asked.pop_front();
        write(out, |text| match (asked, reply) {
            (asked, Err(refusal)) => self.refused(asked.as_ref(), &refusal, text),
            (_, Ok(Reply::Welcome(welcome))) => self.welcome(&welcome, text),
            (Some(Asked::Switch), Ok(Reply::Room(view))) => self.switched(&view, text),
            (_, Ok(Reply::Room(view))) => show_topic(&self.name(&view), &view, text),
            (_, Ok(Reply::Entered(view))) => self.entered(&view, text),
            (_, Ok(Reply::Left { room, label })) => {
                self.current.take_if(|current| *current == room);
                self.own.remove(&room);
                notice(text, format_args!("left {}", conversation(&label, self.member)));
            }
            (Some(Asked::Message), Ok(Reply::Posted { room, label, seq, .. })) => {
                self.posted(room, &label, seq, text);
            }
            (Some(Asked::Change(did, target)), Ok(Reply::Posted { room, label, seq, .. })) => {
                self.hide(room, seq);
                self.changed(
                    &label,
                    seq,
                    format_args!("{did} {}", self.number(&label, target)),
                    text,
                );
            }
            (Some(Asked::SetTopic), Ok(Reply::Posted { room, seq, .. })) => self.hide(room, seq),
            (Some(Asked::Change(did, target)), Ok(Reply::Unchanged { label, seq, .. })) => {
                let what = format!("{did} {} (before)", self.number(&label, target));
                self.changed(&label, seq, format_args!("{what}"), text);
            }
            (Some(Asked::Names { count }), Ok(Reply::Names { room, label, members, more })) => {
                let head = format!("names {}:", conversation(&label, self.member));
                let page = NamesPage { head, room: RoomRef::Id(room), members, more };
                self.names_page(&page, count, text);
            }
            (Some(Asked::Rooms { count }), Ok(Reply::Rooms { rooms, more })) => {
                self.rooms_page(&rooms, more, count, text);
            }
            (Some(Asked::Door(command)), Ok(reply)) => self.decided(&command, &reply, text),
            (_, Ok(Reply::Lines(lines))) => {
                lines.iter().for_each(|line| notice(text, format_args!("{line}")));
            }
            (_, Ok(Reply::Doors(doors))) => self.doors(&doors, text),
            (_, Ok(Reply::Bars(bars))) => self.bars(&bars, text),
            (Some(Asked::Audit), Ok(Reply::Page(page))) => self.audit(&page, text),
            (_, Ok(Reply::Page(page))) => self.page(&page, text),
            (Some(Asked::Search(query)), Ok(Reply::Found(found))) => {
                self.found(query, &found, text)
            }
            (_, Ok(Reply::Marked { label, read })) => {
                let name = conversation(&label, self.member);
                notice(text, format_args!("read {name} up to {read}"));
            }
            (_, Ok(Reply::Person(person))) => show_person(&person, text),
            (_, Ok(Reply::Renamed { nick })) => renamed(&nick, text),
            (_, Ok(Reply::Devices { devices, .. })) => show_devices(&devices, text),
            (_, Ok(Reply::Registered { nick, .. })) => {
                let next = "next time: /login NICK PASSWORD";
                notice(text, format_args!("{nick} is yours from here on; {next}"));
            }
            (_, Ok(Reply::LoggedIn { member, nick })) => {
                self.member = Some(member);
                notice(text, format_args!("you are now {nick}"));
            }
            (_, Ok(Reply::Bye)) => notice(text, format_args!("goodbye")),
            (Some(Asked::Plain(done)), Ok(_)) => notice(text, format_args!("{done}")),
            (_, Ok(_)) => {}
        });
    }

    fn posted(&mut self, room: RoomId, label: &Label, seq: Seq, text: &mut String) {
        if !self.switches.echo {
            self.hide(room, seq);
        }
        if self.switches.ack {
            render::ack(text, &conversation(label, self.member), seq);
        }
    }

    /// Does not show it when it comes back.
    pub(super) fn hide(&mut self, room: RoomId, seq: Seq) {
        self.own.entry(room).or_default().push_back(seq);
    }

    /// `#room 12`
    fn number(&self, label: &Label, seq: Seq) -> String {
        format!("{} {seq}", conversation(label, self.member))
    }

    fn changed(&self, label: &Label, seq: Seq, what: std::fmt::Arguments<'_>, text: &mut String) {
        if self.switches.ack {
            render::ack(text, &conversation(label, self.member), seq);
        } else {
            notice(text, what);
        }
    }

    fn refused(&mut self, asked: Option<&Asked>, refusal: &Refusal, text: &mut String) {
        if asked == Some(&Asked::Hello) {
            self.stage = Stage::Refused;
        }
        render::error(text, refusal.code, &refusal.text);
    }

    fn welcome(&mut self, welcome: &Welcome, text: &mut String) {
        self.stage = Stage::Here;
        self.member = Some(welcome.member);
        let Welcome { nick, suffixed, .. } = welcome;
        let why = if *suffixed { " (the nick you asked for is in use)" } else { "" };
        notice(text, format_args!("welcome {nick}{why}"));
        welcome.rooms.iter().for_each(|view| self.entered(view, text));
        self.current = welcome.current;
    }

    fn entered(&mut self, view: &RoomView, text: &mut String) {
        self.current = Some(view.room);
        let name = self.name(view);
        notice(text, format_args!("joined {name}"));
        if !view.topic.is_empty() {
            show_topic(&name, view, text);
        }
    }

    fn switched(&mut self, view: &RoomView, text: &mut String) {
        self.current = Some(view.room);
        notice(text, format_args!("now in {}", self.name(view)));
    }

    fn name(&self, view: &RoomView) -> String {
        conversation(&view.label, self.member)
    }

    fn names_page(&mut self, page: &NamesPage, before: usize, text: &mut String) {
        render::names(text, &page.head, page.members.iter().map(|item| item.nick.as_str()));
        let count = before + page.members.len();
        match page.members.last() {
            Some(last) if page.more => {
                let room = page.room.clone();
                let next = Request::Names { room, after: last.member, limit: PAGE_NAMES_MAX };
                self.next_page = Some((next, Asked::Names { count }));
            }
            _ => notice(text, format_args!("{} {count} in all", page.head)),
        }
    }

    fn rooms_page(&mut self, rooms: &[RoomItem], more: bool, before: usize, text: &mut String) {
        rooms.iter().for_each(|room| show_room(room, text));
        let count = before + rooms.len();
        match rooms.last() {
            Some(last) if more => {
                let after = RoomKeys::of(last.name.clone()).folded.to_string();
                self.next_page =
                    Some((Request::Rooms { after, limit: PAGE_ROOMS_MAX }, Asked::Rooms { count }));
            }
            _ => notice(text, format_args!("list: {count} rooms in all")),
        }
    }

    fn page(&self, page: &Page, text: &mut String) {
        let name = conversation(&page.label, self.member);
        for item in &page.items {
            told::past(text, &name, &item.entry, &item.outcome());
        }
        notice(
            text,
            format_args!(
                "history {name}: {} entries, up to number {}",
                page.items.len(),
                page.as_of
            ),
        );
    }

    /// The newest last, as in the past of a room.
    fn found(&mut self, query: Query, found: &Found, text: &mut String) {
        for (label, entry) in found.hits.iter().rev() {
            let outcome = Outcome { edited: entry.edited, reactions: Vec::new() };
            told::past(text, &conversation(label, self.member), entry, &outcome);
        }
        let more = if found.next.is_some() { ", older ones with /search more" } else { "" };
        notice(text, format_args!("search: {} found{more}", found.hits.len()));
        if let Some(time) = found.indexed_up_to {
            let still = "search: still indexing; some from that time on may be missing:";
            notice(text, format_args!("{still} {time}"));
        }
        self.searched = Some((query, found.next));
    }
}

struct NamesPage {
    head: String,
    room: RoomRef,
    members: Vec<NameItem>,
    more: bool,
}

fn show_topic(name: &str, view: &RoomView, text: &mut String) {
    let topic = if view.topic.is_empty() { "none" } else { view.topic.as_str() };
    notice(text, format_args!("topic {name}: {topic}"));
}

fn show_room(room: &RoomItem, text: &mut String) {
    let RoomItem { name, members, topic } = room;
    notice(text, format_args!("list {name} {members} {topic}"));
}

fn show_person(person: &Person, text: &mut String) {
    let Person { nick, since, rooms, .. } = person;
    notice(text, format_args!("whois {nick}: here since {since}"));
    render::names(
        text,
        &format!("whois {nick}: in"),
        rooms.iter().map(chat_proto::RoomName::as_str),
    );
    if let Some(away) = &person.away {
        notice(text, format_args!("whois {nick}: away: {away}"));
    }
}

fn show_devices(devices: &[Device], text: &mut String) {
    for Device { number, name, created, used, .. } in devices {
        let name = &name.0;
        notice(text, format_args!("device {number}: {name}, since {created}, last used {used}"));
    }
    notice(text, format_args!("devices: {} in all", devices.len()));
}

fn renamed(nick: &Nick, text: &mut String) {
    notice(text, format_args!("you are now {nick}"));
}
