//! Everything the client knows.

use std::collections::BTreeSet;

use chat_proto::{Epoch, MemberId, Nick, Time, Token, name::fold};
use jiff::tz::TimeZone;
use smol_str::SmolStr;

use super::{
    Body, Effect, Effects, Item, Room, RoomKey, Rooms, Title,
    actions::Bindings,
    completion::Completion,
    composer::Composer,
    geometry::{Geometry, Panes},
    ids::Ids,
    leaving::Leaving,
    overlay::Overlay,
    reading,
    recall::Recall,
    requests::Requests,
    rows::Setting,
    scroll::Scroll,
    search::Search,
};
use crate::{login::Credential, security::Security};

/// How long a restart takes at most that nobody is to notice.
const RESTART_MILLIS: i64 = 15_000;

/// What is settled before the program begins.
#[derive(Clone, Debug)]
pub struct Settings {
    pub server: SmolStr,
    pub security: Security,
    /// By what the user is known at first.
    pub login: Option<Credential>,
    /// Whether nobody can listen on the way to the server.
    pub is_private: bool,
    pub nick: Nick,
    pub rooms: Vec<Title>,
    pub bindings: Bindings,
    pub zone: TimeZone,
    /// Whether items are shown one by one, without a screen.
    pub plain: bool,
    /// Whether comings and goings are noted.
    pub presence: bool,
    /// Random bits that make this client's message ids its own.
    pub seed: (u64, u64),
}

#[derive(Debug)]
pub struct Model {
    pub settings: Settings,
    pub link: Link,
    pub session: Option<Session>,
    /// By what the next hello logs in.
    pub login: Option<Credential>,
    /// The nick that the server granted, or that will be asked for.
    pub nick: Nick,
    /// Whether the user is an account, of which the server keeps what was read.
    pub is_account: bool,
    /// Whether the user has just logged this client out: the end of the session is what they want.
    pub logged_out: bool,
    /// Whether the server does not let the user in by this nick or login; another one is tried at once.
    pub unwelcome: bool,
    /// Rooms of which the server may not know yet how far they were read.
    pub unreported: BTreeSet<RoomKey>,
    pub away: bool,
    pub latency_millis: Option<u32>,
    /// To be told as soon as there is a room to tell it in.
    pub notice: Option<String>,
    pub rooms: Rooms,
    pub requests: Requests,
    pub ids: Ids,
    pub composer: Composer,
    /// The input that is being carried out; it goes back where it cannot be said.
    pub typed: String,
    pub recall: Recall,
    pub completion: Option<Completion>,
    pub overlay: Option<Overlay>,
    /// The last search, and what it found.
    pub search: Search,
    /// Something to tell until the next key.
    pub hint: Option<String>,
    /// Whether `ctrl-x` was pressed and waits for what follows.
    pub chord: bool,
    pub panes: Panes,
    pub size: (u16, u16),
    pub focused: Option<bool>,
    /// Folded nicks of those who are not listened to.
    pub ignored: BTreeSet<SmolStr>,
    /// Who spoke to the user in private last.
    pub last_private: Option<RoomKey>,
    /// Messages of this run that were refused.
    pub refused: u32,
    /// Whether the user was told that something is not sent yet.
    pub warned: bool,
    /// Whether the user asked to leave.
    pub leaving: Option<Leaving>,
    pub now: Time,
}

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A connection is being opened or greeted; how many attempts failed before.
    Connecting {
        failed: u32,
    },
    Online,
    /// Lost; it is tried again at that time.
    Waiting {
        failed: u32,
        until: Time,
        why: String,
    },
    /// Lost for good.
    Over {
        why: String,
    },
}

/// What is needed to go on after a lost connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub token: Token,
    pub epoch: Epoch,
    pub member: MemberId,
    /// What the server said when it closed: to come back after so many milliseconds, or not at all.
    pub closing: Option<Option<u32>>,
    /// When the server said that it stops and wants its clients back.
    pub restarting: Option<Time>,
}

impl Model {
    #[must_use]
    pub fn new(settings: Settings, now: Time) -> Self {
        let mut rooms = Rooms::default();
        for title in &settings.rooms {
            let key = rooms.by_label(&title.label());
            let key = key.unwrap_or_else(|| rooms.add(Room::new(title.clone())));
            rooms.select(key);
        }
        Self {
            link: Link::Connecting { failed: 0 },
            session: None,
            login: settings.login.clone(),
            nick: settings.nick.clone(),
            is_account: false,
            logged_out: false,
            unwelcome: false,
            unreported: BTreeSet::new(),
            away: false,
            latency_millis: None,
            notice: None,
            rooms,
            requests: Requests::default(),
            ids: Ids::new(settings.seed),
            composer: Composer::default(),
            typed: String::new(),
            recall: Recall::default(),
            completion: None,
            overlay: None,
            search: Search::default(),
            hint: None,
            chord: false,
            panes: Panes::default(),
            size: (80, 24),
            focused: None,
            ignored: BTreeSet::new(),
            last_private: None,
            refused: 0,
            warned: false,
            leaving: None,
            now,
            settings,
        }
    }

    /// When a [`Msg::Tick`](super::Msg::Tick) is needed: while something on the screen counts down, and never else.
    #[must_use]
    pub fn next_tick(&self) -> Option<Time> {
        let leaving = self.leaving.as_ref().map(Leaving::until);
        let waiting = matches!(self.link, Link::Waiting { .. }).then(|| Time(self.now.0 + 1000));
        [leaving, waiting, reading::next_report(self)].into_iter().flatten().min()
    }

    /// Whether the server went in good order a moment ago, and should soon be there again.
    #[must_use]
    pub fn is_restarting(&self) -> bool {
        let since = self.session.and_then(|session| session.restarting);
        since.is_some_and(|since| self.now.0 - since.0 < RESTART_MILLIS)
    }

    #[must_use]
    pub const fn is_online(&self) -> bool {
        matches!(self.link, Link::Online)
    }

    #[must_use]
    pub fn member(&self) -> Option<MemberId> {
        self.session.map(|session| session.member)
    }

    #[must_use]
    pub fn is_ignored(&self, nick: &Nick) -> bool {
        !self.ignored.is_empty() && self.ignored.contains(&fold(nick.as_str()))
    }

    /// Messages that are neither acknowledged nor refused.
    #[must_use]
    pub fn pending(&self) -> usize {
        let changes = |room: &Room| room.revisions.iter().filter(|r| r.is_pending()).count();
        let pending = |room: &Room| {
            room.timeline.unsent().filter(|(_, i)| i.is_pending()).count() + changes(room)
        };
        self.rooms.iter().map(|(_, room)| pending(room)).sum()
    }

    #[must_use]
    pub fn geometry(&self) -> Geometry {
        Geometry::of(self)
    }

    /// What the rows of a room depend on.
    #[must_use]
    pub fn setting<'a>(&'a self, room: &'a Room) -> Setting<'a> {
        Setting { room, columns: self.geometry().columns(), zone: &self.settings.zone }
    }

    pub fn hint(&mut self, text: impl Into<String>) {
        self.hint = Some(text.into());
    }

    /// Tells something in the current room.
    pub fn inform(&mut self, text: impl Into<String>, out: &mut Effects) {
        self.tell(self.rooms.current(), Body::Info(text.into()), out);
    }

    /// Tells in the current room that something did not work.
    pub fn complain(&mut self, text: impl Into<String>, out: &mut Effects) {
        self.tell(self.rooms.current(), Body::Error(text.into()), out);
    }

    /// Puts a line of the client's own into a room; without one it is a hint.
    pub fn tell(&mut self, key: Option<RoomKey>, body: Body, out: &mut Effects) {
        let item = Item { at: self.now, body };
        self.show(key, &item, out);
        // Who reads further up does not see what stands at the end.
        let current = key == self.rooms.current();
        let room = key.and_then(|key| self.rooms.get_mut(key));
        if room.as_ref().is_none_or(|room| current && room.scroll != Scroll::End) {
            self.hint = text_of(&item);
        }
        if let Some(room) = room {
            room.timeline.note(item, room.cursor);
        }
    }

    /// Shows an item where there is no screen.
    pub fn show(&self, key: Option<RoomKey>, item: &Item, out: &mut Effects) {
        if self.settings.plain {
            let room = key.and_then(|key| self.rooms.get(key));
            let label = room.map(|room| room.title.label()).unwrap_or_default();
            out.push(Effect::Show { label, item: item.clone() });
        }
    }
}

fn text_of(item: &Item) -> Option<String> {
    match &item.body {
        Body::Info(text) | Body::Error(text) => Some(text.clone()),
        _ => None,
    }
}
