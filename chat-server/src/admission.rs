//! How many may be connected, in all and from one address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts those who are connected.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    // Only counted in: nobody awaits while holding it.
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_network: HashMap<Network, usize>,
}

/// What one customer of a provider usually has: an IPv4 address, or a /64 of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Network {
    V4(Ipv4Addr),
    V6(u64),
}

/// The right to be connected, given back when dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    network: Option<Network>,
}

impl Admission {
    /// One more, of whose address nothing is known yet; none if there are as many as this.
    pub(crate) fn enter(self: &Arc<Self>, all_max: usize) -> Option<Admitted> {
        let mut counts = self.counts();
        if counts.all >= all_max {
            return None;
        }
        counts.all += 1;
        Some(Admitted { admission: Arc::clone(self), network: None })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted {
    /// Counts it for the address it comes from; false if there are as many from there as this.
    pub(crate) fn count_for(&mut self, address: IpAddr, max: usize) -> bool {
        let network = Network::of(address);
        let mut counts = self.admission.counts();
        let here = counts.by_network.entry(network).or_default();
        if *here >= max {
            return false;
        }
        *here += 1;
        drop(counts);
        self.network = Some(network);
        true
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut counts = self.admission.counts();
        counts.all -= 1;
        let Some(network) = self.network else { return };
        if let Some(here) = counts.by_network.get_mut(&network) {
            *here -= 1;
            if *here == 0 {
                counts.by_network.remove(&network);
            }
        }
    }
}

impl Network {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6((u128::from(address) >> 64) as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(admission: &Arc<Admission>, address: &str) -> Option<Admitted> {
        let mut admitted = admission.enter(4)?;
        admitted.count_for(address.parse().unwrap(), 2).then_some(admitted)
    }

    #[test]
    fn an_address_has_its_share_and_a_network_is_one_address() {
        let admission = Arc::new(Admission::default());
        let (one, two) = (enter(&admission, "192.0.2.1"), enter(&admission, "::ffff:192.0.2.1"));
        assert!(one.is_some() && two.is_some());
        assert!(enter(&admission, "192.0.2.1").is_none());
        let three = enter(&admission, "2001:db8::1").unwrap();
        let four = enter(&admission, "2001:db8::ffff:1").unwrap();
        assert!(enter(&admission, "192.0.2.2").is_none(), "four in all");
        drop(four);
        assert!(enter(&admission, "2001:db8:0:1::1").is_some(), "another /64");
        drop(one);
        assert!(enter(&admission, "192.0.2.1").is_some(), "the place is free again");
        drop((two, three));
        let counts = admission.counts();
        assert_eq!((counts.all, counts.by_network.len()), (0, 0));
    }
}
