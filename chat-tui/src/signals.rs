//! What ends the program from outside: signals, and a terminal that vanishes.

use std::io::{self, Stdin};

use tokio::{
    io::{Interest, unix::AsyncFd},
    signal::unix::{Signal, SignalKind, signal},
};

pub struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
    /// The terminal, whose end is not always told by SIGHUP: only its session's processes get one. Whoever reads on from
    /// a terminal that is gone reads nothing, again and again.
    terminal: Option<AsyncFd<Stdin>>,
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
    /// When it cannot be waited for.
    pub fn with_terminal() -> io::Result<Self> {
        let terminal = AsyncFd::register_with_interest(io::stdin(), Interest::READABLE)?;
        Ok(Self { terminal: Some(terminal), ..Self::new()? })
    }

    /// Waits for any of them.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.hangup.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = end_of(self.terminal.as_ref()) => {}
        }
    }
}

async fn end_of(terminal: Option<&AsyncFd<Stdin>>) {
    let Some(terminal) = terminal else { return std::future::pending().await };
    while let Ok(mut guard) = terminal.ready(Interest::READABLE).await {
        if guard.ready().is_read_closed() {
            return;
        }
        // Input, which others read.
        guard.clear_ready();
    }
}
