//! What was decided about a room outlives the server, however it ends.

use chat_proto::{
    RoomId,
    message::{
        Ban, Bars, Doors, ErrorCode, Failed, Invite, Mute, Posted, Reply, Role, SetMode, SetRole,
    },
};
use chat_tests::{
    framed::{Framed, fresh_id, post},
    server::{Process, directory},
};

#[test]
fn doors_outlive_a_server_that_is_killed() {
    let data = directory();
    let server = Process::start(data.path());
    let (mut alice, mut bob) =
        (Framed::connect(server.address(), "alice"), Framed::connect(server.address(), "bob"));
    let carol = Framed::connect(server.address(), "carol");
    let room = alice.join("#tea");
    bob.join("#tea");
    alice.say(room, "hello");
    decide(&mut alice, room);
    let before = look(&mut alice, room);
    let left = [alice.left(), bob.left(), carol.left()];
    server.kill();
    let server = Process::start(data.path());
    let [mut alice, mut bob, mut carol] = left.map(|left| Framed::resume(server.address(), &left));
    assert_eq!(look(&mut alice, room), before);
    assert_eq!(carol.join("#tea"), room, "she is invited");
    let mut dave = Framed::connect(server.address(), "dave");
    assert_ne!(dave.join("#tea"), room, "he is not");
    let refused: Reply = dave.ask(Doors { room });
    assert!(matches!(refused, Reply::Failed(_)), "{refused:?}");
    // Moderators speak in a room for reading.
    bob.say(room, "I may");
}

#[test]
fn a_room_that_is_slow_stays_so_for_who_spoke_before_the_server_was_killed() {
    let data = directory();
    let server = Process::start(data.path());
    let [mut alice, mut bob, mut carol] =
        ["alice", "bob", "carol"].map(|nick| Framed::connect(server.address(), nick));
    let room = alice.join("#tea");
    bob.join("#tea");
    carol.join("#tea");
    let slow = SetMode { room, slow_secs: Some(3600), ..SetMode::default() };
    let _posted: Posted = alice.ask(slow);
    alice.say(room, "slowly");
    bob.say(room, "one");
    let left = [alice.left(), bob.left(), carol.left()];
    server.kill();
    let server = Process::start(data.path());
    let [mut alice, mut bob, mut carol] = left.map(|left| Framed::resume(server.address(), &left));
    let refused: Failed = bob.ask(post(room, fresh_id(), "two"));
    assert_eq!(refused.code, ErrorCode::SlowMode, "{}", refused.text);
    carol.say(room, "my first");
    alice.say(room, "I look after the room");
}

fn decide(alice: &mut Framed, room: RoomId) {
    let none = SetMode { room, ..SetMode::default() };
    let mode = SetMode { private: Some(true), read_only: Some(true), slow_secs: Some(30), ..none };
    let _posted: Posted = alice.ask(mode);
    let _posted: Posted = alice.ask(SetRole { room, nick: "bob".into(), role: Role::Moderator });
    let _posted: Posted = alice.ask(Invite { room, nick: "carol".into(), on: true });
    let (whom, reason) = ("10.0.0.0/8".into(), "spam".to_owned());
    let _posted: Posted = alice.ask(Ban { room, whom, secs: Some(3600), reason });
    let _posted: Posted =
        alice.ask(Mute { room, whom: "x*".into(), secs: None, reason: String::new() });
}

fn look(alice: &mut Framed, room: RoomId) -> (Reply, Reply) {
    (alice.ask(Doors { room }), alice.ask(Bars { room, skip: 0 }))
}
