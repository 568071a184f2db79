//! Changes of messages on their way in: they are applied again, one after another, as they were the first time.

use std::sync::Arc;

use crate::{
    core::{Entry, Row},
    log::{Store, StoreError},
};
use chat_proto::{
    MemberId, Seq,
    message::{Content, Door, EditMark, Said},
};

/// Numbers of messages become those that they have here, members those that they are here.
pub(super) fn renumber(content: &mut Content, here: impl Fn(Seq) -> Seq, members_before: u64) {
    match content {
        Content::Text(said) | Content::Action(said) => {
            said.reply_to = said.reply_to.map(here).filter(|seq| *seq > Seq(0));
        }
        Content::Edited { target, .. }
        | Content::Deleted { target }
        | Content::Reacted { target, .. } => *target = here(*target),
        Content::Erased { by, .. } => *by = MemberId(by.0 + members_before),
        Content::Door(
            Door::Role { member, .. } | Door::Invited { member, .. } | Door::Kicked { member, .. },
        ) => *member = MemberId(member.0 + members_before),
        Content::Topic(_) | Content::Door(_) | Content::Unknown { .. } => {}
    }
}

/// What a change makes of its message.
pub(super) fn outcome(
    change: &Entry,
    batch: &[Row],
    store: &mut dyn Store,
) -> Result<Option<Row>, StoreError> {
    let target = match &change.content {
        Content::Edited { target, said: Some(_) } | Content::Deleted { target } => *target,
        _ => return Ok(None),
    };
    let here = |entry: &&Arc<Entry>| entry.room == change.room && entry.seq == target;
    let waiting = batch.iter().rev().find_map(|row| row.entry().filter(here)).cloned();
    let before = match waiting {
        Some(before) => Some(before),
        None => store.message(change.room, target)?,
    };
    Ok(before.and_then(|before| {
        let (content, edited) = changed(change, &before)?;
        let entry = Arc::new(Entry { content, edited, ..Entry::clone(&before) });
        Some(Row::Outcome { entry, before })
    }))
}

fn changed(change: &Entry, before: &Entry) -> Option<(Content, Option<EditMark>)> {
    let edited = Some(EditMark { seq: change.seq, at: change.at });
    match (&change.content, &before.content) {
        (Content::Edited { said: Some(now), .. }, Content::Text(old)) => {
            Some((Content::Text(kept(now, old)), edited))
        }
        (Content::Edited { said: Some(now), .. }, Content::Action(old)) => {
            Some((Content::Action(kept(now, old)), edited))
        }
        // Reactions that came before are gone with it.
        (Content::Deleted { .. }, erased @ Content::Erased { .. }) => Some((erased.clone(), None)),
        (Content::Deleted { .. }, Content::Text(_) | Content::Action(_)) => {
            Some((Content::Erased { by: change.by, nick: change.nick.clone() }, None))
        }
        _ => None,
    }
}

fn kept(now: &Said, old: &Said) -> Said {
    Said { reply_to: old.reply_to, ..now.clone() }
}
