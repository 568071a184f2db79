//! Bans and mutes: whom they mean, and until when.

use std::net::IpAddr;

use chat_proto::{
    MemberId, Nick, Reason, Time,
    message::ErrorCode,
    whom::{Range, Whom, fits},
};
use smol_str::SmolStr;

use super::BAR_SECS_MAX;
use crate::core::{NickKeys, Refusal, keys::MaskKeys};

/// What somebody is kept from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BarKind {
    /// Coming in.
    Ban,
    /// Speaking.
    Mute,
}

/// A ban or a mute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub whom: WhomKeys,
    pub rule: Rule,
    /// Who had the nick, where it names one: they are meant whatever they call themselves.
    pub member: Option<MemberId>,
    pub until: Option<Time>,
    pub reason: Reason,
    pub by: Nick,
    pub at: Time,
}

/// Whom it means beside that member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    Nick,
    /// Wherever they come from.
    From(Range),
}

/// Whom somebody wrote, with the forms in which nicks are compared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhomKeys {
    pub whom: Whom,
    /// Equal for what differs only by case.
    pub folded: SmolStr,
    pub mask: MaskKeys,
}

/// Somebody who may be meant.
#[derive(Clone, Copy, Debug)]
pub struct Suspect<'a> {
    pub member: MemberId,
    pub nick: &'a NickKeys,
    pub from: &'a [IpAddr],
}

impl WhomKeys {
    #[must_use]
    pub fn of(whom: Whom) -> Self {
        let folded = whom.folded();
        let mask = MaskKeys::of(&whom.to_string());
        Self { whom, folded, mask }
    }
}

impl Rule {
    /// Whether it means whoever comes from that address.
    #[must_use]
    pub fn means(&self, address: IpAddr) -> bool {
        matches!(self, Self::From(range) if range.contains(address))
    }
}

impl Bar {
    /// What somebody is told whom it keeps off the server.
    pub(in crate::core) fn refusal(&self) -> Refusal {
        let text = format!("you are banned from this server{}", self.told().terms());
        Refusal::new(ErrorCode::Banned, text)
    }

    /// When one ends that is made at that time for so many seconds.
    #[must_use]
    pub fn end(at: Time, secs: u64) -> Time {
        let millis = i64::try_from(secs.min(BAR_SECS_MAX) * 1000).unwrap_or(i64::MAX);
        Time(at.0.saturating_add(millis))
    }

    /// Whether it holds at that time.
    #[must_use]
    pub fn holds(&self, at: Time) -> bool {
        self.until.is_none_or(|until| at < until)
    }

    /// Whether it means that one.
    #[must_use]
    pub fn means(&self, suspect: Suspect<'_>) -> bool {
        if self.member == Some(suspect.member) {
            return true;
        }
        match &self.rule {
            Rule::From(_) => suspect.from.iter().any(|address| self.rule.means(*address)),
            Rule::Nick => {
                fits(&self.whom.mask.folded, &suspect.nick.folded)
                    || suspect.nick.shapes.iter().any(|shape| fits(&self.whom.mask.shape, shape))
            }
        }
    }

    /// As an entry tells it.
    #[must_use]
    pub fn told(&self) -> chat_proto::message::Bar {
        let (whom, until, reason) = (self.whom.whom.clone(), self.until, self.reason.clone());
        chat_proto::message::Bar { whom, until, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written: &str, nick: &str, from: &str, expected: bool) {
        let whom = Whom::parse(written).unwrap();
        let rule = match &whom {
            Whom::Range(range) => Rule::From(*range),
            _ => Rule::Nick,
        };
        let whom = WhomKeys::of(whom);
        let by = Nick::parse("alice").unwrap();
        let (member, at) = (Some(MemberId(7)), Time(0));
        let bar = Bar { whom, rule, member, until: None, reason: Reason::default(), by, at };
        let nick = NickKeys::of(Nick::parse(nick).unwrap());
        let from = [from.parse().unwrap()];
        let suspect = Suspect { member: MemberId(8), nick: &nick, from: &from };
        assert_eq!(bar.means(suspect), expected, "{written} {nick:?}");
        assert!(bar.means(Suspect { member: MemberId(7), ..suspect }));
    }

    #[test]
    fn whom_a_bar_means() {
        check("bob", "BOB", "::1", true);
        check("bob", "bоb", "::1", true); // Cyrillic o
        check("bob", "bob-2", "::1", false);
        check("bob*", "Bob-2", "::1", true);
        check("b*", "alice", "::1", false);
        check("10.0.0.0/8", "bob", "10.1.2.3", true);
        check("10.0.0.0/8", "bob", "11.1.2.3", false);
    }

    #[test]
    fn a_bar_ends() {
        let whom = WhomKeys::of(Whom::parse("bob").unwrap());
        let by = Nick::parse("alice").unwrap();
        let (member, at, reason) = (None, Time(0), Reason::default());
        let mut bar = Bar { whom, rule: Rule::Nick, member, until: Some(Time(10)), reason, by, at };
        assert!(bar.holds(Time(9)) && !bar.holds(Time(10)));
        bar.until = None;
        assert!(bar.holds(Time(i64::MAX)));
    }
}
