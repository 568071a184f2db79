//! Those who try: one connection for each text and protocol, which puts it wherever it can.

use std::net::SocketAddr;

use bytes::BytesMut;
use chat_proto::{
    Seq,
    message::{
        Away, Ban, Edit, Hello, Invite, Join, Kick, Leave, Message, Open, Part, Post, Posted, Quit,
        React, Rename, Request, Rooms, Search, SetTopic, Whois,
    },
};
use chat_tests::{
    framed::{Framed, fresh_id, hello, post},
    hostile::{Hostile, assert_harmless},
    netcat::Netcat,
};

/// Who is mentioned, so that they are notified.
pub(crate) const VICTIM: &str = "victor";
/// Stands for the text in a request until it is encoded.
const HOLE: &str = "HOLE";

pub(crate) fn everywhere(server: SocketAddr, corpus: &[Hostile]) {
    for text in corpus {
        as_nick(server, text);
        by_lines(server, text);
        by_frames(server, text);
    }
}

/// The first thing it says, and its last.
fn as_nick(server: SocketAddr, text: &Hostile) {
    let mut peer = Netcat::connect(server);
    peer.write(
        &[&text.line()[..], b"\n/nick ", &text.line(), b"\n/quit ", &text.line(), b"\n"].concat(),
    );
    peer.half_close();
    answers(text, &peer.read_to_end());
}

fn by_lines(server: SocketAddr, text: &Hostile) {
    let mut peer = Netcat::connect(server);
    peer.send("attacker\n/ack on\nto be changed");
    let own = peer.skip_to("+ #lobby …");
    let own = own.rsplit(' ').next().expect("a number");
    let fill = |command: &str| {
        let (before, after) = command.split_once('~').unwrap_or((command, ""));
        let text = if command.contains('~') { text.line() } else { Vec::new() };
        [before.replace("OWN", own).as_bytes(), &text, after.as_bytes(), b"\n"].concat()
    };
    COMMANDS.iter().for_each(|command| peer.write(&fill(command)));
    peer.half_close();
    answers(text, &peer.read_to_end());
}

#[track_caller]
fn answers(text: &Hostile, lines: &[String]) {
    let what = format!("the answer to {}", text.name);
    lines.iter().for_each(|line| assert_harmless(&what, line.as_bytes()));
}

/// `~` stands for the text, OWN for the number of a message of one's own.
const COMMANDS: &[&str] = &[
    "~",
    "/me ~",
    "victor: ~",
    "/msg victor ~",
    "/msg #lobby ~",
    "/msg ~ hi",
    "/reply OWN ~",
    "/edit OWN ~",
    "/edit OWN x~",
    "/react OWN ~",
    "/react OWN x~",
    "/unreact OWN ~",
    "/delete ~",
    "/topic ~",
    "/topic x~",
    "/away ~",
    "/back",
    "/away x~",
    "/whois attacker",
    "/nick ~",
    "/nick x~",
    "/join ~",
    "/join #~",
    "/join #x~",
    "/topic ~",
    "/part #x ~",
    "/join #lobby",
    "/query ~",
    "/switch ~",
    "/switch #lobby",
    "/names ~",
    "/whois ~",
    "/search ~",
    "/search \"~\"",
    "/search from:~",
    "/search in:~",
    "/search before:~",
    "/history ~",
    "/ack ~",
    "/~",
    "/x~ y",
    "/join #own",
    "/mode ~",
    "/invite ~",
    "/role ~ owner",
    "/kick ~ x",
    "/kick victor ~",
    "/ban ~ x",
    "/ban nobody ~",
    "/ban x* for 1m x~",
    "/mute ~",
    "/mute nobody ~",
    "/bans",
    "/audit",
    "/password ~ x",
    "/login ~ x",
    "/login victor ~",
    "/part #lobby ~",
    "/join #lobby",
    "/quit ~",
];

fn by_frames(server: SocketAddr, text: &Hostile) {
    let agent = Hello { agent: text.text().into(), ..hello("framer", None) };
    let mut peer = Framed::hello(server, agent);
    let room = peer.join("#lobby");
    let own: Posted = peer.ask(post(room, fresh_id(), "to be changed"));
    let mut number = 1000;
    for request in requests(room, own.seq) {
        let bytes = filled(number, request, &text.bytes);
        peer.wire.write(&bytes);
        // Refused or not, it is answered; the client checks that, and that all can be read.
        let _answer = peer.wire.reply(number);
        number += 1;
    }
    peer.wire.write(&filled(number, Quit { reason: HOLE.into() }.into(), &text.bytes));
    let _answer = peer.wire.reply(number);
}

fn requests(room: chat_proto::RoomId, own: Seq) -> Vec<Request> {
    let part = Part { kind: HOLE.into(), bytes: HOLE.into() };
    let said = |text: &str| Post { parts: vec![part.clone()], ..post(room, fresh_id(), text) };
    let (text, id, parts) = (HOLE.to_owned(), fresh_id(), vec![part.clone()]);
    vec![
        said(HOLE).into(),
        said("harmless").into(),
        said("victor: HOLE").into(),
        Post { action: true, reply_to: Some(own), ..said(HOLE) }.into(),
        Edit { room, target: own, id, text, parts }.into(),
        React { room, target: own, reaction: HOLE.into(), on: true }.into(),
        SetTopic { room, topic: HOLE.into() }.into(),
        Away { reason: Some(HOLE.into()) }.into(),
        Whois { nick: "framer".into() }.into(),
        Away { reason: None }.into(),
        Open { nick: HOLE.into() }.into(),
        Whois { nick: HOLE.into() }.into(),
        Search { query: HOLE.into(), before: None, limit: 10 }.into(),
        Rooms { after: HOLE.into() }.into(),
        Rename { nick: HOLE.into() }.into(),
        Join { room: HOLE.into(), after: None }.into(),
        Join { room: "#HOLE".into(), after: None }.into(),
        Invite { room, nick: HOLE.into(), on: true }.into(),
        Kick { room, nick: VICTIM.into(), reason: HOLE.into() }.into(),
        Ban { room, whom: HOLE.into(), secs: None, reason: HOLE.into() }.into(),
        Leave { room, reason: HOLE.into() }.into(),
    ]
}

/// The request with the text in its holes, whatever bytes it has: the lengths before it and of the frame are put right.
fn filled(number: u32, request: Request, text: &[u8]) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    request.write(number, &mut bytes);
    let (mut filled, mut rest) = (Vec::new(), &bytes[..]);
    while let Some(at) = rest.windows(HOLE.len()).position(|window| window == HOLE.as_bytes()) {
        let end = at + HOLE.len();
        // Strings of less than 128 bytes have one byte of length, right before their first.
        let start = (0..at)
            .rev()
            .find(|start| usize::from(rest[*start]) >= end - start - 1 && rest[*start] < 64);
        let start = start.expect("a length");
        filled.extend_from_slice(&rest[..start]);
        put_length(&mut filled, usize::from(rest[start]) - HOLE.len() + text.len());
        filled.extend_from_slice(&rest[start + 1..at]);
        filled.extend_from_slice(text);
        rest = &rest[end..];
    }
    filled.extend_from_slice(rest);
    let length = u32::try_from(filled.len() - 4).expect("short");
    filled[..4].copy_from_slice(&length.to_le_bytes());
    filled
}

/// A varint of up to two bytes.
fn put_length(out: &mut Vec<u8>, length: usize) {
    assert!(length < 1 << 14);
    let low = u8::try_from(length & 0x7f).expect("seven bits");
    if length < 128 {
        out.push(low);
    } else {
        out.extend([low | 0x80, u8::try_from(length >> 7).expect("seven bits")]);
    }
}
