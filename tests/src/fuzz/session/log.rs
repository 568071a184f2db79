//! The log without its thread: changes wait until they are committed in one group.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use chat_proto::{
    Epoch, MemberId, MessageId, RoomId, RoomName, Seq, SessionId, Time,
    message::{Anchor, ErrorCode},
};
use chat_server::{
    core::{
        Access, Change, Channel, Context, Group, Hits, RoomKeys, Row, Settings, State, Told, What,
        apply, search::Query,
    },
    log::{Ids, Outcome, PageSlice, Read, Reader, Slice, Store, Tally, Unread, memory},
    rooms::Rooms,
};

use crate::fuzz::bytes::Bytes;

pub(super) const EPOCH: Epoch = Epoch([7; 16]);

pub(super) struct Log {
    pub(super) state: State,
    pub(super) rooms: Rooms,
    settings: Settings,
    store: Box<dyn Store>,
    reader: Arc<dyn Reader>,
    queue: VecDeque<For<Change>>,
    /// Who wrote which number, under which id.
    written: HashMap<(RoomId, Seq), (MemberId, MessageId)>,
    heads: HashMap<RoomId, Seq>,
    now: i64,
    numbers: usize,
}

/// With a peer's place and its connection.
type For<T> = (usize, u64, T);
type Outcomes = Vec<For<Outcome>>;
type News = Vec<(Channel, Told)>;

/// The place of changes that nobody waits for.
pub(super) const NOBODY: usize = usize::MAX;
/// Rooms of a member: few, so that the limit is met.
const ROOMS_MAX: usize = 4;

impl Log {
    pub(super) fn new() -> Self {
        let opened = memory::open(EPOCH);
        let lobby = RoomName::parse("#lobby").expect("a good name");
        Self {
            state: opened.state,
            rooms: Rooms::default(),
            settings: Settings {
                lobby: Some(RoomKeys::of(lobby)),
                rooms_max: ROOMS_MAX,
                members_max: 3,
                access: Access::Open,
                require_tls: false,
            },
            store: opened.store,
            reader: opened.reader,
            queue: VecDeque::new(),
            written: HashMap::new(),
            heads: HashMap::new(),
            now: 1_795_262_584_123,
            numbers: 100,
        }
    }

    pub(super) const fn context(&self) -> Context<'_> {
        let now = Time(self.now);
        Context { state: &self.state, settings: &self.settings, from: Some(FROM), now }
    }

    /// A number that was not given before.
    pub(super) const fn number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
    }

    /// Time goes by: up to some days.
    pub(super) const fn pass(&mut self, steps: i64) {
        self.now += steps * steps * steps * 100;
    }

    pub(super) fn append(&mut self, place: usize, connection: u64, change: Change) {
        self.queue.push_back((place, connection, change));
    }

    pub(super) fn has_changes(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The server's own act.
    pub(super) fn forget(&mut self, bytes: &mut Bytes<'_>) {
        let room = RoomId(1 + bytes.below(6) as u64);
        let through = Seq(self.state.head(room).0.saturating_sub(bytes.below(8) as u64));
        let what = What::Forget { room, through };
        self.append(NOBODY, 0, Change { at: Time(self.now), by: SessionId(0), from: None, what });
    }

    pub(super) fn commit(&mut self) -> (Outcomes, News) {
        let (mut state, mut group) = (self.state.clone(), Group::default());
        let mut ids = Ids::new(&mut *self.store);
        let mut outcomes = Vec::new();
        for (place, connection, change) in std::mem::take(&mut self.queue) {
            let (rows, told) = (group.rows.len(), group.told.len());
            let outcome = apply(&mut state, &change, &mut ids, &mut group);
            if let Err(refusal) = &outcome {
                let unread = [ErrorCode::Unavailable, ErrorCode::OutcomeUnknown];
                assert!(!unread.contains(&refusal.code), "memory can be read");
                assert_eq!((group.rows.len(), group.told.len()), (rows, told), "{change:?}");
            }
            ids.remember(&group.rows[rows..]);
            outcomes.push((place, connection, outcome));
        }
        self.store.commit(&group.rows, &state.counters).expect("memory takes all");
        group.rows.iter().for_each(|row| self.note(row));
        self.state = state;
        (outcomes, group.told)
    }

    /// Numbers come one after the other, whatever happens.
    fn note(&mut self, row: &Row) {
        let Row::Entry { entry, .. } = row else { return };
        let head = self.heads.entry(entry.room).or_default();
        assert_eq!(entry.seq, head.next(), "a hole or a repetition in room {}", entry.room);
        *head = entry.seq;
        self.written.insert((entry.room, entry.seq), (entry.by, entry.id));
    }

    pub(super) fn publish(&self, told: News) {
        self.rooms.publish(told, &self.state);
    }

    /// Who wrote that number, and under which id.
    pub(super) fn written(&self, room: RoomId, seq: Seq) -> Option<(MemberId, MessageId)> {
        self.written.get(&(room, seq)).copied()
    }

    pub(super) fn head(&self, room: RoomId) -> Seq {
        self.heads.get(&room).copied().unwrap_or_default()
    }

    pub(super) fn read_on(&self, room: RoomId, after: Seq) -> Slice {
        let read = Read { from: Anchor::After(after), limit: 16, bytes_max: 64 * 1024 };
        self.reader.read(room, read).expect("memory can be read")
    }

    pub(super) fn page(
        &self,
        room: RoomId,
        from: Anchor,
        limit: usize,
        viewer: MemberId,
    ) -> PageSlice {
        let read = Read { from, limit, bytes_max: 48 * 1024 };
        self.reader.page(room, read, viewer).expect("memory can be read")
    }

    pub(super) fn audit(&self, room: RoomId, before: Option<Seq>, limit: usize) -> Slice {
        self.reader.audit(room, before, limit).expect("memory can be read")
    }

    /// Looks through everything, which is what the index is to be compared with.
    pub(super) fn unread(&self, room: RoomId, after: Seq, by: MemberId) -> Tally {
        let unread = Unread { after, by, nick: None };
        self.reader.unread(room, &unread).expect("memory can be read")
    }

    pub(super) fn search(&self, query: &Query, rooms: &[RoomId], limit: usize) -> Hits {
        let all = Read { from: Anchor::Latest, limit: 100, bytes_max: 48 * 1024 };
        let entries = rooms
            .iter()
            .flat_map(|room| self.reader.read(*room, all).expect("memory can be read").entries);
        let mut entries: Vec<_> = entries.filter(|entry| query.matches(entry)).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.pos));
        entries.truncate(limit);
        Hits { entries, next: None, indexed_up_to: None }
    }

    /// The state is of one piece.
    pub(super) fn check(&self) {
        for (keys, room) in self.state.rooms_after("") {
            let id = self.state.room_named(&keys.folded).expect("a room has its name");
            assert!(room.kept || !room.members.is_empty(), "an empty room without entries stays");
            assert_eq!(self.state.head(id), self.head(id));
            assert!(self.state.forgotten(id) <= self.head(id));
            for member in &room.members {
                let member = self.state.member(*member).expect("who is in a room is here");
                assert!(member.rooms.iter().any(|(room, _)| *room == id), "{member:?}");
                assert!(member.rooms.len() <= ROOMS_MAX + PRIVATE_MAX);
            }
        }
    }
}

/// Where everybody comes from.
const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

/// Private conversations do not count among the rooms of a member; there are few peers here.
const PRIVATE_MAX: usize = 1000;
