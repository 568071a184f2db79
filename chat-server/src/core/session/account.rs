//! Passwords: looked at or hashed elsewhere, because that takes long; what they are for goes on when that is done.

use chat_proto::{MemberId, RoomId, Seq, message::ErrorCode};

use super::{Asked, Context, Effect, Effects, Here, Session, reply};
use crate::core::{
    Access, Account, Answer, NewDevice, NickKeys, Password, PasswordHash, Proof, Refusal, Reply,
    What,
    request::{Fetched, Hello, Login, Welcome},
};

/// What a password is looked at or hashed for.
#[derive(Debug)]
pub(super) enum Checking {
    /// To come in as this account.
    LogIn(Box<Hello>, Judged, Option<NewDevice>),
    /// To go on as this account.
    SignIn(Judged, Option<NewDevice>),
    /// To come in, and make the nick an account.
    Enrol(Box<Hello>, Option<NewDevice>),
    /// To make one's nick an account.
    Register(Option<NewDevice>),
    /// To take another after this one.
    Old(Judged, Password),
    New(Judged),
}

/// An account, and which of its passwords is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    account: MemberId,
    version: u32,
}

impl Session {
    /// Comes in as an account.
    pub(super) fn come_in(
        &mut self,
        hello: Box<Hello>,
        login: Login,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        match (login, self.may_tell(cx)) {
            (_, Err(refusal)) => reply(out, Err(refusal)),
            (Login::Password(password, device), Ok(())) => {
                let nick = hello.nick.clone();
                let then = |judged| Checking::LogIn(hello, judged, device);
                self.verify(&nick, password, then, cx, out);
            }
            (Login::Register(password, device), Ok(())) => match may_register(cx) {
                Ok(()) => self.hash(password, Checking::Enrol(hello, device), out),
                Err(refusal) => reply(out, Err(refusal)),
            },
            (Login::Device(device), Ok(())) => match cx.state.account_of_device(device) {
                Some(account) => {
                    let proof = Proof::Device(device);
                    let what = What::LogIn { account, proof, token: hello.token, device: None };
                    self.append(Asked::Arrive(hello), what, cx, out);
                }
                None => reply(out, Err(unknown_device())),
            },
        }
    }

    /// A guest goes on as an account.
    pub(super) fn sign_in(
        &mut self,
        here: Here,
        nick: &NickKeys,
        (password, device): (Password, Option<NewDevice>),
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        match self.may_tell(cx).and_then(|()| is_guest(here, cx)) {
            Ok(()) => {
                let then = |judged| Checking::SignIn(judged, device);
                self.verify(nick, password, then, cx, out);
            }
            Err(refusal) => reply(out, Err(refusal)),
        }
    }

    pub(super) fn register(
        &mut self,
        here: Here,
        nick: Option<&NickKeys>,
        (password, device): (Password, Option<NewDevice>),
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        let may = self.may_tell(cx).and_then(|()| may_register(cx));
        match may.and_then(|()| is_guest(here, cx)).and_then(|()| is_own(here, nick, cx)) {
            Ok(()) => self.hash(password, Checking::Register(device), out),
            Err(refusal) => reply(out, Err(refusal)),
        }
    }

    pub(super) fn set_password(
        &mut self,
        here: Here,
        (old, new): (Password, Password),
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        let may = self.may_tell(cx);
        match may.and_then(|()| cx.state.account(here.member).ok_or_else(no_account)) {
            Ok(account) => {
                let nick = account.nick.clone();
                self.verify(&nick, old, |judged| Checking::Old(judged, new), cx, out);
            }
            Err(refusal) => reply(out, Err(refusal)),
        }
    }

    /// What was asked for with a password that is judged or hashed now.
    pub(super) fn checked(
        &mut self,
        checking: Checking,
        fetched: Result<Fetched, Refusal>,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        match (checking, fetched) {
            (_, Err(refusal)) => reply(out, Err(refusal)),
            (Checking::LogIn(hello, Judged { account, version }, device), Ok(_)) => {
                let proof = Proof::Password(version);
                let what = What::LogIn { account, proof, token: hello.token, device };
                self.append(Asked::Arrive(hello), what, cx, out);
            }
            (Checking::SignIn(Judged { account, version }, device), Ok(_)) => {
                let proof = Proof::Password(version);
                self.append(Asked::SignIn, What::SignIn { account, proof, device }, cx, out);
            }
            (Checking::Old(judged, new), Ok(_)) => self.hash(new, Checking::New(judged), out),
            (checking, Ok(Fetched::Hashed(password))) => self.hashed(checking, password, cx, out),
            (_, Ok(_)) => {}
        }
    }

    fn hashed(
        &mut self,
        checking: Checking,
        password: PasswordHash,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        match checking {
            Checking::Enrol(hello, device) => {
                let (nick, token) = (hello.nick.clone(), hello.token);
                let what = What::Enrol { nick, password, token, device };
                self.append(Asked::Arrive(hello), what, cx, out);
            }
            Checking::Register(device) => {
                self.append(Asked::Register, What::Register { password, device }, cx, out);
            }
            Checking::New(Judged { version, .. }) => {
                self.append(Asked::Plain, What::SetPassword { version, password }, cx, out);
            }
            Checking::LogIn(..) | Checking::SignIn(..) | Checking::Old(..) => {}
        }
    }

    pub(super) fn registered(&self, cx: Context<'_>, out: &mut Effects) {
        let account = self.here.and_then(|here| cx.state.account(here.member));
        let registered = account.map(|account| account.nick.nick.clone()).map(|nick| {
            let member = self.here.map_or(MemberId(0), |here| here.member);
            Reply::Registered { member, nick }
        });
        reply(out, registered.ok_or_else(no_account));
        self.count_all(false, cx, out);
    }

    /// The session is one of an account from here on: rooms that both are in go on where they are.
    pub(super) fn signed_in(&mut self, answer: Answer, cx: Context<'_>, out: &mut Effects) {
        let Answer::Here { session, member, generation, nick, rooms } = answer else { return };
        self.here = Some(Here { session, member, generation });
        out.push_back(Effect::FollowMember(member));
        reply(out, Ok(Reply::LoggedIn { member, nick }));
        rooms.iter().for_each(|(room, after)| self.opened(*room, *after, cx, out));
        out.push_back(Effect::LookAgain);
    }

    /// The rooms that an account begins in; those of a guest, or of an account that was nowhere, are yet to come.
    pub(super) fn begin_in(
        welcome: &mut Welcome,
        rooms: Vec<(RoomId, Seq)>,
        cx: Context<'_>,
    ) -> bool {
        let view = |(room, after)| super::look::view(room, welcome.member, after, cx.state);
        let views: Vec<_> = rooms.into_iter().filter_map(view).collect();
        let lobby = cx.settings.lobby.as_ref().and_then(|lobby| cx.state.room_named(&lobby.folded));
        welcome.current = lobby.filter(|lobby| views.iter().any(|view| view.room == *lobby));
        welcome.rooms = views;
        !welcome.rooms.is_empty()
    }

    fn verify(
        &mut self,
        nick: &NickKeys,
        password: Password,
        then: impl FnOnce(Judged) -> Checking,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        let account = cx.state.account_named(&nick.folded);
        let found = account.and_then(|id| Some((id, cx.state.account(id)?)));
        let (judged, hash) = match found {
            Some((account, &Account { version, ref password, .. })) => {
                (Judged { account, version }, Some(password.clone()))
            }
            // Judged like any other, so that it takes as long.
            None => (Judged { account: MemberId(0), version: 0 }, None),
        };
        self.asked.push_back(Asked::Checking(then(judged)));
        out.push_back(Effect::Verify { hash, password });
    }

    fn hash(&mut self, password: Password, then: Checking, out: &mut Effects) {
        let registers = matches!(then, Checking::Register(_) | Checking::Enrol(..));
        self.asked.push_back(Asked::Checking(then));
        out.push_back(Effect::Hash { password, registers });
    }

    /// Whether a password may be told here.
    pub(super) fn may_tell(&self, cx: Context<'_>) -> Result<(), Refusal> {
        if self.is_private || !cx.settings.require_tls {
            return Ok(());
        }
        let text = "passwords are taken over TLS only (chat-tui --tls, or openssl s_client -quiet -connect HOST:PORT); others may have read this one, do not use it again";
        Err(Refusal::new(ErrorCode::TlsNeeded, text))
    }
}

/// Whether somebody without a login is let in.
pub(super) fn may_be_guest(cx: Context<'_>) -> Result<(), Refusal> {
    let text = match cx.settings.access {
        Access::Open => return Ok(()),
        Access::Registered => {
            "this server takes no guests; /login NICK PASSWORD, or /register NICK PASSWORD if you have no account"
        }
        Access::Closed => {
            "this server takes no guests; /login NICK PASSWORD, or ask its operator for an account"
        }
    };
    Err(Refusal::new(ErrorCode::LoginNeeded, text))
}

fn may_register(cx: Context<'_>) -> Result<(), Refusal> {
    if cx.settings.access == Access::Closed {
        let text = "only the operator of this server makes accounts; ask for one";
        return Err(Refusal::new(ErrorCode::NoRegistration, text));
    }
    Ok(())
}

fn is_guest(here: Here, cx: Context<'_>) -> Result<(), Refusal> {
    cx.state.account(here.member).map_or(Ok(()), |account| Err(account.logged_in()))
}

/// Whether a nick that is to be registered is one's own.
fn is_own(here: Here, nick: Option<&NickKeys>, cx: Context<'_>) -> Result<(), Refusal> {
    let own = cx.state.member(here.member).map(|member| &member.nick);
    match (nick, own) {
        (Some(nick), Some(own)) if nick.folded != own.folded => {
            let text = format!("you are {}; /nick {} first", own.nick, nick.nick);
            Err(Refusal::new(ErrorCode::Usage, text))
        }
        _ => Ok(()),
    }
}

fn unknown_device() -> Refusal {
    let text = "this device is not known (any more); log in with the password";
    Refusal::new(ErrorCode::BadLogin, text)
}

pub(super) fn no_account() -> Refusal {
    Refusal::new(ErrorCode::LoginNeeded, "you are a guest; /register or /login first")
}
