//! What a trial tells about itself.

use std::time::{Duration, Instant};

use chat_tests::trials::tell;

/// What is counted and timed while a server is killed again and again.
#[derive(Default)]
pub(crate) struct Figures {
    kills: usize,
    slowest: Duration,
    last: Duration,
}

impl Figures {
    /// Starts a server on what a killed one left.
    pub(crate) fn recovery<S>(&mut self, start: impl FnOnce() -> S) -> S {
        let began = Instant::now();
        let server = start();
        self.last = began.elapsed();
        self.slowest = self.slowest.max(self.last);
        server
    }

    pub(crate) fn killed(&mut self, acknowledged: usize) {
        self.kills += 1;
        if self.kills.is_multiple_of(50) {
            tell(&format!("{} kills, {acknowledged} acknowledged", self.kills));
        }
    }

    pub(crate) fn report(&self, kept: usize, acknowledged: usize) {
        tell(&format!(
            "{} kills, {acknowledged} acknowledged, {kept} kept and audited; listening again after {} ms at the \
             end, {} ms at worst",
            self.kills,
            self.last.as_millis(),
            self.slowest.as_millis()
        ));
    }
}
