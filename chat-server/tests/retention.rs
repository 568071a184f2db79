//! What is kept of rooms, and for how long, with the real program.
#![allow(clippy::unwrap_used, reason = "a test says where it fails")]

mod common;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use common::{PATIENCE, Peer, Server, arg, run, run_with};
use tempfile::TempDir;

const DAY: i64 = 24 * 3600 * 1000;

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A line of an export.
fn line(room: &str, number: u64, days_ago: i64, text: &str) -> String {
    let at = chat_server::clock::now().0 - days_ago * DAY;
    format!(
        "{{\"room\":\"{room}\",\"number\":{number},\"at\":{at},\"member\":1,\"nick\":\"alice\",\
         \"id\":\"{number:032x}\",\"kind\":1,\"text\":\"{text}\"}}\n"
    )
}

/// A thousand days in three rooms, a message a day.
fn thousand_days(data: &Path) {
    let mut lines = String::new();
    for day in 0..1000 {
        for room in ["#tea", "#ops", "#law"] {
            let text = format!("zebra{day} of the day");
            lines.push_str(&line(room, u64::try_from(day).unwrap() + 1, 999 - day, &text));
        }
    }
    let said = run_with(data, &["import", "-"], &lines);
    assert_eq!(said.out, "3000 entries imported\n", "{said:?}");
}

/// What is kept of a room: the first and the last number.
fn kept(data: &Path, room: &str) -> Option<(u64, u64)> {
    let text = run(data, &["export", room, "--format", "text"]).out;
    let number = |line: &str| line.split(' ').nth(1).unwrap().parse().unwrap();
    Some((text.lines().next().map(number)?, text.lines().last().map(number)?))
}

#[track_caller]
fn wait_until(mut what: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !what() {
        assert!(Instant::now() < deadline, "waited in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const CONFIG: &str = "[retention]\nage = '90d'\n[retention.rooms]\n'#OPS' = { age = '7d' }\n'#law' = { age = 'none' }\n";

#[test]
fn what_is_too_old_goes_and_the_numbers_stay() {
    let data = directory();
    thousand_days(data.path());
    let config = data.path().join("chat.toml");
    fs::write(&config, CONFIG).unwrap();
    let server = Server::with(data.path(), &["--config", arg(&config)]);
    wait_until(|| kept(data.path(), "#ops") == Some((994, 1000)));
    wait_until(|| kept(data.path(), "#tea") == Some((911, 1000)));
    assert_eq!(kept(data.path(), "#law"), Some((1, 1000)));

    let mut peer = Peer::connect(&server, "bob");
    peer.ask("/join #tea 0", "* joined #tea");
    assert!(peer.until("~").starts_with("~ #tea 911 "));
    peer.ask("/search zebra905", "* search: 0 found");
    peer.ask("/search zebra915", "~ #tea 916 ");
    peer.ask("/ack on", "* ack on");
    peer.ask("still here", "+ #tea 1001");
    let beside = run(data.path(), &["check-data"]);
    assert_eq!(beside.code, Some(0), "{beside:?}");
    peer.finish();
    server.stop();
    gone_from_the_files(data.path());
    moves_with_its_numbers(data.path());
}

/// Only what #law keeps is there still; of the other rooms nothing, in no free page either.
fn gone_from_the_files(data: &Path) {
    let bytes = fs::read(data.join("chat.db")).unwrap();
    let count = |text: &str| bytes.windows(text.len()).filter(|at| *at == text.as_bytes()).count();
    assert_eq!(count("zebra100 of"), 1);
    assert_eq!(count("zebra915 of"), 2);
    assert!(run(data, &["check-data"]).code == Some(0));
}

fn moves_with_its_numbers(data: &Path) {
    let (exported, other) = (run(data, &["export"]).out, directory());
    let said = run_with(other.path(), &["import", "-"], &exported);
    assert_eq!(said.out, format!("{} entries imported\n", exported.lines().count()));
    assert_eq!(run(other.path(), &["export"]).out, exported);
    assert_eq!(run(other.path(), &["check-data"]).code, Some(0));
    let server = Server::start(other.path());
    let mut peer = Peer::connect(&server, "bob");
    peer.ask("/join #ops 0", "* joined #ops");
    assert!(peer.until("~").starts_with("~ #ops 994 "));
    server.stop();
}

#[test]
fn a_room_that_grows_too_large_loses_its_oldest() {
    let data = directory();
    thousand_days(data.path());
    let server = Server::with(data.path(), &["--retention-size", "10KiB"]);
    let first = |room| kept(data.path(), room).unwrap().0;
    // About 90 bytes each.
    wait_until(|| {
        ["#tea", "#ops", "#law"].into_iter().all(|room| (870..900).contains(&first(room)))
    });
    server.stop();
    let first = first("#tea");
    let server = Server::with(data.path(), &["--retention-size", "1MiB"]);
    let mut peer = Peer::connect(&server, "bob");
    peer.ask("/join #tea", "* joined #tea");
    assert!(peer.ask("/history 1", "~").starts_with("~ #tea 1000 "));
    server.stop();
    assert_eq!(kept(data.path(), "#tea"), Some((first, 1000)));
}

#[test]
fn a_private_conversation_counts_as_a_room_and_what_nobody_reaches_goes_too() {
    let data = directory();
    let server = Server::start(data.path());
    let (mut alice, mut bob) = (Peer::connect(&server, "alice"), Peer::connect(&server, "bob"));
    for number in 0..40 {
        alice.say(&format!("/msg bob {number} between us, {}", "x".repeat(100)));
        bob.until("@alice");
    }
    alice.finish();
    bob.finish();
    server.stop();
    let private = || run(data.path(), &["export", "--private"]).out.lines().count();
    assert_eq!(private(), 40);
    let server = Server::with(data.path(), &["--retention-size", "1KiB"]);
    wait_until(|| private() < 10);
    server.stop();
    assert_eq!(run(data.path(), &["check-data"]).code, Some(0));
}

#[test]
fn limits_that_make_no_sense_are_told() {
    let data = directory();
    let said = run(data.path(), &["--retention-age", "90"]);
    assert!(
        said.code == Some(2) && said.err.contains("write 30m, 12h, 90d or 8w, or none"),
        "{said:?}"
    );
    let config = data.path().join("chat.toml");
    for (text, expected) in [
        (
            "[retention]\nsize = '1MB'",
            "line 2: \"1MB\" is no size; write 500KiB, 100MiB or 2GiB, or none",
        ),
        (
            "[retention.rooms]\nops = { age = '1d' }",
            "\"ops\": a room name starts with '#'; write a room such as \"#ops\"",
        ),
        ("[retention]\nages = '1d'", "line 2: unknown field `ages`"),
    ] {
        fs::write(&config, text).unwrap();
        let said = run(data.path(), &["--config", arg(&config)]);
        assert!(said.code == Some(2) && said.err.contains(expected), "{said:?}");
    }
}
