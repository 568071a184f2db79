//! What a search finds, over every log; what only an index in a file can show.

use std::{path::Path, sync::Arc};

use chat_proto::{RoomId, Seq, SessionId, Time};
use rusqlite::{Connection, OpenFlags};

use super::Hall;
use crate::{
    core::{Change, Hits, NickKeys, To, What, search::Query},
    log::{
        Reader,
        search::{FILE_NAME, Hints, Index, Place, Search, Searcher, rebuild},
    },
};

/// Midnight of 2026-11-21.
const DAY: i64 = 1_795_219_200_000;

impl Hall {
    pub(super) async fn say_at(&self, by: SessionId, room: RoomId, at: i64, said: &str) {
        let what = What::Post { to: To::Room(room), id: None, content: super::content(said) };
        self.log
            .append(Change { at: Time(at), by, from: None, what })
            .await
            .await
            .unwrap()
            .unwrap();
    }

    async fn find(&self, rooms: &[RoomId], query: &str) -> Hits {
        self.log.search(search(rooms, query)).await.unwrap()
    }
}

pub(super) fn search(rooms: &[RoomId], query: &str) -> Search {
    let query = Query::parse(query).unwrap();
    Search { query, rooms: rooms.to_vec(), before: None, limit: 50, bytes_max: 1 << 20 }
}

/// Texts, as `one|two`, with what is left out.
fn show(hits: &Hits) -> String {
    let texts = hits.entries.iter().map(|entry| crate::core::search::text(&entry.content).unwrap());
    let mut shown = texts.collect::<Vec<_>>().join("|");
    shown.push_str(if hits.next.is_some() { "…" } else { "" });
    if let Some(time) = hits.indexed_up_to {
        shown.push_str(&format!(" up to {time}"));
    }
    shown
}

/// Blocks until the index has everything, by its own account.
pub(super) fn index_all(directory: &Path, rooms: &[(RoomId, u64)]) {
    let file = directory.join(FILE_NAME);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let is_indexed = |(room, last): &(RoomId, u64)| {
        // For reading alone: when it is closed it must not take the journal of an index along that is just made anew.
        let db = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY);
        let seq = db.and_then(|db| {
            db.query_row("SELECT seq FROM rooms WHERE room = ?1", [room.0 as i64], |row| row.get(0))
        });
        seq == Ok(*last as i64)
    };
    while !rooms.iter().all(is_indexed) {
        assert!(std::time::Instant::now() < deadline, "the index catches up");
        std::thread::yield_now();
    }
}

struct Scene {
    tea: RoomId,
    ops: RoomId,
    alice: SessionId,
    bob: SessionId,
}

/// Two people, two rooms, words of many scripts.
async fn fill(hall: &Hall) -> Scene {
    let (alice, _) = hall.arrive("alice", None).await;
    let (bob, _) = hall.arrive("Zoë", None).await;
    let (tea, ops) = (hall.join(alice, "#tea").await, hall.join(alice, "#ops").await);
    hall.join(bob, "#tea").await;
    let said = [
        (alice, tea, "The kettle is on"),
        (bob, tea, "Привет, is the green tea there?"),
        (alice, ops, "deploy of build-17 failed: foo_bar.rs:12"),
        (bob, tea, "大家你好吗"),
        (alice, tea, "Ёлка is green and tea is black"),
        (alice, ops, "green again"),
    ];
    for (day, (by, room, text)) in said.into_iter().enumerate() {
        hall.say_at(by, room, DAY + day as i64 * 86_400_000, text).await;
    }
    Scene { tea, ops, alice, bob }
}

async fn story(hall: &Hall, Scene { tea, ops, .. }: &Scene) {
    let (both, tea) = ([*tea, *ops], [*tea]);
    let check = async |rooms: &[RoomId], query: &str, expected: &str| {
        assert_eq!(show(&hall.find(rooms, query).await), expected, "{query}");
    };
    check(&both, "kettle", "The kettle is on").await;
    check(&both, "KETTLE the", "The kettle is on").await;
    check(&both, "kettle green", "").await;
    check(&both, "\"green tea\"", "Привет, is the green tea there?").await;
    check(&both, "green tea", "Ёлка is green and tea is black|Привет, is the green tea there?")
        .await;
    check(&both, "ПРИВЕТ", "Привет, is the green tea there?").await;
    check(&both, "елка", "Ёлка is green and tea is black").await;
    check(&both, "你好", "大家你好吗").await;
    check(&both, "好你", "").await;
    check(&both, "foo_bar.rs:12", "deploy of build-17 failed: foo_bar.rs:12").await;
    check(&both, "build-17", "deploy of build-17 failed: foo_bar.rs:12").await;
    check(&both, "from:zoë green", "Привет, is the green tea there?").await;
    check(&both, "from:ALICE green", "green again|Ёлка is green and tea is black").await;
    check(&both, "from:bob", "").await;
    check(&both, "green after:2026-11-26", "green again").await;
    check(&both, "green after:2026-11-25 before:2026-11-26", "Ёлка is green and tea is black")
        .await;
    check(&both, "before:2026-11-22", "The kettle is on").await;
    check(&tea, "deploy", "").await;
    check(&tea, "green", "Ёлка is green and tea is black|Привет, is the green tea there?").await;
    check(&[], "green", "").await;
    // Neither a room's nor a nick's mark among the words can be asked for by a text.
    check(&both, &format!("\"#{}\"", tea[0]), "").await;
    check(&both, "@alice", "").await;
}

#[tokio::test]
async fn in_memory() {
    let hall = Hall::in_memory();
    let place = fill(&hall).await;
    story(&hall, &place).await;
}

#[tokio::test]
async fn on_disk_before_and_after_it_is_indexed_and_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let place = fill(&hall).await;
    story(&hall, &place).await;
    index_all(directory.path(), &[(place.tea, 4), (place.ops, 2)]);
    story(&hall, &place).await;
    hall.close().await;
    let hall = Hall::on_disk(directory.path());
    story(&hall, &place).await;
    let (alice, _) = hall.arrive("alice", None).await;
    hall.join(alice, "#tea").await;
    hall.say_at(alice, place.tea, DAY, "a kettle of another day").await;
    let found = show(&hall.find(&[place.tea], "kettle").await);
    assert_eq!(found, "a kettle of another day|The kettle is on");
    index_all(directory.path(), &[(place.tea, 5)]);
    assert_eq!(show(&hall.find(&[place.tea], "kettle").await), found);
}

async fn pages(hall: &Hall, rooms: &[RoomId], limit: usize) -> Vec<String> {
    let mut search = Search { limit, ..search(rooms, "tea") };
    let mut texts = Vec::new();
    loop {
        let hits = hall.log.search(search.clone()).await.unwrap();
        assert!(hits.entries.len() <= limit);
        let said = |entry: &Arc<crate::core::Entry>| {
            crate::core::search::text(&entry.content).unwrap().to_owned()
        };
        texts.extend(hits.entries.iter().map(said));
        match hits.next {
            Some(next) => search.before = Some(next),
            None => return texts,
        }
    }
}

#[tokio::test]
async fn pages_miss_and_repeat_nothing_wherever_the_index_stands() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let Scene { tea, ops, alice, .. } = fill(&hall).await;
    for number in 0..60 {
        let room = if number % 3 == 0 { ops } else { tea };
        hall.say_at(alice, room, DAY, &format!("tea {number}")).await;
        if number == 30 {
            index_all(directory.path(), &[(tea, 24), (ops, 13)]);
        }
    }
    let all = pages(&hall, &[tea, ops], 1000).await;
    assert_eq!(all.len(), 62);
    assert_eq!(all[..2], ["tea 59", "tea 58"]);
    for limit in [1, 7, 62] {
        assert_eq!(pages(&hall, &[tea, ops], limit).await, all, "pages of {limit}");
    }
}

#[tokio::test]
async fn what_is_private_is_found_by_its_two_alone() {
    let hall = Hall::in_memory();
    let Scene { tea, alice, bob, .. } = fill(&hall).await;
    let nick = NickKeys::of(chat_proto::Nick::parse("Zoë").unwrap());
    let what = What::Post { to: To::Nick(nick), id: None, content: super::content("psst green") };
    hall.ask(alice, what).await.unwrap();
    let rooms = |session| {
        let state = hall.log.state();
        let member = state.session(session).unwrap().member;
        state.member(member).unwrap().rooms.iter().map(|(room, _)| *room).collect::<Vec<_>>()
    };
    let (carol, _) = hall.arrive("carol", None).await;
    hall.join(carol, "#tea").await;
    assert_eq!(rooms(carol), [tea]);
    for (session, sees) in [(alice, true), (bob, true), (carol, false)] {
        let found = show(&hall.find(&rooms(session), "green").await);
        assert_eq!(found.contains("psst"), sees, "{found}");
    }
}

/// What can be had of a closed log, without a server.
pub(super) type Closed = (Searcher, Place, Vec<(RoomId, Seq)>, Arc<dyn Reader>);

pub(super) fn closed(directory: &Path) -> Closed {
    let opened = super::sqlite::open(directory, super::sqlite::Sync::Full, super::Epoch([1; 16]));
    let opened = opened.unwrap();
    let (place, heads) = (opened.index.clone().unwrap(), opened.state.heads().collect());
    let searcher =
        Searcher::new(Arc::clone(&opened.reader), Some(&place), &Arc::<Hints>::default());
    (searcher, place, heads, opened.reader)
}

#[tokio::test]
async fn an_index_made_anew_gives_the_same_answers() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let Scene { tea, ops, .. } = fill(&hall).await;
    let expected = hall.find(&[tea, ops], "green").await;
    hall.close().await;
    let (searcher, place, heads, reader) = closed(directory.path());
    assert_eq!(rebuild(reader, place.clone(), heads.clone()).unwrap(), 6);
    assert_eq!(searcher.search(&search(&[tea, ops], "green"), &heads).unwrap(), expected);

    // Texts come from the store: what the index does not know is not found, what it makes up neither.
    let mut index = Index::open(&place).unwrap();
    let (newest, ..) = index.newest().unwrap().unwrap();
    index.remove(newest).unwrap();
    let found = searcher.search(&search(&[tea, ops], "green"), &heads).unwrap();
    assert_eq!(found.entries, expected.entries[1..]);
    let mut changed = crate::core::Entry::clone(&expected.entries[0]);
    changed.content = super::content("blue");
    index.replace(&changed).unwrap();
    assert_eq!(show(&searcher.search(&search(&[tea, ops], "blue"), &heads).unwrap()), "");
    index.replace(&expected.entries[0]).unwrap();
    assert_eq!(searcher.search(&search(&[tea, ops], "green"), &heads).unwrap(), expected);
}

#[tokio::test]
async fn an_index_that_is_of_no_use_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let place = fill(&hall).await;
    hall.close().await;
    let file = directory.path().join(FILE_NAME);
    let spoil: [&dyn Fn(); 5] = [
        &|| std::fs::remove_file(&file).unwrap(),
        &|| std::fs::write(&file, "this is no database, by far".repeat(300)).unwrap(),
        &|| execute(&file, "PRAGMA user_version = 99"),
        &|| execute(&file, "UPDATE meta SET value = x'00000000000000000000000000000000'"),
        &|| execute(&file, "UPDATE rooms SET seq = 1000"),
    ];
    for spoil in spoil {
        spoil();
        let hall = Hall::on_disk(directory.path());
        story(&hall, &place).await;
        index_all(directory.path(), &[(place.tea, 4), (place.ops, 2)]);
        story(&hall, &place).await;
        hall.close().await;
    }
}

pub(super) fn execute(file: &Path, sql: &str) {
    Connection::open(file).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_damaged_entry_hides_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let Scene { tea, ops, .. } = fill(&hall).await;
    hall.close().await;
    execute(
        &directory.path().join("chat.db"),
        "UPDATE entries SET text = 'green' WHERE text LIKE '%Привет%'",
    );
    std::fs::remove_file(directory.path().join(FILE_NAME)).unwrap();
    let hall = Hall::on_disk(directory.path());
    index_all(directory.path(), &[(tea, 4), (ops, 2)]);
    let found = show(&hall.find(&[tea, ops], "green").await);
    assert_eq!(found, "green again|Ёлка is green and tea is black");
    assert_eq!(show(&hall.find(&[tea], "kettle").await), "The kettle is on");
}

#[tokio::test]
async fn more_rooms_than_the_index_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let (alice, _) = hall.arrive("alice", None).await;
    let mut rooms = Vec::new();
    for number in 0..80 {
        let room = hall.join(alice, &format!("#room{number}")).await;
        hall.say_at(alice, room, DAY, &format!("tea {number}")).await;
        rooms.push(room);
    }
    let heads: Vec<_> = rooms.iter().map(|room| (*room, 1)).collect();
    index_all(directory.path(), &heads);
    assert_eq!(hall.find(&rooms, "tea").await.entries.len(), 50);
    assert_eq!(show(&hall.find(&rooms[..70], "75").await), "");
    assert_eq!(show(&hall.find(&rooms, "75").await), "tea 75");
    assert_eq!(hall.find(&rooms, "before:2026-11-22").await.entries.len(), 50);
}

#[tokio::test]
async fn what_is_said_in_another_room_all_the_time_hides_nothing_in_this_one() {
    let directory = tempfile::tempdir().unwrap();
    let hall = Hall::on_disk(directory.path());
    let Scene { tea, ops, alice, .. } = fill(&hall).await;
    for number in 0..300 {
        let room = if number % 60 == 0 { tea } else { ops };
        hall.say_at(alice, room, DAY, &format!("tea {number}")).await;
    }
    index_all(directory.path(), &[(tea, 9), (ops, 297)]);
    let all = ["tea 240", "tea 180", "tea 120", "tea 60", "tea 0"];
    for limit in [1, 2, 40, 1000] {
        assert_eq!(pages(&hall, &[tea], limit).await[..5], all, "pages of {limit}");
    }
    assert_eq!(show(&hall.find(&[tea], "tea 60").await), "tea 60");
}
