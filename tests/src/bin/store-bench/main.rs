//! How the server does with very many messages: its start, pages and searches in them, and what backing them up does
//! to those who talk meanwhile.

mod acks;
mod beside;
mod read;

use std::{ffi::OsString, path::PathBuf, process::ExitCode, time::Instant};

use anyhow::Result;
use chat_tests::bulk;
use clap::{Parser, Subcommand};

/// Measures chat-server over a data directory with very many messages.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a data directory with so many messages, and its index for searching
    Fill {
        directory: PathBuf,
        #[arg(default_value_t = 10_000_000)]
        messages: u64,
    },
    /// Start a server on a directory, and read pages of its big room
    Read { directory: PathBuf },
    /// Let so many people talk to a new server, each waiting for every acknowledgement
    Acks {
        #[arg(default_value_t = 64)]
        senders: usize,
        #[arg(default_value_t = 10)]
        secs: u64,
    },
    /// Run a command of chat-server (backup FILE, export, check-data) on a directory in use, and see whether it disturbs
    Beside {
        directory: PathBuf,
        #[arg(required = true, trailing_var_arg = true)]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match run(Args::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("store-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Fill { directory, messages } => {
            timed("messages", || bulk::fill(&directory, messages).map(|()| messages))?;
            timed("messages indexed", || bulk::index(&directory))
        }
        Command::Read { directory } => read::run(&directory),
        Command::Acks { senders, secs } => acks::run(senders, secs),
        Command::Beside { directory, command } => beside::run(&directory, &command),
    }
}

fn timed(what: &str, work: impl FnOnce() -> std::io::Result<u64>) -> Result<()> {
    let began = Instant::now();
    let count = work()?;
    let secs = began.elapsed().as_secs_f64();
    say(&format!("{count} {what} in {secs:.1} s, {:.0} a second", count as f64 / secs));
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the program's result")]
fn say(text: &str) {
    println!("{text}");
}
