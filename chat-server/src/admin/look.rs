//! What the operator and administrators are shown.

use chat_proto::{
    MemberId, Nick, RoomId, RoomName, SessionId, Time,
    message::{ErrorCode, Mode, Role},
    name::fold,
    text::clean,
};

use super::Desk;
use crate::core::{Account, Bar, BarKind, Label, Refusal, Room, SessionState, State};

/// Lines of one answer: with what may stand in them they fit into a frame.
const LINES_MAX: usize = 200;
/// Bytes of a line.
const LINE_BYTES_MAX: usize = 240;

impl Desk<'_> {
    /// A line each, by nick.
    pub(super) fn users(&self) -> Vec<String> {
        let state = self.log.state();
        let mut lines: Vec<_> =
            state.accounts().map(|(id, account)| user(&state, id, account)).collect();
        lines.sort_unstable();
        lines
    }

    /// What is kept about an account, as a line of JSON.
    pub(super) fn user(&self, nick: &Nick) -> Result<Vec<String>, Refusal> {
        let state = self.log.state();
        let none = || Refusal::new(ErrorCode::NoNick, format!("there is no account {nick}"));
        let found = state.account_named(&fold(nick.as_str()));
        let (id, account) = found.and_then(|id| Some((id, state.account(id)?))).ok_or_else(none)?;
        let rooms = state.known(id).map_or(&[][..], |member| &member.rooms);
        let rooms: Vec<_> = rooms.iter().filter_map(|(room, _)| name(&state, *room, id)).collect();
        let cares =
            |room: &&RoomId| state.doors(**room).is_some_and(|doors| doors.role(id) > Role::Member);
        let offices = state.stakes(id).iter().filter(cares);
        let offices: Vec<_> = offices.filter_map(|room| name(&state, *room, id)).collect();
        let devices: Vec<_> = account.devices.iter().map(|device| serde_json::json!({
            "name": device.name.0, "since": device.created.to_string(), "last_used": device.used.to_string(),
        })).collect();
        let told = serde_json::json!({
            "account": account.nick.nick, "member": id.0, "since": account.created.to_string(),
            "administrator": account.is_admin, "devices": devices, "rooms": rooms, "looks_after": offices,
        });
        Ok(vec![told.to_string()])
    }

    /// Every room with a name, by it; private ones too.
    pub(super) fn rooms(&self) -> Vec<String> {
        let state = self.log.state();
        let line = |(id, room): (RoomId, &Room)| {
            let name = &room.keys()?.name;
            let private = if state.is_private(id) { " private" } else { "" };
            Some(format!(
                "{name} members {} entries {}{private}",
                room.members.size(),
                kept(&state, id)
            ))
        };
        let mut lines: Vec<_> = state.rooms().filter_map(line).collect();
        lines.sort_unstable();
        lines
    }

    /// What there is to say about the rooms of that name: a private one may have the name of another.
    pub(super) fn room(&self, name: &RoomName) -> Result<Vec<String>, Refusal> {
        let (state, now) = (self.log.state(), (self.now)());
        let called = state.called(&fold(name.as_str())).iter();
        let called = called.filter_map(|id| Some((*id, state.room(*id)?)));
        let lines: Vec<_> = called.flat_map(|(id, room)| about(&state, id, room, now)).collect();
        if lines.is_empty() {
            return Err(Refusal::new(ErrorCode::NoRoom, format!("there is no room {name}")));
        }
        Ok(lines)
    }

    /// The sessions with this word in their line, by nick.
    pub(super) fn who(&self, word: &str) -> Vec<String> {
        let state = self.log.state();
        let sessions = state.sessions().map(|(id, session)| self.session(&state, id, session));
        let mut lines: Vec<_> =
            sessions.flatten().filter(|line| word.is_empty() || line.contains(word)).collect();
        lines.sort_unstable();
        lines
    }

    fn session(&self, state: &State, id: SessionId, session: &SessionState) -> Option<String> {
        let member = state.member(session.member)?;
        let kind = match state.account(session.member) {
            Some(account) if account.is_admin => "administrator",
            Some(_) => "account",
            None => "guest",
        };
        let from = session.from.map_or_else(|| "unknown".to_owned(), |from| from.to_string());
        let asked = self.server.map(|server| server.presence.last_asked(id));
        let idle = match asked.flatten() {
            Some(asked) => format!("idle {}", span(asked, (self.now)())),
            None => "waiting for its client".to_owned(),
        };
        Some(format!(
            "{} {kind} from {from}, rooms {}, {idle}",
            member.nick.nick,
            member.rooms.len()
        ))
    }

    /// The bans from the server that hold, the oldest first.
    pub(super) fn bans(&self) -> Vec<String> {
        let (state, now) = (self.log.state(), (self.now)());
        state.server_bans().iter().filter(|bar| bar.holds(now)).map(|bar| ban(bar)).collect()
    }

    /// What came of a ban that was just made.
    pub(super) fn banned(&self, folded: &str) -> Vec<String> {
        let state = self.log.state();
        let made = state.server_bans().iter().filter(|bar| bar.whom.folded == folded);
        made.map(|bar| format!("{} is banned{}", bar.whom.whom, bar.told().terms())).collect()
    }
}

fn about(state: &State, id: RoomId, room: &Room, now: Time) -> Vec<String> {
    let Some(keys) = room.keys() else { return Vec::new() };
    let doors = state.doors(id).cloned().unwrap_or_default();
    let Mode { private, read_only, topic_lock, slow_secs } = doors.mode;
    let bars = |kind| doors.bars(kind).iter().filter(|bar| bar.holds(now)).count();
    let nick = |id| state.known(id).map_or("?", |member| member.nick.nick.as_str());
    let mut lines = vec![
        format!("room {} number {id}", keys.name),
        format!("since {}", room.created),
        format!("topic {}", room.topic),
        format!("members {}", room.members.size()),
        format!("entries {}", kept(state, id)),
        format!("private {private} readonly {read_only} topiclock {topic_lock} slow {slow_secs}"),
        format!("bans {} mutes {}", bars(BarKind::Ban), bars(BarKind::Mute)),
    ];
    lines.extend(doors.staff.iter().map(|(member, role)| format!("{role} {}", nick(*member))));
    lines
}

fn kept(state: &State, room: RoomId) -> u64 {
    state.head(room).0 - state.forgotten(room).0
}

/// What a room is called by one of its members.
fn name(state: &State, room: RoomId, viewer: MemberId) -> Option<String> {
    Some(match state.room(room)?.label() {
        Label::Public(name) => name.to_string(),
        label @ Label::Direct(_) => format!("@{}", label.peer_of(viewer)?.1),
    })
}

fn user(state: &State, id: MemberId, account: &Account) -> String {
    let admin = if account.is_admin { " administrator" } else { "" };
    let here = if state.member(id).is_some() { " here" } else { "" };
    let (nick, since, devices) = (&account.nick.nick, account.created, account.devices.len());
    format!("{nick} since {since} devices {devices}{admin}{here}")
}

fn ban(bar: &Bar) -> String {
    format!("{} by {} {}{}", bar.whom.whom, bar.by, bar.at, bar.told().terms())
}

/// How long it was, in the unit that fits.
fn span(from: Time, to: Time) -> String {
    let secs = (to.0 - from.0).max(0) / 1000;
    match secs {
        0..120 => format!("{secs} s"),
        120..7200 => format!("{} min", secs / 60),
        _ => format!("{} h", secs / 3600),
    }
}

/// As many lines as one answer holds, each safe to show.
pub(super) fn fit(lines: Vec<String>, more: &str) -> Vec<String> {
    let count = lines.len();
    let mut fitting: Vec<_> = lines.iter().take(LINES_MAX).map(|line| short(line)).collect();
    if count > LINES_MAX {
        fitting.push(format!("and {} more{more}", count - LINES_MAX));
    }
    if fitting.is_empty() {
        fitting.push("none".to_owned());
    }
    fitting
}

fn short(line: &str) -> String {
    let line = clean(line).replace(['\n', '\t'], " ");
    let end = line.floor_char_boundary(LINE_BYTES_MAX);
    line[..end].to_owned()
}
