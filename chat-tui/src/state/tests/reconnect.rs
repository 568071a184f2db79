//! Losing the connection and going on.

use chat_proto::{
    Epoch, Reason, Seq,
    message::{Closing, ErrorCode, Hello, Request, RoomClosed, RoomOpened},
};

use super::sim::{BOB, LOBBY, ME, Sim, info, said};
use crate::state::{Effect, Link, msg::Exit};

fn hello(sim: &Sim) -> Option<Hello> {
    let hellos = sim.sent(|request| match request {
        Request::Hello(hello) => Some(hello.clone()),
        _ => None,
    });
    hellos.into_iter().next_back()
}

fn dialled(sim: &Sim) -> Option<u64> {
    sim.effects.iter().rev().find_map(|effect| match effect {
        Effect::Dial { after_millis, .. } => Some(*after_millis),
        _ => None,
    })
}

#[test]
fn a_server_that_was_never_there_ends_the_program() {
    let mut sim = Sim::new(80, 24);
    sim.lose();
    let exit = Exit { code: 69, message: Some("connection refused".into()) };
    assert_eq!(sim.effects, [Effect::Exit(exit)]);
}

#[test]
fn pauses_grow_and_are_shown() {
    let mut sim = Sim::online(80, 12);
    sim.lose();
    assert_eq!(sim.rows_with("offline: connection refused; again in 1 s"), 1);
    let first = dialled(&sim).expect("dialled");
    (0..8).for_each(|_| sim.lose());
    let last = dialled(&sim).expect("dialled");
    assert!(first <= 500 && (15_000..=30_000).contains(&last), "{first} {last}");
    assert!(sim.model.next_tick().is_some());
}

#[test]
fn a_resumed_session_goes_on_at_its_cursors_and_sends_what_was_not_acknowledged() {
    let mut sim = Sim::in_lobby(100, 12, &["one", "two"]);
    sim.says("first");
    sim.says("second");
    let before = sim.posts();
    sim.effects.clear();
    sim.lose();
    sim.says("third");
    sim.model.now = chat_proto::Time(0);
    let epoch = Epoch([1; 16]);
    sim.connect(epoch, true);
    assert!(sim.posts().is_empty(), "not before the room is there again");
    // The first one had come through, but its acknowledgement was lost.
    let mut room = info(LOBBY, "#lobby", 3);
    room.after = Seq(2);
    sim.event(RoomOpened { room });
    assert!(sim.posts().is_empty(), "not before it has caught up");
    let mut entry = said(3, ME, "alice", "first");
    entry.id = before[0].0;
    sim.hears(entry);
    let again = sim.posts();
    assert_eq!(again[0], before[1]);
    assert_eq!(
        again.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
        ["second", "third"]
    );
    assert_eq!(sim.rows_with("first"), 1);
}

#[test]
fn the_hello_after_a_loss_tells_the_cursors() {
    let mut sim = Sim::in_lobby(80, 12, &["one"]);
    sim.hears(said(2, BOB, "bob", "two"));
    sim.effects.clear();
    sim.lose();
    sim.msg(crate::state::Msg::Net(crate::state::NetMsg::Connected { conn: 2 }));
    let resume = hello(&sim).and_then(|hello| hello.resume).expect("resumes");
    assert_eq!((resume.epoch, resume.cursors), (Epoch([1; 16]), vec![(LOBBY, Seq(2))]));
}

fn joins(sim: &Sim) -> Vec<(String, Option<Seq>)> {
    sim.sent(|request| match request {
        Request::Join(join) => Some((join.room.to_string(), join.after)),
        _ => None,
    })
}

#[test]
fn a_room_that_was_lost_meanwhile_can_be_entered_again() {
    let mut sim = Sim::in_lobby(80, 12, &["one", "two"]);
    sim.lose();
    sim.says("unsent");
    sim.connect(Epoch([1; 16]), true);
    sim.event(RoomClosed { room: LOBBY, reason: Reason::default() });
    assert!(sim.rows_with("you are no longer in #lobby") > 0);
    sim.effects.clear();
    sim.says("/join #lobby");
    assert_eq!(joins(&sim), [("#lobby".into(), Some(Seq(2)))]);
}

#[test]
fn a_room_that_is_joined_without_a_connection_is_entered_with_the_next() {
    let mut sim = Sim::in_lobby(80, 12, &["one", "two"]);
    sim.event(RoomClosed { room: LOBBY, reason: Reason::default() });
    sim.lose();
    sim.says("/join #lobby");
    sim.effects.clear();
    sim.connect(Epoch([1; 16]), true);
    assert_eq!(joins(&sim), [("#lobby".into(), Some(Seq(2)))]);
}

#[test]
fn a_new_session_in_the_same_log_enters_rooms_from_their_cursors() {
    let mut sim = Sim::in_lobby(80, 12, &["one", "two"]);
    sim.lose();
    sim.connect(Epoch([1; 16]), false);
    assert_eq!(joins(&sim), [("#lobby".into(), Some(Seq(2)))]);
}

#[test]
fn what_was_missed_is_fetched_when_the_server_goes_on_further_ahead() {
    let mut sim = Sim::in_lobby(80, 14, &["one", "two"]);
    sim.effects.clear();
    sim.lose();
    sim.connect(Epoch([1; 16]), false);
    sim.event(RoomOpened { room: info(LOBBY, "#lobby", 4) });
    sim.page((3..=4).map(|seq| said(seq, BOB, "bob", &format!("missed {seq}"))).collect(), false);
    assert_eq!((sim.rows_with("one"), sim.rows_with("missed")), (1, 2));
}

#[test]
fn another_log_is_read_anew() {
    let mut sim = Sim::in_lobby(80, 12, &["of the old log"]);
    sim.effects.clear();
    sim.lose();
    sim.connect(Epoch([2; 16]), false);
    assert_eq!(sim.rows_with("of the old log"), 0);
    sim.entered(info(LOBBY, "#lobby", 1));
    sim.page(vec![said(1, BOB, "bob", "of the new log")], false);
    assert_eq!(sim.rows_with("of the new log"), 1);
}

#[test]
fn a_displaced_client_does_not_come_back_by_itself() {
    let mut sim = Sim::online(120, 12);
    sim.effects.clear();
    let text = "taken up elsewhere".into();
    sim.event(Closing { code: ErrorCode::Displaced, text, come_back_millis: None });
    sim.lose();
    assert_eq!(dialled(&sim), None);
    assert_eq!(sim.rows_with("offline: taken up elsewhere"), 1);
    sim.says("/connect");
    assert_eq!(dialled(&sim), Some(0));
}

#[test]
fn a_restart_is_hardly_seen_and_soon_over() {
    let mut sim = Sim::online(80, 12);
    let text = "the server is shutting down".into();
    sim.event(Closing { code: ErrorCode::ShuttingDown, text, come_back_millis: Some(200) });
    (0..6).for_each(|_| sim.lose());
    assert_eq!((sim.rows_with("the server restarts…"), sim.rows_with("offline")), (1, 0));
    assert!(dialled(&sim).is_some_and(|pause| pause <= 1_000), "{:?}", dialled(&sim));
    sim.tick(20_000);
    sim.lose();
    assert_eq!(sim.rows_with("offline: connection refused"), 1);
    assert!(dialled(&sim).is_some_and(|pause| pause > 1_000));
    sim.connect(Epoch([1; 16]), true);
    assert_eq!(sim.rows_with("online"), 1);
}

#[test]
fn a_server_that_closes_is_given_the_time_it_asks_for() {
    let mut sim = Sim::online(80, 12);
    let text = "back soon".into();
    sim.event(Closing { code: ErrorCode::ShuttingDown, text, come_back_millis: Some(5_000) });
    sim.lose();
    assert_eq!(dialled(&sim), Some(5_000));
    assert!(matches!(sim.model.link, Link::Waiting { .. }));
}
