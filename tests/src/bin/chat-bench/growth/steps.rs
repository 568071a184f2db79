//! What is tried, from few to many.

use super::{With, company::Coming};
use crate::{
    drive::{Pace, Reading},
    scenario::{FAN100, Kind, Scenario},
};

pub(super) struct Step {
    pub label: String,
    pub scenario: Scenario,
    /// Who is there too.
    pub company: Option<Coming>,
}

pub(super) const fn title(with: With) -> &'static str {
    match with {
        With::Members => "members of one room, 1 sender, window 128",
        With::Rooms => "rooms of 10 members, a sender in each, window 4 each",
        With::SilentRooms => "rooms where nobody talks, beside fan100",
        With::Connections => "connections of which nothing comes, beside fan100",
        With::Size => "bytes of a message, 100 members, 1 sender, window 256 or 256 KiB",
        With::History => "messages on the disk",
    }
}

pub(super) fn steps(with: With) -> Vec<Step> {
    match with {
        // With the sender as many as a room takes.
        With::Members => [10, 30, 100, 300, 1000, 3000, 9_999].map(members).into(),
        With::Rooms => [1, 10, 100, 300, 1000].map(rooms).into(),
        With::SilentRooms => [0, 100, 1000, 10_000, 30_000, 100_000].map(silent_rooms).into(),
        With::Connections => [0, 1000, 5000, 10_000, 19_000].map(connections).into(),
        With::Size => [10, 30, 100, 300, 1000, 4000, 16 * 1024].map(size).into(),
        With::History => Vec::new(),
    }
}

fn members(members_each: usize) -> Step {
    let kind = Kind::Throughput(Pace::Window(128), Reading::Naps);
    step(members_each, Scenario { members_each, kind, ..FAN100 })
}

fn rooms(rooms: usize) -> Step {
    let kind = Kind::Throughput(Pace::Window(4), Reading::Naps);
    step(rooms, Scenario { rooms, members_each: 10, kind, ..FAN100 })
}

fn silent_rooms(rooms: usize) -> Step {
    Step { company: Coming::to_rooms(rooms), ..step(rooms, FAN100) }
}

fn connections(connections: usize) -> Step {
    Step { company: Coming::connections(connections), ..step(connections, FAN100) }
}

fn size(payload_bytes: usize) -> Step {
    let window = (WINDOW_BYTES / payload_bytes).min(256) as u64;
    let kind = Kind::Throughput(Pace::Window(window), Reading::Naps);
    step(payload_bytes, Scenario { payload_bytes, kind, ..FAN100 })
}

/// On their way to a member at the same time: what its socket takes with ease.
const WINDOW_BYTES: usize = 256 * 1024;

fn step(label: usize, scenario: Scenario) -> Step {
    Step { label: label.to_string(), scenario, company: None }
}
