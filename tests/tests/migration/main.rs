//! Data that earlier versions wrote: the first start of this one takes them over, with everything that is in them.
//!
//! `fixtures/schema-N.sql` holds what the program whose tables had version N left after [`story::tell`]. Before the
//! tables change, `CHAT_TEST_WRITE_FIXTURE=schema-N.sql cargo test --test migration` writes the next one.

mod fixture;
mod story;

use std::{fs, path::Path};

use chat_tests::{
    framed::Framed,
    programs,
    server::{Process, directory},
};
use rusqlite::Connection;

use fixture::Fixture;

#[test]
fn every_earlier_schema_is_taken_over() {
    if let Some(name) = std::env::var_os("CHAT_TEST_WRITE_FIXTURE") {
        Fixture::write(&name);
    }
    let all = Fixture::all();
    let schemas: Vec<_> = all.iter().map(|fixture| fixture.schema).collect();
    assert_eq!(schemas, (1..=all.len() as i64).collect::<Vec<_>>());
    let now = all.iter().map(take_over).max().expect("a fixture");
    assert!(now - 1 <= all.len() as i64, "no fixture of schema {}", all.len() + 1);
}

/// Starts a server on it; the version of its tables then.
fn take_over(fixture: &Fixture) -> i64 {
    let data = directory();
    let path = data.path().join("chat.db");
    fixture.restore(&path);
    only_the_server_changes_it(data.path(), &path);
    let server = Process::start(data.path());
    let mut alice = Framed::resume(server.address(), &fixture.alice());
    assert!(alice.welcome.resumed, "{}: the session goes on", fixture.name);
    story::check(&mut alice);
    story::check_account(server.address(), fixture.schema);
    let ended = server.terminate();
    assert_eq!(ended.code, Some(0));
    let (schema, told) = (fixture.schema, "bringing the data file up to date");
    assert!(ended.stderr.contains(told), "schema {schema}: {}", ended.stderr);
    assert_eq!(check_data(data.path()), (Some(0), String::new()), "{}", fixture.name);
    let file = Connection::open(&path).expect("a database");
    file.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a number")
}

/// Whoever only looks says what to do.
fn only_the_server_changes_it(data: &Path, path: &Path) {
    let before = fs::read(path).expect("a file");
    let (code, said) = check_data(data);
    assert!(code == Some(0) || said.contains("start this one on it once"), "{said}");
    assert!(fs::read(path).expect("a file") == before, "it was changed");
}

fn check_data(data: &Path) -> (Option<i32>, String) {
    let data = data.to_str().expect("UTF-8");
    let ended = programs::run("chat-server", ["check-data", "--data", data]);
    (ended.code, ended.stderr)
}
