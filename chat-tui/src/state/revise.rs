//! What the user does to messages: edits, deletes, reacts; from the command to the acknowledgement.
//!
//! As what is said, it is pending until the server has acknowledged or refused it, across connections, and done once: an
//! edit keeps its id, deleting and reacting twice change nothing.

use chat_proto::{
    MessageId, Reaction, RoomId, Seq, Text,
    message::{Delete, Edit, React, Request},
};

use super::{
    Body, Delivery, Effects, Model, Room, RoomKey, leaving, requests::Asked, session, talk,
};

/// Changes of one room that wait to be acknowledged.
const WAITING_MAX: usize = 100;

/// A change that the server has not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub id: MessageId,
    pub target: Seq,
    pub what: What,
    pub delivery: Delivery,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Edit(Text),
    Delete,
    /// Whether it is put there, or taken back.
    React(Reaction, bool),
}

impl What {
    /// What was not done, if it was not.
    #[must_use]
    pub const fn done(&self) -> &'static str {
        match self {
            Self::Edit(_) => "edited",
            Self::Delete => "deleted",
            Self::React(_, true) => "reacted",
            Self::React(_, false) => "taken back",
        }
    }
}

impl Revision {
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        matches!(self.delivery, Delivery::Pending { .. })
    }

    fn request(&self, room: RoomId) -> Request {
        let (id, target) = (self.id, self.target);
        match &self.what {
            What::Edit(text) => {
                let text = text.as_str().to_owned();
                Edit { room, target, id, text, parts: Vec::new() }.into()
            }
            What::Delete => Delete { room, target }.into(),
            What::React(reaction, on) => {
                React { room, target, reaction: reaction.as_str().into(), on: *on }.into()
            }
        }
    }
}

impl Room {
    /// What waits to be done to the message of that number.
    pub fn revisions_of(&self, seq: Seq) -> impl Iterator<Item = &Revision> {
        self.revisions.iter().filter(move |revision| revision.target == seq)
    }
}

/// Changes a message of a room. What cannot be done stays in the input.
pub(super) fn revise(model: &mut Model, key: RoomKey, target: Seq, what: What, out: &mut Effects) {
    let Some(room) = model.rooms.get(key) else { return };
    if let Some(why) = talk::obstacle(room) {
        return talk::keep(model, &why, out);
    }
    if room.revisions.len() >= WAITING_MAX {
        return talk::keep(model, "too many changes wait to be sent; wait for them", out);
    }
    let id = model.ids.next(model.now);
    let delivery = Delivery::Pending { in_flight: false };
    if let Some(room) = model.rooms.get_mut(key) {
        room.revisions.push(Revision { id, target, what, delivery });
    }
    talk::flush(model, key, out);
}

/// Sends what waits in a room that has caught up.
pub(super) fn flush(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    let Some(id) = room.id else { return };
    for revision in &mut room.revisions {
        if revision.delivery == (Delivery::Pending { in_flight: false }) {
            revision.delivery = Delivery::Pending { in_flight: true };
            let request = revision.request(id);
            model.requests.ask(Asked::Revise(key, revision.id), request, out);
        }
    }
}

/// The connection is gone: it is sent again.
pub(super) fn disconnected(room: &mut Room) {
    for revision in &mut room.revisions {
        if let Delivery::Pending { in_flight } = &mut revision.delivery {
            *in_flight = false;
        }
    }
}

/// It is on disk, or was so before. What came of it comes as an entry.
pub(super) fn acknowledged(model: &mut Model, key: RoomKey, id: MessageId) {
    if let Some(room) = model.rooms.get_mut(key) {
        room.revisions.retain(|revision| revision.id != id);
    }
}

/// The server will not have it.
pub(super) fn refused(
    model: &mut Model,
    key: RoomKey,
    id: MessageId,
    why: &str,
    out: &mut Effects,
) {
    model.refused += 1;
    leaving::refused(model);
    let why = session::clean_line(why);
    let Some(room) = model.rooms.get_mut(key) else { return };
    let Some(at) = room.revisions.iter().position(|revision| revision.id == id) else { return };
    let (target, done) = (room.revisions[at].target, room.revisions[at].what.done());
    let shown = room.timeline.contains(target) && !model.settings.plain;
    if shown {
        room.revisions[at].delivery = Delivery::Failed(why);
    } else {
        room.revisions.remove(at);
        model.tell(Some(key), Body::Error(format!("#{target} is not {done}: {why}")), out);
    }
}

/// Nothing more can be done there.
pub(super) fn fail_all(model: &mut Model, key: RoomKey, why: &str, out: &mut Effects) {
    let Some(room) = model.rooms.get(key) else { return };
    let ids: Vec<MessageId> =
        room.revisions.iter().filter(|revision| revision.is_pending()).map(|r| r.id).collect();
    ids.into_iter().for_each(|id| refused(model, key, id, why, out));
}

/// Tries again what was refused.
pub(super) fn try_again(room: &mut Room) {
    for revision in room.revisions.iter_mut().filter(|revision| !revision.is_pending()) {
        revision.delivery = Delivery::Pending { in_flight: false };
    }
}

/// Forgets what was refused.
pub(super) fn drop_failed(room: &mut Room) {
    room.revisions.retain(Revision::is_pending);
}
