use chat_proto::{MessageId, PEOPLE_TOLD_MAX, RoomId, Seq, Time};

use super::{World, nick, room, text};
use crate::core::{Answer, ID_MILLIS_MAX, To, What};

#[test]
fn entries_are_numbered_without_a_hole() {
    World::with(&["alice", "bob"]).check(
        "alice: /join #tea\nbob: /join #tea\nalice: #tea hi\nbob: #tea hello\nbob: /topic #tea green\nalice: #tea ok",
        "#tea +alice\n#tea +bob\n#tea 1 <alice> hi\n#tea 2 <bob> hello\n#tea 3 <bob> topic green\n#tea 4 <alice> ok",
    );
}

#[test]
fn only_members_post_and_only_to_rooms() {
    World::with(&["alice", "bob"]).check(
        "bob: #tea hi ! not-joined\nalice: /join #tea\nbob: #tea hi ! not-joined\nbob: /part #tea ! not-joined\n\
         bob: /topic #tea x ! not-joined",
        "#tea +alice",
    );
}

#[test]
fn an_unwritten_room_vanishes_and_a_written_one_stays() {
    let mut world = World::with(&["alice"]);
    world.check("alice: /join #tea\nalice: /part #tea", "#tea +alice\n- -alice");
    assert_eq!(world.state.room_named("#tea"), None);
    world.check(
        "alice: /join #tea\nalice: #tea hi\nalice: /part #tea",
        "#tea +alice\n#tea 1 <alice> hi\n#tea -alice",
    );
    assert!(world.state.room_named("#tea").is_some());
    world.check("alice: /join #TEA\nalice: #tea again", "#tea +alice\n#tea 2 <alice> again");
}

#[test]
fn a_room_that_came_again_has_another_number() {
    let mut world = World::with(&["alice"]);
    world.check("alice: /join #tea", "#tea +alice");
    let first = world.state.room_named("#tea");
    world.check("alice: /part #tea\nalice: /join #tea", "- -alice\n#tea +alice");
    assert_ne!(world.state.room_named("#tea"), first);
}

#[test]
fn look_alike_rooms_are_refused() {
    World::with(&["alice"])
        .check("alice: /join #tea\nalice: /join #t\u{435}a ! look-alike", "#tea +alice");
}

#[test]
fn rooms_of_a_member_are_limited() {
    World::with(&["alice"]).check(
        "alice: /join #a\nalice: /join #b\nalice: /join #c\nalice: /join #d ! too-many-rooms\nalice: /join #a",
        "#a +alice\n#b +alice\n#c +alice",
    );
}

#[test]
fn taken_nicks_get_a_suffix_and_free_ones_do_not() {
    let mut world = World::with(&["bot"]);
    world.arrive("BOT");
    assert!(world.state.member_named("bot-2").is_some());
    for _ in 0..20 {
        world.arrive("b\u{43e}t");
    }
    assert_eq!(world.state.members.size(), 22);
    world.check("BOT-2: /nick bot ! nick-taken\nBOT-2: /nick Bot-2\nbot: /nick tom", "");
    world.check("BOT-2: /quit", "");
    world.arrive("bot");
    assert!(world.state.member_named("bot").is_some());
}

#[test]
fn suffixes_begin_anew_when_the_last_is_given() {
    let mut world = World::with(&["bot"]);
    for _ in 2..=9 {
        world.arrive("bot");
    }
    world.state.suffixes.insert_mut("bot".into(), 99_999);
    for suffix in [10, 11] {
        world.arrive("bot");
        assert!(world.state.member_named(&format!("bot-{suffix}")).is_some());
    }
}

#[test]
fn private_conversations_belong_to_the_pair() {
    let mut world = World::with(&["alice", "bob"]);
    world.check("alice: bob psst\nbob: alice what", "@ 1 <alice> psst\n@ 2 <bob> what");
    let pair = |world: &World| {
        let of = |name| world.state.member_named(name).unwrap();
        world.state.direct(of("alice"), of("bob"))
    };
    let first = pair(&world);
    world.check("bob: /quit\nalice: bob there? ! no-nick", "@ -bob!");
    world.arrive("bob");
    assert_eq!(pair(&world), None);
    world.check("alice: bob hi", "@ 1 <alice> hi");
    assert_ne!(pair(&world), first);
}

#[test]
fn a_private_room_takes_no_topic_and_no_message_to_the_absent() {
    let mut world = World::with(&["alice", "bob"]);
    world.check("alice: bob psst", "@ 1 <alice> psst");
    let direct = world.state.rooms.keys().max().copied().unwrap();
    let alice = world.session("alice");
    let topic = What::Topic { room: direct, topic: chat_proto::Topic::default() };
    assert_eq!(world.apply(alice, topic).unwrap_err().code.as_str(), "private");
    world.check("bob: /quit", "@ -bob!");
    let post = What::Post { to: To::Room(direct), id: None, content: text("hello?") };
    assert_eq!(world.apply(alice, post).unwrap_err().code.as_str(), "no-nick");
}

#[test]
fn coming_and_going_is_told_in_every_room() {
    World::with(&["alice"]).check(
        "alice: /join #a\nalice: /join #b\nalice: /nick al\nalice: /away tea\nalice: /away tea\nalice: /away\nalice: /quit",
        "#a +alice\n#b +alice\n#a alice=al\n#b alice=al\n#a al away true\n#b al away true\n#a al away false\n\
         #b al away false\n- -al!\n- -al!",
    );
}

#[test]
fn an_id_is_one_message_for_seven_days() {
    let mut world = World::with(&["alice", "bob"]);
    world.check("alice: /join #a\nbob: /join #a", "#a +alice\n#a +bob");
    let (alice, bob) = (world.session("alice"), world.session("bob"));
    let room = world.state.room_named("#a").unwrap();
    let post = |said: &str| What::Post {
        to: To::Room(room),
        id: Some(MessageId([1; 16])),
        content: text(said),
    };
    let first = world.apply(alice, post("hi"));
    assert_eq!(first, Ok(Answer::Posted { room, seq: Seq(1), at: Time(world.now) }));
    assert_eq!(world.apply(alice, post("hi")), first);
    assert_eq!(world.apply(alice, post("ho")).unwrap_err().code.as_str(), "id-reused");
    assert!(matches!(world.apply(bob, post("mine")), Ok(Answer::Posted { seq: Seq(2), .. })));
    world.now += ID_MILLIS_MAX;
    assert!(matches!(world.apply(alice, post("later")), Ok(Answer::Posted { seq: Seq(3), .. })));
}

#[test]
fn an_id_of_another_room_is_reused() {
    let mut world = World::with(&["alice"]);
    world.check("alice: /join #a\nalice: /join #b", "#a +alice\n#b +alice");
    let alice = world.session("alice");
    let id = |name: &str| world.state.room_named(&room(name).folded).unwrap();
    let post = |room: RoomId| What::Post {
        to: To::Room(room),
        id: Some(MessageId([1; 16])),
        content: text("hi"),
    };
    let (a, b) = (post(id("#a")), post(id("#b")));
    assert!(world.apply(alice, a).is_ok());
    assert_eq!(world.apply(alice, b).unwrap_err().code.as_str(), "id-reused");
    assert_eq!(nick("a").suffixed(2).nick.as_str(), "a-2");
}

#[test]
fn a_crowd_is_told_what_is_said_and_not_who_comes() {
    let people: Vec<_> = (0..=PEOPLE_TOLD_MAX).map(|number| format!("m{number}x")).collect();
    let mut world = World::with(&people.iter().map(String::as_str).collect::<Vec<_>>());
    for name in &people[..PEOPLE_TOLD_MAX] {
        world.check(&format!("{name}: /join #tea"), &format!("#tea +{name}"));
    }
    let last = &people[PEOPLE_TOLD_MAX];
    world.check(
        &format!("{last}: /join #tea\n{last}: #tea hi\nm0x: /part #tea\n{last}: /part #tea"),
        &format!("#tea 1 <{last}> hi\n#tea -{last}"),
    );
}
