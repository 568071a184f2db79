//! Pages of a room's past.

use std::{path::Path, time::Duration};

use anyhow::Result;
use chat_proto::{
    Seq,
    message::{Anchor, History, Reply},
};
use chat_tests::bulk;

use super::{Asking, Dice, Head, SEED, forget, outcome, quantile};
use crate::{measure::Stretch, process::Process, table::Outcome};

const PAGES: usize = 300;
const LIMIT: u16 = 50;

/// Pages at random places, cold, then the same again, and the last page.
pub(crate) fn history(server: &Process, data: &Path) -> Result<Outcome> {
    let mut asking = Asking::connect(server)?;
    let room = asking.join(bulk::BIG)?.room;
    let head: Head = (room.room, room.head.0);
    forget(data)?;
    let stretch = Stretch::begin(server)?;
    let (mut cold, wrong) = pages(&mut asking, head)?;
    let (mut warm, wrong_too) = pages(&mut asking, head)?;
    let last: Result<Vec<_>> =
        (0..PAGES).map(|_| Ok(page(&mut asking, head, Anchor::Latest)?.0)).collect();
    let figures = vec![
        quantile(&mut cold, 0.5),
        quantile(&mut cold, 0.99),
        quantile(&mut warm, 0.5),
        quantile(&mut warm, 0.99),
        quantile(&mut last?, 0.5),
    ];
    outcome(figures, wrong + wrong_too, (&stretch, server))
}

fn pages(asking: &mut Asking, head: Head) -> Result<(Vec<Duration>, usize)> {
    let (mut dice, mut times, mut wrong) = (Dice(SEED), Vec::new(), 0);
    for _ in 0..PAGES {
        let limit = u64::from(LIMIT);
        let before = limit + 1 + dice.below(head.1.saturating_sub(limit).max(1));
        let (time, is_right) = page(asking, head, Anchor::Before(Seq(before)))?;
        times.push(time);
        wrong += usize::from(!is_right);
    }
    Ok((times, wrong))
}

/// How long it took, and whether it is the page that was asked for.
fn page(asking: &mut Asking, (room, head): Head, from: Anchor) -> Result<(Duration, bool)> {
    let (time, reply) = asking.ask(History { room, from, limit: LIMIT })?;
    let end = match from {
        Anchor::Before(seq) => seq.0,
        _ => head + 1,
    };
    let expected = end.saturating_sub(u64::from(LIMIT)).max(1)..end;
    let is_right = match reply {
        Reply::Page(page) => page.items.iter().map(|item| item.entry.seq.0).eq(expected),
        _ => false,
    };
    Ok((time, is_right))
}
