//! How many messages a second are on the disk and acknowledged, and how long each takes.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use chat_tests::server::{Process, directory};

use crate::beside::{show, take, talk};

const WARM_UP: Duration = Duration::from_secs(2);

/// So many people talk for so long, each in a room of their own, and wait for each acknowledgement.
pub(crate) fn run(senders: usize, secs: u64) -> Result<()> {
    let data = directory();
    let server = Process::with(data.path(), ["--listen", "127.0.0.1:0", "--sync", "full"]);
    let (ended, taken) = (AtomicBool::new(false), Mutex::default());
    let (times, took) = thread::scope(|scope| {
        for sender in 0..senders {
            let (ended, taken, address) = (&ended, &taken, server.address());
            scope.spawn(move || talk(address, sender, ended, taken));
        }
        thread::sleep(WARM_UP);
        drop(take(&taken));
        let began = Instant::now();
        thread::sleep(Duration::from_secs(secs));
        let measured = (take(&taken), began.elapsed().as_secs_f64());
        ended.store(true, Ordering::Relaxed);
        measured
    });
    show(&format!("{senders} senders"), times, took);
    ensure!(server.terminate().code == Some(0), "the server did not end well");
    Ok(())
}
