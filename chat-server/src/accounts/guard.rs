//! Those who guess: an address whose logins fail is answered later and later, then for a while not at all.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use chat_proto::message::ErrorCode;
use tokio::time::Instant;

use crate::{admission::Network, core::Refusal};

/// What one address may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Logins that may fail within [`Limits::lockout`].
    pub failed_logins_max: u32,
    /// For how long nothing is heard after that.
    pub lockout: Duration,
    /// Accounts registered in an hour.
    pub registrations_max: u32,
}

impl Limits {
    /// For the operator.
    pub(crate) const NONE: Self =
        Self { failed_logins_max: u32::MAX, lockout: Duration::ZERO, registrations_max: u32::MAX };
}

pub(super) struct Guard {
    limits: ArcSwap<Limits>,
    // Only looked into and counted in: nobody awaits while holding it.
    networks: Mutex<HashMap<Network, Record>>,
}

/// What is known of an address.
#[derive(Clone, Copy, Debug)]
struct Record {
    /// Logins that failed, or of which that is not known yet.
    failed: u32,
    last_failed: Instant,
    /// Before this no further login is judged.
    next_login: Instant,
    registered: u32,
    /// Since when these are counted.
    registering_since: Instant,
}

/// Addresses remembered; beyond that those that nothing is to be said of are forgotten, then the oldest half.
const NETWORKS_MAX: usize = 16 * 1024;
/// Logins that may fail before the answers come later.
const PROMPT_LOGINS: u32 = 3;
/// The longest wait between two logins.
const DELAY_SECS_MAX: u64 = 8;
const REGISTRATIONS_WITHIN: Duration = Duration::from_secs(3600);

impl Guard {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits: ArcSwap::from_pointee(limits), networks: Mutex::default() }
    }

    /// From here on these hold, also for what was counted before.
    pub(super) fn limit(&self, limits: Limits) {
        self.limits.store(Arc::new(limits));
    }

    fn limits(&self) -> Limits {
        **self.limits.load()
    }

    /// Counts a login as failed, until [`Guard::succeeded`] takes that back: many at once are not more than one after
    /// the other. Gives the time at which it may be judged.
    pub(super) fn attempt(&self, from: IpAddr, now: Instant) -> Result<Instant, Refusal> {
        let limits = self.limits();
        let mut networks = self.networks(now);
        let record = networks.entry(Network::of(from)).or_insert_with(|| Record::new(now));
        let locked_until = record.last_failed + limits.lockout;
        if now >= locked_until {
            record.failed = 0;
        } else if record.failed >= limits.failed_logins_max {
            return Err(locked("logins failed", locked_until - now));
        }
        record.failed += 1;
        record.last_failed = now;
        let judged_at = record.next_login.max(now);
        record.next_login = judged_at + delay(record.failed);
        Ok(judged_at)
    }

    pub(super) fn succeeded(&self, from: IpAddr) {
        let mut networks = self.lock();
        if let Some(record) = networks.get_mut(&Network::of(from)) {
            record.failed = record.failed.saturating_sub(1);
        }
    }

    pub(super) fn register(&self, from: IpAddr, now: Instant) -> Result<(), Refusal> {
        let limits = self.limits();
        let mut networks = self.networks(now);
        let record = networks.entry(Network::of(from)).or_insert_with(|| Record::new(now));
        let until = record.registering_since + REGISTRATIONS_WITHIN;
        if now >= until {
            (record.registered, record.registering_since) = (0, now);
        } else if record.registered >= limits.registrations_max {
            return Err(locked("accounts were made", until - now));
        }
        record.registered += 1;
        Ok(())
    }

    fn networks(&self, now: Instant) -> MutexGuard<'_, HashMap<Network, Record>> {
        let limits = self.limits();
        let mut networks = self.lock();
        if networks.len() >= NETWORKS_MAX {
            networks.retain(|_, record| !record.is_old(limits.lockout, now));
        }
        if networks.len() >= NETWORKS_MAX {
            let mut times: Vec<_> = networks.values().map(|record| record.last_failed).collect();
            let (_, middle, _) = times.select_nth_unstable(NETWORKS_MAX / 2);
            let middle = *middle;
            networks.retain(|_, record| record.last_failed > middle);
        }
        networks
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Network, Record>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    const fn new(now: Instant) -> Self {
        Self { failed: 0, last_failed: now, next_login: now, registered: 0, registering_since: now }
    }

    fn is_old(&self, lockout: Duration, now: Instant) -> bool {
        now >= self.last_failed + lockout && now >= self.registering_since + REGISTRATIONS_WITHIN
    }
}

/// How long after so many failures the next login is judged.
const fn delay(failed: u32) -> Duration {
    match failed.checked_sub(PROMPT_LOGINS) {
        None => Duration::ZERO,
        Some(doublings @ 0..=2) => Duration::from_secs(1 << doublings),
        Some(_) => Duration::from_secs(DELAY_SECS_MAX),
    }
}

fn locked(what: &str, wait: Duration) -> Refusal {
    let minutes = wait.as_secs().div_ceil(60).max(1);
    let text = format!("too many {what} from your address; try again in {minutes} min");
    Refusal::new(ErrorCode::LockedOut, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let lockout = Duration::from_secs(900);
        Guard::new(Limits { failed_logins_max: 6, lockout, registrations_max: 2 })
    }

    fn from(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn who_guesses_is_answered_later_and_later_and_then_not_at_all() {
        let (guard, start, here) = (guard(), Instant::now(), from("192.0.2.1"));
        let mut waits = Vec::new();
        while let Ok(at) = guard.attempt(here, start) {
            waits.push((at - start).as_secs());
        }
        assert_eq!(waits, [0, 0, 0, 1, 3, 7], "many at once wait as those one after the other do");
        assert!(guard.attempt(from("192.0.2.2"), start).is_ok(), "only that address");
        let refused = guard.attempt(here, start + Duration::from_secs(890)).unwrap_err();
        assert!(refused.text.contains("1 min"), "{refused}");
        assert!(guard.attempt(here, start + Duration::from_secs(900)).is_ok());
    }

    #[test]
    fn a_right_password_does_not_count_and_forgives_nothing_else() {
        let (guard, start, here) = (guard(), Instant::now(), from("2001:db8::1"));
        for _ in 0..100 {
            guard.attempt(here, start).unwrap();
            guard.succeeded(from("2001:db8::2"));
        }
        for _ in 0..6 {
            guard.attempt(here, start).unwrap();
        }
        assert!(guard.attempt(here, start).is_err());
        guard.succeeded(here);
        assert!(guard.attempt(here, start).is_ok());
        assert!(guard.attempt(here, start).is_err());
    }

    #[test]
    fn an_address_makes_so_many_accounts_an_hour() {
        let (guard, start, here) = (guard(), Instant::now(), from("192.0.2.1"));
        assert!(guard.register(here, start).is_ok() && guard.register(here, start).is_ok());
        assert_eq!(guard.register(here, start).unwrap_err().code, ErrorCode::LockedOut);
        assert!(guard.register(here, start + REGISTRATIONS_WITHIN).is_ok());
    }

    #[test]
    fn it_does_not_grow_with_the_addresses() {
        let (guard, start) = (guard(), Instant::now());
        for number in 0..(3 * NETWORKS_MAX as u32) {
            let now = start + Duration::from_millis(number.into());
            guard.attempt(IpAddr::V4(number.into()), now).unwrap();
            assert!(guard.lock().len() <= NETWORKS_MAX);
        }
    }
}
