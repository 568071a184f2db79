//! Rooms with doors.

mod accounts;

use chat_proto::{
    Reason, Whom,
    line::{DoorCommand, ModeChange},
};

use super::{World, nick};
use crate::core::{Act, Answer, BarKind, What, WhomKeys};

/// `#room` and what line mode takes behind the command.
pub(super) fn door(world: &World, verb: &str, rest: &str) -> What {
    let (name, args) = rest.split_once(' ').unwrap_or((rest, ""));
    let (_, command) = DoorCommand::parse(&verb[1..], args).unwrap().unwrap();
    let kind = |mute| if mute { BarKind::Mute } else { BarKind::Ban };
    let whom = |whom: &str| WhomKeys::of(Whom::parse(whom).unwrap());
    let reason = |text: &str| Reason::clean(text).unwrap();
    let act = match command {
        DoorCommand::Mode(change) => mode(change.unwrap()),
        DoorCommand::Role { nick: name, role } => Act::Role { nick: nick(&name), role },
        DoorCommand::Invite { nick: name, on } => Act::Invite { nick: nick(&name), on },
        DoorCommand::Kick { nick: name, reason: why } => {
            Act::Kick { nick: nick(&name), reason: reason(&why) }
        }
        DoorCommand::Bar { mute, whom: name, secs, reason: why } => {
            Act::Bar { kind: kind(mute), whom: whom(&name), secs, reason: reason(&why) }
        }
        DoorCommand::Free { mute, whom: name } => Act::Free { kind: kind(mute), whom: whom(&name) },
        other => panic!("{other:?} decides nothing"),
    };
    What::Door { room: world.room(name), act: Box::new(act) }
}

fn mode(change: ModeChange) -> Act {
    let (mut private, mut read_only, mut topic_lock, mut slow_secs) = (None, None, None, None);
    match change {
        ModeChange::Private(on) => private = Some(on),
        ModeChange::ReadOnly(on) => read_only = Some(on),
        ModeChange::TopicLock(on) => topic_lock = Some(on),
        ModeChange::SlowSecs(secs) => slow_secs = Some(secs),
    }
    Act::Mode { private, read_only, topic_lock, slow_secs }
}

fn tea() -> World {
    let mut world = World::with(&["alice", "bob", "carol"]);
    world.check(
        "alice: /join #a\nbob: /join #a\nalice: #a hi",
        "#a +alice\n#a +bob\n#a 1 <alice> hi",
    );
    world
}

#[test]
fn who_makes_a_room_decides_about_it() {
    let mut world = tea();
    world.check(
        "bob: /mode #a readonly on ! not-allowed\nalice: /mode #a readonly on\nbob: #a hi ! read-only\n\
         alice: #a news\nalice: /mode #a readonly on\ncarol: /mode #a readonly off ! not-joined",
        "#a 2 <alice> made it public, read-only\n#a 3 <alice> news",
    );
    world.check(
        "bob: /role #a bob owner ! not-allowed\nalice: /role #a bob moderator\nbob: #a me too\n\
         bob: /mode #a readonly off\nbob: /mode #a private ! not-allowed\nbob: /role #a bob owner ! not-allowed",
        "#a 4 <alice> made bob moderator of it\n#a 5 <bob> me too\n#a 6 <bob> made it public",
    );
}

#[test]
fn the_last_owner_stays_one() {
    let mut world = tea();
    world.check("alice: /role #a alice member ! not-allowed", "");
    world.check(
        "alice: /role #a bob owner\nbob: /role #a alice member\nalice: /mode #a private ! not-allowed",
        "#a 2 <alice> made bob owner of it\n#a 3 <bob> made alice member of it",
    );
    world.check(
        "bob: /part #a\nbob: /join #a\nbob: /mode #a slow 10",
        "#a -bob\n#a +bob\n#a 4 <bob> made it public, slow 10 s",
    );
}

#[test]
fn a_guest_who_is_gone_is_owner_no_more_and_nobody_inherits() {
    let mut world = tea();
    world.check("alice: /quit\ncarol: /join #a", "#a -alice!\n#a +carol");
    world.arrive("alice");
    world.check(
        "alice: /join #a\nalice: /mode #a private ! not-allowed\nbob: /mode #a private ! not-allowed",
        "#a +alice",
    );
    assert_eq!(world.state.doors(world.room("#a")), None, "nothing of her is left");
}

#[test]
fn a_private_room_has_no_claim_to_its_name() {
    let mut world = tea();
    world.check(
        "alice: /mode #a private\ncarol: /join #a",
        "#a 2 <alice> made it private\n#a +carol",
    );
    let (old, new) = (
        world.state.room_meant(world.state.member_named("alice").unwrap(), "#a"),
        world.room("#a"),
    );
    assert!(old.is_some_and(|old| old != new), "carol has made a room of her own");
    let carol = world.state.member_named("carol").unwrap();
    assert_eq!(world.state.room_meant(carol, "#a"), Some(new));
    let public: Vec<_> = world
        .state
        .rooms_after("")
        .map(|(keys, room)| (keys.name.to_string(), room.members.size()))
        .collect();
    assert_eq!(public, [("#a".to_owned(), 1)]);
    let what = What::Door { room: old.unwrap(), act: Box::new(mode(ModeChange::Private(false))) };
    let refused = world.apply(world.session("alice"), what).unwrap_err();
    assert_eq!(refused.code.as_str(), "look-alike", "its name was given away");
}

#[test]
fn the_invited_come_in() {
    let mut world = tea();
    world.check(
        "alice: /mode #a private\nbob: /invite #a carol ! not-allowed\nalice: /invite #a carol\n\
         alice: /invite #a carol\nalice: /invite #a dave ! no-nick\ncarol: /join #a\ncarol: #a hello",
        "#a 2 <alice> made it private\n#a 3 <alice> invited carol to it\n#a +carol\n#a 4 <carol> hello",
    );
    let invited =
        |world: &World| world.state.room_meant(world.state.member_named("carol").unwrap(), "#a");
    world.check("carol: /part #a\ncarol: /join #a", "#a -carol\n#a +carol");
    world.check("alice: /kick #a carol", "#a 5 <alice> kicked carol from it\n#a xcarol kicked");
    assert_eq!(invited(&world), None, "she needs another invitation");
    world.check(
        "alice: /invite #a carol\nalice: /uninvite #a carol",
        "#a 6 <alice> invited carol to it\n#a 7 <alice> took back the invitation of carol to it",
    );
    assert_eq!(invited(&world), None);
}

#[test]
fn a_private_room_that_nobody_may_enter_is_gone() {
    let mut world = tea();
    let id = world.room("#a");
    world.check("bob: /part #a\nalice: /mode #a private", "#a -bob\n#a 2 <alice> made it private");
    world.check("alice: /part #a\nalice: /join #a", "#a -alice\n#a +alice");
    world.check("alice: /quit", "- -alice!");
    assert!(world.state.room(id).is_none() && world.state.doors(id).is_none());
}

#[test]
fn the_banned_are_out_and_stay_out() {
    let mut world = tea();
    world.check(
        "bob: /ban #a alice ! not-allowed\nalice: /ban #a bob for 10s spam",
        "#a 2 <alice> banned bob from it until 1970-01-01T00:00:11.008Z: spam\n#a xbob banned: spam",
    );
    world.check("bob: /join #a ! banned\nbob: /nick rob\nbob: /join #a ! banned", "");
    world.now += 11_000;
    world.check("bob: /join #a", "#a +rob");
    world.check(
        "alice: /ban #a r*\nbob: /join #a ! banned\nbob: /nick bob\nbob: /join #a",
        "#a 3 <alice> banned r* from it without end\n#a xrob banned\n#a +bob",
    );
    world.check("bob: /nick rob", "#a bob=rob\n#a xrob banned");
    world.check(
        "alice: /unban #a R*\nalice: /unban #a r*\nbob: /join #a",
        "#a 4 <alice> lifted the ban of r* from it\n#a +rob",
    );
}

#[test]
fn who_looks_after_a_room_is_not_banned_by_mistake() {
    let mut world = tea();
    world.check(
        "alice: /role #a bob moderator\nbob: /kick #a alice ! not-allowed\nbob: /ban #a * enough\n\
         carol: /join #a ! banned\nalice: /ban #a bob ! not-allowed\nalice: /kick #a alice ! not-allowed",
        "#a 2 <alice> made bob moderator of it\n#a 3 <bob> banned * from it without end: enough",
    );
    world
        .check("alice: /kick #a bob no", "#a 4 <alice> kicked bob from it: no\n#a xbob kicked: no");
    world.check("bob: /join #a ! banned", "");
}

#[test]
fn the_muted_read_and_take_back() {
    let mut world = tea();
    world.check(
        "bob: #a oh\nalice: /mute #a bob for 10s\nbob: #a hi ! muted\nbob: /edit #a 2 ah ! muted\n\
         bob: /react #a 1 +1 ! muted\nbob: /topic #a x ! muted\nbob: /delete #a 2",
        "#a 2 <bob> oh\n#a 3 <alice> muted bob in it until 1970-01-01T00:00:11.008Z\n#a 4 <bob> delete 2",
    );
    world.check(
        "alice: /unmute #a bob\nbob: #a hi",
        "#a 5 <alice> lets bob speak again in it\n#a 6 <bob> hi",
    );
}

#[test]
fn slow_mode_counts_from_the_last_message() {
    let mut world = tea();
    world.check(
        "alice: /mode #a slow 10\nbob: #a one\nbob: #a two ! slow-mode\nalice: #a x\nalice: #a y",
        "#a 2 <alice> made it public, slow 10 s\n#a 3 <bob> one\n#a 4 <alice> x\n#a 5 <alice> y",
    );
    world.now += 10_000;
    world.check("bob: #a two\nbob: /edit #a 6 three", "#a 6 <bob> two\n#a 7 <bob> edit 6 three");
    world.now -= 100_000;
    world.check("bob: #a back then", "#a 8 <bob> back then");
    world.check(
        "alice: /mode #a slow off\nbob: #a a\nbob: #a b",
        "#a 9 <alice> made it public\n#a 10 <bob> a\n#a 11 <bob> b",
    );
}

#[test]
fn moderators_lock_topics_and_delete() {
    let mut world = tea();
    world.check(
        "bob: /topic #a tea\nbob: /delete #a 1 ! not-yours\nalice: /mode #a topiclock on\n\
         bob: /topic #a x ! not-allowed\nalice: /topic #a y\nbob: #a hi\nalice: /edit #a 5 ho ! not-yours\nalice: /delete #a 5",
        "#a 2 <bob> topic tea\n#a 3 <alice> made it public, topic locked\n#a 4 <alice> topic y\n#a 5 <bob> hi\n#a 6 <alice> delete 5",
    );
}

#[test]
fn a_private_conversation_has_no_doors() {
    let mut world = World::with(&["alice", "bob"]);
    world.check("alice: bob hi", "@ 1 <alice> hi");
    let room = world.state.rooms.keys().max().copied().unwrap();
    let what = What::Door { room, act: Box::new(mode(ModeChange::ReadOnly(true))) };
    let refused = world.apply(world.session("alice"), what).unwrap_err();
    assert_eq!(refused.code.as_str(), "private");
}

#[test]
fn an_address_is_banned_without_being_told() {
    let mut world = World::with(&["alice"]);
    let from = |address: &str| Some(address.parse().unwrap());
    let come = |world: &mut World, name: &str, address| {
        let what = What::Arrive { nick: nick(name), stem: nick(name).stem(), token: None };
        match world.apply_from(address, what) {
            Ok(Answer::Here { session, .. }) => world.sessions.insert(name.to_owned(), session),
            other => panic!("{other:?}"),
        };
    };
    come(&mut world, "mallory", from("203.0.113.7"));
    come(&mut world, "bob", from("203.0.114.7"));
    world.check(
        "alice: /join #a\nmallory: /join #a\nalice: /ban #a from:mallory",
        "#a +alice\n#a +mallory\n#a 1 <alice> banned from:mallory from it without end\n#a xmallory banned",
    );
    come(&mut world, "mallory2", from("203.0.113.7"));
    world.check("mallory2: /join #a ! banned\nbob: /join #a", "#a +bob");
    world.check(
        "alice: /ban #a 203.0.114.0/24\nbob: /join #a ! banned",
        "#a 2 <alice> banned 203.0.114.0/24 from it without end\n#a xbob banned",
    );
}

#[test]
fn bars_are_limited() {
    let mut world = tea();
    for number in 0..crate::core::BARS_MAX {
        world.check(
            &format!("alice: /ban #a x{number}*"),
            &format!("#a {} <alice> banned x{number}* from it without end", number + 2),
        );
    }
    world.check(
        "alice: /ban #a y* ! too-many\nalice: /ban #a x0* again",
        "#a 202 <alice> banned x0* from it without end: again",
    );
}
