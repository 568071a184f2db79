//! What passwords cost: hashing that takes long, done aside and little at a time, and those who guess.

mod guard;
mod hash;

use std::{net::IpAddr, sync::Arc};

use chat_proto::message::ErrorCode;
use tokio::{sync::Semaphore, time::Instant};

pub use guard::Limits;

use crate::core::{Fetched, Password, PasswordHash, Refusal};
use guard::Guard;

/// Hashes passwords and judges them.
pub struct Accounts {
    hashing: Arc<Semaphore>,
    guard: Guard,
}

/// Passwords hashed at the same time, 19 MiB each; others wait.
const HASHINGS_MAX: usize = 2;

impl Accounts {
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { hashing: Arc::new(Semaphore::new(HASHINGS_MAX)), guard: Guard::new(limits) }
    }

    /// From here on these limits hold.
    pub fn limit(&self, limits: Limits) {
        self.guard.limit(limits);
    }

    /// Looks whether it is the password. Of an address that fails often the answer comes late, then none.
    ///
    /// # Errors
    /// It is not, or nobody from there is heard now.
    pub async fn verify(
        &self,
        from: Option<IpAddr>,
        hash: Option<PasswordHash>,
        password: Password,
    ) -> Result<Fetched, Refusal> {
        self.attempt(from).await?;
        let right = self.aside(move || hash::verify(hash.as_ref(), &password)).await?;
        if !right {
            let text = "no account of that nick has that password";
            return Err(Refusal::new(ErrorCode::BadLogin, text));
        }
        self.succeeded(from);
        Ok(Fetched::Verified)
    }

    /// Counts an attempt as failed until [`Accounts::succeeded`] takes that back, and waits until it may be judged.
    ///
    /// # Errors
    /// Nobody from there is heard now.
    pub(crate) async fn attempt(&self, from: Option<IpAddr>) -> Result<(), Refusal> {
        if let Some(from) = from {
            tokio::time::sleep_until(self.guard.attempt(from, Instant::now())?).await;
        }
        Ok(())
    }

    pub(crate) fn succeeded(&self, from: Option<IpAddr>) {
        from.inspect(|from| self.guard.succeeded(*from));
    }

    /// Hashes a password. An address may register so many accounts in a while.
    ///
    /// # Errors
    /// Nobody from there is heard now.
    pub async fn hash(
        &self,
        registers_from: Option<IpAddr>,
        password: Password,
    ) -> Result<Fetched, Refusal> {
        if let Some(from) = registers_from {
            self.guard.register(from, Instant::now())?;
        }
        let hashed = self.aside(move || hash::hash(&password)).await?;
        hashed.map(Fetched::Hashed).ok_or_else(failed)
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let permit = Arc::clone(&self.hashing).acquire_owned().await.map_err(|_closed| failed())?;
        let done = tokio::task::spawn_blocking(move || {
            // Held until it is done, whether anybody still waits for it or not.
            let _permit = permit;
            work()
        });
        done.await.map_err(|_panicked| failed())
    }
}

fn failed() -> Refusal {
    Refusal::new(ErrorCode::Internal, "the password could not be hashed; try again later")
}
