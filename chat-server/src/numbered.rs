//! Maps by the server's own numbers. Nobody outside chooses these, so their hash need not withstand an attack.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use rpds::HashTrieMapSync;

/// A map by a number of a member, room or session.
pub(crate) type Numbered<K, V> = HashMap<K, V, RandomState>;
/// The same, as a persistent map.
pub(crate) type NumberedTrie<K, V> = HashTrieMapSync<K, V, RandomState>;
