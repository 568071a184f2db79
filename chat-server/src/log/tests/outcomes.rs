//! What becomes of messages, over every log; what only a file can show.

use std::{fs, path::Path};

use chat_proto::{
    MemberId, MessageId, Reaction, RoomId, Seq, SessionId, Text, Time,
    message::{Anchor, Content, Outcome, Said},
};
use rusqlite::Connection;

use super::{Hall, Outcome as Answered, START, index_all, post, search};
use crate::{
    core::{Answer, Entry, Shown, TokenHash, What},
    log::{PageSlice, Read},
};

impl Hall {
    async fn page(&self, room: RoomId, from: Anchor, limit: usize, viewer: MemberId) -> PageSlice {
        let read = Read { from, limit, bytes_max: 1 << 20 };
        self.log.page(room, read, viewer).await.unwrap()
    }

    async fn edit(&self, by: SessionId, room: RoomId, target: u64, said: &str) -> Answered {
        self.edit_as(by, room, target, None, said).await
    }

    async fn edit_as(
        &self,
        by: SessionId,
        room: RoomId,
        target: u64,
        id: Option<MessageId>,
        said: &str,
    ) -> Answered {
        let said = Said::plain(Text::clean(said).unwrap());
        self.ask(by, What::Edit { room, target: Seq(target), id, said }).await
    }

    async fn delete(&self, by: SessionId, room: RoomId, target: u64) -> Answered {
        self.ask(by, What::Delete { room, target: Seq(target) }).await
    }

    async fn react(&self, by: SessionId, room: RoomId, target: u64, what: &str, on: bool) {
        let (reaction, target) = (Reaction::parse(what).unwrap(), Seq(target));
        self.ask(by, What::React { room, target, reaction, on }).await.unwrap();
    }
}

fn show_entry(entry: &Entry) -> String {
    let seq = entry.seq;
    let marked = if entry.edited.is_some() { "*" } else { "" };
    match &entry.content {
        Content::Edited { target, said } => {
            format!("{seq}:{target}={}", said.as_ref().map_or("-", |said| said.text.as_str()))
        }
        Content::Deleted { target } => format!("{seq}:{target}=gone"),
        Content::Reacted { target, reaction, on } => {
            format!("{seq}:{target}{}{reaction}", if *on { "+" } else { "-" })
        }
        Content::Erased { nick, .. } => format!("{seq}:(gone by {nick})"),
        Content::Topic(topic) => format!("{seq}:topic {topic}"),
        content => {
            format!("{seq}:{}{marked}", content.said().map_or("?", |said| said.text.as_str()))
        }
    }
}

fn show_item(item: &Shown) -> String {
    let mut shown = show_entry(&item.entry);
    let Outcome { reactions, .. } = item.outcome();
    for count in reactions {
        let mine = if count.mine { "!" } else { "" };
        shown.push_str(&format!("[{} {}{mine}]", count.reaction, count.count));
    }
    shown
}

fn show_page(page: &PageSlice) -> String {
    let items: Vec<_> = page.items.iter().map(show_item).collect();
    let more = if page.more { " …" } else { "" };
    format!("{}{more} of {}", items.join(" "), page.head)
}

async fn show_raw(hall: &Hall, room: RoomId, after: u64) -> String {
    let slice = hall.read(room, Anchor::After(Seq(after)), 100).await;
    let entries: Vec<_> = slice.entries.iter().map(|entry| show_entry(entry)).collect();
    entries.join(" ")
}

struct Scene {
    room: RoomId,
    alice: (SessionId, MemberId),
    bob: (SessionId, MemberId),
}

/// Two people, four messages, and what became of them.
async fn fill(hall: &Hall) -> Scene {
    let token = |byte| Some(TokenHash([byte; 32]));
    let (alice, bob) = (hall.arrive("alice", token(1)).await, hall.arrive("bob", token(2)).await);
    let room = hall.join(alice.0, "#tea").await;
    hall.join(bob.0, "#tea").await;
    for said in ["one", "two", "three", "four"] {
        hall.say(alice.0, room, said).await.unwrap();
    }
    hall.edit(alice.0, room, 2, "zwei").await.unwrap();
    hall.react(bob.0, room, 1, ":ok:", true).await;
    hall.react(alice.0, room, 1, ":ok:", true).await;
    hall.react(bob.0, room, 1, "+1", true).await;
    hall.react(bob.0, room, 3, "+1", true).await;
    hall.delete(alice.0, room, 3).await.unwrap();
    hall.say(bob.0, room, "eleven").await.unwrap();
    hall.edit(alice.0, room, 2, "dos").await.unwrap();
    hall.react(bob.0, room, 1, ":ok:", false).await;
    Scene { room, alice, bob }
}

/// What every log must show of it.
async fn check(hall: &Hall, scene: &Scene) {
    let (room, bob) = (scene.room, scene.bob.1);
    let page = async |from, limit| show_page(&hall.page(room, from, limit, bob).await);
    let all = "1:one[:ok: 1][+1 1!] 2:dos* 3:(gone by alice) 4:four 11:eleven of 13";
    assert_eq!(page(Anchor::Latest, 9).await, all);
    assert_eq!(page(Anchor::After(START), 9).await, all);
    assert_eq!(page(Anchor::Latest, 1).await, "11:eleven … of 13");
    assert_eq!(page(Anchor::Latest, 2).await, "4:four 11:eleven … of 13");
    assert_eq!(page(Anchor::Before(Seq(11)), 2).await, "3:(gone by alice) 4:four … of 13");
    assert_eq!(page(Anchor::Before(Seq(9)), 1).await, "4:four … of 13");
    assert_eq!(page(Anchor::Before(Seq(2)), 1).await, "1:one[:ok: 1][+1 1!] of 13");
    assert_eq!(page(Anchor::After(Seq(3)), 1).await, "4:four … of 13");
    assert_eq!(page(Anchor::After(Seq(4)), 9).await, "11:eleven of 13");
    assert_eq!(page(Anchor::After(Seq(7)), 1).await, "11:eleven of 13");
    assert_eq!(page(Anchor::After(Seq(11)), 9).await, " of 13");
    let of_alice = hall.page(room, Anchor::Before(Seq(2)), 1, scene.alice.1).await;
    assert_eq!(show_page(&of_alice), "1:one[:ok: 1!][+1 1] of 13");
    assert_eq!(
        show_raw(hall, room, 0).await,
        "1:one 2:dos* 3:(gone by alice) 4:four 5:2=dos 6:1+:ok: 7:1+:ok: 8:1++1 9:3++1 10:3=gone \
         11:eleven 12:2=dos 13:1-:ok:"
    );
    assert_eq!(show_raw(hall, room, 11).await, "12:2=dos 13:1-:ok:");
}

/// An id stands for what it was sent with, whatever became of it.
async fn ids(hall: &Hall, scene: &Scene) {
    let (room, alice) = (scene.room, scene.alice.0);
    let (said, edited) = (Some(MessageId([5; 16])), Some(MessageId([6; 16])));
    let first = hall.ask(alice, post(room, said, "rough")).await;
    let Ok(Answer::Posted { seq: Seq(number), .. }) = first else { panic!("{first:?}") };
    let second = hall.edit_as(alice, room, number, edited, "fine").await;
    assert!(matches!(second, Ok(Answer::Posted { .. })), "{second:?}");
    hall.edit(alice, room, number, "finest").await.unwrap();
    let reused = async |what| hall.ask(alice, what).await.unwrap_err().code.to_string();
    assert_eq!(hall.ask(alice, post(room, said, "rough")).await, first);
    assert_eq!(hall.edit_as(alice, room, number, edited, "fine").await, second);
    assert_eq!(reused(post(room, said, "finest")).await, "id-reused");
    assert_eq!(reused(post(room, edited, "fine")).await, "id-reused");
    let finest = hall.edit_as(alice, room, number, edited, "finest").await;
    assert_eq!(finest.unwrap_err().code.to_string(), "id-reused");
    hall.delete(alice, room, number).await.unwrap();
    assert_eq!(hall.ask(alice, post(room, said, "rough")).await, first);
    assert_eq!(hall.edit_as(alice, room, number, edited, "fine").await, second);
    let gone = format!("{number}:(gone by alice)");
    let page = hall.page(room, Anchor::Latest, 1, scene.bob.1).await;
    assert!(show_page(&page).starts_with(&gone), "{page:?}");
}

#[tokio::test]
async fn in_memory() {
    let hall = Hall::in_memory();
    let scene = fill(&hall).await;
    check(&hall, &scene).await;
    ids(&hall, &scene).await;
}

#[tokio::test]
async fn a_time_is_looked_for_in_its_room_alone() {
    let directory = tempfile::tempdir().unwrap();
    for hall in [Hall::in_memory(), Hall::on_disk(directory.path())] {
        since(&hall).await;
    }
}

/// A room that ends with changes, and one behind it that is older.
async fn since(hall: &Hall) {
    let (dave, _) = hall.arrive("dave", None).await;
    let (late, early) = (hall.join(dave, "#late").await, hall.join(dave, "#early").await);
    hall.say_at(dave, late, 1_600_000_001_000, "one").await;
    for on in [true, false, true, false] {
        hall.react(dave, late, 1, "+1", on).await;
    }
    hall.say_at(dave, early, 1_600_000_000_500, "two").await;
    for (time, first) in [(600, 1), (1000, 1), (1001, 2)] {
        let from = Anchor::Since(Time(1_600_000_000_000 + time));
        assert_eq!(hall.read(late, from, 9).await.entries[0].seq, Seq(first), "since {time}");
    }
}

#[tokio::test]
async fn on_disk_and_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let scene = fill(&hall).await;
    check(&hall, &scene).await;
    hall.close().await;
    let hall = Hall::on_disk(directory.path());
    check(&hall, &scene).await;
    ids(&hall, &scene).await;
    hall.close().await;
    // The chain of numbers goes on where the last entry was a change.
    let hall = Hall::on_disk(directory.path());
    hall.say(scene.bob.0, scene.room, "later").await.unwrap();
    let page = hall.page(scene.room, Anchor::Latest, 100, scene.bob.1).await;
    assert!(show_page(&page).ends_with("18:later of 18"), "{}", show_page(&page));
    hall.close().await;
    let mut faults = Vec::new();
    let checked = crate::log::sqlite::check::check(directory.path(), &mut |fault| {
        faults.push(fault.to_string());
        Ok(())
    });
    assert_eq!((faults, checked.unwrap().entries), (Vec::new(), 18));
}

/// A message that vanished behind the changes is missed, by a page and by the check.
#[tokio::test]
async fn a_message_that_vanished_among_changes_is_missed() {
    for (gone, from) in [(4, Anchor::Latest), (11, Anchor::Latest), (1, Anchor::After(START))] {
        let directory = tempfile::tempdir().unwrap();
        let hall = Hall::on_disk(directory.path());
        let scene = fill(&hall).await;
        hall.close().await;
        let db = Connection::open(directory.path().join(crate::log::sqlite::FILE_NAME)).unwrap();
        let sql = "DELETE FROM entries WHERE key & 0xFFFFFFFFFF = ?1";
        assert_eq!(db.execute(sql, [gone]).unwrap(), 1);
        drop(db);
        let mut faults = 0;
        let count = &mut |_| {
            faults += 1;
            Ok(())
        };
        crate::log::sqlite::check::check(directory.path(), count).unwrap();
        assert!(faults > 0, "{gone}");
        let hall = Hall::on_disk(directory.path());
        let read = Read { from, limit: 100, bytes_max: 1 << 20 };
        let page = hall.log.page(scene.room, read, scene.bob.1).await;
        assert_eq!(page.unwrap_err().code.to_string(), "internal", "{gone}");
        hall.close().await;
    }
}

#[tokio::test]
async fn a_page_goes_over_reactions() {
    let directory = tempfile::tempdir().unwrap();
    for hall in [Hall::in_memory(), Hall::on_disk(directory.path())] {
        let (alice, member) = hall.arrive("alice", None).await;
        let room = hall.join(alice, "#tea").await;
        hall.say(alice, room, "one").await.unwrap();
        let toggles = (0..5000).map(|n| hall.react(alice, room, 1, "+1", n % 2 == 0));
        futures::future::join_all(toggles).await;
        hall.say(alice, room, "two").await.unwrap();
        for from in [Anchor::Latest, Anchor::After(START)] {
            let page = hall.page(room, from, 2, member).await;
            let numbers: Vec<_> = page.items.iter().map(|item| item.entry.seq).collect();
            // Some of them came twice in a row and changed nothing.
            assert!(page.head > Seq(1000), "{}", page.head);
            assert_eq!((numbers, page.more), (vec![Seq(1), page.head], false));
        }
        hall.close().await;
    }
}

#[tokio::test]
async fn a_page_with_many_reactions_is_cut() {
    let directory = tempfile::tempdir().unwrap();
    for hall in [Hall::in_memory(), Hall::on_disk(directory.path())] {
        let (alice, member) = hall.arrive("alice", None).await;
        let room = hall.join(alice, "#tea").await;
        for number in 1..=20 {
            hall.say(alice, room, "hi").await.unwrap();
            for n in 0..10 {
                hall.react(
                    alice,
                    room,
                    11 * (number - 1) + 1,
                    &format!("{n}{}", "x".repeat(40)),
                    true,
                )
                .await;
            }
        }
        for (from, first, last) in [(Anchor::Latest, 144, 210), (Anchor::After(START), 1, 67)] {
            let read = Read { from, limit: 500, bytes_max: 4000 };
            let page = hall.log.page(room, read, member).await.unwrap();
            let numbers: Vec<_> = page.items.iter().map(|item| item.entry.seq.0).collect();
            assert_eq!((numbers[0], *numbers.last().unwrap(), page.more), (first, last, true));
        }
        hall.close().await;
    }
}

async fn found(hall: &Hall, scene: &Scene, query: &str) -> String {
    let hits = hall.log.search(search(&[scene.room], query)).await.unwrap();
    let shown: Vec<_> = hits.entries.iter().map(|entry| show_entry(entry)).collect();
    shown.join(" ")
}

async fn check_found(hall: &Hall, scene: &Scene) {
    for (query, expected) in [
        ("two", ""),
        ("zwei", ""),
        ("dos", "2:dos*"),
        ("three", ""),
        ("eleven", "11:eleven"),
        ("from:alice", "4:four 2:dos* 1:one"),
    ] {
        assert_eq!(found(hall, scene, query).await, expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_now_is_found_and_nothing_else() {
    let hall = Hall::in_memory();
    let scene = fill(&hall).await;
    check_found(&hall, &scene).await;

    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let scene = fill(&hall).await;
    // Nothing is indexed yet, or some; then everything.
    check_found(&hall, &scene).await;
    index_all(directory.path(), &[(scene.room, 13)]);
    check_found(&hall, &scene).await;
    // What is indexed already, and becomes another.
    hall.edit(scene.alice.0, scene.room, 4, "cuatro").await.unwrap();
    hall.delete(scene.alice.0, scene.room, 1).await.unwrap();
    for indexed in [false, true] {
        if indexed {
            index_all(directory.path(), &[(scene.room, 15)]);
        }
        assert_eq!(found(&hall, &scene, "four").await, "");
        assert_eq!(found(&hall, &scene, "cuatro").await, "4:cuatro*");
        assert_eq!(found(&hall, &scene, "one").await, "");
        assert_eq!(found(&hall, &scene, "from:alice").await, "4:cuatro* 2:dos*");
    }
    hall.close().await;
}

/// Whether these bytes stand anywhere in a file of the directory.
fn holds(directory: &Path, what: &str) -> Vec<String> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let holds = |path: &std::path::PathBuf| {
        let bytes = fs::read(path).unwrap();
        bytes.windows(what.len()).any(|window| window.eq_ignore_ascii_case(what.as_bytes()))
    };
    files.filter(holds).map(|path| path.display().to_string()).collect()
}

/// Blocks until no words of deleted messages are left in the index.
fn index_cleared(directory: &Path) {
    let db = Connection::open(directory.join(crate::log::search::FILE_NAME)).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let sql = "SELECT count(*) FROM meta WHERE name = 'remains'";
    while db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() > 0 {
        assert!(std::time::Instant::now() < deadline, "the index is cleared");
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deleted_is_gone_from_the_files() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let (alice, _) = hall.arrive("alice", None).await;
    let mut rooms = Vec::new();
    for name in ["#a", "#b", "#c", "#d", "#e"] {
        rooms.push(hall.join(alice, name).await);
    }
    // Long and short ones in turn through all rooms, so that pages are split in all ways.
    let secret = |n: u64| format!("secretword{n:03}x {}", "blah ".repeat((n as usize * 37) % 900));
    for n in 0..300 {
        hall.say(alice, rooms[n as usize % 5], &secret(n)).await.unwrap();
        hall.edit(alice, rooms[n as usize % 5], 2 * (n / 5) + 1, &secret(n + 500)).await.unwrap();
    }
    let heads = |last| rooms.iter().map(|room| (*room, last)).collect::<Vec<_>>();
    index_all(directory.path(), &heads(120));
    for n in 0..300 {
        hall.delete(alice, rooms[n as usize % 5], 2 * (n / 5) + 1).await.unwrap();
    }
    hall.say(alice, rooms[0], "publicword").await.unwrap();
    index_all(directory.path(), &[heads(180), vec![(rooms[0], 181)]].concat()[1..]);
    index_cleared(directory.path());
    hall.close().await;
    assert_eq!(holds(directory.path(), "publicword").len(), 2, "in the store and in the index");
    assert_eq!(holds(directory.path(), "secretword"), Vec::<String>::new());
}
