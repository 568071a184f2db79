//! Rooms whose first entries are kept no longer.

use std::time::Duration;

use chat_proto::{
    MessageId, RoomId, Seq, SessionId, Time,
    message::{Anchor, ErrorCode},
};

use super::{Hall, START, post, show};
use crate::{
    core::{Answer, What},
    log::Weighed,
    rooms::{Delivery, Following},
};

async fn forget(hall: &Hall, room: RoomId, through: u64) {
    let what = What::Forget { room, through: Seq(through) };
    assert_eq!(hall.ask(SessionId(0), what).await, Ok(Answer::Done));
}

/// What every log must do, whatever it is kept in.
async fn story(hall: &Hall) {
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    let id = Some(MessageId([5; 16]));
    let first = hall.ask(alice, post(room, id, "one")).await.unwrap();
    for said in ["two", "three", "four", "five"] {
        hall.say(alice, room, said).await.unwrap();
    }
    let whole = hall.log.weigh(room, START, 9).await.unwrap();
    forget(hall, room, 3).await;
    pages(hall, room).await;
    weights(hall, room, whole).await;
    said_once(hall, alice, room, first).await;
    forget(hall, room, 2).await;
    assert_eq!(hall.read(room, Anchor::Latest, 9).await.entries.len(), 2, "nothing comes back");
    all_of_it(hall, alice, room).await;
}

async fn pages(hall: &Hall, room: RoomId) {
    let read = async |from, limit| show(&hall.read(room, from, limit).await);
    assert_eq!(read(Anchor::Latest, 9).await, "4:four 5:five of 5");
    assert_eq!(read(Anchor::Latest, 2).await, "4:four 5:five of 5");
    assert_eq!(read(Anchor::Latest, 1).await, "5:five … of 5");
    for before in 0..=4 {
        assert_eq!(read(Anchor::Before(Seq(before)), 9).await, " of 5");
    }
    for after in 0..=3 {
        assert_eq!(read(Anchor::After(Seq(after)), 1).await, "4:four … of 5");
    }
    assert_eq!(read(Anchor::Since(Time(0)), 9).await, "4:four 5:five of 5");
    assert_eq!(read(Anchor::Since(Time(1_800_000_000_000)), 9).await, " of 5");
}

async fn weights(hall: &Hall, room: RoomId, whole: Weighed) {
    let rest = hall.log.weigh(room, START, 9).await.unwrap();
    assert!(whole.last == Seq(5) && rest.last == Seq(5), "{rest:?}");
    assert_eq!(whole.bytes - rest.bytes, 3 * (64 + 5) + "onetwothree".len() as u64);
    assert_eq!(
        hall.log.weigh(room, Seq(5), 9).await.unwrap(),
        Weighed { last: Seq(5), ..Weighed::default() }
    );
    assert_eq!(hall.log.oldest(RoomId(0)).await.unwrap(), Some((room, Time(1_700_000_000_000))));
    assert_eq!(hall.log.oldest(RoomId(room.0 + 1)).await.unwrap(), None);
}

/// An id stands for its message for as long as ids do.
async fn said_once(hall: &Hall, alice: SessionId, room: RoomId, first: Answer) {
    let Answer::Posted { seq: Seq(1), .. } = first else { panic!("{first:?}") };
    let again = hall.ask(alice, post(room, Some(MessageId([5; 16])), "one")).await;
    assert!(matches!(again, Ok(Answer::Posted { seq: Seq(1), .. })), "{again:?}");
    let elsewhere = hall.join(alice, "#other").await;
    let reused = hall.ask(alice, post(elsewhere, Some(MessageId([5; 16])), "one")).await;
    assert_eq!(reused.unwrap_err().code, ErrorCode::IdReused);
}

async fn all_of_it(hall: &Hall, alice: SessionId, room: RoomId) {
    forget(hall, room, u64::MAX).await;
    assert_eq!(show(&hall.read(room, Anchor::Latest, 9).await), " of 5");
    assert_eq!(show(&hall.read(room, Anchor::After(START), 9).await), " of 5");
    assert_eq!(hall.log.oldest(RoomId(0)).await.unwrap(), None);
    hall.say(alice, room, "six").await.unwrap();
    assert_eq!(show(&hall.read(room, Anchor::Latest, 9).await), "6:six of 6");
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

#[tokio::test]
async fn an_empty_room_stays_and_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    for said in ["one", "two", "three"] {
        hall.say(alice, room, said).await.unwrap();
    }
    let last = hall.read(room, Anchor::Latest, 1).await.entries[0].pos;
    forget(&hall, room, 3).await;
    hall.leave(alice).await;
    hall.close().await;

    let hall = Hall::on_disk(directory.path());
    assert_eq!(hall.log.state().forgotten(room), Seq(3));
    let (bob, _) = hall.arrive("bob", None).await;
    assert_eq!(hall.join(bob, "#tea").await, room);
    hall.say(bob, room, "four").await.unwrap();
    let slice = hall.read(room, Anchor::Latest, 9).await;
    assert_eq!(show(&slice), "4:four of 4");
    assert!(slice.entries[0].pos > last, "no position is given twice");
    hall.close().await;
}

#[tokio::test]
async fn who_is_behind_goes_on_at_the_beginning_and_is_told() {
    let hall = Hall::in_memory();
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    for said in ["one", "two", "three", "four"] {
        hall.say(alice, room, said).await.unwrap();
    }
    let mut following = Following::new(hall.log.clone());
    following.follow(room, Seq(1), START);
    forget(&hall, room, 2).await;
    let mut next = async || {
        let next = tokio::time::timeout(Duration::from_secs(20), following.next()).await.unwrap();
        match next {
            Delivery::Skipped { through, .. } => format!("skipped {through}"),
            Delivery::Page { entries, .. } => format!("from {}", entries[0].seq),
            Delivery::Batch { after, .. } => format!("live after {after}"),
            _ => "something else".into(),
        }
    };
    assert_eq!((next().await, next().await), ("skipped 2".into(), "from 3".into()));
    let soon = async {
        tokio::task::yield_now().await;
        hall.say(alice, room, "five").await.unwrap();
    };
    assert_eq!(futures::join!(next(), soon).0, "live after 4");
}
