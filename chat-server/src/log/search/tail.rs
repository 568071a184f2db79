//! Looking through what is not indexed yet, as far as that goes quickly; the newest first.

use std::{collections::HashMap, sync::Arc};

use chat_proto::{RoomId, Seq, Time};

use super::Search;
use crate::{
    core::Entry,
    log::{
        Reader, StoreError,
        around::{self, Step},
        store::reworded,
        weight,
    },
};

/// How much one search looks through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    entries: u64,
    bytes: usize,
}

/// Behind an index that trails the commits: some tens of milliseconds of work.
pub(super) const TRAILING: Budget = Budget { entries: 10_000, bytes: 8 * 1024 * 1024 };
/// Without an index: a log in memory.
pub(super) const WHOLE: Budget = Budget { entries: 1_000_000, bytes: 256 * 1024 * 1024 };

/// What was found in the tail.
#[derive(Default)]
pub(super) struct Tail {
    pub(super) entries: Vec<Arc<Entry>>,
    /// Entries from this time on may be missing, but for the newest.
    pub(super) indexed_up_to: Option<Time>,
}

/// What of a room is not indexed: the entries after `after`, of which those after `from` are looked through.
struct Stretch {
    room: RoomId,
    after: Seq,
    from: Seq,
    head: Seq,
}

pub(super) fn look_through(
    reader: &dyn Reader,
    search: &Search,
    heads: &[(RoomId, Seq)],
    indexed: &HashMap<RoomId, Seq>,
    budget: Budget,
) -> Result<Tail, StoreError> {
    let (mut tail, mut bytes) = (Tail::default(), 0);
    for stretch in share(heads, indexed, budget.entries) {
        if stretch.from > stretch.after {
            tail.misses(reader, &stretch, stretch.after)?;
        }
        let read_to = tail.read(reader, search, &stretch, budget.bytes, &mut bytes)?;
        if read_to < stretch.head {
            tail.misses(reader, &stretch, read_to)?;
        }
    }
    Ok(tail)
}

/// Shares the budget among the rooms, evenly where there is not enough for all.
fn share(heads: &[(RoomId, Seq)], indexed: &HashMap<RoomId, Seq>, entries: u64) -> Vec<Stretch> {
    let stretch = |(room, head): &(RoomId, Seq)| {
        let after = indexed.get(room).copied().unwrap_or_default();
        (after < *head).then_some(Stretch { room: *room, after, from: after, head: *head })
    };
    let mut stretches: Vec<_> = heads.iter().filter_map(stretch).collect();
    stretches.sort_unstable_by_key(|stretch| stretch.head.0 - stretch.after.0);
    let (mut left, mut rooms) = (entries, stretches.len() as u64);
    for stretch in &mut stretches {
        let length = (stretch.head.0 - stretch.after.0).min(left / rooms);
        stretch.from = Seq(stretch.head.0 - length);
        (left, rooms) = (left - length, rooms - 1);
    }
    stretches
}

impl Tail {
    /// Looks through a stretch; the number up to which it came.
    fn read(
        &mut self,
        reader: &dyn Reader,
        search: &Search,
        stretch: &Stretch,
        bytes_max: usize,
        bytes: &mut usize,
    ) -> Result<Seq, StoreError> {
        let mut after = stretch.from;
        while after < stretch.head && *bytes < bytes_max {
            let page = around::page(reader, stretch.room, after, STEP)?;
            let Some(last) = page.last else { return Ok(stretch.head) };
            after = last;
            *bytes += page.entries.iter().map(|entry| weight(entry)).sum::<usize>();
            for entry in page.entries {
                let said = match reworded(&entry) {
                    Some(target) => around::whole(reader, stretch.room, target)?,
                    None => Some(entry),
                };
                self.entries.extend(said.filter(|entry| is_wanted(search, entry)));
            }
        }
        Ok(after)
    }

    /// Notes that the entries after a number were not looked through.
    fn misses(
        &mut self,
        reader: &dyn Reader,
        stretch: &Stretch,
        after: Seq,
    ) -> Result<(), StoreError> {
        let page = around::page(reader, stretch.room, after, STEP)?;
        let first = page.entries.first().map(|entry| entry.at);
        let earlier = |known: Time| first.map_or(known, |first| first.min(known));
        self.indexed_up_to = self.indexed_up_to.map(earlier).or(first);
        Ok(())
    }
}

/// What is read at a time.
const STEP: Step = Step { entries: 512, bytes: 1024 * 1024 };

fn is_wanted(search: &Search, entry: &Entry) -> bool {
    search.before.is_none_or(|before| entry.pos < before) && search.query.matches(entry)
}
