//! What the operator does about accounts.

use std::sync::Arc;

use chat_proto::{MemberId, message::ErrorCode};

use super::Apply;
use crate::core::{Account, Answer, Deed, NickKeys, PasswordHash, Refusal, Row};

impl Apply<'_> {
    pub(super) fn operate(&mut self, deed: &Deed) -> Result<Answer, Refusal> {
        match deed {
            Deed::Add { nick, password } => self.add_account(nick, password),
            Deed::Password { nick, password } => {
                let (id, account) = self.owned(nick)?;
                let (password, version) = (password.clone(), account.version + 1);
                self.put_account(id, Account { password, version, ..account });
                self.log_out(id);
                Ok(Answer::Done)
            }
            Deed::Admin { nick, is_admin } => {
                let (id, account) = self.owned(nick)?;
                self.put_account(id, Account { is_admin: *is_admin, ..account });
                Ok(Answer::Done)
            }
            Deed::LogOut { nick } => {
                let (id, _) = self.owned(nick)?;
                self.log_out(id);
                Ok(Answer::Done)
            }
            Deed::Delete { nick } => self.delete_account(nick),
            Deed::Erase { nick, room, target } => {
                let (id, account) = self.owned(nick)?;
                if self.state.is_closed(*room) {
                    // All of it goes.
                    return Ok(Answer::Done);
                }
                self.erase_of((id, account.nick.nick), *room, *target)
            }
            Deed::CloseRoom { room } => self.close_room(*room),
            Deed::Discard { room, through } => Ok(self.discard(*room, *through)),
            Deed::Kick { nick, reason } => self.kick_off(nick, reason),
            Deed::Ban { whom, secs, reason, by } => self.ban(whom, (*secs, reason), by),
            Deed::Unban { whom } => self.unban(whom),
            Deed::Announce { text } => Ok(self.announce(text)),
        }
    }

    fn add_account(&mut self, nick: &NickKeys, password: &PasswordHash) -> Result<Answer, Refusal> {
        if self.is_taken(nick, None) {
            return Err(self.taken_for_operator(nick));
        }
        let id = MemberId(self.state.counters.member);
        self.state.counters.member += 1;
        self.claim(nick, id);
        let (nick, password, devices) = (nick.clone(), password.clone(), Vec::new());
        let created = self.at;
        let account = Account { nick, password, version: 0, is_admin: false, created, devices };
        let absent = Arc::new(account.absent());
        self.put_account(id, account);
        self.state.absent.insert_mut(id, Arc::clone(&absent));
        self.group.rows.push(Row::Member(id, absent));
        Ok(Answer::Done)
    }

    /// Nobody of the account is here any more, and nobody comes in but by the password.
    fn log_out(&mut self, id: MemberId) {
        let mut account = Account::clone(&self.state.accounts[&id]);
        for device in account.devices.clone() {
            self.forget_device(id, &mut account, &device);
        }
        self.state.accounts.insert_mut(id, Arc::new(account));
        self.end_sessions(id, None);
    }

    /// The nick is free again. What was said under it stays, and so does its number, which is never given again.
    fn delete_account(&mut self, nick: &NickKeys) -> Result<Answer, Refusal> {
        let (id, account) = self.owned(nick)?;
        self.log_out(id);
        self.give_up_stakes(id);
        self.release(&account.nick, id);
        let rooms = self.state.absent.get(&id).map(|absent| absent.rooms.clone());
        rooms.iter().flatten().for_each(|(room, _)| self.drop_marker(id, *room));
        self.state.absent.remove_mut(&id);
        self.state.accounts.remove_mut(&id);
        self.group.rows.push(Row::AccountGone(id));
        self.group.rows.push(Row::MemberGone(id));
        self.drop_conversations(id);
        Ok(Answer::Done)
    }

    /// Private conversations to which nobody comes back are out of reach.
    fn drop_conversations(&mut self, gone: MemberId) {
        let pairs = self.state.directs.iter();
        let of_them = pairs.filter(|((one, other), _)| *one == gone || *other == gone);
        let rooms: Vec<_> = of_them.map(|(_, room)| *room).collect();
        for id in rooms {
            let Some(room) = self.state.room(id).cloned() else { continue };
            if room.members.is_empty() && !self.state.stays(id, &room) {
                self.drop_room(id, &room);
            }
        }
    }

    fn taken_for_operator(&self, nick: &NickKeys) -> Refusal {
        let owner = self.state.owner(nick).and_then(|id| self.state.account(id));
        let Some(owner) = owner else { return self.taken(nick) };
        let text = if owner.nick.folded == nick.folded {
            format!("there is an account {} already", owner.nick.nick)
        } else {
            format!("{} looks like the account {}; choose another nick", nick.nick, owner.nick.nick)
        };
        Refusal::new(ErrorCode::Registered, text)
    }

    fn owned(&self, nick: &NickKeys) -> Result<(MemberId, Account), Refusal> {
        let none = || Refusal::new(ErrorCode::NoNick, format!("there is no account {}", nick.nick));
        let id = self.state.account_named(&nick.folded).ok_or_else(none)?;
        Ok((id, Account::clone(&self.state.accounts[&id])))
    }
}
