//! Edits, deletions and reactions: entries of their own, which leave a message another outcome.

use std::sync::Arc;

use chat_proto::{
    MemberId, MessageId, Nick, Reaction, RoomId, Seq,
    message::{Content, EditMark, ErrorCode, ReactionCount, Said},
};

use super::Apply;
use crate::core::{Answer, Entry, Rank, Refusal, Row, To};

/// Different reactions that a message may have: as many as people can tell apart, few enough to come with it.
pub const REACTIONS_MAX: usize = 20;
/// Reactions of one member to one message.
pub const MEMBER_REACTIONS_MAX: usize = 10;

impl Apply<'_> {
    pub(super) fn edit(
        &mut self,
        member: MemberId,
        (room, target): (RoomId, Seq),
        id: Option<MessageId>,
        said: &Said,
    ) -> Result<Answer, Refusal> {
        let asked = Content::Edited { target, said: Some(said.clone()) };
        if let Some(answer) = self.posted_before(member, &To::Room(room), id, &asked)? {
            return Ok(answer);
        }
        let before = self.changeable(member, room, target, false)?;
        self.may_speak(member, room)?;
        let Some(old) = before.content.said() else { return Err(no_message(target)) };
        let said = Said { reply_to: old.reply_to, ..said.clone() };
        let content = match before.content {
            Content::Action(_) => Content::Action(said.clone()),
            _ => Content::Text(said.clone()),
        };
        let seq = self.state.head(room).next();
        let edited = Some(EditMark { seq, at: self.at });
        let answer = self.write(room, member, id, Content::Edited { target, said: Some(said) });
        self.put_outcome(Entry { content, edited, ..Entry::clone(&before) }, before);
        Ok(answer)
    }

    pub(super) fn delete(
        &mut self,
        member: MemberId,
        room: RoomId,
        target: Seq,
    ) -> Result<Answer, Refusal> {
        let before = self.changeable(member, room, target, true)?;
        if let Content::Erased { .. } = before.content {
            return Ok(self.unchanged(room));
        }
        let nick = self.state.members[&member].nick.nick.clone();
        let content = Content::Erased { by: member, nick };
        let answer = self.write(room, member, None, Content::Deleted { target });
        self.put_outcome(Entry { content, edited: None, ..Entry::clone(&before) }, before);
        Ok(answer)
    }

    /// Deletes a message for its author, who need not be here, also in a room that nobody can reach any more.
    pub(super) fn erase_of(
        &mut self,
        (by, nick): (MemberId, Nick),
        room: RoomId,
        target: Seq,
    ) -> Result<Answer, Refusal> {
        let before = self.message(room, target)?;
        if before.by != by || before.content.said().is_none() {
            return Ok(Answer::Done);
        }
        let content = Content::Erased { by, nick: nick.clone() };
        if self.state.room(room).is_some() {
            self.write_as(room, (by, nick), None, Content::Deleted { target });
        }
        self.put_outcome(Entry { content, edited: None, ..Entry::clone(&before) }, before);
        Ok(Answer::Done)
    }

    pub(super) fn react(
        &mut self,
        member: MemberId,
        (room, target): (RoomId, Seq),
        reaction: &Reaction,
        on: bool,
    ) -> Result<Answer, Refusal> {
        self.joined(member, room)?;
        self.is_not_muted(member, room)?;
        let message = self.message(room, target)?;
        message.content.said().ok_or_else(|| no_message(target))?;
        let counts = self.reactions(member, room, target)?;
        let given = counts.iter().find(|count| count.reaction == *reaction);
        if given.is_some_and(|count| count.mine) == on {
            return Ok(self.unchanged(room));
        }
        if on {
            has_room_for_one(&counts, given.is_none())?;
        }
        let content = Content::Reacted { target, reaction: reaction.clone(), on };
        Ok(self.write(room, member, None, content))
    }

    /// What may be answered: a message of the room, deleted or not.
    pub(super) fn answerable(
        &mut self,
        to: &To,
        member: MemberId,
        target: Seq,
    ) -> Result<(), Refusal> {
        let room = match to {
            To::Room(room) => {
                self.joined(member, *room)?;
                Some(*room)
            }
            To::Nick(nick) => self
                .state
                .member_named(&nick.folded)
                .and_then(|peer| self.state.direct(member, peer)),
        };
        self.message(room.ok_or_else(|| no_message(target))?, target).map(drop)
    }

    /// The message, where the member may edit it, or delete it.
    fn changeable(
        &mut self,
        member: MemberId,
        room: RoomId,
        target: Seq,
        delete: bool,
    ) -> Result<Arc<Entry>, Refusal> {
        self.joined(member, room)?;
        let message = self.message(room, target)?;
        // The one place that says who may change what others said: moderators may delete it.
        let moderates = delete && self.state.rank(room, member) >= Rank::Moderator;
        if message.by == member || moderates {
            return Ok(message);
        }
        let text = format!("message {target} is not yours; only {} may change it", message.nick);
        Err(Refusal::new(ErrorCode::NotYours, text))
    }

    /// A message as all before this change has left it.
    fn message(&mut self, room: RoomId, seq: Seq) -> Result<Arc<Entry>, Refusal> {
        if seq <= self.state.forgotten(room) {
            return Err(no_message(seq));
        }
        let here = |entry: &&Arc<Entry>| entry.room == room && entry.seq == seq;
        let of_group = self.group.rows.iter().rev().find_map(|row| row.entry().filter(here));
        let found = match of_group {
            Some(entry) => Some(Arc::clone(entry)),
            None => self.priors.message(room, seq)?,
        };
        let is_message = |entry: &Arc<Entry>| {
            matches!(entry.content, Content::Text(_) | Content::Action(_) | Content::Erased { .. })
        };
        found.filter(is_message).ok_or_else(|| no_message(seq))
    }

    /// The reactions to a message as all before this change has left them.
    fn reactions(
        &mut self,
        member: MemberId,
        room: RoomId,
        target: Seq,
    ) -> Result<Vec<ReactionCount>, Refusal> {
        let mut counts = self.priors.reactions(room, target, member)?;
        for row in &self.group.rows {
            let Row::Entry { entry, .. } = row else { continue };
            match &entry.content {
                Content::Reacted { target: other, reaction, on }
                    if entry.room == room && *other == target =>
                {
                    count(&mut counts, reaction, *on, entry.by == member);
                }
                _ => {}
            }
        }
        Ok(counts)
    }

    fn put_outcome(&mut self, entry: Entry, before: Arc<Entry>) {
        self.group.rows.push(Row::Outcome { entry: Arc::new(entry), before });
    }

    pub(super) fn unchanged(&self, room: RoomId) -> Answer {
        Answer::Unchanged { room, seq: self.state.head(room) }
    }
}

fn count(counts: &mut Vec<ReactionCount>, reaction: &Reaction, on: bool, own: bool) {
    let place = counts.iter().position(|count| count.reaction == *reaction);
    match place.map(|place| &mut counts[place]) {
        None => counts.push(ReactionCount { reaction: reaction.clone(), count: 1, mine: own }),
        Some(known) => {
            known.count = if on { known.count + 1 } else { known.count.saturating_sub(1) };
            known.mine = if own { on } else { known.mine };
        }
    }
    counts.retain(|count| count.count > 0);
}

fn has_room_for_one(counts: &[ReactionCount], is_new: bool) -> Result<(), Refusal> {
    let refuse = |text: String| Err(Refusal::new(ErrorCode::TooManyReactions, text));
    if is_new && counts.len() >= REACTIONS_MAX {
        return refuse(format!(
            "a message has at most {REACTIONS_MAX} different reactions; choose one of them"
        ));
    }
    if counts.iter().filter(|count| count.mine).count() >= MEMBER_REACTIONS_MAX {
        return refuse(format!(
            "you have {MEMBER_REACTIONS_MAX} reactions to this message; take one back first"
        ));
    }
    Ok(())
}

fn no_message(seq: Seq) -> Refusal {
    Refusal::new(ErrorCode::NoMessage, format!("there is no message {seq} here, or it is deleted"))
}
