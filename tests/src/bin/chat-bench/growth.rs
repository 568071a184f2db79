//! How the cost of a delivery grows with what there is: nothing should cost more than in proportion, and nothing
//! suddenly.

mod company;
mod history;
mod steps;

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;

use self::{company::Came, steps::Step};
use super::{
    floor, machine,
    peers::{Keeping, Peer, Servers},
    run::Times,
    say,
    table::{Outcome, median},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Growth {
    /// With what it grows [default: all]
    with: Vec<With>,
    /// Of which server
    #[arg(long, value_enum, default_value = "framed")]
    of: Peer,
    /// How often each is run
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Up to so many messages
    #[arg(long, default_value_t = 10_000_000)]
    messages: u64,
    #[command(flatten)]
    servers: Servers,
}

/// What there is more and more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum With {
    /// Members of one room, 10 to 10,000
    Members,
    /// Rooms in which people talk, 1 to 1,000
    Rooms,
    /// Rooms in which nobody talks, up to 100,000
    SilentRooms,
    /// Connections of which nothing comes, up to the limit of file descriptors
    Connections,
    /// Bytes of a message, 10 to 16 Ki
    Size,
    /// Messages on the disk, 1,000 to 10 million
    History,
}

const TIMES: Times =
    Times { warm_up: Duration::from_millis(400), measured: Duration::from_millis(1500) };

impl Growth {
    pub(crate) fn run(&self) -> Result<()> {
        say(&format!("{}; {}", machine::description(), floor::description()?));
        let all = With::value_variants();
        let chosen = if self.with.is_empty() { all } else { self.with.as_slice() };
        chosen.iter().try_for_each(|with| self.grow(*with))
    }

    fn grow(&self, with: With) -> Result<()> {
        if with == With::History {
            return history::grow(&self.servers, self.messages);
        }
        say(&format!("\n**{}** ({})\n\n{HEAD}", steps::title(with), self.of.title()));
        let mut first = None;
        for step in steps::steps(with) {
            match self.measure(&step) {
                Ok(row) => {
                    let first = *first.get_or_insert(row.cpu);
                    say(&row.line(&step, first));
                }
                Err(error) => say(&format!("| {} | {error:#} |", step.label)),
            }
        }
        Ok(())
    }

    fn measure(&self, step: &Step) -> Result<Row> {
        let rounds = (0..self.rounds.max(1)).map(|_| self.once(step));
        let rounds = rounds.collect::<Result<Vec<_>>>()?;
        let figure = |at: usize| median(rounds.iter().map(|round| round.0.figures[at]));
        let others = rounds.iter().map(|round| round.0.others).fold(0.0, f64::max);
        let remarks = rounds.iter().flat_map(|round| round.0.remarks.clone()).collect();
        let company = rounds.last().and_then(|round| round.1);
        Ok(Row { per_sec: figure(0), cpu: figure(1), settled: figure(2), company, others, remarks })
    }

    fn once(&self, step: &Step) -> Result<(Outcome, Option<Came>)> {
        let server = self.of.start(&self.servers, &Keeping::New)?;
        let company = step.company.map(|who| who.come(&server)).transpose()?;
        let outcome = step.scenario.run(self.of, (&server, &Keeping::New), TIMES)?;
        Ok((outcome, company.map(|company| company.came)))
    }
}

const HEAD: &str = "| | deliveries/s | MB/s | CPU s/million | to the first | settled | a second come in | KiB each | remarks |\n\
                    |---:|---:|---:|---:|---:|---:|---:|---:|---|";

/// A line of the table.
struct Row {
    per_sec: f64,
    cpu: f64,
    settled: f64,
    company: Option<Came>,
    others: f64,
    remarks: Vec<String>,
}

impl Row {
    fn line(self, step: &Step, first: f64) -> String {
        let company = self.company.map_or_else(
            || "– | –".into(),
            |company| format!("{:.0} | {:.2}", company.per_sec, company.kib_each),
        );
        let mut remarks = self.remarks;
        if self.others > 0.1 {
            remarks.push(format!("other load up to {:.0} %", self.others * 100.0));
        }
        format!(
            "| {} | {:.0} | {:.1} | {:.3} | {:.2}× | {:.3} | {company} | {} |",
            step.label,
            self.per_sec,
            self.per_sec * step.scenario.payload_bytes as f64 / 1e6,
            self.cpu,
            self.cpu / first,
            self.settled,
            remarks.join("; ")
        )
    }
}
