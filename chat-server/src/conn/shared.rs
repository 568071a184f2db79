//! What all connections share.

use std::{net::IpAddr, sync::Arc, time::Duration};

use arc_swap::{ArcSwap, Guard};
use chat_proto::Time;
use chat_tcp::Patience;
use tokio::sync::Notify;

use super::Rate;
use crate::{
    accounts::Accounts, admin::Claim, config::Config, core::Context, drain::Drain, log::Log,
    presence::Presence, protocol::About, proxy::Range, quota::Quota, tls::Tls,
};

/// What all connections share.
pub struct Shared {
    pub log: Log,
    /// As it is now: the operator may change it while the server runs.
    config: ArcSwap<Config>,
    about: ArcSwap<About>,
    /// Wakes what waits for another configuration.
    pub configured: Notify,
    pub drain: Drain,
    pub tls: Tls,
    /// By strangers.
    pub rooms_made: Quota,
    pub accounts: Arc<Accounts>,
    pub presence: Arc<Presence>,
    /// The token that nobody has used yet.
    pub claim: Claim,
    /// The server's clock.
    pub now: fn() -> Time,
}

/// What strangers may do.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How fast the requests of one connection are taken; none for as fast as it goes.
    pub rate: Option<Rate>,
    /// Whether they hold for this machine's own clients too.
    pub loopback: bool,
    /// Who has to say for whom it connects.
    pub proxies: Vec<Range>,
}

impl Limits {
    /// Whether they hold for this client.
    fn hold_for(&self, address: IpAddr) -> bool {
        self.loopback || !address.to_canonical().is_loopback()
    }
}

impl Shared {
    pub fn new(log: Log, tls: Tls, claim: Claim, config: Config, now: fn() -> Time) -> Self {
        let about = About { epoch: log.state().epoch, grace_secs: config.grace_secs };
        Self {
            about: ArcSwap::from_pointee(about),
            configured: Notify::new(),
            drain: Drain::default(),
            tls,
            rooms_made: Quota::default(),
            accounts: Arc::new(Accounts::new(config.account_limits)),
            presence: Arc::default(),
            claim,
            config: ArcSwap::from_pointee(config),
            now,
            log,
        }
    }

    /// For a look; not to be held.
    pub fn config(&self) -> Guard<Arc<Config>> {
        self.config.load()
    }

    /// From here on this holds.
    pub fn configure(&self, config: Config) {
        let epoch = self.log.state().epoch;
        self.about.store(Arc::new(About { epoch, grace_secs: config.grace_secs }));
        self.accounts.limit(config.account_limits);
        self.config.store(Arc::new(config));
        self.configured.notify_waiters();
    }

    /// What the server says about itself.
    pub fn about(&self) -> Arc<About> {
        self.about.load_full()
    }

    /// Whether what strangers may do is limited for this client.
    pub fn limits_hold_for(&self, address: IpAddr) -> bool {
        self.config().limits.hold_for(address)
    }

    /// For how long a session waits for its client after a lost connection.
    pub fn grace(&self) -> Duration {
        self.config().grace
    }

    /// For how long a program may take to shake hands and say hello.
    pub fn login(&self) -> Duration {
        self.config().login
    }

    /// After how long a peer that reads nothing is let go; its session may come back.
    pub fn stalled(&self) -> Duration {
        self.config().stalled
    }

    /// How long a peer may give no sign of life.
    pub fn patience(&self) -> Patience {
        self.config().patience
    }

    /// Lets a session see the state as it is now.
    pub(super) fn with(&self, from: IpAddr, see: impl FnOnce(Context<'_>)) {
        let (state, config, from) = (self.log.state(), self.config(), Some(from));
        see(Context { state: &state, settings: &config.settings, from, now: (self.now)() });
    }
}
