//! What differs between two configurations, for the operator.

use std::fmt;

use super::{
    Config, Listen, Storage,
    retention::{self, Limits},
};
use crate::conn::Rate;

/// One option that is set otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    name: String,
    before: String,
    after: String,
}

/// Taken up at the start alone.
const AT_START: [&str; 7] =
    ["listen", "tls_listen", "tls_cert", "tls_key", "data", "ephemeral", "sync"];
/// Those who are connected keep what they have.
const FOR_NEW_CONNECTIONS: [&str; 4] =
    ["connections_max", "connections_per_address_max", "requests_per_sec", "requests_burst"];

impl Changed {
    /// Whether the server goes on as before until it is started again.
    #[must_use]
    pub fn needs_restart(&self) -> bool {
        AT_START.contains(&self.name.as_str())
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, before, after } = self;
        if self.needs_restart() {
            return write!(f, "{name}: needs a restart ({before} -> {after})");
        }
        let which = if FOR_NEW_CONNECTIONS.contains(&name.as_str()) {
            " (for new connections)"
        } else {
            ""
        };
        write!(f, "{name}: {before} -> {after}{which}")
    }
}

impl Config {
    /// What the other one sets otherwise.
    #[must_use]
    pub fn changes(&self, other: &Self) -> Vec<Changed> {
        let (before, after) = (self.shown(), other.shown());
        let others = before.iter().filter(|(name, _)| !after.iter().any(|(new, _)| new == name));
        let names: Vec<_> = after.iter().chain(others).map(|(name, _)| name.clone()).collect();
        let changed = |name: String| {
            let of = |all: &[(String, String)]| {
                let found = all.iter().find(|(other, _)| *other == name);
                found.map_or_else(|| "as the others".to_owned(), |(_, value)| value.clone())
            };
            let (before, after) = (of(&before), of(&after));
            (before != after).then_some(Changed { name, before, after })
        };
        names.into_iter().filter_map(changed).collect()
    }

    /// What can be taken up while the server runs; the rest as it is here.
    #[must_use]
    pub fn taking_up(&self, other: Self) -> Self {
        Self {
            listen: self.listen.clone(),
            tls_listen: self.tls_listen.clone(),
            tls_files: self.tls_files.clone(),
            storage: self.storage.clone(),
            ..other
        }
    }

    /// Every option by its name.
    fn shown(&self) -> Vec<(String, String)> {
        let Self { limits, settings, account_limits, tls_files, .. } = self;
        let (data, ephemeral, sync) = match &self.storage {
            Storage::Ephemeral => ("none".to_owned(), true, "none".to_owned()),
            Storage::Directory { path, sync } => (path.display().to_string(), false, word(*sync)),
        };
        let file = |path: Option<&std::path::PathBuf>| or_none(path.map(|path| path.display()));
        let lobby = settings.lobby.as_ref().map(|lobby| &lobby.name);
        let rate = limits.rate.unwrap_or(Rate { per_sec: 0, burst: 0 });
        let mut all: Vec<(String, String)> = [
            ("listen", listed(&self.listen)),
            ("tls_listen", listed(&self.tls_listen)),
            ("tls_cert", file(tls_files.as_ref().map(|pair| &pair.certificate))),
            ("tls_key", file(tls_files.as_ref().map(|pair| &pair.key))),
            ("data", data),
            ("ephemeral", ephemeral.to_string()),
            ("sync", sync),
            ("lobby", or_none(lobby)),
            ("connections_max", self.connections_max.to_string()),
            ("connections_per_address_max", self.connections_per_address_max.to_string()),
            ("requests_per_sec", rate.per_sec.to_string()),
            ("requests_burst", rate.burst.to_string()),
            ("limit_loopback", limits.loopback.to_string()),
            ("proxy_from", listed(&limits.proxies)),
            ("rooms_max", settings.rooms_max.to_string()),
            ("members_max", settings.members_max.to_string()),
            ("rooms_made_max", self.rooms_made_max.to_string()),
            ("grace_secs", self.grace_secs.to_string()),
            ("login_secs_max", self.login.as_secs().to_string()),
            ("stalled_secs_max", self.stalled.as_secs().to_string()),
            ("dead_secs", self.patience.dead_after().as_secs().to_string()),
            ("log", self.log.clone()),
            ("access", word(settings.access)),
            ("require_tls", settings.require_tls.to_string()),
            ("failed_logins_max", account_limits.failed_logins_max.to_string()),
            ("lockout_secs", account_limits.lockout.as_secs().to_string()),
            ("registrations_max", account_limits.registrations_max.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        all.extend(self.retention.all().flat_map(|(room, limits)| kept(room, limits)));
        all
    }
}

fn kept(room: Option<&str>, limits: Limits) -> [(String, String); 2] {
    let of = room.map_or_else(String::new, |room| format!("rooms.{room}."));
    let age = limits.age.map(|age| retention::age(age.as_secs()));
    let size = limits.size.map(retention::size);
    [("age", age), ("size", size)]
        .map(|(name, value)| (format!("retention.{of}{name}"), or_none(value)))
}

/// As it is written.
fn word(value: impl clap::ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn or_none(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn listed(all: &[impl fmt::Display]) -> String {
    let all: Vec<_> = all.iter().map(ToString::to_string).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Options;

    fn config(text: &str) -> Config {
        Options::parse(&format!("data = '/srv'\n{text}")).unwrap().decide().unwrap()
    }

    #[track_caller]
    fn check(before: &str, after: &str, expected: &[&str]) {
        let changes = config(before).changes(&config(after));
        let lines: Vec<_> = changes.iter().map(ToString::to_string).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn every_change_is_told_by_the_name_of_its_option() {
        check("", "rooms_max = 1000", &[]);
        check("rooms_max = 10", "rooms_max = 20", &["rooms_max: 10 -> 20"]);
        check(
            "requests_per_sec = 0",
            "",
            &[
                "requests_per_sec: 0 -> 100 (for new connections)",
                "requests_burst: 0 -> 2000 (for new connections)",
            ],
        );
        check(
            "lobby = ''\naccess = 'closed'",
            "proxy_from = ['10.0.0.0/8']",
            &["lobby: none -> #lobby", "proxy_from: none -> 10.0.0.0/8", "access: closed -> open"],
        );
        check(
            "retention.age = '1h'",
            "[retention.rooms.'#Ops']\nage = '90d'",
            &[
                "retention.age: 1h -> none",
                "retention.rooms.#ops.age: as the others -> 90d",
                "retention.rooms.#ops.size: as the others -> none",
            ],
        );
    }

    #[test]
    fn what_needs_a_restart_stays_as_it_is() {
        let (before, after) = (config("listen = ['127.0.0.1:1']"), config("rooms_max = 3"));
        let change = &before.changes(&after)[0];
        assert_eq!(
            change.to_string(),
            "listen: needs a restart (127.0.0.1:1 -> 127.0.0.1:2428, [::1]:2428)"
        );
        let taken_up = before.taking_up(after);
        assert_eq!((taken_up.listen, taken_up.settings.rooms_max), (before.listen, 3));
    }
}
