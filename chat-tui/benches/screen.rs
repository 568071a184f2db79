//! What a screen costs: `cargo bench -p chat-tui`. A client in a thousand rooms, with a hundred thousand messages loaded.

use std::{
    cell::Cell,
    io::{self, Write},
    rc::Rc,
};

use chat_proto::{
    Epoch, MemberId, MessageId, Nick, RoomId, RoomName, Seq, SessionId, Text, Time, Token, Topic,
    message::{
        Content, Conversation, Entry, Event, Reply, RoomEntry, RoomInfo, RoomOpened, Said, Welcome,
    },
};
use chat_tui::{
    state::{Model, Msg, NetMsg, Settings, actions::Bindings, update},
    view::{self, Theme},
};
use divan::{Bencher, counter::BytesCount};
use jiff::tz::TimeZone;
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};

const ROOMS: u64 = 1_000;
const MESSAGES: u64 = 100;
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (250, 80)];
const NOW: Time = Time(1_795_262_400_000);

#[allow(clippy::print_stdout, reason = "a benchmark tells its figures")]
fn main() {
    println!("bytes to the terminal for a message that arrives:");
    for size in SIZES {
        println!("  {size:?}: {}", bytes_of_a_message(size));
    }
    divan::main();
}

/// A frame in which all is new.
#[divan::bench(args = SIZES)]
fn whole_frame(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    let mut screen = Screen::new(size);
    bencher.bench_local(|| {
        screen.terminal.resize(area(size)).expect("written to memory");
        screen.draw();
    });
}

/// A message arrives in the room that is looked at, and is shown.
#[divan::bench(args = SIZES)]
fn message_and_frame(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    let mut screen = Screen::new(size);
    screen.draw();
    let bytes = bytes_of_a_message(size);
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        screen.hear(0);
        screen.draw();
    });
}

/// A message arrives elsewhere, before anything is drawn.
#[divan::bench]
fn message_alone(bencher: Bencher<'_, '_>) {
    let mut screen = Screen::new(SIZES[0]);
    bencher.bench_local(|| screen.hear(ROOMS - 1));
}

/// The middle of twenty messages, after the scrolling of a screen has settled.
fn bytes_of_a_message(size: (u16, u16)) -> u64 {
    let mut screen = Screen::new(size);
    screen.draw();
    let mut costs: Vec<u64> = (0..20).map(|_| screen.cost_of_a_message()).collect();
    costs.sort_unstable();
    costs[costs.len() / 2]
}

/// A client and its terminal, which counts what is written.
struct Screen {
    model: Model,
    terminal: Terminal<CrosstermBackend<Counter>>,
    written: Rc<Cell<u64>>,
    heads: Vec<u64>,
}

#[derive(Clone)]
struct Counter(Rc<Cell<u64>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    fn new(size: (u16, u16)) -> Self {
        let written = Rc::new(Cell::new(0));
        let backend = CrosstermBackend::new(Counter(Rc::clone(&written)));
        let options = TerminalOptions { viewport: Viewport::Fixed(area(size)) };
        let terminal = Terminal::with_options(backend, options).expect("written to memory");
        let heads = vec![0; usize::try_from(ROOMS).expect("not many")];
        let mut screen = Self { model: model(size), terminal, written, heads };
        screen.fill();
        screen
    }

    /// Connects, enters the rooms, and hears what is said in them.
    fn fill(&mut self) {
        self.take(NetMsg::Connected { conn: 1 });
        self.take(NetMsg::Reply { conn: 1, number: 1, reply: Reply::Welcome(welcome()) });
        for room in 0..ROOMS {
            self.take(NetMsg::Event { conn: 1, event: opened(room).into() });
            (0..MESSAGES).for_each(|_| self.hear(room));
        }
    }

    fn hear(&mut self, room: u64) {
        let head = &mut self.heads[usize::try_from(room).expect("not many")];
        *head += 1;
        let event = RoomEntry { room: RoomId(room + 1), entry: entry(*head) };
        self.take(NetMsg::Event { conn: 1, event: Event::RoomEntry(event) });
    }

    fn take(&mut self, msg: NetMsg) {
        divan::black_box(update(&mut self.model, NOW, Msg::Net(msg)));
    }

    fn draw(&mut self) {
        let theme = Theme { color: true };
        self.terminal.draw(|frame| view::draw(frame, &self.model, theme)).expect("in memory");
    }

    fn cost_of_a_message(&mut self) -> u64 {
        self.hear(0);
        let before = self.written.get();
        self.draw();
        self.written.get() - before
    }
}

fn area((columns, rows): (u16, u16)) -> Rect {
    Rect::new(0, 0, columns, rows)
}

fn model(size: (u16, u16)) -> Model {
    let settings = Settings {
        server: "localhost:2428".into(),
        nick: nick("alice"),
        rooms: Vec::new(),
        bindings: Bindings::new([]).expect("a sound table"),
        zone: TimeZone::UTC,
        security: chat_tui::security::Security::Plain,
        login: None,
        is_private: true,
        plain: false,
        presence: true,
        seed: (1, 2),
    };
    let mut model = Model::new(settings, NOW);
    model.size = size;
    model
}

fn nick(name: &str) -> Nick {
    Nick::parse(name).expect("a nick")
}

fn welcome() -> Welcome {
    Welcome {
        version: 1,
        server: "bench".into(),
        epoch: Epoch([1; 16]),
        session: SessionId(1),
        member: MemberId(1),
        nick: nick("alice"),
        token: Token([7; 32]),
        resumed: false,
        now: NOW,
        grace_secs: 60,
        registered: false,
        device: None,
    }
}

fn opened(room: u64) -> RoomOpened {
    let name = RoomName::parse(&format!("#room-{room}")).expect("a room");
    let room = RoomInfo {
        room: RoomId(room + 1),
        name: Conversation::Public(name),
        topic: Topic::default(),
        members: 2,
        after: Seq(0),
        head: Seq(0),
    };
    RoomOpened { room }
}

/// A line of a hundred bytes, of one of ten people.
fn entry(seq: u64) -> Entry {
    let text = format!("{seq}: {}", "what people say to each other, ".repeat(3));
    let content = Content::Text(Said::plain(Text::clean(&text).expect("a text")));
    let mut id = [0; 16];
    id[..8].copy_from_slice(&seq.to_be_bytes());
    Entry {
        seq: Seq(seq),
        at: NOW,
        by: MemberId(2 + seq % 10),
        nick: nick(&format!("person{}", seq % 10)),
        id: MessageId(id),
        kind: content.kind(),
        body: content.body(),
    }
}
