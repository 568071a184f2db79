//! Conversations of several netcats, written as data.
//!
//! ```text
//! alice> hello            alice sends a line; who is new connects first
//! bob< #lobby <alice> …   the next line that bob gets; … stands for any text
//! bob<< + #lobby 3        the same, but other lines may come before it
//! bob|                    bob ends his sending direction
//! bob.                    the server closes bob's connection; nothing comes before that
//! bob-                    bob's connection is gone
//! ```
//!
//! Every line that a peer gets has to be told, up to the last one told: what is not in the story must not happen.

use std::{collections::BTreeMap, net::SocketAddr};

use crate::{
    netcat::{Missing, Netcat},
    pattern::matches,
    server::Local,
};

/// Tells a story to a server of its own.
#[track_caller]
pub fn check(story: &str) {
    let server = Local::start();
    Cast::new(server.address()).play(story);
}

/// Who takes part in a story.
pub struct Cast {
    address: SocketAddr,
    peers: BTreeMap<String, Netcat>,
}

impl Cast {
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, peers: BTreeMap::new() }
    }

    /// Plays a story.
    ///
    /// # Panics
    /// Where the server does not keep to it: shows the line and all that the peer of this line saw.
    #[track_caller]
    pub fn play(&mut self, story: &str) {
        for (number, line) in story.lines().enumerate() {
            if let Err(found) = self.act(line.trim()) {
                panic!("line {} of the story:\n  {}\nbut {found}", number + 1, line.trim());
            }
        }
    }

    /// One of those who take part; who is new connects.
    pub fn peer(&mut self, name: &str) -> &mut Netcat {
        let address = self.address;
        self.peers.entry(name.to_owned()).or_insert_with(|| Netcat::connect(address))
    }

    #[track_caller]
    fn act(&mut self, line: &str) -> Result<(), String> {
        let end = line.find(|c: char| !c.is_alphanumeric()).unwrap_or(line.len());
        let (name, act) = line.split_at(end);
        if let Some(text) = act.strip_prefix('>') {
            self.peer(name).send(text.strip_prefix(' ').unwrap_or(text));
        } else if let Some(pattern) = act.strip_prefix("<<") {
            return read_on(self.peer(name), pattern.trim_start());
        } else if let Some(pattern) = act.strip_prefix('<') {
            return read(self.peer(name), pattern.trim_start());
        } else {
            return self.leave(name, act);
        }
        Ok(())
    }

    fn leave(&mut self, name: &str, act: &str) -> Result<(), String> {
        match act {
            "" if name.is_empty() => {}
            "|" => self.peer(name).half_close(),
            "." => return ended(self.peer(name)),
            "-" => drop(self.peers.remove(name)),
            _ => return Err("that is no line of a story".into()),
        }
        Ok(())
    }
}

fn read(peer: &mut Netcat, pattern: &str) -> Result<(), String> {
    match peer.next_line() {
        Ok(line) if matches(pattern, &line) => Ok(()),
        other => Err(told(peer, &other)),
    }
}

fn read_on(peer: &mut Netcat, pattern: &str) -> Result<(), String> {
    loop {
        match peer.next_line() {
            Ok(line) if matches(pattern, &line) => return Ok(()),
            Ok(_) => {}
            missing => return Err(told(peer, &missing)),
        }
    }
}

fn ended(peer: &mut Netcat) -> Result<(), String> {
    match peer.next_line() {
        Err(Missing::Ended) => Ok(()),
        other => Err(told(peer, &other)),
    }
}

fn told(peer: &Netcat, line: &Result<String, Missing>) -> String {
    format!("what came was {line:?}; all of it:\n{}", peer.transcript())
}
