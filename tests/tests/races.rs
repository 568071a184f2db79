//! Things that meet at the same moment.

use std::thread;

use chat_proto::message::Event;
use chat_tests::{framed::Framed, netcat::Netcat, server::Local};

/// Does it in several threads, as it is when many come at once.
fn at_once(what: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        let what = &what;
        (0..8).map(|number| scope.spawn(move || what(number))).for_each(drop);
    });
}

#[test]
fn nobody_who_enters_after_me_goes_unnoticed() {
    let server = Local::start();
    at_once(|number| {
        let (mut alice, mut bob) =
            (Framed::connect(server.address(), "alice"), Framed::connect(server.address(), "bob"));
        let bob_s = bob.welcome.member;
        for round in 0..100 {
            let name = format!("#r{number}-{round}");
            let room = alice.join(&name);
            assert_eq!(bob.join(&name), room);
            alice.event(|event| match event {
                Event::MemberJoined(joined) => {
                    (joined.room == room && joined.member == bob_s).then_some(())
                }
                _ => None,
            });
        }
    });
}

#[test]
fn a_private_message_finds_somebody_who_has_just_come() {
    let server = Local::start();
    let mut alice = Netcat::named(server.address(), "alice");
    alice.send("/ack on\n/quiet on");
    alice.skip_to("* quiet on");
    for round in 0..300 {
        let nick = format!("bob{round}");
        let arriving = {
            let (address, nick) = (server.address(), nick.clone());
            thread::spawn(move || {
                let mut bob = Netcat::connect(address);
                bob.send(&nick);
                bob.skip_to("@alice <alice> welcome…");
            })
        };
        until_taken(&mut alice, &nick);
        arriving.join().expect("the message arrives");
    }
}

#[test]
fn the_welcome_comes_before_the_room() {
    let server = Local::start();
    at_once(|number| {
        for round in 0..100 {
            let mut bob = Netcat::connect(server.address());
            bob.send(&format!("bob_{number}_{round}"));
            bob.send("/quiet on");
            bob.expect("* welcome bob…");
            bob.expect("* joined #lobby");
            // Panics where anything comes before the welcome.
            Framed::connect(server.address(), "framed").quit();
        }
    });
}

/// Sends until the nick is here.
fn until_taken(alice: &mut Netcat, nick: &str) {
    loop {
        alice.send(&format!("/msg {nick} welcome, {nick}"));
        while let Ok(line) = alice.next_line() {
            match &line[..1] {
                "+" => return,
                "!" => break,
                _ => {}
            }
        }
    }
}
