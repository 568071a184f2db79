//! How fast chat-server is, beside other servers and beside what the machine allows.
//!
//! Every scenario is run on every server in turn, and that some rounds over, so that what disturbs the machine
//! disturbs all of them. Ours keeps every message on the disk before anybody sees it; the others keep nothing.

mod compare;
mod scenario;

mod run;

mod drive;
mod measure;

mod crowd;
mod payload;
mod scan;
mod tally;

mod past;

mod limit;
mod peers;
mod speech;

mod floor;
mod machine;
mod process;

mod summary;
mod table;

mod counts;
mod growth;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use self::{compare::Compare, counts::Counts, growth::Growth, limit::Batching};

/// Compares chat-server with other servers and with what the machine allows.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Args {
    #[command(flatten)]
    compare: Compare,
    #[command(subcommand)]
    other: Option<Other>,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// How the cost grows with members, rooms, connections, sizes and history
    Growth(Growth),
    /// Count the instructions that the pure parts take
    Counts(Counts),
    /// Do something pure so many times
    #[command(hide = true)]
    Repeat { work: String, times: u64 },
    /// Be the built-in server
    #[command(hide = true)]
    Serve { batching: Batching, port: u16 },
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.other {
        None => args.compare.run(),
        Some(other) => other.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("chat-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

impl Other {
    fn run(self) -> Result<()> {
        match self {
            Self::Growth(growth) => growth.run(),
            Self::Counts(counts) => counts.run(),
            Self::Repeat { work, times } => counts::repeat(&work, times),
            Self::Serve { batching, port } => limit::serve(port, batching),
        }
    }
}

#[allow(clippy::print_stdout, reason = "the program's result")]
fn say(text: &str) {
    println!("{text}");
}
