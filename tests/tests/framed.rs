//! The framed protocol, as PROTOCOL.md promises it to clients in any language.

use std::{io::Write, net::SocketAddr};

use chat_proto::{
    Seq,
    message::{
        Away, Conversation, Done, Entered, ErrorCode, Event, Failed, Join, Leave, MemberInfo,
        NameList, Names, Open, Part, Person, Ping, Pong, Post, Posted, Rename, Reply, RoomList,
        Rooms, SetTopic, Whois, write_raw,
    },
    version::MAGIC,
};
use chat_tests::{
    framed::{
        Framed, hello, message_id, post, text_of,
        wire::{Wire, encode},
    },
    netcat::Netcat,
    server::Local,
};

#[track_caller]
fn expect_failed(wire: &mut Wire, number: u32, code: ErrorCode) {
    match wire.reply(number) {
        Reply::Failed(failed) => assert_eq!(failed.code, code, "{}", failed.text),
        other => panic!("expected {code}, found {other:?}"),
    }
}

#[track_caller]
fn expect_pong(wire: &mut Wire, number: u32, nonce: u64) {
    wire.send(number, Ping { nonce });
    assert_eq!(wire.reply(number), Reply::Pong(Pong { nonce }));
}

#[test]
fn a_hello_is_welcomed_and_its_rooms_follow() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let welcome = &alice.welcome;
    assert_eq!((welcome.version, welcome.nick.as_str(), welcome.resumed), (1, "alice", false));
    assert_eq!(welcome.grace_secs, 60);
    match alice.next_event() {
        Event::RoomOpened(opened) => {
            assert_eq!(opened.room.name, Conversation::Public("#lobby".parse().expect("a name")));
            assert_eq!(
                (opened.room.after, opened.room.head, opened.room.members),
                (Seq(0), Seq(0), 1)
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(Framed::connect(server.address(), "alice").welcome.nick.as_str(), "alice-2");
}

#[test]
fn hello_comes_first_and_once() {
    let server = Local::start();
    let mut wire = Wire::connect(server.address());
    wire.send(1, Join { room: "#ops".into(), after: None });
    expect_failed(&mut wire, 1, ErrorCode::BadOrder);
    wire.send(2, hello("no nick", None));
    expect_failed(&mut wire, 2, ErrorCode::BadNick);
    wire.send(3, hello("alice", None));
    assert!(matches!(wire.reply(3), Reply::Welcome(_)));
    wire.send(4, hello("alice", None));
    expect_failed(&mut wire, 4, ErrorCode::BadOrder);
}

#[test]
fn what_cannot_be_read_is_answered_and_the_stream_goes_on() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let wire = &mut alice.wire;
    let frame = |kind: u16, number: u32, bytes: usize| {
        let mut out = bytes::BytesMut::new();
        write_raw(kind, number, &(), &mut out);
        let length = u32::try_from(6 + bytes).expect("not that long");
        out[..4].copy_from_slice(&length.to_le_bytes());
        out.resize(10 + bytes, 0xff);
        out
    };
    for (number, bytes, code) in [
        (11, frame(0x3abc, 11, 5), ErrorCode::UnknownRequest),
        (12, frame(0x4001, 12, 5), ErrorCode::UnknownRequest),
        (13, frame(0x0010, 13, 5), ErrorCode::BadFrame),
        (14, frame(0x0010, 14, 0), ErrorCode::BadFrame),
        (15, frame(0x0020, 15, 65_527), ErrorCode::TooLong),
        (16, frame(0x0020, 16, 3_000_000), ErrorCode::TooLong),
        (0, bytes::BytesMut::from(&[5, 0, 0, 0, 1, 2, 3, 4, 5, 6][..9]), ErrorCode::BadFrame),
    ] {
        wire.write(&bytes);
        if bytes.len() < 10 {
            // Its header is whole only with the next frame's first byte.
            wire.send(99, Ping { nonce: 99 });
            expect_failed(wire, number, code);
            assert_eq!(wire.reply(99), Reply::Pong(Pong { nonce: 99 }));
        } else {
            expect_failed(wire, number, code);
        }
        expect_pong(wire, number + 100, 300);
    }
}

#[test]
fn a_newer_client_s_longer_request_is_understood() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let mut bytes = bytes::BytesMut::new();
    write_raw(0x0002, 9, &(300_u64, "a field of a later version"), &mut bytes);
    alice.wire.write(&bytes);
    assert_eq!(alice.wire.reply(9), Reply::Pong(Pong { nonce: 300 }));
}

/// What a short session sends, and the answers in their order, without what differs from run to run.
fn session() -> Vec<u8> {
    let lobby = chat_proto::RoomId(1);
    let mut bytes = MAGIC.to_vec();
    for request in [
        encode(1, hello("alice", None)),
        encode(2, post(lobby, message_id(1), "one")),
        encode(3, Ping { nonce: 300 }),
        encode(4, post(lobby, message_id(2), "two")),
    ] {
        bytes.extend_from_slice(&request);
    }
    bytes
}

/// What the server answers to a session whose bytes come in these pieces.
fn answers(server: SocketAddr, pieces: &[&[u8]]) -> Vec<String> {
    let mut wire = Wire::mute(server);
    for piece in pieces {
        wire.stream.write_all(piece).expect("the server takes it");
    }
    wire.stream.shutdown(std::net::Shutdown::Write).expect("still connected");
    let mut answers = Vec::new();
    while let Ok(frame) = wire.frame() {
        if (0x4000..0x8000).contains(&frame.kind) {
            answers.push(format!("{:#06x} to {}", frame.kind, frame.request));
        }
    }
    answers.sort();
    answers
}

#[test]
fn a_session_may_come_in_any_pieces() {
    let server =
        Local::with(chat_server::config::Options { grace_secs: Some(0), ..Default::default() });
    // The lobby is the server's first room.
    let keeper = Framed::connect(server.address(), "keeper");
    assert_eq!(keeper.left().cursors.len(), 0);
    let whole = session();
    let expected = ["0x4001 to 1", "0x4002 to 3", "0x4020 to 2", "0x4020 to 4"];
    let bytes: Vec<&[u8]> = whole.chunks(1).collect();
    assert_eq!(answers(server.address(), &bytes), expected);
    for split in 0..=whole.len() {
        let (left, right) = whole.split_at(split);
        assert_eq!(answers(server.address(), &[left, right]), expected, "split at {split}");
    }
}

#[test]
fn a_client_that_was_taken_for_a_person_skips_the_greeting() {
    let server = Local::start();
    let mut wire = Wire::mute(server.address());
    // Waits for the greeting; then the magic decides all the same.
    let mut byte = [0];
    std::io::Read::read_exact(&mut wire.stream, &mut byte).expect("a greeting");
    assert_eq!(&byte, b"*");
    wire.write(&MAGIC);
    wire.send(1, hello("alice", None));
    assert!(matches!(wire.reply(1), Reply::Welcome(_)));
}

#[test]
fn a_message_sent_again_is_said_once() {
    let server = Local::start();
    let (mut alice, mut bob) =
        (Framed::connect(server.address(), "alice"), Framed::connect(server.address(), "bob"));
    let (lobby, ops) = (alice.join("#lobby"), alice.join("#ops"));
    bob.join("#lobby");
    let first: Posted = alice.ask(post(lobby, message_id(1), "once"));
    let again: Posted = alice.ask(post(lobby, message_id(1), "once"));
    assert_eq!(first, again);
    for reused in [
        post(lobby, message_id(1), "otherwise"),
        post(ops, message_id(1), "once"),
        Post { action: true, ..post(lobby, message_id(1), "once") },
    ] {
        let failed: Failed = alice.ask(reused);
        assert_eq!(failed.code, ErrorCode::IdReused);
    }
    // Another member's ids are their own.
    let other: Posted = bob.ask(post(lobby, message_id(1), "bob's"));
    assert_eq!(other.seq, Seq(2));
    let texts: Vec<_> = bob.history(lobby).iter().map(text_of).collect();
    assert_eq!(texts, [Some("once".into()), Some("bob's".into())]);
    assert_eq!((bob.text(lobby), bob.text(lobby)), ("once".into(), "bob's".into()));
}

#[test]
fn many_posts_on_their_way_are_answered_in_order() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let lobby = alice.join("#lobby");
    let asked: Vec<u32> = (0..2000)
        .map(|number| alice.send(post(lobby, message_id(number), &number.to_string())))
        .collect();
    for (seq, number) in (1..).zip(asked) {
        assert_eq!(alice.answer::<Posted>(number).seq, Seq(seq));
    }
    for number in 0..2000 {
        assert_eq!(alice.text(lobby), number.to_string());
    }
}

#[test]
fn parts_are_relayed_untouched_and_limited() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let lobby = alice.join("#lobby");
    let part = Part { kind: "application/x-unknown".into(), bytes: (0..=255).collect() };
    let said = |id, parts| Post { parts, ..post(lobby, message_id(id), "with parts") };
    let _posted: Posted = alice.ask(said(1, vec![part.clone(), part.clone()]));
    let entry = alice.entry(lobby);
    assert_eq!(entry.content().said().expect("a message").parts, [part.clone(), part.clone()]);
    let failed: Failed = alice.ask(said(2, vec![part; 17]));
    assert_eq!(failed.code, ErrorCode::TooLong);
    let huge = Part { kind: "x/y".into(), bytes: vec![0; 16 * 1024] };
    let failed: Failed = alice.ask(said(3, vec![huge]));
    assert_eq!(failed.code, ErrorCode::TooLong);
}

#[test]
fn rooms_are_entered_left_named_and_listed() {
    let server = Local::start();
    let (mut alice, mut bob) =
        (Framed::connect(server.address(), "alice"), Framed::connect(server.address(), "bob"));
    let ops = alice.join("#ops");
    alice.say(ops, "anybody?");
    assert_eq!(alice.text(ops), "anybody?");
    assert_eq!(bob.join("#OPS"), ops);
    let joined = alice.event(|event| match event {
        Event::MemberJoined(joined) if joined.room == ops => Some(joined),
        _ => None,
    });
    assert_eq!((joined.nick.as_str(), joined.member), ("bob", bob.welcome.member));
    let _posted: Posted = alice.ask(SetTopic { room: ops, topic: "tea".into() });
    let list: RoomList = bob.ask(Rooms { after: "".into() });
    let shown: Vec<_> = list
        .rooms
        .iter()
        .map(|room| (room.name.as_str(), room.members, room.topic.as_str()))
        .collect();
    assert_eq!(shown, [("#lobby", 2, ""), ("#ops", 2, "tea")]);
    let rest: RoomList = bob.ask(Rooms { after: "#lobby".into() });
    assert_eq!((rest.rooms.len(), rest.more), (1, false));
    let _done: Done = bob.ask(Away { reason: Some("tea".into()) });
    let names: NameList = alice.ask(Names { room: ops, after: chat_proto::MemberId(0) });
    let item = |client: &Framed, away| MemberInfo {
        member: client.welcome.member,
        nick: client.welcome.nick.clone(),
        away,
    };
    assert_eq!(names.members, [item(&alice, false), item(&bob, true)]);
    let _done: Done = bob.ask(Leave { room: ops, reason: "enough".into() });
    let failed: Failed = bob.ask(post(ops, message_id(1), "from outside"));
    assert_eq!(failed.code, ErrorCode::NotJoined);
    let failed: Failed = bob.ask(Names { room: ops, after: chat_proto::MemberId(0) });
    assert_eq!(failed.code, ErrorCode::NotJoined);
    let left = alice.event(|event| match event {
        Event::MemberLeft(left) => Some(left),
        _ => None,
    });
    assert_eq!((left.nick.as_str(), left.quit, left.reason.as_str()), ("bob", false, "enough"));
}

#[test]
fn people_are_renamed_and_looked_up() {
    let server = Local::start();
    let (mut alice, mut bob) =
        (Framed::connect(server.address(), "alice"), Framed::connect(server.address(), "bob"));
    let failed: Failed = bob.ask(Rename { nick: "Alice".into() });
    assert_eq!(failed.code, ErrorCode::NickTaken);
    let _done: Done = bob.ask(Rename { nick: "robert".into() });
    let renamed = alice.event(|event| match event {
        Event::MemberRenamed(renamed) => Some(renamed),
        _ => None,
    });
    assert_eq!((renamed.old.as_str(), renamed.nick.as_str()), ("bob", "robert"));
    let person: Person = alice.ask(Whois { nick: "ROBERT".into() });
    assert_eq!((person.member, person.away, person.rooms.len()), (bob.welcome.member, None, 1));
    let failed: Failed = alice.ask(Whois { nick: "bob".into() });
    assert_eq!(failed.code, ErrorCode::NoNick);
}

#[test]
fn a_private_conversation_opens_at_the_other_end_by_its_first_message() {
    let server = Local::start();
    let (mut alice, mut bob) =
        (Framed::connect(server.address(), "alice"), Framed::connect(server.address(), "bob"));
    let opened: Entered = alice.ask(Open { nick: "bob".into() });
    let conversation = opened.room.room;
    assert_eq!(
        opened.room.name,
        Conversation::Direct(bob.welcome.member, bob.welcome.nick.clone())
    );
    alice.say(conversation, "a secret");
    assert_eq!(bob.text(conversation), "a secret");
    let again: Entered = bob.ask(Open { nick: "alice".into() });
    assert_eq!(again.room.room, conversation);
    let mut carol = Framed::connect(server.address(), "carol");
    let failed: Failed = carol.ask(post(conversation, message_id(1), "me too"));
    assert_eq!(failed.code, ErrorCode::NotJoined);
    let failed: Failed = carol.ask(chat_proto::message::History {
        room: conversation,
        from: chat_proto::message::Anchor::Latest,
        limit: 10,
    });
    assert_eq!(failed.code, ErrorCode::NotJoined);
    bob.quit();
    let failed: Failed = alice.ask(post(conversation, message_id(2), "gone?"));
    assert_eq!(failed.code, ErrorCode::NoNick);
}

#[test]
fn frames_and_lines_meet_in_a_room() {
    let server = Local::start();
    let mut nc = Netcat::named(server.address(), "nc");
    let mut framed = Framed::connect(server.address(), "framed");
    let lobby = framed.join("#lobby");
    nc.expect("* framed joined #lobby");
    nc.send("from a line");
    assert_eq!(framed.text(lobby), "from a line");
    framed.say(lobby, "from a frame");
    nc.expect("#lobby <framed> from a frame");
    framed.quit();
    nc.expect("* framed left #lobby (quit)");
}
