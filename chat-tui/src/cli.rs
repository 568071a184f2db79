//! The command line, the configuration file, and what comes of both.

use std::{io, path::PathBuf};

use chat_proto::{Nick, RoomName};
use chat_tcp::{Patience, SECS_DEFAULT, SECS_MIN, TooShort};
use clap::Parser;
use etcetera::BaseStrategy;
use serde::Deserialize;
use smol_str::SmolStr;

use crate::{
    login::Source,
    security::{self, Security, Strangers, Trust},
    state::{Title, actions::Bindings},
};

/// C-H-A-T on a phone's keys.
const PORT: u16 = 2428;

/// The terminal client of the chat.
#[derive(Debug, Default, Parser)]
#[command(version, about, max_term_width = 100)]
#[command(
    after_help = "Without a terminal on stdin and stdout, each line of input is a message or a /command, and \
    what others say is printed line by line.\n\nExit codes: 0 you left, 69 the server cannot be reached, 2 usage, 1 \
    anything else."
)]
pub struct Args {
    /// What to be called [default: your user name]
    #[arg(short, long, env = "CHAT_NICK")]
    pub nick: Option<String>,
    /// Where the server listens; tls://HOST:PORT asks for TLS [default: localhost:2428]
    #[arg(short, long, env = "CHAT_SERVER", value_name = "HOST[:PORT]")]
    pub server: Option<String>,
    /// Talk through TLS and never without
    #[arg(long, env = "CHAT_TLS", num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub tls: Option<bool>,
    /// Trust the certificate with this fingerprint alone, now and later; implies --tls
    #[arg(long, env = "CHAT_TLS_FINGERPRINT", value_name = "SHA256:…")]
    pub tls_fingerprint: Option<String>,
    /// Whom to trust of whom nothing is known: who shows a certificate that no authority vouches for is remembered at
    /// the first connection (first-use), or refused (system) [default: first-use]
    #[arg(long, env = "CHAT_TLS_TRUST", value_name = "WHOM", value_enum)]
    pub tls_trust: Option<Strangers>,
    /// Log in with the first line of this file, unless an earlier login left a token here
    #[arg(
        long,
        env = "CHAT_PASSWORD_FILE",
        value_name = "FILE",
        conflicts_with = "password_command"
    )]
    pub password_file: Option<PathBuf>,
    /// Log in with the first line that this shell command prints, unless an earlier login left a token here
    #[arg(long, env = "CHAT_PASSWORD_COMMAND", value_name = "COMMAND")]
    pub password_command: Option<String>,
    /// Enter this room; may be given several times
    #[arg(short, long = "room", env = "CHAT_ROOM", value_delimiter = ',', value_name = "ROOM")]
    pub rooms: Vec<String>,
    /// The configuration file [default: $XDG_CONFIG_HOME/chat/tui.toml]
    #[arg(short, long, env = "CHAT_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Seconds without a sign of life from the server after which the connection is made anew, 9 at least [default: 45]
    #[arg(long, env = "CHAT_DEAD_SECS", value_name = "SECS")]
    pub dead_secs: Option<u32>,
    /// Write a log to $XDG_STATE_HOME/chat/tui.log; RUST_LOG says how much
    #[arg(short, long, env = "CHAT_DEBUG")]
    pub debug: bool,
}

/// The configuration file; every key may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    nick: Option<String>,
    server: Option<String>,
    tls: Option<bool>,
    tls_fingerprint: Option<String>,
    tls_trust: Option<Strangers>,
    password_file: Option<PathBuf>,
    password_command: Option<String>,
    rooms: Vec<String>,
    dead_secs: Option<u32>,
    notify: Notify,
    mouse: bool,
    presence: Option<bool>,
    keys: std::collections::BTreeMap<String, String>,
}

/// How the user is told of what concerns them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notify {
    Off,
    #[default]
    Bell,
    /// The sequence of iTerm2, kitty, WezTerm and others.
    Osc9,
    /// The sequence of urxvt, foot, Ghostty and others.
    Osc777,
}

/// Everything settled.
#[derive(Debug)]
pub struct Options {
    pub nick: Nick,
    pub server: SmolStr,
    pub security: Security,
    pub password: Option<Source>,
    pub rooms: Vec<Title>,
    pub patience: Patience,
    pub notify: Notify,
    pub mouse: bool,
    pub presence: bool,
    pub bindings: Bindings,
}

/// What is wrong with the command line or the file, in one line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(String);

impl Options {
    /// Reads the file and lays the command line over it.
    ///
    /// # Errors
    /// Says what is wrong, and where.
    pub fn new(args: Args, user: Option<&str>) -> Result<Self, UsageError> {
        let file = read_file(args.config.as_deref())?;
        let nick = args.nick.or(file.nick);
        let nick = match &nick {
            Some(nick) => {
                Nick::parse(nick).map_err(|e| UsageError(format!("nick '{nick}': {e}")))?
            }
            None => nick_of(user.unwrap_or_default()),
        };
        let rooms = if args.rooms.is_empty() { file.rooms } else { args.rooms };
        let address = args.server.or(file.server).unwrap_or_else(|| "localhost".into());
        let (address, by_scheme) = scheme(&address)?;
        let fingerprint = args.tls_fingerprint.or(file.tls_fingerprint);
        let pin = fingerprint.map(|text| text.parse()).transpose();
        let pin = pin.map_err(|error| UsageError(format!("tls-fingerprint: {error}")))?;
        let strangers = args.tls_trust.or(file.tls_trust).unwrap_or_default();
        let trust = Trust { pin, strangers, known: security::known_file() };
        let tls = by_scheme || trust.pin.is_some() || args.tls.or(file.tls).unwrap_or(false);
        let given = args.password_file.is_some() || args.password_command.is_some();
        let (by_file, by_command) = if given {
            (args.password_file, args.password_command)
        } else {
            (file.password_file, file.password_command)
        };
        let (by_file, by_command) = (by_file.map(Source::File), by_command.map(Source::Command));
        let own = file.keys.iter().map(|(key, action)| (key.as_str(), action.as_str()));
        Ok(Self {
            nick,
            server: server(address)?,
            security: if tls { Security::Tls(trust) } else { Security::Plain },
            password: by_file.or(by_command),
            rooms: rooms.iter().map(|room| title(room)).collect::<Result<_, _>>()?,
            patience: patience(args.dead_secs.or(file.dead_secs))?,
            notify: file.notify,
            mouse: file.mouse,
            presence: file.presence.unwrap_or(true),
            bindings: Bindings::new(own).map_err(|error| UsageError(format!("keys: {error}")))?,
        })
    }
}

fn read_file(path: Option<&std::path::Path>) -> Result<File, UsageError> {
    let Some(path) = path.map(PathBuf::from).or_else(default_file) else {
        return Ok(File::default());
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            parse_file(&text).map_err(|why| UsageError(format!("{}: {why}", path.display())))
        }
        Err(error)
            if error.kind() == io::ErrorKind::NotFound
                && default_file().as_ref() == Some(&path) =>
        {
            Ok(File::default())
        }
        Err(error) => Err(UsageError(format!("{}: {error}", path.display()))),
    }
}

fn parse_file(text: &str) -> Result<File, String> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count()) + 1;
        format!("line {line}: {}", error.message().replace('\n', " "))
    })
}

fn default_file() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("chat/tui.toml"))
}

fn patience(dead_secs: Option<u32>) -> Result<Patience, UsageError> {
    Patience::new(dead_secs.unwrap_or(SECS_DEFAULT))
        .map_err(|TooShort| UsageError(format!("dead_secs must be at least {SECS_MIN}")))
}

/// A nick made of a user name, whatever it is.
fn nick_of(user: &str) -> Nick {
    let name: String =
        user.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).take(32).collect();
    let name = name.trim_start_matches(|c: char| c.is_numeric() || c == '-');
    let guest = || Nick::parse("guest").expect("a valid nick");
    Nick::parse(name).unwrap_or_else(|_| guest())
}

fn title(room: &str) -> Result<Title, UsageError> {
    let name = if room.starts_with('#') { room.to_owned() } else { format!("#{room}") };
    let name =
        RoomName::parse(&name).map_err(|error| UsageError(format!("room '{room}': {error}")))?;
    Ok(Title::Public(name))
}

/// What stands behind `tls://`, and whether that stands before it.
fn scheme(address: &str) -> Result<(&str, bool), UsageError> {
    match address.split_once("://") {
        Some(("tls", address)) => Ok((address.trim_end_matches('/'), true)),
        Some((other, _)) => Err(UsageError(format!(
            "server: {other}:// is unknown; write HOST:PORT or tls://HOST:PORT"
        ))),
        None => Ok((address, false)),
    }
}

/// The address with its port: `host`, `host:port`, `::1`, `[::1]`, `[::1]:port`.
fn server(address: &str) -> Result<SmolStr, UsageError> {
    let address = address.trim();
    if address.is_empty() || address.starts_with(':') && !address.starts_with("::") {
        return Err(UsageError(format!(
            "server '{address}': there is no host; write HOST[:PORT] or tls://HOST[:PORT]"
        )));
    }
    if address.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(format!("[{address}]:{PORT}").into());
    }
    match address.rsplit_once(':') {
        // The colon is one of those between brackets.
        Some((_, rest)) if rest.ends_with(']') => Ok(format!("{address}:{PORT}").into()),
        Some((_, port)) if port.parse().is_ok_and(|port: u16| port > 0) => Ok(address.into()),
        Some((_, port)) => Err(UsageError(format!(
            "server {address}: '{port}' is no port; write HOST:PORT, with a port from 1 to 65535"
        ))),
        None => Ok(format!("{address}:{PORT}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_get_their_port() {
        for (given, expected) in [
            ("localhost", "localhost:2428"),
            ("chat.example:7", "chat.example:7"),
            ("::1", "[::1]:2428"),
            ("[::1]", "[::1]:2428"),
            ("[::1]:7", "[::1]:7"),
        ] {
            assert_eq!(server(given).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_port_is_told_as_one() {
        for given in ["localhost:99999", "localhost:", "localhost:0", "chat.example:x", "[::1]:-1"]
        {
            let error = server(given).expect_err("no port").to_string();
            assert!(error.contains("is no port"), "{error}");
        }
    }

    #[test]
    fn an_address_without_a_host_is_told_as_one() {
        for given in ["", " ", ":31000", ":", "tls://", "tls://:31000"] {
            let args = Args { server: Some(given.into()), ..Args::default() };
            let error = Options::new(args, None).expect_err("no host").to_string();
            assert!(error.contains("there is no host; write HOST[:PORT]"), "{error}");
        }
    }

    #[test]
    fn a_scheme_or_a_fingerprint_asks_for_tls() {
        let secure = |args: Args| Options::new(args, None).map(|options| options.security.is_tls());
        let to = |server: &str| Args { server: Some(server.into()), ..Args::default() };
        assert_eq!(secure(to("chat.example")), Ok(false));
        assert_eq!(secure(to("tls://chat.example")), Ok(true));
        assert_eq!(secure(Args { tls: Some(false), ..to("tls://chat.example") }), Ok(true));
        assert_eq!(secure(Args { tls: Some(true), ..to("chat.example") }), Ok(true));
        let pin = Some("ab".repeat(32));
        assert_eq!(secure(Args { tls_fingerprint: pin, ..to("chat.example") }), Ok(true));
        let short = Some("SHA256:ab".into());
        assert!(secure(Args { tls_fingerprint: short, ..to("chat.example") }).is_err());
        assert!(secure(to("https://chat.example")).is_err());
    }

    #[test]
    fn user_names_become_nicks() {
        for (user, nick) in
            [("alice", "alice"), ("a.b c", "abc"), ("42", "guest"), ("", "guest"), ("1st", "st")]
        {
            assert_eq!(nick_of(user).as_str(), nick);
        }
    }

    #[test]
    fn a_wrong_key_is_one_clear_line() {
        let error = parse_file("nick = \"a\"\nnotifi = \"bell\"").expect_err("no such key");
        assert!(
            error.starts_with("line 2: unknown field `notifi`") && !error.contains('\n'),
            "{error}"
        );
    }

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }
}
