use std::{sync::mpsc, time::Duration};

use chat_proto::{Epoch, RoomId, Seq, SessionId, message::Anchor};
use futures::FutureExt;

use super::{Hall, START, disk::Tampered};
use crate::{
    log::memory,
    rooms::{Delivery, Following},
};

/// A member's view: what was delivered, by number.
struct Eyes {
    following: Following,
    seen: Vec<Seq>,
    stale: usize,
}

impl Eyes {
    fn new(hall: &Hall, room: RoomId, after: Seq) -> Self {
        let mut following = Following::new(hall.log.clone());
        following.follow(room, after, START);
        Self { following, seen: Vec::new(), stale: 0 }
    }

    fn see(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Batch { batch, after } => {
                let seqs = batch.told.iter().filter_map(crate::core::Told::seq);
                self.seen.extend(seqs.filter(|seq| *seq > after));
            }
            Delivery::Page { entries, .. } => {
                self.seen.extend(entries.iter().map(|entry| entry.seq))
            }
            Delivery::Stale(_) => self.stale += 1,
            _ => {}
        }
    }

    async fn until(&mut self, last: u64) {
        let watch = async {
            while self.seen.last().is_none_or(|seq| seq.0 < last) {
                let delivery = self.following.next().await;
                self.see(delivery);
            }
        };
        tokio::time::timeout(Duration::from_secs(20), watch)
            .await
            .expect("everything is delivered");
    }

    #[track_caller]
    fn saw(&self, numbers: std::ops::RangeInclusive<u64>) {
        assert_eq!(self.seen, numbers.map(Seq).collect::<Vec<_>>());
    }
}

async fn room_with(hall: &Hall, messages: u64) -> (SessionId, RoomId) {
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    say(hall, alice, room, messages).await;
    (alice, room)
}

async fn say(hall: &Hall, by: SessionId, room: RoomId, messages: u64) {
    for message in 0..messages {
        hall.say(by, room, &format!("message {message}")).await.unwrap();
    }
}

#[tokio::test]
async fn from_a_cursor_through_the_log_to_the_live_tail() {
    let hall = Hall::in_memory();
    let (alice, room) = room_with(&hall, 2000).await;
    let mut eyes = Eyes::new(&hall, room, Seq(10));
    eyes.until(2000).await;
    say(&hall, alice, room, 5).await;
    eyes.until(2005).await;
    eyes.saw(11..=2005);
    assert_eq!(eyes.stale, 0);
    assert!(eyes.following.is_at_the_tail());
}

#[tokio::test]
async fn who_lags_reads_on_from_the_log() {
    let hall = Hall::in_memory();
    let (alice, room) = room_with(&hall, 1).await;
    let mut eyes = Eyes::new(&hall, room, START);
    eyes.until(1).await;
    say(&hall, alice, room, 1).await;
    eyes.until(2).await;
    // Far more batches than the channel holds.
    say(&hall, alice, room, 500).await;
    eyes.until(502).await;
    eyes.saw(1..=502);
    // Comings and goings may have been missed: the member is told so when it has caught up.
    let delivery =
        tokio::time::timeout(Duration::from_secs(20), eyes.following.next()).await.unwrap();
    eyes.see(delivery);
    assert_eq!(eyes.stale, 1);
}

#[tokio::test]
async fn who_stalls_holds_no_channel_and_loses_nothing() {
    let hall = Hall::in_memory();
    let (alice, room) = room_with(&hall, 3).await;
    let mut eyes = Eyes::new(&hall, room, START);
    eyes.until(3).await;
    say(&hall, alice, room, 1).await;
    eyes.until(4).await;
    assert_eq!(hall.log.rooms().len(), 1);
    eyes.following.fall_behind_everywhere();
    assert!(hall.log.rooms().is_empty());
    say(&hall, alice, room, 100).await;
    eyes.until(104).await;
    eyes.saw(1..=104);
}

#[tokio::test]
async fn who_stalls_while_reading_on_may_have_missed_comings_and_goings() {
    let hall = Hall::in_memory();
    let (_, room) = room_with(&hall, 1000).await;
    let mut eyes = Eyes::new(&hall, room, START);
    eyes.until(1).await;
    eyes.following.fall_behind_everywhere();
    eyes.until(1000).await;
    let watch = async {
        while eyes.stale == 0 {
            let delivery = eyes.following.next().await;
            eyes.see(delivery);
        }
    };
    tokio::time::timeout(Duration::from_secs(20), watch).await.expect("it is told");
    eyes.saw(1..=1000);
}

#[tokio::test]
async fn what_was_taken_before_a_room_was_left_or_followed_anew_is_not_due() {
    let hall = Hall::in_memory();
    let (alice, room) = room_with(&hall, 700).await;
    let mut eyes = Eyes::new(&hall, room, START);
    let page = eyes.following.next().await;
    assert!(matches!(page, Delivery::Page { .. }) && eyes.following.is_due(&page));
    eyes.following.follow(room, Seq(50), START);
    assert!(!eyes.following.is_due(&page));
    eyes.until(700).await;
    eyes.saw(51..=700);
    assert!(eyes.following.next().now_or_never().is_none(), "it is live");
    say(&hall, alice, room, 1).await;
    let batch = eyes.following.next().await;
    assert!(matches!(batch, Delivery::Batch { .. }) && eyes.following.is_due(&batch));
    eyes.following.unfollow(room);
    assert!(!eyes.following.is_due(&batch));
}

#[tokio::test]
async fn what_is_in_the_file_already_is_delivered_when_the_state_knows_it() {
    let (go, gate) = mpsc::sync_channel(4);
    let hall = Tampered::hall(memory::open(Epoch([1; 16])), move |store, rows, counters| {
        store.commit(rows, counters)?;
        gate.recv_timeout(Duration::from_secs(20)).expect("the test goes on");
        Ok(())
    });
    (0..3).for_each(|_| go.send(()).unwrap());
    let (alice, room) = room_with(&hall, 1).await;
    let mut eyes = Eyes::new(&hall, room, START);
    let see = async {
        while hall.read(room, Anchor::Latest, 9).await.head < Seq(2) {
            tokio::task::yield_now().await;
        }
        eyes.until(1).await;
        eyes.saw(1..=1);
        go.send(()).unwrap();
        eyes.until(2).await;
        eyes.saw(1..=2);
    };
    tokio::join!(say(&hall, alice, room, 1), see);
}

#[tokio::test]
async fn the_last_listener_takes_the_channel_along() {
    let hall = Hall::in_memory();
    let (alice, room) = room_with(&hall, 1).await;
    let mut eyes = Eyes::new(&hall, room, START);
    eyes.until(1).await;
    say(&hall, alice, room, 1).await;
    eyes.until(2).await;
    assert_eq!(hall.log.rooms().len(), 1);
    drop(eyes);
    assert!(hall.log.rooms().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joining_while_others_talk_misses_and_repeats_nothing() {
    let hall = std::sync::Arc::new(Hall::in_memory());
    let (alice, room) = room_with(&hall, 50).await;
    let talker = {
        let hall = std::sync::Arc::clone(&hall);
        tokio::spawn(async move { say(&hall, alice, room, 3000).await })
    };
    for round in 0..30 {
        let after = hall.log.state().head(room);
        let mut eyes = Eyes::new(&hall, room, after);
        let last = (after.0 + 20 + round).min(3050);
        if after.0 < last {
            eyes.until(last).await;
            let seen = *eyes.seen.last().unwrap();
            eyes.saw(after.0 + 1..=seen.0);
        }
    }
    talker.await.unwrap();
}
