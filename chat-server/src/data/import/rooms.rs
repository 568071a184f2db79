//! The rooms that entries are imported into, those that were there and new ones.

use std::{
    collections::{
        HashMap,
        hash_map::Entry::{Occupied, Vacant},
    },
    sync::Arc,
};

use crate::core::{Counters, Kind, Room, RoomKeys, Row, State};
use anyhow::bail;
use chat_proto::{RoomId, RoomName, Seq, Time, Topic, message::Content};
use rpds::RedBlackTreeSetSync;
use smol_str::SmolStr;

pub(super) struct Rooms {
    /// By folded name.
    rooms: HashMap<SmolStr, Target>,
    /// Every name by its shape: two that look alike are not let in.
    looks: HashMap<SmolStr, RoomName>,
}

pub(super) struct Target {
    pub(super) id: RoomId,
    room: Room,
    head: Seq,
    /// Whether the store has it as it is now.
    stored: bool,
    /// The first number that did not stay: what it was, and what it became.
    moved: Option<(Seq, Seq)>,
    /// Where a stretch of numbers began in the file, and where here.
    stretches: Vec<(u64, u64)>,
}

impl Rooms {
    pub(super) fn of(state: &State) -> Self {
        let mut all = Self { rooms: HashMap::new(), looks: HashMap::new() };
        for (keys, room) in state.rooms_after("") {
            let Some(id) = state.room_named(&keys.folded) else { continue };
            let (room, head) = (room.clone(), state.head(id));
            all.looks.insert(keys.shape.clone(), keys.name.clone());
            all.rooms.insert(keys.folded.clone(), Target::known(id, room, head));
        }
        all
    }

    /// The room of that name, new if need be.
    pub(super) fn enter(
        &mut self,
        name: &RoomName,
        at: Time,
        counters: &mut Counters,
    ) -> anyhow::Result<&mut Target> {
        let keys = RoomKeys::of(name.clone());
        match self.rooms.entry(keys.folded.clone()) {
            Occupied(there) => Ok(there.into_mut()),
            Vacant(place) => {
                if let Some(other) = self.looks.insert(keys.shape.clone(), name.clone()) {
                    bail!("{name} looks like {other}, which is another room; give it another name");
                }
                counters.room += 1;
                Ok(place.insert(Target::new(RoomId(counters.room - 1), keys, at)))
            }
        }
    }

    /// What to say of rooms whose numbers did not stay.
    pub(super) fn moved(&self) -> Vec<String> {
        let told = |target: &Target| {
            let (old, new) = target.moved?;
            let name = &target.room.keys()?.name;
            Some(format!("{name}: numbered anew, {old} became {new}"))
        };
        let mut all: Vec<_> = self.rooms.values().filter_map(told).collect();
        all.sort();
        all
    }
}

impl Target {
    fn new(id: RoomId, keys: RoomKeys, created: Time) -> Self {
        let members = RedBlackTreeSetSync::new_sync();
        let (kind, topic) = (Kind::Public(keys), Topic::default());
        let room = Room { kind, topic, created, kept: true, members };
        Self { stored: false, ..Self::known(id, room, Seq(0)) }
    }

    const fn known(id: RoomId, room: Room, head: Seq) -> Self {
        Self { id, room, head, stored: true, moved: None, stretches: Vec::new() }
    }

    /// The number that an entry which came before has now; 0 for one that did not come.
    pub(super) fn renumbered(&self, old: Seq) -> Seq {
        let at = self.stretches.partition_point(|(start, _)| *start <= old.0);
        let Some((start, new)) = at.checked_sub(1).map(|at| self.stretches[at]) else {
            return Seq(0);
        };
        let end = self.stretches.get(at).map_or(self.head.0 + 1, |(_, new)| *new);
        let seq = new + (old.0 - start);
        Seq(if seq < end { seq } else { 0 })
    }

    /// What is to be written so that the room begins with this number, where it has none yet.
    pub(super) fn begin(&mut self, first: Seq) -> Option<Row> {
        if self.head > Seq(0) || first <= Seq(1) {
            return None;
        }
        self.head = Seq(first.0 - 1);
        Some(Row::Forgotten { room: self.id, through: self.head, head: self.head })
    }

    /// The number for an entry that had this one.
    pub(super) fn next(&mut self, old: Seq) -> Seq {
        self.head = self.head.next();
        let goes_on =
            |(start, new): &(u64, u64)| old.0.checked_sub(*start) == Some(self.head.0 - new);
        if !self.stretches.last().is_some_and(goes_on) {
            self.stretches.push((old.0, self.head.0));
        }
        if old != self.head && self.moved.is_none() {
            self.moved = Some((old, self.head));
        }
        self.head
    }

    /// The room's row, if an entry with this content makes it another.
    pub(super) fn changed(&mut self, content: &Content) -> Option<Row> {
        let mut changed = !self.stored || !self.room.kept;
        if let Content::Topic(topic) = content {
            self.room.topic = topic.clone();
            changed = true;
        }
        (self.room.kept, self.stored) = (true, true);
        changed.then(|| Row::Room(self.id, Arc::new(self.room.clone())))
    }
}
