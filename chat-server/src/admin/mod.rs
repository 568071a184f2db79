//! The operator's own door: a socket in the data directory, for the user that the server runs as, or the directory
//! itself while no server runs.

mod claim;
mod client;
mod discard;
mod erase;
mod look;
mod socket;
mod words;

use std::sync::Arc;

use chat_proto::{Nick, Reason, RoomName, Secret, Time, Whom, message::ErrorCode};
use serde::{Deserialize, Serialize};

pub use claim::{Claim, Claimable, make_secret};
pub use client::{AskError, ask, ask_running};
pub(crate) use discard::discard;
pub(crate) use socket::{bind, serve};

use crate::{
    accounts::Accounts,
    conn::Shared,
    core::{Change, Deed, Fetched, NickKeys, Password, PasswordHash, Refusal, What, WhomKeys},
    log::Log,
    reload,
};

/// What the operator or an administrator asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    UserList,
    UserAdd { nick: Nick, password: Secret },
    UserPasswd { nick: Nick, password: Secret },
    UserAdmin { nick: Nick, on: bool },
    UserLogout { nick: Nick },
    UserDelete { nick: Nick, with_messages: bool },
    UserShow { nick: Nick },
    RoomList,
    RoomInfo { room: RoomName },
    RoomDelete { room: RoomName, number: Option<u64> },
    BanList,
    BanAdd { whom: Whom, secs: Option<u64>, reason: Reason },
    BanLift { whom: Whom },
    Help,
    Who { word: String },
    Kick { nick: Nick, reason: Reason },
    Announce { text: Reason },
    Reload,
    Fingerprint,
}

/// Lines for the operator, or why it was not done.
pub type Answer = Result<Vec<String>, String>;

/// What it is done to.
pub(crate) struct Desk<'a> {
    pub(crate) log: &'a Log,
    pub(crate) accounts: &'a Accounts,
    pub(crate) now: fn() -> Time,
    /// Who asks, if it is not the operator.
    pub(crate) by: Option<Nick>,
    /// None where none runs.
    pub(crate) server: Option<&'a Arc<Shared>>,
}

impl<'a> Desk<'a> {
    pub(crate) fn of(server: &'a Arc<Shared>, by: Option<Nick>) -> Self {
        let (log, accounts, now) = (&server.log, &*server.accounts, server.now);
        Self { log, accounts, now, by, server: Some(server) }
    }
}

/// Does what an administrator types behind `/admin`.
pub(crate) async fn order(
    server: Arc<Shared>,
    by: Nick,
    words: Secret,
) -> Result<Fetched, Refusal> {
    let request = words::parse(words.expose())?;
    tracing::info!(%by, %request, "an administrator");
    let lines = Desk::of(&server, Some(by)).carry_out(request).await?;
    Ok(Fetched::Lines(look::fit(lines, "; name a part of what you look for")))
}

impl Desk<'_> {
    pub(crate) async fn answer(&self, request: Request) -> Answer {
        self.carry_out(request).await.map_err(|refusal| refusal.text)
    }

    async fn carry_out(&self, request: Request) -> Result<Vec<String>, Refusal> {
        match (request, self.server) {
            (Request::UserList, _) => Ok(self.users()),
            (Request::UserShow { nick }, _) => self.user(&nick),
            (Request::UserDelete { nick, with_messages: true }, _) => self.delete_all(nick).await,
            (Request::RoomList, _) => Ok(self.rooms()),
            (Request::RoomInfo { room }, _) => self.room(&room),
            (Request::RoomDelete { room, number }, _) => self.delete_room(&room, number).await,
            (Request::BanList, _) => Ok(self.bans()),
            (Request::BanAdd { whom, secs, reason }, _) => self.ban(whom, secs, reason).await,
            (Request::Help, _) => Ok(words::HELP.iter().map(|line| (*line).to_owned()).collect()),
            (Request::Who { word }, _) => Ok(self.who(&word)),
            (Request::Reload, Some(server)) => Ok(reload::reload(server).await),
            (Request::Fingerprint, Some(server)) => Ok(vec![server.tls.fingerprint().to_string()]),
            (Request::Reload | Request::Fingerprint, None) => Err(not_running()),
            (request, _) => self.act(request).await.map(|()| self.done()),
        }
    }

    /// The operator's programs say nothing where all is well.
    fn done(&self) -> Vec<String> {
        self.by.iter().map(|_| "done".to_owned()).collect()
    }

    async fn act(&self, request: Request) -> Result<(), Refusal> {
        match self.deed(request).await? {
            Some(deed) => self.change(deed).await,
            None => Ok(()),
        }
    }

    /// A slip in the time is seen at once: it is told when the ban ends.
    async fn ban(
        &self,
        whom: Whom,
        secs: Option<u64>,
        reason: Reason,
    ) -> Result<Vec<String>, Refusal> {
        let (whom, by) = (WhomKeys::of(whom), self.asker()?);
        let folded = whom.folded.clone();
        self.change(Deed::Ban { whom, secs, reason, by }).await?;
        Ok(self.banned(&folded))
    }

    async fn change(&self, deed: Deed) -> Result<(), Refusal> {
        let change = Change::by_server((self.now)(), What::Operate(deed));
        let lost = |_dropped| {
            let text = "the server went down; look whether it was done";
            Refusal::new(ErrorCode::OutcomeUnknown, text)
        };
        self.log.append(change).await.await.map_err(lost)?.map(drop)
    }

    /// What is to be done in the log, of what is.
    async fn deed(&self, request: Request) -> Result<Option<Deed>, Refusal> {
        Ok(Some(match request {
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
            Request::UserDelete { nick, .. } => Deed::Delete { nick: NickKeys::of(nick) },
            Request::Kick { nick, reason } => Deed::Kick { nick: NickKeys::of(nick), reason },
            Request::BanLift { whom } => Deed::Unban { whom: WhomKeys::of(whom) },
            Request::Announce { text } => Deed::Announce { text },
            Request::UserShow { .. }
            | Request::RoomList
            | Request::RoomInfo { .. }
            | Request::RoomDelete { .. }
            | Request::UserList
            | Request::BanList
            | Request::BanAdd { .. }
            | Request::Help
            | Request::Who { .. }
            | Request::Reload
            | Request::Fingerprint => {
                return Ok(None);
            }
        }))
    }

    fn asker(&self) -> Result<Nick, Refusal> {
        let operator = || {
            Nick::parse("operator")
                .map_err(|error| Refusal::new(ErrorCode::Internal, error.to_string()))
        };
        self.by.clone().map_or_else(operator, Ok)
    }

    async fn hash(&self, password: &Secret) -> Result<PasswordHash, Refusal> {
        match self.accounts.hash(None, Password::new(password)?).await? {
            Fetched::Hashed(hash) => Ok(hash),
            _ => Err(Refusal::new(ErrorCode::Internal, "no hash came")),
        }
    }
}

fn not_running() -> Refusal {
    Refusal::new(ErrorCode::Unavailable, "no server runs on that directory")
}
