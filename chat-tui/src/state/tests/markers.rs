//! How far an account has read: the same after a restart and on every device.

use chat_proto::{
    Epoch, MemberId, RoomId, Seq,
    message::{Content, Conversation, Done, ReadMarker, Request, RoomEntry, RoomInfo, RoomOpened},
};

use super::sim::{BOB, LOBBY, Sim, entry, info, nick, numbered, said};
use crate::state::Msg;

const OPS: RoomId = RoomId(11);

fn marker(room: RoomId, read: u64, (unread, mentions): (u32, u32), as_of: u64) -> ReadMarker {
    ReadMarker { room, read: Seq(read), unread, mentions, as_of: Seq(as_of) }
}

/// The client of an account that has just started: in #lobby, which is looked at, and #ops, of ten messages each.
fn started() -> Sim {
    let mut sim = Sim::new(110, 16);
    sim.connect(Epoch([1; 16]), false);
    sim.model.is_account = true;
    sim.event(RoomOpened { room: info(LOBBY, "#lobby", 10) });
    sim.event(RoomOpened { room: info(OPS, "#ops", 10) });
    sim.page(numbered(1..=10), false);
    sim
}

fn marks(sim: &Sim) -> Vec<(RoomId, u64)> {
    sim.sent(|request| match request {
        Request::MarkRead(mark) => Some((mark.room, mark.seq.0)),
        _ => None,
    })
}

fn counts(sim: &Sim, room: RoomId) -> (u32, u32) {
    let room = sim.model.rooms.by_id(room).and_then(|key| sim.model.rooms.get(key));
    room.map(|room| (room.reading.unread(), room.reading.mentions())).expect("a room")
}

fn in_ops(seq: u64, text: &str) -> RoomEntry {
    RoomEntry { room: OPS, entry: said(seq, BOB, "bob", text) }
}

fn in_conversation(room: u64, seq: u64) -> RoomEntry {
    let entry = said(seq, MemberId(room), "dave", "look");
    RoomEntry { room: RoomId(room), entry }
}

#[test]
fn what_is_unread_is_there_after_a_restart() {
    let mut sim = started();
    assert_eq!(marks(&sim), [], "not before it is known where the account stands");
    sim.event(in_ops(11, "alice!"));
    sim.event(marker(OPS, 3, (5, 2), 10));
    assert_eq!(counts(&sim, OPS), (6, 3), "what came meanwhile is counted");
    assert_eq!(sim.rows_with("6 @3"), 1);
    sim.event(marker(LOBBY, 8, (2, 0), 10));
    sim.stands_below("number 9.", "new messages");
    assert_eq!(marks(&sim), [(LOBBY, 10)], "it is in front, so it is read now");
    sim.keys("alt-a");
    assert_eq!((sim.rows_with("@3"), marks(&sim)), (0, vec![(LOBBY, 10), (OPS, 11)]));
}

/// The server opens the conversation with somebody, in which so much is unread.
fn writes(sim: &mut Sim, room: u64, name: &str, unread: u32) {
    let (room, member) = (RoomId(room), MemberId(room));
    let title = Conversation::Direct(member, nick(name));
    sim.event(RoomOpened { room: RoomInfo { name: title, ..info(room, "#x", 5) } });
    sim.event(marker(room, 5 - u64::from(unread), (unread, unread), 5));
}

/// To whom a reply without a number has gone, and what was said instead.
fn replies(sim: &mut Sim) -> Vec<RoomId> {
    sim.says("/reply hi");
    sim.sent(|request| match request {
        Request::Post(post) => Some(post.room),
        _ => None,
    })
}

#[test]
fn a_reply_goes_to_who_wrote_while_the_user_was_away() {
    let mut sim = started();
    assert_eq!(replies(&mut sim), []);
    assert_eq!(sim.rows_with("nobody has spoken to you in private lately"), 1);
    sim.keys("ctrl-u");
    writes(&mut sim, 20, "carol", 2);
    writes(&mut sim, 21, "dave", 0);
    assert_eq!(replies(&mut sim), [RoomId(20)]);
}

#[test]
fn a_reply_goes_to_nobody_where_it_is_not_known_who_wrote_last() {
    let mut sim = started();
    writes(&mut sim, 20, "carol", 2);
    writes(&mut sim, 21, "dave", 1);
    assert_eq!(replies(&mut sim), []);
    assert_eq!(sim.rows_with("several have written to you: @carol, @dave;"), 1);
    sim.keys("ctrl-u");
    sim.event(in_conversation(21, 6));
    assert_eq!(replies(&mut sim), [RoomId(21)]);
}

#[test]
fn a_reply_goes_to_who_was_read_last_where_nothing_is_unread() {
    let mut sim = started();
    writes(&mut sim, 20, "carol", 1);
    sim.effects.clear();
    sim.says("/buffer @carol");
    sim.page(vec![said(5, MemberId(20), "carol", "tea?")], true);
    sim.says("/buffer #lobby");
    assert_eq!(replies(&mut sim), [RoomId(20)]);
}

#[test]
fn what_somebody_ignored_says_in_private_is_not_unread() {
    let mut sim = started();
    writes(&mut sim, 20, "carol", 2);
    sim.says("/ignore Carol");
    assert_eq!(counts(&sim, RoomId(20)), (0, 0));
    sim.event(marker(RoomId(20), 3, (3, 3), 6));
    assert_eq!((counts(&sim, RoomId(20)), sim.rows_with("@3")), ((0, 0), 0));
    sim.says("/unignore carol");
    sim.event(marker(RoomId(20), 3, (3, 3), 6));
    assert_eq!(counts(&sim, RoomId(20)), (3, 3));
}

#[test]
fn it_falls_where_another_device_has_read() {
    let mut sim = started();
    sim.event(marker(LOBBY, 10, (0, 0), 10));
    sim.event(marker(OPS, 10, (0, 0), 10));
    for (seq, text) in [(11, "alice!"), (12, "alice?"), (13, "tea")] {
        sim.event(in_ops(seq, text));
    }
    assert_eq!(sim.rows_with("3 @2"), 1);
    sim.event(marker(OPS, 11, (1, 1), 12));
    assert_eq!(sim.rows_with("2 @1"), 1, "one is counted there, one here");
    sim.event(marker(OPS, 13, (0, 0), 13));
    assert_eq!(counts(&sim, OPS), (0, 0));
    sim.hears(said(11, BOB, "bob", "here"));
    sim.event(marker(LOBBY, 10, (1, 0), 11));
    assert_eq!(counts(&sim, LOBBY), (0, 0), "the user has seen more than that here");
}

#[test]
fn nothing_is_seen_behind_another_window() {
    let mut sim = started();
    sim.event(marker(LOBBY, 10, (0, 0), 10));
    sim.msg(Msg::Focus(false));
    sim.hears(said(11, BOB, "bob", "alice, look"));
    assert_eq!((counts(&sim, LOBBY), marks(&sim)), ((1, 1), vec![]));
    sim.event(marker(LOBBY, 11, (0, 0), 11));
    assert_eq!((counts(&sim, LOBBY), marks(&sim)), ((0, 0), vec![]), "it was read elsewhere");
    sim.hears(said(12, BOB, "bob", "again"));
    sim.msg(Msg::Focus(true));
    assert_eq!((sim.rows_with("new messages"), marks(&sim)), (1, vec![(LOBBY, 12)]));
}

#[test]
fn it_is_reported_once_a_second_and_at_the_end() {
    let mut sim = started();
    sim.event(marker(LOBBY, 10, (0, 0), 10));
    for seq in 11..=30 {
        sim.hears(said(seq, BOB, "bob", "tick"));
    }
    assert_eq!(marks(&sim), [(LOBBY, 11)]);
    sim.reply(Done {}, |request| matches!(request, Request::MarkRead(_)));
    let due = sim.model.next_tick().expect("a tick is asked for");
    sim.tick(999);
    assert_eq!((marks(&sim), sim.model.next_tick()), (vec![], Some(due)));
    sim.tick(1);
    assert_eq!((marks(&sim), sim.model.next_tick()), (vec![(LOBBY, 30)], None));
    sim.hears(said(31, BOB, "bob", "tock"));
    sim.says("/quit");
    assert_eq!(marks(&sim), [(LOBBY, 30), (LOBBY, 31)]);
}

#[test]
fn what_was_not_reported_is_after_a_lost_connection() {
    let mut sim = started();
    sim.event(marker(LOBBY, 10, (0, 0), 10));
    sim.hears(said(11, BOB, "bob", "one"));
    sim.lose();
    sim.effects.clear();
    sim.connect(Epoch([1; 16]), true);
    sim.model.is_account = true;
    sim.event(RoomOpened { room: info(LOBBY, "#lobby", 11) });
    assert_eq!(marks(&sim), []);
    sim.tick(2000);
    sim.event(marker(LOBBY, 10, (1, 0), 11));
    assert_eq!(marks(&sim), [(LOBBY, 11)]);
}

#[test]
fn what_is_deleted_is_not_unread() {
    let mut sim = started();
    sim.event(marker(LOBBY, 10, (0, 0), 10));
    sim.event(marker(OPS, 8, (2, 1), 10));
    sim.event(in_ops(11, "alice!"));
    assert_eq!(sim.rows_with("3 @2"), 1);
    let deleted = entry(12, BOB, "bob", &Content::Deleted { target: Seq(11) });
    sim.event(RoomEntry { room: OPS, entry: deleted });
    assert_eq!(sim.rows_with("2 @1"), 1);
}

#[test]
fn many_are_many_and_a_room_is_read_by_hand() {
    let mut sim = started();
    sim.event(marker(LOBBY, 10, (0, 0), 10));
    sim.event(marker(OPS, 1, (1000, 4), 2000));
    assert_eq!(sim.rows_with("999+ @4"), 1);
    sim.says("/read #ops");
    assert_eq!((counts(&sim, OPS), marks(&sim)), ((0, 0), vec![(OPS, 10)]));
    sim.says("/read #nowhere");
    assert_eq!(sim.rows_with("you are not in #nowhere"), 1);
}

#[test]
fn guests_keep_it_for_themselves() {
    let mut sim = Sim::online(110, 12);
    sim.hears(said(1, BOB, "bob", "hi"));
    sim.says("/quit");
    assert_eq!(marks(&sim), []);
}
