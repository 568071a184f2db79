//! One scenario on one server, once.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{
    crowd::{Crowd, Role, Seat},
    drive::{Drive, Pace, Reading},
    measure::{Cost, Stretch, settle},
    past,
    peers::{Keeping, Peer},
    process::Process,
    scenario::{Kind, Scenario},
    speech::Who,
    table::Outcome,
    tally::{Delays, Tally},
};

/// How long the parts of a run take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub warm_up: Duration,
    pub measured: Duration,
}

/// For a member that did not read to read on to the end.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(60);

impl Scenario {
    /// Runs it on a server that has just been started.
    pub(crate) fn run(
        &self,
        peer: Peer,
        (server, keeping): (&Process, &Keeping),
        times: Times,
    ) -> Result<Outcome> {
        let tally = Tally::new(self.rooms, self.senders_each);
        let crowd = Crowd::new(peer.speech(), self.payload_bytes, tally)?;
        match self.kind {
            Kind::Throughput(pace, reading) => {
                throughput(self.drive(crowd, server, (pace, reading))?, server, times)
            }
            Kind::Latency { per_second } => {
                let how = (Pace::PerSecond(per_second), Reading::AtOnce);
                latency(self.drive(crowd, server, how)?, server, times)
            }
            Kind::Idle => idle(crowd, &self.seats(), server, times),
            Kind::SlowReader { window } => {
                let how = (Pace::Window(window), Reading::Naps);
                slow_reader(self.drive(crowd, server, how)?, server, times)
            }
            Kind::History => past::history(server, keeping.directory()),
            Kind::Search => past::search(server),
        }
    }

    fn drive(&self, mut crowd: Crowd, server: &Process, how: (Pace, Reading)) -> Result<Drive> {
        crowd.enter(server.address, &self.seats())?;
        Ok(Drive::new(crowd, (self.rooms, self.members_each, self.senders_each), how))
    }

    fn seats(&self) -> Vec<Seat> {
        let seat = |room: usize, number: usize, role: Role| {
            let speaks = role == Role::Sender;
            let nick = format!("{}{room}x{number}", if speaks { "s" } else { "m" });
            Seat { who: Who { nick, room: format!("r{room}"), speaks }, room, role }
        };
        let mut seats: Vec<_> = (0..self.rooms)
            .flat_map(|room| {
                let members =
                    (0..self.members_each).map(move |number| seat(room, number, Role::Member));
                members.chain(
                    (0..self.senders_each).map(move |number| seat(room, number, Role::Sender)),
                )
            })
            .collect();
        if matches!(self.kind, Kind::SlowReader { .. }) {
            seats.push(seat(0, self.members_each, Role::Aside));
        }
        seats
    }
}

fn throughput(mut drive: Drive, server: &Process, times: Times) -> Result<Outcome> {
    drive.go_on(times.warm_up)?;
    let before = drive.crowd.tally.delivered;
    let stretch = Stretch::begin(server)?;
    drive.go_on(times.measured)?;
    let cost = stretch.so_far(server)?;
    let delivered = (drive.crowd.tally.delivered - before) as f64;
    let missing = drive.drain()?;
    settle(server)?;
    let all = (drive.crowd.tally.delivered - before) as f64;
    let settled = stretch.so_far(server)?.cpu_secs * 1e6 / all;
    let figures = vec![delivered / cost.secs, cost.cpu_secs * 1e6 / delivered, settled];
    Ok(outcome(figures, cost, &drive, missing))
}

fn latency(mut drive: Drive, server: &Process, times: Times) -> Result<Outcome> {
    drive.go_on(times.warm_up)?;
    drive.crowd.tally.delays = Some(Delays::new());
    let before = drive.crowd.tally.delivered;
    let stretch = Stretch::begin(server)?;
    drive.go_on(times.measured)?;
    let cost = stretch.so_far(server)?;
    let delivered = (drive.crowd.tally.delivered - before) as f64;
    let missing = drive.drain()?;
    let delays = drive.crowd.tally.delays.take().unwrap_or_else(Delays::new);
    let [p50, p99] = [0.5, 0.99].map(|share| delays.quantile_millis(share));
    Ok(outcome(vec![p50, p99, cost.cpu_secs * 1e6 / delivered], cost, &drive, missing))
}

fn idle(mut crowd: Crowd, seats: &[Seat], server: &Process, times: Times) -> Result<Outcome> {
    let (before_kib, began) = (server.resident_kib()?, Instant::now());
    crowd.enter(server.address, seats)?;
    let connects = seats.len() as f64 / began.elapsed().as_secs_f64();
    settle(server)?;
    let each_kib = (server.resident_kib()? - before_kib) / seats.len() as f64;
    let stretch = Stretch::begin(server)?;
    let end = Instant::now() + times.measured;
    while Instant::now() < end {
        crowd.poll(Duration::from_millis(100))?;
    }
    let cost = stretch.so_far(server)?;
    let figures = vec![connects, each_kib, 100.0 * cost.cpu_secs / cost.secs];
    Ok(Outcome { figures, others: cost.others, remarks: Vec::new() })
}

fn slow_reader(mut drive: Drive, server: &Process, times: Times) -> Result<Outcome> {
    drive.go_on(times.warm_up)?;
    let (with_all, _) = rate(&mut drive, server, times)?;
    let before_kib = server.resident_kib()?;
    drive.crowd.read_aside(false)?;
    let (without, cost) = rate(&mut drive, server, times)?;
    let grown_mib = (server.resident_kib()? - before_kib) / 1024.0;
    drive.crowd.read_aside(true)?;
    let missing = drive.drain()?;
    let began = Instant::now();
    while drive.crowd.heard_aside().is_some_and(|heard| heard < drive.said())
        && began.elapsed() < CATCH_UP_WITHIN
    {
        drive.crowd.poll(Duration::from_millis(20))?;
    }
    let lost = drive.crowd.heard_aside().map(|heard| drive.said() - heard);
    let figures = vec![without / with_all, without, with_all, grown_mib];
    let mut outcome = outcome(figures, cost, &drive, missing);
    outcome.remarks.extend(match lost {
        None => Some("threw the slow reader out".to_owned()),
        Some(0) => None,
        Some(lost) => Some(format!("the slow reader still lacked {lost} messages")),
    });
    Ok(outcome)
}

/// Deliveries a second.
fn rate(drive: &mut Drive, server: &Process, times: Times) -> Result<(f64, Cost)> {
    let before = drive.crowd.tally.delivered;
    let stretch = Stretch::begin(server)?;
    drive.go_on(times.measured)?;
    let cost = stretch.so_far(server)?;
    Ok(((drive.crowd.tally.delivered - before) as f64 / cost.secs, cost))
}

fn outcome(figures: Vec<f64>, cost: Cost, drive: &Drive, missing: u64) -> Outcome {
    let tally = &drive.crowd.tally;
    let mut remarks = Vec::new();
    if missing > 0 {
        remarks.push(format!("LOST {missing} deliveries"));
    }
    if tally.faults > 0 {
        remarks.push(format!("{} OUT OF ORDER", tally.faults));
    }
    Outcome { figures, others: cost.others, remarks }
}
