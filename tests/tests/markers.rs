//! Read markers: what an account has read is the same on all its devices, and after every restart.

use std::net::SocketAddr;

use chat_proto::{
    RoomId, Secret, Seq,
    message::{
        Done, ErrorCode, Event, Failed, Hello, Leave, LogIn, LoggedIn, Login, MarkRead, Open,
        ReadMarker, Register,
    },
};
use chat_tests::{
    framed::{Framed, hello},
    server::{Local, Process, directory},
    story::Cast,
};

const PASSWORD: &str = "tea for two";

fn registered(server: SocketAddr) -> Framed {
    let login = Login::Register { password: Secret::new(PASSWORD), remember: false };
    Framed::hello(server, Hello { login: Some(login), ..hello("alice", None) })
}

fn log_in(server: SocketAddr) -> Framed {
    let login = Login::Password { password: Secret::new(PASSWORD), remember: false };
    Framed::hello(server, Hello { login: Some(login), ..hello("alice", None) })
}

/// The next marker of a room: what is read, what is unread, how often one is named, and up to where that is counted.
#[track_caller]
fn marker(client: &mut Framed, room: RoomId) -> (u64, u32, u32, u64) {
    let ReadMarker { read, unread, mentions, as_of, .. } = client.event(|event| match event {
        Event::ReadMarker(marker) if marker.room == room => Some(marker),
        _ => None,
    });
    (read.0, unread, mentions, as_of.0)
}

fn mark(client: &mut Framed, room: RoomId, seq: u64) {
    let _done: Done = client.ask(MarkRead { room, seq: Seq(seq) });
}

#[test]
fn at_login_each_room_comes_with_what_is_unread() {
    let server = Local::start();
    let mut alice = registered(server.address());
    let tea = alice.join("#tea");
    assert_eq!(marker(&mut alice, tea), (0, 0, 0, 0));
    let mut bob = Framed::connect(server.address(), "bob");
    bob.join("#tea");
    bob.say(tea, "hello alice");
    bob.say(tea, "how is the tea?");
    alice.text(tea);
    alice.text(tea);
    mark(&mut alice, tea, 1);
    alice.quit();
    bob.say(tea, "Alice, where are you");
    let direct: chat_proto::message::Entered = bob.ask(Open { nick: "alice".into() });
    let direct = direct.room.room;
    bob.say(direct, "psst");
    let mut alice = log_in(server.address());
    assert_eq!(marker(&mut alice, tea), (1, 2, 1, 3));
    assert_eq!(marker(&mut alice, direct), (0, 1, 1, 1), "what is private is said to her");
    mark(&mut alice, tea, 2);
    mark(&mut alice, tea, 1);
    alice.quit();
    let mut alice = log_in(server.address());
    assert_eq!(marker(&mut alice, tea), (2, 1, 1, 3), "it never moves backwards");
}

#[test]
fn what_is_read_on_one_device_is_read_on_the_other() {
    let server = Local::start();
    let mut laptop = registered(server.address());
    let tea = laptop.join("#tea");
    let mut phone = log_in(server.address());
    assert_eq!(marker(&mut phone, tea), (0, 0, 0, 0));
    let mut bob = Framed::connect(server.address(), "bob");
    bob.join("#tea");
    for said in ["one", "two for alice", "three"] {
        bob.say(tea, said);
        phone.text(tea);
    }
    assert_eq!(marker(&mut laptop, tea), (0, 0, 0, 0));
    mark(&mut laptop, tea, 1);
    assert_eq!(marker(&mut phone, tea), (1, 2, 1, 3));
    mark(&mut phone, tea, 3);
    assert_eq!(marker(&mut laptop, tea), (3, 0, 0, 3), "who marks knows; the other is told");
    // One that was away hears of it when it comes back.
    let left = phone.left();
    drop(phone);
    bob.say(tea, "four");
    mark(&mut laptop, tea, 4);
    let mut phone = Framed::resume(server.address(), &left);
    assert!(phone.welcome.resumed);
    assert_eq!(marker(&mut phone, tea), (4, 0, 0, 4));
}

#[test]
fn guests_have_none_until_they_are_somebody() {
    let server = Local::start();
    let mut guest = Framed::connect(server.address(), "alice");
    let tea = guest.join("#tea");
    guest.say(tea, "one");
    let refused: Failed = guest.ask(MarkRead { room: tea, seq: Seq(1) });
    assert_eq!(refused.code, ErrorCode::LoginNeeded);
    let elsewhere: Failed = guest.ask(MarkRead { room: RoomId(99), seq: Seq(1) });
    assert_eq!(elsewhere.code, ErrorCode::NotJoined);
    assert!(!guest.events_so_far().any(|event| matches!(event, Event::ReadMarker(_))));
    let password = Secret::new(PASSWORD);
    let _: LoggedIn = guest.ask(Register { password, remember: false });
    assert_eq!(marker(&mut guest, tea), (0, 0, 0, 1), "what she said is not new to her");
    let mut other = Framed::connect(server.address(), "other");
    other.join("#tea");
    other.say(tea, "two");
    let password = Secret::new(PASSWORD);
    let _: LoggedIn = other.ask(LogIn { nick: "alice".into(), password, remember: false });
    assert_eq!(marker(&mut other, tea), (0, 1, 0, 2));
    let _done: Done = other.ask(Leave { room: tea, reason: "".into() });
    let gone: Failed = other.ask(MarkRead { room: tea, seq: Seq(2) });
    assert_eq!(gone.code, ErrorCode::NotJoined);
    other.join("#tea");
    assert_eq!(marker(&mut other, tea), (2, 0, 0, 2), "she enters it anew");
}

#[test]
fn a_server_that_is_killed_knows_what_was_read() {
    let data = directory();
    let server = Process::start(data.path());
    let mut alice = registered(server.address());
    let tea = alice.join("#tea");
    let mut bob = Framed::connect(server.address(), "bob");
    bob.join("#tea");
    for _ in 0..5 {
        bob.say(tea, "alice!");
    }
    mark(&mut alice, tea, 3);
    drop(server.kill());
    let server = Process::start(data.path());
    let mut alice = log_in(server.address());
    assert_eq!(marker(&mut alice, tea), (3, 2, 2, 5));
}

#[test]
fn in_line_mode_what_is_unread_is_told_at_login_and_marked_by_hand() {
    let server = Local::start();
    Cast::new(server.address()).play(
        "alice> /register alice teafortwo
         alice<< * joined #lobby
         alice> /join #tea
         alice<< * joined #tea
         bob> bob
         bob<< * joined #lobby
         bob> /join #tea
         bob< * joined #tea
         alice-
         bob<< * alice left #tea (quit…
         bob> tea, alice?
         bob> or coffee
         bob> /read
         bob<< ! login-needed: …
         alice> /login alice teafortwo
         alice< * welcome alice
         alice<< * unread in #tea: 2 after 0, 1 for you; /read marks all read
         alice> /switch #tea
         alice< * now in #tea
         alice> /read 1
         alice< * read #tea up to 1
         alice> /read #nowhere
         alice< ! not-joined: …
         alice-
         alice> alicia
         alice<< * joined #lobby
         alice> /login alice teafortwo
         alice<< * unread in #tea: 1 after 1, 0 for you; /read marks all read
         alice> /read #tea
         alice<< * read #tea up to 2
         alice-
         alice> /login alice teafortwo
         alice<< * joined #tea
         alice> /whois bob
         alice< * whois bob: …",
    );
}
