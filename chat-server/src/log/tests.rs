//! One story over every store, and what only a file can show.

mod disk;
mod doors;
mod follow;
mod forget;
mod indexing;
mod outcomes;
mod search;
mod story;
mod unread;

use std::{path::Path, sync::Arc};

use chat_proto::{
    Epoch, MemberId, MessageId, Nick, Reason, RoomId, RoomName, Seq, SessionId, Text, Time,
    message::{Anchor, Content, Said},
};

use search::{index_all, search};

use super::{Log, Opened, Outcome, Read, Slice, Writer, memory, sqlite};
use crate::{
    core::{Answer, Change, NickKeys, RoomKeys, To, TokenHash, What},
    rooms::Rooms,
};

/// A log and its writer, with short ways to act on it.
pub(super) struct Hall {
    pub(super) log: Log,
    writer: Writer,
}

impl Hall {
    pub(super) fn open(opened: Opened) -> Self {
        let (log, writer) = Log::start(opened, Arc::new(Rooms::default())).unwrap();
        Self { log, writer }
    }

    pub(super) fn in_memory() -> Self {
        Self::open(memory::open(Epoch([1; 16])))
    }

    pub(super) fn on_disk(directory: &Path) -> Self {
        Self::open(sqlite::open(directory, sqlite::Sync::Full, Epoch([1; 16])).unwrap())
    }

    pub(super) async fn ask(&self, by: SessionId, what: What) -> Outcome {
        let change = Change { at: Time(1_700_000_000_000), by, from: None, what };
        self.log.append(change).await.await.unwrap()
    }

    pub(super) async fn arrive(
        &self,
        name: &str,
        token: Option<TokenHash>,
    ) -> (SessionId, MemberId) {
        let nick = NickKeys::of(Nick::parse(name).unwrap());
        let what = What::Arrive { stem: nick.stem(), nick, token };
        match self.ask(SessionId(0), what).await {
            Ok(Answer::Here { session, member, .. }) => (session, member),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn join(&self, by: SessionId, name: &str) -> RoomId {
        let room = RoomKeys::of(RoomName::parse(name).unwrap());
        match self.ask(by, What::Join { room, rooms_max: 100, owned: true }).await {
            Ok(Answer::Entered { room, .. }) => room,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn say(&self, by: SessionId, room: RoomId, said: &str) -> Outcome {
        self.ask(by, post(room, None, said)).await
    }

    pub(super) async fn read(&self, room: RoomId, from: Anchor, limit: usize) -> Slice {
        self.log.read(room, Read { from, limit, bytes_max: 1 << 20 }).await.unwrap()
    }

    pub(super) async fn leave(&self, by: SessionId) {
        let what = What::Leave { generation: None, reason: Reason::default() };
        self.ask(by, what).await.unwrap();
    }

    /// Ends in good order, as a server does.
    pub(super) async fn close(self) {
        let Self { log, writer } = self;
        drop(log);
        tokio::task::spawn_blocking(|| writer.join()).await.unwrap();
    }
}

pub(super) fn post(room: RoomId, id: Option<MessageId>, said: &str) -> What {
    What::Post { to: To::Room(room), id, content: content(said) }
}

pub(super) fn content(said: &str) -> Content {
    Content::Text(Said::plain(Text::clean(said).unwrap()))
}

/// Numbers and texts, as `1:one 2:two`.
pub(super) fn show(slice: &Slice) -> String {
    let entries = slice.entries.iter().map(|entry| {
        let text = entry.content.said().map_or("-", |said| said.text.as_str());
        format!("{}:{text}", entry.seq)
    });
    let shown: Vec<_> = entries.collect();
    let more = if slice.more { " …" } else { "" };
    format!("{}{more} of {}", shown.join(" "), slice.head)
}

pub(super) const START: Seq = Seq(0);
