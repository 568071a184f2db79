//! Accounts: nicks that belong to somebody, and what shows that it is them.

use std::fmt;

use chat_proto::{Nick, Reason, RoomId, Secret, Seq, Time, message::ErrorCode};
use smol_str::SmolStr;
use unicode_normalization::UnicodeNormalization;

use super::{Member, NickKeys, Refusal, TokenHash, WhomKeys};

/// A nick that belongs to somebody. Its member has the same number for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub nick: NickKeys,
    pub password: PasswordHash,
    /// How often the password was changed; a login that was judged by an older one is void.
    pub version: u32,
    /// May do everything.
    pub is_admin: bool,
    pub created: Time,
    /// Clients that come in by a token, the oldest first.
    pub devices: Vec<Device>,
}

/// A client that comes in by a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Among those of its account.
    pub number: u32,
    pub token: TokenHash,
    pub name: DeviceName,
    pub created: Time,
    /// When it last logged in.
    pub used: Time,
}

/// One that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDevice {
    pub token: TokenHash,
    pub name: DeviceName,
}

/// What a client says that it is, short and clean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceName(pub Reason);

impl DeviceName {
    #[must_use]
    pub fn of(agent: &str) -> Self {
        // A character has at most four bytes, and a reason takes twice the bytes it may have.
        let short: String = agent.chars().take(DEVICE_NAME_CHARS_MAX).collect();
        Self(Reason::clean(&short).unwrap_or_default())
    }
}

/// What shows that an account is somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its password of this version was given.
    Password(u32),
    /// The token of one of its devices was given.
    Device(TokenHash),
}

/// What the operator does about accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Add {
        nick: NickKeys,
        password: PasswordHash,
    },
    /// Another password; whoever is logged in is no longer.
    Password {
        nick: NickKeys,
        password: PasswordHash,
    },
    Admin {
        nick: NickKeys,
        is_admin: bool,
    },
    /// Ends all sessions and makes all tokens void.
    LogOut {
        nick: NickKeys,
    },
    Delete {
        nick: NickKeys,
    },
    /// Deletes a message of an account, wherever it is.
    Erase {
        nick: NickKeys,
        room: RoomId,
        target: Seq,
    },
    /// Puts everybody out of a room, whose name is free again. What was said in it goes by [`Self::Discard`].
    CloseRoom {
        room: RoomId,
    },
    /// Throws away what a closed room has up to a number, or all that is left of it.
    Discard {
        room: RoomId,
        through: Option<Seq>,
    },
    /// Ends the sessions of somebody who is here.
    Kick {
        nick: NickKeys,
        reason: Reason,
    },
    /// Keeps somebody off the server.
    Ban {
        whom: WhomKeys,
        secs: Option<u64>,
        reason: Reason,
        by: Nick,
    },
    Unban {
        whom: WhomKeys,
    },
    /// Tells everybody who is here.
    Announce {
        text: Reason,
    },
}

/// Devices of an account.
pub const DEVICES_MAX: usize = 32;
const DEVICE_NAME_CHARS_MAX: usize = 64;

/// What is kept of a password: its argon2id hash as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub SmolStr);

impl Account {
    /// Its member before anybody of it has been here.
    pub(super) fn absent(&self) -> Member {
        Member {
            nick: self.nick.clone(),
            since: self.created,
            away: None,
            stored: true,
            sessions: Vec::new(),
            rooms: Vec::new(),
        }
    }

    /// What somebody is told who is this already and wants to be another.
    pub(super) fn logged_in(&self) -> Refusal {
        let nick = &self.nick.nick;
        let text = format!("you are {nick} already; log out first (/quit, or /logout in chat-tui)");
        Refusal::new(ErrorCode::LoggedIn, text)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Who is let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Guests, who may register.
    #[default]
    Open,
    /// Accounts; everybody may make one.
    Registered,
    /// Accounts that the operator made.
    Closed,
}

/// A password, normalized: however a keyboard composes its letters, it is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Password(Secret);

impl Password {
    /// One to be set.
    ///
    /// # Errors
    /// When it is too short or too long.
    pub fn new(typed: &Secret) -> Result<Self, Refusal> {
        let password = Self::tried(typed)?;
        match password.0.expose().len() {
            PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX => Ok(password),
            _ => Err(unfit()),
        }
    }

    /// One to be compared.
    ///
    /// # Errors
    /// When it is so long that it is none.
    pub fn tried(typed: &Secret) -> Result<Self, Refusal> {
        // Composing makes no text three times as short.
        if typed.expose().len() > 3 * PASSWORD_BYTES_MAX {
            return Err(unfit());
        }
        Ok(Self(Secret::new(typed.expose().nfc().collect::<String>())))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

/// Bytes of a password.
pub const PASSWORD_BYTES_MIN: usize = 8;
pub const PASSWORD_BYTES_MAX: usize = 128;

fn unfit() -> Refusal {
    let text = format!("a password has {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes");
    Refusal::new(ErrorCode::BadPassword, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_a_length_and_one_form() {
        let set = |typed: &str| Password::new(&Secret::new(typed)).map_err(|refusal| refusal.code);
        assert_eq!(set("seven77"), Err(ErrorCode::BadPassword));
        assert_eq!(set(&"x".repeat(129)), Err(ErrorCode::BadPassword));
        assert!(set("eight888").is_ok() && set(&"x".repeat(128)).is_ok());
        assert_eq!(set("Zoe\u{308} am Meer"), set("Zo\u{eb} am Meer"));
        assert!(Password::tried(&Secret::new("short")).is_ok());
    }
}
