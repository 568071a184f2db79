//! What a program says, collected by a thread of its own so that the program never waits for a test.

use std::{
    io::Read,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use crate::PATIENCE;

/// Something that bytes go into.
pub trait Sink: Send + 'static {
    fn take(&mut self, bytes: &[u8]);
    /// What it holds, for the report of a wait that was in vain.
    fn show(&self) -> String;
}

impl Sink for Vec<u8> {
    fn take(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn show(&self) -> String {
        String::from_utf8_lossy(self).into_owned()
    }
}

/// A sink that is being filled.
pub struct Feed<S>(Arc<Filled<S>>);

struct Filled<S> {
    // A thread that only copies bytes and tests that only look: nobody awaits while holding it.
    content: Mutex<Content<S>>,
    changed: Condvar,
}

struct Content<S> {
    sink: S,
    ended: bool,
}

impl<S: Sink> Feed<S> {
    /// Begins to fill `sink` from `source`.
    pub fn new(sink: S, source: impl Read + Send + 'static) -> Self {
        let content = Mutex::new(Content { sink, ended: false });
        let filled = Arc::new(Filled { content, changed: Condvar::new() });
        let filling = Arc::clone(&filled);
        thread::spawn(move || filling.fill(source));
        Self(filled)
    }

    /// Waits until `find` finds something.
    ///
    /// # Panics
    /// When it does not in time, or the source has ended before; shows what there was.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, mut find: impl FnMut(&S) -> Option<T>) -> T {
        self.until(what, |content| match find(&content.sink) {
            None if content.ended => Some(None),
            found => found.map(Some),
        })
        .unwrap_or_else(|| panic!("it ended before {what}; there was:\n{}", self.show()))
    }

    /// Waits until the source has ended.
    ///
    /// # Panics
    /// When it does not in time.
    #[track_caller]
    pub fn end(&self) -> String {
        self.until("its end", |content| content.ended.then(|| content.sink.show()))
    }

    /// What there is now.
    #[must_use]
    pub fn show(&self) -> String {
        self.0.lock().sink.show()
    }

    /// Looks at what there is now.
    pub fn look<T>(&self, at: impl FnOnce(&S) -> T) -> T {
        at(&self.0.lock().sink)
    }

    /// Changes the sink in place.
    pub fn change(&self, how: impl FnOnce(&mut S)) {
        how(&mut self.0.lock().sink);
    }

    #[track_caller]
    fn until<T>(&self, what: &str, mut find: impl FnMut(&Content<S>) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut content = self.0.lock();
        loop {
            if let Some(found) = find(&content) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "waited in vain for {what}; there was:\n{}",
                content.sink.show()
            );
            content = self
                .0
                .changed
                .wait_timeout(content, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl<S: Sink> Filled<S> {
    fn fill(&self, mut source: impl Read) {
        let mut space = [0; 4096];
        // A terminal whose program is gone ends with an error.
        while let Ok(read @ 1..) = source.read(&mut space) {
            self.lock().sink.take(&space[..read]);
            self.changed.notify_all();
        }
        self.lock().ended = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Content<S>> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
