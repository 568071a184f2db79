//! All rooms, in the order they are listed: public ones, then conversations, each as they came.

use std::collections::{BTreeMap, HashMap};

use chat_proto::{MemberId, RoomId, name::fold};

use super::{Room, Title};

/// A room within this client; it outlives connections and epochs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomKey(pub u32);

#[derive(Debug, Default)]
pub struct Rooms {
    rooms: BTreeMap<RoomKey, Room>,
    /// Public rooms and conversations as they are listed, which is in order of their keys.
    public: Vec<RoomKey>,
    direct: Vec<RoomKey>,
    /// Where the room of a number may be found; it may have got another number since.
    ids: HashMap<RoomId, RoomKey>,
    current: Option<RoomKey>,
    /// The one before the current one.
    last: Option<RoomKey>,
    next: u32,
}

impl Rooms {
    /// Adds a room at the end of its section.
    pub fn add(&mut self, room: Room) -> RoomKey {
        let key = RoomKey(self.next);
        self.next += 1;
        if room.is_direct() { &mut self.direct } else { &mut self.public }.push(key);
        self.rooms.insert(key, room);
        key
    }

    /// Takes a room out; the last one, or a neighbour, becomes current in its place.
    pub fn remove(&mut self, key: RoomKey) -> Option<Room> {
        let order = self.order();
        let at = order.iter().position(|other| *other == key)?;
        let neighbour = order.get(at + 1).or_else(|| order.get(at.checked_sub(1)?)).copied();
        let room = self.rooms.remove(&key);
        self.public.retain(|other| *other != key);
        self.direct.retain(|other| *other != key);
        self.ids.retain(|_, other| *other != key);
        if self.current == Some(key) {
            self.current = self.last.filter(|last| self.rooms.contains_key(last)).or(neighbour);
        }
        self.last = self.last.filter(|last| *last != key && Some(*last) != self.current);
        room
    }

    #[must_use]
    pub fn get(&self, key: RoomKey) -> Option<&Room> {
        self.rooms.get(&key)
    }

    pub fn get_mut(&mut self, key: RoomKey) -> Option<&mut Room> {
        self.rooms.get_mut(&key)
    }

    #[must_use]
    pub const fn current(&self) -> Option<RoomKey> {
        self.current
    }

    #[must_use]
    pub const fn last(&self) -> Option<RoomKey> {
        self.last
    }

    #[must_use]
    pub fn current_room(&self) -> Option<&Room> {
        self.get(self.current?)
    }

    pub fn current_room_mut(&mut self) -> Option<&mut Room> {
        self.rooms.get_mut(&self.current?)
    }

    /// Makes a room current; false if it was.
    pub fn select(&mut self, key: RoomKey) -> bool {
        if self.current == Some(key) || !self.rooms.contains_key(&key) {
            return false;
        }
        self.last = self.current.replace(key);
        true
    }

    pub fn iter(&self) -> impl Iterator<Item = (RoomKey, &Room)> {
        self.rooms.iter().map(|(key, room)| (*key, room))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (RoomKey, &mut Room)> {
        self.rooms.iter_mut().map(|(key, room)| (*key, room))
    }

    /// The keys as they are listed.
    #[must_use]
    pub fn order(&self) -> Vec<RoomKey> {
        [self.public.as_slice(), &self.direct].concat()
    }

    /// The public rooms, and the conversations, as they are listed.
    #[must_use]
    pub fn sections(&self) -> [&[RoomKey]; 2] {
        [&self.public, &self.direct]
    }

    #[must_use]
    pub fn by_id(&self, id: RoomId) -> Option<RoomKey> {
        let key = self.ids.get(&id).copied()?;
        self.get(key).filter(|room| room.id == Some(id)).map(|_| key)
    }

    /// The server calls a room by that number.
    pub fn identify(&mut self, key: RoomKey, id: RoomId) {
        self.ids.insert(id, key);
    }

    /// The room of that label, in any case; of two conversations that in which somebody listens.
    #[must_use]
    pub fn by_label(&self, label: &str) -> Option<RoomKey> {
        let folded = fold(label);
        let is_called = |room: &Room| room.title.folded() == folded;
        self.find(|room| is_called(room) && !room.is_deserted()).or_else(|| self.find(is_called))
    }

    /// The conversation with that member.
    #[must_use]
    pub fn by_member(&self, member: MemberId) -> Option<RoomKey> {
        self.find(|room| matches!(room.title, Title::Direct(_, Some(id)) if id == member))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    fn find(&self, wanted: impl Fn(&Room) -> bool) -> Option<RoomKey> {
        self.iter().find(|(_, room)| wanted(room)).map(|(key, _)| key)
    }
}
