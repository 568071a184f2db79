//! The operator's own door: a socket in the data directory, for the user that the server runs as, or the directory
//! itself while no server runs.

mod client;
mod socket;

use chat_proto::{Nick, Secret, SessionId, Time};
use serde::{Deserialize, Serialize};

pub use client::{AskError, ask};
pub(crate) use socket::{bind, serve};

use crate::{
    accounts::Accounts,
    core::{Change, Deed, Fetched, NickKeys, Password, PasswordHash, Refusal, What},
    log::Log,
};

/// What the operator asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    UserList,
    UserAdd { nick: Nick, password: Secret },
    UserPasswd { nick: Nick, password: Secret },
    UserAdmin { nick: Nick, on: bool },
    UserLogout { nick: Nick },
    UserDelete { nick: Nick },
}

/// Lines for the operator, or why it was not done.
pub type Answer = Result<Vec<String>, String>;

/// What it is done to.
pub(crate) struct Desk<'a> {
    pub(crate) log: &'a Log,
    pub(crate) accounts: &'a Accounts,
    pub(crate) now: fn() -> Time,
}

impl Desk<'_> {
    pub(crate) async fn answer(&self, request: Request) -> Answer {
        let done = match request {
            Request::UserList => return Ok(self.list()),
            other => self.act(other).await,
        };
        done.map(|()| Vec::new()).map_err(|refusal| refusal.text)
    }

    async fn act(&self, request: Request) -> Result<(), Refusal> {
        let deed = match request {
            Request::UserList => return Ok(()),
            Request::UserAdd { nick, password } => {
                Deed::Add { nick: NickKeys::of(nick), password: self.hash(&password).await? }
            }
            Request::UserPasswd { nick, password } => {
                Deed::Password { nick: NickKeys::of(nick), password: self.hash(&password).await? }
            }
            Request::UserAdmin { nick, on } => {
                Deed::Admin { nick: NickKeys::of(nick), is_admin: on }
            }
            Request::UserLogout { nick } => Deed::LogOut { nick: NickKeys::of(nick) },
            Request::UserDelete { nick } => Deed::Delete { nick: NickKeys::of(nick) },
        };
        let change =
            Change { at: (self.now)(), by: SessionId(0), from: None, what: What::Operate(deed) };
        let lost = |_dropped| {
            let text = "the server went down; look whether it was done";
            Refusal::new(chat_proto::message::ErrorCode::OutcomeUnknown, text)
        };
        self.log.append(change).await.await.map_err(lost)?.map(drop)
    }

    async fn hash(&self, password: &Secret) -> Result<PasswordHash, Refusal> {
        match self.accounts.hash(None, Password::new(password)?).await? {
            Fetched::Hashed(hash) => Ok(hash),
            _ => Err(Refusal::new(chat_proto::message::ErrorCode::Internal, "no hash came")),
        }
    }

    /// A line each, by nick.
    fn list(&self) -> Vec<String> {
        let state = self.log.state();
        let mut lines: Vec<_> = state
            .accounts()
            .map(|(id, account)| {
                let admin = if account.is_admin { " administrator" } else { "" };
                let here = if state.member(id).is_some() { " here" } else { "" };
                let (nick, since, devices) =
                    (&account.nick.nick, account.created, account.devices.len());
                format!("{nick} since {since} devices {devices}{admin}{here}")
            })
            .collect();
        lines.sort_unstable();
        lines
    }
}
