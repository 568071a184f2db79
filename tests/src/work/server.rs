//! The rules and the words: chat-server's core.

use std::{hint::black_box, sync::Arc};

use chat_proto::{
    Epoch, MemberId, MessageId, Nick, Reason, RoomId, RoomName, Seq, SessionId, Text, Time,
    message::{Content, ReactionCount, Said},
};
use chat_server::core::{
    Answer, Change, Counters, Entry, Group, NickKeys, Prior, Priors, Refusal, RoomKeys, State, To,
    What, apply,
    search::{self, Query},
};

use super::{Doing, SAID};

/// A room with many members.
struct World {
    state: State,
    room: RoomId,
    last: SessionId,
    group: Group,
}

const MEMBERS: u64 = 1000;

/// No message came before.
struct NoPriors;

impl Priors for NoPriors {
    fn prior(&mut self, _: MemberId, _: MessageId, _: Time) -> Result<Option<Prior>, Refusal> {
        Ok(None)
    }

    fn message(&mut self, _: RoomId, _: Seq) -> Result<Option<Arc<Entry>>, Refusal> {
        Ok(None)
    }

    fn reactions(&mut self, _: RoomId, _: Seq, _: MemberId) -> Result<Vec<ReactionCount>, Refusal> {
        Ok(Vec::new())
    }
}

impl World {
    fn new() -> Self {
        let state = State::new(Epoch([7; 16]), Counters::default());
        let (room, last, group) = (RoomId(1), SessionId(0), Group::default());
        let mut world = Self { state, room, last, group };
        (0..MEMBERS).for_each(|number| world.arrive(number));
        world
    }

    fn arrive(&mut self, number: u64) {
        let nick = NickKeys::of(Nick::parse(&format!("m{number}x")).expect("a good nick"));
        let arrived = self.apply(What::Arrive { stem: nick.stem(), nick, token: None });
        let Answer::Here { session, .. } = arrived else { unreachable!("{arrived:?}") };
        self.last = session;
        self.join();
    }

    fn join(&mut self) {
        let room = RoomKeys::of(RoomName::parse("#tea").expect("a good name"));
        let joined = self.apply(What::Join { room, rooms_max: 10, owned: true });
        let Answer::Entered { room, .. } = joined else { unreachable!("{joined:?}") };
        self.room = room;
    }

    fn apply(&mut self, what: What) -> Answer {
        let change = Change { at: Time(1_795_262_584_123), by: self.last, from: None, what };
        self.group.rows.clear();
        self.group.told.clear();
        apply(&mut self.state, black_box(&change), &mut NoPriors, &mut self.group)
            .expect("nothing is refused here")
    }
}

pub(super) fn apply_post() -> Doing {
    let mut world = World::new();
    let text = Text::clean(SAID).expect("a good text");
    let (to, id) = (To::Room(world.room), Some(MessageId([7; 16])));
    let content = Content::Text(Said::plain(text));
    Box::new(move || {
        black_box(world.apply(What::Post { to: to.clone(), id, content: content.clone() }));
    })
}

pub(super) fn apply_join() -> Doing {
    let mut world = World::new();
    Box::new(move || {
        let reason = Reason::default();
        black_box(world.apply(What::Part { room: world.room, reason }));
        world.join();
    })
}

/// As the writer does it for each group.
pub(super) fn copy_state() -> Doing {
    let World { state, .. } = World::new();
    Box::new(move || drop(black_box(State::clone(black_box(&state)))))
}

pub(super) fn words() -> Doing {
    Box::new(|| drop(black_box(search::words(black_box(SAID)))))
}

pub(super) fn parse_query() -> Doing {
    let query = "kettle \"the build is green\" from:alice in:#ops after:2026-11-21";
    Box::new(move || drop(black_box(Query::parse(black_box(query)).expect("a good query"))))
}
