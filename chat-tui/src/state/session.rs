//! Beginning, losing and taking up a session.
//!
//! After a lost connection the client says hello with the token and its cursors. A session that was kept goes on where
//! each room stopped. Of another session in the same log, rooms are entered again from their cursors; in another log
//! (epoch) the numbers mean nothing, and rooms are read anew.

use chat_proto::{
    Seq, Time, Token,
    message::{Closing, ErrorCode, Failed, Hello, Join, Login, Open, Resume, Welcome},
    version::{VERSION_MAX, VERSION_MIN},
};

use super::{
    Effect, Effects, Link, Model, Room, RoomKey, Title, leaving, model::Session, msg::Exit,
    requests::Asked, revise, room::Standing, search,
};

use crate::login::Credential;

/// How the server's operator sees this client.
const AGENT: &str = concat!("chat-tui ", env!("CARGO_PKG_VERSION"));
/// The first and the longest pause before a connection is tried again.
const PAUSE_MILLIS_MIN: u64 = 500;
const PAUSE_MILLIS_MAX: u64 = 30_000;

/// A socket is open: says who this is.
pub(super) fn greet(model: &mut Model, conn: u32, out: &mut Effects) {
    model.requests.restart(conn);
    say_hello(model, out);
}

fn say_hello(model: &mut Model, out: &mut Effects) {
    let login = model.login.clone().filter(|_| model.settings.is_private).map(shown);
    let hello = Hello {
        version_min: VERSION_MIN,
        version_max: VERSION_MAX,
        agent: AGENT.into(),
        nick: model.nick.clone().into(),
        resume: model.session.map(|session| resume(model, session)),
        login,
    };
    model.requests.ask(Asked::Hello, hello, out);
}

fn shown(credential: Credential) -> Login {
    match credential {
        Credential::Device(token) => Login::Device(token),
        Credential::Password(password) => Login::Password { password, remember: true },
        Credential::Register(password) => Login::Register { password, remember: true },
    }
}

/// What the client logs in by from here on; kept for its next start.
pub(super) fn remember(model: &mut Model, token: Option<Token>, out: &mut Effects) {
    let Some(token) = token else { return };
    model.login = Some(Credential::Device(token));
    keep_token(model, Some(token), out);
}

pub(super) fn keep_token(model: &Model, token: Option<Token>, out: &mut Effects) {
    let (server, nick) = (model.settings.server.clone(), model.nick.clone());
    out.push(Effect::KeepToken { server, nick, token });
}

fn resume(model: &Model, session: Session) -> Resume {
    let cursor = |room: &Room| Some((room.id.filter(|_| room.held)?, room.cursor));
    let cursors = model.rooms.iter().filter_map(|(_, room)| cursor(room)).collect();
    Resume { token: session.token, epoch: session.epoch, cursors }
}

/// The server knows us.
pub(super) fn welcome(model: &mut Model, welcome: Welcome, out: &mut Effects) {
    let before = model.session;
    let same_log = before.is_none_or(|session| session.epoch == welcome.epoch);
    let (token, epoch, member) = (welcome.token, welcome.epoch, welcome.member);
    model.session = Some(Session { token, epoch, member, closing: None, restarting: None });
    model.link = Link::Online;
    model.is_account = welcome.registered;
    model.logged_out = false;
    if welcome.nick != model.nick {
        let told = format!("you are {} here: {} is taken", welcome.nick, model.nick);
        model.inform(told, out);
        model.nick = welcome.nick;
    }
    remember(model, welcome.device, out);
    if !same_log {
        forget_numbers(model);
    }
    model.away &= welcome.resumed;
    enter_all(model, welcome.resumed, out);
    search::go_on(model, out);
}

/// The log is another one: what was read of the old one stays out of sight, what was not sent stays.
fn forget_numbers(model: &mut Model) {
    let mut lost = 0;
    for (_, room) in model.rooms.iter_mut() {
        room.id = None;
        room.restart(Seq(0));
        // Changes and answers would go to other messages.
        lost += std::mem::take(&mut room.revisions).len();
        room.timeline.unsent_mut().for_each(|said| said.reply_to = None);
    }
    if lost > 0 {
        model.hint(format!("the server has another log: {lost} changes of messages are lost"));
    }
}

/// A resumed session tells of each room that it had; only others are asked for.
fn enter_all(model: &mut Model, resumed: bool, out: &mut Effects) {
    let is_wanted = |room: &Room| room.standing == Standing::Wanted && !(resumed && room.held);
    let wanted = model.rooms.iter().filter(|(_, room)| is_wanted(room)).map(|(key, _)| key);
    let wanted: Vec<RoomKey> = wanted.collect();
    for key in wanted {
        enter(model, key, out);
    }
}

/// Asks to be in a room, from where the client has it on.
pub(super) fn enter(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.standing = Standing::Wanted;
    let after = room.id.map(|_| room.cursor);
    let asked = Asked::Enter(key);
    match room.title.clone() {
        Title::Public(name) => model.requests.ask(asked, Join { room: name.into(), after }, out),
        Title::Direct(nick, _) => model.requests.ask(asked, Open { nick: nick.into() }, out),
    }
}

/// The server said its last words.
pub(super) fn closing(model: &mut Model, closing: &Closing, out: &mut Effects) {
    if let Some(session) = &mut model.session {
        session.closing = Some(closing.come_back_millis);
        session.restarting = closing.come_back_millis.map(|_| model.now);
    }
    if matches!(model.link, Link::Over { .. }) {
        return;
    }
    let text = clean_line(&closing.text);
    model.link = match closing.code {
        _ if model.logged_out => Link::Over { why: LOGGED_OUT.into() },
        // Nothing tells whether the token still holds: the device may be revoked, the account deleted.
        ErrorCode::Displaced => Link::Over { why: format!("{text} (/connect tries again)") },
        _ if closing.come_back_millis.is_none() => Link::Over { why: text },
        _ => Link::Connecting { failed: 0 },
    };
    // The line of the status may be too short for it.
    if let Link::Over { why } = &model.link
        && !model.settings.plain
    {
        model.complain(why.clone(), out);
    }
}

const LOGGED_OUT: &str = "you are logged out; /login NICK PASSWORD comes in again";

/// The connection is gone, or did not come about.
pub(super) fn lost(model: &mut Model, why: &str, out: &mut Effects) {
    let why = clean_line(why);
    model.requests.restart(model.requests.conn());
    model.latency_millis = None;
    for (_, room) in model.rooms.iter_mut() {
        room.disconnected();
        room.timeline.unsent_mut().for_each(super::talk::not_in_flight);
        revise::disconnected(room);
    }
    leaving::lost(model, out);
    if model.leaving.is_some() {
        return;
    }
    match (&model.link, model.session) {
        (Link::Over { why }, _) if model.settings.plain => out.push(unavailable(why.clone())),
        (Link::Over { .. }, _) => {}
        (_, None) => out.push(unavailable(why)),
        (_, Some(session)) => try_again(model, session, why, out),
    }
}

fn try_again(model: &mut Model, session: Session, why: String, out: &mut Effects) {
    let failed = match model.link {
        Link::Connecting { failed } | Link::Waiting { failed, .. } => failed + 1,
        _ => 0,
    };
    let least = session.closing.flatten().unwrap_or(0);
    // A server that restarts is there again in seconds: who asks often enough hardly notices.
    let doublings = if model.is_restarting() { failed.min(1) } else { failed };
    let after_millis = pause_millis(doublings, model.ids.spread()).max(u64::from(least));
    if let Some(session) = &mut model.session {
        session.closing = None;
    }
    let until = Time(model.now.0.saturating_add_unsigned(after_millis));
    model.link = Link::Waiting { failed, until, why };
    out.push(Effect::Dial { server: model.settings.server.clone(), after_millis });
}

/// Doubles with every failure; the random half keeps a thousand clients from coming back as one.
const fn pause_millis(failed: u32, spread: u64) -> u64 {
    let exponent = if failed < 10 { failed } else { 10 };
    let doubled = PAUSE_MILLIS_MIN << exponent;
    let longest = if doubled < PAUSE_MILLIS_MAX { doubled } else { PAUSE_MILLIS_MAX };
    longest / 2 + spread % (longest / 2 + 1)
}

/// Connects at once.
pub(super) fn connect(model: &mut Model, out: &mut Effects) {
    model.unwelcome = false;
    model.link = Link::Connecting { failed: 0 };
    out.push(Effect::Dial { server: model.settings.server.clone(), after_millis: 0 });
}

/// The hello was refused.
pub(super) fn refused(model: &mut Model, failed: &Failed, out: &mut Effects) {
    let why = clean_line(&failed.text);
    let is_about_login = LOGIN_CODES.contains(&failed.code);
    let void = model.login.take_if(|_| failed.code == ErrorCode::BadLogin);
    if matches!(void, Some(Credential::Device(_))) {
        keep_token(model, None, out);
    }
    match (is_about_login, model.settings.plain) {
        (true, true) => out.push(Effect::Exit(Exit { code: 1, message: Some(why) })),
        (true, false) => {
            model.unwelcome = true;
            model.complain(why.clone(), out);
            model.link = Link::Over { why };
            if failed.code == ErrorCode::Registered {
                model.hint("/nick NAME tries another one");
            }
        }
        (false, _) if model.session.is_none() => out.push(unavailable(why)),
        (false, _) => {
            model.complain(why.clone(), out);
            model.link = Link::Over { why };
        }
    }
}

/// What the user can do something about: by `/login`, `/register`, or another start.
const LOGIN_CODES: &[ErrorCode] = &[
    ErrorCode::Registered,
    ErrorCode::BadLogin,
    ErrorCode::BadPassword,
    ErrorCode::LockedOut,
    ErrorCode::LoginNeeded,
    ErrorCode::TlsNeeded,
    ErrorCode::NoRegistration,
];

/// The server is not the one that is meant.
pub(super) fn no_trust(model: &mut Model, why: String, out: &mut Effects) {
    if model.session.is_none() || model.settings.plain {
        return out.push(Effect::Exit(Exit { code: 1, message: Some(why) }));
    }
    why.lines().for_each(|line| model.complain(line, out));
    let first = why.lines().next().unwrap_or_default();
    model.link = Link::Over { why: clean_line(first) };
    lost(model, &why, out);
}

const fn unavailable(why: String) -> Effect {
    Effect::Exit(Exit { code: Exit::UNAVAILABLE, message: Some(why) })
}

/// What a server says in words is not checked by its type: one line, nothing a terminal acts upon.
#[must_use]
pub fn clean_line(text: &str) -> String {
    let clean = chat_proto::text::clean(text).replace(['\n', '\t'], " ");
    clean.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_within_bounds() {
        let longest: Vec<u64> = (0..8).map(|failed| pause_millis(failed, u64::MAX - 1)).collect();
        assert!(longest.iter().all(|pause| (250..=30_000).contains(pause)));
        assert_eq!(pause_millis(0, 0), 250);
        assert_eq!(
            (pause_millis(1, 0), pause_millis(9, 0), pause_millis(99, 0)),
            (500, 15_000, 15_000)
        );
    }
}
