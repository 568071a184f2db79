//! `reindex`, with the real program.
#![allow(clippy::unwrap_used, reason = "a test says where it fails")]

mod common;

use std::fs;

use common::{Peer, Server, run, talk};

#[test]
fn an_index_is_made_anew_when_the_server_is_stopped() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    talk(&server, 100);
    let said = run(data.path(), &["reindex"]);
    let used = format!("chat-server: another server uses {}", data.path().display());
    assert!(said.code == Some(1) && said.err.starts_with(&used), "{said:?}");
    server.stop();

    fs::remove_file(data.path().join("search.db")).unwrap();
    let said = run(data.path(), &["reindex"]);
    let expected = format!("{}: 103 entries indexed for search\n", data.path().display());
    assert_eq!((said.code, &*said.out, &*said.err), (Some(0), &*expected, ""));
    assert!(data.path().join("search.db").exists());

    let server = Server::start(data.path());
    let mut peer = Peer::connect(&server, "carol");
    peer.ask("/join #tea", "* joined #tea");
    peer.ask("/search \"cup 99\"", "~ #tea ");
    server.stop();
}

#[test]
fn without_data_there_is_one_clear_line() {
    let empty = tempfile::tempdir().unwrap();
    let said = run(empty.path(), &["reindex"]);
    let missing = format!("chat-server: there is no {}/chat.db;", empty.path().display());
    assert!(said.code == Some(1) && said.err.starts_with(&missing), "{said:?}");
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}
