//! A client without terminal, socket or clock, and a hand that plays the server.

use chat_proto::{
    Epoch, MemberId, MessageId, Nick, RoomId, RoomName, Seq, SessionId, Text, Time, Token, Topic,
    message::{
        Content, Conversation, Entered, Entry, ErrorCode, Event, Failed, MemberInfo, NameList,
        Page, PageItem, Posted, Reply, Request, RoomEntry, RoomInfo, RoomOpened, Said, Welcome,
    },
};
use jiff::tz::TimeZone;
use ratatui::{Terminal, backend::TestBackend};

use crate::{
    state::{Effect, Effects, Model, Msg, NetMsg, Settings, actions::Bindings, update},
    view::{self, Theme},
};

pub(super) const ME: MemberId = MemberId(1);
pub(super) const BOB: MemberId = MemberId(2);
pub(super) const LOBBY: RoomId = RoomId(10);

/// 2026-11-21T12:00:00Z
pub(super) const NOON: i64 = 1_795_262_400_000;

pub(super) struct Sim {
    pub(super) model: Model,
    pub(super) effects: Effects,
    now: i64,
    conn: u32,
}

pub(super) fn nick(name: &str) -> Nick {
    Nick::parse(name).expect("a nick")
}

pub(super) fn said(seq: u64, by: MemberId, name: &str, text: &str) -> Entry {
    let text = Text::clean(text).expect("a text");
    entry(seq, by, name, &Content::Text(Said::plain(text)))
}

/// Messages that say what number they are.
pub(super) fn numbered(range: std::ops::RangeInclusive<u64>) -> Vec<Entry> {
    range.map(|seq| said(seq, BOB, "bob", &format!("number {seq}."))).collect()
}

pub(super) fn entry(seq: u64, by: MemberId, name: &str, content: &Content) -> Entry {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&seq.to_be_bytes());
    let at = Time(NOON + i64::try_from(seq).expect("small") * 1000);
    let (kind, body) = (content.kind(), content.body());
    Entry { seq: Seq(seq), at, by, nick: nick(name), id: MessageId(id), kind, body }
}

pub(super) fn info(room: RoomId, name: &str, head: u64) -> RoomInfo {
    let name = Conversation::Public(RoomName::parse(name).expect("a room"));
    RoomInfo { room, name, topic: Topic::default(), members: 2, after: Seq(head), head: Seq(head) }
}

impl Sim {
    /// A client that has not connected.
    pub(super) fn new(columns: u16, rows: u16) -> Self {
        let settings = Settings {
            server: "localhost:2428".into(),
            security: crate::security::Security::Plain,
            login: None,
            is_private: true,
            nick: nick("alice"),
            rooms: Vec::new(),
            bindings: Bindings::new([]).expect("a sound table"),
            zone: TimeZone::UTC,
            plain: false,
            presence: true,
            seed: (1, 2),
        };
        let mut model = Model::new(settings, Time(NOON));
        model.size = (columns, rows);
        Self { model, effects: Vec::new(), now: NOON, conn: 0 }
    }

    /// A client in an empty #lobby with bob.
    pub(super) fn online(columns: u16, rows: u16) -> Self {
        Self::in_lobby(columns, rows, &[])
    }

    /// A client in #lobby with bob, who said some things before.
    pub(super) fn in_lobby(columns: u16, rows: u16, before: &[&str]) -> Self {
        let mut sim = Self::new(columns, rows);
        let head = before.len() as u64;
        sim.connect(Epoch([1; 16]), false);
        sim.event(RoomOpened { room: info(LOBBY, "#lobby", head) });
        let member = |member, name| MemberInfo { member, nick: nick(name), away: false };
        let members = vec![member(ME, "alice"), member(BOB, "bob")];
        sim.reply(NameList { room: LOBBY, members, more: false }, |r| {
            matches!(r, Request::Names(_))
        });
        let entries = (1..).zip(before).map(|(seq, text)| said(seq, BOB, "bob", text)).collect();
        sim.page(entries, false);
        sim
    }

    /// A client with the last hundred of three hundred messages.
    pub(super) fn long() -> Self {
        let mut sim = Self::new(80, 12);
        sim.connect(Epoch([1; 16]), false);
        sim.event(RoomOpened { room: info(LOBBY, "#lobby", 300) });
        sim.page(numbered(201..=300), true);
        sim
    }

    pub(super) fn connect(&mut self, epoch: Epoch, resumed: bool) {
        self.conn += 1;
        self.msg(Msg::Net(NetMsg::Connected { conn: self.conn }));
        let welcome = Welcome {
            version: 1,
            server: "test".into(),
            epoch,
            session: SessionId(1),
            member: ME,
            nick: nick("alice"),
            token: Token([7; 32]),
            resumed,
            now: Time(self.now),
            grace_secs: 60,
            registered: false,
            device: None,
        };
        self.reply(welcome, |request| matches!(request, Request::Hello(_)));
    }

    pub(super) fn lose(&mut self) {
        self.msg(Msg::Net(NetMsg::Lost { why: "connection refused".into() }));
    }

    pub(super) fn msg(&mut self, msg: Msg) {
        let effects = update(&mut self.model, Time(self.now), msg);
        self.effects.extend(effects);
    }

    pub(super) fn tick(&mut self, millis: i64) {
        self.now += millis;
        self.msg(Msg::Tick);
    }

    pub(super) fn event(&mut self, event: impl Into<Event>) {
        let event = event.into();
        self.msg(Msg::Net(NetMsg::Event { conn: self.conn, event }));
    }

    pub(super) fn hears(&mut self, entry: Entry) {
        self.event(RoomEntry { room: LOBBY, entry });
    }

    /// Answers the first unanswered request that fits, and hands it back.
    #[track_caller]
    pub(super) fn reply(
        &mut self,
        reply: impl Into<Reply>,
        fits: impl Fn(&Request) -> bool,
    ) -> Request {
        let sent =
            |effect: &Effect| matches!(effect, Effect::Send { request, .. } if fits(request));
        let at = self.effects.iter().position(sent).expect("the request was sent");
        let Effect::Send { number, request, .. } = self.effects.remove(at) else { unreachable!() };
        self.msg(Msg::Net(NetMsg::Reply { conn: self.conn, number, reply: reply.into() }));
        request
    }

    /// Answers a request for history.
    #[track_caller]
    pub(super) fn page(&mut self, entries: Vec<Entry>, more: bool) -> Request {
        let as_of = entries.last().map_or(Seq(0), |entry| entry.seq);
        let item = |entry| PageItem { entry, outcome: Vec::new() };
        let items = entries.into_iter().map(item).collect();
        let page = Page { room: LOBBY, items, more, as_of };
        self.reply(page, |request| matches!(request, Request::History(_)))
    }

    #[track_caller]
    pub(super) fn posted(&mut self, seq: u64) {
        let posted = Posted { room: LOBBY, seq: Seq(seq), at: Time(self.now) };
        self.reply(posted, |request| matches!(request, Request::Post(_)));
    }

    #[track_caller]
    pub(super) fn refuse(&mut self, text: &str, fits: impl Fn(&Request) -> bool) {
        self.refuse_with(ErrorCode::Internal, text, fits);
    }

    #[track_caller]
    pub(super) fn refuse_with(
        &mut self,
        code: ErrorCode,
        text: &str,
        fits: impl Fn(&Request) -> bool,
    ) {
        self.reply(Failed { code, text: text.into() }, fits);
    }

    #[track_caller]
    pub(super) fn entered(&mut self, info: RoomInfo) -> Request {
        self.reply(Entered { room: info }, |r| matches!(r, Request::Join(_) | Request::Open(_)))
    }

    /// Presses keys by name.
    pub(super) fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            self.msg(Msg::Key(key.parse().expect("a key")));
        }
    }

    pub(super) fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.msg(Msg::Key(crate::state::Key::plain(crate::state::Code::Char(c))));
        }
    }

    pub(super) fn says(&mut self, text: &str) {
        self.types(text);
        self.keys("enter");
    }

    /// What was sent and not answered, of one kind.
    pub(super) fn sent<T>(&self, of: impl Fn(&Request) -> Option<T>) -> Vec<T> {
        let sent = self.effects.iter().filter_map(|effect| match effect {
            Effect::Send { request, .. } => of(request),
            _ => None,
        });
        sent.collect()
    }

    pub(super) fn posts(&self) -> Vec<(MessageId, String)> {
        self.sent(|request| match request {
            Request::Post(post) => Some((post.id, post.text.clone())),
            _ => None,
        })
    }

    /// The screen, without what is blank at the ends of rows.
    pub(super) fn screen(&self) -> Vec<String> {
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a test terminal");
        let theme = Theme { color: true };
        terminal.draw(|frame| view::draw(frame, &self.model, theme)).expect("drawn");
        let buffer = terminal.backend().buffer();
        let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..rows).map(|y| row(y).trim_end().to_owned()).collect()
    }

    #[track_caller]
    pub(super) fn shows(&self, expected: &[&str]) {
        assert_eq!(self.screen(), expected);
    }

    /// The rows that have a text in them.
    pub(super) fn rows_with(&self, text: &str) -> usize {
        self.screen().iter().filter(|row| row.contains(text)).count()
    }

    /// The first row that has a text in it.
    pub(super) fn row_of(&self, text: &str) -> Option<usize> {
        self.screen().iter().position(|row| row.contains(text))
    }

    /// That a text stands in the row right below another one.
    #[track_caller]
    pub(super) fn stands_below(&self, text: &str, above: &str) {
        let below = self.row_of(above).map(|at| at + 1);
        assert!(below.is_some() && self.row_of(text) == below, "{:#?}", self.screen());
    }
}
