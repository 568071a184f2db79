//! `check-data` and `backup`, with the real program.
#![allow(clippy::unwrap_used, reason = "a test says where it fails")]

mod common;

use std::fs;

use common::{Peer, Server, arg, run, talk};
use rusqlite::Connection;

const CUPS: usize = 5000;

fn epoch(file: &std::path::Path) -> Vec<u8> {
    let file = Connection::open(file).unwrap();
    file.query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_backup_of_a_running_server_is_whole_and_begins_a_new_epoch() {
    let (data, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(data.path());
    talk(&server, CUPS);
    let expected = format!("{}: ok, 5004 entries in 3 rooms\n", data.path().display());
    let beside = run(data.path(), &["check-data"]);
    assert_eq!((beside.code, &*beside.out, &*beside.err), (Some(0), &*expected, ""));

    let copy = place.path().join("chat.db");
    let said = run(data.path(), &["backup", arg(&copy)]);
    assert_eq!((said.code, &*said.err), (Some(0), ""), "{}", said.out);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing else is left there");
    server.stop();
    let stopped = run(data.path(), &["check-data"]);
    assert_eq!((stopped.code, &*stopped.out), (Some(0), &*expected));

    let restored = run(place.path(), &["check-data"]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let server = Server::start(place.path());
    let mut peer = Peer::connect(&server, "carol");
    peer.ask("/join #tea", "* joined #tea");
    let last = peer.ask("/history 1", "~ #tea 5002");
    assert!(last.ends_with("* alice pours"), "{last}");
    server.stop();
    assert_ne!(epoch(&copy), epoch(&data.path().join("chat.db")));
    let once = epoch(&copy);
    Server::start(place.path()).stop();
    assert_eq!(epoch(&copy), once, "only the first start renews it");
}

/// SQLite would play the journal of the old file into the new one.
#[test]
fn a_backup_beside_the_journal_of_a_killed_server_is_not_touched() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    talk(&server, 10);
    let copy = data.path().join("copy.db");
    assert_eq!(run(data.path(), &["backup", arg(&copy)]).code, Some(0));
    drop(server);
    let (file, journal) = (data.path().join("chat.db"), data.path().join("chat.db-wal"));
    fs::rename(&copy, &file).unwrap();
    let before = fs::read(&file).unwrap();
    for command in [vec!["check-data"], vec!["--listen", "127.0.0.1:0"]] {
        let said = run(data.path(), &command);
        let expected = format!("chat-server: {} belongs to another data file", journal.display());
        assert!(said.code == Some(1) && said.err.starts_with(&expected), "{said:?}");
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    fs::remove_file(&journal).unwrap();
    assert_eq!(run(data.path(), &["check-data"]).code, Some(0));
    Server::start(data.path()).stop();
}

#[test]
fn a_backup_overwrites_only_when_told_and_never_the_data() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let copy = data.path().join("copy.db");
    fs::write(&copy, "precious").unwrap();
    let said = run(data.path(), &["backup", arg(&copy)]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.ends_with("exists; choose another name, or overwrite it with --force\n"));
    assert_eq!(fs::read_to_string(&copy).unwrap(), "precious");
    assert_eq!(run(data.path(), &["backup", "--force", arg(&copy)]).code, Some(0));
    assert!(fs::read(&copy).unwrap().starts_with(b"SQLite format 3"));
    let part = fs::File::create(data.path().join("copy.db.part")).unwrap();
    part.lock().unwrap();
    let said = run(data.path(), &["backup", "--force", arg(&copy)]);
    assert!(said.err.contains("cannot write"), "another backup writes it: {said:?}");
    drop(part);
    assert_eq!(run(data.path(), &["backup", "--force", arg(&copy)]).code, Some(0), "left over");
    assert!(!data.path().join("copy.db.part").exists());
    let own = data.path().join("chat.db");
    let said = run(data.path(), &["backup", "--force", arg(&own)]);
    assert!(said.err.contains("is the server's own data file"), "{said:?}");
    let nowhere = data.path().join("no/copy.db");
    let said = run(data.path(), &["backup", arg(&nowhere)]);
    assert!(said.err.contains("cannot write"), "{said:?}");
    assert_eq!(
        said.err.matches("os error").count(),
        1,
        "what the system says is said once: {said:?}"
    );
    let said = run(data.path(), &["backup", "--force", arg(data.path())]);
    assert!(said.err.ends_with("is a directory; name a file in it\n"), "{said:?}");
    server.stop();
}

#[test]
fn who_restores_as_the_readme_says_is_known_again() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    drop(Peer::connect(&server, "alice"));
    let copy = data.path().join("copy.db");
    let said = run(data.path(), &["backup", arg(&copy)]);
    assert!(said.out.contains("move chat.db* and search.db* away"), "{said:?}");
    let fingerprint = run(data.path(), &["fingerprint"]).out;
    server.stop();
    for file in fs::read_dir(data.path()).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy();
        if name.starts_with("chat.db") || name.starts_with("search.db") {
            fs::remove_file(&file).unwrap();
        }
    }
    fs::copy(copy, data.path().join("chat.db")).unwrap();
    let server = Server::start(data.path());
    assert!(fingerprint.starts_with("SHA256:"), "{fingerprint}");
    assert_eq!(run(data.path(), &["fingerprint"]).out, fingerprint);
    server.stop();
}

#[test]
fn without_data_there_is_one_clear_line() {
    let empty = tempfile::tempdir().unwrap();
    for command in ["check-data", "backup"] {
        let args = if command == "backup" { vec![command, "copy.db"] } else { vec![command] };
        let said = run(empty.path(), &args);
        let missing = format!("chat-server: there is no {}/chat.db;", empty.path().display());
        assert!(said.code == Some(1) && said.err.starts_with(&missing), "{said:?}");
        assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
    }
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("chat.db"), "").unwrap();
    let said = run(data.path(), &["check-data"]);
    let expected = "/chat.db is empty: no server has kept anything in it; if there was something, restore a backup\n";
    assert!(said.code == Some(1) && said.err.ends_with(expected), "{said:?}");
}

/// What check-data says after this was done to the file of a server that has stopped.
#[track_caller]
fn check(harm: &str, expected: &str) {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    talk(&server, 3);
    server.stop();
    let file = Connection::open(data.path().join("chat.db")).unwrap();
    file.execute_batch(harm).unwrap();
    drop(file);
    let said = run(data.path(), &["check-data"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), expected), "{said:?}");
    assert!(said.err.contains("restore a backup, or save what can be read"), "{said:?}");
}

#[test]
fn every_harm_is_told_in_one_line() {
    check("UPDATE entries SET text = 'cap 1' WHERE text = 'cup 1'", "#tea 3 is damaged\n");
    check(
        "UPDATE entries SET sum = sum + 1 WHERE text = 'between us'",
        "@alice bob 1 is damaged\n",
    );
    check(
        "DELETE FROM entries WHERE text = 'cup 1'",
        "#tea goes from 2 to 4: entries are missing\n",
    );
    check("DELETE FROM rooms WHERE name = '#ops'", "room 4 has entries and is in no table\n");
    check(
        "INSERT INTO ids VALUES (1, x'00000000000000000000000000000007', 2, 5)",
        "0 5 is not the message that member 2 sent under id 00000000000000000000000000000007\n",
    );
    check(
        "UPDATE rooms SET name = 'tea' WHERE name = '#tea'",
        "the server could not load it: Conversion error from type Text at index: 1, a room name starts with '#'\n",
    );
}
