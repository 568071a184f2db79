//! Saying things: pending, sent, refused; and what others say.

use chat_proto::{
    MemberId, RoomId,
    message::{
        Conversation, ErrorCode, MemberInfo, MemberJoined, MemberLeft, NameList, Request, RoomInfo,
        RoomOpened,
    },
};

use super::sim::{BOB, LOBBY, ME, Sim, info, nick, numbered, said};
use crate::state::Effect;

#[test]
fn the_first_frame_is_drawn_before_there_is_a_connection() {
    let sim = Sim::new(50, 6);
    sim.shows(&[
        " chat",
        "",
        "                   connecting…",
        "",
        " alice · connecting to localhost:2428…",
        "›",
    ]);
}

#[test]
fn a_conversation_on_a_narrow_screen() {
    let mut sim = Sim::in_lobby(50, 9, &["hello"]);
    sim.says("hi bob");
    sim.shows(&[
        " #lobby                                 2 members",
        "",
        "",
        "               beginning of #lobby",
        "─────────── Saturday, 21 November 2026 ───────────",
        "12:00 <bob> hello",
        "12:00…<alice> hi bob",
        " alice · online",
        "›",
    ]);
}

#[test]
fn an_own_message_is_one_line_whichever_news_comes_first() {
    for acknowledged_first in [true, false] {
        let mut sim = Sim::online(100, 10);
        sim.says("once");
        assert_eq!(sim.rows_with("alice… once"), 1, "pending at once");
        let (id, _) = sim.posts()[0].clone();
        let mut entry = said(1, ME, "alice", "once");
        entry.id = id;
        if acknowledged_first {
            sim.posted(1);
            assert_eq!(sim.rows_with("alice  once"), 1, "sent");
            sim.hears(entry);
        } else {
            sim.hears(entry);
            sim.posted(1);
        }
        assert_eq!((sim.rows_with("once"), sim.rows_with("alice  once")), (1, 1));
        assert_eq!(sim.model.pending(), 0);
    }
}

#[test]
fn a_refused_message_says_why_and_can_be_edited() {
    let mut sim = Sim::online(110, 10);
    sim.says("bad");
    sim.refuse("too \u{1b}[31mrude", |request| matches!(request, Request::Post(_)));
    assert_eq!(sim.rows_with("✗ not sent: too rude"), 1);
    sim.keys("up");
    assert_eq!((sim.model.composer.text(), sim.rows_with("✗")), ("bad", 0));
}

#[test]
fn refused_messages_are_sent_again_with_their_ids() {
    let mut sim = Sim::online(110, 10);
    sim.says("again");
    let before = sim.posts();
    sim.refuse("try again", |request| matches!(request, Request::Post(_)));
    sim.keys("alt-r");
    assert_eq!(sim.posts(), before);
}

#[test]
fn mentions_elsewhere_are_counted_and_ring_once() {
    let mut sim = Sim::online(110, 12);
    sim.says("/join #ops");
    let ops = RoomId(11);
    sim.entered(info(ops, "#ops", 0));
    sim.effects.clear();
    sim.hears(said(1, BOB, "bob", "anybody?"));
    sim.hears(said(2, BOB, "bob", "Alice: tea?"));
    assert_eq!(sim.rows_with("1 #lobby     2 @1"), 1);
    let rings = sim.effects.iter().filter(|effect| matches!(effect, Effect::Notify { .. })).count();
    assert_eq!(rings, 1);
    sim.keys("alt-a");
    assert_eq!((sim.rows_with("new messages"), sim.rows_with("2 @1")), (1, 0));
}

#[test]
fn the_line_of_new_messages_is_above_what_others_said() {
    let mut sim = Sim::online(110, 14);
    sim.says("/join #ops");
    sim.entered(info(RoomId(11), "#ops", 0));
    sim.hears(said(1, ME, "alice", "mine from elsewhere"));
    sim.event(MemberJoined { room: LOBBY, member: MemberId(5), nick: nick("carol") });
    sim.hears(said(2, BOB, "bob", "an answer"));
    sim.hears(said(3, BOB, "bob", "another"));
    sim.says("/buffer #lobby");
    sim.stands_below("an answer", "new messages");
    assert_eq!(sim.rows_with("new messages"), 1);
}

#[test]
fn what_was_said_before_does_not_ring() {
    let mut sim = Sim::online(80, 12);
    let mut opened = info(LOBBY, "#lobby", 5);
    opened.after = chat_proto::Seq(0);
    sim.event(RoomOpened { room: opened });
    sim.hears(said(1, BOB, "bob", "alice: old news"));
    assert!(!sim.effects.iter().any(|effect| matches!(effect, Effect::Notify { .. })));
}

#[test]
fn comings_and_goings_share_a_line() {
    let mut sim = Sim::online(80, 12);
    for (id, name) in [(5, "carol"), (6, "dave"), (5, "carol")] {
        sim.event(MemberJoined { room: LOBBY, member: MemberId(id), nick: nick(name) });
    }
    assert_eq!(sim.rows_with("→ carol, dave"), 1);
}

#[test]
fn comings_and_goings_stand_behind_what_was_said_before_them() {
    let mut sim = Sim::online(110, 12);
    let ops = RoomId(11);
    sim.event(RoomOpened { room: info(ops, "#ops", 2) });
    sim.event(MemberJoined { room: ops, member: MemberId(5), nick: nick("carol") });
    sim.says("/buffer #ops");
    sim.page(numbered(1..=2), false);
    sim.stands_below("→ carol", "number 2.");
}

#[test]
fn what_is_told_on_a_cleared_screen_stands_behind_what_was_cleared() {
    let mut sim = Sim::long();
    sim.effects.clear();
    sim.says("/clear");
    sim.event(MemberJoined { room: LOBBY, member: MemberId(5), nick: nick("carol") });
    sim.keys("pageup");
    sim.page(numbered(201..=300), true);
    sim.stands_below("→ carol", "number 300.");
}

#[test]
fn nothing_typed_for_a_room_lands_in_another() {
    let mut sim = Sim::online(80, 12);
    sim.says("/join #ops");
    sim.says("for ops");
    assert!(sim.posts().is_empty(), "not entered yet");
    sim.refuse("no such luck", |request| matches!(request, Request::Join(_)));
    assert!(sim.posts().is_empty());
    assert_eq!(sim.rows_with("✗ not sent: no such luck"), 1);
}

/// Somebody called bob speaks in private.
fn conversation(sim: &mut Sim, room: u64, member: MemberId) {
    let name = Conversation::Direct(member, nick("bob"));
    sim.event(RoomOpened { room: RoomInfo { name, ..info(RoomId(room), "#x", 0) } });
}

#[test]
fn who_has_left_is_told_from_a_later_guest_of_the_nick() {
    let mut sim = Sim::online(110, 12);
    conversation(&mut sim, 12, BOB);
    sim.says("/buffer @bob");
    let member = |member| MemberInfo { member, nick: nick("bob"), away: false };
    let members = vec![member(ME), member(BOB)];
    sim.reply(
        NameList { room: RoomId(12), members, more: false },
        |request| matches!(request, Request::Names(names) if names.room == RoomId(12)),
    );
    assert_eq!((sim.rows_with("2 @bob "), sim.rows_with("(left)")), (1, 0));
    let (room, reason) = (RoomId(12), chat_proto::Reason::default());
    sim.event(MemberLeft { room, member: BOB, nick: nick("bob"), quit: true, reason });
    conversation(&mut sim, 13, MemberId(9));
    assert_eq!((sim.rows_with("2 @bob (left)"), sim.rows_with("3 @bob ")), (1, 1));
    sim.says("/buffer @bob");
    let current = sim.model.rooms.current_room().and_then(|room| room.id);
    assert_eq!(current, Some(RoomId(13)));
}

#[test]
fn who_has_the_nick_of_somebody_gone_is_written_to_anew() {
    let mut sim = Sim::online(110, 12);
    conversation(&mut sim, 12, BOB);
    sim.says("/msg bob are you there?");
    sim.refuse_with(ErrorCode::NoNick, "bob has left", |r| matches!(r, Request::Post(_)));
    sim.effects.clear();
    sim.says("/query bob hello");
    assert!(sim.posts().is_empty(), "not to the one who has left");
    let name = Conversation::Direct(MemberId(9), nick("bob"));
    sim.entered(RoomInfo { name, ..info(RoomId(13), "#x", 0) });
    let texts: Vec<_> = sim.posts().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["hello"]);
    let current = sim.model.rooms.current_room().and_then(|room| room.id);
    assert_eq!(current, Some(RoomId(13)));
    assert_eq!((sim.rows_with("2 @bob (left)"), sim.rows_with("3 @bob ")), (1, 1));
}

#[test]
fn an_invitation_behind_a_room_of_the_same_name_says_what_comes_first() {
    let mut sim = Sim::online(110, 12);
    let invited = || {
        let room = chat_proto::RoomName::parse("#lobby").unwrap();
        chat_proto::message::Invited { room, by: nick("bob") }
    };
    sim.event(invited());
    assert_eq!(sim.rows_with("leave your own #lobby first"), 1);
}

#[test]
fn an_empty_room_points_to_the_help() {
    for columns in [60, 120] {
        let mut sim = Sim::online(columns, 18);
        let beginning = "beginning of #lobby · F1 or /help tells what can be done";
        assert_eq!(sim.rows_with(beginning), 1);
        sim.event(MemberJoined { room: LOBBY, member: MemberId(5), nick: nick("carol") });
        assert_eq!(sim.rows_with(beginning), 1);
        sim.hears(said(1, BOB, "bob", "hello"));
        assert_eq!((sim.rows_with("/help"), sim.rows_with("hello")), (0, 1));
    }
}

#[test]
fn somebody_ignored_is_not_seen() {
    let mut sim = Sim::online(80, 12);
    sim.says("/ignore BOB");
    sim.hears(said(1, BOB, "bob", "look at me"));
    assert_eq!(sim.rows_with("look at me"), 0);
    assert_eq!(sim.model.rooms.current_room().map(|room| room.cursor.0), Some(1));
}
