//! Finding what was said. The index is a file of its own that trails the commits; it only proposes. Texts and
//! permissions come from the store, and what is not indexed yet is looked through directly, as far as that goes quickly.

mod hints;
mod index;
mod indexer;

mod find;
mod tail;

use std::{path::PathBuf, sync::Arc};

use chat_proto::{Epoch, RoomId, Seq};

use super::{Reader, StoreError, weight};
use crate::core::{Entry, Hits, search::Query};

pub use hints::Hints;
pub use index::{FILE_NAME, Index};
pub use indexer::{Indexing, rebuild};

use find::Finder;
use tail::Budget;

/// What is looked for, by whom one does not need to know: the rooms are those that they may read.
#[derive(Clone, Debug)]
pub struct Search {
    pub query: Query,
    pub rooms: Vec<RoomId>,
    /// Only entries before this position in the log.
    pub before: Option<u64>,
    /// Entries at most.
    pub limit: usize,
    /// Bytes of text at most; at least one entry is given all the same.
    pub bytes_max: usize,
}

/// Where a log's index is kept, and which log it is.
#[derive(Clone, Debug)]
pub struct Place {
    pub path: PathBuf,
    pub epoch: Epoch,
}

/// Searches a log.
pub struct Searcher {
    reader: Arc<dyn Reader>,
    /// None for a log without an index: it is looked through directly.
    finder: Option<Finder>,
    budget: Budget,
}

impl Searcher {
    #[must_use]
    pub fn new(reader: Arc<dyn Reader>, place: Option<&Place>, hints: &Arc<Hints>) -> Self {
        let finder = place.map(|place| Finder::new(place.path.clone(), Arc::clone(hints)));
        let budget = if finder.is_some() { tail::TRAILING } else { tail::WHOLE };
        Self { reader, finder, budget }
    }

    /// Finds entries; `heads` are the last numbers of the rooms.
    ///
    /// # Errors
    /// When the store cannot be read. Without its index a search is only less complete, and says so.
    pub fn search(&self, search: &Search, heads: &[(RoomId, Seq)]) -> Result<Hits, StoreError> {
        let indexed = match &self.finder {
            Some(finder) => finder.find(search, &*self.reader)?,
            None => find::Indexed::default(),
        };
        let tail = tail::look_through(&*self.reader, search, heads, &indexed.seqs, self.budget)?;
        let floor = indexed.floor;
        let mut entries = indexed.entries;
        entries.extend(tail.entries.into_iter().filter(|entry| entry.pos >= floor));
        entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.pos));
        // A message that was just edited may be in both.
        entries.dedup_by_key(|entry| entry.pos);
        let (entries, cut) = cut(entries, search);
        let next =
            if cut { entries.last().map(|entry| entry.pos) } else { (floor > 0).then_some(floor) };
        Ok(Hits { entries, next, indexed_up_to: tail.indexed_up_to })
    }
}

/// As many as the limits allow, and whether there are more.
fn cut(mut entries: Vec<Arc<Entry>>, search: &Search) -> (Vec<Arc<Entry>>, bool) {
    let mut bytes = 0;
    let mut fits = |entry: &Arc<Entry>| {
        bytes += weight(entry);
        bytes <= search.bytes_max
    };
    let fitting = entries.iter().take(search.limit).take_while(|entry| fits(entry)).count();
    let kept = fitting.max(1).min(entries.len());
    let cut = kept < entries.len();
    entries.truncate(kept);
    (entries, cut)
}
