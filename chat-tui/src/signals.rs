//! What ends the program from outside: signals, and a terminal that vanishes.

use std::{io, thread};

use rustix::event::{PollFd, PollFlags, poll};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

pub struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
    /// The terminal, whose end is not always told by SIGHUP: only its session's processes get one. Whoever reads on from
    /// a terminal that is gone reads nothing, again and again.
    terminal: Option<oneshot::Receiver<()>>,
}

impl Signals {
    /// Listens from here on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            terminal: None,
        })
    }

    /// Listens for the end of the terminal on stdin, too.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn with_terminal() -> io::Result<Self> {
        Ok(Self { terminal: Some(watch_terminal()), ..Self::new()? })
    }

    /// Waits for any of them.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.hangup.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = end_of(&mut self.terminal) => {}
        }
    }
}

/// Waits for the end on a thread of its own, which wakes once: no event is asked for, and an end is told unasked (poll(2)).
fn watch_terminal() -> oneshot::Receiver<()> {
    let (tell, told) = oneshot::channel();
    thread::spawn(move || {
        let stdin = io::stdin();
        let mut terminal = [PollFd::new(&stdin, PollFlags::empty())];
        while poll(&mut terminal, None) == Err(rustix::io::Errno::INTR) {}
        let _nobody_waits = tell.send(());
    });
    told
}

async fn end_of(terminal: &mut Option<oneshot::Receiver<()>>) {
    match terminal {
        Some(told) => drop(told.await),
        None => std::future::pending().await,
    }
}
