//! The rhythm of a run: who says how much when, and how the members read.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::crowd::Crowd;

/// How much is said.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// So many messages of a room are on their way at a time.
    Window(u64),
    /// So many messages a second, whatever comes back.
    PerSecond(u32),
}

/// How members read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Now and then, with a nap between: the server does not pay for waking them at each message.
    Naps,
    /// As soon as something comes.
    AtOnce,
}

/// A run under way.
pub(crate) struct Drive {
    pub crowd: Crowd,
    pace: Pace,
    reading: Reading,
    members_each: u64,
    /// What each room's senders have said, all together, and which of them is next.
    said: Vec<u64>,
    senders_each: usize,
    tick: Instant,
}

const NAP: Duration = Duration::from_micros(200);
/// Without anything coming for so long, nothing more will.
const SILENCE: Duration = Duration::from_secs(3);

impl Drive {
    pub(crate) fn new(
        crowd: Crowd,
        (rooms, members_each, senders_each): (usize, usize, usize),
        (pace, reading): (Pace, Reading),
    ) -> Self {
        let (members_each, said, tick) = (members_each as u64, vec![0; rooms], Instant::now());
        Self { crowd, pace, reading, members_each, said, senders_each, tick }
    }

    /// Goes on for so long.
    pub(crate) fn go_on(&mut self, time: Duration) -> Result<()> {
        self.tick = Instant::now();
        let end = self.tick + time;
        while Instant::now() < end {
            match self.pace {
                Pace::Window(window) => self.fill(window)?,
                Pace::PerSecond(rate) => self.keep_pace(rate)?,
            }
            self.read()?;
        }
        Ok(())
    }

    /// Says nothing more, and waits until all is heard; how many deliveries are missing.
    pub(crate) fn drain(&mut self) -> Result<u64> {
        let mut heard = (self.crowd.tally.delivered, Instant::now());
        loop {
            self.send_rest()?;
            self.crowd.poll(Duration::from_millis(20))?;
            let delivered = self.crowd.tally.delivered;
            let all = self.said.iter().sum::<u64>() * self.members_each;
            if delivered >= all {
                return Ok(0);
            }
            if delivered > heard.0 {
                heard = (delivered, Instant::now());
            } else if heard.1.elapsed() > SILENCE {
                return Ok(all - delivered);
            }
        }
    }

    pub(crate) fn said(&self) -> u64 {
        self.said.iter().sum()
    }

    /// A message is on its way until every member could have it.
    fn fill(&mut self, window: u64) -> Result<()> {
        for room in 0..self.said.len() {
            let allowed = self.crowd.tally.room(room) / self.members_each + window;
            if self.said[room] < allowed {
                (self.said[room]..allowed).for_each(|_| self.say(room));
            }
        }
        self.send_rest()
    }

    fn keep_pace(&mut self, rate: u32) -> Result<()> {
        while self.tick <= Instant::now() {
            self.say(0);
            self.tick += Duration::from_secs(1) / rate;
        }
        self.send_rest()
    }

    fn say(&mut self, room: usize) {
        let turn = usize::try_from(self.said[room] % self.senders_each as u64).unwrap_or(0);
        self.crowd.say(room * self.senders_each + turn);
        self.said[room] += 1;
    }

    fn send_rest(&mut self) -> Result<()> {
        (0..self.crowd.senders.len()).try_for_each(|sender| self.crowd.send(sender))
    }

    fn read(&mut self) -> Result<()> {
        let until_tick = self.tick.saturating_duration_since(Instant::now());
        match (self.reading, self.pace) {
            (Reading::Naps, Pace::Window(_)) => thread::sleep(NAP),
            (Reading::Naps, Pace::PerSecond(_)) => thread::sleep(until_tick),
            (Reading::AtOnce, Pace::Window(_)) => {
                return self.crowd.poll(Duration::from_millis(50));
            }
            (Reading::AtOnce, Pace::PerSecond(_)) => return self.crowd.poll(until_tick),
        }
        self.crowd.poll(Duration::ZERO)
    }
}
