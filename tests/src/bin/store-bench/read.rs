//! How long it takes to start, and to read at places that nobody has read before.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use chat_proto::{
    RoomId, Seq, Time,
    message::{Anchor, Entered, History, Join, Page},
};
use chat_tests::{bulk, framed::Framed, server::Process};

/// Pages read of each kind.
const PAGES: u64 = 200;

/// Starts a server on a directory, with nothing of it in memory where that can be arranged, and reads in the big room.
pub(crate) fn run(directory: &Path) -> Result<()> {
    forget_files();
    let began = Instant::now();
    let server = Process::start(directory);
    crate::say(&format!("listening after {:?}", began.elapsed()));
    let mut client = Framed::connect(server.address(), "reader");
    let entered: Entered = client.ask(Join { room: bulk::BIG.into(), after: None });
    let (room, head) = (entered.room.room, entered.room.head);
    for (name, step) in [("first time", 7919), ("again", 7919), ("elsewhere", 104_729)] {
        let anchor = |number| Anchor::Before(Seq(number * step * 131 % head.0 + 51));
        show(&format!("page of 50, {name}"), pages(&mut client, room, anchor));
    }
    let oldest: Page = client.ask(History { room, from: Anchor::After(Seq(0)), limit: 1 });
    let first = oldest.items.first().map_or(0, |item| item.entry.at.0);
    let newest: Page = client.ask(History { room, from: Anchor::Latest, limit: 1 });
    let span = newest.items.first().map_or(1, |item| item.entry.at.0 - first).max(1);
    let since =
        |number: u64| Anchor::Since(Time(first + number.cast_signed() * 999_983_777 % span));
    show("page of 50 from a time", pages(&mut client, room, since));
    drop(server.terminate());
    Ok(())
}

fn pages(client: &mut Framed, room: RoomId, from: impl Fn(u64) -> Anchor) -> Vec<Duration> {
    let page = |number| {
        let began = Instant::now();
        let _page: Page = client.ask(History { room, from: from(number), limit: 50 });
        began.elapsed()
    };
    (0..PAGES).map(page).collect()
}

fn show(what: &str, mut all: Vec<Duration>) {
    all.sort_unstable();
    let at = |percent: usize| all[(all.len() - 1) * percent / 100];
    crate::say(&format!("{what}: p50 {:?}, p99 {:?}", at(50), at(99)));
}

/// Only root may; without it what was read before is read from memory.
fn forget_files() {
    if fs::write("/proc/sys/vm/drop_caches", "3").is_err() {
        crate::say("not as root: files may be in memory");
    }
}
