//! People talk: in a room, in many rooms, to one another.

use std::net::SocketAddr;

use chat_server::config::Options;
use chat_tests::{
    netcat::Netcat,
    server::Local,
    story::{Cast, check},
};

#[test]
fn two_netcats_talk() {
    check(
        "alice> alice
         alice< * welcome alice
         alice< * joined #lobby
         bob> bob
         bob< * welcome bob
         bob< * joined #lobby
         alice< * bob joined #lobby
         alice> hello, bob
         bob< #lobby <alice> hello, bob
         bob> /me waves
         alice< #lobby * bob waves
         bob> bye
         bob> /quit so long
         bob< * goodbye
         bob.
         alice< #lobby <bob> bye
         alice< * bob left #lobby (quit: so long)
         alice> /names
         alice< * names #lobby: alice
         alice< * names #lobby: 1 in all",
    );
}

#[test]
fn a_lost_connection_is_told_to_the_others() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         bob-
         alice< * bob left #lobby (quit…)",
    );
}

#[test]
fn a_taken_nick_gets_a_number() {
    check(
        "one> bot
         one< * welcome bot
         one< * joined #lobby
         two> bot
         two< * welcome bot-2…
         two< * joined #lobby
         one< * bot-2 joined #lobby
         three> BOT
         three< * welcome BOT-3…
         three< * joined #lobby
         two< * BOT-3 joined #lobby
         one< * BOT-3 joined #lobby
         two> both work
         one< #lobby <bot-2> both work
         three< #lobby <bot-2> both work
         two> /quit
         two< * goodbye
         two.
         three< * bot-2 left #lobby (quit)
         four> bot
         four< * welcome bot-2…",
    );
}

#[test]
fn silence_is_greeted_and_words_are_not() {
    let server = Local::start();
    let mut silent = Netcat::silent(server.address());
    silent.expect("* …nick…");
    silent.send("alice");
    silent.expect("* welcome alice");
    // On a busy machine the first words may come late, and a greeting is right.
    assert!((0..50).any(|_| is_welcomed_at_once(server.address())));
}

fn is_welcomed_at_once(address: SocketAddr) -> bool {
    let mut hasty = Netcat::silent(address);
    hasty.send("bob");
    hasty.next_line().is_ok_and(|line| line.starts_with("* welcome bob"))
}

#[test]
fn ten_rooms_at_once() {
    let server = Local::with(Options { lobby: Some(String::new()), ..Options::default() });
    let mut cast = Cast::new(server.address());
    for name in ["alice", "bob", "carol"] {
        cast.play(&format!("{name}> {name}\n{name}< * welcome {name}"));
        for room in 0..10 {
            cast.play(&format!("{name}> /join #r{room}\n{name}<< * joined #r{room}"));
        }
    }
    for name in ["alice", "bob"] {
        cast.play(&format!("{name}> /ack on\n{name}<< * ack on"));
    }
    for round in 1..=20 {
        say_in_ten_rooms(&mut cast, round);
    }
    cast.play("carol> /list");
    for room in 0..10 {
        cast.play(&format!("carol< * list #r{room} 3…"));
    }
    cast.play("carol< * list: 10 rooms in all");
}

fn say_in_ten_rooms(cast: &mut Cast, round: u32) {
    for room in 0..10 {
        cast.play(&format!("alice> /msg #r{room} {round} for {room}"));
    }
    for room in 0..10 {
        cast.play(&format!("alice< + #r{room} {round}"));
        cast.play(&format!("bob<< #r{room} <alice> {round} for {room}"));
        cast.play(&format!("carol<< #r{room} <alice> {round} for {room}"));
    }
}

#[test]
fn what_is_said_between_two_stays_between_two() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         carol> carol
         carol<< * joined #lobby
         alice< * bob joined #lobby
         alice< * carol joined #lobby
         bob< * carol joined #lobby
         alice> /ack on
         alice< * ack on
         alice> /msg bob a secret
         alice< + @bob 1
         bob< @alice <alice> a secret
         bob> /msg @alice another
         alice< @bob <bob> another
         alice> /query bob
         alice< * joined @bob
         alice> no longer to the lobby
         alice< + @bob 3
         alice> /me whispers
         alice< + @bob 4
         bob< @alice <alice> no longer to the lobby
         bob< @alice * alice whispers
         alice> /msg #lobby aloud
         alice< + #lobby 1
         bob< #lobby <alice> aloud
         carol< #lobby <alice> aloud",
    );
}

#[test]
fn an_absent_guest_gets_no_message_and_a_later_one_of_the_same_nick_sees_none() {
    check(
        "alice> alice
         alice<< * joined #lobby
         alice> /ack on
         alice< * ack on
         alice> /msg bob are you there?
         alice< ! no-nick: …
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         alice> /msg bob for you alone
         alice< + @bob 1
         bob< @alice <alice> for you alone
         bob> /quit
         bob<< * goodbye
         bob.
         alice<< * bob left #lobby (quit)
         alice> /msg bob gone?
         alice<< ! no-nick: …
         alice> nor by way of the lobby
         alice<< + #lobby 1
         later> bob
         later<< * joined #lobby
         alice<< * bob joined #lobby
         alice> /msg bob a new beginning
         alice< + @bob 1
         later< @alice <alice> a new beginning
         later> /query alice
         later< * joined @alice
         later> /history
         later< ~ @alice 1 … <alice> a new beginning
         later< * history @alice: 1 entries…",
    );
}

#[test]
fn a_silent_room_vanishes_and_a_used_one_stays() {
    check(
        "alice> alice
         alice<< * joined #lobby
         alice> /join #used
         alice< * joined #used
         alice> a word
         alice> /part
         alice< * left #used
         alice> /join #unused
         alice< * joined #unused
         alice> /part #unused for good
         alice< * left #unused
         alice> /list
         alice< * list #lobby 1…
         alice< * list #used 0…
         alice< * list: 2 rooms in all",
    );
}

#[test]
fn a_person_may_think_before_the_first_word() {
    let server = Local::start();
    let mut slow = Netcat::silent(server.address());
    slow.expect("* …");
    for piece in ["al", "i", "ce", "\n"] {
        slow.write(piece.as_bytes());
    }
    slow.expect("* welcome alice");
}
