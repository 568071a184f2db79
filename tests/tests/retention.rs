//! Rooms whose first messages are kept no longer, as clients see them.

use std::time::{Duration, Instant};

use chat_proto::{
    RoomId, Seq,
    message::{Anchor, Delete, Event, History, Page, Posted, Search},
};
use chat_tests::{
    PATIENCE,
    framed::Framed,
    netcat::Netcat,
    programs,
    server::{Process, directory},
};

const SMALL: [&str; 4] = ["--listen", "127.0.0.1:0", "--retention-size", "2KiB"];

/// Waits until the first messages of a room are gone; the first number that is left.
#[track_caller]
fn first_left(client: &mut Framed, room: RoomId) -> Seq {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let first = client.history(room)[0].seq;
        if first > Seq(1) {
            return first;
        }
        assert!(Instant::now() < deadline, "nothing was thrown away");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn who_comes_back_to_a_room_that_begins_later_goes_on_at_its_beginning() {
    let data = directory();
    let server = Process::start(data.path());
    let mut alice = Framed::connect(server.address(), "alice");
    let mut bob = Framed::connect(server.address(), "bob");
    let lobby = alice.join("#lobby");
    for number in 1..=5 {
        bob.say(lobby, &format!("number {number}"));
        assert_eq!(alice.text(lobby), format!("number {number}"));
    }
    let left = alice.left();
    drop(alice);
    for number in 6..=100 {
        bob.say(lobby, &format!("number {number}"));
    }
    assert_eq!(server.terminate().code, Some(0));

    let server = Process::with(data.path(), SMALL);
    let mut carol = Framed::connect(server.address(), "carol");
    carol.join("#lobby");
    let first = first_left(&mut carol, lobby);
    let mut alice = Framed::resume(server.address(), &left);
    assert!(alice.welcome.resumed);
    let opened = alice.event(|event| match event {
        Event::RoomOpened(opened) if opened.room.room == lobby => Some(opened.room),
        _ => None,
    });
    assert_eq!((opened.after.next(), opened.head), (first, Seq(100)));
    for number in first.0..=100 {
        assert_eq!(alice.text(lobby), format!("number {number}"));
    }
    nothing_before(&mut alice, lobby, first);
    assert_eq!(carol.say(lobby, "goes on").seq, Seq(101));
    let mut nc = Netcat::named(server.address(), "nc");
    nc.send("/join #lobby 1");
    nc.expect("* joined #lobby");
    nc.expect(&format!("~ #lobby {first} 20…Z <bob> number {first}"));
}

fn nothing_before(client: &mut Framed, room: RoomId, first: Seq) {
    for before in [Seq(0), Seq(1), Seq(3), first] {
        let page: Page = client.ask(History { room, from: Anchor::Before(before), limit: 10 });
        assert_eq!((page.items.len(), page.more), (0, false), "before {before}");
    }
    let page: Page = client.ask(History { room, from: Anchor::After(Seq(2)), limit: 1 });
    assert_eq!((page.items[0].entry.seq, page.more), (first, true));
    let search = |query: String| Search { query, before: None, limit: 10 };
    let gone: chat_proto::message::Found = client.ask(search("number 2".into()));
    assert!(gone.hits.iter().all(|hit| hit.entry.seq >= first));
    let kept: chat_proto::message::Found = client.ask(search(format!("\"number {first}\"")));
    assert_eq!(kept.hits.len(), 1);
}

const KIB: usize = 1024;

/// What was deleted takes no space: the messages before it are not thrown away for its sake.
#[test]
fn what_was_deleted_does_not_count() {
    let data = directory();
    let args = ["--listen", "127.0.0.1:0", "--retention-size", "8KiB"];
    let server = Process::with(data.path(), args);
    let mut alice = Framed::connect(server.address(), "alice");
    let (kept, other) = (alice.join("#kept"), alice.join("#other"));
    for _ in 0..3 {
        alice.say(kept, &"k".repeat(KIB));
    }
    let mut first = Seq(1);
    for _ in 0..3 {
        let gone: Vec<_> = (0..3).map(|_| alice.say(kept, &"d".repeat(KIB)).seq).collect();
        first = next_round(&server, &mut alice, other, first);
        for target in gone {
            let _done: Posted = alice.ask(Delete { room: kept, target });
        }
    }
    next_round(&server, &mut alice, other, first);
    assert_eq!(alice.history(kept)[0].seq, Seq(1));
}

/// Has everything looked at once more: the other room has too much every time, and comes last.
#[track_caller]
fn next_round(server: &Process, client: &mut Framed, other: RoomId, first: Seq) -> Seq {
    for _ in 0..12 {
        client.say(other, &"x".repeat(KIB));
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = client.history(other)[0].seq;
        if left > first {
            return left;
        }
        assert!(Instant::now() < deadline, "nothing was thrown away");
        programs::signal(server.pid(), "HUP");
        std::thread::sleep(Duration::from_millis(50));
    }
}
