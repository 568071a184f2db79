//! A room as this client has it: a window of its log, its members, and how far it was read.

use chat_proto::{MemberId, Nick, RoomId, RoomName, Seq, Topic, message::RoomInfo, name::fold};
use smol_str::SmolStr;

use super::{
    composer::Composer,
    item::{Item, Pos},
    members::{Known, Members},
    openness::Openness,
    outcome::{Change, Changes},
    quotes::Quotes,
    reading::Reading,
    revise::Revision,
    scroll::Scroll,
    timeline::Timeline,
};

#[derive(Debug)]
pub struct Room {
    pub title: Title,
    /// What the server calls it, once it was entered.
    pub id: Option<RoomId>,
    pub standing: Standing,
    /// It was in when the connection was lost: a resumed session tells what became of that.
    pub held: bool,
    /// Of a private conversation: a message was refused, as the other one is not there any more.
    pub lost: bool,
    pub topic: Topic,
    pub members: Members,
    pub openness: Openness,
    pub timeline: Timeline,
    pub scroll: Scroll,
    /// The message that a jump has led to.
    pub found: Option<Seq>,
    /// The message that is chosen with the keys.
    pub selected: Option<Pos>,
    /// What replies answer, where the timeline does not hold it.
    pub quotes: Quotes,
    /// The last changes of messages.
    pub changes: Changes,
    /// Changes that the user wants, and the server has not acknowledged.
    pub revisions: Vec<Revision>,
    /// The last number that was delivered live, whether shown or not.
    pub cursor: Seq,
    /// The room's end when it was entered: what is up to it is told again, not new.
    pub head: Seq,
    /// How far the user has read, and what is unread.
    pub reading: Reading,
    /// Where the line of new messages stands: above the first message of somebody else behind this number.
    pub mark: Option<Seq>,
    /// What came while the user reads further up.
    pub below: u32,
    /// Pages under way.
    pub loading: Loading,
    pub draft: Composer,
}

/// What a room is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Title {
    Public(RoomName),
    /// With whom; the member is unknown until the server has opened it.
    Direct(Nick, Option<MemberId>),
}

/// Whether the client is in the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It wants to be: it was asked for, or will be once there is a connection.
    Wanted,
    In,
    /// Refused, left or thrown out.
    Out,
}

/// What pages were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loading {
    pub older: bool,
    pub newer: bool,
    /// What was missed while the client was away.
    pub gap: bool,
    /// Whether something that is loaded changed among what was missed.
    pub stale: bool,
    /// Whether the first page was asked for.
    pub first: bool,
}

impl Room {
    #[must_use]
    pub fn new(title: Title) -> Self {
        Self {
            title,
            id: None,
            standing: Standing::Wanted,
            held: false,
            lost: false,
            topic: Topic::default(),
            members: Members::default(),
            openness: Openness::default(),
            timeline: Timeline::default(),
            scroll: Scroll::End,
            found: None,
            selected: None,
            quotes: Quotes::default(),
            changes: Changes::default(),
            revisions: Vec::new(),
            cursor: Seq(0),
            head: Seq(0),
            reading: Reading::default(),
            mark: None,
            below: 0,
            loading: Loading::default(),
            draft: Composer::default(),
        }
    }

    /// Takes over what the server tells on entering.
    pub fn entered(&mut self, info: &RoomInfo) {
        self.id = Some(info.room);
        self.standing = Standing::In;
        self.held = false;
        self.topic = info.topic.clone();
        self.head = info.head;
        self.members.forget(info.members);
        self.openness.known = Known::No;
        self.loading.older = false;
        self.loading.newer = false;
    }

    /// The client is not in it, and does not ask to be.
    pub const fn go_out(&mut self) {
        (self.standing, self.held) = (Standing::Out, false);
    }

    /// Begins anew at `after`: what the client holds is of another log.
    pub fn restart(&mut self, after: Seq) {
        self.read_anew();
        (self.scroll, self.found, self.selected) = (Scroll::End, None, None);
        (self.quotes, self.changes) = (Quotes::default(), Changes::default());
        (self.cursor, self.reading, self.mark) = (after, Reading::at(after), None);
        self.below = 0;
    }

    /// Drops what is loaded; the last messages are asked for when somebody looks.
    pub fn read_anew(&mut self) {
        self.timeline.leave(true);
        self.loading = Loading::default();
    }

    /// The connection is gone: nothing is under way.
    pub fn disconnected(&mut self) {
        self.reading.disconnected();
        // What was missed would stay missing.
        if self.loading.gap {
            self.read_anew();
        }
        if self.standing == Standing::In {
            (self.standing, self.held) = (Standing::Wanted, true);
        }
        self.quotes.disconnected();
        self.loading.older = false;
        self.loading.newer = false;
        self.loading.first &= self.timeline.first().is_some();
    }

    /// A message has become another.
    pub fn change(&mut self, change: Change) {
        let item = self.timeline.get(Pos::entry(change.target));
        let said = item.and_then(Item::said).filter(|said| !said.own);
        let said = said.map(|said| said.mention || self.is_direct());
        self.reading.change(&change, said);
        if let Some(item) = self.timeline.get_mut(Pos::entry(change.target)) {
            item.apply(&change);
        }
        self.quotes.apply(&change);
        self.changes.remember(change);
    }

    #[must_use]
    pub const fn is_direct(&self) -> bool {
        matches!(self.title, Title::Direct(..))
    }

    /// Whether the other one of a private conversation is known not to be there. A later guest of the same nick has
    /// another conversation, so that two may stand in the list under one name.
    #[must_use]
    pub fn is_deserted(&self) -> bool {
        let Title::Direct(_, Some(other)) = self.title else { return false };
        self.lost || self.members.known == Known::Yes && !self.members.contains(other)
    }

    /// Whether everything that was said before the client came (back) has been delivered.
    #[must_use]
    pub fn is_caught_up(&self) -> bool {
        self.standing == Standing::In && self.cursor >= self.head
    }
}

impl Title {
    /// As people write it: `#room`, or `@nick`.
    #[must_use]
    pub fn label(&self) -> SmolStr {
        match self {
            Self::Public(name) => SmolStr::new(name.as_str()),
            Self::Direct(nick, _) => format!("@{nick}").into(),
        }
    }

    /// As it is compared.
    #[must_use]
    pub fn folded(&self) -> SmolStr {
        fold(&self.label())
    }
}
