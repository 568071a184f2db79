//! Those who listen until the server is gone.

use std::{collections::BTreeMap, net::SocketAddr, time::Instant};

use chat_proto::{RoomId, Seq, message::Event};
use chat_tests::{
    PATIENCE,
    audit::Line,
    framed::{Framed, Left, text_of},
    netcat::Netcat,
};

use crate::{Notes, ROOMS, mouths::ready};

/// Listens in line mode; gives what it was shown.
pub(crate) fn line_ear(address: SocketAddr, notes: &Notes) -> Vec<Line> {
    let mut peer = Netcat::named(address, "ear");
    peer.send("/numbers on\n/quiet on");
    for room in ROOMS {
        peer.send(&format!("/join {room}"));
        peer.skip_to(&format!("* joined {room}"));
    }
    ready(notes);
    let mut heard = Vec::new();
    while let Ok(line) = peer.next_line() {
        assert!(!line.starts_with("! "), "{line}");
        heard.extend(shown(&line));
    }
    assert_dense(&heard);
    heard
}

/// Reads `#room 12 time <nick> text`.
fn shown(line: &str) -> Option<Line> {
    if !line.starts_with('#') {
        return None;
    }
    let mut words = line.splitn(5, ' ');
    let (room, seq, _time, _nick) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(Line::new(room, Seq(seq.parse().ok()?), words.next()?))
}

/// In each room every number follows the one before, wherever it began.
fn assert_dense(heard: &[Line]) {
    let mut last: BTreeMap<&str, Seq> = BTreeMap::new();
    for line in heard {
        if let Some(before) = last.insert(&line.room, line.seq) {
            assert_eq!(before.next(), line.seq, "a hole or a repetition in {}", line.room);
        }
    }
}

/// The past of a room in line mode.
pub(crate) fn past(peer: &mut Netcat, room: &str, kept: &[Line]) -> Vec<Line> {
    let count = kept.iter().filter(|line| line.room == room).count();
    peer.send(&format!("/join {room} 0"));
    peer.skip_to(&format!("* joined {room}"));
    let mut line = || {
        let line = peer.skip_to(&format!("~ {room} …"));
        shown(line.trim_start_matches("~ ")).expect("a line of the past")
    };
    (0..count).map(|_| line()).collect()
}

/// Listens in frames and comes back after each kill, so that it hears all that was ever said.
#[derive(Default)]
pub(crate) struct FramedEar {
    left: Option<Left>,
    rooms: BTreeMap<RoomId, &'static str>,
    pub(crate) heard: Vec<Line>,
}

impl FramedEar {
    pub(crate) fn listen(mut self, address: SocketAddr, notes: &Notes) -> Self {
        let mut client = self.come(address);
        ready(notes);
        while client.take_in(Instant::now() + PATIENCE).is_ok() {
            self.hear(&mut client);
        }
        self.hear(&mut client);
        self.left = Some(client.left());
        self
    }

    /// Hears the rest, up to what the rooms hold.
    pub(crate) fn catch_up(&mut self, address: SocketAddr, kept: &[Line]) {
        let mut client = self.come(address);
        let mut missing = last(kept);
        let mut known = 0;
        loop {
            for line in &self.heard[known..] {
                if missing.get(&line.room) == Some(&line.seq) {
                    missing.remove(&line.room);
                }
            }
            known = self.heard.len();
            if missing.is_empty() || !client.welcome.resumed {
                return;
            }
            client.take_in(Instant::now() + PATIENCE).expect("the rest of what was said");
            self.hear(&mut client);
        }
    }

    fn come(&mut self, address: SocketAddr) -> Framed {
        if let Some(left) = &self.left {
            return Framed::resume(address, left);
        }
        let mut client = Framed::connect(address, "framed-ear");
        self.rooms = ROOMS.iter().map(|room| (client.join_from_the_start(room), *room)).collect();
        client
    }

    fn hear(&mut self, client: &mut Framed) {
        for event in client.events_so_far() {
            let Event::RoomEntry(told) = event else { continue };
            let text = text_of(&told.entry).expect("only messages were sent");
            self.heard.push(Line::new(self.rooms[&told.room], told.entry.seq, &text));
        }
    }
}

/// The last number of each room.
fn last(lines: &[Line]) -> BTreeMap<String, Seq> {
    lines.iter().map(|line| (line.room.clone(), line.seq)).collect()
}
