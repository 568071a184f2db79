use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chat_proto::{
    Epoch, MemberId, MessageId, RoomId, Seq,
    message::{Anchor, ErrorCode, ReactionCount},
};
use rusqlite::Connection;

use super::{Hall, post, show};
use crate::{
    core::{Answer, Counters, Entry, Prior, Row, TokenHash, What},
    log::{
        Opened, Store, StoreError, memory,
        sqlite::{self, Sync},
    },
};

fn epoch(directory: &Path, sync: Sync, fresh: u8) -> Epoch {
    sqlite::open(directory, sync, Epoch([fresh; 16])).unwrap().state.epoch
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let (alice, member) = hall.arrive("alice", Some(TokenHash([3; 32]))).await;
    let room = hall.join(alice, "#tea").await;
    let id = Some(MessageId([5; 16]));
    let first = hall.ask(alice, post(room, id, "hi")).await;
    hall.close().await;

    let hall = Hall::on_disk(directory.path());
    assert_eq!(show(&hall.read(room, Anchor::Latest, 9).await), "1:hi of 1");
    let back = hall.ask(alice, What::Resume { token: TokenHash([3; 32]) }).await;
    assert!(
        matches!(&back, Ok(Answer::Here { session, rooms, generation: 1, .. })
        if *session == alice && *rooms == [(room, Seq(0))]),
        "{back:?}"
    );
    assert_eq!(hall.ask(alice, post(room, id, "hi")).await, first);
    assert!(matches!(hall.say(alice, room, "again").await, Ok(Answer::Posted { seq: Seq(2), .. })));
    let (_, other) = hall.arrive("bob", None).await;
    assert!(other > member);
}

#[tokio::test]
async fn numbers_of_members_and_rooms_are_never_given_twice() {
    let directory = tempfile::tempdir().unwrap();
    let mut last = (0, 0);
    for _ in 0..3 {
        let hall = Hall::on_disk(directory.path());
        let (bob, member) = hall.arrive("bob", None).await;
        let room = hall.join(bob, "#tea").await;
        hall.leave(bob).await;
        assert!((member.0, room.0) > last);
        last = (member.0, room.0);
        hall.close().await;
    }
}

#[test]
fn the_epoch_stays_unless_entries_may_be_lost() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    assert_eq!(epoch(path, Sync::Full, 1), Epoch([1; 16]));
    assert_eq!(epoch(path, Sync::Full, 2), Epoch([1; 16]), "killed under full: nothing is lost");
    assert_eq!(epoch(path, Sync::Normal, 3), Epoch([1; 16]));
    assert_eq!(epoch(path, Sync::Full, 4), Epoch([4; 16]), "killed under normal");
    let mut closed = sqlite::open(path, Sync::Normal, Epoch([5; 16])).unwrap();
    closed.store.close().unwrap();
    drop(closed);
    assert_eq!(epoch(path, Sync::Full, 6), Epoch([4; 16]), "closed in good order");
}

#[track_caller]
fn refused(directory: &Path, expected: &str) {
    match sqlite::open(directory, Sync::Full, Epoch([1; 16])) {
        Ok(_) => panic!("opened"),
        Err(error) => {
            let message = error.to_string().replace(directory.to_str().unwrap(), "DIR");
            assert!(message.contains(expected), "{message}");
        }
    }
}

#[test]
fn what_is_no_chat_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("chat.db");
    fs::write(&file, "this is no database, by far").unwrap();
    refused(directory.path(), "DIR/chat.db is not a chat database");
    assert_eq!(fs::read_to_string(&file).unwrap(), "this is no database, by far");
    fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    refused(directory.path(), "DIR/chat.db is not a chat database");
}

#[test]
fn a_newer_file_and_a_directory_in_use_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let held = sqlite::open(directory.path(), Sync::Full, Epoch([1; 16])).unwrap();
    refused(directory.path(), "another server uses DIR");
    drop(held);
    let file = Connection::open(directory.path().join("chat.db")).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    refused(directory.path(), "newer chat-server (schema 99");
}

#[tokio::test]
async fn a_flipped_bit_is_told_and_never_served() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    for said in ["one", "two"] {
        hall.say(alice, room, said).await.unwrap();
    }
    let file = Connection::open(directory.path().join("chat.db")).unwrap();
    file.execute("UPDATE entries SET text = 'tvo' WHERE text = 'two'", []).unwrap();
    let read = super::Read { from: Anchor::Latest, limit: 9, bytes_max: 1000 };
    assert_eq!(hall.log.read(room, read).await.unwrap_err().code, ErrorCode::Internal);
    let before = super::Read { from: Anchor::Before(Seq(2)), ..read };
    assert_eq!(show(&hall.log.read(room, before).await.unwrap()), "1:one of 2");
}

type Commit =
    dyn FnMut(&mut dyn Store, &[Row], &Counters) -> Result<(), StoreError> + Send + 'static;

/// A store that commits in its own way.
pub(super) struct Tampered {
    store: Box<dyn Store>,
    commit: Box<Commit>,
}

impl Tampered {
    pub(super) fn hall(
        opened: Opened,
        commit: impl FnMut(&mut dyn Store, &[Row], &Counters) -> Result<(), StoreError> + Send + 'static,
    ) -> Hall {
        let Opened { store, reader, state, index } = opened;
        let store = Box::new(Self { store, commit: Box::new(commit) });
        Hall::open(Opened { store, reader, state, index })
    }

    /// The disk is full whenever that is set.
    fn full(opened: Opened, full: &Arc<AtomicBool>) -> Hall {
        let full = Arc::clone(full);
        Self::hall(opened, move |store, rows, counters| {
            if full.load(Ordering::SeqCst) {
                return Err(StoreError::NotWritten("disk full".into()));
            }
            store.commit(rows, counters)
        })
    }
}

impl Store for Tampered {
    fn commit(&mut self, rows: &[Row], counters: &Counters) -> Result<(), StoreError> {
        (self.commit)(&mut *self.store, rows, counters)
    }

    fn prior(
        &mut self,
        member: MemberId,
        id: MessageId,
        now: chat_proto::Time,
    ) -> Result<Option<Prior>, StoreError> {
        self.store.prior(member, id, now)
    }

    fn message(&mut self, room: RoomId, seq: Seq) -> Result<Option<Arc<Entry>>, StoreError> {
        self.store.message(room, seq)
    }

    fn reactions(
        &mut self,
        room: RoomId,
        seq: Seq,
        member: MemberId,
    ) -> Result<Vec<ReactionCount>, StoreError> {
        self.store.reactions(room, seq, member)
    }

    fn covers(&self, counters: &Counters) -> bool {
        self.store.covers(counters)
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.store.close()
    }
}

#[tokio::test]
async fn what_happened_while_the_disk_was_full_is_written_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let full = Arc::new(AtomicBool::new(false));
    let open = || sqlite::open(directory.path(), Sync::Full, Epoch([1; 16])).unwrap();
    let hall = Tampered::full(open(), &full);
    let (alice, _) = hall.arrive("alice", Some(TokenHash([3; 32]))).await;
    let tea = hall.join(alice, "#tea").await;
    hall.say(alice, tea, "one").await.unwrap();
    full.store(true, Ordering::SeqCst);
    let (bob, _) = hall.arrive("bob", Some(TokenHash([4; 32]))).await;
    assert_eq!(hall.join(bob, "#tea").await, tea);
    hall.leave(alice).await;
    assert_eq!(hall.say(bob, tea, "two").await.unwrap_err().code, ErrorCode::Unavailable);
    full.store(false, Ordering::SeqCst);
    hall.say(bob, tea, "three").await.unwrap();
    hall.close().await;

    let hall = Hall::open(open());
    let back = |session, token| hall.ask(session, What::Resume { token: TokenHash([token; 32]) });
    let bob_is_back = back(bob, 4).await;
    assert!(
        matches!(&bob_is_back, Ok(Answer::Here { rooms, .. }) if *rooms == [(tea, Seq(1))]),
        "{bob_is_back:?}"
    );
    assert!(back(alice, 3).await.is_err(), "she has left");
    assert_eq!(show(&hall.read(tea, Anchor::Latest, 9).await), "1:one 2:three of 2");
}

#[tokio::test]
async fn a_full_disk_refuses_messages_and_lets_people_come_and_go() {
    let full = Arc::new(AtomicBool::new(false));
    let hall = Tampered::full(memory::open(Epoch([1; 16])), &full);
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    hall.say(alice, room, "one").await.unwrap();

    full.store(true, Ordering::SeqCst);
    assert_eq!(hall.say(alice, room, "two").await.unwrap_err().code, ErrorCode::Unavailable);
    let (bob, _) = hall.arrive("bob", None).await;
    assert_eq!(hall.join(bob, "#tea").await, room);
    hall.leave(bob).await;
    assert_eq!(show(&hall.read(room, Anchor::Latest, 9).await), "1:one of 1");

    full.store(false, Ordering::SeqCst);
    assert!(matches!(hall.say(alice, room, "two").await, Ok(Answer::Posted { seq: Seq(2), .. })));
}
