//! A disk that fills up, and power that fails, with the real program. Both need root, and say so where they cannot run.
#![allow(clippy::unwrap_used, reason = "a test says where it fails")]
#![allow(clippy::print_stderr, reason = "says what was not tried, and what was seen")]

mod common;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use common::{
    Peer, Server,
    audit::{kept, lost, sender},
    mount::Mount,
    run,
};

/// Power cuts tried; CHAT_TEST_POWER_CUTS tries more.
const POWER_CUTS: u64 = 3;

#[test]
fn a_full_disk_is_told_and_the_server_goes_on_when_there_is_space() {
    let Some(disk) = Mount::tmpfs(4096) else {
        return eprintln!("skipped: no tmpfs can be mounted here");
    };
    let server = Server::start(disk.path());
    let mut reader = Peer::connect(&server, "reader");
    let mut alice = Peer::connect(&server, "alice");
    reader.ask("/join #tea", "* joined #tea");
    alice.ask("/join #tea", "* joined #tea");
    alice.ask("/ack on", "* ack on");
    let mut acknowledged = common::audit::Kept::new();
    let mut say = |peer: &mut Peer, text: String| {
        peer.say(&text);
        let answer = peer.until_one_of(&["+ #tea ", "! "]);
        let number = answer.strip_prefix("+ #tea ").map(|number| number.parse().unwrap());
        number.map(|number| acknowledged.insert(number, text)).ok_or(answer)
    };
    let refused =
        (0..).find_map(|n| say(&mut alice, format!("alice {n} {}", "x".repeat(4000))).err());
    assert_eq!(
        refused.unwrap(),
        "! unavailable: the server cannot write to its disk now; try again later"
    );
    assert!(reader.ask("/history 1", "~ #tea ").contains("<alice> alice"));
    let mut late = Peer::connect(&server, "late");
    late.ask("/join #tea", "* joined #tea");
    assert!(say(&mut alice, "alice again, still full".into()).is_err());

    disk.resize(16384);
    let (space, mut tries) = (Instant::now(), 0);
    while say(&mut alice, "alice with space".into()).is_err() {
        tries += 1;
        assert!(space.elapsed() < Duration::from_secs(10), "it does not go on");
        sleep(Duration::from_millis(50));
    }
    eprintln!(
        "disk full: writing again {:?} after there was space, {tries} tries",
        space.elapsed()
    );
    reader.until("#tea <alice> alice with space");
    server.stop();
    assert_eq!(run(disk.path(), &["check-data"]).code, Some(0));
    assert_eq!(lost(&[acknowledged], &kept(disk.path())), []);
}

/// What a cut took, of how many acknowledged, and whether the next start began a new epoch.
struct Cut {
    acknowledged: usize,
    lost: usize,
    renewed: bool,
}

/// Cuts the power while people talk; none where that cannot be done.
fn cut(sync: &str, after: Duration) -> Option<Cut> {
    let home = tempfile::tempdir().unwrap();
    let disk = Mount::ext4(home.path())?;
    let data = disk.path().join("data");
    let server = Server::with(&data, &["--sync", sync]);
    let before = epoch(&data);
    let stop = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> =
        ["ann", "bob", "cyd", "dan"].map(|nick| sender(&server, nick, &stop)).into_iter().collect();
    sleep(after);
    let done = disk.cut_power(|| stop.store(true, Ordering::SeqCst));
    let acknowledged: Vec<_> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
    drop(server);
    if !done {
        return None;
    }
    disk.restore_power();
    Server::with(&data, &["--sync", sync]).stop();
    let checked = run(&data, &["check-data"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let lost = lost(&acknowledged, &kept(&data)).len();
    let renewed = epoch(&data) != before;
    Some(Cut { acknowledged: acknowledged.iter().map(|kept| kept.len()).sum(), lost, renewed })
}

fn epoch(data: &Path) -> Vec<u8> {
    let file = rusqlite::Connection::open(data.join("chat.db")).unwrap();
    file.query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    let cuts =
        std::env::var("CHAT_TEST_POWER_CUTS").map_or(POWER_CUTS, |cuts| cuts.parse().unwrap());
    let mut acknowledged = 0;
    for n in 0..cuts {
        let Some(cut) = cut("full", Duration::from_millis(200 + n * 137 % 900)) else {
            return eprintln!("skipped: no ext4 can be loop-mounted and shut down here");
        };
        assert_eq!((cut.lost, cut.renewed), (0, false), "of {}", cut.acknowledged);
        acknowledged += cut.acknowledged;
    }
    assert!(acknowledged > 0, "nobody said anything");
    eprintln!("{cuts} power cuts: {acknowledged} acknowledged messages, 0 lost");
}

/// What the trial above would see if commits were not synced: it can tell the difference, and so can clients.
#[test]
fn under_normal_a_power_cut_may_take_messages_and_clients_are_told() {
    let Some(cut) = cut("normal", Duration::from_millis(600)) else {
        return eprintln!("skipped: no ext4 can be loop-mounted and shut down here");
    };
    assert!(cut.renewed, "cursors into what was lost must not be taken");
    eprintln!(
        "under normal a power cut took {} of {} acknowledged messages",
        cut.lost, cut.acknowledged
    );
}
