//! What a peer may ask, made of bytes.

use bytes::BytesMut;
use chat_proto::{
    MemberId, MessageId, RoomId, Secret, Seq, Time,
    message::{
        Administer, Anchor, Away, Delete, Devices, Edit, Hello, History, Join, Leave, LogIn, Login,
        MarkRead, Message, Names, Open, Part, Ping, Post, Quit, React, Register, Rename, Request,
        Resume, Revoke, Rooms, Search, SetPassword, SetTopic, Whois,
    },
    version::MAGIC,
};
use smol_str::SmolStr;

use super::{
    doors,
    peer::{Peer, Speech},
    witness::Left,
};
use crate::fuzz::bytes::Bytes;

pub(super) const NICKS: &[&str] = &[
    "alice",
    "bob",
    "Zoë",
    "аlice",
    "alice-2",
    "ALICE",
    "小明",
    "1x",
    "",
    "a\u{202e}b",
    "\u{1b}[31m",
];
const ROOMS: &[&str] =
    &["#lobby", "#tea", "#TEA", "#tеa", "#a", "#b", "#c", "#кухня", "#", "tea", "#\u{200b}x"];
const TEXTS: &[&str] = &[
    "hello",
    "",
    " ",
    "a\nb\r\nc",
    "\u{1b}]0;x\u{7}y",
    "\u{202e}evil",
    "one two",
    "/quit",
    "// hi",
    "你好",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{9b}31m",
    "a\0b",
    "-",
];
const REACTIONS: &[&str] =
    &["+1", ":tea:", "👍", "", "a b", "\u{1b}", "\u{200d}", "x", "y", "z", "1", "2"];
const QUERIES: &[&str] = &[
    "hello",
    "from:bob",
    "in:#tea hello",
    "\"one two\"",
    "before:2026-11-21",
    "x*",
    "",
    "in:@bob",
];

const PASSWORDS: &[&str] = &["tea4two2", "tea4two3", "", "short", "tea for two"];

/// Lines of line mode; `{}` stands for what the bytes choose.
pub(in crate::fuzz) const COMMANDS: &[&str] = &[
    "{text}",
    "/me {text}",
    "/msg {room} {text}",
    "/msg {nick} {text}",
    "/reply {n} {text}",
    "/edit {n} {text}",
    "/delete {n}",
    "/react {n} {reaction}",
    "/unreact {n} {reaction}",
    "/join {room}",
    "/join {room} {n}",
    "/part",
    "/part {room} {text}",
    "/switch {room}",
    "/query {nick}",
    "/names",
    "/names {room}",
    "/list",
    "/mode",
    "/mode private",
    "/mode {room} public",
    "/mode readonly on",
    "/mode slow {n}",
    "/mode topiclock on",
    "/invite {nick} {room}",
    "/invite {nick}",
    "/uninvite {nick}",
    "/role {nick} moderator",
    "/role {nick} owner",
    "/role {nick} member",
    "/kick {nick} {text}",
    "/ban {nick} for 1m",
    "/ban a*",
    "/ban from:{nick}",
    "/unban {nick}",
    "/mute {nick} {text}",
    "/unmute {nick}",
    "/bans",
    "/audit {n}",
    "/topic",
    "/topic {text}",
    "/history {n}",
    "/search {query}",
    "/search more",
    "/read",
    "/read {room} {n}",
    "/nick {nick}",
    "/whois {nick}",
    "/away {text}",
    "/back",
    "/ack on",
    "/numbers on",
    "/echo on",
    "/quiet on",
    "/ack off",
    "/help",
    "/register {password}",
    "/register {nick} {password}",
    "/login {nick} {password}",
    "/password {password} {password}",
    "/devices",
    "/revoke {n}",
    "/admin {text}",
    "/admin claim {password}",
    "/nothing {text}",
    "/quit {text}",
];

/// Whatever comes to mind, as the peer speaks.
pub(super) fn any(peer: &Peer, bytes: &mut Bytes<'_>) -> Vec<u8> {
    match peer.speech() {
        Speech::Framed => frame(u32::from(bytes.byte()), request(bytes)),
        Speech::Line => line(bytes),
    }
}

pub(super) fn hello(peer: &Peer, nick: &str) -> Vec<u8> {
    match peer.speech() {
        Speech::Framed => greeting(nick, None),
        Speech::Line => format!("{nick}\n").into_bytes(),
    }
}

pub(super) fn resume(left: &Left) -> Vec<u8> {
    let Left { token, epoch, cursors } = left;
    greeting("back", Some(Resume { token: *token, epoch: *epoch, cursors: cursors.clone() }))
}

fn greeting(nick: &str, resume: Option<Resume>) -> Vec<u8> {
    let hello = crate::framed::hello(nick, resume);
    [&MAGIC[..], &frame(1, hello.into())].concat()
}

fn line(bytes: &mut Bytes<'_>) -> Vec<u8> {
    let mut line = bytes.one_of(COMMANDS).to_owned();
    for (gap, choices) in [
        ("{text}", TEXTS),
        ("{room}", ROOMS),
        ("{nick}", NICKS),
        ("{reaction}", REACTIONS),
        ("{query}", QUERIES),
        ("{password}", PASSWORDS),
    ] {
        if line.contains(gap) {
            line = line.replace(gap, bytes.one_of(choices));
        }
    }
    if line.contains("{n}") {
        line = line.replace("{n}", &bytes.below(20).to_string());
    }
    format!("{line}\n").into_bytes()
}

fn frame(number: u32, request: Request) -> Vec<u8> {
    let mut frame = BytesMut::new();
    request.write(number, &mut frame);
    frame.to_vec()
}

fn request(bytes: &mut Bytes<'_>) -> Request {
    match bytes.below(KINDS) {
        0 => Ping { nonce: 7 }.into(),
        1 => Quit { reason: any_of(TEXTS, bytes) }.into(),
        2..=3 => Join { room: any_of(ROOMS, bytes), after: maybe(bytes).map(Seq) }.into(),
        4 => Leave { room: room(bytes), reason: any_of(TEXTS, bytes) }.into(),
        5 => Open { nick: any_of(NICKS, bytes) }.into(),
        6 => Rooms { after: any_of(ROOMS, bytes) }.into(),
        7 => Names { room: room(bytes), after: MemberId(small(bytes)) }.into(),
        8 => SetTopic { room: room(bytes), topic: any_of(TEXTS, bytes) }.into(),
        9 => history(bytes).into(),
        10 => search(bytes).into(),
        11 => edit(bytes).into(),
        12 => Delete { room: room(bytes), target: Seq(small(bytes)) }.into(),
        13 => react(bytes).into(),
        14 => Rename { nick: any_of(NICKS, bytes) }.into(),
        15 => Whois { nick: any_of(NICKS, bytes) }.into(),
        16 => Away { reason: maybe(bytes).map(|_| any_of(TEXTS, bytes)) }.into(),
        17 => hello_again(bytes).into(),
        18 => Register { password: password(bytes), remember: bytes.flag() }.into(),
        19 => log_in(bytes).into(),
        20 => SetPassword { old: password(bytes), new: password(bytes) }.into(),
        21..=27 => {
            let (room, nick) = (room(bytes), any_of(NICKS, bytes));
            doors::request(bytes, room, nick)
        }
        28 => Devices {}.into(),
        29 => Revoke { device: u32::from(bytes.byte() % 4) }.into(),
        30 => MarkRead { room: room(bytes), seq: Seq(small(bytes)) }.into(),
        31 => Administer { words: password(bytes) }.into(),
        _ => post(bytes).into(),
    }
}

/// Kinds of requests, messages counted more often.
const KINDS: usize = 35;

fn log_in(bytes: &mut Bytes<'_>) -> LogIn {
    LogIn { nick: any_of(NICKS, bytes), password: password(bytes), remember: bytes.flag() }
}

fn password(bytes: &mut Bytes<'_>) -> Secret {
    Secret::new(bytes.one_of(PASSWORDS))
}

fn post(bytes: &mut Bytes<'_>) -> Post {
    Post {
        room: room(bytes),
        id: id(bytes),
        action: bytes.flag(),
        text: bytes.one_of(TEXTS).into(),
        parts: parts(bytes),
        reply_to: maybe(bytes).map(Seq),
    }
}

fn edit(bytes: &mut Bytes<'_>) -> Edit {
    let (room, target, id) = (room(bytes), Seq(small(bytes)), id(bytes));
    Edit { room, target, id, text: bytes.one_of(TEXTS).into(), parts: parts(bytes) }
}

fn react(bytes: &mut Bytes<'_>) -> React {
    let (room, target) = (room(bytes), Seq(small(bytes)));
    React { room, target, reaction: any_of(REACTIONS, bytes), on: bytes.flag() }
}

fn history(bytes: &mut Bytes<'_>) -> History {
    let seq = Seq(small(bytes));
    let from = [Anchor::Latest, Anchor::Before(seq), Anchor::After(seq), Anchor::Since(Time(0))];
    History { room: room(bytes), from: bytes.one_of(&from), limit: u16::from(bytes.byte()) }
}

fn search(bytes: &mut Bytes<'_>) -> Search {
    let (query, before) = (bytes.one_of(QUERIES).into(), maybe(bytes));
    Search { query, before, limit: u16::from(bytes.byte()) }
}

fn hello_again(bytes: &mut Bytes<'_>) -> Hello {
    let hello = crate::framed::hello(bytes.one_of(NICKS), None);
    let login = bytes.flag().then(|| Login::Password { password: password(bytes), remember: true });
    Hello { version_min: u16::from(bytes.byte()) % 3, login, ..hello }
}

fn parts(bytes: &mut Bytes<'_>) -> Vec<Part> {
    let count = bytes.below(64).saturating_sub(46);
    (0..count)
        .map(|_| Part { kind: "text/x".into(), bytes: vec![0; bytes.below(9) * 200] })
        .collect()
}

/// One of few ids, so that they come again.
fn id(bytes: &mut Bytes<'_>) -> MessageId {
    MessageId([bytes.byte() % 24; 16])
}

fn room(bytes: &mut Bytes<'_>) -> RoomId {
    RoomId(1 + small(bytes) % 6)
}

fn small(bytes: &mut Bytes<'_>) -> u64 {
    match bytes.byte() {
        255 => u64::MAX,
        254 => 1 << 40,
        byte => u64::from(byte % 32),
    }
}

fn maybe(bytes: &mut Bytes<'_>) -> Option<u64> {
    bytes.flag().then(|| small(bytes))
}

fn any_of(choices: &[&'static str], bytes: &mut Bytes<'_>) -> SmolStr {
    bytes.one_of(choices).into()
}

/// One request of each kind, as frames.
pub(in crate::fuzz) fn messages() -> Vec<Vec<u8>> {
    let mut choices = Vec::new();
    for kind in 0..35u8 {
        let bytes = [kind, 3, 5, 7, 9, 11, 13];
        choices.push(frame(u32::from(kind), request(&mut Bytes::new(&bytes))));
    }
    choices.push(frame(1, crate::framed::hello("alice", None).into()));
    choices
}
