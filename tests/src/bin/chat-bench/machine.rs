//! What the machine was doing meanwhile, from /proc.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};

/// Processor time of the whole machine since it started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    all: Duration,
    idle: Duration,
    steal: Duration,
}

/// Shares of the machine's processors over a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shares {
    pub busy: f64,
    /// Taken away by the machine's own host.
    pub steal: f64,
    /// What one second of one processor is of all.
    pub second: f64,
}

impl Machine {
    pub(crate) fn now() -> Result<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let line = stat.lines().next().context("/proc/stat is empty")?;
        let ticks: Vec<u64> =
            line.split_whitespace().skip(1).filter_map(|number| number.parse().ok()).collect();
        // proc_stat(5): user nice system idle iowait irq softirq steal; guests are counted in user.
        let at = |place: usize| ticks.get(place).copied().unwrap_or(0);
        let all = ticks.iter().take(8).sum();
        Ok(Self { all: time(all), idle: time(at(3) + at(4)), steal: time(at(7)) })
    }

    /// What happened since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Shares {
        let all = (self.all - earlier.all).as_secs_f64().max(f64::EPSILON);
        let idle = (self.idle.saturating_sub(earlier.idle)).as_secs_f64();
        let steal = (self.steal.saturating_sub(earlier.steal)).as_secs_f64();
        Shares { busy: 1.0 - (idle + steal) / all, steal: steal / all, second: 1.0 / all }
    }
}

/// User and system time of a process, all its threads, those that have ended included.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} is gone"))?;
    // The name, in parentheses, may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("no process name")?;
    let times = fields.split_whitespace().skip(11).take(2);
    Ok(time(times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()))
}

/// Resident memory of a process, in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// The processors' name and number, and the kernel.
pub(crate) fn description() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let name = |line: &str| line.split_once(": ").map(|(_, name)| name.to_owned());
    let model = cpus.lines().find(|line| line.starts_with("model name")).and_then(name);
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{count} × {}, Linux {}", model.unwrap_or_else(|| "?".into()), kernel.trim())
}

/// One tick of `/proc` is 10 ms on every Linux that Rust runs on.
const fn time(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 10)
}
