//! Who is connected now, and when they last asked for something.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use chat_proto::{SessionId, Time};

/// The connected sessions.
#[derive(Default)]
pub struct Presence {
    // Only looked into: nobody awaits while holding it.
    sessions: Mutex<HashMap<SessionId, Arc<AtomicI64>>>,
}

/// One of them, for as long as it is kept.
pub(crate) struct Present {
    presence: Arc<Presence>,
    session: SessionId,
    asked: Arc<AtomicI64>,
}

impl Presence {
    pub(crate) fn enter(self: &Arc<Self>, session: SessionId, now: Time) -> Present {
        let asked = Arc::new(AtomicI64::new(now.0));
        self.sessions().insert(session, Arc::clone(&asked));
        Present { presence: Arc::clone(self), session, asked }
    }

    /// When a session last asked for something; none where nobody is connected.
    pub(crate) fn last_asked(&self, session: SessionId) -> Option<Time> {
        let sessions = self.sessions();
        sessions.get(&session).map(|asked| Time(asked.load(Ordering::Relaxed)))
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<AtomicI64>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present {
    pub(crate) fn asks(&self, now: Time) {
        self.asked.store(now.0, Ordering::Relaxed);
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut sessions = self.presence.sessions();
        // Another connection may have taken up the session.
        if sessions.get(&self.session).is_some_and(|asked| Arc::ptr_eq(asked, &self.asked)) {
            sessions.remove(&self.session);
        }
    }
}
