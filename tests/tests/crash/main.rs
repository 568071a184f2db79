//! The server is killed while people talk; afterwards everything that was acknowledged, and everything that anybody was
//! shown, has to be there: once, densely numbered, in order.

mod ears;
mod figures;
mod mouths;

use std::{
    net::SocketAddr,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Instant,
};

use chat_tests::{
    PATIENCE,
    audit::{Fault, Line, audit, gaps},
    framed::{Framed, text_of},
    netcat::Netcat,
    server::{Process, directory},
    trials,
};
use ears::{FramedEar, line_ear};
use figures::Figures;
use mouths::{FramedMouth, line_mouth};

/// Everybody is in all of them.
const ROOMS: [&str; 3] = ["#one", "#two", "#three"];

/// What those who talk and listen tell the test.
enum Note {
    /// This one is in all rooms.
    Ready,
    /// The server has promised this.
    Promise(Line),
}

type Notes = SyncSender<Note>;

#[test]
fn what_was_acknowledged_or_seen_survives_kills() {
    let faults = trial(trials::count("CHAT_KILLS", 10, 1000), &[]);
    assert!(faults.is_empty(), "{} faults, such as {:#?}", faults.len(), &faults[..1]);
}

/// Shows that the audit above can fail: the very same trial of a server that commits nothing.
#[test]
fn the_trial_finds_what_a_server_without_commits_loses() {
    let faults = trial(1, &["--ephemeral"]);
    let lost = faults.iter().filter(|fault| matches!(fault, Fault::Lost(_))).count();
    assert!(lost >= acknowledgements(0), "{lost} lost: {faults:?}");
}

/// Kills a server in the middle of a conversation, again and again on the same data, and compares what it promised with
/// what it holds at the end.
fn trial(kills: usize, options: &[&str]) -> Vec<Fault> {
    let data = directory();
    let start = || Process::with(data.path(), ["--listen", "127.0.0.1:0"].iter().chain(options));
    let (mut mouths, mut ear) =
        (vec![FramedMouth::new("frame-1"), FramedMouth::new("frame-2")], FramedEar::default());
    let (mut promised, mut heard) = (Vec::new(), Vec::new());
    let mut figures = Figures::default();
    for kill in 0..kills {
        let server = figures.recovery(start);
        let talk = Talk::begin(server.address(), kill, mouths, ear);
        promised.extend(talk.acknowledged(acknowledgements(kill)));
        server.kill();
        (mouths, ear) = talk.end(&mut promised, &mut heard);
        figures.killed(promised.len());
    }
    let server = figures.recovery(start);
    let kept = kept(server.address());
    ear.catch_up(server.address(), &kept);
    figures.report(kept.len(), promised.len());
    promised.extend(ear.heard);
    promised.extend(heard);
    let mut faults = audit(&promised, &kept);
    faults.extend(gaps(&in_the_order_of_their_senders(&kept)));
    faults
}

/// How many are awaited before a kill, so that each comes at another moment; a thousand on average.
const fn acknowledgements(kill: usize) -> usize {
    100 + 137 * kill % 1801
}

/// Those who talk and listen until the server is gone.
struct Talk {
    mouths: Vec<thread::JoinHandle<FramedMouth>>,
    lines: Vec<thread::JoinHandle<()>>,
    line_ear: thread::JoinHandle<Vec<Line>>,
    ear: thread::JoinHandle<FramedEar>,
    notes: Receiver<Note>,
}

impl Talk {
    fn begin(address: SocketAddr, kill: usize, mouths: Vec<FramedMouth>, ear: FramedEar) -> Self {
        let (notes, received) = sync_channel(NOTES_MAX);
        let line = |name: &'static str| {
            let notes = notes.clone();
            thread::spawn(move || line_mouth(address, &format!("{name}-{kill}"), &notes))
        };
        let framed = |mouth: FramedMouth| {
            let notes = notes.clone();
            thread::spawn(move || mouth.talk(address, &notes))
        };
        let (first, second) = (notes.clone(), notes.clone());
        Self {
            ear: thread::spawn(move || ear.listen(address, &first)),
            line_ear: thread::spawn(move || line_ear(address, &second)),
            lines: ["line-1", "line-2", "line-3"].into_iter().map(line).collect(),
            mouths: mouths.into_iter().map(framed).collect(),
            notes: received,
        }
    }

    /// Waits until all are ready and so many messages are acknowledged.
    fn acknowledged(&self, count: usize) -> Vec<Line> {
        let deadline = Instant::now() + PATIENCE;
        let (mut waited_for, mut promised) = (2 + self.lines.len() + self.mouths.len(), Vec::new());
        while waited_for > 0 || promised.len() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.notes.recv_timeout(left).expect("acknowledgements") {
                Note::Ready => waited_for -= 1,
                Note::Promise(line) => promised.push(line),
            }
        }
        promised
    }

    /// Waits until all have found that the server is gone.
    fn end(self, promised: &mut Vec<Line>, heard: &mut Vec<Line>) -> (Vec<FramedMouth>, FramedEar) {
        let promises = self.notes.iter().filter_map(|note| match note {
            Note::Ready => None,
            Note::Promise(line) => Some(line),
        });
        promised.extend(promises);
        self.lines.into_iter().for_each(|line| line.join().expect("it talks to the end"));
        heard.extend(self.line_ear.join().expect("it listens to the end"));
        let mouths = self
            .mouths
            .into_iter()
            .map(|mouth| mouth.join().expect("it talks to the end"))
            .collect();
        (mouths, self.ear.join().expect("it listens to the end"))
    }
}

/// More than there ever are between two kills.
const NOTES_MAX: usize = 1_000_000;

/// What the rooms hold, asked for in frames and, the same, in lines.
fn kept(address: SocketAddr) -> Vec<Line> {
    let mut reader = Framed::connect(address, "reader");
    let mut kept = Vec::new();
    for name in ROOMS {
        let room = reader.join(name);
        let entries = reader.history(room);
        let text = |entry| text_of(entry).expect("only messages were sent");
        kept.extend(entries.iter().map(|entry| Line::new(name, entry.seq, &text(entry))));
    }
    let mut lines = Netcat::named(address, "lines");
    assert_eq!(
        ROOMS.iter().flat_map(|room| ears::past(&mut lines, room, &kept)).collect::<Vec<_>>(),
        kept
    );
    kept
}

/// Every sender counts from 1 in each room; as if each had a room of their own.
fn in_the_order_of_their_senders(kept: &[Line]) -> Vec<Line> {
    let own = |line: &Line| {
        let (sender, number) = line.text.split_once(' ').expect("sender and number");
        let number = chat_proto::Seq(number.parse().expect("a number"));
        Line::new(&format!("{} of {sender}", line.room), number, &line.text)
    };
    kept.iter().map(own).collect()
}

/// A server that was killed leaves a file that anybody can read.
#[test]
fn a_killed_server_leaves_a_sound_file() {
    let data = directory();
    let server = Process::start(data.path());
    let talk =
        Talk::begin(server.address(), 0, vec![FramedMouth::new("frame-1")], FramedEar::default());
    talk.acknowledged(200);
    server.kill();
    talk.end(&mut Vec::new(), &mut Vec::new());
    assert_eq!(integrity(&data.path().join("chat.db")), "ok");
}

fn integrity(file: &Path) -> String {
    let database = rusqlite::Connection::open(file).expect("a database");
    database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer")
}
