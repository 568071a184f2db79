//! What keeps the index, where something fails.

use std::{fs, time::Duration};

use chat_proto::{RoomId, Seq};

use super::{
    Hall,
    search::{closed, execute, index_all},
};
use crate::log::search::{FILE_NAME, Index};

const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn without_an_indexer_nobody_waits_for_it() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join(FILE_NAME)).unwrap();
    let hall = Hall::on_disk(directory.path());
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    hall.say(alice, room, "one").await.unwrap();
    let unindexed = hall.log.unindex(room, Seq(1), vec![1]);
    tokio::time::timeout(WITHIN, unindexed).await.expect("there is nothing to wait for");
}

#[tokio::test]
async fn a_room_that_cannot_be_read_keeps_no_other_from_being_indexed() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let (alice, _) = hall.arrive("alice", None).await;
    let mut rooms = Vec::new();
    for name in ["#a", "#b", "#c", "#d"] {
        rooms.push(hall.join(alice, name).await);
    }
    let say = async |said: &str| {
        for room in &rooms {
            hall.say(alice, *room, said).await.unwrap();
        }
    };
    let others = |last| [0, 2, 3].map(|other| (rooms[other], last));
    say("one").await;
    index_all(directory.path(), &rooms.iter().map(|room| (*room, 1)).collect::<Vec<_>>());
    let RoomId(damaged) = rooms[1];
    let lost = format!("INSERT INTO beginnings VALUES ({damaged}, 0, 99)");
    execute(&directory.path().join("chat.db"), &lost);
    for last in 2..=4 {
        say("more").await;
        index_all(directory.path(), &others(last));
    }
}

#[tokio::test]
async fn what_is_kept_no_longer_leaves_no_word_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    for said in ["zanzibar", "kettle"] {
        hall.say(alice, room, said).await.unwrap();
    }
    index_all(directory.path(), &[(room, 2)]);
    hall.close().await;
    let (_, place, ..) = closed(directory.path());
    let mut index = Index::open(&place).unwrap();
    let gone = index.newest().unwrap().unwrap().0 - 1;
    index.remove_all(&[gone]).unwrap();
    while index.has_remains().unwrap() {
        index.clear_some().unwrap();
    }
    drop(index);
    let file = fs::read(&place.path).unwrap();
    let has = |word: &str| file.windows(word.len()).any(|bytes| bytes == word.as_bytes());
    assert!(has("kettle") && !has("zanzibar"));
}
