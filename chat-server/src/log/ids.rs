//! What came before: for changes that are applied.

use std::sync::Arc;

use chat_proto::{MemberId, MessageId, RoomId, Seq, Time, message::ReactionCount};

use super::{Store, writer::unwritten};
use crate::{
    core::{Entry, Prior, Priors, Refusal, Row},
    numbered::Numbered,
};

/// Messages of the store, and the ids of the group that is being applied.
pub struct Ids<'a> {
    pub(super) store: &'a mut dyn Store,
    /// Few, whoever chooses them.
    recent: Numbered<(MemberId, MessageId), Prior>,
}

impl<'a> Ids<'a> {
    #[must_use]
    pub fn new(store: &'a mut dyn Store) -> Self {
        Self { store, recent: Numbered::default() }
    }

    /// What a change gave, so that the next ones of its group know of it.
    pub fn remember(&mut self, rows: &[Row]) {
        for row in rows {
            if let Row::Entry { entry, keyed: true } = row {
                let content = Some(entry.content.clone());
                let prior = Prior { room: entry.room, seq: entry.seq, at: entry.at, content };
                self.recent.insert((entry.by, entry.id), prior);
            }
        }
    }
}

impl Priors for Ids<'_> {
    fn prior(
        &mut self,
        member: MemberId,
        id: MessageId,
        now: Time,
    ) -> Result<Option<Prior>, Refusal> {
        match self.recent.get(&(member, id)) {
            Some(prior) => Ok(Some(prior.clone())),
            None => self.store.prior(member, id, now).map_err(|error| unwritten(&error)),
        }
    }

    fn message(&mut self, room: RoomId, seq: Seq) -> Result<Option<Arc<Entry>>, Refusal> {
        self.store.message(room, seq).map_err(|error| unwritten(&error))
    }

    fn reactions(
        &mut self,
        room: RoomId,
        seq: Seq,
        member: MemberId,
    ) -> Result<Vec<ReactionCount>, Refusal> {
        self.store.reactions(room, seq, member).map_err(|error| unwritten(&error))
    }
}
