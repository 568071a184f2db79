//! The rules, tried as data: changes go in, what is told comes out.

mod doors;
mod markers;
mod outcomes;
mod rules;
mod sessions;

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use chat_proto::{
    Epoch, MemberId, MessageId, Nick, Reaction, Reason, RoomId, RoomName, Seq, SessionId, Text,
    Time, Topic,
    message::{Content, ReactionCount, Said},
};

use super::{
    Answer, Change, Channel, Counters, Entry, Group, NickKeys, Prior, Priors, Proof, Refusal, Room,
    RoomKeys, Row, State, To, Told, What, apply,
};

pub(super) fn nick(name: &str) -> NickKeys {
    NickKeys::of(Nick::parse(name).unwrap())
}

pub(super) fn room(name: &str) -> RoomKeys {
    RoomKeys::of(RoomName::parse(name).unwrap())
}

pub(super) fn text(text: &str) -> Content {
    Content::Text(Said::plain(Text::clean(text).unwrap()))
}

/// A log without a disk: applies one change at a time and writes down what is told.
pub(super) struct World {
    pub(super) state: State,
    pub(super) now: i64,
    sessions: HashMap<String, SessionId>,
    pub(super) past: Past,
    told: String,
}

/// What a store would know.
#[derive(Default)]
pub(super) struct Past {
    ids: HashMap<(MemberId, MessageId), Prior>,
    pub(super) entries: HashMap<(RoomId, Seq), Arc<Entry>>,
    reactions: HashMap<(RoomId, Seq), Vec<(Reaction, MemberId)>>,
}

impl Priors for Past {
    fn prior(
        &mut self,
        member: MemberId,
        id: MessageId,
        _: Time,
    ) -> Result<Option<Prior>, Refusal> {
        Ok(self.ids.get(&(member, id)).cloned())
    }

    fn message(&mut self, room: RoomId, seq: Seq) -> Result<Option<Arc<Entry>>, Refusal> {
        Ok(self.entries.get(&(room, seq)).cloned())
    }

    fn reactions(
        &mut self,
        room: RoomId,
        seq: Seq,
        member: MemberId,
    ) -> Result<Vec<ReactionCount>, Refusal> {
        let mut counts: Vec<ReactionCount> = Vec::new();
        for (reaction, by) in self.reactions.get(&(room, seq)).into_iter().flatten() {
            let mine = *by == member;
            match counts.iter_mut().find(|count| count.reaction == *reaction) {
                Some(count) => {
                    (count.count, count.mine) = (count.count + 1, count.mine || mine);
                }
                None => {
                    counts.push(ReactionCount { reaction: reaction.clone(), count: 1, mine });
                }
            }
        }
        Ok(counts)
    }
}

impl Past {
    fn react(&mut self, entry: &Entry) {
        let Content::Reacted { target, ref reaction, on } = entry.content else { return };
        let given = self.reactions.entry((entry.room, target)).or_default();
        given.retain(|(other, by)| (other, *by) != (reaction, entry.by));
        if on {
            given.push((reaction.clone(), entry.by));
        }
    }
}

impl World {
    pub(super) fn new() -> Self {
        let state = State::new(Epoch([7; 16]), Counters::default());
        Self {
            state,
            now: 1000,
            sessions: HashMap::new(),
            past: Past::default(),
            told: String::new(),
        }
    }

    /// Lets these people come in.
    pub(super) fn with(people: &[&str]) -> Self {
        let mut world = Self::new();
        people.iter().for_each(|name| world.arrive(name));
        world
    }

    pub(super) fn arrive(&mut self, name: &str) {
        let what = What::Arrive { nick: nick(name), stem: nick(name).stem(), token: None };
        match self.apply(SessionId(0), what) {
            Ok(Answer::Here { session, nick, .. }) => {
                self.sessions.insert(nick.to_string(), session);
            }
            other => panic!("{name} does not come in: {other:?}"),
        }
    }

    /// Somebody comes back to their account.
    pub(super) fn log_in(&mut self, name: &str, account: MemberId) {
        let what = What::LogIn { account, proof: Proof::Password(0), token: None, device: None };
        match self.apply_from(None, what) {
            Ok(Answer::Here { session, .. }) => self.sessions.insert(name.to_owned(), session),
            other => panic!("{name} does not come back: {other:?}"),
        };
    }

    pub(super) fn quit(&mut self, name: &str) {
        let what = What::Leave { generation: None, reason: Reason::default() };
        self.apply(self.session(name), what).unwrap();
    }

    pub(super) fn apply(&mut self, by: SessionId, what: What) -> Result<Answer, Refusal> {
        self.apply_change(Change { at: Time(0), by, from: None, what })
    }

    /// Somebody comes from there.
    pub(super) fn apply_from(
        &mut self,
        from: Option<IpAddr>,
        what: What,
    ) -> Result<Answer, Refusal> {
        self.apply_change(Change { at: Time(0), by: SessionId(0), from, what })
    }

    fn apply_change(&mut self, change: Change) -> Result<Answer, Refusal> {
        self.now += 1;
        let change = Change { at: Time(self.now), ..change };
        let (before, mut group) = (self.state.clone(), Group::default());
        let answer = apply(&mut self.state, &change, &mut self.past, &mut group);
        if answer.is_err() {
            assert!(group.rows.is_empty() && group.told.is_empty(), "a refusal leaves no trace");
            assert_eq!(before.counters, self.state.counters);
        }
        self.remember(&group.rows);
        group.told.iter().for_each(|(channel, told)| self.note(*channel, told));
        answer
    }

    fn remember(&mut self, rows: &[Row]) {
        for row in rows {
            let Some(entry) = row.entry() else { continue };
            self.past.entries.insert((entry.room, entry.seq), Arc::clone(entry));
            if let Row::Entry { entry, .. } = row {
                let content = Some(entry.content.clone());
                let prior = Prior { room: entry.room, seq: entry.seq, at: entry.at, content };
                self.past.ids.insert((entry.by, entry.id), prior);
                self.past.react(entry);
            }
        }
    }

    fn note(&mut self, channel: Channel, told: &Told) {
        let Channel::Room(room) = channel else { return };
        let name = self.state.room(room).map_or("-".into(), |room| match room.keys() {
            Some(keys) => keys.name.to_string(),
            None => "@".into(),
        });
        let line = match told {
            Told::Entry(entry) => {
                format!("{} {} <{}> {}", name, entry.seq, entry.nick, said(&entry.content))
            }
            Told::Joined { nick, .. } => format!("{name} +{nick}"),
            Told::Left { nick, quit, .. } => {
                format!("{name} -{nick}{}", if *quit { "!" } else { "" })
            }
            Told::Renamed { old, nick, .. } => format!("{name} {old}={nick}"),
            Told::Expelled { nick, reason, .. } => format!("{name} x{nick} {reason}"),
            Told::Away { nick, away, .. } => format!("{name} {nick} away {}", away.is_some()),
            _ => return,
        };
        self.told.push_str(&line);
        self.told.push('\n');
    }

    /// Runs a script: `alice: /join #tea`, a line each; `! code` after a line says that it is refused.
    #[track_caller]
    pub(super) fn check(&mut self, script: &str, expected: &str) {
        self.told.clear();
        for line in script.lines() {
            let (step, refused) =
                line.split_once(" ! ").map_or((line, None), |(step, code)| (step, Some(code)));
            let (who, what) = step.split_once(": ").unwrap();
            let what = self.step(what);
            let answer = self.apply(self.sessions[who], what);
            let code = answer.as_ref().err().map(|refusal| refusal.code.to_string());
            assert_eq!(code.as_deref(), refused, "{step}: {answer:?}");
        }
        assert_eq!(self.told.trim_end(), expected);
    }

    /// The newest room of that name, private or not.
    pub(super) fn room(&self, name: &str) -> RoomId {
        let is_called =
            |found: &Room| found.keys().is_some_and(|keys| keys.folded == room(name).folded);
        let rooms = self.state.rooms.iter().filter(|(_, found)| is_called(found));
        rooms.map(|(id, _)| *id).max().unwrap_or_default()
    }

    fn step(&self, what: &str) -> What {
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        let id = |name: &str| self.room(name);
        match verb {
            "/join" => What::Join { room: room(rest), rooms_max: 3, owned: true },
            "/part" => What::Part { room: id(rest), reason: Reason::default() },
            "/open" => What::Open { nick: nick(rest) },
            "/nick" => What::Rename { nick: nick(rest) },
            "/away" => {
                What::Away { away: (!rest.is_empty()).then(|| Reason::clean(rest).unwrap()) }
            }
            "/quit" => What::Leave { generation: None, reason: Reason::default() },
            "/read" => {
                let (name, through) = rest.split_once(' ').unwrap_or((rest, ""));
                What::MarkRead { room: id(name), through: through.parse().ok().map(Seq) }
            }
            "/topic" => {
                let (name, topic) = rest.split_once(' ').unwrap();
                What::Topic { room: id(name), topic: Topic::clean(topic).unwrap() }
            }
            "/mode" | "/role" | "/invite" | "/uninvite" | "/kick" | "/ban" | "/mute" | "/unban"
            | "/unmute" => doors::door(self, verb, rest),
            "/edit" | "/delete" | "/react" | "/unreact" | "/reply" => self.change(verb, rest),
            to if to.starts_with('#') => {
                What::Post { to: To::Room(id(to)), id: None, content: text(rest) }
            }
            to => What::Post { to: To::Nick(nick(to)), id: None, content: text(rest) },
        }
    }

    /// `#room number text`
    fn change(&self, verb: &str, rest: &str) -> What {
        let (name, rest) = rest.split_once(' ').unwrap();
        let (target, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let target = Seq(target.parse().unwrap());
        let room = match name {
            "@" => self.state.rooms.keys().max().copied(),
            name => self.state.room_named(&room(name).folded),
        };
        let room = room.unwrap_or_default();
        let plain = || Said::plain(Text::clean(rest).unwrap());
        match verb {
            "/edit" => What::Edit { room, target, id: None, said: plain() },
            "/delete" => What::Delete { room, target },
            "/reply" => {
                let said = Said { reply_to: Some(target), ..plain() };
                What::Post { to: To::Room(room), id: None, content: Content::Text(said) }
            }
            verb => {
                let reaction = Reaction::parse(rest).unwrap();
                What::React { room, target, reaction, on: verb == "/react" }
            }
        }
    }

    pub(super) fn session(&self, name: &str) -> SessionId {
        self.sessions[name]
    }
}

fn said(content: &Content) -> String {
    match content {
        Content::Topic(topic) => format!("topic {topic}"),
        Content::Door(door) => door.told("it"),
        Content::Edited { target, said } => {
            format!("edit {target} {}", said.as_ref().map_or("-", |said| said.text.as_str()))
        }
        Content::Deleted { target } => format!("delete {target}"),
        Content::Reacted { target, reaction, on } => {
            format!("{reaction}{} {target}", if *on { "" } else { " off" })
        }
        Content::Text(Said { text, reply_to: Some(target), .. }) => format!("re {target}: {text}"),
        other => other.said().map(|said| said.text.to_string()).unwrap_or_default(),
    }
}
