//! Searches: rare and common words, in one room and in all.

use anyhow::Result;
use chat_proto::message::{Found, Reply, Search};
use chat_tests::bulk;

use super::{Asking, outcome, quantile};
use crate::{measure::Stretch, process::Process, table::Outcome};

const TIMES: usize = 40;
const LIMIT: u16 = 20;
/// A room that has one of ten thousand messages.
const SMALL: &str = "#room7";
/// As many as a member may be in, with the big one.
const OTHERS: u64 = 999;

pub(crate) fn search(server: &Process) -> Result<Outcome> {
    let mut asking = Asking::connect(server)?;
    asking.join(bulk::BIG)?;
    for room in 1..=OTHERS {
        asking.join(&format!("#room{room}"))?;
    }
    let stretch = Stretch::begin(server)?;
    let (mut figures, mut wrong) = (Vec::new(), 0);
    for (word, place) in [
        (bulk::RARE, ""),
        (bulk::COMMON[0], ""),
        (bulk::RARE, bulk::BIG),
        (bulk::COMMON[0], bulk::BIG),
        (bulk::COMMON[0], SMALL),
        (bulk::COMMON[3], SMALL),
    ] {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let query = if place.is_empty() { word.into() } else { format!("{word} in:{place}") };
            let (time, reply) = asking.ask(Search { query, before: None, limit: LIMIT })?;
            times.push(time);
            wrong += usize::from(!is_right(&reply, word));
        }
        figures.push(quantile(&mut times, 0.5));
    }
    outcome(figures, wrong, (&stretch, server))
}

/// Whether something was found, the word is in all of it, and the newest comes first.
fn is_right(reply: &Reply, word: &str) -> bool {
    let Reply::Found(Found { hits, .. }) = reply else { return false };
    let has_word = |text: &str| text.split(' ').any(|other| other == word);
    let is_hit = |hit: &chat_proto::message::Hit| {
        hit.entry.content().said().is_some_and(|said| has_word(said.text.as_str()))
    };
    !hits.is_empty()
        && hits.iter().all(is_hit)
        && hits.is_sorted_by(|a, b| a.entry.at >= b.entry.at)
}
