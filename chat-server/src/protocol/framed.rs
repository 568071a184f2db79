//! The framed protocol: `chat-proto` messages to the core's requests and back.

pub(in crate::protocol) mod ask;
pub(in crate::protocol) mod doors;
mod tell;

use std::{collections::VecDeque, sync::Arc};

use bytes::{Buf, BytesMut};
use chat_proto::{
    Epoch, Nick, Reason, RoomId, RoomName, Token,
    frame::{Decoder, FRAME_BYTES_MAX, Frame, FrameError, HELLO_BYTES_MAX},
    message::{self, Login, Malformed, Message},
    version::{MAGIC, VERSION_MAX, negotiate},
};

use super::{Farewell, Taken};
use crate::{
    conn::Outbox,
    core::{DeviceName, NewDevice, Refusal, Reply, Request, RoomView, TokenHash, Told},
    rooms::{Delivery, Dialect},
};

/// One peer that speaks frames.
pub struct Framed {
    decoder: Decoder,
    /// Whether the peer's magic has been read and answered.
    opened: bool,
    about: Arc<About>,
    /// The session's secret, to be told once.
    token: Token,
    /// The secret that the peer presented to take up a session.
    resumed: Option<Token>,
    /// What the peer says that it is.
    agent: DeviceName,
    /// The secret of this device, to be told when the login that asks for it is done.
    device: Option<Token>,
    /// The numbers of the requests that have no answer, oldest first.
    asked: VecDeque<u32>,
    now: fn() -> chat_proto::Time,
}

/// What the server says about itself.
#[derive(Clone, Debug)]
pub struct About {
    pub epoch: Epoch,
    pub grace_secs: u32,
}

pub enum Input {
    Request(u32, message::Request),
    Unreadable(u32, Refusal),
}

impl Input {
    pub const fn may_overlap(&self) -> bool {
        matches!(
            self,
            Self::Request(
                _,
                message::Request::Post(_)
                    | message::Request::Edit(_)
                    | message::Request::Delete(_)
                    | message::Request::React(_)
                    | message::Request::MarkRead(_)
                    | message::Request::Ping(_)
            ) | Self::Unreadable(..)
        )
    }
}

impl Framed {
    #[must_use]
    pub fn new(about: Arc<About>, token: Token, now: fn() -> chat_proto::Time) -> Self {
        let decoder = Decoder::new(HELLO_BYTES_MAX);
        let (agent, asked) = (DeviceName::default(), VecDeque::new());
        Self {
            decoder,
            opened: false,
            about,
            token,
            resumed: None,
            agent,
            device: None,
            asked,
            now,
        }
    }

    /// Keeps no space for what does not wait.
    pub fn rest(&mut self) {
        if self.asked.is_empty() {
            self.asked = VecDeque::new();
        }
    }

    pub fn next(&mut self, inbox: &mut BytesMut) -> Option<Input> {
        if !self.opened {
            if inbox.len() < MAGIC.len() {
                return None;
            }
            inbox.advance(MAGIC.len());
            self.opened = true;
        }
        match self.decoder.next(inbox) {
            Ok(None) => None,
            Ok(Some(frame)) => Some(read(&frame)),
            Err(error) => Some(stepped_over(&error)),
        }
    }

    pub fn take(&mut self, input: Input, out: &mut BytesMut) -> Taken {
        match input {
            Input::Request(request, message::Request::Ping(message::Ping { nonce })) => {
                message::Reply::from(message::Pong { nonce }).write(request, out);
                Taken::Done
            }
            Input::Request(request, asked) => {
                self.asked.push_back(request);
                self.ask(asked)
            }
            Input::Unreadable(request, refusal) => {
                self.asked.push_back(request);
                Taken::Refuse(refusal)
            }
        }
    }

    fn ask(&mut self, asked: message::Request) -> Taken {
        match asked {
            message::Request::Hello(hello) => self.hello(hello),
            message::Request::Register(asked) => {
                let device = self.new_device(asked.remember);
                device.and_then(|device| ask::register(&asked, device))
            }
            message::Request::LogIn(asked) => {
                let device = self.new_device(asked.remember);
                device.and_then(|device| ask::log_in(&asked, device))
            }
            other => ask::request(other),
        }
        .map_or_else(Taken::Refuse, Taken::Request)
    }

    /// A secret for this device, where the peer wants one.
    fn new_device(&mut self, wanted: bool) -> Result<Option<NewDevice>, Refusal> {
        self.device = None;
        if !wanted {
            return Ok(None);
        }
        let mut token = [0; 32];
        getrandom::fill(&mut token).map_err(|error| {
            tracing::error!(%error, "the system gives no random bytes");
            Refusal::new(message::ErrorCode::Internal, "no token could be made; try again later")
        })?;
        let token = *self.device.insert(Token(token));
        Ok(Some(NewDevice { token: TokenHash::of(&token), name: self.agent.clone() }))
    }

    fn hello(&mut self, hello: message::Hello) -> Result<Request, Refusal> {
        let (min, max) = (hello.version_min, hello.version_max);
        if negotiate(min, max).is_none() {
            let text = format!(
                "this server speaks version {VERSION_MAX}, you {min} to {max}; update the older one"
            );
            return Err(Refusal::new(message::ErrorCode::BadVersion, text));
        }
        self.decoder.limit(FRAME_BYTES_MAX);
        // Cursors of another epoch mean other entries: such a session is not taken up.
        let resume = hello.resume.filter(|resume| resume.epoch == self.about.epoch);
        let resume = resume.map(|resume| {
            self.resumed = Some(resume.token);
            (TokenHash::of(&resume.token), resume.cursors)
        });
        self.agent = DeviceName::of(&hello.agent);
        let device = self.new_device(matches!(
            hello.login,
            Some(Login::Password { remember: true, .. } | Login::Register { remember: true, .. })
        ))?;
        let login = hello.login.map(|login| ask::login(&login, device)).transpose()?;
        ask::hello(&hello.nick, TokenHash::of(&self.token), resume, login.map(Box::new))
    }

    pub fn reply(&mut self, reply: Result<Reply, Refusal>, out: &mut BytesMut) {
        let request = self.asked.pop_front().unwrap_or(0);
        match reply {
            Ok(Reply::Welcome(welcome)) => self.welcome(request, welcome, out),
            Ok(Reply::Registered { member, nick } | Reply::LoggedIn { member, nick }) => {
                let device = self.device.take();
                message::Reply::from(message::LoggedIn { member, nick, device })
                    .write(request, out);
            }
            Ok(reply) => tell::reply(reply).write(request, out),
            Err(refusal) => tell::failed(refusal).write(request, out),
        }
    }

    fn welcome(&mut self, request: u32, welcome: crate::core::Welcome, out: &mut BytesMut) {
        let token = self.resumed.filter(|_| welcome.resumed).unwrap_or(self.token);
        let reply = message::Welcome {
            version: VERSION_MAX,
            server: concat!("chat-server ", env!("CARGO_PKG_VERSION")).to_owned(),
            epoch: self.about.epoch,
            session: welcome.session,
            member: welcome.member,
            nick: welcome.nick,
            token,
            resumed: welcome.resumed,
            now: (self.now)(),
            grace_secs: self.about.grace_secs,
            registered: welcome.registered,
            device: self.device.take().filter(|_| !welcome.resumed),
        };
        message::Reply::from(reply).write(request, out);
        for room in &welcome.rooms {
            self.opened(room, out);
        }
    }

    pub fn deliver(&self, delivery: &Delivery, out: &mut Outbox) {
        match delivery {
            Delivery::Batch { batch, after } => {
                let encoded = batch.encoded(Dialect::Framed, tell::encode);
                if batch.is_after(*after) {
                    return out.push(encoded.bytes.clone());
                }
                let unseen = |told: &Told| told.seq().is_none_or(|seq| seq > *after);
                batch.pieces(encoded, unseen).for_each(|piece| out.push(piece));
            }
            Delivery::Page { entries, .. } => {
                entries.iter().for_each(|entry| tell::entry(entry).write(0, out.tail()));
            }
            Delivery::Counted(counted) => tell::counted(counted).write(0, out.tail()),
            Delivery::Stale(room) => {
                message::Event::from(message::MembersStale { room: *room }).write(0, out.tail());
            }
            Delivery::Failed(room, refusal) => {
                tell::closed(*room, &refusal.text).write(0, out.tail())
            }
            Delivery::Member(_) | Delivery::MemberLost | Delivery::Skipped { .. } => {}
        }
    }

    pub fn opened(&self, room: &RoomView, out: &mut BytesMut) {
        message::Event::from(message::RoomOpened { room: tell::room(room) }).write(0, out);
    }

    pub fn closed(&self, room: RoomId, reason: &Reason, out: &mut BytesMut) {
        tell::closed(room, reason.as_str()).write(0, out);
    }

    pub fn invited(&self, room: RoomName, by: Nick, out: &mut BytesMut) {
        message::Event::from(message::Invited { room, by }).write(0, out);
    }

    pub fn announced(&self, text: Reason, out: &mut BytesMut) {
        message::Event::from(message::Announced { text }).write(0, out);
    }

    pub fn ask_alive(&self, out: &mut BytesMut) {
        message::Event::from(message::Alive {}).write(0, out);
    }

    pub fn slowed(&self, per_sec: u32, out: &mut BytesMut) {
        message::Event::from(message::Slowed { per_sec }).write(0, out);
    }

    pub fn farewell(&self, farewell: &Farewell, out: &mut BytesMut) {
        let Farewell { refusal, come_back_millis } = farewell.clone();
        let closing = message::Closing { code: refusal.code, text: refusal.text, come_back_millis };
        message::Event::from(closing).write(0, out);
    }
}

fn read(frame: &Frame) -> Input {
    let request = frame.request;
    match message::Request::read(frame) {
        Ok(Some(message)) => Input::Request(request, message),
        Ok(None) => {
            let text = format!("this server does not know request type {:#06x}", frame.kind);
            Input::Unreadable(request, Refusal::new(message::ErrorCode::UnknownRequest, text))
        }
        Err(malformed @ Malformed { .. }) => Input::Unreadable(
            request,
            Refusal::new(message::ErrorCode::BadFrame, malformed.to_string()),
        ),
    }
}

fn stepped_over(error: &FrameError) -> Input {
    let (request, code) = match error {
        FrameError::TooLong { request, .. } => (*request, message::ErrorCode::TooLong),
        FrameError::TooShort { .. } => (0, message::ErrorCode::BadFrame),
    };
    Input::Unreadable(request, Refusal::new(code, error.to_string()))
}
