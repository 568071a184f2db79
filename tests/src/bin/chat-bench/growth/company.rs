//! Others who are there and say nothing.

use std::time::Instant;

use anyhow::Result;

use crate::{
    crowd::{Crowd, Role, Seat},
    process::Process,
    speech::{Place, Speech, Step, Who, ready_after},
    tally::Tally,
};

/// How many come, and in how many rooms each of them is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coming {
    connections: usize,
    rooms_each: usize,
    /// Members of each room.
    share: usize,
}

/// Those who came; they go with it.
pub(crate) struct Company {
    pub came: Came,
    _crowd: Crowd,
}

/// How it was: of rooms, or of connections where each is in one room only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Came {
    pub per_sec: f64,
    pub kib_each: f64,
}

/// As many as a member may be in.
const ROOMS_EACH_MAX: usize = 1000;

impl Coming {
    pub(crate) fn to_rooms(rooms: usize) -> Option<Self> {
        let connections = rooms.div_ceil(ROOMS_EACH_MAX);
        let rooms_each = rooms.checked_div(connections)?;
        Some(Self { connections, rooms_each, share: 1 })
    }

    pub(crate) fn connections(connections: usize) -> Option<Self> {
        (connections > 0).then_some(Self { connections, rooms_each: 1, share: 10 })
    }

    pub(crate) fn come(self, server: &Process) -> Result<Company> {
        let (before_kib, began) = (server.resident_kib()?, Instant::now());
        let speech = Box::new(Many { rooms: self.rooms_each });
        let mut crowd = Crowd::new(speech, 0, Tally::new(self.connections, 0))?;
        let seats: Vec<_> = (0..self.connections).map(|number| self.seat(number)).collect();
        crowd.enter(server.address, &seats)?;
        let all = (self.connections * self.rooms_each) as f64;
        let per_sec = all / began.elapsed().as_secs_f64();
        let kib_each = (server.resident_kib()? - before_kib) / all;
        Ok(Company { came: Came { per_sec, kib_each }, _crowd: crowd })
    }

    fn seat(self, number: usize) -> Seat {
        let who = Who {
            nick: format!("quiet{number}x"),
            room: format!("quiet{}", number / self.share),
            speaks: false,
        };
        Seat { who, room: number, role: Role::Aside }
    }
}

/// The line protocol; each is in several rooms.
struct Many {
    rooms: usize,
}

impl Speech for Many {
    fn greeting(&self, who: &Who) -> Vec<u8> {
        let joins = (0..self.rooms).map(|number| format!("/join #{}n{number}\n", who.room));
        format!("{}\n/quiet on\n{}", who.nick, joins.collect::<String>()).into()
    }

    fn step(&self, who: &Who, seen: &mut Vec<u8>) -> Step {
        let last = format!("* joined #{}n{}\n", who.room, self.rooms - 1);
        ready_after(last.as_bytes(), who, seen)
    }

    fn post(&self, _: &Place, _: u32, _: &crate::payload::Payload, _: &mut Vec<u8>) {}
}
