//! From commands to requests.

use bytes::BytesMut;
use chat_proto::{
    MemberId, Reason, Secret, Seq,
    line::{Command, Switchable, render},
    message::{Anchor, Content, ErrorCode, Said},
};

use super::{Asked, Line, Stage, Taken, write};
use crate::{
    core::{Hello, Login, Password, Refusal, Request, RoomRef, search::Query},
    protocol::framed::ask::{new_nick_keys, nick_keys, reaction, reason, room_keys, text, topic},
};

/// Rooms and names asked for at a time, messages in one page.
pub(super) const PAGE_ROOMS_MAX: usize = 200;
pub(super) const PAGE_NAMES_MAX: usize = 500;
const PAGE_MESSAGES_MAX: usize = 500;
const FOUND_MESSAGES_MAX: usize = 20;

impl Line {
    /// A command of a peer that has not said who they are.
    pub(super) fn first(&mut self, command: Command, out: &mut BytesMut) -> Taken {
        match command {
            Command::Say(nick) if self.stage == Stage::Nameless => self.hello(nick.trim(), None),
            Command::Nick(nick) => self.hello(&nick, None),
            Command::Login { nick, password } => match Password::tried(&password) {
                Ok(password) => self.hello(&nick, Some(Login::Password(password, None))),
                Err(refusal) => self.ask(Asked::Hello, Err(refusal)),
            },
            Command::Register { nick: Some(nick), password } => match Password::new(&password) {
                Ok(password) => self.hello(&nick, Some(Login::Register(password, None))),
                Err(refusal) => self.ask(Asked::Hello, Err(refusal)),
            },
            Command::Register { nick: None, .. } => {
                self.refuse(ErrorCode::Usage, "write /register nick password")
            }
            Command::Help(lines) => help(&lines, out),
            Command::Quit(_) => {
                self.ask(Asked::Quit, Ok(Request::Quit { reason: Reason::default() }))
            }
            Command::Set(switch, on) => self.switch(switch, on, out),
            _ => self.refuse(ErrorCode::BadOrder, "say who you are first: /nick NAME"),
        }
    }

    fn hello(&mut self, nick: &str, login: Option<Login>) -> Taken {
        let keys = if login.is_some() { nick_keys(nick) } else { new_nick_keys(nick) };
        let hello = keys.map(|nick| {
            Request::Hello(Hello { nick, token: None, resume: None, login: login.map(Box::new) })
        });
        let hello = hello.map_err(|refusal| Refusal {
            text: format!("{}; choose one with /nick NAME", refusal.text),
            ..refusal
        });
        self.ask(Asked::Hello, hello)
    }

    pub(super) fn command(&mut self, command: Command, out: &mut BytesMut) -> Taken {
        match command {
            Command::Say(text) => self.say(&text, Content::Text),
            Command::Me(text) => self.say(text.trim_start(), Content::Action),
            Command::Msg { to, text } => self.msg(&to, &text),
            Command::Reply { target, text } => self.answer(Seq(target), &text),
            Command::Edit { target, text } => self.edit(Seq(target), &text),
            Command::Delete(target) => self.delete(Seq(target)),
            Command::React { target, reaction, on } => self.react(Seq(target), &reaction, on),
            Command::Query(nick) => self.query(&nick),
            Command::Join { room, after } => self.join(&room, after),
            Command::Part { room, reason } => self.part(room.as_deref(), &reason),
            Command::Switch(room) => self.switch_room(&room),
            Command::Names(room) => self.names(room.as_deref()),
            Command::List => {
                let rooms = Request::Rooms { after: String::new(), limit: PAGE_ROOMS_MAX };
                self.ask(Asked::Rooms { count: 0 }, Ok(rooms))
            }
            Command::Topic(None) => {
                let room = self.current_ref().map(|room| Request::Room { room });
                self.ask(Asked::ShowTopic, room)
            }
            Command::Topic(Some(topic)) => self.set_topic(&topic),
            Command::Read { room, through } => self.mark_read(room.as_deref(), through),
            Command::Nick(nick) => {
                self.ask(Asked::Rename, new_nick_keys(&nick).map(|nick| Request::Rename { nick }))
            }
            Command::History(limit) => self.history(limit),
            Command::Search(query) => self.search(&query),
            Command::SearchMore => self.search_more(),
            Command::Whois(nick) => self.ask(
                Asked::Plain("whois"),
                nick_keys(nick.trim_start_matches('@')).map(|nick| Request::Whois { nick }),
            ),
            Command::Away(why) => self.away(&why),
            Command::Back => {
                self.ask(Asked::Plain("you are back"), Ok(Request::Away { away: None }))
            }
            Command::Register { nick, password } => {
                self.ask(Asked::Plain("registered"), register(nick.as_deref(), &password))
            }
            Command::Login { nick, password } => {
                self.ask(Asked::Plain("logged in"), log_in(&nick, &password))
            }
            Command::Password { old, new } => {
                self.ask(Asked::Plain("your password is changed"), set_password(&old, &new))
            }
            Command::Door(room, command) => self.door(room.as_deref(), command),
            Command::Devices => self.ask(Asked::Plain("devices"), Ok(Request::Devices)),
            Command::Revoke(device) => {
                self.ask(Asked::Plain("revoked"), Ok(Request::Revoke { device }))
            }
            Command::Admin(words) => {
                self.ask(Asked::Plain("done"), Ok(Request::Administer { words }))
            }
            Command::Help(lines) => help(&lines, out),
            Command::Quit(why) => {
                self.ask(Asked::Quit, reason(&why).map(|reason| Request::Quit { reason }))
            }
            Command::Set(switch, on) => self.switch(switch, on, out),
        }
    }

    fn say(&mut self, said: &str, content: fn(Said) -> Content) -> Taken {
        let post = self.current_ref().and_then(|to| post(to, said, content));
        self.ask(Asked::Message, post)
    }

    fn msg(&mut self, to: &str, said: &str) -> Taken {
        let post = room_ref(to).and_then(|to| post(to, said, Content::Text));
        self.ask(Asked::Message, post)
    }

    fn answer(&mut self, target: Seq, said: &str) -> Taken {
        let post = self.current_ref().and_then(|to| {
            let said = Said { reply_to: Some(target), ..Said::plain(text(said)?) };
            Ok(Request::Post { to, id: None, content: Content::Text(said) })
        });
        self.ask(Asked::Message, post)
    }

    fn edit(&mut self, target: Seq, said: &str) -> Taken {
        let edit = self.current_ref().and_then(|room| {
            Ok(Request::Edit { room, target, id: None, said: Said::plain(text(said)?) })
        });
        self.ask(Asked::Change("edited", target), edit)
    }

    fn delete(&mut self, target: Seq) -> Taken {
        let delete = self.current_ref().map(|room| Request::Delete { room, target });
        self.ask(Asked::Change("deleted", target), delete)
    }

    fn react(&mut self, target: Seq, typed: &str, on: bool) -> Taken {
        let react = self
            .current_ref()
            .and_then(|room| Ok(Request::React { room, target, reaction: reaction(typed)?, on }));
        let did = if on { "reacted to" } else { "took back a reaction to" };
        self.ask(Asked::Change(did, target), react)
    }

    fn query(&mut self, nick: &str) -> Taken {
        self.current = None;
        self.ask(
            Asked::Enter,
            nick_keys(nick.trim_start_matches('@')).map(|nick| Request::Open { nick }),
        )
    }

    fn join(&mut self, room: &str, after: Option<u64>) -> Taken {
        self.current = None;
        let join = room_keys(room).map(|room| Request::Join { room, after: after.map(Seq) });
        self.ask(Asked::Enter, join)
    }

    fn part(&mut self, room: Option<&str>, why: &str) -> Taken {
        let request = self
            .named_or_current(room)
            .and_then(|room| Ok(Request::Part { room, reason: reason(why)? }));
        self.ask(Asked::Leave, request)
    }

    fn switch_room(&mut self, room: &str) -> Taken {
        self.current = None;
        self.ask(Asked::Switch, room_ref(room).map(|room| Request::Room { room }))
    }

    fn names(&mut self, room: Option<&str>) -> Taken {
        let names = self.named_or_current(room).map(|room| Request::Names {
            room,
            after: MemberId(0),
            limit: PAGE_NAMES_MAX,
        });
        self.ask(Asked::Names { count: 0 }, names)
    }

    fn set_topic(&mut self, text: &str) -> Taken {
        let text = if text == "-" { "" } else { text };
        let request =
            self.current_ref().and_then(|room| Ok(Request::SetTopic { room, topic: topic(text)? }));
        self.ask(Asked::SetTopic, request)
    }

    fn mark_read(&mut self, room: Option<&str>, through: Option<u64>) -> Taken {
        let mark = self
            .named_or_current(room)
            .map(|room| Request::MarkRead { room, through: through.map(Seq) });
        self.ask(Asked::Plain("read"), mark)
    }

    fn history(&mut self, limit: u16) -> Taken {
        let limit = usize::from(limit).min(PAGE_MESSAGES_MAX);
        let page =
            self.current_ref().map(|room| Request::History { room, from: Anchor::Latest, limit });
        self.ask(Asked::History, page)
    }

    fn search(&mut self, query: &str) -> Taken {
        self.searched = None;
        match Query::parse(query) {
            Ok(query) => self.ask_search(query, None),
            Err(refusal) => self.ask(Asked::Plain("search"), Err(refusal)),
        }
    }

    fn search_more(&mut self) -> Taken {
        match self.searched.take() {
            Some((query, Some(before))) => self.ask_search(query, Some(before)),
            Some((_, None)) => {
                self.refuse(ErrorCode::Usage, "there is no more; /search other words")
            }
            None => {
                self.refuse(ErrorCode::Usage, "there is no search to go on with; /search words")
            }
        }
    }

    fn ask_search(&mut self, query: Query, before: Option<u64>) -> Taken {
        let search = Request::Search { query: query.clone(), before, limit: FOUND_MESSAGES_MAX };
        self.ask(Asked::Search(query), Ok(search))
    }

    fn away(&mut self, why: &str) -> Taken {
        let why = if why.is_empty() { "away" } else { why };
        let away = reason(why).map(|reason| Request::Away { away: Some(reason) });
        self.ask(Asked::Plain("you are away"), away)
    }

    fn switch(&mut self, switch: Switchable, on: bool, out: &mut BytesMut) -> Taken {
        let (place, name) = match switch {
            Switchable::Echo => (&mut self.switches.echo, "echo"),
            Switchable::Ack => (&mut self.switches.ack, "ack"),
            Switchable::Numbers => (&mut self.switches.numbers, "numbers"),
            Switchable::Quiet => (&mut self.switches.quiet, "quiet"),
        };
        *place = on;
        let state = if on { "on" } else { "off" };
        write(out, |text| render::notice(text, format_args!("{name} {state}")));
        Taken::Done
    }

    pub(super) fn named_or_current(&self, room: Option<&str>) -> Result<RoomRef, Refusal> {
        room.map_or_else(|| self.current_ref(), room_ref)
    }

    fn current_ref(&self) -> Result<RoomRef, Refusal> {
        let none = || {
            Refusal::new(
                ErrorCode::NoRoom,
                "no room is current; /join #room or /switch #room first",
            )
        };
        self.current.map(RoomRef::Id).ok_or_else(none)
    }
}

fn post(to: RoomRef, said: &str, content: fn(Said) -> Content) -> Result<Request, Refusal> {
    let content = content(Said::plain(text(said)?));
    Ok(Request::Post { to, id: None, content })
}

fn register(nick: Option<&str>, password: &Secret) -> Result<Request, Refusal> {
    let nick = nick.map(nick_keys).transpose()?;
    Ok(Request::Register { nick, password: Password::new(password)?, device: None })
}

fn log_in(nick: &str, password: &Secret) -> Result<Request, Refusal> {
    let (nick, password) = (nick_keys(nick)?, Password::tried(password)?);
    Ok(Request::LogIn { nick, password, device: None })
}

fn set_password(old: &Secret, new: &Secret) -> Result<Request, Refusal> {
    Ok(Request::SetPassword { old: Password::tried(old)?, new: Password::new(new)? })
}

/// `#room`, `nick` or `@nick`.
fn room_ref(name: &str) -> Result<RoomRef, Refusal> {
    if name.starts_with('#') {
        room_keys(name).map(RoomRef::Named)
    } else {
        nick_keys(name.trim_start_matches('@')).map(RoomRef::With)
    }
}

fn help(lines: &[&str], out: &mut BytesMut) -> Taken {
    write(out, |text| lines.iter().for_each(|line| render::notice(text, format_args!("{line}"))));
    Taken::Done
}
