//! Accounts: made, come in as, gone on as; their members stay when nobody of them is here.

use std::sync::Arc;

use chat_proto::{MemberId, Nick, Reason, RoomId, Seq, SessionId, message::ErrorCode};

use super::Apply;
use crate::core::{
    Account, Answer, Channel, Member, NewDevice, NickKeys, PasswordHash, Proof, Refusal, Room, Row,
    SessionState, TokenHash, Told,
};

impl Apply<'_> {
    /// Somebody comes in, and the nick is theirs from here on.
    pub(super) fn enrol(
        &mut self,
        nick: &NickKeys,
        password: &PasswordHash,
        token: Option<TokenHash>,
        device: Option<&NewDevice>,
    ) -> Result<Answer, Refusal> {
        if self.is_taken(nick, None) {
            return Err(self.taken(nick));
        }
        let answer = self.arrive(nick, nick, token)?;
        if let Answer::Here { session, .. } = answer {
            self.register(session, password, device)?;
        }
        Ok(answer)
    }

    /// The nick of somebody who is here is theirs from here on.
    pub(super) fn register(
        &mut self,
        session: SessionId,
        password: &PasswordHash,
        device: Option<&NewDevice>,
    ) -> Result<Answer, Refusal> {
        let mut by = self.session(session)?;
        let id = by.member;
        self.no_account(id)?;
        let mut member = Member::clone(&self.state.members[&id]);
        let (nick, rooms) = (member.nick.clone(), member.rooms.clone());
        let was_stored = std::mem::replace(&mut member.stored, true);
        let password = password.clone();
        let (created, devices) = (self.at, Vec::new());
        let account = Account { nick, password, version: 0, is_admin: false, created, devices };
        self.put_account(id, account);
        self.put_member(id, member);
        if !was_stored {
            self.write_memberships(id, &rooms);
            self.write_stakes(id);
        }
        rooms.iter().for_each(|(room, after)| self.put_marker(id, *room, *after));
        if let Some(device) = device {
            by.device = Some(self.add_device(id, device));
            self.put_session(session, by);
        }
        Ok(Answer::Done)
    }

    /// A new session of an account.
    pub(super) fn log_in(
        &mut self,
        (account, proof): (MemberId, Proof),
        token: Option<TokenHash>,
        device: Option<&NewDevice>,
    ) -> Result<Answer, Refusal> {
        let nick = self.let_in(account, proof)?;
        let device = self.device(account, proof, device);
        let session = SessionId(self.state.counters.session);
        self.state.counters.session += 1;
        self.put_session(
            session,
            SessionState { member: account, generation: 0, token, device, from: self.from },
        );
        let rooms = self.come_back(account, session);
        Ok(Answer::Here { session, member: account, generation: 0, nick, rooms })
    }

    /// A guest's session goes on as one of an account, and the public rooms it is in come along.
    pub(super) fn sign_in(
        &mut self,
        session: SessionId,
        (account, proof): (MemberId, Proof),
        device: Option<&NewDevice>,
    ) -> Result<Answer, Refusal> {
        let mut moved = self.session(session)?;
        self.no_account(moved.member)?;
        let nick = self.let_in(account, proof)?;
        moved.device = self.device(account, proof, device);
        let guest = std::mem::replace(&mut moved.member, account);
        self.put_session(session, moved);
        let mut rooms = self.come_back(account, session);
        for (room, _) in self.state.members[&guest].rooms.clone() {
            if self.state.room(room).is_some_and(|room| room.keys().is_some())
                && !self.state.is_in(account, room)
                && self.may_enter(account, room).is_ok()
            {
                self.put_in(account, room);
                self.tell_people(room, Told::Joined { member: account, nick: nick.clone() });
                let after = self.state.head(room);
                self.tell(Channel::Member(account), Told::Opened { room, after });
                rooms.push((room, after));
            }
        }
        self.pass_on_stakes(guest, account);
        let why = Reason::clean(&format!("is {nick}")).unwrap_or_default();
        self.drop_out(guest, session, &why);
        Ok(Answer::Here { session, member: account, generation: moved.generation, nick, rooms })
    }

    pub(super) fn set_password(
        &mut self,
        id: MemberId,
        version: u32,
        password: &PasswordHash,
    ) -> Result<Answer, Refusal> {
        self.proven(id, Proof::Password(version))?;
        let account = Account::clone(&self.state.accounts[&id]);
        let (password, version) = (password.clone(), version + 1);
        self.put_account(id, Account { password, version, ..account });
        Ok(Answer::Done)
    }

    fn no_account(&self, id: MemberId) -> Result<(), Refusal> {
        self.state.account(id).map_or(Ok(()), |account| Err(account.logged_in()))
    }

    /// What the account is called, if what proved it still holds.
    fn proven(&self, id: MemberId, proof: Proof) -> Result<Nick, Refusal> {
        let holds = |account: &&Account| match proof {
            Proof::Password(version) => account.version == version,
            Proof::Device(token) => account.devices.iter().any(|device| device.token == token),
        };
        let gone = || Refusal::new(ErrorCode::BadLogin, "that was just changed; log in again");
        let found = self.state.account(id).filter(holds);
        found.map(|account| account.nick.nick.clone()).ok_or_else(gone)
    }

    /// The same of somebody who comes in, if they may.
    fn let_in(&self, id: MemberId, proof: Proof) -> Result<Nick, Refusal> {
        let nick = self.proven(id, proof)?;
        self.may_be_here(Some(id), &self.state.accounts[&id].nick)?;
        Ok(nick)
    }

    /// The device by which a session comes, added if it is new.
    fn device(&mut self, id: MemberId, proof: Proof, new: Option<&NewDevice>) -> Option<u32> {
        match (proof, new) {
            (Proof::Device(token), _) => self.use_device(id, token),
            (Proof::Password(_), new) => new.map(|new| self.add_device(id, new)),
        }
    }

    pub(super) fn put_account(&mut self, id: MemberId, account: Account) {
        let account = Arc::new(account);
        self.state.accounts.insert_mut(id, Arc::clone(&account));
        self.group.rows.push(Row::Account(id, account));
    }

    fn write_memberships(&mut self, member: MemberId, rooms: &[(RoomId, Seq)]) {
        let rows = rooms.iter();
        let rows = rows.map(|&(room, after)| Row::Membership { room, member, after: Some(after) });
        self.group.rows.extend(rows);
    }

    /// One more session of an account; the rooms it is in, each with where the session begins. Private conversations
    /// begin where the account left, for what was said to it meanwhile.
    fn come_back(&mut self, id: MemberId, session: SessionId) -> Vec<(RoomId, Seq)> {
        let Some(absent) = self.state.absent.get(&id).cloned() else {
            let mut member = Member::clone(&self.state.members[&id]);
            member.sessions.push(session);
            let rooms = member.rooms.clone();
            self.put_member(id, member);
            self.put_out_where_banned(id);
            let still_in = |(room, _): &(RoomId, Seq)| self.state.is_in(id, *room);
            let rooms = rooms.into_iter().filter(still_in);
            return rooms.map(|(room, _)| (room, self.state.head(room))).collect();
        };
        self.state.absent.remove_mut(&id);
        let is_there = |(room, _): &(RoomId, Seq)| self.state.room(*room).is_some();
        let (there, gone): (Vec<_>, Vec<_>) = absent.rooms.iter().copied().partition(is_there);
        gone.iter().for_each(|(room, _)| self.drop_marker(id, *room));
        let rows = gone.into_iter();
        let rows = rows.map(|(room, _)| Row::Membership { room, member: id, after: None });
        self.group.rows.extend(rows);
        let rooms: Vec<_> =
            there.into_iter().map(|(room, after)| self.step_in(id, room, after)).collect();
        let sessions = vec![session];
        let nick = absent.nick.clone();
        let back = Member { nick, since: self.at, away: None, stored: true, sessions, rooms };
        let (rooms, nick) = (back.rooms.clone(), back.nick.nick.clone());
        self.put_member(id, back);
        self.tell_rooms(&rooms, &Told::Joined { member: id, nick });
        self.put_out_where_banned(id);
        self.state.members[&id].rooms.clone()
    }

    /// Back in a room, and from where on.
    fn step_in(&mut self, id: MemberId, room: RoomId, after: Seq) -> (RoomId, Seq) {
        let mut entered = Room::clone(&self.state.rooms[&room]);
        entered.members.insert_mut(id);
        let after = if entered.keys().is_some() { self.state.head(room) } else { after };
        self.state.rooms.insert_mut(room, Arc::new(entered));
        (room, after)
    }

    /// An account of which no session is left keeps its rooms, and its nick.
    pub(super) fn step_away(&mut self, id: MemberId, member: &Member) {
        let mut away = Member { away: None, sessions: Vec::new(), ..member.clone() };
        for (room, after) in &mut away.rooms {
            *after = self.state.head(*room);
            self.step_out(id, *room);
        }
        self.state.members.remove_mut(&id);
        let away = Arc::new(away);
        self.state.absent.insert_mut(id, Arc::clone(&away));
        self.write_memberships(id, &away.rooms);
        self.group.rows.push(Row::Member(id, away));
    }

    /// Puts a private conversation among the rooms of an account that is not here.
    pub(super) fn leave_word(&mut self, id: MemberId, room: RoomId) {
        let mut absent = Member::clone(&self.state.absent[&id]);
        if absent.rooms.iter().any(|(other, _)| *other == room) {
            return;
        }
        let after = self.state.head(room);
        absent.rooms.push((room, after));
        self.group.rows.push(Row::Membership { room, member: id, after: Some(after) });
        self.state.absent.insert_mut(id, Arc::new(absent));
        self.put_marker(id, room, after);
    }

    /// Whether one more may begin a conversation with somebody, here or not.
    pub(super) fn may_leave_word(&self, id: MemberId) -> Result<(), Refusal> {
        let full = self.state.absent.get(&id).filter(|away| away.rooms.len() >= ABSENT_ROOMS_MAX);
        full.map_or(Ok(()), |away| {
            let text = format!("too much waits for {} already; try again later", away.nick.nick);
            Err(Refusal::new(ErrorCode::TooManyRooms, text))
        })
    }

    /// Why a nick cannot be had.
    pub(super) fn taken(&self, nick: &NickKeys) -> Refusal {
        let nick_of = |account: &Account| account.nick.nick.clone();
        match self.state.owner(nick).and_then(|id| self.state.account(id)).map(nick_of) {
            Some(owner) => Refusal::new(
                ErrorCode::Registered,
                format!(
                    "{} belongs to an account: log in if it is yours (/login {owner} PASSWORD), or choose another nick",
                    nick.nick
                ),
            ),
            None => Refusal::new(
                ErrorCode::NickTaken,
                format!("{} or a nick that looks like it is in use; choose another", nick.nick),
            ),
        }
    }
}

/// Rooms and conversations of an account that is not here, beyond which nobody may begin another with it.
const ABSENT_ROOMS_MAX: usize = 1000;
