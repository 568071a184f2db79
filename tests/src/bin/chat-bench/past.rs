//! Reading and searching what was said long ago: one client that asks one thing after another.

mod history;
mod search;

use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, bail};
use chat_proto::{
    RoomId,
    message::{Entered, Hello, Join, Message as _, Reply, Request},
    version::{VERSION_MAX, VERSION_MIN},
};
use chat_tests::framed::Wire;
use rustix::fs::{Advice, fadvise};

pub(crate) use self::{history::history, search::search};

use super::{measure::Stretch, process::Process, table::Outcome};

/// A client that counts the time until it has the whole answer.
struct Asking {
    wire: Wire,
    next: u32,
}

impl Asking {
    fn connect(server: &Process) -> Result<Self> {
        let mut asking = Self { wire: Wire::connect(server.address), next: 1 };
        let hello = Hello {
            version_min: VERSION_MIN,
            version_max: VERSION_MAX,
            agent: "chat-bench".into(),
            nick: "reader".into(),
            resume: None,
            login: None,
        };
        match asking.ask(hello)? {
            (_, Reply::Welcome(_)) => Ok(asking),
            (_, other) => bail!("no welcome: {other:?}"),
        }
    }

    fn join(&mut self, room: &str) -> Result<Entered> {
        match self.ask(Join { room: room.into(), after: None })? {
            (_, Reply::Entered(entered)) => Ok(entered),
            (_, other) => bail!("no room: {other:?}"),
        }
    }

    fn ask(&mut self, request: impl Into<Request>) -> Result<(Duration, Reply)> {
        self.next += 1;
        let began = Instant::now();
        self.wire.send(self.next, request);
        loop {
            let frame = self.wire.frame().map_err(|missing| anyhow!("no answer: {missing:?}"))?;
            let time = began.elapsed();
            if frame.request == self.next {
                let reply = Reply::read(&frame)?;
                return Ok((
                    time,
                    reply.ok_or_else(|| anyhow!("an answer of type {}", frame.kind))?,
                ));
            }
        }
    }
}

/// Lets the system forget what it has of the data files in memory, as far as they are on disk.
fn forget(directory: &Path) -> Result<()> {
    for name in ["chat.db", "search.db"] {
        fadvise(File::open(directory.join(name))?, 0, None, Advice::DontNeed)?;
    }
    Ok(())
}

/// Milliseconds of this share of the times.
fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let at = (times.len() as f64 * share) as usize;
    times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

fn outcome(
    figures: Vec<f64>,
    wrong: usize,
    (stretch, server): (&Stretch, &Process),
) -> Result<Outcome> {
    let remarks = (wrong > 0).then(|| format!("{wrong} WRONG ANSWERS")).into_iter().collect();
    Ok(Outcome { figures, others: stretch.so_far(server)?.others, remarks })
}

/// The same places and words each time: xorshift.
struct Dice(u64);

impl Dice {
    const fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % limit
    }
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// A room and its last number.
type Head = (RoomId, u64);
