//! The state machine of the log: refuse a change, or number it and carry it out. Deterministic: it reads no clock, no
//! configuration, no random source and no table of a library.

mod account;
mod closed;
mod device;
mod direct;
mod doors;
mod marker;
mod member;
mod operate;
mod outcome;
mod presence;
mod room;
mod server;

use std::{net::IpAddr, sync::Arc};

use chat_proto::{
    MemberId, MessageId, Nick, PEOPLE_TOLD_MAX, RoomId, Seq, SessionId, Time, Topic,
    message::{Content, ErrorCode, ReactionCount},
};

pub use outcome::{MEMBER_REACTIONS_MAX, REACTIONS_MAX};

use super::{
    Answer, Change, Channel, Entry, Group, Member, Refusal, Room, Row, SessionState, State, To,
    Told, What,
};

/// What is known of a message that came before under the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prior {
    pub room: RoomId,
    pub seq: Seq,
    pub at: Time,
    /// As it was sent, where that is still known: of a message that was deleted it is not. None where it is no longer kept.
    pub content: Option<Content>,
}

/// What was before: the log's store. The ids are those of the last seven days, of the group being applied too.
pub trait Priors {
    /// # Errors
    /// When it cannot be read now.
    fn prior(
        &mut self,
        member: MemberId,
        id: MessageId,
        now: Time,
    ) -> Result<Option<Prior>, Refusal>;

    /// A message as the store has it.
    ///
    /// # Errors
    /// When it cannot be read now.
    fn message(&mut self, room: RoomId, seq: Seq) -> Result<Option<Arc<Entry>>, Refusal>;

    /// The reactions to a message as the store has them, and which are this member's.
    ///
    /// # Errors
    /// When they cannot be read now.
    fn reactions(
        &mut self,
        room: RoomId,
        seq: Seq,
        member: MemberId,
    ) -> Result<Vec<ReactionCount>, Refusal>;
}

/// For how long an id stands for one message.
pub const ID_MILLIS_MAX: i64 = 7 * 24 * 3600 * 1000;

/// Applies one change to the state; what is to be written and told goes to the group.
///
/// # Errors
/// Refused changes leave no trace.
pub fn apply(
    state: &mut State,
    change: &Change,
    priors: &mut dyn Priors,
    group: &mut Group,
) -> Result<Answer, Refusal> {
    let mut apply = Apply { state, priors, group, at: change.at, from: change.from };
    match &change.what {
        What::Arrive { nick, stem, token } => apply.arrive(nick, stem, *token),
        What::Enrol { nick, password, token, device } => {
            apply.enrol(nick, password, *token, device.as_ref())
        }
        What::LogIn { account, proof, token, device } => {
            apply.log_in((*account, *proof), *token, device.as_ref())
        }
        What::SignIn { account, proof, device } => {
            apply.sign_in(change.by, (*account, *proof), device.as_ref())
        }
        What::Register { password, device } => apply.register(change.by, password, device.as_ref()),
        What::Operate(deed) => apply.operate(deed),
        What::Resume { token } => apply.resume(*token),
        What::Leave { generation, reason } => apply.leave(change.by, *generation, reason),
        What::Forget { room, through } => Ok(apply.forget(*room, *through)),
        What::MarkRead { room, through } => apply.mark_read(change.by, *room, *through),
        _ => {
            let member = apply.session(change.by)?.member;
            apply.act(member, &change.what)
        }
    }
}

struct Apply<'a> {
    state: &'a mut State,
    priors: &'a mut dyn Priors,
    group: &'a mut Group,
    at: Time,
    from: Option<IpAddr>,
}

impl Apply<'_> {
    fn act(&mut self, member: MemberId, what: &What) -> Result<Answer, Refusal> {
        match what {
            What::Join { room, rooms_max, owned } => self.join(member, room, (*rooms_max, *owned)),
            What::Part { room, reason } => self.part(member, *room, reason),
            What::Open { nick } => self.open(member, nick),
            What::Post { to, id, content } => self.post(member, to, *id, content),
            What::Edit { room, target, id, said } => self.edit(member, (*room, *target), *id, said),
            What::Delete { room, target } => self.delete(member, *room, *target),
            What::React { room, target, reaction, on } => {
                self.react(member, (*room, *target), reaction, *on)
            }
            What::Topic { room, topic } => self.topic(member, *room, topic),
            What::Door { room, act } => self.act_on_doors(member, *room, act),
            What::Rename { nick } => self.rename(member, nick),
            What::Away { away } => self.away(member, away.as_ref()),
            What::Revoke { device } => self.revoke(member, *device),
            What::SetPassword { version, password } => {
                self.set_password(member, *version, password)
            }
            What::Arrive { .. }
            | What::Enrol { .. }
            | What::LogIn { .. }
            | What::SignIn { .. }
            | What::Register { .. }
            | What::Operate(_)
            | What::Resume { .. }
            | What::Leave { .. }
            | What::MarkRead { .. }
            | What::Forget { .. } => Ok(Answer::Done),
        }
    }

    fn post(
        &mut self,
        member: MemberId,
        to: &To,
        id: Option<MessageId>,
        content: &Content,
    ) -> Result<Answer, Refusal> {
        if let Some(answer) = self.posted_before(member, to, id, content)? {
            return Ok(answer);
        }
        if let Some(target) = content.said().and_then(|said| said.reply_to) {
            self.answerable(to, member, target)?;
        }
        let room = match to {
            To::Room(room) => self.postable(member, *room)?,
            To::Nick(nick) => self.conversation(member, nick)?,
        };
        self.may_speak(member, room)?;
        self.keep_pace(member, room)?;
        Ok(self.write(room, member, id, content.clone()))
    }

    /// The answer to a message that is sent again.
    fn posted_before(
        &mut self,
        member: MemberId,
        to: &To,
        id: Option<MessageId>,
        content: &Content,
    ) -> Result<Option<Answer>, Refusal> {
        let Some(id) = id else { return Ok(None) };
        let Some(prior) = self.priors.prior(member, id, self.at)? else { return Ok(None) };
        if self.at.0 - prior.at.0 > ID_MILLIS_MAX {
            return Ok(None);
        }
        let same_room = match to {
            To::Room(room) => *room == prior.room,
            To::Nick(_) => true,
        };
        if same_room && prior.content.is_none_or(|prior| is_same(&prior, content)) {
            Ok(Some(Answer::Posted { room: prior.room, seq: prior.seq, at: prior.at }))
        } else {
            Err(Refusal::new(
                ErrorCode::IdReused,
                "that id was used for another message; choose a new one",
            ))
        }
    }

    fn topic(&mut self, member: MemberId, room: RoomId, topic: &Topic) -> Result<Answer, Refusal> {
        let mut changed = self.joined(member, room)?.clone();
        if changed.keys().is_none() {
            return Err(Refusal::new(ErrorCode::Private, "a private conversation has no topic"));
        }
        self.may_set_topic(member, room)?;
        changed.topic = topic.clone();
        self.put_room(room, changed);
        Ok(self.write(room, member, None, Content::Topic(topic.clone())))
    }

    /// Gives an entry the room's next number.
    fn write(
        &mut self,
        room: RoomId,
        by: MemberId,
        id: Option<MessageId>,
        content: Content,
    ) -> Answer {
        let nick = self.state.members[&by].nick.nick.clone();
        self.write_as(room, (by, nick), id, content)
    }

    /// The same of somebody who may not be here.
    fn write_as(
        &mut self,
        room: RoomId,
        (by, nick): (MemberId, Nick),
        id: Option<MessageId>,
        content: Content,
    ) -> Answer {
        let (seq, pos) = (self.state.head(room).next(), self.state.counters.pos);
        self.state.counters.pos += 1;
        self.state.heads.insert_mut(room, seq);
        self.keep_room(room);
        let keyed = id.is_some();
        let id = id.unwrap_or_else(|| own_id(pos));
        let entry =
            Arc::new(Entry { pos, room, seq, at: self.at, by, nick, id, content, edited: None });
        self.group.rows.push(Row::Entry { entry: Arc::clone(&entry), keyed });
        self.tell(Channel::Room(room), Told::Entry(entry));
        Answer::Posted { room, seq, at: self.at }
    }

    fn session(&self, id: SessionId) -> Result<SessionState, Refusal> {
        let gone = || Refusal::new(ErrorCode::BadOrder, "the session has ended; connect again");
        self.state.sessions.get(&id).copied().ok_or_else(gone)
    }

    /// The room, where the member is in it.
    fn joined(&self, member: MemberId, room: RoomId) -> Result<&Room, Refusal> {
        let not_joined =
            || Refusal::new(ErrorCode::NotJoined, "you are not in that room; /join it first");
        self.state.room(room).filter(|room| room.members.contains(&member)).ok_or_else(not_joined)
    }

    fn tell(&mut self, channel: Channel, told: Told) {
        self.group.told.push((channel, told));
    }

    /// Tells rooms who comes, goes, or is away.
    fn tell_rooms(&mut self, rooms: &[(RoomId, Seq)], told: &Told) {
        rooms.iter().for_each(|(room, _)| self.tell_people(*room, told.clone()));
    }

    /// Tells a room who comes or goes; a crowd is not told.
    fn tell_people(&mut self, room: RoomId, told: Told) {
        if self.state.room(room).is_some_and(|room| room.members.size() <= PEOPLE_TOLD_MAX) {
            self.tell(Channel::Room(room), told);
        }
    }

    fn put_room(&mut self, id: RoomId, room: Room) {
        let room = Arc::new(room);
        self.state.rooms.insert_mut(id, Arc::clone(&room));
        self.group.rows.push(Row::Room(id, room));
    }

    fn put_member(&mut self, id: MemberId, member: Member) {
        let member = Arc::new(member);
        self.state.members.insert_mut(id, Arc::clone(&member));
        if member.stored {
            self.group.rows.push(Row::Member(id, member));
        }
    }
}

/// Whether what was sent before can have been this.
fn is_same(before: &Content, now: &Content) -> bool {
    match (before, now) {
        // Nobody knows any more what it said.
        (Content::Erased { .. }, Content::Text(_) | Content::Action(_)) => true,
        (Content::Edited { target, said: None }, Content::Edited { target: other, .. }) => {
            target == other
        }
        // What an edited message answers stays, whatever the edit says of it.
        (
            Content::Edited { target, said: Some(before) },
            Content::Edited { target: other, said: Some(now) },
        ) => target == other && before.text == now.text && before.parts == now.parts,
        (before, now) => before == now,
    }
}

/// The id of an entry whose sender chose none: its position in the log.
fn own_id(pos: u64) -> MessageId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&pos.to_be_bytes());
    MessageId(id)
}
