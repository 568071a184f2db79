use std::sync::Arc;

use chat_proto::{
    MessageId, Reaction, Seq, Text, Time,
    message::{Content, EditMark, Said},
};

use super::{World, nick, text};
use crate::core::{
    Answer, Change, Entry, Group, MEMBER_REACTIONS_MAX, REACTIONS_MAX, State, To, What, apply,
};

/// Alice and Bob in `#a`, where Alice has said two things and set a topic.
fn talk() -> World {
    let mut world = World::with(&["alice", "bob", "eve"]);
    world.check(
        "alice: /join #a\nbob: /join #a\neve: /join #b\nalice: #a one\nalice: /topic #a tea\nalice: #a two",
        "#a +alice\n#a +bob\n#b +eve\n#a 1 <alice> one\n#a 2 <alice> topic tea\n#a 3 <alice> two",
    );
    world
}

fn present(world: &World, seq: u64) -> Arc<Entry> {
    let room = world.state.room_named("#a").unwrap();
    Arc::clone(&world.past.entries[&(room, Seq(seq))])
}

#[test]
fn only_the_author_edits_and_deletes() {
    let mut world = talk();
    world.check(
        "alice: /edit #a 1 uno\nbob: /edit #a 1 mine ! not-yours\nbob: /delete #a 1 ! not-yours\n\
         eve: /edit #a 1 mine ! not-joined\neve: /delete #a 1 ! not-joined\neve: /react #a 1 +1 ! not-joined\n\
         eve: /edit #b 1 mine ! no-message\nalice: /delete #a 3",
        "#a 4 <alice> edit 1 uno\n#a 5 <alice> delete 3",
    );
    let edited = present(&world, 1);
    assert_eq!((&edited.content, edited.seq), (&text("uno"), Seq(1)));
    assert_eq!(edited.edited.map(|mark| mark.seq), Some(Seq(4)));
    let nick = nick("alice").nick;
    let erased = present(&world, 3);
    assert_eq!(erased.content, Content::Erased { by: erased.by, nick });
}

#[test]
fn only_messages_are_changed_and_answered() {
    talk().check(
        "alice: /edit #a 2 x ! no-message\nalice: /delete #a 2 ! no-message\nbob: /react #a 2 +1 ! no-message\n\
         alice: /edit #a 9 x ! no-message\nalice: /edit #a 0 x ! no-message\nbob: /reply #a 9 x ! no-message\n\
         bob: /reply #a 2 x ! no-message\nbob: /reply #a 3 yes\nalice: /edit #a 1 uno\nbob: /reply #a 5 x ! no-message\n\
         alice: /react #a 5 +1 ! no-message\nalice: /delete #a 5 ! no-message",
        "#a 4 <bob> re 3: yes\n#a 5 <alice> edit 1 uno",
    );
}

#[test]
fn a_deleted_message_is_deleted_once_and_changed_no_more() {
    let mut world = talk();
    world.check(
        "alice: /delete #a 1\nalice: /delete #a 1\nalice: /edit #a 1 x ! no-message\n\
         bob: /react #a 1 +1 ! no-message\nbob: /reply #a 1 what?\nbob: /delete #a 1 ! not-yours",
        "#a 4 <alice> delete 1\n#a 5 <bob> re 1: what?",
    );
    let (alice, room) = (world.session("alice"), world.state.room_named("#a").unwrap());
    let again = world.apply(alice, What::Delete { room, target: Seq(1) });
    assert_eq!(again, Ok(Answer::Unchanged { room, seq: Seq(5) }));
}

#[test]
fn reactions_are_given_once_and_taken_back() {
    talk().check(
        "bob: /react #a 1 +1\nbob: /react #a 1 +1\nalice: /react #a 1 +1\nbob: /unreact #a 1 +1\n\
         bob: /unreact #a 1 +1\nbob: /unreact #a 1 -1\nbob: /react #a 1 +1",
        "#a 4 <bob> +1 1\n#a 5 <alice> +1 1\n#a 6 <bob> +1 off 1\n#a 7 <bob> +1 1",
    );
}

#[test]
fn reactions_have_their_limits() {
    let names: Vec<String> = (0..=REACTIONS_MAX).map(|n| format!("guest{n}")).collect();
    let mut world = World::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let join = |name: &String| format!("{name}: /join #a\n");
    let joined: String = names.iter().map(|name| format!("#a +{name}\n")).collect();
    world.check(&names.iter().map(join).collect::<String>(), joined.trim_end());
    world.check("guest0: #a hi", "#a 1 <guest0> hi");
    let room = world.state.room_named("#a").unwrap();
    let mut react = |who: usize, what: usize| {
        let reaction = Reaction::parse(&format!(":{what}:")).unwrap();
        let by = world.session(&names[who]);
        let react = What::React { room, target: Seq(1), reaction, on: true };
        world.apply(by, react).map_err(|refusal| refusal.code.to_string())
    };
    let too_many = Err("too-many-reactions".to_owned());
    for what in 0..MEMBER_REACTIONS_MAX {
        assert!(react(0, what).is_ok());
    }
    assert_eq!(react(0, MEMBER_REACTIONS_MAX), too_many);
    for what in MEMBER_REACTIONS_MAX..REACTIONS_MAX {
        assert!(react(what, what).is_ok());
    }
    assert_eq!(react(REACTIONS_MAX, REACTIONS_MAX), too_many);
    assert!(react(REACTIONS_MAX, 0).is_ok());
}

#[test]
fn an_edit_is_one_under_its_id_and_keeps_what_is_answered() {
    let mut world = talk();
    world.check("alice: /reply #a 1 hm", "#a 4 <alice> re 1: hm");
    let (alice, room) = (world.session("alice"), world.state.room_named("#a").unwrap());
    let edit = |target, said: &str| What::Edit {
        room,
        target: Seq(target),
        id: Some(MessageId([1; 16])),
        said: Said::plain(Text::clean(said).unwrap()),
    };
    let first = world.apply(alice, edit(4, "aha"));
    assert_eq!(first, Ok(Answer::Posted { room, seq: Seq(5), at: Time(world.now) }));
    assert_eq!(world.apply(alice, edit(4, "aha")), first);
    for other in [edit(4, "oho"), edit(1, "aha")] {
        assert_eq!(world.apply(alice, other).unwrap_err().code.as_str(), "id-reused");
    }
    let post =
        What::Post { to: To::Room(room), id: Some(MessageId([1; 16])), content: text("aha") };
    assert_eq!(world.apply(alice, post).unwrap_err().code.as_str(), "id-reused");
    let said = Said { reply_to: Some(Seq(1)), ..Said::plain(Text::clean("aha").unwrap()) };
    assert_eq!(present(&world, 4).content, Content::Text(said));
}

#[test]
fn in_a_private_conversation_too() {
    let mut world = World::with(&["alice", "bob", "eve"]);
    world.check(
        "alice: bob psst\nalice: /edit @ 1 hush\nbob: /react @ 1 :ok:\nbob: /delete @ 1 ! not-yours\n\
         eve: /delete @ 1 ! not-joined\nbob: /quit\nalice: /delete @ 1",
        "@ 1 <alice> psst\n@ 2 <alice> edit 1 hush\n@ 3 <bob> :ok: 1\n@ -bob!\n@ 4 <alice> delete 1",
    );
}

/// What comes before in the same group counts, though no store has it.
#[test]
fn changes_of_one_group_see_each_other() {
    let mut world = talk();
    let (alice, bob) = (world.session("alice"), world.session("bob"));
    let room = world.state.room_named("#a").unwrap();
    let reaction = Reaction::parse("+1").unwrap();
    let said = Said::plain(Text::clean("drei").unwrap());
    let react = |on| What::React { room, target: Seq(4), reaction: reaction.clone(), on };
    let steps = [
        (alice, What::Post { to: To::Room(room), id: None, content: text("three") }, "posted"),
        (bob, react(true), "posted"),
        (bob, react(true), "unchanged"),
        (bob, react(false), "posted"),
        (bob, react(false), "unchanged"),
        (alice, What::Edit { room, target: Seq(4), id: None, said }, "posted"),
        (alice, What::Delete { room, target: Seq(4) }, "posted"),
        (alice, What::Delete { room, target: Seq(4) }, "unchanged"),
        (bob, react(true), "no-message"),
    ];
    let (mut state, mut group) = (State::clone(&world.state), Group::default());
    for (by, what, expected) in steps {
        let change = Change { at: Time(7), by, from: None, what };
        let shown = match apply(&mut state, &change, &mut world.past, &mut group) {
            Ok(Answer::Posted { .. }) => "posted".to_owned(),
            Ok(Answer::Unchanged { .. }) => "unchanged".to_owned(),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => refusal.code.to_string(),
        };
        assert_eq!(shown, expected, "{change:?}");
    }
    let marks: Vec<_> = group.rows.iter().filter_map(|row| row.entry()?.edited).collect();
    assert_eq!(marks, [EditMark { seq: Seq(7), at: Time(7) }]);
}
