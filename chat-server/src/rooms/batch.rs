//! All that one commit gave a room, shared by those who follow it and encoded once for each dialect.

use std::sync::OnceLock;

use bytes::Bytes;
use chat_proto::{MemberId, Seq};

use crate::{
    core::{Channel, Label, State, Told},
    log,
};

/// What was told to one channel by one commit, or a part of it.
#[derive(Debug)]
pub struct Batch {
    pub channel: Channel,
    /// What the room is called; none for a member's channel.
    pub label: Option<Label>,
    pub told: Vec<Told>,
    /// The numbers of the first and the last entry.
    numbers: Option<(Seq, Seq)>,
    /// Whether something in it has no number.
    is_mixed: bool,
    /// Who did all this, sorted.
    authors: Vec<MemberId>,
    encoded: [OnceLock<Encoded>; Dialect::COUNT],
}

/// A way of writing a batch that all who share it can share the bytes of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Framed,
    Line,
    /// Line mode under `/numbers on`.
    LineNumbers,
}

/// The bytes of a batch, and where each item ends, so that a session can leave items out.
#[derive(Debug, Default)]
pub struct Encoded {
    pub bytes: Bytes,
    pub ends: Vec<usize>,
}

impl Dialect {
    const COUNT: usize = 3;
}

impl Batch {
    /// Cuts what was told into batches of about 64 KiB.
    pub(super) fn cut(channel: Channel, told: Vec<Told>, state: &State) -> Vec<Self> {
        let label = match channel {
            Channel::Room(room) => state.room(room).map(crate::core::Room::label),
            Channel::Member(_) => None,
        };
        let (mut batches, mut rest, mut bytes) = (Vec::new(), Vec::new(), 0);
        for item in told {
            let more = weight(&item);
            if bytes + more > BATCH_BYTES_MAX && !rest.is_empty() {
                batches.push(Self::new(channel, label.clone(), std::mem::take(&mut rest)));
                bytes = 0;
            }
            bytes += more;
            let ends = matches!(item, Told::Expelled { .. });
            rest.push(item);
            // Whoever is put out is given nothing that follows.
            if ends {
                batches.push(Self::new(channel, label.clone(), std::mem::take(&mut rest)));
                bytes = 0;
            }
        }
        if !rest.is_empty() {
            batches.push(Self::new(channel, label, rest));
        }
        batches
    }

    fn new(channel: Channel, label: Option<Label>, told: Vec<Told>) -> Self {
        let mut numbers = told.iter().filter_map(Told::seq);
        let numbers = numbers.next().map(|first| (first, numbers.next_back().unwrap_or(first)));
        let is_mixed = told.iter().any(|told| told.seq().is_none());
        let mut authors: Vec<_> = told.iter().filter_map(Told::by).collect();
        authors.sort_unstable();
        authors.dedup();
        Self { channel, label, told, numbers, is_mixed, authors, encoded: Default::default() }
    }

    /// Whether every entry in it has a number beyond this one.
    #[must_use]
    pub fn is_after(&self, seq: Seq) -> bool {
        self.numbers.is_none_or(|(first, _)| first > seq)
    }

    /// The numbers of the first and the last entry.
    pub(super) const fn numbers(&self) -> Option<(Seq, Seq)> {
        self.numbers
    }

    /// Whether nothing but numbered entries is in it.
    #[must_use]
    pub const fn is_all_numbered(&self) -> bool {
        !self.is_mixed
    }

    /// What to tell the member whom this puts out of its room.
    #[must_use]
    pub fn expels(&self, member: MemberId) -> Option<Told> {
        match (self.channel, self.told.last()) {
            (Channel::Room(room), Some(Told::Expelled { member: out, reason, .. }))
                if *out == member =>
            {
                Some(Told::Closed { room, reason: reason.clone() })
            }
            _ => None,
        }
    }

    /// Whether this member did any of it.
    #[must_use]
    pub fn is_by(&self, member: MemberId) -> bool {
        self.authors.binary_search(&member).is_ok()
    }

    /// The bytes in a dialect; `encode` makes them for the first who asks.
    pub fn encoded(&self, dialect: Dialect, encode: impl FnOnce(&Self) -> Encoded) -> &Encoded {
        self.encoded[dialect as usize].get_or_init(|| encode(self))
    }

    /// The encoded bytes of those items that are to be kept, in as few pieces as can be.
    pub fn pieces<'a>(
        &'a self,
        encoded: &'a Encoded,
        keep: impl Fn(&Told) -> bool + 'a,
    ) -> impl Iterator<Item = Bytes> + 'a {
        let mut items = self.told.iter().zip(&encoded.ends).peekable();
        let mut start = 0;
        std::iter::from_fn(move || {
            while let Some((_, end)) = items.next_if(|(told, _)| !keep(told)) {
                start = *end;
            }
            let from = start;
            while let Some((_, end)) = items.next_if(|(told, _)| keep(told)) {
                start = *end;
            }
            (start > from).then(|| encoded.bytes.slice(from..start))
        })
    }
}

/// Bytes of a batch as encoded, roughly: a channel holds 64 of them at most.
const BATCH_BYTES_MAX: usize = 64 * 1024;

fn weight(told: &Told) -> usize {
    match told {
        Told::Entry(entry) => log::weight(entry),
        _ => 64,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chat_proto::{
        Epoch, MessageId, Nick, RoomId, Text, Time,
        message::{Content, Said},
    };

    use super::*;
    use crate::core::{Counters, Entry};

    fn edit(seq: u64, bytes: usize) -> Told {
        let said = Said::plain(Text::clean(&"x".repeat(bytes)).unwrap());
        Told::Entry(Arc::new(Entry {
            pos: seq,
            room: RoomId(1),
            seq: Seq(seq),
            at: Time(0),
            by: MemberId(1),
            nick: Nick::parse("alice").unwrap(),
            id: MessageId([0; 16]),
            content: Content::Edited { target: Seq(1), said: Some(said) },
            edited: None,
        }))
    }

    #[test]
    fn what_messages_were_changed_to_counts() {
        let told = (1..=40).map(|seq| edit(seq, 4000)).collect();
        let state = State::new(Epoch([1; 16]), Counters::default());
        let batches = Batch::cut(Channel::Room(RoomId(1)), told, &state);
        let counts: Vec<_> = batches.iter().map(|batch| batch.told.len()).collect();
        assert_eq!(counts, [16, 16, 8]);
    }
}
