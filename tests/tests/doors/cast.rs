//! Somebody who asks for things in one protocol or the other, and what came of it.

use std::net::SocketAddr;

use chat_proto::{
    RoomId, Seq,
    message::{
        Anchor, Audit, Ban, Bars, Delete, Doors, Edit, History, Invite, Join, Kick, Leave,
        MarkRead, Mute, Names, React, Reply, Request, Role, Search, SetMode, SetRole, SetTopic,
        Unban, Unmute,
    },
};
use chat_tests::{
    framed::{Framed, fresh_id, post},
    netcat::Netcat,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    Line,
    Framed,
}

pub(crate) enum Actor {
    Line(Box<Netcat>),
    Framed(Box<Framed>),
}

/// Everything that can be asked about a room. Message 1 is the founder's, 2 the victim's, 3 one's own.
pub(crate) const COMMANDS: &[&str] = &[
    "join",
    "names",
    "history",
    "search",
    "say",
    "reply",
    "edit",
    "delete-own",
    "delete-other",
    "react",
    "read",
    "topic",
    "doors",
    "private",
    "readonly",
    "topiclock",
    "slow",
    "role",
    "invite",
    "uninvite",
    "kick",
    "kick-owner",
    "ban",
    "unban",
    "mute",
    "unmute",
    "bans",
    "audit",
    "leave",
];

impl Actor {
    pub(crate) fn connect(speech: Speech, address: SocketAddr, nick: &str) -> Self {
        match speech {
            Speech::Line => Self::Line(Box::new(Netcat::named(address, nick))),
            Speech::Framed => Self::Framed(Box::new(Framed::connect(address, nick))),
        }
    }

    /// `ok`, or the word of the first error.
    pub(crate) fn outcome(&mut self, command: &str, name: &str, id: RoomId) -> String {
        match self {
            Self::Line(peer) => {
                let said = answers(peer, &lines(command, name));
                let error = said.iter().find_map(|line| line.strip_prefix("! "));
                error.map_or("ok", |error| error.split(':').next().unwrap_or(error)).to_owned()
            }
            Self::Framed(peer) => match peer.ask(request(command, name, id)) {
                Reply::Failed(failed) => failed.code.to_string(),
                _ => "ok".to_owned(),
            },
        }
    }

    pub(crate) fn enter(&mut self, name: &str, id: RoomId) {
        assert_eq!(self.outcome("join", name, id), "ok");
    }
}

/// What comes until all of these lines are answered.
pub(crate) fn answers(peer: &mut Netcat, lines: &[String]) -> Vec<String> {
    for line in lines {
        peer.send(line);
    }
    peer.send("/whois nobody_at_all");
    let mut said = Vec::new();
    loop {
        let line = peer.next_line().expect("an answer");
        if line == "! no-nick: nobody called nobody_at_all is here" {
            return said;
        }
        said.push(line);
    }
}

pub(crate) fn lines(command: &str, name: &str) -> Vec<String> {
    let inside = |line: &str| vec![format!("/switch {name}"), line.to_owned()];
    let alone = |line: String| vec![line];
    match command {
        "join" => alone(format!("/join {name}")),
        "names" => alone(format!("/names {name}")),
        "history" => inside("/history"),
        "search" => alone(format!("/search in:{name} by")),
        "say" => alone(format!("/msg {name} hi")),
        "reply" => inside("/reply 1 hi"),
        "edit" => inside("/edit 3 better"),
        "delete-own" => inside("/delete 3"),
        "delete-other" => inside("/delete 2"),
        "react" => inside("/react 1 +1"),
        "read" => alone(format!("/read {name}")),
        "topic" => inside("/topic tea"),
        "doors" => alone(format!("/mode {name}")),
        "private" => alone(format!("/mode {name} private")),
        "readonly" => alone(format!("/mode {name} readonly on")),
        "topiclock" => alone(format!("/mode {name} topiclock on")),
        "slow" => alone(format!("/mode {name} slow 3600")),
        "role" => alone(format!("/role victim moderator {name}")),
        "invite" => alone(format!("/invite guest {name}")),
        "uninvite" => alone(format!("/uninvite guest {name}")),
        "kick" => alone(format!("/kick {name} victim")),
        "kick-owner" => alone(format!("/kick {name} founder")),
        "ban" => alone(format!("/ban {name} victim for 1h")),
        "unban" => alone(format!("/unban {name} z*")),
        "mute" => alone(format!("/mute {name} victim")),
        "unmute" => alone(format!("/unmute {name} z*")),
        "bans" => alone(format!("/bans {name}")),
        "audit" => alone(format!("/audit {name}")),
        "leave" => alone(format!("/part {name}")),
        other => panic!("no command {other}"),
    }
}

pub(crate) fn request(command: &str, name: &str, room: RoomId) -> Request {
    let mode = SetMode { room, ..SetMode::default() };
    let victim = || "victim".into();
    match command {
        "join" => Join { room: name.into(), after: None }.into(),
        "names" => Names { room, after: chat_proto::MemberId(0) }.into(),
        "history" => History { room, from: Anchor::Latest, limit: 10 }.into(),
        "search" => Search { query: format!("in:{name} by"), before: None, limit: 10 }.into(),
        "say" => post(room, fresh_id(), "hi").into(),
        "reply" => {
            chat_proto::message::Post { reply_to: Some(Seq(1)), ..post(room, fresh_id(), "hi") }
                .into()
        }
        "edit" => {
            let (id, text) = (fresh_id(), "better".to_owned());
            Edit { room, target: Seq(3), id, text, parts: Vec::new() }.into()
        }
        "delete-own" => Delete { room, target: Seq(3) }.into(),
        "delete-other" => Delete { room, target: Seq(2) }.into(),
        "react" => React { room, target: Seq(1), reaction: "+1".into(), on: true }.into(),
        "read" => MarkRead { room, seq: Seq(1) }.into(),
        "topic" => SetTopic { room, topic: "tea".into() }.into(),
        "doors" => Doors { room }.into(),
        "private" => SetMode { private: Some(true), ..mode }.into(),
        "readonly" => SetMode { read_only: Some(true), ..mode }.into(),
        "topiclock" => SetMode { topic_lock: Some(true), ..mode }.into(),
        "slow" => SetMode { slow_secs: Some(3600), ..mode }.into(),
        "role" => SetRole { room, nick: victim(), role: Role::Moderator }.into(),
        "invite" => Invite { room, nick: "guest".into(), on: true }.into(),
        "uninvite" => Invite { room, nick: "guest".into(), on: false }.into(),
        "kick" => Kick { room, nick: victim(), reason: String::new() }.into(),
        "kick-owner" => Kick { room, nick: "founder".into(), reason: String::new() }.into(),
        "ban" => Ban { room, whom: victim(), secs: Some(3600), reason: String::new() }.into(),
        "unban" => Unban { room, whom: "z*".into() }.into(),
        "mute" => Mute { room, whom: victim(), secs: None, reason: String::new() }.into(),
        "unmute" => Unmute { room, whom: "z*".into() }.into(),
        "bans" => Bars { room, skip: 0 }.into(),
        "audit" => Audit { room, before: None, limit: 10 }.into(),
        "leave" => Leave { room, reason: "".into() }.into(),
        other => panic!("no command {other}"),
    }
}
