//! The token by which the first administrator becomes one: shown once, kept as its hash until it is used.

use std::{
    fmt::Write as _,
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use chat_proto::{Nick, Secret, message::ErrorCode};
use sha2::{Digest, Sha256};

use super::{Desk, Request};
use crate::{
    config::Storage,
    core::{Fetched, Refusal, State},
};

/// The token that nobody has used yet.
pub struct Claim {
    file: Option<PathBuf>,
    // Only taken out and put back: nobody awaits while holding it.
    hash: Mutex<Option<Hash>>,
}

type Hash = [u8; 32];

/// What the operator is told about it at the start.
#[derive(Debug)]
pub enum Claimable {
    /// There is an administrator.
    Not,
    New(Secret),
    /// It was shown at an earlier start.
    Waiting,
}

const FILE_NAME: &str = "admin-token";
/// Letters and digits that nobody takes for each other.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Five bits each.
const SECRET_CHARS: usize = 20;

/// Words that nobody guesses.
///
/// # Errors
/// When the system has no randomness.
pub fn make_secret() -> io::Result<Secret> {
    let mut bytes = [0; SECRET_CHARS];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
    Ok(Secret::new(bytes.iter().map(letter).collect::<String>()))
}

impl Claim {
    /// The token that waits in the data directory, or a new one; none where there is an administrator.
    pub(crate) fn open(storage: &Storage, state: &State) -> io::Result<(Self, Claimable)> {
        let file = match storage {
            Storage::Directory { path, .. } => Some(path.join(FILE_NAME)),
            Storage::Ephemeral => None,
        };
        if has_admin(state) {
            file.as_deref().map_or(Ok(()), remove)?;
            return Ok((Self { file, hash: Mutex::new(None) }, Claimable::Not));
        }
        if let Some(hash) = file.as_deref().and_then(read) {
            return Ok((Self { file, hash: Mutex::new(Some(hash)) }, Claimable::Waiting));
        }
        let token = make_secret()?;
        let hash = hash(&token);
        file.as_deref().map_or(Ok(()), |file| write(file, &hash))?;
        Ok((Self { file, hash: Mutex::new(Some(hash)) }, Claimable::New(token)))
    }

    /// Without any.
    pub(crate) fn none() -> Self {
        Self { file: None, hash: Mutex::new(None) }
    }

    /// Takes it out, if this is it: nobody else can use it meanwhile.
    fn take(&self, token: &Secret) -> Option<Taken<'_>> {
        let offered = hash(token);
        let mut kept = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = kept.take_if(|kept| is_same(kept, &offered))?;
        Some(Taken { claim: self, hash: Some(hash) })
    }
}

/// The token while somebody uses it; it is put back unless that is done, even if they are gone before.
struct Taken<'a> {
    claim: &'a Claim,
    hash: Option<Hash>,
}

impl Taken<'_> {
    fn use_up(mut self) {
        self.hash = None;
        if let Some(Err(error)) = self.claim.file.as_deref().map(remove) {
            tracing::warn!(%error, "the administrator token is used, but its file stays");
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(hash) = self.hash.take() {
            *self.claim.hash.lock().unwrap_or_else(PoisonError::into_inner) = Some(hash);
        }
    }
}

impl Desk<'_> {
    /// Makes an account one of an administrator who has the token.
    pub(crate) async fn claim(
        &self,
        claim: &Claim,
        nick: Nick,
        token: &Secret,
    ) -> Result<Fetched, Refusal> {
        let refused = || {
            let text = "that is no token for an administrator; the server shows one at its first start, and it works once";
            Refusal::new(ErrorCode::BadLogin, text)
        };
        if has_admin(&self.log.state()) {
            return Err(refused());
        }
        let taken = claim.take(token).ok_or_else(refused)?;
        self.act(Request::UserAdmin { nick: nick.clone(), on: true }).await?;
        taken.use_up();
        tracing::warn!(%nick, "an administrator by the token of the first start");
        let text = "you are an administrator from here on; /admin help";
        Ok(Fetched::Lines(vec![text.to_owned()]))
    }
}

fn has_admin(state: &State) -> bool {
    state.accounts().any(|(_, account)| account.is_admin)
}

fn hash(token: &Secret) -> Hash {
    Sha256::digest(token.expose()).into()
}

/// Takes as long wherever they differ.
fn is_same(one: &Hash, other: &Hash) -> bool {
    one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}

fn read(file: &Path) -> Option<Hash> {
    let text = fs::read_to_string(file).ok()?;
    let digits = text.trim().as_bytes();
    let mut hash = Hash::default();
    if digits.len() != 2 * hash.len() || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

fn write(file: &Path, hash: &Hash) -> io::Result<()> {
    let mut digits = String::new();
    for byte in hash {
        write!(digits, "{byte:02x}").map_err(io::Error::other)?;
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(file)?;
    io::Write::write_all(&mut file, digits.as_bytes())?;
    file.sync_all()
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
