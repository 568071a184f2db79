//! How fast chat-server is, beside other servers and beside what the machine allows.
//!
//! Every scenario is run on every server in turn, and that some rounds over, so that what disturbs the machine
//! disturbs all of them. Ours keeps every message on the disk before anybody sees it; the others keep nothing.

mod scenario;

mod run;

mod drive;
mod measure;

mod crowd;
mod payload;
mod scan;
mod tally;

mod limit;
mod peers;
mod speech;

mod floor;
mod machine;
mod process;

mod table;

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use clap::Parser;

use self::{
    limit::Batching,
    peers::{Peer, Servers},
    run::Times,
    scenario::{ALL, Scenario},
    table::{Outcome, Row, table},
};

/// Compares chat-server with other servers and with what the machine allows.
#[derive(Debug, Parser)]
struct Args {
    /// fan100, fan1000, chat4, rooms1000, load1000, fan100w1, lat1000, idle10k, slow [default: all]
    scenarios: Vec<String>,
    /// How often each scenario is run on each server
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// One short round, to see that all works
    #[arg(long)]
    quick: bool,
    /// Only these servers
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Peer>,
    /// The chat-server to measure [default: the one beside this program]
    #[arg(long)]
    server: Option<PathBuf>,
    /// Another chat-server, to see what a change has brought
    #[arg(long)]
    before: Option<PathBuf>,
    /// Be the built-in server
    #[arg(long, hide = true, value_enum, requires = "port")]
    serve: Option<Batching>,
    #[arg(long, hide = true)]
    port: Option<u16>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("chat-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    if let (Some(batching), Some(port)) = (args.serve, args.port) {
        return limit::serve(port, batching);
    }
    let scenarios = chosen(&args.scenarios)?;
    let server = match &args.server {
        Some(server) => server.clone(),
        None => std::env::current_exe()?.with_file_name("chat-server"),
    };
    say(&format!("{}; {}\n", machine::description(), floor::description()?));
    let servers = Servers { now: server, before: args.before.clone() };
    let mut bench = Bench { servers, rounds: args.rounds.max(1), times: LONG, peers: Vec::new() };
    if args.quick {
        (bench.rounds, bench.times) = (1, SHORT);
    }
    bench.choose_peers(&args.only);
    scenarios.into_iter().try_for_each(|scenario| bench.compare(scenario))
}

const LONG: Times = Times { warm_up: Duration::from_millis(700), measured: Duration::from_secs(3) };
const SHORT: Times =
    Times { warm_up: Duration::from_millis(200), measured: Duration::from_millis(700) };

/// Of a server that takes so long for a run, one round will do.
const ONCE_IS_ENOUGH: Duration = Duration::from_secs(40);

fn chosen(names: &[String]) -> Result<Vec<&'static Scenario>> {
    if names.is_empty() {
        return Ok(ALL.iter().collect());
    }
    let find = |name: &String| match ALL.iter().find(|scenario| scenario.name == name) {
        Some(scenario) => Ok(scenario),
        None => bail!("there is no scenario {name}; see --help"),
    };
    names.iter().map(find).collect()
}

struct Bench {
    servers: Servers,
    rounds: usize,
    times: Times,
    peers: Vec<Peer>,
}

impl Bench {
    fn choose_peers(&mut self, only: &[Peer]) {
        let has_before = self.servers.before.is_some();
        let is_wanted = |peer: &Peer| only.is_empty() || only.contains(peer);
        let is_there = |peer: &Peer| has_before || !peer.is_before();
        for peer in Peer::ALL.into_iter().filter(is_wanted).filter(is_there) {
            match peer.missing(&self.servers) {
                Some(why) => say(&format!("left out: {} ({why})", peer.title())),
                None => self.peers.push(peer),
            }
        }
    }

    /// Runs a scenario on every server, in rounds, and prints its table.
    fn compare(&self, scenario: &Scenario) -> Result<()> {
        let mut rows: Vec<_> = self.peers.iter().map(|peer| Row::new(*peer)).collect();
        for _ in 0..self.rounds {
            rows.iter_mut()
                .filter(|row| !row.is_slow)
                .for_each(|row| self.add_round(scenario, row));
        }
        say(&format!(
            "\n**{}**: {}\n\n{}",
            scenario.name,
            scenario.about,
            table(scenario.kind, self.rounds, &rows)
        ));
        Ok(())
    }

    fn add_round(&self, scenario: &Scenario, row: &mut Row) {
        let began = Instant::now();
        match self.once(scenario, row.peer) {
            Ok(outcome) => row.outcomes.push(outcome),
            Err(error) => say(&format!("{} on {}: {error:#}", scenario.name, row.peer.title())),
        }
        row.is_slow = began.elapsed() > ONCE_IS_ENOUGH;
    }

    fn once(&self, scenario: &Scenario, peer: Peer) -> Result<Outcome> {
        let server = peer.start(&self.servers, scenario.ephemeral)?;
        scenario.run(peer, &server, self.times)
    }
}

#[allow(clippy::print_stdout, reason = "the program's result")]
fn say(text: &str) {
    println!("{text}");
}
