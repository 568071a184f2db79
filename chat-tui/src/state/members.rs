//! Who is in a room, ordered by name. Comings and goings apply whether or not they were known before.

use std::collections::{BTreeMap, HashMap};

use chat_proto::{MemberId, Nick, PEOPLE_TOLD_MAX, name::fold};
use smol_str::SmolStr;

#[derive(Debug, Default)]
pub struct Members {
    by_name: BTreeMap<(SmolStr, MemberId), Member>,
    names: HashMap<MemberId, SmolStr>,
    pub known: Known,
    /// The count told on entering, until the members themselves are known.
    told: u32,
}

/// Whether the server was asked for the members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Known {
    #[default]
    No,
    Asked,
    Yes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub nick: Nick,
    pub away: bool,
}

impl Members {
    pub fn iter(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        self.by_name.iter().map(|((_, id), member)| (*id, member))
    }

    #[must_use]
    pub fn count(&self) -> usize {
        if self.known == Known::Yes { self.names.len() } else { self.told as usize }
    }

    #[must_use]
    pub fn contains(&self, id: MemberId) -> bool {
        self.names.contains_key(&id)
    }

    /// Nobody looks at them now. The server does not tell who comes to a crowd; the next look asks again.
    pub fn turn_away(&mut self) {
        if self.count() > PEOPLE_TOLD_MAX {
            self.forget(u32::try_from(self.count()).unwrap_or(u32::MAX));
        }
    }

    /// Forgets who is there; `told` are said to be.
    pub fn forget(&mut self, told: u32) {
        *self = Self { told, ..Self::default() };
    }

    pub fn put(&mut self, id: MemberId, nick: Nick, away: bool) {
        self.remove(id);
        let folded = fold(nick.as_str());
        self.names.insert(id, folded.clone());
        self.by_name.insert((folded, id), Member { nick, away });
    }

    /// Takes somebody out; false if they were not there.
    pub fn remove(&mut self, id: MemberId) -> bool {
        let Some(folded) = self.names.remove(&id) else { return false };
        self.by_name.remove(&(folded, id)).is_some()
    }

    pub fn rename(&mut self, id: MemberId, nick: Nick) {
        let away = self.get(id).is_some_and(|member| member.away);
        self.put(id, nick, away);
    }

    pub fn set_away(&mut self, id: MemberId, nick: Nick, away: bool) {
        self.put(id, nick, away);
    }

    fn get(&self, id: MemberId) -> Option<&Member> {
        let folded = self.names.get(&id)?;
        self.by_name.get(&(folded.clone(), id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nick(name: &str) -> Nick {
        Nick::parse(name).expect("a nick")
    }

    #[test]
    fn the_same_news_twice_is_one_member() {
        let mut members = Members::default();
        members.put(MemberId(1), nick("bob"), false);
        members.put(MemberId(1), nick("bob"), false);
        members.put(MemberId(2), nick("Alice"), false);
        members.rename(MemberId(1), nick("Zoe"));
        members.set_away(MemberId(1), nick("Zoe"), true);
        let names: Vec<_> = members.iter().map(|(_, m)| (m.nick.as_str(), m.away)).collect();
        assert_eq!(names, [("Alice", false), ("Zoe", true)]);
        assert!(members.remove(MemberId(1)) && !members.remove(MemberId(1)));
    }
}
