//! Whole sessions: a few peers of both protocols say whatever the bytes make them say, to the real protocols, sessions,
//! rules and rooms over a log in memory. Only sockets and threads are missing.
//!
//! What must hold: each room's numbers come 1, 2, 3 … to the log and to every peer, each number is the same entry for
//! all; each request of a framed peer is answered once; what lines carry is harmless; the state is of one piece; what is
//! held for a peer is bounded; nothing panics.

mod asks;
mod doors;
mod log;
mod peer;
mod witness;

use super::bytes::Bytes;
use log::Log;
use peer::{Peer, Speech};

pub(super) use asks::{COMMANDS, messages};

/// Peers at the same time.
const PEERS: usize = 4;
/// Acts of one input: enough for anything to happen, few enough to try many inputs.
const ACTS_MAX: usize = 400;

pub(super) fn run(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let mut world = World::new();
    for _ in 0..ACTS_MAX {
        if bytes.is_empty() {
            break;
        }
        world.act(&mut bytes);
    }
    world.settle();
    world.peers.iter_mut().for_each(|peer| peer.is_asleep = false);
    world.settle();
    world.peers.iter().for_each(|peer| peer.check_end(&world.log));
}

struct World {
    log: Log,
    peers: Vec<Peer>,
}

impl World {
    fn new() -> Self {
        let speech = |place| if place % 2 == 0 { Speech::Framed } else { Speech::Line };
        let peers = (0..PEERS).map(|place| Peer::new(place, speech(place))).collect();
        let mut world = Self { log: Log::new(), peers };
        for place in 0..PEERS {
            let hello = asks::hello(&world.peers[place], asks::NICKS[place]);
            world.give(place, &hello);
        }
        world.settle();
        world
    }

    fn act(&mut self, bytes: &mut Bytes<'_>) {
        let place = bytes.below(PEERS);
        match bytes.below(16) {
            0 => self.give(place, bytes.some(64)),
            1 => self.settle(),
            2 => self.peers[place].is_asleep ^= true,
            3 => self.come_anew(place, bytes),
            4 => self.log.pass(i64::from(bytes.byte())),
            5 => self.log.forget(bytes),
            6 => self.end_input(place),
            _ => {
                let ask = asks::any(&self.peers[place], bytes);
                self.give(place, &ask);
            }
        }
    }

    /// A peer's bytes arrive.
    fn give(&mut self, place: usize, bytes: &[u8]) {
        self.peers[place].take_in(bytes, &mut self.log);
    }

    fn end_input(&mut self, place: usize) {
        self.peers[place].has_ended = true;
        self.give(place, b"");
    }

    /// The log writes all that waits, in groups, until nobody has anything more to say.
    fn settle(&mut self) {
        while self.log.has_changes() {
            let (outcomes, told) = self.log.commit();
            for (place, connection, outcome) in outcomes {
                if let Some(peer) = self.peers.get_mut(place) {
                    peer.answered(connection, outcome, &mut self.log);
                }
            }
            self.log.publish(told);
            for peer in &mut self.peers {
                peer.hear(&mut self.log);
                peer.take_in(b"", &mut self.log);
            }
        }
        self.log.check();
        self.peers.iter_mut().for_each(|peer| peer.hear(&mut self.log));
        self.peers.iter_mut().for_each(|peer| peer.check(&self.log));
    }

    /// A connection is lost, and a new one comes in its place.
    fn come_anew(&mut self, place: usize, bytes: &mut Bytes<'_>) {
        let (speech, resumes) = (bytes.one_of(&[Speech::Framed, Speech::Line]), bytes.flag());
        self.peers[place].hang_up(!resumes, &mut self.log);
        let left = self.peers[place].left();
        self.peers[place] = Peer::new(self.log.number(), speech);
        self.peers[place].place = place;
        let hello = match left {
            Some(left) if resumes && speech == Speech::Framed => asks::resume(&left),
            _ => asks::hello(&self.peers[place], bytes.one_of(asks::NICKS)),
        };
        self.give(place, &hello);
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let steady = |step: u8| (0..=255u8).map(|byte| byte.wrapping_mul(step)).collect::<Vec<_>>();
    let mut seeds: Vec<Vec<u8>> = [1, 3, 7, 11, 37, 73, 101].map(steady).into();
    seeds.extend(COMMANDS.iter().enumerate().map(|(n, line)| {
        let place = u8::try_from(n % PEERS).unwrap_or(0);
        [&[place, 0, 64][..], line.as_bytes(), b"\n\x00\x01"].concat()
    }));
    seeds
}
