//! Nicks that belong to somebody: registered, logged in to, refused to others, and still there after the server was.

use chat_proto::{
    Secret,
    message::{
        Done, ErrorCode, Failed, Join, LogIn, LoggedIn, Login, Open, Post, Register, Rename, Reply,
        SetPassword,
    },
};
use chat_server::{config::Options, core::Access};
use chat_tests::{
    framed::{Framed, Wire, hello, post},
    netcat::Netcat,
    server::{Local, Process, directory},
    story::{Cast, check},
};

fn secret(words: &str) -> Secret {
    Secret::new(words)
}

#[test]
fn a_nick_is_registered_and_logged_in_to() {
    check(
        "alice> alice
         alice<< * joined #lobby
         alice> /register short
         alice< ! bad-password: a password has 8 to 128 bytes
         alice> /register bob tea for two
         alice< ! usage: write /register password, or /register nick password
         alice> /register bob teafortwo
         alice< ! usage: you are alice; /nick bob first
         alice> /register teafortwo
         alice< * alice is yours from here on; next time: /login NICK PASSWORD
         alice> /register teafortwo
         alice< ! logged-in: you are alice already…
         alice> /login alice teafortwo
         alice< ! logged-in: …
         alice> /nick bob
         alice< ! registered: an account keeps its nick…
         alice> /quit
         alice<< * goodbye
         alice.
         again> /login alice teaforone
         again< ! bad-login: no account of that nick has that password
         again> /login Alice teafortwo
         again< * welcome alice
         again< * joined #lobby
         again> /password teaforone teaforthree
         again< ! bad-login: …
         again> /password teafortwo tiny
         again< ! bad-password: …
         again> /password teafortwo teaforthree
         again< * your password is changed
         third> /login alice teafortwo
         third< ! bad-login: …
         third> /login alice teaforthree
         third< * welcome alice
         third< * joined #lobby",
    );
}

#[test]
fn a_registered_nick_and_what_looks_like_it_is_refused_to_others() {
    check(
        "alice> /register alice teafortwo
         alice< * welcome alice
         alice< * joined #lobby
         alice-
         bob> alice
         bob< ! registered: alice belongs to an account: log in if it is yours (/login alice PASSWORD), or choose another nick
         bob> /nick ALICE
         bob< ! registered: …
         bob> /nick ɑlice
         bob< ! registered: …
         bob> /nick аlice
         bob< ! bad-nick: a nick's words are of one script each…
         bob> /nick aIice
         bob< ! registered: …
         bob> /register alice teaforthree
         bob< ! registered: …
         bob> /nick bob
         bob< * welcome bob
         bob< * joined #lobby
         bob> /nick alice
         bob< ! registered: …
         bob> /password teafortwo teaforthree
         bob< ! login-needed: you are a guest; /register or /login first",
    );
}

#[test]
fn a_guest_who_logs_in_stays_in_their_rooms() {
    check(
        "alice> /register alice teafortwo
         alice<< * joined #lobby
         alice> /join #ops
         alice< * joined #ops
         alice> first
         alice> /quit
         alice<< * goodbye
         bob> bob
         bob<< * joined #lobby
         guest> guest
         guest<< * joined #lobby
         bob< * guest joined #lobby
         guest> /join #tea
         guest< * joined #tea
         guest> /login alice teafortwo
         guest< * you are now alice
         guest< * joined #ops
         bob< * alice joined #lobby
         bob< * guest left #lobby (quit: is alice)
         guest> /ack on
         guest<< * ack on
         guest> still in the tea room
         guest<< + #tea 1
         bob> /join #tea 0
         bob< * joined #tea
         bob< ~ #tea 1 …Z <alice> still in the tea room
         guest<< * bob joined #tea
         bob> cheers
         guest< #tea <bob> cheers",
    );
}

#[test]
fn several_sessions_of_one_account_share_the_nick_and_see_each_other() {
    check(
        "phone> /register alice teafortwo
         phone<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         phone< * bob joined #lobby
         laptop> /login alice teafortwo
         laptop< * welcome alice
         laptop< * joined #lobby
         laptop> from the laptop
         phone< #lobby <alice> from the laptop
         bob< #lobby <alice> from the laptop
         phone> from the phone
         laptop< #lobby <alice> from the phone
         bob< #lobby <alice> from the phone
         laptop> /edit 2 from my phone
         laptop< * edited #lobby 2
         phone< * alice edited #lobby 2: from my phone
         bob< * alice edited #lobby 2: from my phone
         laptop> /topic tea
         phone< * alice set the topic of #lobby: tea
         bob< * alice set the topic of #lobby: tea
         phone> /join #ops
         phone< * joined #ops
         laptop< * joined #ops
         laptop> /quit
         laptop<< * goodbye
         bob> /whois alice
         bob< * whois alice: here since …
         bob< * whois alice: in #lobby #ops
         phone> /quit
         phone<< * goodbye
         bob< * alice left #lobby (quit)",
    );
}

#[test]
fn what_is_said_privately_to_an_account_that_is_away_waits_for_it() {
    check(
        "alice> /register alice teafortwo
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         alice> /msg bob hi
         bob< @alice <alice> hi
         alice> /quit
         alice<< * goodbye
         bob<< * alice left @alice (quit)
         bob> /msg alice are you there?
         bob> /msg ALICE then later
         carol> carol
         carol<< * joined #lobby
         bob<< * carol joined #lobby
         carol> /query alice
         carol< * joined @alice
         carol> tea?
         carol> /ack on
         carol< * ack on
         carol> /me waits
         carol< + @alice 2
         alicia> /login alice teafortwo
         alicia< * welcome alice
         alicia< * joined #lobby
         alicia<< @bob <bob> are you there?
         alicia< @bob <bob> then later
         alicia< @carol <carol> tea?
         alicia< @carol * carol waits",
    );
}

#[test]
fn a_framed_client_comes_in_as_an_account_and_goes_on_as_one() {
    let server = Local::start();
    let login = |login| chat_proto::message::Hello { login: Some(login), ..hello("alice", None) };
    let register = Login::Register { password: secret("tea for two"), remember: false };
    let mut first = Framed::hello(server.address(), login(register));
    assert!(first.welcome.registered && !first.welcome.resumed);
    let alice = first.welcome.member;
    let ops = first.join("#ops");
    first.say(ops, "mine");
    first.quit();

    let mut wire = Wire::connect(server.address());
    wire.send(1, hello("alice", None));
    assert_eq!(code(wire.reply(1)), ErrorCode::Registered);
    wire.send(2, login(Login::Password { password: secret("tea for three"), remember: false }));
    assert_eq!(code(wire.reply(2)), ErrorCode::BadLogin);
    wire.send(3, login(Login::Password { password: secret("tea for two"), remember: false }));
    let Reply::Welcome(welcome) = wire.reply(3) else { panic!("no welcome") };
    assert_eq!((welcome.member, welcome.registered), (alice, true), "the same for ever");
    drop(wire);

    let mut guest = Framed::connect(server.address(), "guest");
    let wrong: Failed = guest.ask(LogIn {
        nick: "nobody".into(),
        password: secret("tea for two"),
        remember: false,
    });
    assert_eq!(wrong.code, ErrorCode::BadLogin, "as for one that there is");
    let told: LoggedIn =
        guest.ask(LogIn { nick: "alice".into(), password: secret("tea for two"), remember: false });
    assert_eq!((told.member, told.nick.as_str()), (alice, "alice"));
    let opened = guest.event(|event| match event {
        chat_proto::message::Event::RoomOpened(opened) if opened.room.room == ops => Some(opened),
        _ => None,
    });
    assert_eq!(opened.room.after, opened.room.head, "rooms go on at their ends");
    guest.say(ops, "still mine");
    assert_eq!(guest.entry(ops).by, alice);
    let kept: Failed = guest.ask(Rename { nick: "bob".into() });
    assert_eq!(kept.code, ErrorCode::Registered);
    let _done: Done =
        guest.ask(SetPassword { old: secret("tea for two"), new: secret("tea for three") });

    let mut other = Framed::connect(server.address(), "other");
    let own: LoggedIn = other.ask(Register { password: secret("tea for me"), remember: false });
    assert_eq!((own.member, own.nick.as_str()), (other.welcome.member, "other"));
    // A resumed session needs no password.
    let left = other.left();
    drop(other);
    let back = Framed::resume(server.address(), &left);
    assert!(back.welcome.resumed && back.welcome.registered);
}

fn code(reply: Reply) -> ErrorCode {
    match reply {
        Reply::Failed(failed) => failed.code,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_account_outlives_a_server_that_is_killed() {
    let data = directory();
    let server = Process::start(data.path());
    let mut alice = Netcat::connect(server.address());
    alice.send("/register alice teafortwo");
    alice.skip_to("* joined #lobby");
    alice.send("/join #ops");
    alice.expect("* joined #ops");
    alice.send("/ack on");
    alice.send("kept");
    alice.skip_to("+ #ops 1");
    let mut bob = Framed::connect(server.address(), "bob");
    let ops = bob.join("#ops");
    let id = chat_tests::framed::fresh_id();
    let _posted: chat_proto::message::Posted = bob.ask(post(ops, id, "and this"));
    let registered: LoggedIn =
        bob.ask(Register { password: secret("tea for one"), remember: false });
    let said = server.kill();
    assert!(!said.contains("tea"), "no password is logged: {said}");

    let server = Process::start(data.path());
    let mut cast = Cast::new(server.address());
    cast.play(
        "thief> alice
         thief< ! registered: …
         alice> /login alice teafortwo
         alice< * welcome alice
         alice<< * joined #ops
         alice<< * unread in #ops: 1 after 0, 0 for you; …
         alice> /history
         alice< * history #lobby: 0 entries…
         alice> /switch #ops
         alice< * now in #ops
         alice> /edit 1 kept and changed
         alice< * edited #ops 1
         alice> /history
         alice< ~ #ops 1 …Z <alice> kept and changed
         alice<< * history #ops: …",
    );
    let login = Login::Password { password: secret("tea for one"), remember: false };
    let hello = chat_proto::message::Hello { login: Some(login), ..hello("bob", None) };
    let mut bob = Framed::hello(server.address(), hello);
    assert_eq!(bob.welcome.member, registered.member);
    // The same message is still the same.
    let again: chat_proto::message::Posted = bob.ask(Post { ..post(ops, id, "and this") });
    assert_eq!(again.seq.0, 2);
    let check = chat_tests::programs::run(
        "chat-server",
        ["check-data", "--data", data.path().to_str().expect("UTF-8")],
    );
    assert_eq!(check.code, Some(0), "{check:?}");
}

#[test]
fn who_may_come_in_is_the_operators_choice() {
    let access = |access| Options { access: Some(access), ..Options::default() };
    let server = Local::with(access(Access::Registered));
    Cast::new(server.address()).play(
        "alice> alice
         alice< ! login-needed: this server takes no guests; …/register NICK PASSWORD…
         alice> /join #ops
         alice< ! bad-order: …
         alice> /register teafortwo
         alice< ! usage: write /register nick password
         alice> /register alice teafortwo
         alice< * welcome alice
         alice< * joined #lobby",
    );
    let server = Local::with(access(Access::Closed));
    Cast::new(server.address()).play(
        "alice> alice
         alice< ! login-needed: …ask its operator for an account
         alice> /register alice teafortwo
         alice< ! no-registration: …
         alice> /login alice teafortwo
         alice< ! bad-login: …",
    );
    let mut wire = Wire::connect(server.address());
    wire.send(1, hello("alice", None));
    assert_eq!(code(wire.reply(1)), ErrorCode::LoginNeeded);
    wire.send(2, Join { room: "#lobby".into(), after: None });
    assert_eq!(code(wire.reply(2)), ErrorCode::BadOrder);
    wire.send(3, Open { nick: "bob".into() });
    assert_eq!(code(wire.reply(3)), ErrorCode::BadOrder);
}
