//! The latest figures in one table, for README.md.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use super::{
    compare::Compared,
    machine,
    peers::Peer,
    table::{Column, Row},
};

/// A line a scenario, a column a server.
pub(crate) fn summary(all: &[Compared]) -> String {
    let has_run = |peer: &Peer| {
        let rows = all.iter().flat_map(|compared| &compared.rows);
        rows.clone().any(|row| row.peer == *peer && row.medians().is_some())
    };
    let peers: Vec<_> = Peer::ALL.into_iter().filter(has_run).collect();
    let titles: String = peers.iter().map(|peer| format!(" {} |", peer.title())).collect();
    let rules = "---:|".repeat(peers.len());
    let mut text = format!("| scenario |{titles} framed : redis |\n|---|{rules}---:|\n");
    all.iter().for_each(|compared| text += &line(compared, &peers));
    format!("{}\n\n{text}\n{}\n", heading(), legend(all))
}

fn heading() -> String {
    let date = chat_server::clock::now().to_string();
    format!("{}, {}:", &date[..10], machine::description())
}

fn line(compared: &Compared, peers: &[Peer]) -> String {
    let columns = compared.scenario.kind.columns();
    let row = |peer: Peer| compared.rows.iter().find(|row| row.peer == peer);
    let cells: String = peers.iter().map(|peer| cell(columns, row(*peer))).collect();
    let ratio = ratio(columns, row(Peer::Framed), row(Peer::Redis));
    format!("| {} |{cells} {} |\n", compared.scenario.name, ratio.unwrap_or_default())
}

fn cell(columns: &[Column], row: Option<&Row>) -> String {
    let Some(medians) = row.and_then(Row::medians) else { return " – |".into() };
    let shown = columns.iter().zip(medians).take(SHOWN);
    let figures: Vec<_> = shown.map(|(column, median)| (column.write)(median)).collect();
    let star = if row.is_some_and(|row| row.spoiled() > 0) { "\\*" } else { "" };
    format!(" {}{star} |", figures.join("; "))
}

/// Columns of a scenario's table that are shown here too.
const SHOWN: usize = 2;

fn ratio(columns: &[Column], ours: Option<&Row>, redis: Option<&Row>) -> Option<String> {
    let (ours, redis) = (ours?.medians()?, redis?.medians()?);
    let both = columns.iter().zip(ours.iter().zip(redis)).take(SHOWN);
    let ratios: Vec<_> = both
        .filter(|(column, _)| column.compared)
        .map(|(_, (ours, redis))| format!("{:.2}×", ours / redis))
        .collect();
    Some(ratios.join("; "))
}

/// What each scenario is and what is counted there.
fn legend(all: &[Compared]) -> String {
    let line = |Compared { scenario, .. }: &Compared| {
        let columns = scenario.kind.columns().iter().take(SHOWN);
        let titles: Vec<_> = columns.map(|column| column.title).collect();
        format!("- {}: {} ({})\n", scenario.name, scenario.about, titles.join("; "))
    };
    let mut text: String = all.iter().map(line).collect();
    if all.iter().flat_map(|compared| &compared.rows).any(|row| row.spoiled() > 0) {
        text += "\n\\* Other programs had more than a tenth of the machine meanwhile.\n";
    }
    text
}

/// Puts the summary between the marks of a file.
pub(crate) fn keep(path: &Path, summary: &str) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("no {}", path.display()))?;
    let between =
        text.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
    let (head, tail) = between.with_context(|| format!("no {BEGIN} in {}", path.display()))?;
    Ok(fs::write(path, format!("{head}{BEGIN}\n{summary}{END}{tail}"))?)
}

const BEGIN: &str = "<!-- make bench ARGS='--all --readme' writes this -->";
const END: &str = "<!-- up to here -->";
