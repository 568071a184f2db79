//! What a stretch of time cost the server.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    machine::{self, Machine},
    process::Process,
};

/// The beginning of a stretch.
pub(crate) struct Stretch {
    began: Instant,
    server: Duration,
    own: Duration,
    machine: Machine,
}

/// Its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub secs: f64,
    /// The server's processor time, in seconds.
    pub cpu_secs: f64,
    /// The share of the machine's processors that others had meanwhile: other processes, and the host.
    pub others: f64,
}

impl Stretch {
    pub(crate) fn begin(server: &Process) -> Result<Self> {
        Ok(Self {
            began: Instant::now(),
            server: server.cpu()?,
            own: machine::cpu(std::process::id())?,
            machine: Machine::now()?,
        })
    }

    pub(crate) fn so_far(&self, server: &Process) -> Result<Cost> {
        let secs = self.began.elapsed().as_secs_f64();
        let cpu_secs = (server.cpu()? - self.server).as_secs_f64();
        let own = (machine::cpu(std::process::id())? - self.own).as_secs_f64();
        let shares = Machine::now()?.since(self.machine);
        let ours = (cpu_secs + own) * shares.second;
        Ok(Cost { secs, cpu_secs, others: (shares.busy - ours).max(0.0) + shares.steal })
    }
}

/// Waits until the server has nothing left to do; what it puts off until it is quiet is part of it.
pub(crate) fn settle(server: &Process) -> Result<()> {
    let end = Instant::now() + SETTLE_WITHIN;
    let mut quiet_since = Instant::now();
    while quiet_since.elapsed() < QUIET && Instant::now() < end {
        let before = server.cpu()?;
        thread::sleep(Duration::from_millis(200));
        if server.cpu()? - before > Duration::from_millis(10) {
            quiet_since = Instant::now();
        }
    }
    Ok(())
}

/// Longer than chat-server waits for more before it brings its index up to date.
const QUIET: Duration = Duration::from_millis(1800);
const SETTLE_WITHIN: Duration = Duration::from_secs(60);
