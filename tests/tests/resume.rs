//! A client comes back: nothing is missing, nothing comes twice, and nobody else notices.

use chat_proto::{
    Epoch, RoomId, Seq,
    message::{ErrorCode, Event, Kick, Posted},
};
use chat_server::config::Options;
use chat_tests::{
    framed::{Framed, Left, message_id, post},
    netcat::{Missing, Netcat},
    server::{Local, Process, directory},
};

/// Bob has been in the lobby, heard one message, and lost his connection.
fn bob_leaves(alice: &mut Framed, mut bob: Framed, lobby: RoomId) -> Left {
    alice.say(lobby, "before");
    assert_eq!(bob.text(lobby), "before");
    bob.left()
}

#[test]
fn what_was_missed_comes_once_and_nobody_notices() {
    let server = Local::start();
    let mut nc = Netcat::named(server.address(), "nc");
    let mut alice = Framed::connect(server.address(), "alice");
    let lobby = alice.join("#lobby");
    let bob = Framed::connect(server.address(), "bob");
    let (member, session) = (bob.welcome.member, bob.welcome.session);
    let left = bob_leaves(&mut alice, bob, lobby);
    for number in 0..500 {
        alice.say(lobby, &format!("missed {number}"));
    }
    let mut bob = Framed::resume(server.address(), &left);
    let back = &bob.welcome;
    assert_eq!(
        (back.resumed, back.nick.as_str(), back.member, back.session),
        (true, "bob", member, session)
    );
    alice.say(lobby, "live");
    for number in 0..500 {
        assert_eq!(bob.text(lobby), format!("missed {number}"));
    }
    assert_eq!(bob.text(lobby), "live");
    bob.say(lobby, "I am back");
    for line in ["* alice joined #lobby", "* bob joined #lobby", "#lobby <alice> before"] {
        nc.expect(line);
    }
    for number in 0..500 {
        nc.expect(&format!("#lobby <alice> missed {number}"));
    }
    nc.expect("#lobby <alice> live");
    nc.expect("#lobby <bob> I am back");
}

#[test]
fn who_lost_a_room_meanwhile_is_told() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let (lobby, tea) = (alice.join("#lobby"), alice.join("#tea"));
    let mut bob = Framed::connect(server.address(), "bob");
    bob.join("#tea");
    let left = bob_leaves(&mut alice, bob, lobby);
    let _posted: Posted = alice.ask(Kick { room: tea, nick: "bob".into(), reason: "out".into() });
    let mut bob = Framed::resume(server.address(), &left);
    assert!(bob.welcome.resumed);
    let closed = bob.event(|event| match event {
        Event::RoomClosed(closed) => Some(closed.room),
        _ => None,
    });
    assert_eq!(closed, tea);
    alice.say(lobby, "live");
    assert_eq!(bob.text(lobby), "live");
}

#[test]
fn all_rooms_go_on_each_where_it_stopped() {
    let server = Local::start();
    let (mut alice, mut bob) =
        (Framed::connect(server.address(), "alice"), Framed::connect(server.address(), "bob"));
    let rooms: Vec<RoomId> = (0..10).map(|number| alice.join(&format!("#r{number}"))).collect();
    for number in 0..10 {
        bob.join(&format!("#r{number}"));
    }
    let left = bob.left();
    drop(bob);
    for round in 1..=3 {
        for room in &rooms {
            alice.say(*room, &format!("{round}"));
        }
    }
    let mut bob = Framed::resume(server.address(), &left);
    for room in rooms.iter().rev() {
        // The cursors of the client check that no number is missing.
        while bob.left().cursors[room] < Seq(3) {
            bob.next_event();
        }
    }
}

#[test]
fn a_newer_connection_displaces_the_older() {
    let server = Local::start();
    let mut first = Framed::connect(server.address(), "bob");
    let lobby = first.join("#lobby");
    let mut second = Framed::resume(server.address(), &first.left());
    assert!(second.welcome.resumed);
    let closing = first.closing();
    assert_eq!((closing.code, closing.come_back_millis), (ErrorCode::Displaced, None));
    assert_eq!(first.wire.frame(), Err(Missing::Ended));
    drop(first);
    second.say(lobby, "still here");
    let mut third = Framed::resume(server.address(), &second.left());
    assert_eq!(second.closing().code, ErrorCode::Displaced);
    third.say(lobby, "again");
    let alice = Framed::connect(server.address(), "alice").history(lobby);
    assert_eq!(alice.len(), 2);
}

#[test]
fn a_session_that_quit_is_gone() {
    let server = Local::start();
    let bob = Framed::connect(server.address(), "bob");
    let left = bob.left();
    bob.quit();
    let bob = Framed::resume(server.address(), &left);
    assert!(!bob.welcome.resumed);
    assert_eq!(bob.welcome.nick.as_str(), "bob");
}

#[test]
fn a_session_ends_with_its_grace_time() {
    let server = Local::with(Options { grace_secs: Some(1), ..Options::default() });
    let mut nc = Netcat::named(server.address(), "nc");
    let bob = Framed::connect(server.address(), "bob");
    nc.expect("* bob joined #lobby");
    let left = bob.left();
    drop(bob);
    nc.expect("* bob left #lobby (quit…)");
    let bob = Framed::resume(server.address(), &left);
    assert!(!bob.welcome.resumed);
}

#[test]
fn a_wrong_token_and_another_epoch_begin_anew() {
    let server = Local::start();
    let bob = Framed::connect(server.address(), "bob");
    let mut forged = bob.left();
    forged.token.0[0] ^= 1;
    let stranger = Framed::resume(server.address(), &forged);
    assert_eq!((stranger.welcome.resumed, stranger.welcome.nick.as_str()), (false, "bob-2"));
    let other_log = Left { epoch: Epoch([7; 16]), ..bob.left() };
    let reader = Framed::resume(server.address(), &other_log);
    assert_eq!((reader.welcome.resumed, reader.welcome.epoch), (false, bob.welcome.epoch));
}

#[test]
fn a_message_without_an_answer_is_sent_again_and_said_once() {
    let server = Local::start();
    let mut bob = Framed::connect(server.address(), "bob");
    let lobby = bob.join("#lobby");
    for number in 0..50 {
        // The answer is lost with the connection.
        bob.send(post(lobby, message_id(number), &number.to_string()));
        bob = Framed::resume(server.address(), &bob.left());
        let _posted: Posted = bob.ask(post(lobby, message_id(number), &number.to_string()));
    }
    let texts: Vec<_> = bob.history(lobby).iter().filter_map(chat_tests::framed::text_of).collect();
    assert_eq!(texts, (0..50).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_cursor_beyond_the_end_does_no_harm() {
    let server = Local::start();
    let mut bob = Framed::connect(server.address(), "bob");
    let lobby = bob.join("#lobby");
    let mut left = bob.left();
    left.cursors.insert(lobby, Seq(u64::MAX));
    left.cursors.insert(RoomId(999_999), Seq(3));
    let mut wire = chat_tests::framed::wire::Wire::connect(server.address());
    let resume = chat_proto::message::Resume {
        token: left.token,
        epoch: left.epoch,
        cursors: left.cursors.into_iter().collect(),
    };
    wire.send(1, chat_tests::framed::hello("bob", Some(resume)));
    assert!(
        matches!(wire.reply(1), chat_proto::message::Reply::Welcome(welcome) if welcome.resumed)
    );
}

#[test]
fn a_restart_in_the_middle_is_survived() {
    restart(|server| assert_eq!(server.terminate().code, Some(0)));
}

#[test]
fn a_kill_in_the_middle_is_survived() {
    restart(|server| drop(server.kill()));
}

/// Two who were there before go on after the server was ended and started again.
fn restart(end: fn(Process)) {
    let data = directory();
    let server = Process::start(data.path());
    let mut alice = Framed::connect(server.address(), "alice");
    let (lobby, tea) = (alice.join("#lobby"), alice.join("#tea"));
    let mut bob = Framed::connect(server.address(), "bob");
    bob.join("#tea");
    let left = bob_leaves(&mut alice, bob, lobby);
    alice.say(lobby, "missed");
    alice.say(tea, "missed too");
    let alice_left = alice.left();
    end(server);

    let server = Process::start(data.path());
    let mut alice = Framed::resume(server.address(), &alice_left);
    assert_eq!((alice.welcome.resumed, alice.welcome.nick.as_str()), (true, "alice"));
    alice.say(lobby, "after");
    // The nick is still bob's, and so is the place.
    let other = Framed::connect(server.address(), "bob");
    assert_eq!(other.welcome.nick.as_str(), "bob-2");
    let mut bob = Framed::resume(server.address(), &left);
    assert_eq!((bob.welcome.resumed, bob.welcome.epoch), (true, left.epoch));
    assert_eq!((bob.text(lobby), bob.text(lobby)), ("missed".into(), "after".into()));
    assert_eq!(Framed::resume(server.address(), &left).text(tea), "missed too");
    no_notice_but(&mut alice, "bob-2");
}

/// Up to now nobody but this one came or went.
fn no_notice_but(alice: &mut Framed, nick: &str) {
    let marker = alice.join("#marker");
    alice.say(marker, "up to here");
    alice.event(|event| match event {
        Event::MemberJoined(joined) => {
            assert!(["alice", nick].contains(&joined.nick.as_str()), "{} came", joined.nick);
            None
        }
        Event::MemberLeft(left) => panic!("{} left", left.nick),
        Event::RoomEntry(told) if told.room == marker => Some(()),
        _ => None,
    });
}
