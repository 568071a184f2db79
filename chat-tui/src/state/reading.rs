//! How far a room was read, what is unread in it, and how an account's server and its other clients come to know.
//!
//! The server counts what this client has not been given, up to a number; what is said behind it is counted here. So the
//! count is the same whatever comes first. What the user has seen is reported once a second a room at most.

use std::collections::VecDeque;

use chat_proto::{
    Seq, Time,
    message::{MarkRead, ReadMarker, UNREAD_MAX},
};

use super::{
    Effects, Model, Room, RoomKey, Title,
    outcome::{Change, Kind},
    requests::Asked,
    room::Standing,
};

/// Between two reports of a room.
const REPORT_MILLIS: i64 = 1000;
/// Messages that are known one by one; older ones are only counted.
const LATER_MAX: usize = 1000;

/// Where the user stands in a room.
#[derive(Debug, Default)]
pub struct Reading {
    /// The last number that the user has seen.
    read: Seq,
    /// Unread messages up to `as_of`, and mentions among them.
    before: (u32, u32),
    as_of: Seq,
    /// Messages of others behind that, and whether they are for the user.
    later: VecDeque<(Seq, bool)>,
    /// Whether nothing of the room was shown yet: what the server says counts.
    is_fresh: bool,
    /// What the server has, once it has said so on this connection.
    reported: Option<Seq>,
    reported_at: Time,
}

impl Reading {
    /// Begins at a number.
    #[must_use]
    pub fn at(read: Seq) -> Self {
        Self { read, as_of: read, is_fresh: true, ..Self::default() }
    }

    #[must_use]
    pub const fn read(&self) -> Seq {
        self.read
    }

    #[must_use]
    pub fn unread(&self) -> u32 {
        self.before.0.saturating_add(u32::try_from(self.later.len()).unwrap_or(u32::MAX))
    }

    #[must_use]
    pub fn mentions(&self) -> u32 {
        let later = self.later.iter().filter(|(_, personal)| *personal).count();
        self.before.1.saturating_add(u32::try_from(later).unwrap_or(u32::MAX))
    }

    /// Somebody else has said something.
    pub(super) fn count(&mut self, seq: Seq, personal: bool) {
        if seq <= self.read.max(self.as_of) {
            return;
        }
        self.later.push_back((seq, personal));
        if self.later.len() > LATER_MAX
            && let Some((seq, personal)) = self.later.pop_front()
        {
            self.before.0 += 1;
            self.before.1 += u32::from(personal);
            self.as_of = self.as_of.max(seq);
        }
    }

    /// So much was missed and is not fetched.
    pub(super) fn missed(&mut self, count: u64) {
        self.before.0 = self.before.0.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// A message is deleted: it is not unread any more. Of one that the server has counted it must be known whether it was
    /// somebody else's (`said`, and whether it was for the user).
    pub(super) fn change(&mut self, change: &Change, said: Option<bool>) {
        let counted = self.later.len();
        if change.kind == Kind::Deleted {
            self.later.retain(|(seq, _)| *seq != change.target);
        }
        let is_before = change.target > self.read && change.target <= self.as_of;
        let is_news = change.kind == Kind::Deleted && change.seq > self.as_of;
        if let Some(personal) = said.filter(|_| is_before && is_news && counted == self.later.len())
        {
            self.before.0 = self.before.0.saturating_sub(1);
            self.before.1 = self.before.1.saturating_sub(u32::from(personal));
        }
    }

    /// Nothing of it counts as unread: whoever speaks there is not listened to.
    pub(super) fn hush(&mut self) {
        self.before = (0, 0);
        self.later.clear();
    }

    /// The user has seen all up to a number.
    pub(super) fn see(&mut self, cursor: Seq) -> bool {
        let moved = cursor > self.read;
        self.read = self.read.max(cursor);
        self.as_of = self.as_of.max(cursor);
        self.before = (0, 0);
        self.later.clear();
        moved
    }

    /// The server says where the account stands; false where the user has seen more than that here.
    fn take(&mut self, marker: &ReadMarker) -> bool {
        self.reported = Some(marker.read);
        let is_fresh = std::mem::take(&mut self.is_fresh);
        if marker.read < self.read && !is_fresh {
            return false;
        }
        (self.read, self.before) = (marker.read, (marker.unread, marker.mentions));
        self.as_of = marker.as_of;
        self.later.retain(|(seq, _)| *seq > marker.as_of.max(marker.read));
        true
    }

    /// The user was here as somebody whose reading nobody keeps.
    pub(super) const fn keep_own(&mut self) {
        self.is_fresh = false;
    }

    /// What the server has is told again on the next connection.
    pub(super) const fn disconnected(&mut self) {
        self.reported = None;
    }
}

/// How many, as it is shown.
#[must_use]
pub fn shown(count: u32) -> String {
    if count < UNREAD_MAX { count.to_string() } else { format!("{}+", UNREAD_MAX - 1) }
}

/// The server says how far the account has read in a room, here or elsewhere.
pub(super) fn marked(model: &mut Model, marker: &ReadMarker) {
    let Some(key) = model.rooms.by_id(marker.room) else { return };
    let is_current = model.rooms.current() == Some(key);
    let marker = heard(model, key, *marker);
    let Some(room) = model.rooms.get_mut(key) else { return };
    let before = room.reading.read;
    if !room.reading.take(&marker) {
        model.unreported.insert(key);
    } else if is_current && room.reading.unread() > 0 {
        room.mark = Some(marker.read);
    } else if marker.read > before {
        room.mark = None;
    }
}

/// The server counts what somebody says in private, too, who is not listened to.
fn heard(model: &Model, key: RoomKey, marker: ReadMarker) -> ReadMarker {
    match model.rooms.get(key).map(|room| &room.title) {
        Some(Title::Direct(nick, _)) if model.is_ignored(nick) => {
            ReadMarker { unread: 0, mentions: 0, ..marker }
        }
        _ => marker,
    }
}

/// Somebody is not listened to any more.
pub(super) fn hush(model: &mut Model, nick: &str) {
    let key = model.rooms.by_label(&format!("@{nick}"));
    if let Some(room) = key.and_then(|key| model.rooms.get_mut(key)) {
        room.reading.hush();
    }
}

/// The current room's new messages begin where the user looked away.
pub(super) fn look_again(model: &mut Model) {
    if let Some(room) = model.rooms.current_room_mut()
        && room.reading.unread() > 0
    {
        room.mark = Some(room.reading.read());
    }
}

/// The user looks at the end of the current room: nothing is unread.
pub(super) fn see(model: &mut Model, key: RoomKey) {
    if let Some(room) = model.rooms.get_mut(key)
        && room.reading.see(room.cursor)
    {
        model.unreported.insert(key);
    }
}

/// Reports what has waited long enough, or all of it.
pub(super) fn report(model: &mut Model, all: bool, out: &mut Effects) {
    if !model.is_account || !model.is_online() || model.unreported.is_empty() {
        return;
    }
    for key in model.unreported.clone() {
        let Some(room) = model.rooms.get_mut(key) else {
            model.unreported.remove(&key);
            continue;
        };
        if room.reading.reported >= Some(room.reading.read) {
            model.unreported.remove(&key);
        }
        let (Some(due), Some(id)) = (due(room), room.id) else { continue };
        if all || due <= model.now {
            let seq = room.reading.read;
            (room.reading.reported, room.reading.reported_at) = (Some(seq), model.now);
            model.unreported.remove(&key);
            model.requests.ask(Asked::Mark, MarkRead { room: id, seq }, out);
        }
    }
}

/// When something is to be reported next.
#[must_use]
pub(super) fn next_report(model: &Model) -> Option<Time> {
    let waits = model.is_account && model.is_online();
    let rooms = model.unreported.iter().filter(|_| waits);
    rooms.filter_map(|key| due(model.rooms.get(*key)?)).min()
}

/// When a room may be reported, if the server lacks something of it.
fn due(room: &Room) -> Option<Time> {
    let Reading { read, reported, reported_at, .. } = room.reading;
    let lacks = room.standing == Standing::In && reported.is_some_and(|reported| reported < read);
    lacks.then_some(Time(reported_at.0 + REPORT_MILLIS))
}
