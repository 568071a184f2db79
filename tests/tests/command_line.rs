//! What the program says to its operator: one clear line, and an exit code that scripts can rely on.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
};

use chat_tests::{
    netcat::Netcat,
    programs::{Ended, command, finish, run},
    server::{Process, directory},
};
use tempfile::TempDir;

/// A server that cannot start says why in one line.
#[track_caller]
fn refused(data: &Path, args: &[&str], code: i32, expected: &str) {
    let data = data.to_str().expect("a plain path");
    let listen = ["--listen", "127.0.0.1:0"];
    let listen = if args.contains(&"--listen") { &[][..] } else { &listen };
    assert_refusal(&run("chat-server", [&["--data", data], listen, args].concat()), code, expected);
}

#[track_caller]
fn assert_refusal(ended: &Ended, code: i32, expected: &str) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert!(ended.stderr.contains(expected), "{expected:?} is not in\n{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    for internal in ["panicked", "RUST_BACKTRACE", "Error {", "Os {", "stack backtrace"] {
        assert!(!ended.stderr.contains(internal), "{}", ended.stderr);
    }
}

#[test]
fn an_address_in_use() {
    let data = directory();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    refused(data.path(), &["--listen", &address], 1, "in use");
    assert!(
        fs::read_dir(data.path()).expect("a directory").next().is_none(),
        "no data were touched"
    );
}

#[test]
fn a_directory_that_cannot_be_written() {
    let data = directory();
    let file = data.path().join("file");
    fs::write(&file, "").expect("a file");
    refused(&file.join("below"), &[], 1, "--data");
    refused(&file, &[], 1, "--data");
    refused(Path::new("/proc/nowhere"), &[], 1, "--data");
}

#[test]
fn a_directory_that_another_server_holds() {
    let data = directory();
    let server = Process::start(data.path());
    refused(data.path(), &[], 1, "another server uses");
    Netcat::named(server.address(), "alice").send("/quit");
    server.kill();
    // The lock of a killed server does not outlive it.
    assert_eq!(Process::start(data.path()).terminate().code, Some(0));
}

fn written(name: &str, bytes: &[u8]) -> TempDir {
    let data = directory();
    fs::write(data.path().join(name), bytes).expect("a file");
    data
}

#[test]
fn a_file_that_is_no_database() {
    let garbage: Vec<u8> =
        (0..10_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    refused(written("chat.db", &garbage).path(), &[], 1, "not a chat database");
    refused(
        written("chat.db", b"some notes of mine, not yours\n").path(),
        &[],
        1,
        "not a chat database",
    );
    let data = directory();
    change(data.path(), "CREATE TABLE recipes (name TEXT)");
    refused(data.path(), &[], 1, "not a chat database");
}

#[test]
fn a_database_of_a_newer_version() {
    let data = directory();
    assert_eq!(Process::start(data.path()).terminate().code, Some(0));
    let database = rusqlite::Connection::open(data.path().join("chat.db")).expect("a database");
    let own: i64 =
        database.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a number");
    drop(database);
    change(data.path(), "PRAGMA user_version = 99");
    refused(data.path(), &[], 1, "newer");
    change(data.path(), &format!("PRAGMA user_version = {own}"));
    assert_eq!(Process::start(data.path()).terminate().code, Some(0));
}

fn change(data: &Path, sql: &str) {
    let database = rusqlite::Connection::open(data.join("chat.db")).expect("a database");
    database.execute_batch(sql).expect("it can be changed");
}

#[test]
fn a_wrong_key_in_the_file() {
    let data = written("chat.toml", b"rooms_max = 3\nlitsen = ['127.0.0.1:0']\n");
    let file = data.path().join("chat.toml");
    let file = file.to_str().expect("a plain path");
    refused(data.path(), &["--config", file], 2, "line 2: unknown field `litsen`");
    assert_refusal(
        &run("chat-server", ["check-config", file]),
        2,
        "line 2: unknown field `litsen`",
    );
    refused(data.path(), &["--config", "/nowhere/chat.toml"], 2, "/nowhere/chat.toml");
}

#[test]
fn wrong_values() {
    let data = directory();
    refused(data.path(), &["--listen", "nowhere"], 2, "nowhere");
    refused(data.path(), &["--lobby", "lobby"], 2, "#lobby");
    refused(data.path(), &["--rooms-max", "0"], 2, "rooms_max");
    refused(data.path(), &["--log", "warning"], 2, "off, error, warn, info, debug and trace");
    assert_refusal(&run("chat-server", ["check-config"]), 2, "no file to check");
    let unknown = run("chat-server", ["--litsen", "127.0.0.1:0"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.stderr.contains("--listen"), "{unknown:?}");
}

#[test]
fn a_file_that_would_silence_the_log_or_names_no_directory() {
    for (text, expected) in [
        ("log = 'warning'", "log: warning is no filter (warning is no level: "),
        ("data = ''", "data: the name is empty"),
    ] {
        let here = written("chat.toml", text.as_bytes());
        let file = here.path().join("chat.toml");
        let file = file.to_str().expect("a plain path");
        assert_refusal(&run("chat-server", ["check-config", file]), 2, expected);
        let mut server = command("chat-server");
        server.args(["--config", file, "--listen", "127.0.0.1:0"]).current_dir(here.path());
        let server = server.env("XDG_DATA_HOME", here.path());
        assert_refusal(&finish(server, ""), 2, expected);
        let left = fs::read_dir(here.path()).expect("a directory").count();
        assert_eq!(left, 1, "nothing but the file");
    }
    let empty = run("chat-server", ["--listen", "127.0.0.1:0", "--data", ""]);
    assert_eq!(empty.code, Some(2), "{empty:?}");
    assert!(empty.stderr.contains("--data"), "{empty:?}");
}

#[test]
fn a_good_file_is_said_to_be_good() {
    let text =
        b"listen = ['127.0.0.1:0', '[::1]:0']\nlobby = '#tea'\nsync = 'normal'\ngrace_secs = 5\n";
    let data = written("chat.toml", text);
    let file = data.path().join("chat.toml");
    let file = file.to_str().expect("a plain path");
    let checked = run("chat-server", ["check-config", file]);
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""), "{checked:?}");
    assert!(checked.stdout.contains("ok"), "{checked:?}");
    // And it does what it says; a flag wins.
    let server = Process::with(data.path(), ["--config", file, "--listen", "127.0.0.1:0"]);
    let mut alice = Netcat::connect(server.address());
    alice.send("alice");
    alice.expect("* welcome alice");
    alice.expect("* joined #tea");
}

#[test]
fn health_tells_whether_a_server_answers() {
    let data = directory();
    let server = Process::start(data.path());
    let health =
        |address: SocketAddr| run("chat-server", ["health", "--address", &address.to_string()]);
    let well = health(server.address());
    assert_eq!((well.code, well.stderr.as_str()), (Some(0), ""), "{well:?}");
    let address = server.address();
    server.kill();
    assert_refusal(&health(address), 1, "--address");
}

#[test]
fn every_option_explains_itself() {
    let help = run("chat-server", ["--help"]);
    assert_eq!(help.code, Some(0));
    for option in
        ["--listen", "--data", "--config", "--ephemeral", "--sync", "CHAT_LISTEN", "CHAT_DATA"]
    {
        assert!(help.stdout.contains(option), "{option} is not in\n{}", help.stdout);
    }
    let version = run("chat-server", ["--version"]);
    assert_eq!(
        (version.code, version.stdout.starts_with("chat-server ")),
        (Some(0), true),
        "{version:?}"
    );
}

#[test]
fn an_ephemeral_server_touches_no_disk() {
    let data = directory();
    let server = Process::with(data.path(), ["--ephemeral", "--listen", "127.0.0.1:0"]);
    let mut alice = Netcat::named(server.address(), "alice");
    alice.send("/ack on");
    alice.send("kept nowhere");
    alice.skip_to("+ #lobby 1");
    drop(alice);
    assert_eq!(server.terminate().code, Some(0));
    assert!(fs::read_dir(data.path()).expect("a directory").next().is_none());
}
