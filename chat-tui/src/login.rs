//! How the user logs in without typing: by the token that an earlier login left here, a line each of
//! `HOST:PORT NICK TOKEN`, or by a password from a file or a command.

use std::{
    fmt, fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use chat_proto::{Nick, Secret, Token, name::fold};
use etcetera::BaseStrategy;

use crate::private_file;

/// What is shown to the server that one is who one says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    Device(Token),
    Password(Secret),
    /// There is no account yet.
    Register(Secret),
}

/// Where a password comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    /// For `sh -c`; the first line that it prints.
    Command(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Command(_) => f.write_str("the command"),
        }
    }
}

impl Source {
    /// # Errors
    /// Says why there is no password.
    pub fn password(&self) -> io::Result<Secret> {
        let text = Secret::new(match self {
            Self::File(file) => fs::read_to_string(file)?,
            Self::Command(command) => printed(command)?,
        });
        let first = text.expose().lines().next().unwrap_or_default();
        if first.is_empty() {
            return Err(io::Error::other("it gives no password"));
        }
        Ok(Secret::new(first))
    }
}

/// What a command prints; it may ask the user for something, on the terminal.
fn printed(command: &str) -> io::Result<String> {
    let mut shell = Command::new("sh");
    let ran =
        shell.args(["-c", command]).stdin(Stdio::inherit()).stderr(Stdio::inherit()).output()?;
    if !ran.status.success() {
        return Err(io::Error::other(format!("it failed ({})", ran.status)));
    }
    String::from_utf8(ran.stdout).map_err(io::Error::other)
}

/// `$XDG_STATE_HOME/chat/tokens`.
#[must_use]
pub fn tokens_file() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("chat/tokens"))
}

/// The token that a login to this server left.
///
/// # Errors
/// When the file cannot be read.
pub fn look_up(file: &Path, server: &str, nick: &str) -> io::Result<Option<Token>> {
    let text = Secret::new(private_file::read(file)?);
    let line = text.expose().lines().find(|line| is_about(line, server, nick));
    Ok(line.and_then(|line| line.split(' ').nth(2)).and_then(parse))
}

/// Keeps a token, or, without one, forgets what was kept.
///
/// # Errors
/// When the file cannot be written.
pub fn keep(file: &Path, server: &str, nick: &str, token: Option<Token>) -> io::Result<()> {
    let text = private_file::read(file)?;
    let others = text.lines().filter(|line| !is_about(line, server, nick));
    let mut text: String = others.flat_map(|line| [line, "\n"]).collect();
    if let Some(Token(bytes)) = token {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("{} {} {hex}\n", server.to_lowercase(), fold(nick)));
    }
    private_file::write(file, &text)
}

/// Keeps it where it belongs; where that does not go, the next start needs the password again.
pub fn keep_told(server: &str, nick: &Nick, token: Option<Token>) {
    let kept = tokens_file().map(|file| keep(&file, server, nick.as_str(), token));
    if let Some(Err(error)) = kept {
        tracing::warn!(%error, "the token is not kept");
    }
}

fn is_about(line: &str, server: &str, nick: &str) -> bool {
    let mut words = line.split(' ');
    words.next() == Some(&*server.to_lowercase()) && words.next() == Some(&*fold(nick))
}

fn parse(hex: &str) -> Option<Token> {
    let byte = |at: usize| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok();
    let bytes: Vec<u8> = (0..32).map_while(byte).collect();
    Some(Token(bytes.try_into().ok()?))
}

/// Whether a server is on this machine, so that nobody is on the way to it.
#[must_use]
pub fn is_local(server: &str) -> bool {
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn tokens_are_kept_by_server_and_nick() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("chat/tokens");
        let (one, two) = (Token([0xA1; 32]), Token([2; 32]));
        keep(&file, "A:1", "Alice", Some(one)).expect("written");
        keep(&file, "a:1", "bob", Some(two)).expect("written");
        let found = |nick| look_up(&file, "a:1", nick).expect("read");
        assert!(found("ALICE") == Some(one) && found("bob") == Some(two) && found("b").is_none());
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        keep(&file, "a:1", "alice", None).expect("written");
        assert!(found("alice").is_none() && found("bob") == Some(two));
        fs::write(&file, "a:1 bob 12\n").expect("written");
        assert!(found("bob").is_none());
    }

    #[test]
    fn a_password_comes_from_a_file_or_a_command() {
        let command = |command: &str| Source::Command(command.into()).password();
        assert_eq!(
            command("printf 'tea for two\\nmore'").expect("one"),
            Secret::new("tea for two")
        );
        assert!(command("false").is_err() && command("true").is_err());
        let file = Source::File("/nowhere/at/all".into());
        assert!(file.password().is_err());
        assert_eq!(file.to_string(), "/nowhere/at/all");
    }

    #[test]
    fn local_servers_are_those_of_this_machine() {
        for local in ["localhost:2428", "127.0.0.1:1", "[::1]:2428"] {
            assert!(is_local(local), "{local}");
        }
        for remote in ["chat.example:2428", "192.0.2.1:1", "[2001:db8::1]:1", "localhost.evil:1"] {
            assert!(!is_local(remote), "{remote}");
        }
    }
}
