//! A typed client of the framed protocol, and what every client may rely on: it checks with each entry that a room's
//! numbers come without a hole.

mod answer;
pub mod wire;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::Write,
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use chat_proto::{
    Epoch, MessageId, RoomId, Seq, Token,
    message::{
        Anchor, Closing, Done, Entered, Entry, Event, Hello, History, Join, Page, Post, Posted,
        Quit, Reply, Request, Resume, Welcome,
    },
    version::{VERSION_MAX, VERSION_MIN},
};

pub use answer::Answer;
pub use wire::Wire;

use crate::{PATIENCE, netcat::Missing};

/// A client that has said hello.
pub struct Framed {
    pub wire: Wire,
    pub welcome: Welcome,
    next_request: u32,
    replies: BTreeMap<u32, Reply>,
    events: VecDeque<Event>,
    /// The last number that came of each room.
    cursors: BTreeMap<RoomId, Seq>,
    /// Requests to enter a room at a place of one's choice.
    placed: BTreeSet<u32>,
}

impl Framed {
    /// Comes as somebody new.
    #[must_use]
    #[track_caller]
    pub fn connect(address: SocketAddr, nick: &str) -> Self {
        Self::hello(address, hello(nick, None))
    }

    /// Comes back with what an earlier connection left.
    #[must_use]
    #[track_caller]
    pub fn resume(address: SocketAddr, left: &Left) -> Self {
        let resume = Resume {
            token: left.token,
            epoch: left.epoch,
            cursors: left.cursors.iter().map(|(room, seq)| (*room, *seq)).collect(),
        };
        let mut client = Self::hello(address, hello(&left.nick, Some(resume)));
        if client.welcome.resumed {
            for (room, seq) in &left.cursors {
                client.cursors.entry(*room).or_insert(*seq);
            }
        }
        client
    }

    /// # Panics
    /// When it is not let in.
    #[must_use]
    #[track_caller]
    pub fn hello(address: SocketAddr, hello: Hello) -> Self {
        let mut wire = Wire::connect(address);
        wire.send(FIRST, hello);
        match wire.reply(FIRST) {
            Reply::Welcome(welcome) => Self {
                wire,
                welcome,
                next_request: FIRST + 1,
                replies: BTreeMap::new(),
                events: VecDeque::new(),
                cursors: BTreeMap::new(),
                placed: BTreeSet::new(),
            },
            other => panic!("no welcome: {other:?}"),
        }
    }

    /// What a later connection needs to go on.
    #[must_use]
    pub fn left(&self) -> Left {
        let Welcome { token, epoch, ref nick, .. } = self.welcome;
        Left { token, epoch, nick: nick.to_string(), cursors: self.cursors.clone() }
    }

    /// Sends a request and gives its number.
    ///
    /// # Panics
    /// When the server does not take it.
    pub fn send(&mut self, request: impl Into<Request>) -> u32 {
        self.try_send(request).expect("the server takes it")
    }

    /// Sends a request to a server that may be gone, and gives its number.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn try_send(&mut self, request: impl Into<Request>) -> std::io::Result<u32> {
        let (number, request) = (self.next_request, request.into());
        self.next_request += 1;
        if matches!(&request, Request::Join(join) if join.after.is_some()) {
            self.placed.insert(number);
        }
        self.wire.stream.write_all(&wire::encode(number, request))?;
        Ok(number)
    }

    /// Asks and waits for the answer, which must be of this type.
    #[track_caller]
    pub fn ask<A: Answer>(&mut self, request: impl Into<Request>) -> A {
        let number = self.send(request);
        self.answer(number)
    }

    /// The answer to a request that was sent before.
    ///
    /// # Panics
    /// When it is of another type.
    #[track_caller]
    pub fn answer<A: Answer>(&mut self, number: u32) -> A {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(reply) = self.taken(number) {
                return A::of(reply).unwrap_or_else(|other| panic!("answered by {other:?}"));
            }
            self.take_frame(deadline);
        }
    }

    /// The answer to a request, if it has come already.
    pub fn taken(&mut self, number: u32) -> Option<Reply> {
        self.replies.remove(&number)
    }

    /// The next event that `wanted` wants; those before it are dropped.
    #[track_caller]
    pub fn event<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = self.events_so_far().find_map(&mut wanted) {
                return found;
            }
            self.take_frame(deadline);
        }
    }

    /// Takes the events that have come already.
    pub fn events_so_far(&mut self) -> impl Iterator<Item = Event> {
        std::iter::from_fn(|| self.events.pop_front())
    }

    /// The next event, whatever it is.
    #[track_caller]
    pub fn next_event(&mut self) -> Event {
        self.event(Some)
    }

    /// The next entry of a room.
    #[track_caller]
    pub fn entry(&mut self, room: RoomId) -> Entry {
        self.event(|event| match event {
            Event::RoomEntry(told) if told.room == room => Some(told.entry),
            _ => None,
        })
    }

    /// The next entry's text.
    ///
    /// # Panics
    /// When it is no message.
    #[track_caller]
    pub fn text(&mut self, room: RoomId) -> String {
        text_of(&self.entry(room)).expect("a message")
    }

    /// The server's last words.
    #[track_caller]
    pub fn closing(&mut self) -> Closing {
        self.event(|event| match event {
            Event::Closing(closing) => Some(closing),
            _ => None,
        })
    }

    #[track_caller]
    pub fn join(&mut self, room: &str) -> RoomId {
        let entered: Entered = self.ask(Join { room: room.into(), after: None });
        entered.room.room
    }

    /// Enters a room and is given all of its past first.
    #[track_caller]
    pub fn join_from_the_start(&mut self, room: &str) -> RoomId {
        let entered: Entered = self.ask(Join { room: room.into(), after: Some(Seq(0)) });
        entered.room.room
    }

    /// Says something under an id of its own and waits until it is on disk.
    #[track_caller]
    pub fn say(&mut self, room: RoomId, text: &str) -> Posted {
        self.ask(post(room, fresh_id(), text))
    }

    /// All entries of a room that its history holds, page by page.
    #[track_caller]
    pub fn history(&mut self, room: RoomId) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let after = entries.last().map_or(Seq(0), |last| last.seq);
            let page: Page = self.ask(History { room, from: Anchor::After(after), limit: 500 });
            entries.extend(page.items.into_iter().map(|item| item.entry));
            if !page.more {
                return entries;
            }
        }
    }

    /// Ends the session for good.
    #[track_caller]
    pub fn quit(mut self) {
        let _done: Done = self.ask(Quit { reason: "".into() });
        self.wire.expect_end();
    }

    #[track_caller]
    fn take_frame(&mut self, deadline: Instant) {
        if let Err(missing) = self.take_in(deadline) {
            panic!("waited in vain: {missing:?}");
        }
    }

    /// Takes in the next frame, for [`Framed::taken`] and [`Framed::events_so_far`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn take_in(&mut self, deadline: Instant) -> Result<(), Missing> {
        match wire::read(&self.wire.frame_until(deadline)?) {
            wire::Told::Reply(number, reply) => {
                self.note_reply(number, &reply);
                self.replies.insert(number, reply);
            }
            wire::Told::Event(event) => {
                self.note_event(&event);
                self.events.push_back(event);
            }
        }
        Ok(())
    }

    fn note_reply(&mut self, number: u32, reply: &Reply) {
        let Reply::Entered(entered) = reply else { return };
        let (room, after) = (entered.room.room, entered.room.after);
        if self.placed.remove(&number) {
            self.cursors.insert(room, after);
        } else {
            // A room that was open goes on where it is.
            self.cursors.entry(room).or_insert(after);
        }
    }

    #[track_caller]
    fn note_event(&mut self, event: &Event) {
        match event {
            Event::RoomOpened(opened) => {
                let cursor = self.cursors.entry(opened.room.room).or_default();
                // What lies between is kept no longer.
                *cursor = opened.room.after.max(*cursor);
            }
            Event::RoomClosed(closed) => drop(self.cursors.remove(&closed.room)),
            Event::RoomEntry(told) => self.note_entry(told.room, told.entry.seq),
            _ => {}
        }
    }

    #[track_caller]
    fn note_entry(&mut self, room: RoomId, seq: Seq) {
        let before = self.cursors.insert(room, seq);
        assert_eq!(before.map(Seq::next), Some(seq), "a hole or a repetition in room {room}");
    }
}

/// What a connection that is gone leaves to the next.
#[derive(Clone)]
pub struct Left {
    pub token: Token,
    pub epoch: Epoch,
    pub nick: String,
    pub cursors: BTreeMap<RoomId, Seq>,
}

/// The number of the first request.
const FIRST: u32 = 1;

/// The hello of a client of this version.
#[must_use]
pub fn hello(nick: &str, resume: Option<Resume>) -> Hello {
    Hello {
        version_min: VERSION_MIN,
        version_max: VERSION_MAX,
        agent: "chat-tests".into(),
        nick: nick.into(),
        resume,
        login: None,
    }
}

/// A plain message.
#[must_use]
pub fn post(room: RoomId, id: MessageId, text: &str) -> Post {
    Post { room, id, action: false, text: text.to_owned(), parts: Vec::new(), reply_to: None }
}

/// An id that is as easy to tell apart as a number.
#[must_use]
pub fn message_id(number: u64) -> MessageId {
    let mut id = [0xa5; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    MessageId(id)
}

/// An id that nobody in this process has used, nor writes as a small number.
#[must_use]
pub fn fresh_id() -> MessageId {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 32);
    message_id(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What a message says; none for entries of other kinds.
#[must_use]
pub fn text_of(entry: &Entry) -> Option<String> {
    entry.content().said().map(|said| said.text.as_str().to_owned())
}
