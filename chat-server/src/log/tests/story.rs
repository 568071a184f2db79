use std::collections::HashSet;

use chat_proto::{
    MessageId, Seq, Time,
    message::{Anchor, ErrorCode},
};

use super::{Hall, post, show};
use crate::core::Answer;

/// What every log must do, whatever it is kept in.
async fn story(hall: &Hall) {
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    for said in ["one", "two", "three", "four", "five"] {
        assert!(matches!(hall.say(alice, room, said).await, Ok(Answer::Posted { .. })));
    }
    pages(hall, room).await;
    ids(hall, alice, room).await;
}

async fn pages(hall: &Hall, room: chat_proto::RoomId) {
    let read = async |from, limit| show(&hall.read(room, from, limit).await);
    assert_eq!(read(Anchor::Latest, 2).await, "4:four 5:five … of 5");
    assert_eq!(read(Anchor::Latest, 9).await, "1:one 2:two 3:three 4:four 5:five of 5");
    assert_eq!(read(Anchor::Before(Seq(4)), 2).await, "2:two 3:three … of 5");
    assert_eq!(read(Anchor::Before(Seq(2)), 2).await, "1:one of 5");
    assert_eq!(read(Anchor::Before(Seq(0)), 2).await, " of 5");
    assert_eq!(read(Anchor::After(Seq(3)), 9).await, "4:four 5:five of 5");
    assert_eq!(read(Anchor::After(Seq(1)), 2).await, "2:two 3:three … of 5");
    assert_eq!(read(Anchor::After(Seq(u64::MAX)), 2).await, " of 5");
    assert_eq!(read(Anchor::Before(Seq(u64::MAX)), 1).await, "5:five … of 5");
    assert_eq!(read(Anchor::Since(Time(0)), 1).await, "1:one … of 5");
    assert_eq!(read(Anchor::Since(Time(1_700_000_000_001)), 1).await, " of 5");
    let other = chat_proto::RoomId(room.0 + 1);
    assert_eq!(show(&hall.read(other, Anchor::Latest, 9).await), " of 0");
}

async fn ids(hall: &Hall, alice: chat_proto::SessionId, room: chat_proto::RoomId) {
    let id = Some(MessageId([5; 16]));
    let first = hall.ask(alice, post(room, id, "six")).await;
    assert!(matches!(first, Ok(Answer::Posted { seq: Seq(6), .. })), "{first:?}");
    assert_eq!(hall.ask(alice, post(room, id, "six")).await, first);
    let reused = hall.ask(alice, post(room, id, "seven")).await.unwrap_err();
    assert_eq!(reused.code, ErrorCode::IdReused);
    assert_eq!(show(&hall.read(room, Anchor::Latest, 1).await), "6:six … of 6");
}

#[tokio::test]
async fn in_memory() {
    story(&Hall::in_memory()).await;
}

#[tokio::test]
async fn on_disk() {
    let directory = tempfile::tempdir().unwrap();
    story(&Hall::on_disk(directory.path())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_share_commits_and_every_number_once() {
    let directory = tempfile::tempdir().unwrap();
    let hall = std::sync::Arc::new(Hall::on_disk(directory.path()));
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    let writers = (0..20).map(|writer| {
        let hall = std::sync::Arc::clone(&hall);
        tokio::spawn(async move {
            let mut numbers = Vec::new();
            for message in 0..50 {
                match hall.say(alice, room, &format!("{writer} {message}")).await {
                    Ok(Answer::Posted { seq, .. }) => numbers.push(seq),
                    other => panic!("{other:?}"),
                }
            }
            assert!(numbers.is_sorted());
            numbers
        })
    });
    let all = futures::future::join_all(writers).await;
    let numbers: HashSet<Seq> = all.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(numbers, (1..=1000).map(Seq).collect());
    assert_eq!(hall.read(room, Anchor::After(Seq(0)), 2000).await.entries.len(), 1000);
}

#[tokio::test]
async fn the_same_id_twice_in_one_commit_is_one_message() {
    let hall = Hall::in_memory();
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    let id = Some(MessageId([5; 16]));
    let twice = (hall.ask(alice, post(room, id, "hi")), hall.ask(alice, post(room, id, "hi")));
    let (first, second) = futures::join!(twice.0, twice.1);
    assert_eq!(first, second);
    assert_eq!(show(&hall.read(room, Anchor::Latest, 9).await), "1:hi of 1");
}
