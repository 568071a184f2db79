//! Line mode: what `nc`, `telnet` and scripts speak. Its current room and its switches live here; the core knows neither.

mod doors;
mod reply;
mod take;
mod told;

use std::collections::{HashMap, VecDeque};

use bytes::BytesMut;
use chat_proto::{
    MemberId, Nick, Reason, RoomId, RoomName, Seq,
    line::{Command, DoorCommand, LineTooLong, Lines, Usage, render},
    message::ErrorCode,
};

use super::{Farewell, Taken};
use crate::core::{Label, Refusal, Request, RoomView, search::Query};

/// One peer that speaks lines.
#[derive(Default)]
pub struct Line {
    lines: Lines,
    stage: Stage,
    /// Where a plain line goes; none after a failed `/join` or `/switch`.
    current: Option<RoomId>,
    member: Option<MemberId>,
    switches: Switches,
    /// What this session did and is not to be shown when it comes back from the room, oldest first. Another session of
    /// the same account may do things too.
    own: HashMap<RoomId, VecDeque<Seq>>,
    asked: VecDeque<Asked>,
    /// The next page of a long list.
    next_page: Option<(Request, Asked)>,
    /// The last search, and where it goes on, if there may be more.
    searched: Option<(Query, Option<u64>)>,
}

/// How far the peer has said who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// The first line is the nick.
    #[default]
    Nameless,
    /// The first nick was refused. Only `/nick` is taken now: the lines of a script must not become nicks.
    Refused,
    Here,
}

#[derive(Clone, Copy, Debug, Default)]
struct Switches {
    echo: bool,
    ack: bool,
    numbers: bool,
    quiet: bool,
}

/// What a reply will be for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    Hello,
    Message,
    /// What is done to which message.
    Change(&'static str, Seq),
    Enter,
    Leave,
    Switch,
    ShowTopic,
    SetTopic,
    Names {
        count: usize,
    },
    Rooms {
        count: usize,
    },
    History,
    Search(Query),
    /// What is decided about a room.
    Door(Box<DoorCommand>),
    Doors,
    Bars,
    Audit,
    Plain(&'static str),
    Rename,
    Quit,
}

/// One line as it was read.
pub enum Input {
    Command(Command),
    /// Not to be read; whether it would have been a message.
    Usage(Usage, bool),
    TooLong,
    NextPage(Request),
}

impl Input {
    pub const fn is_message(&self) -> bool {
        match self {
            Self::Command(command) => command.is_message(),
            Self::Usage(_, is_message) => *is_message,
            Self::TooLong => true,
            Self::NextPage(_) => false,
        }
    }
}

impl Line {
    /// Keeps no space for what does not wait.
    pub fn rest(&mut self) {
        if self.asked.is_empty() {
            self.asked = VecDeque::new();
        }
    }

    pub fn next(&mut self, inbox: &mut BytesMut, ended: bool) -> Option<Input> {
        if let Some((request, asked)) = self.next_page.take() {
            self.asked.push_back(asked);
            return Some(Input::NextPage(request));
        }
        loop {
            let line = match self.lines.next(inbox) {
                Some(line) => line,
                None if ended => self.lines.last()?,
                None => return None,
            };
            if let Some(input) = read(line) {
                return Some(input);
            }
        }
    }

    /// Only messages may: what comes before one says where it goes.
    pub fn may_overlap(&self, input: &Input) -> bool {
        self.stage == Stage::Here && input.is_message()
    }

    pub fn take(&mut self, input: Input, out: &mut BytesMut) -> Taken {
        match input {
            Input::NextPage(request) => Taken::Request(request),
            Input::TooLong => self.refuse(ErrorCode::TooLong, &LineTooLong.to_string()),
            Input::Usage(usage @ Usage::Unknown(_), _) => {
                self.refuse(ErrorCode::UnknownCommand, &usage.to_string())
            }
            Input::Usage(usage, _) => self.refuse(ErrorCode::Usage, &usage.to_string()),
            Input::Command(command) if self.stage == Stage::Here => self.command(command, out),
            Input::Command(command) => self.first(command, out),
        }
    }

    pub fn opened(&self, room: &RoomView, out: &mut BytesMut) {
        // A private conversation shows itself by its first message.
        if let Label::Public(name) = &room.label {
            write(out, |text| render::notice(text, format_args!("joined {name}")));
        }
    }

    pub fn skipped(&self, room: &RoomView, out: &mut BytesMut) {
        let name = conversation(&room.label, self.member);
        let through = room.after;
        write(out, |text| {
            render::notice(text, format_args!("{name}: up to {through} nothing is kept any more"));
        });
    }

    pub fn closed(
        &mut self,
        room: RoomId,
        label: Option<&Label>,
        reason: &Reason,
        out: &mut BytesMut,
    ) {
        self.own.remove(&room);
        let current = self.current.take_if(|current| *current == room).is_some();
        if !current && reason.is_empty() {
            return;
        }
        let name = label.map(|label| conversation(label, self.member));
        let name = name.as_deref().unwrap_or("a room");
        write(out, |text| match reason.as_str() {
            "" => render::notice(text, format_args!("you are out of {name}; /join one")),
            why => render::notice(text, format_args!("you are out of {name} ({why})")),
        });
    }

    pub fn invited(&self, room: &RoomName, by: &Nick, hidden: bool, out: &mut BytesMut) {
        let way = if hidden {
            format!("leave your own {room} first (/part {room}), then /join {room} enters it")
        } else {
            format!("/join {room} enters it")
        };
        write(out, |text| {
            render::notice(text, format_args!("{by} invites you to {room}; {way}"));
        });
    }

    pub fn announced(&self, announced: &Reason, out: &mut BytesMut) {
        write(out, |text| render::notice(text, format_args!("announcement: {announced}")));
    }

    pub fn farewell(&self, farewell: &Farewell, out: &mut BytesMut) {
        let Refusal { code, text: why } = &farewell.refusal;
        write(out, |text| match code {
            ErrorCode::ShuttingDown => render::notice(text, format_args!("goodbye: {why}")),
            _ => render::error(text, *code, why),
        });
    }

    /// Said once, when lines come faster than they are taken.
    pub fn slowed(&self, per_sec: u32, out: &mut BytesMut) {
        write(out, |text| {
            let slowed = format_args!("slow down: from here on {per_sec} lines a second are read");
            render::notice(text, slowed);
        });
    }

    /// The first words to a peer that says nothing.
    pub const GREETING: &str = "* this is chat-server; write your nick and press Enter (/help shows what else you can write)\n";

    fn refuse(&mut self, code: ErrorCode, text: &str) -> Taken {
        self.asked.push_back(Asked::Message);
        Taken::Refuse(Refusal::new(code, text))
    }

    fn ask(&mut self, asked: Asked, request: Result<Request, Refusal>) -> Taken {
        self.asked.push_back(asked);
        request.map_or_else(Taken::Refuse, Taken::Request)
    }
}

fn read(line: Result<String, LineTooLong>) -> Option<Input> {
    let Ok(line) = line else { return Some(Input::TooLong) };
    match Command::parse(&line) {
        Ok(None) => None,
        Ok(Some(command)) => Some(Input::Command(command)),
        Err(usage) => Some(Input::Usage(usage, chat_proto::line::is_message_command(&line))),
    }
}

/// Appends what is written to a string.
fn write(out: &mut BytesMut, lines: impl FnOnce(&mut String)) {
    let mut text = String::new();
    lines(&mut text);
    out.extend_from_slice(text.as_bytes());
}

/// `#room`, or `@nick` of the other one.
fn conversation(label: &Label, viewer: Option<MemberId>) -> String {
    match (label, viewer) {
        (Label::Public(name), _) => name.to_string(),
        (Label::Direct(pair), viewer) => {
            let peer = viewer.and_then(|viewer| label.peer_of(viewer)).unwrap_or(&pair[0]);
            format!("@{}", peer.1)
        }
    }
}
