//! What was heard: how much, whether in order and without loss, and after how long.

use super::payload::{self, Payload};

/// The account of one run.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Messages heard by members, all together and by room.
    pub delivered: u64,
    rooms: Vec<u64>,
    senders_each: usize,
    /// Messages that came twice, late, or after a gap.
    pub faults: u64,
    pub thrown_out: u64,
    pub delays: Option<Delays>,
}

/// What one member has heard.
#[derive(Debug)]
pub(crate) struct Heard {
    pub room: usize,
    pub messages: u64,
    /// The number of each sender's next message.
    next: [u32; SENDERS_EACH_MAX],
}

/// Senders a room.
const SENDERS_EACH_MAX: usize = 4;

impl Tally {
    /// Senders are numbered through the rooms: those of the first room, then those of the next.
    pub(crate) fn new(rooms: usize, senders_each: usize) -> Self {
        let rooms = vec![0; rooms];
        Self { delivered: 0, rooms, senders_each, faults: 0, thrown_out: 0, delays: None }
    }

    pub(crate) const fn member(&self, room: usize) -> Heard {
        Heard { room, messages: 0, next: [0; SENDERS_EACH_MAX] }
    }

    /// Checks a message that a member has got.
    pub(crate) fn hear(&mut self, heard: &mut Heard, payload: &Payload, now_nanos: u64) {
        let first = heard.room * self.senders_each;
        let expected = payload::sender_and_number(payload).and_then(|(sender, number)| {
            let place = (sender as usize).checked_sub(first)?;
            Some((heard.next.get_mut(place)?, number))
        });
        match expected {
            Some((next, number)) => {
                self.faults += u64::from(*next != number);
                *next = number.wrapping_add(1);
            }
            None => self.faults += 1,
        }
        heard.messages += 1;
        if let Some(delays) = &mut self.delays {
            delays.add(now_nanos.saturating_sub(payload::at_nanos(payload).unwrap_or(0)));
        }
    }

    pub(crate) fn count(&mut self, room: usize, messages: u64) {
        self.delivered += messages;
        self.rooms[room] += messages;
    }

    pub(crate) fn room(&self, room: usize) -> u64 {
        self.rooms[room]
    }
}

/// A histogram.
#[derive(Debug)]
pub(crate) struct Delays {
    slots: Vec<u64>,
}

/// Resolution of the histogram, and where it ends: at two seconds.
const SLOT_NANOS: u64 = 5_000;
const SLOTS: usize = 400_000;

impl Delays {
    pub(crate) fn new() -> Self {
        Self { slots: vec![0; SLOTS] }
    }

    fn add(&mut self, nanos: u64) {
        let slot = usize::try_from(nanos / SLOT_NANOS).unwrap_or(SLOTS).min(SLOTS - 1);
        self.slots[slot] += 1;
    }

    /// The delay that this share of all does not exceed, in milliseconds.
    pub(crate) fn quantile_millis(&self, share: f64) -> f64 {
        let all: u64 = self.slots.iter().sum();
        let wanted = (all as f64 * share) as u64;
        let mut below = 0;
        let slot = self.slots.iter().position(|count| {
            below += count;
            below > wanted
        });
        (slot.unwrap_or(SLOTS) as f64 + 0.5) * SLOT_NANOS as f64 / 1e6
    }
}
