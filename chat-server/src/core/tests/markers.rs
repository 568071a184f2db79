//! Read markers: of accounts alone, forwards only, and gone with the membership.

use chat_proto::{MemberId, Seq, Time};

use super::World;
use crate::core::{Change, Channel, Deed, Group, PasswordHash, Row, Told, What, apply};

/// Alice, who has an account and talks with Bob in `#a`, where three things were said.
fn world() -> (World, MemberId) {
    let mut world = World::with(&["alice", "bob"]);
    let password = PasswordHash("hash".into());
    world.apply(world.session("alice"), What::Register { password, device: None }).unwrap();
    world.check(
        "alice: /join #a\nbob: /join #a\nbob: #a one\nbob: #a two\nbob: #a three",
        "#a +alice\n#a +bob\n#a 1 <bob> one\n#a 2 <bob> two\n#a 3 <bob> three",
    );
    let alice = world.state.member_named("alice").unwrap();
    (world, alice)
}

#[test]
fn a_marker_moves_forwards_and_not_beyond_what_was_said() {
    let (mut world, alice) = world();
    let room = world.room("#a");
    let mut read = |through: &str| {
        world.check(&format!("alice: /read #a {through}"), "");
        world.state.marker(alice, room).0
    };
    assert_eq!([read("0"), read("2"), read("1"), read("2")], [0, 2, 2, 2]);
    assert_eq!([read("9"), read("1"), read("")], [3, 3, 3]);
    world.check("alice: /read #nowhere ! not-joined\nbob: /read #a ! login-needed", "");
    assert_eq!(world.state.marker(world.state.member_named("bob").unwrap(), room), Seq(0));
}

#[test]
fn a_marker_begins_at_the_end_and_goes_with_the_membership() {
    let (mut world, alice) = world();
    let room = world.room("#a");
    world.check("alice: /read #a\nalice: /part #a\nbob: #a four", "#a -alice\n#a 4 <bob> four");
    assert_eq!(world.state.marker(alice, room), Seq(0));
    world.check("alice: /join #a", "#a +alice");
    assert_eq!(world.state.marker(alice, room), Seq(4), "what came before is not new");
    world.check("bob: /kick #a alice ! not-allowed\nbob: #a five", "#a 5 <bob> five");
    assert_eq!(world.state.marker(alice, room), Seq(4));
    world.quit("alice");
    world.check("bob: #a six", "#a 6 <bob> six");
    world.log_in("alice", alice);
    assert_eq!(world.state.marker(alice, room), Seq(4), "it waits for its account");
}

#[test]
fn who_is_put_out_or_deleted_leaves_none() {
    let (mut world, alice) = world();
    world.check("bob: /join #b\nbob: #b hi\nalice: /join #b", "#b +bob\n#b 1 <bob> hi\n#b +alice");
    let (a, b) = (world.room("#a"), world.room("#b"));
    world.check("alice: /read #a", "");
    world.quit("alice");
    world.check("bob: /kick #b alice gone", "#b 2 <bob> kicked alice from it: gone");
    assert_eq!((world.state.marker(alice, a), world.state.marker(alice, b)), (Seq(3), Seq(0)));
    let nick = super::nick("alice");
    let what = What::Operate(Deed::Delete { nick });
    world.apply_from(None, what).unwrap();
    assert!(world.state.markers.is_empty(), "{:?}", world.state.markers);
}

#[test]
fn what_is_said_to_the_absent_is_behind_their_marker() {
    let (mut world, alice) = world();
    world.quit("alice");
    world.check("bob: alice psst\nbob: alice hello?", "@ 1 <bob> psst\n@ 2 <bob> hello?");
    let direct = world.state.rooms.keys().max().copied().unwrap();
    assert_eq!(world.state.marker(alice, direct), Seq(0));
    world.log_in("alice", alice);
    assert!(world.state.is_in(alice, direct));
    assert_eq!(world.state.marker(alice, direct), Seq(0));
}

#[test]
fn other_sessions_are_told_and_nothing_waits_for_the_disk() {
    let (mut world, alice) = world();
    let room = world.room("#a");
    let mark = |world: &mut World, through| {
        let what = What::MarkRead { room, through: Some(Seq(through)) };
        let change = Change { at: Time(9), by: world.session("alice"), from: None, what };
        let mut group = Group::default();
        apply(&mut world.state, &change, &mut world.past, &mut group).unwrap();
        assert!(!group.rows.iter().any(Row::is_kept));
        (group.rows.len(), group.told)
    };
    assert_eq!(mark(&mut world, 1), (1, vec![]), "there is no other");
    let first = world.session("alice");
    world.log_in("phone", alice);
    let told = vec![(Channel::Member(alice), Told::Marked { room, by: first })];
    assert_eq!(mark(&mut world, 2), (1, told));
    assert_eq!(mark(&mut world, 2), (0, vec![]), "nothing has moved");
}
