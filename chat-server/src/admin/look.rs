//! What the operator and administrators are shown.

use chat_proto::{MemberId, SessionId, Time, text::clean};

use super::Desk;
use crate::core::{Account, Bar, SERVER, SessionState, State};

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
        let bans = state.doors(SERVER).map_or(&[][..], |doors| &doors.bans);
        bans.iter().filter(|bar| bar.holds(now)).map(|bar| ban(bar)).collect()
    }
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
