//! What comes in and what is to be done: the two closed enums around [`update`](super::update()).

use chat_proto::{
    Nick, Token,
    message::{Event, Reply, Request},
};
use smol_str::SmolStr;

use super::{Item, Key};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    Key(Key),
    Paste(String),
    /// The wheel: lines up, or, negative, down.
    Wheel(i16),
    /// Columns and rows of the terminal.
    Resize(u16, u16),
    /// Whether the terminal's window is the one that gets the keys.
    Focus(bool),
    /// A line of input where there is no terminal.
    Line(String),
    /// What the editor left, if it did.
    Edited(Option<String>),
    Net(NetMsg),
    /// The time asked for by [`Model::next_tick`](super::Model::next_tick) has come.
    Tick,
}

/// What the connection tells.
#[derive(Clone, Debug, PartialEq)]
pub enum NetMsg {
    /// A socket is open, and the server's magic is awaited: say hello.
    Connected {
        conn: u32,
    },
    Reply {
        conn: u32,
        number: u32,
        reply: Reply,
    },
    Event {
        conn: u32,
        event: Event,
    },
    /// How long a ping took, in milliseconds.
    Latency {
        conn: u32,
        millis: u32,
    },
    /// Something that the user has to know about the connection.
    Notice {
        text: String,
    },
    /// What answers is not the server that is meant; there is no use in trying again.
    Refused {
        why: String,
    },
    /// No connection, or no more, and why.
    Lost {
        why: String,
    },
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Connect after this time, in milliseconds.
    Dial {
        server: SmolStr,
        after_millis: u64,
    },
    /// Send on that connection; another one has other numbers.
    Send {
        conn: u32,
        number: u32,
        request: Request,
    },
    /// Keep the token by which that nick logs in here, or, without one, forget it.
    KeepToken {
        server: SmolStr,
        nick: Nick,
        token: Option<Token>,
    },
    /// Tell the user, who may look elsewhere.
    Notify {
        title: String,
        body: String,
    },
    /// Show where there is no screen.
    Show {
        label: SmolStr,
        item: Item,
    },
    /// Let the user write in their editor.
    Edit(String),
    /// Put a text where other programs paste from.
    Copy(String),
    Suspend,
    /// Draw everything anew.
    Redraw,
    Exit(Exit),
}

pub type Effects = Vec<Effect>;

/// How the program ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    pub code: u8,
    /// For stderr.
    pub message: Option<String>,
}

impl Exit {
    /// The user's own wish.
    pub const QUIT: Self = Self { code: 0, message: None };
    /// `EX_UNAVAILABLE` of sysexits.h: the connection is lost for good.
    pub const UNAVAILABLE: u8 = 69;
}
