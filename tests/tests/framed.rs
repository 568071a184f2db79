//! The framed protocol, as PROTOCOL.md promises it to clients in any language.

use std::{io::Write, net::SocketAddr};

use chat_proto::{
    Seq,
    message::{Conversation, ErrorCode, Event, Join, Ping, Pong, Reply, write_raw},
    version::MAGIC,
};
use chat_tests::{
    framed::{
        Framed, hello, message_id, post,
        wire::{Wire, encode},
    },
    netcat::Missing,
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
fn no_common_version_is_refused_and_closed() {
    let server = Local::start();
    for (version_min, version_max) in [(2, 9), (0, 0), (u16::MAX, u16::MAX)] {
        let mut wire = Wire::connect(server.address());
        let hello = chat_proto::message::Hello { version_min, version_max, ..hello("alice", None) };
        wire.send(7, hello);
        expect_failed(&mut wire, 7, ErrorCode::BadVersion);
        assert_eq!(wire.frame(), Err(Missing::Ended));
    }
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
