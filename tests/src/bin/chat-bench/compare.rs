//! Scenarios on servers, in rounds.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use chat_tests::bulk;

use super::{
    counts::Counts,
    floor, machine,
    peers::{Keeping, Peer, Servers},
    run::Times,
    say,
    scenario::{ALL, Scenario},
    summary,
    table::{Outcome, Row, table},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    /// fan100, fan1000, chat4, rooms1000, load1000, fan100w1, lat1000, idle10k, slow, history, search [default: fan100, rooms1000,
    /// load1000 and lat1000, beside redis and the limit alone]
    scenarios: Vec<String>,
    /// Every scenario on every server
    #[arg(long)]
    all: bool,
    /// How often each scenario is run on each server
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each run is measured
    #[arg(long, default_value_t = 3, value_name = "SECS")]
    secs: u64,
    /// One short round, to see that all works
    #[arg(long)]
    quick: bool,
    /// Messages in the data directory for history and search, which is made once
    #[arg(long, default_value_t = 10_000_000)]
    messages: u64,
    /// Only these servers
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Peer>,
    /// Put the summary into README.md, in the current directory
    #[arg(long)]
    readme: bool,
    #[command(flatten)]
    servers: Servers,
}

/// A scenario and what it gave.
pub(crate) struct Compared {
    pub scenario: &'static Scenario,
    pub rows: Vec<Row>,
}

const WARM_UP: Duration = Duration::from_millis(700);
const SHORT: Times =
    Times { warm_up: Duration::from_millis(200), measured: Duration::from_millis(700) };

/// Of a server that takes so long for a run, one round will do.
const ONCE_IS_ENOUGH: Duration = Duration::from_secs(40);

impl Compare {
    pub(crate) fn run(self) -> Result<()> {
        let (scenarios, counts) = (self.chosen()?, self.scenarios.is_empty());
        let heading = format!("{}; {}", machine::description(), floor::description()?);
        say(&format!("{heading}\n"));
        let mut bench = Bench {
            peers: self.peers(),
            servers: self.servers,
            messages: self.messages,
            rounds: self.rounds.max(1),
            times: Times { warm_up: WARM_UP, measured: Duration::from_secs(self.secs.max(1)) },
        };
        if self.quick {
            (bench.rounds, bench.times) = (1, SHORT);
        }
        let all: Vec<_> = scenarios.into_iter().map(|scenario| bench.compare(scenario)).collect();
        let summary = summary::summary(&all);
        say(&format!("\n{summary}"));
        if self.readme {
            summary::keep(&PathBuf::from("README.md"), &summary)?;
        }
        if counts { Counts::default().run() } else { Ok(()) }
    }

    fn is_usual(&self) -> bool {
        !self.all && self.scenarios.is_empty()
    }

    fn chosen(&self) -> Result<Vec<&'static Scenario>> {
        if self.scenarios.is_empty() {
            return Ok(ALL.iter().filter(|scenario| self.all || scenario.is_usual).collect());
        }
        let find = |name: &String| {
            let found = ALL.iter().find(|scenario| scenario.name == name);
            found.with_context(|| format!("there is no scenario {name}; see --help"))
        };
        self.scenarios.iter().map(find).collect()
    }

    fn peers(&self) -> Vec<Peer> {
        let is_wanted = |peer: &Peer| match self.only.as_slice() {
            [] => peer.is_usual() || !self.is_usual(),
            only => only.contains(peer),
        };
        let has_before = self.servers.before.is_some();
        let mut peers: Vec<_> = Peer::ALL.into_iter().filter(is_wanted).collect();
        peers.retain(|peer| has_before || !peer.is_before());
        peers.retain(|peer| match peer.missing(&self.servers) {
            Some(why) => {
                say(&format!("left out: {} ({why})", peer.title()));
                false
            }
            None => true,
        });
        peers
    }
}

struct Bench {
    messages: u64,
    servers: Servers,
    rounds: usize,
    times: Times,
    peers: Vec<Peer>,
}

impl Bench {
    /// Runs a scenario on every server, in rounds, and prints its table.
    fn compare(&self, scenario: &'static Scenario) -> Compared {
        let suits = |peer: &Peer| !scenario.kind.is_past() || *peer == Peer::Framed;
        let mut rows: Vec<_> = self.peers.iter().copied().filter(suits).map(Row::new).collect();
        for _ in 0..self.rounds {
            rows.iter_mut()
                .filter(|row| !row.is_slow)
                .for_each(|row| self.add_round(scenario, row));
        }
        let table = table(scenario.kind, self.rounds, &rows);
        say(&format!("\n**{}**: {}\n\n{table}", scenario.name, scenario.about));
        Compared { scenario, rows }
    }

    fn keeping(&self, scenario: &Scenario) -> Result<Keeping> {
        Ok(match scenario.kind {
            kind if kind.is_past() => Keeping::Old(bulk::directory(self.messages)?),
            _ if scenario.ephemeral => Keeping::Nothing,
            _ => Keeping::New,
        })
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
        let keeping = self.keeping(scenario)?;
        let server = peer.start(&self.servers, &keeping)?;
        scenario.run(peer, (&server, &keeping), self.times)
    }
}
