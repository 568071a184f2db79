//! Who is here, which rooms there are, who is in which: what changes are judged by.
//!
//! The maps are persistent ones (structure-sharing): the writer takes a copy for nothing, applies a group to it, and
//! publishes it when the group is durable or drops it whole. Readers keep a consistent picture without a lock.

use std::{fmt, net::IpAddr, sync::Arc};

use chat_proto::{Epoch, MemberId, Nick, Reason, RoomId, Seq, SessionId, Time, Token, Topic};
use rpds::{HashTrieMapSync, RedBlackTreeMapSync, RedBlackTreeSetSync};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use super::{Account, Doors, Label, NickKeys, RoomKeys};
use crate::numbered::NumberedTrie;

#[derive(Clone, Debug)]
pub struct State {
    pub epoch: Epoch,
    pub counters: Counters,
    pub(super) members: NumberedTrie<MemberId, Arc<Member>>,
    pub(super) accounts: NumberedTrie<MemberId, Arc<Account>>,
    /// The members of accounts of which nobody is here: in no room's list, but their rooms wait for them.
    pub(super) absent: NumberedTrie<MemberId, Arc<Member>>,
    /// By folded nick; those of accounts too, whether they are here or not.
    pub(super) nicks: HashTrieMapSync<SmolStr, MemberId>,
    /// By shape of the nick, for look-alikes.
    pub(super) shapes: HashTrieMapSync<SmolStr, MemberId>,
    /// The highest suffix given to a folded stem, where that is beyond the first few.
    pub(super) suffixes: HashTrieMapSync<SmolStr, u32>,
    pub(super) rooms: NumberedTrie<RoomId, Arc<Room>>,
    /// The last number of each room; apart, because every message changes it.
    pub(super) heads: NumberedTrie<RoomId, Seq>,
    /// Up to which number a room's entries are no longer kept, where that is not 0.
    pub(super) forgotten: NumberedTrie<RoomId, Seq>,
    /// Rooms that the operator deletes, or has deleted since the start.
    pub(super) closed: RedBlackTreeSetSync<RoomId>,
    /// Public rooms by folded name, in order; private ones have no claim to theirs.
    pub(super) names: RedBlackTreeMapSync<SmolStr, RoomId>,
    /// All rooms by folded name, private ones too: those may share one.
    pub(super) called: HashTrieMapSync<SmolStr, Vec<RoomId>>,
    /// Public rooms by shape of the name.
    pub(super) looks: HashTrieMapSync<SmolStr, RoomId>,
    /// Private conversations by their pair, the smaller number first.
    pub(super) directs: NumberedTrie<(MemberId, MemberId), RoomId>,
    /// Of rooms that somebody decides about.
    pub(super) doors: NumberedTrie<RoomId, Arc<Doors>>,
    /// The rooms in which a member has an office or an invitation.
    pub(super) stakes: NumberedTrie<MemberId, Vec<RoomId>>,
    /// How far accounts have read in their rooms.
    pub(super) markers: NumberedTrie<(MemberId, RoomId), Seq>,
    /// When members last spoke in rooms that are slow.
    pub(super) spoke: NumberedTrie<(RoomId, MemberId), Time>,
    pub(super) sessions: NumberedTrie<SessionId, SessionState>,
    pub(super) tokens: HashTrieMapSync<TokenHash, SessionId>,
    /// By the tokens of their devices.
    pub(super) devices: HashTrieMapSync<TokenHash, MemberId>,
}

/// The next number of each kind. Numbers of members and rooms are never given twice, crash or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    pub pos: u64,
    pub member: u64,
    pub room: u64,
    pub session: u64,
}

/// Somebody who is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub nick: NickKeys,
    pub since: Time,
    pub away: Option<Reason>,
    /// Whether a client of theirs may come back after a restart, so that who they are is stored.
    pub stored: bool,
    pub sessions: Vec<SessionId>,
    /// Each with its last number when the member came in.
    pub rooms: Vec<(RoomId, Seq)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    pub kind: Kind,
    pub topic: Topic,
    pub created: Time,
    /// Whether it has an entry. One without vanishes with its last member.
    pub kept: bool,
    pub members: RedBlackTreeSetSync<MemberId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Public(RoomKeys),
    /// The pair, the smaller number first, with their latest nicks.
    Direct([(MemberId, Nick); 2]),
}

/// One client of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionState {
    pub member: MemberId,
    /// How often it was taken up; tells its connections apart.
    pub generation: u32,
    /// Only a session with a token can be taken up, and outlives the server.
    pub token: Option<TokenHash>,
    /// Where its connection comes from; not known of one that waits since before a restart.
    pub from: Option<IpAddr>,
    /// The device of the account by which it came.
    pub device: Option<u32>,
}

/// SHA-256 of a session token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    #[must_use]
    pub fn of(token: &Token) -> Self {
        Self(Sha256::digest(token.0).into())
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self { pos: 1, member: 1, room: 1, session: 1 }
    }
}

impl State {
    #[must_use]
    pub fn new(epoch: Epoch, counters: Counters) -> Self {
        Self {
            epoch,
            counters,
            members: NumberedTrie::default(),
            accounts: NumberedTrie::default(),
            absent: NumberedTrie::default(),
            nicks: HashTrieMapSync::new_sync(),
            shapes: HashTrieMapSync::new_sync(),
            suffixes: HashTrieMapSync::new_sync(),
            rooms: NumberedTrie::default(),
            heads: NumberedTrie::default(),
            forgotten: NumberedTrie::default(),
            closed: RedBlackTreeSetSync::new_sync(),
            names: RedBlackTreeMapSync::new_sync(),
            called: HashTrieMapSync::new_sync(),
            looks: HashTrieMapSync::new_sync(),
            directs: NumberedTrie::default(),
            doors: NumberedTrie::default(),
            stakes: NumberedTrie::default(),
            markers: NumberedTrie::default(),
            spoke: NumberedTrie::default(),
            sessions: NumberedTrie::default(),
            tokens: HashTrieMapSync::new_sync(),
            devices: HashTrieMapSync::new_sync(),
        }
    }

    #[must_use]
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.get(&id).map(Arc::as_ref)
    }

    /// A member who is here, or of an account.
    #[must_use]
    pub fn known(&self, id: MemberId) -> Option<&Member> {
        self.member(id).or_else(|| self.absent.get(&id).map(Arc::as_ref))
    }

    /// The account that a member is.
    #[must_use]
    pub fn account(&self, id: MemberId) -> Option<&Account> {
        self.accounts.get(&id).map(Arc::as_ref)
    }

    /// Every account.
    pub fn accounts(&self) -> impl Iterator<Item = (MemberId, &Account)> {
        self.accounts.iter().map(|(id, account)| (*id, &**account))
    }

    /// The account of that folded nick.
    #[must_use]
    pub fn account_named(&self, folded: &str) -> Option<MemberId> {
        self.member_named(folded).filter(|id| self.accounts.contains_key(id))
    }

    /// The account that has a device of that token.
    #[must_use]
    pub fn account_of_device(&self, token: TokenHash) -> Option<MemberId> {
        self.devices.get(&token).copied()
    }

    /// The account to which this nick, or one that looks like it, belongs.
    #[must_use]
    pub fn owner(&self, nick: &NickKeys) -> Option<MemberId> {
        let mut holders = nick.shapes.iter().filter_map(|shape| self.shapes.get(shape)).copied();
        holders.find(|id| self.accounts.contains_key(id))
    }

    #[must_use]
    pub fn room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.get(&id).map(Arc::as_ref)
    }

    /// The number of the room's last entry.
    #[must_use]
    pub fn head(&self, room: RoomId) -> Seq {
        self.heads.get(&room).copied().unwrap_or_default()
    }

    /// Up to which number the room's entries are no longer kept: its log begins behind it.
    #[must_use]
    pub fn forgotten(&self, room: RoomId) -> Seq {
        self.forgotten.get(&room).copied().unwrap_or_default()
    }

    /// Whether the operator has deleted the room, though some of it may still be there.
    #[must_use]
    pub fn is_closed(&self, room: RoomId) -> bool {
        self.closed.contains(&room)
    }

    /// All rooms of which that is so.
    pub fn closed_rooms(&self) -> impl Iterator<Item = RoomId> {
        self.closed.iter().copied()
    }

    /// How far an account has read in a room that it is in.
    #[must_use]
    pub fn marker(&self, member: MemberId, room: RoomId) -> Seq {
        self.markers.get(&(member, room)).copied().unwrap_or_default()
    }

    /// The rooms that have entries, each with the number of its last.
    pub fn heads(&self) -> impl Iterator<Item = (RoomId, Seq)> {
        self.heads.iter().map(|(room, seq)| (*room, *seq)).filter(|(_, seq)| *seq > Seq(0))
    }

    #[must_use]
    pub fn room_named(&self, folded: &str) -> Option<RoomId> {
        self.names.get(folded).copied()
    }

    #[must_use]
    pub fn member_named(&self, folded: &str) -> Option<MemberId> {
        self.nicks.get(folded).copied()
    }

    /// The private conversation of two members, if they have one.
    #[must_use]
    pub fn direct(&self, one: MemberId, other: MemberId) -> Option<RoomId> {
        self.directs.get(&(one.min(other), one.max(other))).copied()
    }

    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&SessionState> {
        self.sessions.get(&id)
    }

    /// Every room that somebody can reach.
    pub fn rooms(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.rooms.iter().map(|(id, room)| (*id, &**room))
    }

    /// Every session.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, &SessionState)> {
        self.sessions.iter().map(|(id, session)| (*id, session))
    }

    /// All sessions that can be taken up.
    pub fn resumable(&self) -> impl Iterator<Item = (SessionId, &SessionState)> {
        self.tokens.values().filter_map(|id| Some((*id, self.sessions.get(id)?)))
    }

    /// Public rooms whose folded name comes after this one, in order.
    pub fn rooms_after<'a>(
        &'a self,
        folded: &'a str,
    ) -> impl Iterator<Item = (&'a RoomKeys, &'a Room)> {
        let start = (std::ops::Bound::Excluded(folded), std::ops::Bound::Unbounded);
        self.names.range::<str, _>(start).filter_map(|(_, id)| match self.room(*id) {
            Some(room) => room.keys().map(|keys| (keys, room)),
            None => None,
        })
    }

    /// Whether a room without anybody in it stays: those of a name from their first entry on, while somebody may enter
    /// them, and conversations of accounts, who come back.
    pub(super) fn stays(&self, id: RoomId, room: &Room) -> bool {
        let lasting = match &room.kind {
            Kind::Public(_) => !self.is_lost(id),
            Kind::Direct(pair) => pair.iter().any(|(id, _)| self.accounts.contains_key(id)),
        };
        room.kept && lasting
    }

    pub(super) fn forget_room(&mut self, id: RoomId, room: &Room) {
        match &room.kind {
            Kind::Public(keys) => {
                self.release_name(id, &keys.folded, &keys.shape);
                self.uncall(id, &keys.folded);
            }
            Kind::Direct([(one, _), (other, _)]) => {
                self.directs.remove_mut(&(*one, *other));
            }
        }
        self.rooms.remove_mut(&id);
        self.heads.remove_mut(&id);
        self.forgotten.remove_mut(&id);
    }

    #[must_use]
    pub fn is_in(&self, member: MemberId, room: RoomId) -> bool {
        self.room(room).is_some_and(|room| room.members.contains(&member))
    }
}

impl Room {
    #[must_use]
    pub fn label(&self) -> Label {
        match &self.kind {
            Kind::Public(keys) => Label::Public(keys.name.clone()),
            Kind::Direct(pair) => Label::Direct(pair.clone()),
        }
    }

    /// The name's keys, of a public room.
    #[must_use]
    pub const fn keys(&self) -> Option<&RoomKeys> {
        match &self.kind {
            Kind::Public(keys) => Some(keys),
            Kind::Direct(_) => None,
        }
    }
}
