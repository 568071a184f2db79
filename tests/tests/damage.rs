//! A message of which a disk has changed some bytes: it is told, and harms nothing else.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use chat_tests::{
    PATIENCE,
    netcat::Netcat,
    programs,
    server::{Process, directory},
};
use rusqlite::Connection;
use tempfile::TempDir;

/// A room of eight messages, the third of them edited and damaged since; nothing is indexed.
fn damaged() -> TempDir {
    let data = directory();
    let server = Process::start(data.path());
    let mut alice = Netcat::named(server.address(), "alice");
    alice.send("/register teafortwo");
    alice.skip_to("* alice is yours…");
    alice.send("/join #tea");
    for number in 1..=8 {
        alice.send(&format!("kettle {number} {}", "x".repeat(200)));
    }
    alice.send("/edit 3 kettle three");
    alice.skip_to("* edited #tea 3");
    assert_eq!(server.terminate().code, Some(0));
    let changed = database(data.path())
        .execute("UPDATE entries SET text = 'kettle threw' WHERE text = 'kettle three'", []);
    assert_eq!(changed.expect("written"), 1);
    std::fs::remove_file(data.path().join("search.db")).expect("an index");
    data
}

fn database(data: &Path) -> Connection {
    Connection::open(data.join("chat.db")).expect("the data")
}

fn operate(data: &Path, args: &[&str]) -> programs::Ended {
    programs::run("chat-server", [args, &["--data", data.to_str().expect("UTF-8")]].concat())
}

/// Entries of all rooms that are left, and marks of rooms that are to be deleted.
fn left(data: &Path) -> i64 {
    let sql = "SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM changes) \
               + (SELECT count(*) FROM meta WHERE name LIKE 'closed%')";
    database(data).query_row(sql, [], |row| row.get(0)).expect("a count")
}

#[test]
fn the_others_are_found() {
    let data = damaged();
    for _ in 0..2 {
        let server = Process::start(data.path());
        let mut alice = Netcat::connect(server.address());
        alice.send("/login alice teafortwo");
        alice.skip_to("* joined #tea");
        alice.send("/search kettle");
        for number in [1, 2, 4, 5, 6, 7, 8] {
            alice.skip_to(&format!("~ #tea {number} 20…Z <alice> kettle {number} x…"));
        }
        alice.skip_to("* search: 7 found");
        assert_eq!(server.terminate().code, Some(0));
        let indexed = operate(data.path(), &["reindex"]);
        assert_eq!(indexed.code, Some(0), "{indexed:?}");
    }
}

#[test]
fn its_room_is_deleted_with_it() {
    let data = damaged();
    let deleted = operate(data.path(), &["room", "delete", "#tea"]);
    assert_eq!(deleted.stdout, "#tea is deleted with 9 entries\n", "{deleted:?}");
    assert_eq!(left(data.path()), 0);
}

#[test]
fn it_is_kept_no_longer_than_others() {
    let data = damaged();
    let size = ["--listen", "127.0.0.1:0", "--retention-size", "1KiB"];
    let _server = Process::with(data.path(), size);
    let is_there = "SELECT EXISTS (SELECT 1 FROM entries WHERE text = 'kettle threw')";
    let end = Instant::now() + PATIENCE;
    while database(data.path()).query_row(is_there, [], |row| row.get(0)).expect("a row") {
        assert!(Instant::now() < end, "it is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(left(data.path()) > 1, "others are left");
}

#[test]
fn the_others_of_its_account_are_deleted() {
    let data = damaged();
    let deleted = operate(data.path(), &["user", "delete", "alice", "--with-messages"]);
    assert!(deleted.stdout.starts_with("7 messages deleted\n1 damaged"), "{deleted:?}");
}
