//! The medians, side by side.

use super::{peers::Peer, scenario::Kind};

/// What one run gave: a figure for each column.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub figures: Vec<f64>,
    /// The share of the machine that others had meanwhile.
    pub others: f64,
    pub remarks: Vec<String>,
}

/// What all rounds gave for one server.
pub(crate) struct Row {
    pub peer: Peer,
    pub outcomes: Vec<Outcome>,
    /// One round was enough of it.
    pub is_slow: bool,
}

impl Row {
    pub(crate) const fn new(peer: Peer) -> Self {
        Self { peer, outcomes: Vec::new(), is_slow: false }
    }

    /// The figures in the middle, if it got through a round.
    pub(crate) fn medians(&self) -> Option<Vec<f64>> {
        let columns = self.outcomes.first()?.figures.len();
        let figures = |at| median(self.outcomes.iter().map(|outcome| outcome.figures[at]));
        Some((0..columns).map(figures).collect())
    }

    /// How many rounds others disturbed.
    pub(crate) fn spoiled(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.others > OTHERS_MAX).count()
    }
}

/// A column of figures.
pub(crate) struct Column {
    pub title: &'static str,
    pub write: fn(f64) -> String,
    /// Whether it is told how it compares to redis.
    pub compared: bool,
}

/// Above this share of the machine in other hands a run does not count for much.
const OTHERS_MAX: f64 = 0.1;

impl Kind {
    pub(crate) const fn columns(self) -> &'static [Column] {
        match self {
            Self::Throughput(..) => &[
                Column { title: "deliveries/s", write: large, compared: true },
                Column { title: "CPU s/million", write: three, compared: true },
                Column { title: "settled", write: three, compared: false },
            ],
            Self::Latency { .. } => &[
                Column { title: "p50 ms", write: three, compared: true },
                Column { title: "p99 ms", write: three, compared: true },
                Column { title: "CPU s/million", write: three, compared: true },
            ],
            Self::Idle => &[
                Column { title: "connects/s", write: large, compared: true },
                Column { title: "KiB each", write: one, compared: true },
                Column { title: "idle CPU %", write: one, compared: false },
            ],
            Self::History => &[
                Column { title: "cold p50 ms", write: three, compared: false },
                Column { title: "cold p99 ms", write: three, compared: false },
                Column { title: "warm p50 ms", write: three, compared: false },
                Column { title: "warm p99 ms", write: three, compared: false },
                Column { title: "last p50 ms", write: three, compared: false },
            ],
            Self::Search => &[
                Column { title: "rare p50 ms", write: three, compared: false },
                Column { title: "common p50 ms", write: three, compared: false },
                Column { title: "rare, #big", write: three, compared: false },
                Column { title: "common, #big", write: three, compared: false },
                Column { title: "common, #small", write: three, compared: false },
                Column { title: "less, #small", write: three, compared: false },
            ],
            Self::SlowReader { .. } => &[
                Column { title: "ratio", write: three, compared: false },
                Column { title: "one does not", write: large, compared: false },
                Column { title: "all read", write: large, compared: false },
                Column { title: "MiB grown", write: one, compared: false },
            ],
        }
    }
}

/// The table of one scenario, in Markdown.
pub(crate) fn table(kind: Kind, rounds: usize, rows: &[Row]) -> String {
    let columns = kind.columns();
    let redis = rows.iter().find(|row| row.peer == Peer::Redis).and_then(Row::medians);
    let mut text = head(columns);
    for row in rows {
        let Some(medians) = row.medians() else { continue };
        text += &format!("| {:<24} |", row.peer.title());
        for (index, column) in columns.iter().enumerate() {
            let ratio = redis.as_ref().filter(|_| column.compared).map(|redis| redis[index]);
            text += &cell(column, medians[index], ratio);
        }
        text += &format!(" {} |\n", remarks(rounds, row));
    }
    text
}

fn head(columns: &[Column]) -> String {
    let titles: String = columns
        .iter()
        .map(|column| format!(" {:>w$} |", column.title, w = width(column)))
        .collect();
    let rule: String =
        columns.iter().map(|column| format!("{:->w$}:|", "", w = width(column) + 1)).collect();
    format!("| {:<24} |{titles} remarks |\n|{:-<26}|{rule}---|\n", "server", "")
}

fn cell(column: &Column, median: f64, redis: Option<f64>) -> String {
    let ratio = redis.map(|redis| format!(" ({:.2}×)", median / redis)).unwrap_or_default();
    format!(" {:>w$} |", (column.write)(median) + &ratio, w = width(column))
}

const fn width(column: &Column) -> usize {
    if column.compared { 18 } else { 12 }
}

pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len() % 2 == 1 {
        figures[middle]
    } else {
        f64::midpoint(figures[middle - 1], figures[middle])
    }
}

fn remarks(rounds: usize, row: &Row) -> String {
    let outcomes = &row.outcomes;
    let mut all: Vec<_> = outcomes.iter().flat_map(|outcome| outcome.remarks.clone()).collect();
    if outcomes.len() < rounds {
        all.push(format!("{} of {rounds} rounds", outcomes.len()));
    }
    let spread = spread(outcomes);
    if spread > SPREAD_MAX {
        all.push(format!("rounds differ by {:.0} %", spread * 100.0));
    }
    let spoiled = row.spoiled();
    if spoiled > 0 {
        let most = outcomes.iter().map(|outcome| outcome.others).fold(0.0, f64::max);
        let of = outcomes.len();
        all.push(format!("other load in {spoiled} of {of} rounds, up to {:.0} %", most * 100.0));
    }
    all.dedup();
    all.join("; ")
}

/// Between the best and the worst round, of the first figure.
fn spread(outcomes: &[Outcome]) -> f64 {
    let first = || outcomes.iter().map(|outcome| outcome.figures[0]);
    let (low, high) = (first().fold(f64::INFINITY, f64::min), first().fold(0.0, f64::max));
    (high - low) / median(first()).max(f64::EPSILON)
}

const SPREAD_MAX: f64 = 0.25;

fn large(figure: f64) -> String {
    match figure {
        1e6.. => format!("{:.2} M", figure / 1e6),
        1e3.. => format!("{:.1} k", figure / 1e3),
        _ => format!("{figure:.0}"),
    }
}

fn three(figure: f64) -> String {
    format!("{figure:.3}")
}

fn one(figure: f64) -> String {
    format!("{figure:.1}")
}
