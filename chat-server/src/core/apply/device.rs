//! Devices: clients that come in as an account by a token.

use std::sync::Arc;

use chat_proto::{MemberId, Reason, SessionId, message::ErrorCode};

use super::Apply;
use crate::core::{
    Account, Answer, Channel, DEVICES_MAX, Device, NewDevice, Refusal, Row, TokenHash, Told,
};

impl Apply<'_> {
    /// Gives an account one more device, in the place of the least recently used if it has as many as it may.
    pub(super) fn add_device(&mut self, id: MemberId, new: &NewDevice) -> u32 {
        let mut account = Account::clone(&self.state.accounts[&id]);
        if account.devices.len() >= DEVICES_MAX
            && let Some(oldest) = account.devices.iter().min_by_key(|device| device.used).cloned()
        {
            self.forget_device(id, &mut account, &oldest);
        }
        let number = account.devices.last().map_or(1, |last| last.number + 1);
        let NewDevice { token, name } = new.clone();
        let device = Device { number, token, name, created: self.at, used: self.at };
        self.state.devices.insert_mut(token, id);
        account.devices.push(device.clone());
        self.state.accounts.insert_mut(id, Arc::new(account));
        self.group.rows.push(Row::Device { account: id, device, new: true });
        number
    }

    /// Notes that a device logs in.
    pub(super) fn use_device(&mut self, id: MemberId, token: TokenHash) -> Option<u32> {
        let mut account = Account::clone(&self.state.accounts[&id]);
        let found = account.devices.iter_mut().find(|device| device.token == token)?;
        found.used = self.at;
        let device = found.clone();
        let number = device.number;
        self.state.accounts.insert_mut(id, Arc::new(account));
        self.group.rows.push(Row::Device { account: id, device, new: false });
        Some(number)
    }

    /// Makes the token of a device void, and ends its sessions.
    pub(super) fn revoke(&mut self, id: MemberId, number: u32) -> Result<Answer, Refusal> {
        let none = || Refusal::new(ErrorCode::NoDevice, "you have no device of that number");
        let mut account = Account::clone(self.state.accounts.get(&id).ok_or_else(none)?);
        let found = account.devices.iter().find(|device| device.number == number).cloned();
        let device = found.ok_or_else(none)?;
        self.forget_device(id, &mut account, &device);
        self.state.accounts.insert_mut(id, Arc::new(account));
        self.end_sessions(id, Some(number));
        Ok(Answer::Done)
    }

    pub(super) fn forget_device(&mut self, id: MemberId, account: &mut Account, device: &Device) {
        account.devices.retain(|other| other.number != device.number);
        self.state.devices.remove_mut(&device.token);
        self.group.rows.push(Row::DeviceGone { account: id, number: device.number });
    }

    /// Ends the sessions of an account that came with a device, or all.
    pub(super) fn end_sessions(&mut self, id: MemberId, device: Option<u32>) {
        let told = |session| Told::Taken { session, generation: None };
        self.end_sessions_so(id, device, told, &Reason::default());
    }

    /// The same; each is told so, and the rooms why.
    pub(super) fn end_sessions_so(
        &mut self,
        id: MemberId,
        device: Option<u32>,
        told: impl Fn(SessionId) -> Told,
        reason: &Reason,
    ) {
        let Some(member) = self.state.member(id) else { return };
        let came_so = |session: &SessionId| {
            let found = self.state.sessions.get(session);
            found.is_some_and(|found| device.is_none() || found.device == device)
        };
        let gone: Vec<_> = member.sessions.iter().copied().filter(came_so).collect();
        for session in gone {
            let state = self.state.sessions[&session];
            self.drop_session(session, state);
            self.tell(Channel::Member(id), told(session));
            self.drop_out(id, session, reason);
        }
    }
}
