//! Counting what somebody has not read, and keeping how far they have.

use chat_proto::{
    MemberId, Reaction, RoomId, Seq, SessionId, Text, Topic,
    message::{Content, Said, UNREAD_MAX},
};

use super::{Hall, post};
use crate::core::{Answer, NickKeys, PasswordHash, To, What};

async fn unread(hall: &Hall, room: RoomId, viewer: MemberId) -> (u64, u32, u32, u64) {
    let counted = hall.log.count(room, viewer, false).await.unwrap();
    let tally = counted.tally;
    (counted.read.0, tally.unread, tally.mentions, tally.head.0)
}

async fn mark(hall: &Hall, by: SessionId, room: RoomId, through: u64) {
    let what = What::MarkRead { room, through: Some(Seq(through)) };
    assert!(matches!(hall.ask(by, what).await, Ok(Answer::Marked { .. })));
}

async fn register(hall: &Hall, by: SessionId) {
    let what = What::Register { password: PasswordHash("hash".into()), device: None };
    hall.ask(by, what).await.unwrap();
}

/// What every log must do, whatever it is kept in.
async fn story(hall: &Hall) {
    let (alice, viewer) = hall.arrive("alice", None).await;
    let (bob, _) = hall.arrive("bob", None).await;
    register(hall, alice).await;
    let room = hall.join(alice, "#tea").await;
    hall.join(bob, "#tea").await;
    assert_eq!(unread(hall, room, viewer).await, (0, 0, 0, 0));
    for said in ["hi Alice!", "malice", "more"] {
        hall.say(bob, room, said).await.unwrap();
    }
    hall.say(alice, room, "bob, alice is me").await.unwrap();
    assert_eq!(unread(hall, room, viewer).await, (0, 3, 1, 4), "one's own do not count");
    mark(hall, alice, room, 1).await;
    assert_eq!(unread(hall, room, viewer).await, (1, 2, 0, 4));
    what_is_no_message_does_not_count(hall, bob, room).await;
    assert_eq!(unread(hall, room, viewer).await, (1, 1, 1, 8), "one is deleted, one names her now");
    hall.ask(SessionId(0), What::Forget { room, through: Seq(3) }).await.unwrap();
    assert_eq!(unread(hall, room, viewer).await, (1, 0, 0, 8), "nothing of it is kept");
    mark(hall, alice, room, 99).await;
    assert_eq!(unread(hall, room, viewer).await, (8, 0, 0, 8));
    in_private_all_is_said_to_her(hall, bob, viewer).await;
    no_more_than_anybody_wants_to_know(hall, bob, room, viewer).await;
}

async fn what_is_no_message_does_not_count(hall: &Hall, bob: SessionId, room: RoomId) {
    let said = Said::plain(Text::clean("alice: less").unwrap());
    let reaction = Reaction::parse("+1").unwrap();
    for what in [
        What::Delete { room, target: Seq(2) },
        What::Edit { room, target: Seq(3), id: None, said },
        What::React { room, target: Seq(3), reaction, on: true },
        What::Topic { room, topic: Topic::clean("alice").unwrap() },
    ] {
        hall.ask(bob, what).await.unwrap();
    }
}

async fn in_private_all_is_said_to_her(hall: &Hall, bob: SessionId, viewer: MemberId) {
    let nick = NickKeys::of(chat_proto::Nick::parse("alice").unwrap());
    let content = Content::Action(Said::plain(Text::clean("waves").unwrap()));
    let what = What::Post { to: To::Nick(nick), id: None, content };
    let Ok(Answer::Posted { room, .. }) = hall.ask(bob, what).await else { panic!("said") };
    assert_eq!(unread(hall, room, viewer).await, (0, 1, 1, 1));
}

async fn no_more_than_anybody_wants_to_know(
    hall: &Hall,
    bob: SessionId,
    room: RoomId,
    viewer: MemberId,
) {
    for _ in 0..UNREAD_MAX - 1 {
        hall.ask(bob, post(room, None, "tick")).await.unwrap();
    }
    assert_eq!(unread(hall, room, viewer).await, (8, UNREAD_MAX - 1, 0, 1007));
    for _ in 0..3 {
        hall.ask(bob, post(room, None, "alice!")).await.unwrap();
    }
    assert_eq!(unread(hall, room, viewer).await, (8, UNREAD_MAX, 1, 1010));
}

#[tokio::test]
async fn unread_messages_are_counted_in_memory() {
    let hall = Hall::in_memory();
    story(&hall).await;
    hall.close().await;
}

#[tokio::test]
async fn unread_messages_are_counted_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    story(&hall).await;
    hall.close().await;
}

#[tokio::test]
async fn markers_are_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let (alice, viewer) = hall.arrive("alice", None).await;
    register(&hall, alice).await;
    let (tea, ops) = (hall.join(alice, "#tea").await, hall.join(alice, "#ops").await);
    for room in [tea, ops] {
        for said in ["one", "two", "three"] {
            hall.say(alice, room, said).await.unwrap();
        }
        mark(&hall, alice, room, 2).await;
    }
    let part = What::Part { room: ops, reason: chat_proto::Reason::default() };
    hall.ask(alice, part).await.unwrap();
    hall.close().await;
    let hall = Hall::on_disk(directory.path());
    let marker = |room| hall.log.state().marker(viewer, room);
    assert_eq!((marker(tea), marker(ops)), (Seq(2), Seq(0)));
    hall.close().await;
}
