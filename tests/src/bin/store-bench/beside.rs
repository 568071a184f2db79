//! Whether those who talk notice that somebody reads or copies all there is: the same talk with and without it, in turns.

use std::{
    ffi::OsString,
    fs,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use chat_tests::{framed::Framed, programs, server::Process};

/// People who talk, each in a room of their own, and wait for each acknowledgement.
const TALKERS: usize = 32;
/// A turn with and a turn without take so long each.
const TURN: Duration = Duration::from_secs(3);

/// How long acknowledgements took in each kind of turn.
#[derive(Default)]
struct Turns {
    without: Vec<Duration>,
    with: Vec<Duration>,
    secs: [f64; 2],
}

/// Runs a command of `chat-server` on a directory beside a server that is used.
pub(crate) fn run(directory: &Path, command: &[OsString]) -> Result<()> {
    let server = Process::start(directory);
    let (ended, taken) = (AtomicBool::new(false), Mutex::default());
    let turns = thread::scope(|scope| {
        for talker in 0..TALKERS {
            let (ended, taken, address) = (&ended, &taken, server.address());
            scope.spawn(move || talk(address, talker, ended, taken));
        }
        let turns = take_turns(directory, command, &taken);
        ended.store(true, Ordering::Relaxed);
        turns
    })?;
    crate::say(&format!("server: {}", memory(server.pid())));
    turns.show();
    ensure!(server.terminate().code == Some(0), "the server did not end well");
    Ok(())
}

/// One of those who talk.
pub(crate) fn talk(
    address: SocketAddr,
    talker: usize,
    ended: &AtomicBool,
    taken: &Mutex<Vec<Duration>>,
) {
    let mut client = Framed::connect(address, &format!("talker{talker}"));
    let room = client.join(&format!("#talk{talker}"));
    while !ended.load(Ordering::Relaxed) {
        let began = Instant::now();
        client.say(room, "somebody goes on talking, about a hundred bytes at a time, as people do in a room like this");
        client.events_so_far().for_each(drop);
        taken.lock().unwrap_or_else(PoisonError::into_inner).push(began.elapsed());
    }
}

fn take_turns(
    directory: &Path,
    command: &[OsString],
    taken: &Mutex<Vec<Duration>>,
) -> Result<Turns> {
    let mut turns = Turns::default();
    thread::sleep(TURN);
    let mut child = start(directory, command)?;
    let mut peak = String::new();
    loop {
        programs::signal(child.id(), "STOP");
        let without = turn(taken, None);
        turns.without.extend(without.0);
        turns.secs[0] += without.1;
        programs::signal(child.id(), "CONT");
        let with = turn(taken, Some(&mut child));
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "{command:?} failed");
            break;
        }
        turns.with.extend(with.0);
        turns.secs[1] += with.1;
        peak = memory(child.id());
    }
    crate::say(&format!(
        "{}: {peak}, {:.0} s of its own",
        command[0].to_string_lossy(),
        turns.secs[1]
    ));
    Ok(turns)
}

fn start(directory: &Path, command: &[OsString]) -> Result<Child> {
    let mut child: Command = programs::command("chat-server");
    child.args(command).arg("--data").arg(directory);
    Ok(child.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?)
}

/// What is taken in a turn, and how long it was; it ends with the command.
fn turn(taken: &Mutex<Vec<Duration>>, mut child: Option<&mut Child>) -> (Vec<Duration>, f64) {
    drop(take(taken));
    let began = Instant::now();
    while began.elapsed() < TURN {
        thread::sleep(Duration::from_millis(50));
        if child.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None))) {
            break;
        }
    }
    (take(taken), began.elapsed().as_secs_f64())
}

/// How long each acknowledgement took since the last look.
pub(crate) fn take(taken: &Mutex<Vec<Duration>>) -> Vec<Duration> {
    std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Turns {
    fn show(self) {
        show("without", self.without, self.secs[0]);
        show("with", self.with, self.secs[1]);
    }
}

/// Tells how many were acknowledged in so many seconds, and how long each took.
pub(crate) fn show(name: &str, mut all: Vec<Duration>, secs: f64) {
    all.sort_unstable();
    let at = |percent| all.get(all.len() * percent / 100).copied().unwrap_or_default();
    let rate = all.len() as f64 / secs.max(0.001);
    crate::say(&format!(
        "{name}: {rate:.0} acknowledged a second, p50 {:?}, p99 {:?}",
        at(50),
        at(99)
    ));
}

/// What the system says of a process: now, and at most.
fn memory(pid: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kept = status
        .lines()
        .filter(|line| ["VmHWM", "RssAnon"].iter().any(|name| line.starts_with(name)));
    kept.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}
