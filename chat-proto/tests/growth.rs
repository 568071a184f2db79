//! This version as the older of two peers: newer bytes lose nothing that it knows.

use bytes::{Bytes, BytesMut};
use chat_proto::{
    Epoch, MemberId, MessageId, Nick, Reaction, RoomId, Seq, SessionId, Text, Time, Token,
    frame::{Decoder, FRAME_BYTES_MAX, Frame},
    message::*,
};
use serde::Serialize;

/// `Hello` as a later version may have it.
#[derive(Serialize)]
struct NewerHello {
    version_min: u16,
    version_max: u16,
    agent: &'static str,
    nick: &'static str,
    resume: Option<Resume>,
    login: Option<Login>,
    language: &'static str,
    wishes: Vec<(u16, bool)>,
}

/// `Welcome` as a later version may have it.
#[derive(Serialize)]
struct NewerWelcome {
    older: Welcome,
    motto: Option<String>,
    rooms_max: u32,
}

/// `Closing` as a later version may have it.
#[derive(Serialize)]
struct NewerClosing {
    older: Closing,
    go_to: String,
}

/// `Said` as it was first.
#[derive(Serialize)]
struct OlderSaid {
    text: &'static str,
    parts: Vec<Part>,
}

/// `Said` as a later version may have it.
#[derive(Serialize)]
struct NewerSaid {
    text: &'static str,
    parts: Vec<Part>,
    reply_to: Option<Seq>,
    language: &'static str,
}

/// `Outcome` as a later version may have it.
#[derive(Serialize)]
struct NewerOutcome {
    older: Outcome,
    pinned: bool,
}

/// A choice of a later version.
#[derive(Serialize)]
enum NewerAnchor {
    #[expect(dead_code, reason = "stands for the first of the older variants")]
    Latest,
    #[expect(dead_code, reason = "stands for the second of the older variants")]
    Before(Seq),
    #[expect(dead_code, reason = "stands for the third of the older variants")]
    After(Seq),
    #[expect(dead_code, reason = "stands for the fourth of the older variants")]
    Since(Time),
    Around(Seq),
}

#[test]
fn an_unknown_type_is_stepped_over() {
    check_stepped_over(0x3FFF, &Request::from(Ping { nonce: 1 }));
    check_stepped_over(0x7FFF, &Reply::from(Pong { nonce: 1 }));
    check_stepped_over(0xFFFF, &Event::from(Alive {}));
}

#[test]
fn a_type_of_another_family_is_unknown() {
    for &(kind, _) in Reply::KINDS.iter().chain(Event::KINDS) {
        assert_eq!(Request::read(&frame(kind, b"")), Ok(None));
    }
    for &(kind, _) in Request::KINDS {
        assert_eq!(Reply::read(&frame(kind, b"")), Ok(None));
        assert_eq!(Event::read(&frame(kind, b"")), Ok(None));
    }
}

#[test]
fn fields_of_a_newer_hello_are_ignored() {
    let newer = NewerHello {
        version_min: 1,
        version_max: 2,
        agent: "chat-tui 9.0.0",
        nick: "alice",
        resume: None,
        login: None,
        language: "de",
        wishes: vec![(7, true), (8, false)],
    };
    let older = Hello {
        version_min: 1,
        version_max: 2,
        agent: "chat-tui 9.0.0".into(),
        nick: "alice".into(),
        resume: None,
        login: None,
    };
    check_read(0x0001, &newer, &Request::from(older));
}

#[test]
fn fields_of_a_newer_welcome_are_ignored() {
    let older = Welcome {
        version: 1,
        server: "chat-server 9.0.0".into(),
        epoch: Epoch([1; 16]),
        session: SessionId(2),
        member: MemberId(3),
        nick: nick("alice"),
        token: Token([4; 32]),
        resumed: true,
        now: Time(5),
        grace_secs: 6,
        registered: true,
        device: None,
    };
    let newer = NewerWelcome { older: older.clone(), motto: Some("tea".into()), rooms_max: 100 };
    check_read(0x4001, &newer, &Reply::from(older));
}

#[test]
fn an_older_hello_has_no_login() {
    let older = (1u16, 2u16, "chat-tui 0.1.0", "alice", None::<Resume>);
    let hello = Hello {
        version_min: 1,
        version_max: 2,
        agent: "chat-tui 0.1.0".into(),
        nick: "alice".into(),
        resume: None,
        login: None,
    };
    check_read(0x0001, &older, &Request::from(hello));
    // One that is cut off is none of an older version.
    let cut = frame(0x0001, b"\x01\x02\x00\x05alice\x00\x01\x00\x09tea");
    assert_eq!(Request::read(&cut), Err(Malformed { kind: 0x0001, request: 1 }));
}

#[test]
fn fields_of_a_newer_closing_are_ignored() {
    let older = Closing {
        code: ErrorCode::ShuttingDown,
        text: "restart".into(),
        come_back_millis: Some(500),
    };
    let newer = NewerClosing { older: older.clone(), go_to: "chat.example:2428".into() };
    check_read(0x8021, &newer, &Event::from(older));
}

#[test]
fn fields_of_a_newer_body_are_ignored() {
    let newer = NewerSaid { text: "yes", parts: vec![], reply_to: Some(Seq(12)), language: "en" };
    let said = Said { reply_to: Some(Seq(12)), ..yes() };
    assert_eq!(Content::read(1, &to_bytes(&newer)), Content::Text(said.clone()));
    let edited = Content::Edited { target: Seq(7), said: Some(said) };
    assert_eq!(Content::read(4, &to_bytes(&(Seq(7), Some(newer)))), edited);
}

#[test]
fn fields_that_an_older_body_lacks_are_absent() {
    let older = OlderSaid { text: "yes", parts: vec![] };
    assert_eq!(Content::read(1, &to_bytes(&older)), Content::Text(yes()));
    assert_eq!(Content::read(2, &to_bytes(&older)), Content::Action(yes()));
    let edited = Content::Edited { target: Seq(7), said: Some(yes()) };
    assert_eq!(Content::read(4, &to_bytes(&(Seq(7), Some(older)))), edited);
}

#[test]
fn a_newer_field_that_is_cut_off_is_not_taken_for_an_absent_one() {
    let body = to_bytes(&Said { reply_to: Some(Seq(300)), ..yes() });
    for cut in 1..3 {
        let body = &body[..body.len() - cut];
        assert_eq!(Content::read(1, body), Content::Unknown { kind: 1, body: body.to_vec() });
    }
}

#[test]
fn fields_of_a_newer_outcome_are_ignored() {
    let edited = Some(EditMark { seq: Seq(1), at: Time(2) });
    let reaction = Reaction::parse(":tea:").expect("a reaction");
    let reactions = vec![ReactionCount { reaction, count: 3, mine: true }];
    let older = Outcome { edited, reactions };
    let newer = NewerOutcome { older: older.clone(), pinned: true };
    assert_eq!(Outcome::read(&to_bytes(&newer)), older);
    assert_eq!(Outcome::read(b"\xFF"), Outcome::default());
}

#[test]
fn an_entry_of_an_unknown_kind_keeps_its_bytes() {
    let entry = entry(4242, b"\xC0\xFF\xEE");
    let content = entry.content();
    assert_eq!(content, Content::Unknown { kind: 4242, body: b"\xC0\xFF\xEE".to_vec() });
    assert_eq!((content.kind(), content.body()), (4242, entry.body.clone()));

    let event = Event::from(RoomEntry { room: RoomId(1), entry });
    let mut stream = BytesMut::new();
    event.write(0, &mut stream);
    let bytes = stream.clone();
    let read = Event::read(&next(&mut stream)).expect("a readable payload").expect("a known type");
    let mut again = BytesMut::new();
    read.write(0, &mut again);
    assert_eq!(again, bytes);
}

#[test]
fn a_body_that_cannot_be_read_keeps_its_bytes() {
    for kind in 1..=7 {
        let body = b"\xFF\xFF".to_vec();
        let content = Content::read(kind, &body);
        assert_eq!(content, Content::Unknown { kind, body: body.clone() });
        assert_eq!((content.kind(), content.body()), (kind, body));
    }
}

#[test]
fn an_unknown_error_code_stays_what_it_is() {
    let failed = Failed { code: ErrorCode::from(999), text: "later".into() };
    assert_eq!(failed.code, ErrorCode::Other(999));
    assert_eq!(failed.code.to_string(), "error-999");
    check_read(0x4004, &(999u16, "later"), &Reply::from(failed.clone()));

    let (mut older, mut newer) = (BytesMut::new(), BytesMut::new());
    Reply::from(failed).write(7, &mut older);
    write_raw(0x4004, 7, &(999u16, "later"), &mut newer);
    assert_eq!(older, newer);
}

#[test]
fn an_unknown_choice_is_malformed_and_the_stream_goes_on() {
    let mut stream = BytesMut::new();
    write_raw(0x0021, 7, &(RoomId(3), NewerAnchor::Around(Seq(12)), 50u16), &mut stream);
    Request::from(Ping { nonce: 1 }).write(8, &mut stream);
    let malformed = Malformed { kind: 0x0021, request: 7 };
    assert_eq!(Request::read(&next(&mut stream)), Err(malformed));
    assert_eq!(Request::read(&next(&mut stream)), Ok(Some(Ping { nonce: 1 }.into())));
}

/// A message of an unknown type among known ones is told as unknown, and hides nothing.
#[track_caller]
fn check_stepped_over<M: Message + Clone + PartialEq + std::fmt::Debug>(kind: u16, known: &M) {
    let mut stream = BytesMut::new();
    known.write(1, &mut stream);
    write_raw(kind, 2, &("a later version", Some(12u64), vec![1u16, 2, 3]), &mut stream);
    known.write(3, &mut stream);
    let read: Vec<_> = (0..3)
        .map(|_| next(&mut stream))
        .map(|frame| (frame.request, M::read(&frame).expect("a readable payload")))
        .collect();
    assert_eq!(read, [(1, Some(known.clone())), (2, None), (3, Some(known.clone()))]);
}

/// What a newer version writes is read as `older`.
#[track_caller]
fn check_read<M: Message + PartialEq + std::fmt::Debug>(
    kind: u16,
    newer: &impl Serialize,
    older: &M,
) {
    let mut stream = BytesMut::new();
    write_raw(kind, 7, newer, &mut stream);
    let frame = next(&mut stream);
    assert_eq!(frame.request, 7);
    assert_eq!(M::read(&frame).expect("a readable payload").as_ref(), Some(older));
}

fn next(stream: &mut BytesMut) -> Frame {
    let frame = Decoder::new(FRAME_BYTES_MAX).next(stream).expect("a readable frame");
    frame.expect("a whole frame")
}

fn frame(kind: u16, payload: &'static [u8]) -> Frame {
    Frame { kind, request: 1, payload: Bytes::from_static(payload) }
}

fn entry(kind: u16, body: &[u8]) -> Entry {
    Entry {
        seq: Seq(1),
        at: Time(2),
        by: MemberId(3),
        nick: nick("bob"),
        id: MessageId([4; 16]),
        kind,
        body: body.to_vec(),
    }
}

fn yes() -> Said {
    Said::plain(Text::clean("yes").expect("a text"))
}

fn to_bytes(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("writing to memory does not fail")
}

fn nick(name: &str) -> Nick {
    Nick::parse(name).expect("a nick")
}
