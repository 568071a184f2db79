//! Talking in frames: messages, parts, rooms and people.

use chat_proto::{
    Seq,
    message::{
        Away, Conversation, Done, Entered, ErrorCode, Event, Failed, Leave, MemberInfo, NameList,
        Names, Open, Part, Person, Post, Posted, Rename, RoomList, Rooms, SetTopic, Whois,
    },
};
use chat_tests::{
    framed::{Framed, message_id, post, text_of},
    netcat::Netcat,
    server::Local,
};

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
fn who_has_the_nick_of_somebody_gone_is_somebody_else() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let mut ben = Netcat::named(server.address(), "ben");
    ben.send("/msg alice hi");
    let room = alice.event(|event| match event {
        Event::RoomOpened(opened) => {
            matches!(opened.room.name, Conversation::Direct(..)).then_some(opened.room.room)
        }
        _ => None,
    });
    let heard: Posted = alice.ask(post(room, message_id(1), "hello"));
    ben.send("/quit");
    ben.read_to_end();
    let alone: Failed = alice.ask(post(room, message_id(2), "still there?"));
    assert_eq!(alone.text, "nobody called ben is here");
    let _other = Netcat::named(server.address(), "ben");
    let failed: Failed = alice.ask(post(room, message_id(2), "still there?"));
    assert_eq!(failed.code, ErrorCode::NoNick);
    assert!(failed.text.starts_with("the ben of this conversation has left; "), "{}", failed.text);
    assert_eq!(alice.ask::<Posted>(post(room, message_id(1), "hello")), heard, "sent again");
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
