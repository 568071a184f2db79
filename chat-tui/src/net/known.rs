//! The servers that were trusted before: a line each, `HOST:PORT SHA256:…`, or `HOST:PORT system` for one that an
//! authority vouched for.

use std::{io, path::Path};

use chat_proto::Fingerprint;

use crate::private_file::{read, write};

/// What is known of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Certificate(Fingerprint),
    /// One that shows this once must not come without it later.
    System,
}

const SYSTEM: &str = "system";

/// Looks a server up.
///
/// # Errors
/// When the file cannot be read, or says about this server what cannot be understood: that is not the same as nothing.
pub(super) fn look_up(file: &Path, server: &str) -> io::Result<Option<Known>> {
    let text = read(file)?;
    let Some(line) = text.lines().find(|line| is_about(line, server)) else { return Ok(None) };
    let known = line.split_whitespace().nth(1).unwrap_or_default();
    if known == SYSTEM {
        return Ok(Some(Known::System));
    }
    let wrong = |error| io::Error::new(io::ErrorKind::InvalidData, format!("{line:?}: {error}"));
    known.parse().map(|fingerprint| Some(Known::Certificate(fingerprint))).map_err(wrong)
}

/// Remembers a server; what was known of it before is forgotten.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn remember(file: &Path, server: &str, known: Known) -> io::Result<()> {
    let mut text: String = read(file)?
        .lines()
        .filter(|line| !is_about(line, server))
        .flat_map(|line| [line, "\n"])
        .collect();
    let known = match known {
        Known::Certificate(fingerprint) => fingerprint.to_string(),
        Known::System => SYSTEM.into(),
    };
    text.push_str(&format!("{} {known}\n", server.to_lowercase()));
    write(file, &text)
}

fn is_about(line: &str, server: &str) -> bool {
    line.split_whitespace().next().is_some_and(|name| name.eq_ignore_ascii_case(server))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn what_is_remembered_is_found_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("chat/known-servers");
        let one = Known::Certificate(Fingerprint([1; 32]));
        assert_eq!(look_up(&file, "a:1").expect("nothing"), None);
        remember(&file, "A:1", one).expect("written");
        remember(&file, "b:1", Known::System).expect("written");
        assert_eq!(look_up(&file, "a:1").expect("read"), Some(one));
        let two = Known::Certificate(Fingerprint([2; 32]));
        remember(&file, "a:1", two).expect("written");
        assert_eq!(look_up(&file, "a:1").expect("read"), Some(two));
        assert_eq!(look_up(&file, "b:1").expect("read"), Some(Known::System));
        assert_eq!(look_up(&file, "a:11").expect("read"), None);
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&file, "a:1 what\n").expect("written");
        assert!(look_up(&file, "a:1").is_err());
    }
}
