//! Looking for what was said, and going there.

use chat_proto::{
    RoomId, RoomName, Seq, Time,
    message::{Anchor, Conversation, Entry, Found, History, Hit, Request, Search},
};

use super::sim::{BOB, LOBBY, NOON, Sim, info, numbered, said};
use crate::state::overlay::Overlay;

fn hit(room: RoomId, name: &str, entry: Entry) -> Hit {
    let name = Conversation::Public(RoomName::parse(name).expect("a room"));
    Hit { room, name, entry, outcome: Vec::new() }
}

fn in_lobby(seq: u64, text: &str) -> Hit {
    hit(LOBBY, "#lobby", said(seq, BOB, "bob", text))
}

#[track_caller]
fn answer(sim: &mut Sim, hits: Vec<Hit>, next: Option<u64>) -> Search {
    let found = Found { hits, next, indexed_up_to: None };
    match sim.reply(found, |request| matches!(request, Request::Search(_))) {
        Request::Search(search) => search,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_found_is_listed_newest_first() {
    let mut sim = Sim::online(44, 12);
    sim.says("/search kettle");
    let asked =
        answer(&mut sim, vec![in_lobby(9, "the Kettle is on"), in_lobby(4, "a kettle")], None);
    assert_eq!((asked.query.as_str(), asked.before), ("kettle", None));
    sim.shows(&[
        "┌ search ──────────────────────────────────┐",
        "│› kettle                                  │",
        "│ #lobby 26-11-21 12:00 bob                │",
        "│   the Kettle is on                       │",
        "│ #lobby 26-11-21 12:00 bob                │",
        "│   a kettle                               │",
        "│                                          │",
        "│                                          │",
        "│                                          │",
        "│                                          │",
        "│ 2 found                                  │",
        "└──────────── Enter goes there, Esc closes ┘",
    ]);
}

#[test]
fn further_pages_come_as_one_scrolls() {
    let mut sim = Sim::online(80, 24);
    sim.says("/search tea");
    let hits = |from: u64| (0..50).map(|at| in_lobby(from - at, "tea")).collect::<Vec<_>>();
    answer(&mut sim, hits(500), Some(77));
    let asked = |sim: &Sim| {
        sim.sent(|request| match request {
            Request::Search(search) => Some(search.before),
            _ => None,
        })
    };
    assert_eq!(asked(&sim), []);
    (0..6).for_each(|_| sim.keys("pagedown"));
    assert_eq!(asked(&sim), [Some(Some(77))].map(Option::unwrap_or_default));
    answer(&mut sim, hits(450), None);
    sim.keys("end");
    assert_eq!((sim.rows_with("100 found"), asked(&sim).len()), (1, 0));
}

#[test]
fn pages_without_a_hit_are_passed_over() {
    let mut sim = Sim::online(80, 24);
    sim.says("/search rare");
    answer(&mut sim, Vec::new(), Some(9));
    assert_eq!(sim.rows_with("searching…"), 1);
    assert_eq!(answer(&mut sim, vec![in_lobby(3, "rare")], None).before, Some(9));
    assert_eq!(sim.rows_with("1 found"), 1);
}

#[test]
fn nothing_found_errors_and_a_trailing_index_are_told() {
    let mut sim = Sim::online(100, 24);
    sim.keys("f3");
    assert_eq!(sim.rows_with("from:nick"), 1);
    sim.types("nowhere");
    sim.keys("enter");
    answer(&mut sim, Vec::new(), None);
    assert_eq!(sim.rows_with("nothing was found"), 1);
    sim.types(" in:x");
    sim.keys("enter");
    sim.refuse("write in:#room or in:@nick", |r| matches!(r, Request::Search(_)));
    assert_eq!(sim.rows_with("✗ write in:#room"), 1);
    sim.keys("ctrl-w enter");
    let found = Found { hits: vec![in_lobby(1, "x")], next: None, indexed_up_to: Some(Time(NOON)) };
    sim.reply(found, |request| matches!(request, Request::Search(_)));
    assert_eq!(sim.rows_with("1 found · indexed up to 2026-11-21 12:00"), 1);
}

#[test]
fn enter_goes_to_the_message_and_f3_comes_back() {
    let mut sim = Sim::long();
    sim.says("/join #ops");
    sim.entered(info(RoomId(11), "#ops", 0));
    sim.keys("f3");
    sim.types("fourty");
    sim.keys("left left left backspace enter");
    answer(&mut sim, vec![in_lobby(50, "x"), in_lobby(40, "forty")], None);
    sim.effects.clear();
    sim.keys("down enter");
    assert_eq!(sim.model.overlay, None);
    let asked = sim.page(numbered(40..=139), true);
    let Request::History(History { room, from, .. }) = asked else { panic!("{asked:?}") };
    assert_eq!((room, from), (LOBBY, Anchor::After(Seq(39))));
    sim.page(numbered(1..=39), false);
    assert_eq!(sim.row_of("number 40."), Some(6), "in the middle: {:#?}", sim.screen());
    sim.model.size.0 = 60;
    assert_eq!((sim.rows_with("F3: back to the list"), sim.rows_with("to now: End")), (1, 1));
    sim.model.size.0 = 80;
    sim.keys("f3");
    assert_eq!((sim.model.search.selected, sim.rows_with("2 found")), (1, 1));
    sim.keys("esc end");
    sim.page(numbered(201..=300), true);
    assert_eq!((sim.rows_with("number 300."), sim.rows_with("End")), (1, 0));
}

#[test]
fn a_loaded_message_is_gone_to_without_asking() {
    let mut sim = Sim::in_lobby(80, 12, &["one", "two"]);
    sim.says("/search one");
    answer(&mut sim, vec![in_lobby(1, "one")], None);
    sim.effects.clear();
    sim.keys("enter");
    assert!(sim.effects.is_empty(), "{:?}", sim.effects);
    assert_eq!(sim.model.rooms.current_room().and_then(|room| room.found), Some(Seq(1)));
}

#[test]
fn a_search_outlives_the_connection() {
    let mut sim = Sim::online(80, 24);
    sim.says("/search tea");
    sim.effects.clear();
    sim.lose();
    assert_eq!(sim.rows_with("asked again when online"), 1);
    sim.connect(chat_proto::Epoch([1; 16]), true);
    answer(&mut sim, vec![in_lobby(3, "tea")], None);
    assert_eq!(sim.model.overlay, Some(Overlay::Search));
    assert_eq!(sim.rows_with("1 found"), 1);
}

#[test]
fn late_answers_of_an_older_search_are_nobodys() {
    let mut sim = Sim::online(80, 24);
    sim.says("/search tea");
    sim.types(" time");
    sim.keys("enter");
    answer(&mut sim, vec![in_lobby(3, "tea")], None);
    assert_eq!(sim.rows_with("found"), 0);
    answer(&mut sim, vec![in_lobby(4, "tea time")], None);
    assert_eq!(sim.rows_with("1 found"), 1);
}
