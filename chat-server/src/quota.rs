//! How much of something one address may have in an hour, where a slower pace would be of no help: rooms stay.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chat_proto::message::ErrorCode;
use tokio::time::Instant;

use crate::{admission::Network, core::Refusal};

/// Counts what addresses have had.
#[derive(Default)]
pub struct Quota {
    // Only counted in: nobody awaits while holding it.
    used: Mutex<HashMap<Network, Used>>,
}

struct Used {
    count: u32,
    since: Instant,
}

const WITHIN: Duration = Duration::from_secs(3600);
/// Addresses remembered; beyond that those whose hour is over are forgotten, then all.
const NETWORKS_MAX: usize = 16 * 1024;

impl Quota {
    /// Takes one for this address, which may have so many.
    ///
    /// # Errors
    /// It has had as many as it may within an hour; says when it may again.
    pub fn take(&self, from: IpAddr, max: u32, now: Instant) -> Result<(), Refusal> {
        let mut all = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut all, now);
        let used = all.entry(Network::of(from)).or_insert(Used { count: 0, since: now });
        let over = used.since + WITHIN;
        if now >= over {
            *used = Used { count: 0, since: now };
        } else if used.count >= max {
            return Err(refused(over - now));
        }
        used.count += 1;
        Ok(())
    }
}

fn make_room(all: &mut HashMap<Network, Used>, now: Instant) {
    if all.len() >= NETWORKS_MAX {
        all.retain(|_, used| now < used.since + WITHIN);
    }
    if all.len() >= NETWORKS_MAX {
        all.clear();
    }
}

fn refused(wait: Duration) -> Refusal {
    let minutes = wait.as_secs().div_ceil(60).max(1);
    let text = format!(
        "too many rooms were made from your address; enter one that there is, or try again in {minutes} min"
    );
    Refusal::new(ErrorCode::LockedOut, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_an_hour() {
        let (quota, start) = (Quota::default(), Instant::now());
        let take = |address: &str, secs| {
            quota.take(address.parse().unwrap(), 2, start + Duration::from_secs(secs))
        };
        assert!(take("192.0.2.1", 0).is_ok() && take("192.0.2.1", 10).is_ok());
        let refused = take("192.0.2.1", 600).unwrap_err();
        assert!(refused.text.ends_with("again in 50 min"), "{refused}");
        assert!(take("192.0.2.2", 600).is_ok(), "another address");
        assert!(take("192.0.2.1", 3600).is_ok(), "another hour");
    }

    #[test]
    fn it_does_not_grow_with_the_addresses() {
        let (quota, start) = (Quota::default(), Instant::now());
        for number in 0..(2 * NETWORKS_MAX as u32) {
            quota.take(IpAddr::V4(number.into()), 2, start).unwrap();
        }
        assert!(quota.used.lock().unwrap().len() <= NETWORKS_MAX);
    }
}
