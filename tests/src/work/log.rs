//! The writer's work: changes applied, and their group committed to a data file.

use chat_proto::{
    Epoch, MessageId, Nick, RoomId, RoomName, SessionId, Text, Time,
    message::{Content, Said},
};
use chat_server::{
    core::{Answer, Change, Group, NickKeys, RoomKeys, State, To, What, apply},
    log::{
        Ids, Store,
        sqlite::{self, Sync},
    },
};
use tempfile::TempDir;

use super::{Doing, SAID};

/// A log with rooms, and in each somebody who talks.
struct Talk {
    store: Box<dyn Store>,
    state: State,
    speakers: Vec<(SessionId, RoomId)>,
    said: u64,
    _data: TempDir,
}

/// A message committed by itself.
pub(super) fn commit_one() -> Doing {
    let mut talk = Talk::new(1);
    Box::new(move || talk.say(1))
}

/// 64 messages of one room, committed together.
pub(super) fn commit_64() -> Doing {
    let mut talk = Talk::new(1);
    Box::new(move || talk.say(64))
}

/// A message in each of 64 rooms, committed together.
pub(super) fn commit_64_rooms() -> Doing {
    let mut talk = Talk::new(64);
    Box::new(move || talk.say(64))
}

impl Talk {
    fn new(rooms: u64) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let opened = sqlite::open(data.path(), Sync::Normal, Epoch([7; 16])).expect("a log");
        let (store, state) = (opened.store, opened.state);
        let mut talk = Self { store, state, speakers: Vec::new(), said: 0, _data: data };
        (0..rooms).for_each(|number| talk.arrive(number));
        talk
    }

    fn arrive(&mut self, number: u64) {
        let nick = NickKeys::of(Nick::parse(&format!("m{number}x")).expect("a good nick"));
        let arrive = What::Arrive { stem: nick.stem(), nick, token: None };
        let Some(Answer::Here { session, .. }) = self.commit(vec![(SessionId(0), arrive)]) else {
            unreachable!("nobody is refused here")
        };
        let room = RoomKeys::of(RoomName::parse(&format!("#r{number}")).expect("a good name"));
        let join = What::Join { room, rooms_max: 1000, owned: true };
        let Some(Answer::Entered { room, .. }) = self.commit(vec![(session, join)]) else {
            unreachable!("every room may be made here")
        };
        self.speakers.push((session, room));
    }

    /// So many messages, everybody in turn.
    fn say(&mut self, messages: u64) {
        let mut group = Vec::new();
        for turn in 0..messages {
            self.said += 1;
            let mut id = [0; 16];
            id[..8].copy_from_slice(&self.said.to_be_bytes());
            let (by, room) = self.speakers[turn as usize % self.speakers.len()];
            let content = Content::Text(Said::plain(Text::clean(SAID).expect("a good text")));
            group.push((by, What::Post { to: To::Room(room), id: Some(MessageId(id)), content }));
        }
        self.commit(group);
    }

    /// As the log's writer does it; what the last was answered.
    fn commit(&mut self, whats: Vec<(SessionId, What)>) -> Option<Answer> {
        let (mut group, mut answer) = (Group::default(), None);
        let mut ids = Ids::new(&mut *self.store);
        for (by, what) in whats {
            let (written, at) = (group.rows.len(), Time(1_795_262_584_123));
            let change = Change { at, by, from: None, what };
            answer = apply(&mut self.state, &change, &mut ids, &mut group).ok();
            ids.remember(&group.rows[written..]);
        }
        self.store.commit(&group.rows, &self.state.counters).expect("a disk that takes it");
        answer
    }
}
