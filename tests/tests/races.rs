//! Things that meet at the same moment.

use std::thread;

use chat_proto::message::Event;
use chat_tests::{framed::Framed, server::Local};

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
