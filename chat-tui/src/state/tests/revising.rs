//! Edits, deletions, answers and reactions: what others do, and what the user does.

use chat_proto::{
    MemberId, MessageId, Reaction, RoomId, Seq, Text, Time,
    message::{
        Content, Done, EditMark, Entry, History, Outcome, Page, PageItem, Posted, ReactionCount,
        Request, Said,
    },
};

use super::sim::{BOB, LOBBY, ME, NOON, Sim, entry, info, numbered, said};
use crate::state::{Effect, overlay::Overlay};

fn edited(seq: u64, target: u64, text: &str) -> Entry {
    let said = Some(Said::plain(Text::clean(text).expect("a text")));
    entry(seq, BOB, "bob", &Content::Edited { target: Seq(target), said })
}

fn deleted(seq: u64, target: u64) -> Entry {
    entry(seq, BOB, "bob", &Content::Deleted { target: Seq(target) })
}

fn thumb() -> Reaction {
    Reaction::parse("+1").expect("a reaction")
}

fn reacted(seq: u64, target: u64, by: MemberId, on: bool) -> Entry {
    let content = Content::Reacted { target: Seq(target), reaction: thumb(), on };
    entry(seq, by, if by == ME { "alice" } else { "bob" }, &content)
}

fn answer(seq: u64, target: u64, text: &str) -> Entry {
    let text = Text::clean(text).expect("a text");
    let said = Said { reply_to: Some(Seq(target)), ..Said::plain(text) };
    entry(seq, BOB, "bob", &Content::Text(said))
}

#[test]
fn what_becomes_of_messages_is_seen() {
    let mut sim = Sim::in_lobby(60, 12, &["helo", "oops", "well"]);
    sim.hears(edited(4, 1, "hello"));
    sim.hears(deleted(5, 2));
    sim.hears(reacted(6, 3, BOB, true));
    sim.hears(reacted(7, 3, ME, true));
    sim.hears(answer(8, 1, "hi"));
    sim.shows(&[
        " #lobby                                           2 members",
        "",
        "                    beginning of #lobby",
        "──────────────── Saturday, 21 November 2026 ────────────────",
        "12:00        bob  hello (edited)",
        "12:00        bob  (deleted by bob)",
        "12:00        bob  well",
        "                  +1\u{a0}2",
        "12:00        bob  ↩ bob: hello",
        "                  hi",
        " alice · online",
        "›",
    ]);
    sim.hears(reacted(9, 3, BOB, false));
    assert_eq!(sim.rows_with("+1\u{a0}1"), 1);
    sim.hears(reacted(10, 3, ME, false));
    assert_eq!(sim.rows_with("+1"), 0);
}

#[test]
fn changes_are_counted_and_call_nobody() {
    let mut sim = Sim::in_lobby(100, 12, &["one"]);
    sim.says("/join #ops");
    sim.entered(info(RoomId(11), "#ops", 0));
    sim.effects.clear();
    sim.hears(edited(2, 1, "alice: one"));
    sim.hears(reacted(3, 1, BOB, true));
    let key = sim.model.rooms.by_id(LOBBY).expect("it is there");
    let room = sim.model.rooms.get(key).expect("it is there");
    assert_eq!((room.reading.unread(), room.reading.mentions(), room.cursor), (0, 0, Seq(3)));
    assert!(!sim.effects.iter().any(|effect| matches!(effect, Effect::Notify { .. })));
}

/// A page of one message, with a reaction of somebody's and an edit in it.
fn page_of_one(as_of: u64) -> Page {
    let outcome = Outcome {
        edited: Some(EditMark { seq: Seq(2), at: Time(NOON) }),
        reactions: vec![ReactionCount { reaction: thumb(), count: 1, mine: false }],
    };
    let item = PageItem { entry: said(1, BOB, "bob", "now"), outcome: outcome.bytes() };
    Page { room: LOBBY, items: vec![item], more: false, as_of: Seq(as_of) }
}

fn is_history(request: &Request) -> bool {
    matches!(request, Request::History(_))
}

/// A client in #lobby that has asked for its last messages.
fn waiting() -> Sim {
    let mut sim = Sim::new(60, 12);
    sim.connect(chat_proto::Epoch([1; 16]), false);
    let mut room = info(LOBBY, "#lobby", 3);
    room.after = Seq(1);
    sim.event(chat_proto::message::RoomOpened { room });
    sim
}

#[test]
fn a_change_that_a_page_has_is_not_applied_again() {
    for page_first in [true, false] {
        let mut sim = waiting();
        let changes = [edited(2, 1, "before"), reacted(3, 1, BOB, true)];
        if page_first {
            sim.reply(page_of_one(3), is_history);
        }
        changes.into_iter().for_each(|change| sim.hears(change));
        if !page_first {
            sim.reply(page_of_one(3), is_history);
        }
        assert_eq!((sim.rows_with("now (edited)"), sim.rows_with("+1\u{a0}1")), (1, 1));
    }
}

#[test]
fn a_change_that_a_page_has_not_is_applied_whichever_comes_first() {
    for page_first in [true, false] {
        let mut sim = waiting();
        let changes = [
            edited(2, 1, "x"),
            reacted(3, 1, BOB, true),
            reacted(4, 1, ME, true),
            edited(5, 1, "later"),
        ];
        if page_first {
            sim.reply(page_of_one(3), is_history);
        }
        changes.into_iter().for_each(|change| sim.hears(change));
        if !page_first {
            sim.reply(page_of_one(3), is_history);
        }
        assert_eq!((sim.rows_with("later (edited)"), sim.rows_with("+1\u{a0}2")), (1, 1));
    }
}

#[test]
fn a_page_older_than_the_changes_that_are_kept_is_asked_for_again() {
    let mut sim = waiting();
    (2..=400).for_each(|seq| sim.hears(reacted(seq, 1, BOB, seq % 2 == 0)));
    sim.reply(page_of_one(3), is_history);
    assert_eq!(sim.rows_with("now"), 0);
    sim.reply(page_of_one(400), is_history);
    assert_eq!((sim.rows_with("now (edited)"), sim.rows_with("+1\u{a0}1")), (1, 1));
}

#[test]
fn changes_among_what_was_missed_make_the_window_be_read_anew() {
    let mut sim = Sim::in_lobby(80, 14, &["one", "two"]);
    sim.lose();
    sim.effects.clear();
    sim.connect(chat_proto::Epoch([1; 16]), false);
    sim.event(chat_proto::message::RoomOpened { room: info(LOBBY, "#lobby", 4) });
    sim.page(vec![said(4, BOB, "bob", "four")], false);
    sim.page(vec![said(1, BOB, "bob", "one, edited by 3"), said(4, BOB, "bob", "four")], false);
    assert_eq!(
        (sim.rows_with("one, edited"), sim.rows_with("two"), sim.rows_with("four")),
        (1, 0, 1)
    );
}

#[test]
fn what_a_reply_answers_is_fetched_and_gone_to() {
    let mut sim = Sim::long();
    sim.effects.clear();
    sim.hears(answer(301, 12, "yes"));
    assert_eq!(sim.rows_with("↩ #12"), 1);
    let Request::History(History { limit, .. }) = sim.page(numbered(12..=12), true) else {
        panic!("a page of one message")
    };
    assert_eq!((limit, sim.rows_with("↩ bob: number 12.")), (1, 1));
    sim.keys("ctrl-up enter");
    sim.page(numbered(12..=111), true);
    sim.page(numbered(1..=11), false);
    let room = sim.model.rooms.current_room().expect("a room");
    assert_eq!((room.found, sim.rows_with("number 12.")), (Some(Seq(12)), 1));
    sim.keys("esc end");
    sim.page(numbered(202..=301), true);
    assert_eq!(sim.rows_with("number 301."), 1);
}

type Asked = (&'static str, u64, String);

/// The changes that were sent and not answered.
fn asked(sim: &Sim) -> Vec<Asked> {
    sim.sent(|request| match request {
        Request::Edit(edit) => Some(("edit", edit.target.0, edit.text.clone())),
        Request::Delete(delete) => Some(("delete", delete.target.0, String::new())),
        Request::React(react) if react.on => {
            Some(("react", react.target.0, react.reaction.to_string()))
        }
        Request::React(react) => Some(("take back", react.target.0, react.reaction.to_string())),
        Request::Post(post) => {
            Some(("reply", post.reply_to.map_or(0, |seq| seq.0), post.text.clone()))
        }
        _ => None,
    })
}

/// A client whose user has said something as number 2.
fn talked() -> Sim {
    let mut sim = Sim::in_lobby(110, 14, &["one"]);
    sim.says("helo");
    sim.posted(2);
    sim
}

#[test]
fn commands_change_messages() {
    for (typed, expected) in [
        ("/edit 2 hello", ("edit", 2, "hello")),
        ("/edit hello", ("edit", 2, "hello")),
        ("/delete #2", ("delete", 2, "")),
        ("/reply 1 hi", ("reply", 1, "hi")),
        ("/r #1 hi", ("reply", 1, "hi")),
        ("/react 1 👍", ("react", 1, "👍")),
        ("/react +1", ("react", 1, "+1")),
    ] {
        let mut sim = talked();
        sim.says(typed);
        let (what, target, text) = expected;
        assert_eq!(asked(&sim), [(what, target, text.to_owned())], "{typed}");
    }
}

#[test]
fn help_tells_which_message_a_reaction_without_a_number_goes_to() {
    let mut sim = talked();
    sim.says("/react +1");
    assert_eq!(asked(&sim), [("react", 1, "+1".to_owned())], "the last one is one's own");
    sim.says("/help react");
    assert_eq!(sim.rows_with("to the last one of others"), 1);
}

#[test]
fn the_list_of_reactions_says_what_enter_does() {
    let mut sim = talked();
    sim.keys("ctrl-up +");
    assert_eq!((sim.rows_with("Enter reacts with it"), sim.rows_with("Enter goes there")), (1, 0));
}

#[test]
fn keys_change_the_message_that_is_chosen() {
    for (keys, expected) in [
        ("ctrl-up e x enter", ("edit", 2, "helox")),
        ("ctrl-up d enter", ("delete", 2, "")),
        ("ctrl-up up r x enter", ("reply", 1, "x")),
        ("ctrl-up k + enter", ("react", 1, "👍")),
        ("ctrl-up k + h e a enter", ("react", 1, "❤️")),
        ("ctrl-up k + : t e a : enter", ("react", 1, ":tea:")),
    ] {
        let mut sim = talked();
        sim.keys(keys);
        let (what, target, text) = expected;
        assert_eq!(asked(&sim), [(what, target, text.to_owned())], "{keys}");
    }
}

#[test]
fn the_chosen_message_is_copied_and_esc_leaves_it() {
    let mut sim = talked();
    sim.keys("ctrl-up y");
    assert!(sim.effects.contains(&Effect::Copy("helo".into())));
    sim.keys("up d");
    assert_eq!((&sim.model.overlay, sim.rows_with("only who said it")), (&None, 1));
    sim.keys("down d");
    assert!(matches!(sim.model.overlay, Some(Overlay::Delete { .. })));
    sim.keys("esc");
    assert_eq!((asked(&sim), sim.rows_with("not deleted")), (Vec::new(), 1));
    sim.keys("esc");
    sim.types("e");
    assert_eq!(sim.model.composer.text(), "e");
}

#[test]
fn a_change_is_pending_until_it_is_acknowledged() {
    let mut sim = talked();
    sim.says("/edit 2 hello");
    assert_eq!((sim.rows_with("alice… helo"), sim.model.pending()), (1, 1));
    let mut entry = edited(3, 2, "hello");
    (entry.by, entry.nick) = (ME, super::sim::nick("alice"));
    sim.reply(Posted { room: LOBBY, seq: Seq(3), at: Time(NOON) }, |r| {
        matches!(r, Request::Edit(_))
    });
    sim.hears(entry);
    assert_eq!((sim.rows_with("alice  hello (edited)"), sim.model.pending()), (1, 0));
    sim.says("/delete 2");
    sim.reply(Done {}, |request| matches!(request, Request::Delete(_)));
    assert_eq!(sim.model.pending(), 0);
}

#[test]
fn a_change_goes_through_once_across_connections() {
    let mut sim = talked();
    sim.says("/edit 2 hello");
    let ids = |sim: &Sim| -> Vec<MessageId> {
        sim.sent(|request| match request {
            Request::Edit(edit) => Some(edit.id),
            _ => None,
        })
    };
    let before = ids(&sim);
    sim.lose();
    sim.says("/react 1 +1");
    sim.effects.clear();
    sim.connect(chat_proto::Epoch([1; 16]), true);
    sim.event(chat_proto::message::RoomOpened { room: info(LOBBY, "#lobby", 2) });
    assert_eq!((ids(&sim), asked(&sim).len()), (before, 2));
}

#[test]
fn a_refused_change_says_why_and_can_be_dropped_or_tried_again() {
    let mut sim = talked();
    sim.says("/edit 1 mine now");
    sim.refuse("only who said it may edit it", |request| matches!(request, Request::Edit(_)));
    assert_eq!(sim.rows_with("✗ not edited: only who said it"), 1);
    sim.keys("alt-r");
    assert_eq!((asked(&sim).len(), sim.rows_with("✗")), (1, 0));
    sim.refuse("no", |request| matches!(request, Request::Edit(_)));
    sim.keys("alt-d");
    assert_eq!((sim.rows_with("✗"), sim.model.pending()), (0, 0));
}

/// Bob speaks in private.
fn private(sim: &mut Sim) {
    let name = chat_proto::message::Conversation::Direct(BOB, super::sim::nick("bob"));
    let room = chat_proto::message::RoomInfo { name, ..info(RoomId(12), "#x", 0) };
    sim.event(chat_proto::message::RoomOpened { room });
    sim.event(chat_proto::message::RoomEntry {
        room: RoomId(12),
        entry: said(1, BOB, "bob", "psst"),
    });
}

#[test]
fn a_number_takes_no_private_answer_to_a_room_at_once() {
    let mut sim = talked();
    private(&mut sim);
    sim.says("/reply 1 minute");
    assert_eq!((asked(&sim), sim.model.composer.text()), (Vec::new(), "/reply #1 minute"));
    assert_eq!(sim.rows_with("Enter again answers #1 here"), 1);
    sim.keys("enter");
    assert_eq!(asked(&sim), [("reply", 1, "minute".to_owned())]);
}

#[test]
fn a_number_in_a_private_conversation_is_of_its_messages() {
    let mut sim = talked();
    private(&mut sim);
    sim.says("/buffer @bob");
    sim.says("/reply 1 what?");
    assert_eq!(asked(&sim), [("reply", 1, "what?".to_owned())]);
}

#[test]
fn changes_do_not_survive_another_log() {
    let mut sim = talked();
    sim.lose();
    sim.says("/edit 2 hello");
    sim.effects.clear();
    sim.connect(chat_proto::Epoch([2; 16]), false);
    sim.entered(info(LOBBY, "#lobby", 0));
    assert_eq!((asked(&sim), sim.rows_with("1 changes of messages are lost")), (Vec::new(), 1));
}
