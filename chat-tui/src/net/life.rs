//! Whether the server lives: what it says, and what TCP knows where it says nothing.

use std::{
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use chat_tcp::{Patience, Signs, Watch};
use tokio::{net::TcpStream, time::Instant};

/// Watches over one connection.
pub(super) struct Life {
    pub(super) patience: Patience,
    /// A second handle to the socket; without it there are no signs.
    socket: Option<OwnedFd>,
    watch: Watch,
    /// When to look at TCP's signs; none while everything is acknowledged.
    look: Option<Instant>,
}

impl Life {
    pub(super) fn new(socket: &TcpStream, patience: Patience) -> Self {
        let socket = socket.as_fd().try_clone_to_owned().ok();
        Self { patience, socket, watch: Watch::over_a_reader(), look: None }
    }

    /// Something is to be sent: whether it gets there is looked at.
    pub(super) fn sends(&mut self) {
        let look = || Instant::now() + self.patience.look_every();
        self.look = self.look.or_else(|| Some(look()));
    }

    /// When the next look is due, if it is before another time.
    pub(super) fn wake(&self, at: Instant) -> Instant {
        self.look.map_or(at, |look| look.min(at))
    }

    /// Looks at TCP's signs when it is time, and again as long as something is on its way.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        if self.look.is_none_or(|look| now < look) {
            return false;
        }
        let Some(signs) = self.signs() else { return false };
        self.look = signs.is_owed().then(|| now + self.patience.look_every());
        self.watch.is_dead(&signs, now.into_std(), self.patience)
    }

    /// Whether what was sent before is still on its way, and gets on: then a ping behind it cannot be answered yet.
    pub(super) fn gets_on(&self) -> bool {
        let soon = self.patience.look_every();
        self.signs().is_some_and(|signs| signs.is_owed() && signs.silence < soon)
    }

    /// How long a server may say nothing.
    pub(super) const fn silence_max(&self) -> Duration {
        self.patience.dead_after()
    }

    fn signs(&self) -> Option<Signs> {
        chat_tcp::signs(self.socket.as_ref()?)
    }
}
