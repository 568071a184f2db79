//! Edits, deletions, answers and reactions, from the sender to everybody else, now and later.

use chat_proto::{
    MessageId, Reaction, RoomId, Seq, Text,
    message::{
        Anchor, Content, Delete, Done, Edit, ErrorCode, Failed, Found, History, Page, Post, Posted,
        React, Said, Search,
    },
};
use chat_tests::{
    framed::{Framed, fresh_id, message_id, post},
    server::{Local, Process, directory},
    story::check,
};

fn edit(room: RoomId, target: u64, text: &str) -> Edit {
    let parts = Vec::new();
    Edit { room, target: Seq(target), id: fresh_id(), text: text.into(), parts }
}

fn react(room: RoomId, target: u64, reaction: &str, on: bool) -> React {
    React { room, target: Seq(target), reaction: reaction.into(), on }
}

fn delete(room: RoomId, target: u64) -> Delete {
    Delete { room, target: Seq(target) }
}

fn said(text: &str) -> Said {
    Said::plain(Text::clean(text).expect("a text"))
}

/// A page as `number:text*[reaction count!]`, words that tell what became of each.
fn page(client: &mut Framed, room: RoomId) -> String {
    let page: Page = client.ask(History { room, from: Anchor::Latest, limit: 100 });
    let shown = page.items.iter().map(|item| {
        let (content, outcome) = (item.entry.content(), item.outcome());
        let what = match &content {
            Content::Erased { nick, .. } => format!("(gone by {nick})"),
            content => content.said().map_or("?".into(), |said| said.text.to_string()),
        };
        let mark = if outcome.edited.is_some() { "*" } else { "" };
        let counts = outcome.reactions.iter().map(|given| {
            format!("[{} {}{}]", given.reaction, given.count, if given.mine { "!" } else { "" })
        });
        format!("{}:{what}{mark}{}", item.entry.seq, counts.collect::<String>())
    });
    format!("{} of {}", shown.collect::<Vec<_>>().join(" "), page.as_of)
}

/// Alice and Bob, and what became of four messages of Alice's.
fn talk(alice: &mut Framed, bob: &mut Framed) -> RoomId {
    let room = alice.join("#tea");
    bob.join("#tea");
    for text in ["one", "two", "three", "four"] {
        alice.say(room, text);
    }
    let posted: Posted = alice.ask(edit(room, 2, "zwei"));
    assert_eq!(posted.seq, Seq(5));
    let _: Posted = bob.ask(react(room, 1, "👍", true));
    let _: Posted = alice.ask(react(room, 1, "👍", true));
    let _: Posted = alice.ask(delete(room, 3));
    let _: Posted = bob.ask(Post { reply_to: Some(Seq(4)), ..post(room, fresh_id(), "yes") });
    let _: Posted = alice.ask(edit(room, 2, "dos"));
    room
}

const OUTCOME: &str = "1:one[👍 2!] 2:dos* 3:(gone by alice) 4:four 9:yes of 10";

#[test]
fn everybody_hears_of_every_change_and_pages_show_what_became() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let mut bob = Framed::connect(server.address(), "bob");
    let room = talk(&mut alice, &mut bob);
    assert_eq!(page(&mut bob, room), OUTCOME);
    let thumb = Reaction::parse("👍").expect("a reaction");
    let reacted = Content::Reacted { target: Seq(1), reaction: thumb, on: true };
    let heard: Vec<Content> = (1..=10).map(|_| bob.entry(room).content()).collect();
    assert_eq!(heard[4], Content::Edited { target: Seq(2), said: Some(said("zwei")) });
    assert_eq!((&heard[5], &heard[6]), (&reacted, &reacted));
    assert_eq!(heard[7], Content::Deleted { target: Seq(3) });
    assert_eq!(heard[8], Content::Text(Said { reply_to: Some(Seq(4)), ..said("yes") }));
    assert_eq!(heard[9], Content::Edited { target: Seq(2), said: Some(said("dos")) });

    let _: Done = alice.ask(delete(room, 3));
    let _: Done = bob.ask(react(room, 1, "👍", true));
    let _: Done = bob.ask(react(room, 2, "👍", false));
    let found: Found = bob.ask(Search { query: "from:alice".into(), before: None, limit: 9 });
    let numbers: Vec<_> = found.hits.iter().map(|hit| hit.entry.seq.0).collect();
    assert_eq!(numbers, [4, 2, 1]);
    assert_eq!(found.hits[1].outcome().edited.map(|mark| mark.seq), Some(Seq(10)));
}

#[test]
fn what_may_not_be_changed_is_refused() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let mut bob = Framed::connect(server.address(), "bob");
    let mut eve = Framed::connect(server.address(), "eve");
    let room = talk(&mut alice, &mut bob);
    let other = eve.join("#other");
    let refused = |who: &mut Framed, request: chat_proto::message::Request| {
        let failed: Failed = who.ask(request);
        failed.code
    };
    assert_eq!(refused(&mut bob, edit(room, 1, "mine").into()), ErrorCode::NotYours);
    assert_eq!(refused(&mut bob, delete(room, 1).into()), ErrorCode::NotYours);
    assert_eq!(refused(&mut eve, edit(room, 1, "mine").into()), ErrorCode::NotJoined);
    assert_eq!(refused(&mut eve, delete(room, 1).into()), ErrorCode::NotJoined);
    assert_eq!(refused(&mut eve, react(room, 1, "+1", true).into()), ErrorCode::NotJoined);
    assert_eq!(refused(&mut eve, edit(other, 1, "x").into()), ErrorCode::NoMessage);
    assert_eq!(refused(&mut alice, edit(room, 3, "back").into()), ErrorCode::NoMessage);
    assert_eq!(refused(&mut alice, delete(room, 5).into()), ErrorCode::NoMessage);
    assert_eq!(refused(&mut alice, delete(room, u64::MAX).into()), ErrorCode::NoMessage);
    assert_eq!(
        refused(&mut alice, react(room, 1, "two words", true).into()),
        ErrorCode::BadReaction
    );
    assert_eq!(refused(&mut alice, edit(room, 1, " ").into()), ErrorCode::Empty);
    let answer = Post { reply_to: Some(Seq(99)), ..post(room, fresh_id(), "what?") };
    assert_eq!(refused(&mut bob, answer.into()), ErrorCode::NoMessage);
    assert_eq!(page(&mut bob, room), OUTCOME, "nothing of it happened");
}

#[test]
fn a_killed_server_comes_back_with_every_outcome_and_no_edit_twice() {
    let data = directory();
    let server = Process::start(data.path());
    let address = server.address();
    let mut alice = Framed::connect(address, "alice");
    let mut bob = Framed::connect(address, "bob");
    let room = talk(&mut alice, &mut bob);
    let again = Edit { id: message_id(77), ..edit(room, 4, "vier") };
    let first: Posted = alice.ask(again.clone());
    let rough: MessageId = message_id(78);
    let said: Posted = alice.ask(post(room, rough, "rough"));
    let _: Posted = alice.ask(edit(room, said.seq.0, "fine"));
    let (alice_left, bob_left) = (alice.left(), bob.left());
    let _log = server.kill();
    let server = Process::start_at(address, data.path());
    let mut alice = Framed::resume(server.address(), &alice_left);
    let mut bob = Framed::resume(server.address(), &bob_left);
    assert!(alice.welcome.resumed && bob.welcome.resumed);
    assert_eq!(alice.ask::<Posted>(again), first);
    assert_eq!(alice.ask::<Posted>(post(room, rough, "rough")), said);
    let expected = "1:one[👍 2!] 2:dos* 3:(gone by alice) 4:vier* 9:yes 12:fine* of 13";
    assert_eq!(page(&mut bob, room), expected);
}

/// Who was away meets the past as it is now, and the changes again behind it: the outcome is the same.
#[test]
fn catching_up_over_changes_ends_where_everybody_is() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let mut bob = Framed::connect(server.address(), "bob");
    let (room, _) = (alice.join("#tea"), bob.join("#tea"));
    alice.say(room, "zero");
    assert_eq!(bob.text(room), "zero");
    let left = bob.left();
    drop(bob);
    for text in ["one", "two"] {
        alice.say(room, text);
    }
    for request in [edit(room, 1, "null"), edit(room, 2, "secret"), edit(room, 3, "zwei")] {
        let _: Posted = alice.ask(request);
    }
    let _: Posted = alice.ask(delete(room, 2));
    let _: Posted = alice.ask(edit(room, 3, "dos"));
    let mut bob = Framed::resume(server.address(), &left);
    let caught: Vec<Content> = (2..=8).map(|_| bob.entry(room).content()).collect();
    let edited =
        |target, text: Option<&str>| Content::Edited { target: Seq(target), said: text.map(said) };
    assert!(matches!(&caught[0], Content::Erased { .. }), "{caught:?}");
    assert_eq!(
        caught[1..],
        [
            Content::Text(said("dos")),
            edited(1, Some("null")),
            edited(2, None),
            edited(3, Some("dos")),
            Content::Deleted { target: Seq(2) },
            edited(3, Some("dos")),
        ]
    );
}

#[test]
fn changes_are_notices_in_line_mode() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         alice> /ack on
         alice< * ack on
         alice> helo
         bob< #lobby <alice> helo
         alice< + #lobby 1
         alice> /edit 1 hello
         alice< + #lobby 2
         bob< * alice edited #lobby 1: hello
         bob> /react 1 👍
         bob< * reacted to #lobby 1
         alice< * bob reacted to #lobby 1: 👍
         bob> /react 1 👍
         bob< * reacted to #lobby 1 (before)
         bob> /reply 1 hi
         alice< * bob replies to #lobby 1:
         alice< #lobby <bob> hi
         bob> /unreact 1 👍
         bob< * took back a reaction to #lobby 1
         alice< * bob took back a reaction to #lobby 1: 👍
         bob> /edit 1 mine
         bob< ! not-yours: …
         bob> /react 1 +1
         bob< * reacted to #lobby 1
         alice< * bob reacted to #lobby 1: +1
         bob> /history
         bob< ~ #lobby 1 … <alice> hello
         bob< ~ #lobby 1 … (edited …)
         bob< ~ #lobby 1 … (reactions: +1 1)
         bob< ~ #lobby 4 … (in reply to 1)
         bob< ~ #lobby 4 … <bob> hi
         bob< * history #lobby: 2 entries, up to number 6
         alice> /delete 1
         alice< + #lobby 7
         bob< * alice deleted #lobby 1
         alice> /delete 1
         alice< + #lobby 7
         alice> /delete
         alice< ! usage: …
         alice> /react 1 +1
         alice< ! no-message: …
         bob> /search from:alice
         bob< * search: 0 found
         bob> /join #lobby 0
         bob< * joined #lobby
         bob< ~ #lobby 1 … (message of alice, deleted by alice)
         bob< ~ #lobby 2 … (alice edited 1)
         bob< ~ #lobby 3 … (bob reacted to 1: 👍)
         bob< ~ #lobby 4 … (in reply to 1)
         bob< ~ #lobby 4 … <bob> hi
         bob< ~ #lobby 5 … (bob took back a reaction to 1: 👍)
         bob< ~ #lobby 6 … (bob reacted to 1: +1)
         bob< ~ #lobby 7 … (alice deleted 1)",
    );
}

#[test]
fn private_words_are_changed_like_others() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         alice> /ack on
         alice< * ack on
         alice> /msg bob psst
         bob< @alice <alice> psst
         alice< + @bob 1
         alice> /query bob
         alice< * joined @bob
         alice> /edit 1 hush
         alice< + @bob 2
         bob< * alice edited @alice 1: hush
         bob> /query alice
         bob< * joined @alice
         bob> /react 1 :ok:
         bob< * reacted to @alice 1
         alice< * bob reacted to @bob 1: :ok:
         bob> /delete 1
         bob< ! not-yours: …
         alice> /delete 1
         alice< + @bob 4
         bob< * alice deleted @alice 1",
    );
}
