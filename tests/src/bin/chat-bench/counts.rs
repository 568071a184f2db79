//! How many instructions the pure parts take, as valgrind counts them: the same every time, whatever else the machine
//! does. A file keeps the last ones, so that a slip is seen when it happens.

use std::{collections::BTreeMap, fs, process::Command};

use anyhow::{Context as _, Result};
use chat_tests::work::{self, Work};

use super::{process::installed, say};

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Counts {
    /// Keep what is counted now, for later comparisons
    #[arg(long)]
    keep: bool,
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/counts.md");
/// What is counted is the difference between many and few times: what comes before and behind is the same.
const FEW: u64 = 1000;
const MANY: u64 = 3000;
/// Beyond this share it is another figure.
const DRIFT_MAX: f64 = 0.05;

impl Counts {
    pub(crate) fn run(&self) -> Result<()> {
        if installed("valgrind").is_none() {
            say("left out: counting instructions (apt-get install valgrind)");
            return Ok(());
        }
        let before = kept();
        let mut table = String::from("| what | instructions | drift |\n|---|---:|---:|\n");
        let mut counts = Vec::new();
        for work in work::ALL {
            let count = count(work)?;
            let drift =
                before.get(work.name).map_or_else(|| "new".into(), |kept| drift(*kept, count));
            table += &format!("| {} | {count} | {drift} |\n", work.name);
            counts.push((work.name, count));
        }
        say(&format!("\nInstructions of the pure parts:\n\n{table}"));
        if self.keep { keep(&counts) } else { Ok(()) }
    }
}

/// Does something so many times, to be counted.
pub(crate) fn repeat(name: &str, times: u64) -> Result<()> {
    let mut once = (work::named(name).context("no such work")?.prepare)();
    (0..times).for_each(|_| once());
    Ok(())
}

fn count(work: &Work) -> Result<u64> {
    let more = collected(work, MANY)?.saturating_sub(collected(work, FEW)?);
    Ok(more / (MANY - FEW))
}

fn collected(work: &Work, times: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["repeat", work.name, &times.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.split_once("Collected :"));
    let (_, number) = line.with_context(|| format!("valgrind says: {said}"))?;
    Ok(number.trim().parse()?)
}

fn drift(before: u64, now: u64) -> String {
    let change = now as f64 / before.max(1) as f64 - 1.0;
    let sign = if change.abs() > DRIFT_MAX { " **!**" } else { "" };
    format!("{:+.1} %{sign}", change * 100.0)
}

fn kept() -> BTreeMap<String, u64> {
    let text = fs::read_to_string(FILE).unwrap_or_default();
    let row = |line: &str| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        Some((cells.next()?.to_owned(), cells.next()?.parse().ok()?))
    };
    text.lines().filter_map(row).collect()
}

fn keep(counts: &[(&str, u64)]) -> Result<()> {
    let rows: String =
        counts.iter().map(|(name, count)| format!("| {name} | {count} |\n")).collect();
    let head = "Instructions that the pure parts take, as `chat-bench counts --keep` counted them with valgrind.\n\
                `make bench` compares. A newer compiler counts otherwise too.\n";
    Ok(fs::write(FILE, format!("{head}\n| what | instructions |\n|---|---:|\n{rows}"))?)
}
