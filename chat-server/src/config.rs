//! What the operator sets: by flag, by environment, in a TOML file, in this order; the rest by default.

mod changes;
mod origin;
mod plain;
pub mod retention;

use std::{
    net::{SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
    time::Duration,
};

use chat_proto::RoomName;
use chat_tcp::{Patience, SECS_DEFAULT, SECS_MIN, TooShort};
use serde::Deserialize;

use crate::{
    accounts,
    conn::{Limits, Rate},
    core::{Access, RoomKeys, Settings},
    log::sqlite::Sync,
    proxy::Range,
    tls::Pair,
};
pub use changes::Changed;
pub use origin::Origin;
use retention::Retention;

/// The port: C-H-A-T on a phone's keys.
pub const PORT: u16 = 2428;

/// Options as they are written, each left out where it is not set.
#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Address to listen on; may be repeated (default: 127.0.0.1:2428 and `[::1]:2428`)
    #[arg(long, value_name = "ADDR", env = "CHAT_LISTEN", value_delimiter = ',')]
    #[serde(default, deserialize_with = "plain::one_or_more")]
    pub listen: Option<Vec<String>>,
    /// Address to listen on for TLS alone; may be repeated. The addresses of --listen take TLS too
    #[arg(long, value_name = "ADDR", env = "CHAT_TLS_LISTEN", value_delimiter = ',')]
    #[serde(default, deserialize_with = "plain::one_or_more")]
    pub tls_listen: Option<Vec<String>>,
    /// TLS certificate in PEM, with those that vouch for it (default: one of the server's own making)
    #[arg(long, value_name = "FILE", env = "CHAT_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the certificate in PEM (default: in the file of the certificate)
    #[arg(long, value_name = "FILE", env = "CHAT_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Directory of the data (default: chat in the XDG data directory)
    #[arg(long, value_name = "DIR", env = "CHAT_DATA")]
    pub data: Option<PathBuf>,
    /// Keep everything in memory; it ends with the server
    #[arg(long, env = "CHAT_EPHEMERAL", num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub ephemeral: Option<bool>,
    /// How sure a message is before anybody sees it: on the disk (full), or with the system (normal) (default: full)
    #[arg(long, value_name = "SYNC", env = "CHAT_SYNC")]
    pub sync: Option<Sync>,
    /// Room that everybody starts in; an empty name for none (default: #lobby)
    #[arg(long, value_name = "ROOM", env = "CHAT_LOBBY")]
    pub lobby: Option<String>,
    /// Connections at the same time (default: 15000)
    #[arg(long, value_name = "N", env = "CHAT_CONNECTIONS_MAX")]
    pub connections_max: Option<usize>,
    /// Connections from the same address (of IPv6, the same /64) at the same time (default: 256)
    #[arg(long, value_name = "N", env = "CHAT_CONNECTIONS_PER_ADDRESS_MAX")]
    pub connections_per_address_max: Option<usize>,
    /// Requests or lines a second that are taken of one connection, beyond a burst; 0 for any number (default: 100)
    #[arg(long, value_name = "N", env = "CHAT_REQUESTS_PER_SEC")]
    pub requests_per_sec: Option<u32>,
    /// Requests or lines of one connection that are taken at once (default: 2000)
    #[arg(long, value_name = "N", env = "CHAT_REQUESTS_BURST")]
    pub requests_burst: Option<u32>,
    /// Whether the limits by address and rate hold for clients on this machine too (default: false)
    #[arg(long, env = "CHAT_LIMIT_LOOPBACK", num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub limit_loopback: Option<bool>,
    /// Address or range of a proxy, which must say by PROXY protocol v2 for whom it connects; may be repeated
    #[arg(long, value_name = "ADDR", env = "CHAT_PROXY_FROM", value_delimiter = ',')]
    #[serde(default, deserialize_with = "plain::one_or_more")]
    pub proxy_from: Option<Vec<Range>>,
    /// Rooms that a member may be in at the same time (default: 1000)
    #[arg(long, value_name = "N", env = "CHAT_ROOMS_MAX")]
    pub rooms_max: Option<usize>,
    /// Members that a room may have before nobody else is let in; who arrives is let into the lobby all the same (default: 10000)
    #[arg(long, value_name = "N", env = "CHAT_MEMBERS_MAX")]
    pub members_max: Option<usize>,
    /// Rooms that may be made from one address (of IPv6, one /64) in an hour (default: 60)
    #[arg(long, value_name = "N", env = "CHAT_ROOMS_MADE_MAX")]
    pub rooms_made_max: Option<u32>,
    /// Seconds that a session waits for its client after a lost connection (default: 60)
    #[arg(long, value_name = "SECS", env = "CHAT_GRACE_SECS")]
    pub grace_secs: Option<u32>,
    /// Seconds that a client has for its TLS handshake and its hello together (default: 10)
    #[arg(long, value_name = "SECS", env = "CHAT_LOGIN_SECS_MAX")]
    pub login_secs_max: Option<u32>,
    /// Seconds that a client may read nothing before its connection is closed (default: 3600)
    #[arg(long, value_name = "SECS", env = "CHAT_STALLED_SECS_MAX")]
    pub stalled_secs_max: Option<u32>,
    /// Seconds without a sign of life from a client or its system after which its connection is lost, 9 at least
    /// (default: 45)
    #[arg(long, value_name = "SECS", env = "CHAT_DEAD_SECS")]
    pub dead_secs: Option<u32>,
    /// What to log to stderr: error, warn, info, debug, trace, or a filter such as chat_server::conn=debug (default: info)
    #[arg(long, value_name = "FILTER", env = "CHAT_LOG")]
    pub log: Option<String>,
    #[command(flatten)]
    #[serde(default)]
    pub retention: retention::Options,
    /// Who is let in: guests, who may register (open), nobody but accounts, which anybody may make (registered), or
    /// nobody but accounts that the operator made (closed) (default: open)
    #[arg(long, value_name = "WHO", env = "CHAT_ACCESS")]
    pub access: Option<Access>,
    /// Whether passwords are refused that come neither over TLS nor from this machine (default: true)
    #[arg(long, env = "CHAT_REQUIRE_TLS", num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub require_tls: Option<bool>,
    /// Logins from one address that may fail before it is locked out; from the fourth on the answers come later
    /// (default: 10)
    #[arg(long, value_name = "N", env = "CHAT_FAILED_LOGINS_MAX")]
    pub failed_logins_max: Option<u32>,
    /// Seconds for which an address is locked out (default: 900)
    #[arg(long, value_name = "SECS", env = "CHAT_LOCKOUT_SECS")]
    pub lockout_secs: Option<u32>,
    /// Accounts that may be registered from one address in an hour (default: 10)
    #[arg(long, value_name = "N", env = "CHAT_REGISTRATIONS_MAX")]
    pub registrations_max: Option<u32>,
}

/// Options with everything decided.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: Vec<Listen>,
    pub tls_listen: Vec<Listen>,
    /// The operator's certificate; none for one of our own.
    pub tls_files: Option<Pair>,
    pub storage: Storage,
    pub connections_max: usize,
    pub connections_per_address_max: usize,
    pub limits: Limits,
    pub settings: Settings,
    pub rooms_made_max: u32,
    pub grace: Duration,
    pub grace_secs: u32,
    pub login: Duration,
    pub stalled: Duration,
    pub patience: Patience,
    pub log: String,
    pub retention: Retention,
    pub account_limits: accounts::Limits,
    pub origin: Origin,
}

/// An address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    pub address: SocketAddr,
    /// One of the defaults: a machine may lack one of the two.
    pub optional: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    Ephemeral,
    Directory { path: PathBuf, sync: Sync },
}

/// What is wrong with the options, in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path}: {message}")]
    Toml { path: PathBuf, message: String },
    #[error("listen: {0} is no address; write HOST:PORT, such as 0.0.0.0:{PORT}")]
    Address(String),
    #[error("listen: the list is empty; name an address such as 0.0.0.0:{PORT}, or leave it out")]
    NoAddress,
    #[error("lobby: {0}; write a room such as #lobby, or nothing for none")]
    Lobby(chat_proto::name::NameError),
    #[error("tls_key: {0} is a key without a certificate; name the certificate with --tls-cert")]
    NoCertificate(PathBuf),
    #[error("retention.rooms: {0:?}: {1}; write a room such as \"#ops\"")]
    RetentionRoom(String, chat_proto::name::NameError),
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    #[error("log: {0} is no filter ({1}); write info, or chat_server=debug")]
    Log(String, String),
    #[error("dead_secs must be at least {SECS_MIN}")]
    TooHasty,
    #[error("data: the name is empty; name a directory, or leave it out")]
    NoDirectory,
    #[error("cannot tell where data go: neither XDG_DATA_HOME nor HOME is set; say it with --data")]
    NoHome,
}

impl Options {
    /// Reads a file.
    ///
    /// # Errors
    /// Names the file, the line and what is wrong there.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Self::parse(&text).map_err(|message| ConfigError::Toml { path: path.to_owned(), message })
    }

    /// Reads what a file holds.
    ///
    /// # Errors
    /// Names the line and what is wrong there.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", plain::words(error.message()))
        })
    }

    /// These options, and where they are silent the others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            tls_listen: self.tls_listen.or(other.tls_listen),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            data: self.data.or(other.data),
            ephemeral: self.ephemeral.or(other.ephemeral),
            sync: self.sync.or(other.sync),
            lobby: self.lobby.or(other.lobby),
            connections_max: self.connections_max.or(other.connections_max),
            connections_per_address_max: self
                .connections_per_address_max
                .or(other.connections_per_address_max),
            requests_per_sec: self.requests_per_sec.or(other.requests_per_sec),
            requests_burst: self.requests_burst.or(other.requests_burst),
            limit_loopback: self.limit_loopback.or(other.limit_loopback),
            proxy_from: self.proxy_from.or(other.proxy_from),
            rooms_max: self.rooms_max.or(other.rooms_max),
            members_max: self.members_max.or(other.members_max),
            rooms_made_max: self.rooms_made_max.or(other.rooms_made_max),
            grace_secs: self.grace_secs.or(other.grace_secs),
            login_secs_max: self.login_secs_max.or(other.login_secs_max),
            stalled_secs_max: self.stalled_secs_max.or(other.stalled_secs_max),
            dead_secs: self.dead_secs.or(other.dead_secs),
            log: self.log.or(other.log),
            retention: self.retention.or(other.retention),
            access: self.access.or(other.access),
            require_tls: self.require_tls.or(other.require_tls),
            failed_logins_max: self.failed_logins_max.or(other.failed_logins_max),
            lockout_secs: self.lockout_secs.or(other.lockout_secs),
            registrations_max: self.registrations_max.or(other.registrations_max),
        }
    }

    /// Fills in the defaults and checks the rest.
    ///
    /// # Errors
    /// Says which option is wrong and how to write it.
    pub fn decide(self) -> Result<Config, ConfigError> {
        let grace_secs = self.grace_secs.unwrap_or(60);
        Ok(Config {
            listen: self.listen.as_deref().map_or_else(|| Ok(default_listen()), listen)?,
            tls_listen: self.tls_listen.as_deref().map_or_else(|| Ok(Vec::new()), listen)?,
            tls_files: tls_files(self.tls_cert, self.tls_key)?,
            storage: storage(self.ephemeral, self.data, self.sync)?,
            connections_max: at_least_one(
                "connections_max",
                self.connections_max.unwrap_or(15_000),
            )?,
            connections_per_address_max: at_least_one(
                "connections_per_address_max",
                self.connections_per_address_max.unwrap_or(256),
            )?,
            limits: Limits {
                rate: rate(self.requests_per_sec.unwrap_or(100), self.requests_burst),
                loopback: self.limit_loopback.unwrap_or(false),
                proxies: self.proxy_from.unwrap_or_default(),
            },
            settings: Settings {
                lobby: lobby(self.lobby.as_deref().unwrap_or("#lobby"))?,
                rooms_max: at_least_one("rooms_max", self.rooms_max.unwrap_or(1000))?,
                members_max: at_least_one("members_max", self.members_max.unwrap_or(10_000))?,
                access: self.access.unwrap_or_default(),
                require_tls: self.require_tls.unwrap_or(true),
            },
            rooms_made_max: self.rooms_made_max.unwrap_or(60),
            grace: Duration::from_secs(grace_secs.into()),
            grace_secs,
            login: Duration::from_secs(self.login_secs_max.unwrap_or(10).max(1).into()),
            stalled: Duration::from_secs(self.stalled_secs_max.unwrap_or(3600).max(1).into()),
            patience: Patience::new(self.dead_secs.unwrap_or(SECS_DEFAULT))
                .map_err(|TooShort| ConfigError::TooHasty)?,
            log: self.log.unwrap_or_else(|| "info".into()),
            retention: self.retention.decide()?,
            account_limits: accounts::Limits {
                failed_logins_max: self.failed_logins_max.unwrap_or(10).max(1),
                lockout: Duration::from_secs(self.lockout_secs.unwrap_or(900).into()),
                registrations_max: self.registrations_max.unwrap_or(10),
            },
            origin: Origin::default(),
        })
    }
}

fn default_listen() -> Vec<Listen> {
    let loopback = [
        SocketAddr::from(([127, 0, 0, 1], PORT)),
        SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], PORT)),
    ];
    loopback.map(|address| Listen { address, optional: true }).into()
}

fn listen(written: &[String]) -> Result<Vec<Listen>, ConfigError> {
    let mut all = Vec::new();
    for address in written {
        let found = address
            .trim()
            .to_socket_addrs()
            .map_err(|_unknown| ConfigError::Address(address.clone()))?;
        all.extend(found.map(|address| Listen { address, optional: false }));
    }
    all.dedup();
    if all.is_empty() { Err(ConfigError::NoAddress) } else { Ok(all) }
}

fn tls_files(
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<Option<Pair>, ConfigError> {
    match (certificate, key) {
        (Some(certificate), key) => {
            let key = key.unwrap_or_else(|| certificate.clone());
            Ok(Some(Pair { certificate, key }))
        }
        (None, Some(key)) => Err(ConfigError::NoCertificate(key)),
        (None, None) => Ok(None),
    }
}

fn rate(per_sec: u32, burst: Option<u32>) -> Option<Rate> {
    (per_sec > 0).then(|| Rate { per_sec, burst: burst.unwrap_or(2000).max(1) })
}

fn storage(
    ephemeral: Option<bool>,
    data: Option<PathBuf>,
    sync: Option<Sync>,
) -> Result<Storage, ConfigError> {
    if ephemeral == Some(true) {
        return Ok(Storage::Ephemeral);
    }
    let path = match data {
        Some(path) if path.as_os_str().is_empty() => return Err(ConfigError::NoDirectory),
        Some(path) => path,
        None => default_data()?,
    };
    Ok(Storage::Directory { path, sync: sync.unwrap_or_default() })
}

fn default_data() -> Result<PathBuf, ConfigError> {
    use etcetera::BaseStrategy as _;
    let base = etcetera::choose_base_strategy().map_err(|_no_home| ConfigError::NoHome)?;
    Ok(base.data_dir().join("chat"))
}

fn lobby(name: &str) -> Result<Option<RoomKeys>, ConfigError> {
    if name.is_empty() {
        return Ok(None);
    }
    RoomName::parse(name).map(|name| Some(RoomKeys::of(name))).map_err(ConfigError::Lobby)
}

const fn at_least_one(name: &'static str, value: usize) -> Result<usize, ConfigError> {
    if value == 0 { Err(ConfigError::Zero(name)) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Options, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, text).unwrap();
        let hide =
            |error: ConfigError| error.to_string().replace(file.path().to_str().unwrap(), "FILE");
        Options::read(file.path()).map_err(hide)
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let file = read("listen = ['127.0.0.1:1']\nrooms_max = 7\n").unwrap();
        let flags = Options { rooms_max: Some(9), ephemeral: Some(true), ..Options::default() };
        let config = flags.or(file).decide().unwrap();
        assert_eq!(config.settings.rooms_max, 9);
        assert_eq!(
            config.listen,
            [Listen { address: "127.0.0.1:1".parse().unwrap(), optional: false }]
        );
        assert_eq!(config.storage, Storage::Ephemeral);
    }

    #[test]
    fn one_address_needs_no_list() {
        let file = read("listen = '127.0.0.1:1'\nproxy_from = '10.0.0.0/8'").unwrap();
        assert_eq!(file.listen, Some(vec!["127.0.0.1:1".into()]));
        assert_eq!(file.proxy_from.unwrap()[0].to_string(), "10.0.0.0/8");
        let wrong = read("proxy_from = ['10.0.0.0/8', 'x']").unwrap_err();
        assert!(wrong.starts_with("FILE: line 1: write an address such as 10.0.0.1"), "{wrong}");
        let none = read("listen = []").unwrap().decide().unwrap_err().to_string();
        assert!(none.starts_with("listen: the list is empty; name an address"), "{none}");
    }

    #[test]
    fn a_value_of_another_kind_is_told_in_plain_words() {
        for (text, expected) in [
            ("rooms_max = '50'", "line 1: string \"50\", expected a whole number such as 50"),
            ("grace_secs = -1", "line 1: integer `-1`, expected a whole number such as 50"),
            ("\nlisten = 3", "line 2: expected text in quotes, or a list [\"…\", \"…\"]"),
            ("data = true", "line 1: boolean `true`, expected text in quotes"),
            ("ephemeral = 1", "line 1: integer `1`, expected true or false"),
            ("retention.age = 90", "line 1: integer `90`, expected text in quotes"),
        ] {
            assert_eq!(read(text).unwrap_err(), format!("FILE: {expected}"));
        }
    }

    #[test]
    fn mistakes_are_told_in_one_line() {
        assert_eq!(
            read("\nlisten = ['a']\nlitsen = 3").unwrap_err().split(", expected").next(),
            Some("FILE: line 3: unknown field `litsen`")
        );
        let wrong = |options: Options| options.decide().unwrap_err().to_string();
        let listen = Options { listen: Some(vec!["nowhere".into()]), ..Options::default() };
        assert_eq!(
            wrong(listen),
            "listen: nowhere is no address; write HOST:PORT, such as 0.0.0.0:2428"
        );
        let lobby = Options { lobby: Some("lobby".into()), ..Options::default() };
        assert_eq!(
            wrong(lobby),
            "lobby: a room name starts with '#'; write a room such as #lobby, or nothing for none"
        );
        assert_eq!(
            wrong(Options { data: Some(PathBuf::new()), ..Options::default() }),
            "data: the name is empty; name a directory, or leave it out"
        );
        assert_eq!(
            wrong(Options { rooms_max: Some(0), ..Options::default() }),
            "rooms_max must be at least 1"
        );
        assert_eq!(
            wrong(Options { dead_secs: Some(8), ..Options::default() }),
            "dead_secs must be at least 9"
        );
    }
}
