//! Scrolling, paging, and what it costs.

use chat_proto::{
    Seq,
    message::{Anchor, History, Request},
};

use super::sim::{BOB, LOBBY, Sim, numbered, said};
use crate::state::{scroll::Scroll, timeline::ITEMS_MAX};

#[test]
fn paging_up_asks_for_what_is_before() {
    let mut sim = Sim::long();
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
    let mut sim = Sim::long();
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
    let mut sim = Sim::long();
    let before = sim.screen();
    sim.keys("pageup pageup pageup pagedown pagedown pagedown");
    assert_eq!(sim.screen(), before);
    assert_eq!(sim.model.rooms.current_room().map(|room| room.scroll), Some(Scroll::End));
}

#[test]
fn a_jump_reads_from_there_on_and_back_to_the_end() {
    let mut sim = Sim::long();
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

/// Answers every request for a page of a room of `head` messages, as a server does.
fn serve(sim: &mut Sim, head: u64) {
    let is_history = |request: &Request| matches!(request, Request::History(_)).then_some(());
    while !sim.sent(is_history).is_empty() {
        let asked = sim.sent(|request| match request {
            Request::History(history) => Some(*history),
            _ => None,
        });
        let limit = u64::from(asked[0].limit);
        let (first, last, more) = match asked[0].from {
            Anchor::Latest => (head.saturating_sub(limit) + 1, head, head > limit),
            Anchor::Before(seq) => {
                (seq.0.saturating_sub(limit).max(1), seq.0 - 1, seq.0 > limit + 1)
            }
            Anchor::After(seq) => (seq.0 + 1, head.min(seq.0 + limit), seq.0 + limit < head),
            Anchor::Since(_) => (50, 149, true),
        };
        sim.page(numbered(first..=last), more);
    }
}

/// The numbers in sight.
fn in_sight(sim: &Sim) -> Vec<u64> {
    let screen = sim.screen();
    let number = |row: &String| row.split("number ").nth(1)?.split('.').next()?.parse().ok();
    screen.iter().filter_map(number).collect()
}

#[test]
fn from_a_jump_one_reads_on_to_the_end_without_a_gap_or_a_repeat() {
    for place in ["50", "2026-11-20"] {
        let mut sim = Sim::long();
        sim.says(&format!("/history {place}"));
        serve(&mut sim, 300);
        let mut read = in_sight(&sim);
        for head in 301..360 {
            sim.hears(said(head, BOB, "bob", &format!("number {head}.")));
            sim.keys("pagedown");
            serve(&mut sim, head);
            let last = *read.last().expect("something is in sight");
            read.extend(in_sight(&sim).into_iter().filter(|number| *number > last));
        }
        assert_eq!(read, (read[0]..=359).collect::<Vec<_>>(), "from {place}");
        assert!(read[0] <= 50, "from {place}: {read:?}");
        assert_eq!(sim.model.rooms.current_room().map(|room| room.scroll), Some(Scroll::End));
        (0..80).for_each(|_| {
            sim.keys("pageup");
            serve(&mut sim, 359);
        });
        assert_eq!(in_sight(&sim).first(), Some(&1));
    }
}

#[test]
fn what_was_missed_leaves_no_hole_in_a_window_elsewhere() {
    let mut sim = Sim::long();
    sim.says("/history 50");
    serve(&mut sim, 300);
    sim.lose();
    sim.effects.clear();
    sim.connect(chat_proto::Epoch([1; 16]), false);
    sim.event(chat_proto::message::RoomOpened { room: super::sim::info(LOBBY, "#lobby", 310) });
    sim.page(numbered(301..=310), false);
    let timeline = &sim.model.rooms.current_room().expect("a room").timeline;
    assert_eq!((timeline.last(), timeline.is_live()), (Some(Seq(149)), false));
}

#[test]
fn a_gap_that_is_not_filled_is_read_anew() {
    let mut sim = Sim::long();
    for _ in 0..2 {
        sim.lose();
        sim.effects.clear();
        sim.connect(chat_proto::Epoch([1; 16]), false);
        sim.event(chat_proto::message::RoomOpened { room: super::sim::info(LOBBY, "#lobby", 310) });
    }
    serve(&mut sim, 310);
    (0..4).for_each(|_| {
        sim.keys("pageup");
        serve(&mut sim, 310);
    });
    let seen = in_sight(&sim);
    assert_eq!(seen, (seen[0]..seen[0] + seen.len() as u64).collect::<Vec<_>>());
    assert!(seen[0] > 200 && seen[0] < 300);
}

#[test]
fn an_old_message_that_is_acknowledged_late_hides_nothing_of_the_past() {
    let mut sim = Sim::long();
    sim.says("mine");
    sim.lose();
    sim.effects.clear();
    sim.connect(chat_proto::Epoch([1; 16]), false);
    // It had come through as number 301, and much was said since.
    sim.event(chat_proto::message::RoomOpened { room: super::sim::info(LOBBY, "#lobby", 3000) });
    sim.posted(301);
    serve(&mut sim, 3000);
    (0..450).for_each(|_| {
        sim.keys("pageup");
        serve(&mut sim, 3000);
    });
    let timeline = &sim.model.rooms.current_room().expect("a room").timeline;
    let missing = (1..=3000).map(Seq).find(|seq| !timeline.contains(*seq));
    assert_eq!((missing, sim.model.pending()), (None, 0));
}

#[test]
fn a_room_of_any_length_costs_a_bounded_window() {
    let mut sim = Sim::long();
    for seq in 301..=20_000 {
        sim.hears(said(seq, BOB, "bob", &format!("number {seq}.")));
    }
    let timeline = &sim.model.rooms.current_room().expect("a room").timeline;
    assert_eq!((timeline.len(), timeline.first()), (ITEMS_MAX, Some(Seq(15_001))));
    assert_eq!(sim.rows_with("number 20000."), 1);
}

#[test]
fn clearing_keeps_the_past_within_reach() {
    let mut sim = Sim::long();
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
