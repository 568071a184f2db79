//! The commands about rooms and about bans from the server.

use anyhow::bail;
use chat_proto::{Reason, RoomName, Whom, line::duration};
use chat_server::{
    admin::{Request, ask},
    config::Storage,
};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum RoomCommand {
    /// List the rooms that somebody can reach, private ones too
    List,
    /// Tell about a room: since when, topic, members, entries, how it is open, who looks after it
    Info { room: RoomName },
    /// Put everybody out of a room and erase it from the disk with all that was said in it; its name is free again
    Delete {
        room: RoomName,
        /// The room's number, as info tells it, where several have the name
        #[arg(long)]
        number: Option<u64>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BanCommand {
    /// List the bans that hold
    List,
    /// Keep somebody off the server, and put out whoever is meant
    Add {
        /// A nick, a mask (b*), an address or a range (203.0.113.0/24), or from:NICK for where somebody comes from
        whom: Whom,
        /// For how long: 90s, 30m, 2h, 7d, 4w [default: until it is lifted]
        #[arg(long = "for", value_name = "TIME")]
        span: Option<Span>,
        /// What they are told
        reason: Vec<String>,
    },
    /// Let them in again
    Lift { whom: Whom },
}

/// A time in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span(u64);

impl std::str::FromStr for Span {
    type Err = &'static str;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let secs = chat_proto::line::span(written);
        secs.map(Self).ok_or("write 90s, 30m, 2h, 7d or 4w")
    }
}

impl RoomCommand {
    pub(crate) fn request(self) -> Request {
        match self {
            Self::List => Request::RoomList,
            Self::Info { room } => Request::RoomInfo { room },
            Self::Delete { room, number } => Request::RoomDelete { room, number },
        }
    }
}

impl BanCommand {
    pub(crate) fn request(self) -> anyhow::Result<Request> {
        Ok(match self {
            Self::List => Request::BanList,
            Self::Add { whom, span, reason } => Request::BanAdd {
                whom,
                secs: span.map(|Span(secs)| secs),
                reason: no_time(&reason.join(" "))?,
            },
            Self::Lift { whom } => Request::BanLift { whom },
        })
    }
}

/// A reason. One that begins as `/ban` has the time is a ban that was not meant to last for ever.
fn no_time(reason: &str) -> anyhow::Result<Reason> {
    if !matches!(duration(reason), Ok((None, _))) {
        bail!("a time stands behind --for, such as --for 2h; a reason does not begin with it");
    }
    Ok(Reason::clean(reason)?)
}

/// Asks the server or the data, and shows the answer.
pub(crate) fn operate(storage: &Storage, request: Request) -> anyhow::Result<()> {
    let Storage::Directory { path, sync } = storage else {
        bail!("with --ephemeral there is nothing to look after but while the server runs");
    };
    let none = none(&request);
    show(&ask(path, *sync, request)?.map_err(anyhow::Error::msg)?, none);
    Ok(())
}

/// What a list is said to be that has nothing in it.
pub(crate) const fn none(request: &Request) -> Option<&'static str> {
    match request {
        Request::UserList => Some("no accounts"),
        Request::RoomList => Some("no rooms"),
        Request::BanList => Some("no bans"),
        _ => None,
    }
}

/// The answer, for people and for scripts: these find nothing on stdout where a list is empty.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "the answer of these commands")]
pub(crate) fn show(lines: &[String], none: Option<&str>) {
    lines.iter().for_each(|line| println!("{line}"));
    if let (true, Some(none)) = (lines.is_empty(), none) {
        eprintln!("{none}");
    }
}
