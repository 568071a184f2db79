//! Leaving: with what was said, without it, and where nobody hears it.

use chat_proto::{
    Epoch,
    message::{Done, Leave, Request, RoomOpened},
};

use super::sim::{LOBBY, Sim, info};
use crate::state::{Effect, msg::Exit};

/// A client that said something and was asked to leave before that was acknowledged.
fn hurried() -> Sim {
    let mut sim = Sim::online(80, 12);
    sim.says("one more thing");
    sim.says("/quit bye");
    sim
}

/// The reasons that the server was given for leaving.
fn goodbyes(sim: &Sim) -> Vec<String> {
    sim.sent(|request| match request {
        Request::Quit(quit) => Some(quit.reason.to_string()),
        _ => None,
    })
}

#[track_caller]
fn bids_farewell(sim: &mut Sim) {
    sim.reply(Done {}, |request| matches!(request, Request::Quit(_)));
}

fn exit(sim: &Sim) -> Option<Exit> {
    sim.effects.iter().find_map(|effect| match effect {
        Effect::Exit(exit) => Some(exit.clone()),
        _ => None,
    })
}

fn unacknowledged() -> Exit {
    let message = Some("not acknowledged by the server: 1 of your messages".into());
    Exit { code: 1, message }
}

#[test]
fn leaving_says_goodbye() {
    let mut sim = Sim::online(80, 12);
    sim.says("/part see you");
    let leave = sim.sent(|request| match request {
        Request::Leave(leave) => Some(leave.clone()),
        _ => None,
    });
    assert_eq!(leave, [Leave { room: LOBBY, reason: "see you".into() }]);
    sim.says("/quit bye");
    bids_farewell(&mut sim);
    assert_eq!(exit(&sim), Some(Exit::QUIT));
}

#[test]
fn a_server_that_does_not_say_goodbye_is_not_waited_for() {
    let mut sim = Sim::online(80, 12);
    sim.says("/quit");
    sim.tick(1000);
    assert_eq!(exit(&sim), Some(Exit::QUIT));
}

#[test]
fn what_was_just_said_is_waited_for() {
    let mut sim = hurried();
    assert_eq!((goodbyes(&sim).len(), sim.rows_with("sending…")), (0, 1));
    sim.posted(1);
    assert_eq!(goodbyes(&sim), ["bye"]);
    bids_farewell(&mut sim);
    assert_eq!(exit(&sim), Some(Exit::QUIT));
}

#[test]
fn an_acknowledgement_that_does_not_come_is_waited_for_a_second() {
    let mut sim = hurried();
    assert_eq!(sim.model.next_tick().map(|at| at.0 - sim.model.now.0), Some(1000));
    sim.tick(999);
    assert!(goodbyes(&sim).is_empty());
    sim.tick(1);
    assert_eq!(goodbyes(&sim), ["bye"]);
    sim.tick(1000);
    assert_eq!(exit(&sim), Some(unacknowledged()), "what is lost is told of");
}

#[test]
fn a_second_quit_does_not_wait() {
    let mut sim = hurried();
    sim.says("/quit now");
    assert_eq!(goodbyes(&sim), ["now"]);
    sim.posted(1);
    bids_farewell(&mut sim);
    assert_eq!(exit(&sim), Some(Exit::QUIT));
}

#[test]
fn a_third_quit_does_not_even_wait_for_the_goodbye() {
    let mut sim = hurried();
    sim.says("/quit");
    sim.says("/quit");
    assert_eq!(exit(&sim), Some(Exit::QUIT));
}

#[test]
fn a_refused_message_keeps_the_client_here() {
    let mut sim = hurried();
    sim.refuse("too rude", |request| matches!(request, Request::Post(_)));
    sim.tick(5000);
    assert_eq!((goodbyes(&sim).len(), exit(&sim)), (0, None));
    assert_eq!((sim.rows_with("not sent: too rude"), sim.rows_with("/quit leaves")), (1, 1));
}

#[test]
fn offline_what_is_not_sent_is_warned_of() {
    let mut sim = Sim::online(120, 12);
    sim.lose();
    sim.says("one more thing");
    sim.says("/quit");
    assert_eq!((exit(&sim), sim.rows_with("not sent yet: 1; /quit again")), (None, 1));
    sim.says("/quit");
    assert_eq!(exit(&sim), Some(Exit::QUIT));
}

#[test]
fn a_connection_lost_while_sending_is_warned_of_and_the_message_sent_on_the_next() {
    let mut sim = hurried();
    sim.model.size = (140, 12);
    sim.lose();
    assert_eq!((exit(&sim), sim.rows_with("not sent yet: 1; /quit again")), (None, 1));
    sim.effects.clear();
    sim.connect(Epoch([1; 16]), true);
    sim.event(RoomOpened { room: info(LOBBY, "#lobby", 0) });
    assert_eq!(sim.posts()[0].1, "one more thing");
    assert!(goodbyes(&sim).is_empty(), "nobody asked again");
}
