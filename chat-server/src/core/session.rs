//! One connection's side of the conversation with the log: requests in, effects out.
//!
//! Requests are answered in the order in which they came. What a reply needs of the log comes back through
//! [`Session::answered`] and [`Session::read`]; the caller sees to it that these come in the order of their effects.

mod effect;

mod account;
mod admin;
mod arrive;
mod enter;
mod fetch;
mod look;
mod told;
mod unread;

use std::collections::{HashSet, VecDeque};

use chat_proto::{MemberId, Reason, RoomId, Seq, SessionId, Time, message::ErrorCode};

pub use effect::{Context, Effect, Effects, Settings};

use account::Checking;

use super::{
    Answer, Change, NickKeys, Refusal, RoomRef, State, To, What,
    request::{Fetched, Hello, Reply, Request, RoomView, Welcome},
};

#[derive(Debug, Default)]
pub struct Session {
    here: Option<Here>,
    /// Requests that wait for the log, oldest first.
    asked: VecDeque<Asked>,
    is_welcome: bool,
    /// Whether nobody else can read what the connection carries.
    is_private: bool,
    /// The rooms that are delivered.
    rooms: HashSet<RoomId>,
}

/// Whom the connection speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Here {
    pub session: SessionId,
    pub member: MemberId,
    pub generation: u32,
}

#[derive(Debug)]
enum Asked {
    Arrive(Box<Hello>),
    Resume(Box<Hello>),
    Lobby(Box<Welcome>),
    Checking(Checking),
    SignIn,
    Register,
    Enter {
        after: Option<Seq>,
    },
    Leave(RoomView),
    /// To a room, where it is to one.
    Post(Option<RoomId>),
    Rename(NickKeys),
    Plain,
    Quit,
    Read,
    /// Refused without asking the log; waits for its turn.
    Refused(Refusal),
}

impl Session {
    /// Of a connection that nobody else can read, or that may be listened to.
    #[must_use]
    pub fn new(is_private: bool) -> Self {
        Self { is_private, ..Self::default() }
    }

    /// Whom the connection speaks for, once it has said hello.
    #[must_use]
    pub const fn here(&self) -> Option<Here> {
        self.here
    }

    /// Keeps no space for what does not wait.
    pub fn rest(&mut self) {
        if self.asked.is_empty() {
            self.asked = VecDeque::new();
        }
    }

    /// Takes one request. Requests other than messages are only to be given when all before are answered.
    pub fn handle(&mut self, request: Request, cx: Context<'_>, out: &mut Effects) {
        match (self.here, request) {
            (None, Request::Quit { .. }) => reply(out, Ok(Reply::Bye)),
            (None, Request::Hello(hello)) => self.hello(hello, cx, out),
            (None, _) => reply(out, Err(bad_order("say hello first"))),
            (Some(_), Request::Hello(_)) => reply(out, Err(bad_order("hello was said already"))),
            (Some(here), request) => self.request(here, request, cx, out),
        }
    }

    fn request(&mut self, here: Here, request: Request, cx: Context<'_>, out: &mut Effects) {
        match request {
            Request::Hello(_) => {}
            Request::Join { room, after } => self.join(room, after, cx, out),
            Request::Part { room, reason } => self.part(here, &room, reason, cx, out),
            Request::Open { nick } => {
                self.append(Asked::Enter { after: None }, What::Open { nick }, cx, out)
            }
            Request::Post { to, id, content } => match target(to, here, cx.state) {
                Ok(to) => {
                    let room = if let To::Room(room) = to { Some(room) } else { None };
                    self.append(Asked::Post(room), What::Post { to, id, content }, cx, out);
                }
                // Its answer must not overtake those of the messages before it.
                Err(refusal) => self.refuse(refusal, out),
            },
            Request::Edit { room, target, id, said } => {
                let edit = |room| What::Edit { room, target, id, said };
                self.change(here, &room, edit, cx, out);
            }
            Request::Delete { room, target } => {
                self.change(here, &room, |room| What::Delete { room, target }, cx, out);
            }
            Request::React { room, target, reaction, on } => {
                let react = |room| What::React { room, target, reaction, on };
                self.change(here, &room, react, cx, out);
            }
            Request::SetTopic { room, topic } => {
                self.change(here, &room, |room| What::Topic { room, topic }, cx, out);
            }
            Request::MarkRead { room, through } => {
                self.change(here, &room, |room| What::MarkRead { room, through }, cx, out);
            }
            Request::Door { room, act } => {
                self.change(here, &room, |room| What::Door { room, act }, cx, out);
            }
            Request::Bars { room, skip, limit } => {
                let bars = look::bars(&room, (skip, limit), here, (cx.state, cx.now));
                reply(out, bars.map(Reply::Bars));
            }
            Request::Audit { room, before, limit } => {
                self.audit(look::audited(&room, here, cx.state), (before, limit), out);
            }
            Request::Rename { nick } => {
                self.append(Asked::Rename(nick.clone()), What::Rename { nick }, cx, out);
            }
            Request::Away { away } => self.append(Asked::Plain, What::Away { away }, cx, out),
            Request::Register { nick, password, device } => {
                self.register(here, nick.as_ref(), (password, device.map(|it| *it)), cx, out);
            }
            Request::LogIn { nick, password, device } => {
                self.sign_in(here, &nick, (password, device.map(|it| *it)), cx, out);
            }
            Request::Revoke { device } => {
                self.append(Asked::Plain, What::Revoke { device }, cx, out);
            }
            Request::Administer { words } => self.administer(here, words, cx, out),
            Request::SetPassword { old, new } => self.set_password(here, (old, new), cx, out),
            Request::Quit { reason } => {
                self.append(Asked::Quit, What::Leave { generation: None, reason }, cx, out);
            }
            Request::History { room, from, limit } => {
                self.history(here, &room, (from, limit), cx, out)
            }
            Request::Search { query, before, limit } => {
                self.search(here, query, (before, limit), cx, out);
            }
            look => reply(out, look::answer(look, here, cx.state)),
        }
    }

    /// Takes what the log made of the oldest change that has no answer.
    pub fn answered(
        &mut self,
        answer: Result<Answer, Refusal>,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        let Some(asked) = self.asked.pop_front() else { return };
        self.answer(asked, answer, cx, out);
        self.refuse_next(out);
    }

    fn answer(
        &mut self,
        asked: Asked,
        answer: Result<Answer, Refusal>,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        match (asked, answer) {
            (Asked::Resume(hello), Err(_)) => self.arrive(hello, cx, out),
            (Asked::Lobby(welcome), Err(_)) => self.welcome(*welcome, out),
            (Asked::Post(Some(room)), Err(refusal)) if refusal.code == ErrorCode::NoNick => {
                let why = self.here.and_then(|here| look::left(room, here, cx.state));
                reply(out, Err(why.unwrap_or(refusal)));
            }
            (_, Err(refusal)) => reply(out, Err(refusal)),
            (Asked::Arrive(hello), Ok(answer)) => self.arrived(&hello, answer, cx, out),
            (Asked::Resume(hello), Ok(answer)) => self.resumed(&hello, answer, cx, out),
            (Asked::SignIn, Ok(answer)) => self.signed_in(answer, cx, out),
            (Asked::Register, Ok(_)) => self.registered(cx, out),
            (Asked::Lobby(welcome), Ok(answer)) => self.lobby_entered(*welcome, &answer, cx, out),
            (Asked::Enter { after }, Ok(answer)) => self.entered(after, &answer, cx, out),
            (Asked::Leave(view), Ok(_)) => self.left(view, out),
            (Asked::Post(_), Ok(answer)) => posted(&answer, cx, out),
            (Asked::Rename(keys), Ok(_)) => reply(out, Ok(Reply::Renamed { nick: keys.nick })),
            (Asked::Quit, Ok(_)) => reply(out, Ok(Reply::Bye)),
            (Asked::Refused(refusal), Ok(_)) => reply(out, Err(refusal)),
            (Asked::Plain | Asked::Read | Asked::Checking(_), Ok(_)) => reply(out, Ok(Reply::Done)),
        }
    }

    /// Takes what an [`Effect::Read`], [`Effect::Search`], [`Effect::Verify`] or [`Effect::Hash`] asked for.
    pub fn read(&mut self, fetched: Result<Fetched, Refusal>, cx: Context<'_>, out: &mut Effects) {
        if let Some(Asked::Checking(checking)) = self.asked.pop_front() {
            return self.checked(checking, fetched, cx, out);
        }
        let Some(here) = self.here else { return };
        let seen = fetched.and_then(|fetched| look::fetched(fetched, here, cx.state));
        reply(out, seen);
    }

    /// The change that ends the session when its connection is gone for good.
    #[must_use]
    pub fn leave(&self, reason: Reason, now: Time) -> Option<Change> {
        let here = self.here?;
        let what = What::Leave { generation: Some(here.generation), reason };
        Some(Change { at: now, by: here.session, from: None, what })
    }

    /// Changes something that stands in a room.
    fn change(
        &mut self,
        here: Here,
        room: &RoomRef,
        what: impl FnOnce(RoomId) -> What,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        match look::room_id(room, here, cx.state) {
            Ok(room) => self.append(Asked::Post(None), what(room), cx, out),
            // Its answer must not overtake those of the messages before it.
            Err(refusal) => self.refuse(refusal, out),
        }
    }

    fn append(&mut self, asked: Asked, what: What, cx: Context<'_>, out: &mut Effects) {
        self.asked.push_back(asked);
        let by = self.here.map_or(SessionId(0), |here| here.session);
        out.push_back(Effect::Append(Change { at: cx.now, by, from: cx.from, what }));
    }

    /// Refuses a request in its turn: its answer must not overtake those of the requests before it.
    pub fn refuse(&mut self, refusal: Refusal, out: &mut Effects) {
        self.asked.push_back(Asked::Refused(refusal));
        self.refuse_next(out);
    }

    fn refuse_next(&mut self, out: &mut Effects) {
        while let Some(Asked::Refused(_)) = self.asked.front() {
            if let Some(Asked::Refused(refusal)) = self.asked.pop_front() {
                reply(out, Err(refusal));
            }
        }
    }
}

fn target(to: RoomRef, here: Here, state: &State) -> Result<To, Refusal> {
    match to {
        RoomRef::Id(room) => Ok(To::Room(room)),
        RoomRef::With(nick) => Ok(To::Nick(nick)),
        RoomRef::Named(keys) => {
            let room = state.room_meant(here.member, &keys.folded);
            let joined = room.filter(|room| state.is_in(here.member, *room));
            joined.map(To::Room).ok_or_else(look::not_joined)
        }
    }
}

fn posted(answer: &Answer, cx: Context<'_>, out: &mut Effects) {
    let label = |room| cx.state.room(room).map(super::Room::label).ok_or_else(look::no_room);
    match *answer {
        Answer::Posted { room, seq, at } => {
            reply(out, label(room).map(|label| Reply::Posted { room, label, seq, at }));
        }
        Answer::Unchanged { room, seq } => {
            reply(out, label(room).map(|label| Reply::Unchanged { room, label, seq }));
        }
        Answer::Marked { room, read } => {
            reply(out, label(room).map(|label| Reply::Marked { label, read }));
        }
        _ => {}
    }
}

const fn follow(view: &RoomView, past: Seq) -> Effect {
    Effect::Follow { room: view.room, after: view.after, past }
}

fn reply(out: &mut Effects, reply: Result<Reply, Refusal>) {
    out.push_back(Effect::Reply(reply));
}

fn bad_order(text: &str) -> Refusal {
    Refusal::new(ErrorCode::BadOrder, text)
}
