//! What is tried.

use super::{
    drive::{Pace, Reading},
    payload::USUAL_BYTES,
};

/// So many rooms, each of so many members and senders, and what happens in them.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub name: &'static str,
    pub about: &'static str,
    pub rooms: usize,
    pub members_each: usize,
    pub senders_each: usize,
    pub payload_bytes: usize,
    pub kind: Kind,
    /// Whether it is run when nothing is asked for.
    pub is_usual: bool,
    /// Ours keeps nothing on disk either.
    pub ephemeral: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// How many deliveries a second, at which cost.
    Throughput(Pace, Reading),
    /// How long a message takes.
    Latency { per_second: u32 },
    /// What connections cost that do nothing.
    Idle,
    /// Whether one member that does not read harms the others, and itself.
    SlowReader { window: u64 },
    /// How long pages of very many messages take.
    History,
    /// How long searches in very many messages take.
    Search,
}

pub(crate) const FAN100: Scenario = Scenario {
    name: "fan100",
    about: "1 room, 100 members, 1 sender, window 256",
    rooms: 1,
    members_each: 100,
    senders_each: 1,
    payload_bytes: USUAL_BYTES,
    kind: Kind::Throughput(Pace::Window(256), Reading::Naps),
    is_usual: true,
    ephemeral: false,
};

pub(crate) const ALL: [Scenario; 11] = [
    FAN100,
    Scenario {
        name: "fan1000",
        about: "1 room, 1,000 members, 1 sender, window 128",
        is_usual: false,
        members_each: 1000,
        kind: Kind::Throughput(Pace::Window(128), Reading::Naps),
        ..FAN100
    },
    Scenario {
        name: "chat4",
        about: "1 room, 100 members, 4 senders, window 256 together",
        is_usual: false,
        senders_each: 4,
        ..FAN100
    },
    Scenario {
        name: "rooms1000",
        about: "1,000 rooms of 10 members, a sender in each, window 4 each",
        rooms: 1000,
        members_each: 10,
        kind: Kind::Throughput(Pace::Window(4), Reading::Naps),
        ..FAN100
    },
    Scenario {
        name: "load1000",
        about: "1 room, 100 members, 1,000 messages a second",
        kind: Kind::Throughput(Pace::PerSecond(1000), Reading::Naps),
        ..FAN100
    },
    Scenario {
        name: "fan100w1",
        about: "1 room, 100 members, 1 sender, window 1; chat-server --ephemeral",
        is_usual: false,
        kind: Kind::Throughput(Pace::Window(1), Reading::AtOnce),
        ephemeral: true,
        ..FAN100
    },
    Scenario {
        name: "lat1000",
        about: "1 room, 100 members, 1,000 messages a second, read at once",
        kind: Kind::Latency { per_second: 1000 },
        ..FAN100
    },
    Scenario {
        name: "idle10k",
        about: "10,000 connections in 1,000 rooms",
        is_usual: false,
        rooms: 1000,
        members_each: 10,
        senders_each: 0,
        kind: Kind::Idle,
        ..FAN100
    },
    Scenario {
        name: "slow",
        about: "fan100 and one more member that stops reading, then reads on",
        is_usual: false,
        kind: Kind::SlowReader { window: 256 },
        ..FAN100
    },
    Scenario {
        name: "history",
        about: "pages of 50 at random places of the largest room, with 9 of 10 of all messages",
        is_usual: false,
        kind: Kind::History,
        ..FAN100
    },
    Scenario {
        name: "search",
        about: "the newest 20 with a rare word (1 of 1,000,000 messages) or a common one (1 of 2 or so)",
        is_usual: false,
        kind: Kind::Search,
        ..FAN100
    },
];

impl Kind {
    /// Asks what a log has kept: others have none.
    pub(crate) const fn is_past(self) -> bool {
        matches!(self, Self::History | Self::Search)
    }
}
