//! The past of a room, page by page.

use chat_proto::{
    RoomId, Seq,
    message::{Anchor, Entered, ErrorCode, Failed, History, Join, Page},
};
use chat_tests::{
    framed::{Framed, text_of},
    server::Local,
};

/// Several pages.
const MESSAGES: u64 = 500;

fn written() -> (Local, Framed, RoomId) {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let lobby = alice.join("#lobby");
    let asked: Vec<u32> = (1..=MESSAGES)
        .map(|number| {
            let id = chat_tests::framed::message_id(number);
            alice.send(chat_tests::framed::post(lobby, id, &format!("message {number}")))
        })
        .collect();
    for number in asked {
        let _posted: chat_proto::message::Posted = alice.answer(number);
    }
    (server, alice, lobby)
}

#[track_caller]
fn check(
    alice: &mut Framed,
    room: RoomId,
    from: Anchor,
    limit: u16,
    expected: std::ops::RangeInclusive<u64>,
    more: bool,
) {
    let page: Page = alice.ask(History { room, from, limit });
    let numbers: Vec<u64> = page.items.iter().map(|item| item.entry.seq.0).collect();
    assert_eq!(numbers, expected.collect::<Vec<_>>(), "{from:?} {limit}");
    assert_eq!((page.more, page.as_of), (more, Seq(MESSAGES)), "{from:?} {limit}");
    for entry in page.items.into_iter().map(|item| item.entry) {
        assert_eq!(text_of(&entry), Some(format!("message {}", entry.seq)));
    }
}

#[test]
fn pages_go_back_and_forth_from_anywhere() {
    let (_server, mut alice, room) = written();
    let mut page =
        |from, limit, expected, more| check(&mut alice, room, from, limit, expected, more);
    page(Anchor::Latest, 50, 451..=500, true);
    page(Anchor::Before(Seq(451)), 50, 401..=450, true);
    page(Anchor::Before(Seq(11)), 50, 1..=10, false);
    page(Anchor::Before(Seq(11)), 10, 1..=10, false);
    page(Anchor::Before(Seq(u64::MAX)), 3, 498..=500, true);
    page(Anchor::After(Seq(0)), 200, 1..=200, true);
    page(Anchor::After(Seq(495)), 500, 496..=500, false);
    page(Anchor::After(Seq(490)), 10, 491..=500, false);
    page(Anchor::Since(chat_proto::Time(0)), 5, 1..=5, true);
}

#[test]
fn pages_beyond_the_ends_are_empty() {
    let (_server, mut alice, room) = written();
    let far = chat_proto::Time(i64::MAX);
    for from in [
        Anchor::After(Seq(MESSAGES)),
        Anchor::After(Seq(u64::MAX)),
        Anchor::Before(Seq(1)),
        Anchor::Before(Seq(0)),
        Anchor::Since(far),
    ] {
        let page: Page = alice.ask(History { room, from, limit: 50 });
        assert_eq!((page.items.len(), page.more), (0, false), "{from:?}");
    }
}

#[test]
fn a_page_of_large_messages_fits_into_a_frame() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let room = alice.join("#lobby");
    for _ in 0..20 {
        alice.say(room, &"x".repeat(16 * 1024));
    }
    let page: Page = alice.ask(History { room, from: Anchor::Latest, limit: 500 });
    assert!(!page.items.is_empty() && page.more);
    assert_eq!(page.items.last().expect("not empty").entry.seq, Seq(20));
    let all: Vec<u64> = alice.history(room).iter().map(|entry| entry.seq.0).collect();
    assert_eq!(all, (1..=20).collect::<Vec<_>>());
}

#[test]
fn the_past_is_for_those_inside() {
    let (server, _alice, room) = written();
    let mut bob = Framed::connect(server.address(), "bob");
    let _done: chat_proto::message::Done =
        bob.ask(chat_proto::message::Leave { room, reason: "".into() });
    let failed: Failed = bob.ask(History { room, from: Anchor::Latest, limit: 50 });
    assert_eq!(failed.code, ErrorCode::NotJoined);
}

#[test]
fn entering_at_a_number_gives_all_that_follows() {
    let (server, mut alice, room) = written();
    let mut bob = Framed::connect(server.address(), "bob");
    let entered: Entered = bob.ask(Join { room: "#lobby".into(), after: Some(Seq(10)) });
    assert_eq!((entered.room.after, entered.room.head), (Seq(10), Seq(MESSAGES)));
    alice.say(room, &format!("message {}", MESSAGES + 1));
    for number in 11..=MESSAGES + 1 {
        assert_eq!(bob.text(room), format!("message {number}"));
    }
}
