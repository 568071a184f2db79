//! How a room is open, who looks after it, and what the user is there: what the top line and the list of members show.

use std::collections::BTreeMap;

use chat_proto::{
    MemberId,
    message::{Content, Door, Doors, Entry, Mode, Role, RoomDoors},
};

use super::{Effects, Model, Room, RoomKey, members::Known, requests::Asked};

/// What is known of a room's doors. The server tells all of it once, its entries tell what changes.
#[derive(Debug, Default)]
pub struct Openness {
    pub known: Known,
    pub mode: Mode,
    /// What the user is.
    pub role: Role,
    staff: BTreeMap<MemberId, Role>,
}

impl Openness {
    /// What somebody is, as IRC marks it: `@` an owner, `%` a moderator.
    #[must_use]
    pub fn mark(&self, member: MemberId) -> &'static str {
        self.staff.get(&member).map_or("", |role| mark(*role))
    }

    /// What differs from an open room and an ordinary member: `[private, slow 30 s] @owner`.
    #[must_use]
    pub fn long(&self) -> String {
        let Mode { private, read_only, topic_lock, slow_secs } = self.mode;
        let mode = self.mode.to_string();
        let mode =
            mode.strip_prefix("public").map_or(mode.as_str(), |rest| rest.trim_matches([',', ' ']));
        let plain = !(private || read_only || topic_lock || slow_secs > 0);
        self.with_role(if plain { "" } else { mode }, self.role.as_str())
    }

    /// The same where there is little room: `[priv ro lock 30s] @`.
    #[must_use]
    pub fn short(&self) -> String {
        let Mode { private, read_only, topic_lock, slow_secs } = self.mode;
        let switches = [(private, "priv"), (read_only, "ro"), (topic_lock, "lock")];
        let mut words: Vec<String> =
            switches.into_iter().filter(|(on, _)| *on).map(|(_, word)| word.into()).collect();
        words.extend((slow_secs > 0).then(|| format!("{slow_secs}s")));
        self.with_role(&words.join(" "), "")
    }

    fn with_role(&self, mode: &str, role: &str) -> String {
        let mode = if mode.is_empty() { String::new() } else { format!("[{mode}]") };
        let role = if self.role == Role::Member { "" } else { role };
        format!("{mode} {}{role}", mark(self.role)).trim().to_owned()
    }

    fn set(&mut self, member: MemberId, role: Role, own: bool) {
        match role {
            Role::Member => self.staff.remove(&member),
            _ => self.staff.insert(member, role),
        };
        if own {
            self.role = role;
        }
    }
}

const fn mark(role: Role) -> &'static str {
    match role {
        Role::Owner => "@",
        Role::Moderator => "%",
        Role::Member => "",
    }
}

/// Asks how a room that is looked at is open, once.
pub(super) fn load(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    let Some(id) = room.id.filter(|_| !room.is_direct()) else { return };
    if room.openness.known == Known::No {
        room.openness.known = Known::Asked;
        model.requests.ask(Asked::Openness(key), Doors { room: id }, out);
    }
}

/// The server's answer.
pub(super) fn told(room: &mut Room, doors: &RoomDoors) {
    let RoomDoors { role, private, read_only, topic_lock, slow_secs, .. } = *doors;
    let staff = doors.staff.iter().map(|staff| (staff.member, staff.role)).collect();
    let mode = Mode { private, read_only, topic_lock, slow_secs };
    room.openness = Openness { known: Known::Yes, mode, role, staff };
}

/// A decision about the room.
pub(super) fn decided(room: &mut Room, entry: &Entry, me: Option<MemberId>) {
    match entry.content() {
        Content::Door(Door::Mode(mode)) => room.openness.mode = mode,
        Content::Door(Door::Role { member, role, .. }) => {
            room.openness.set(member, role, me == Some(member));
        }
        _ => {}
    }
}

/// The user is somebody else from here on: what they are in each room is asked for again.
pub(super) fn forget_all(model: &mut Model) {
    model.rooms.iter_mut().for_each(|(_, room)| room.openness = Openness::default());
}
