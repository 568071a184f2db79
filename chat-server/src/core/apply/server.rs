//! What is decided about the whole server: who is put out of it and kept off, and what everybody is told.

use std::sync::Arc;

use chat_proto::{MemberId, Nick, Reason, message::ErrorCode};

use super::{Apply, doors};
use crate::core::{
    Answer, Bar, BarKind, Channel, NickKeys, Refusal, SERVER, Stake, Told, WhomKeys, doors::Suspect,
};

/// Bans from the server.
const SERVER_BANS_MAX: usize = 1000;

impl Apply<'_> {
    pub(super) fn announce(&mut self, text: &Reason) -> Answer {
        let all: Vec<_> = self.state.members.keys().copied().collect();
        for member in all {
            self.tell(Channel::Member(member), Told::Announced { text: text.clone() });
        }
        Answer::Done
    }

    pub(super) fn kick_off(&mut self, nick: &NickKeys, reason: &Reason) -> Result<Answer, Refusal> {
        let found = self.state.member_named(&nick.folded);
        let here = found.filter(|member| self.state.member(*member).is_some());
        let none =
            || Refusal::new(ErrorCode::NoNick, format!("nobody called {} is here", nick.nick));
        let why = Refusal::new(
            ErrorCode::Displaced,
            because("an administrator ended this session", reason),
        );
        self.dismiss(here.ok_or_else(none)?, &why, &because("put out", reason));
        Ok(Answer::Done)
    }

    /// Keeps somebody off the server, and puts out whom it means.
    pub(super) fn ban(
        &mut self,
        whom: &WhomKeys,
        (secs, reason): (Option<u64>, &Reason),
        by: &Nick,
    ) -> Result<Answer, Refusal> {
        let (rule, member) = self.meant(whom)?;
        if member.is_some_and(|member| self.state.is_admin(member)) {
            let text = format!("{} is an administrator; take that away first", whom.whom);
            return Err(Refusal::new(ErrorCode::NotAllowed, text));
        }
        self.drop_ended_bars(SERVER, BarKind::Ban);
        let others = self.state.server_bans().len();
        doors::at_most(others, SERVER_BANS_MAX - 1, "bans from the server; lift one first")?;
        let (at, reason, by) = (self.at, reason.clone(), by.clone());
        let until = secs.map(|secs| Bar::end(at, secs));
        let bar = Bar { whom: whom.clone(), rule, member, until, reason, by, at };
        self.change_doors(SERVER, Stake::Bar(BarKind::Ban, Arc::new(bar)));
        self.put_out_the_banned();
        Ok(Answer::Done)
    }

    pub(super) fn unban(&mut self, whom: &WhomKeys) -> Result<Answer, Refusal> {
        let found = self.state.server_bans().iter().find(|bar| bar.whom.folded == whom.folded);
        let none = || {
            let text = format!(
                "{} is not banned from the server; the list of bans says who is",
                whom.whom
            );
            Refusal::new(ErrorCode::NoNick, text)
        };
        let folded = found.ok_or_else(none)?.whom.folded.clone();
        self.change_doors(SERVER, Stake::Free(BarKind::Ban, folded));
        Ok(Answer::Done)
    }

    /// Whether somebody of that nick may be here, coming from where the change comes from.
    pub(super) fn may_be_here(
        &self,
        member: Option<MemberId>,
        nick: &NickKeys,
    ) -> Result<(), Refusal> {
        let from: Vec<_> = self.from.into_iter().collect();
        // Nobody has that number.
        let member = member.unwrap_or(MemberId(0));
        let suspect = Suspect { member, nick, from: &from };
        self.state.banned(suspect, self.at).map_or(Ok(()), |bar| Err(bar.refusal()))
    }

    fn put_out_the_banned(&mut self) {
        let all: Vec<_> =
            self.state.members.iter().map(|(id, member)| (*id, member.nick.clone())).collect();
        for (member, nick) in all {
            let from = self.state.addresses(member);
            let suspect = Suspect { member, nick: &nick, from: &from };
            if let Some(bar) = self.state.banned(suspect, self.at) {
                self.dismiss(member, &bar.refusal(), &because("banned", &bar.reason));
            }
        }
    }

    fn dismiss(&mut self, member: MemberId, why: &Refusal, reason: &str) {
        let told = |session| Told::Ended { session, why: why.clone() };
        let reason = Reason::clean(reason).unwrap_or_default();
        self.end_sessions_so(member, None, told, &reason);
    }
}

/// What was done, with the reason where one was given.
pub(super) fn because(what: &str, reason: &Reason) -> String {
    if reason.is_empty() { what.to_owned() } else { format!("{what}: {reason}") }
}
