//! Scrolling, paging, and what it costs.

use chat_proto::{
    Seq,
    message::{Anchor, History, Request},
};

use super::sim::{BOB, LOBBY, Sim, said};
use crate::state::{scroll::Scroll, timeline::ITEMS_MAX};

fn numbered(range: std::ops::RangeInclusive<u64>) -> Vec<chat_proto::message::Entry> {
    range.map(|seq| said(seq, BOB, "bob", &format!("number {seq}."))).collect()
}

/// A client with the last hundred of three hundred messages.
fn long() -> Sim {
    let mut sim = Sim::new(80, 12);
    sim.connect(chat_proto::Epoch([1; 16]), false);
    sim.event(chat_proto::message::RoomOpened { room: super::sim::info(LOBBY, "#lobby", 300) });
    sim.page(numbered(201..=300), true);
    sim
}

#[test]
fn paging_up_asks_for_what_is_before() {
    let mut sim = long();
    (0..14).for_each(|_| sim.keys("pageup"));
    let asked = sim.page(numbered(101..=200), true);
    let Request::History(History { from, .. }) = asked else { panic!("{asked:?}") };
    assert_eq!(from, Anchor::Before(Seq(201)));
    assert!(sim.rows_with("number 2") > 0, "the older page moved nothing");
    (0..30).for_each(|_| sim.keys("pageup"));
    sim.page(numbered(1..=100), false);
    (0..30).for_each(|_| sim.keys("pageup"));
    assert_eq!((sim.rows_with("beginning of #lobby"), sim.rows_with("number 1.")), (1, 1));
}

#[test]
fn reading_further_up_is_not_disturbed() {
    let mut sim = long();
    sim.keys("pageup");
    let before = sim.screen();
    sim.hears(said(301, BOB, "bob", "new"));
    let after = sim.screen();
    assert_eq!(before[3..10], after[3..10]);
    assert_eq!(sim.rows_with("↓ 1 new · End"), 1);
    sim.keys("end");
    assert_eq!((sim.rows_with("new"), sim.rows_with("End")), (1, 0));
}

#[test]
fn up_and_down_by_pages_come_back_to_the_end() {
    let mut sim = long();
    let before = sim.screen();
    sim.keys("pageup pageup pageup pagedown pagedown pagedown");
    assert_eq!(sim.screen(), before);
    assert_eq!(sim.model.rooms.current_room().map(|room| room.scroll), Some(Scroll::End));
}

#[test]
fn a_jump_reads_from_there_on_and_back_to_the_end() {
    let mut sim = long();
    sim.says("/history 50");
    sim.page(numbered(50..=149), true);
    assert_eq!((sim.rows_with("number 50."), sim.rows_with("number 300.")), (1, 0));
    sim.hears(said(301, BOB, "bob", "meanwhile"));
    assert_eq!(sim.rows_with("meanwhile"), 0);
    (0..20).for_each(|_| sim.keys("pagedown"));
    assert!(sim.sent(|request| matches!(request, Request::History(_)).then_some(())).len() >= 2);
    sim.effects.clear();
    sim.keys("end");
    sim.page(numbered(202..=301), true);
    assert_eq!(sim.rows_with("number 301."), 1);
}

#[test]
fn a_room_of_any_length_costs_a_bounded_window() {
    let mut sim = long();
    for seq in 301..=20_000 {
        sim.hears(said(seq, BOB, "bob", &format!("number {seq}.")));
    }
    let timeline = &sim.model.rooms.current_room().expect("a room").timeline;
    assert_eq!((timeline.len(), timeline.first()), (ITEMS_MAX, Some(Seq(15_001))));
    assert_eq!(sim.rows_with("number 20000."), 1);
}

#[test]
fn clearing_keeps_the_past_within_reach() {
    let mut sim = long();
    sim.effects.clear();
    sim.says("/clear");
    assert_eq!(sim.rows_with("number"), 0);
    sim.keys("pageup");
    sim.page(numbered(201..=300), true);
    assert!(sim.rows_with("number 300.") == 1);
}

#[test]
fn wide_and_joined_characters_take_their_cells() {
    let sim = Sim::in_lobby(40, 8, &["大家你好吗 👩‍👩‍👧‍👦 e\u{301}", "a\u{200d}b"]);
    let screen = sim.screen();
    let row = screen.iter().find(|row| row.contains('大')).expect("it is shown");
    assert!(row.contains("👩‍👩‍👧‍👦"), "{row}");
}

#[test]
fn no_size_is_too_small_to_draw() {
    let mut sim = Sim::in_lobby(80, 24, &["hello 大家 world", "👩‍👩‍👧‍👦"]);
    sim.types("some text that is longer than a narrow screen");
    for overlay in [false, true] {
        for columns in 0..=44 {
            for rows in 0..=9 {
                sim.msg(crate::state::Msg::Resize(columns, rows));
                assert_eq!(sim.screen().len(), usize::from(rows));
            }
        }
        if !overlay {
            sim.keys("f1");
        }
    }
}
