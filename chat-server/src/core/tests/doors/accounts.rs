//! What accounts and administrators have in rooms.

use std::sync::Arc;

use chat_proto::{MemberId, message::Role};

use super::{super::World, tea};
use crate::core::{Account, PasswordHash, Proof, What};

fn register(world: &mut World, name: &str) -> MemberId {
    let password = PasswordHash("hash".into());
    world.apply(world.session(name), What::Register { password, device: None }).unwrap();
    world.state.member_named(name).unwrap()
}

#[test]
fn an_account_keeps_what_it_has_in_rooms() {
    let mut world = tea();
    let alice = register(&mut world, "alice");
    world.check("alice: /mode #a private", "#a 2 <alice> made it private");
    let room = world.room("#a");
    world.quit("alice");
    world.quit("bob");
    assert!(world.state.is_private(room), "the room waits for its owner");
    world.log_in("alice", alice);
    assert!(world.state.is_in(alice, room));
    world.check("alice: /invite #a carol", "#a 3 <alice> invited carol to it");
}

#[test]
fn what_a_guest_has_goes_on_with_their_account() {
    let mut world = tea();
    let carol = register(&mut world, "carol");
    world.quit("carol");
    let what = What::SignIn { account: carol, proof: Proof::Password(0), device: None };
    world.apply(world.session("alice"), what).unwrap();
    let doors = world.state.doors(world.room("#a")).cloned().unwrap();
    assert_eq!(doors.staff, [(carol, Role::Owner)]);
}

#[test]
fn an_account_is_put_out_also_while_it_is_away() {
    let mut world = tea();
    let bob = register(&mut world, "bob");
    let room = world.room("#a");
    world.quit("bob");
    world.check("alice: /kick #a bob gone", "#a 2 <alice> kicked bob from it: gone");
    world.log_in("bob", bob);
    assert!(!world.state.is_in(bob, room));
    world.check("bob: /join #a", "#a +bob");
    world.quit("bob");
    world.check("alice: /ban #a b*", "#a 3 <alice> banned b* from it without end");
    world.log_in("bob", bob);
    assert!(!world.state.is_in(bob, room), "he comes back to a ban");
    // A guest who goes on as him does not bring him in either.
    world.check("carol: /join #a", "#a +carol");
    let what = What::SignIn { account: bob, proof: Proof::Password(0), device: None };
    world.apply(world.session("carol"), what).unwrap();
    assert!(!world.state.is_in(bob, room));
}

#[test]
fn an_administrator_does_what_an_owner_does_in_every_room() {
    let mut world = tea();
    let carol = register(&mut world, "carol");
    let account = Account::clone(world.state.account(carol).unwrap());
    world.state.accounts.insert_mut(carol, Arc::new(Account { is_admin: true, ..account }));
    world.check(
        "alice: /mode #a private\ncarol: /join #a\ncarol: /kick #a alice\ncarol: /role #a bob owner",
        "#a 2 <alice> made it private\n#a +carol\n#a 3 <carol> kicked alice from it\n#a xalice kicked\n\
         #a 4 <carol> made bob owner of it",
    );
    world.check("bob: /ban #a carol ! not-allowed\nbob: carol psst", "@ 1 <bob> psst");
    let kick = super::door(&world, "/kick", "#a carol");
    let refused = world.apply(world.session("bob"), kick).unwrap_err().text;
    assert!(refused.starts_with("carol is an administrator of the server"), "{refused}");
    let direct = world.state.rooms.keys().max().copied().unwrap();
    let what = What::Delete { room: direct, target: chat_proto::Seq(1) };
    let refused = world.apply(world.session("carol"), what).unwrap_err();
    assert_eq!(refused.code.as_str(), "not-yours", "what is private is theirs alone");
}
