//! What an administrator types, as a request; and a request as it is typed, for the log.

use std::fmt;

use chat_proto::{
    Nick, Reason, Whom,
    line::{duration, written},
    message::ErrorCode,
};

use super::Request;
use crate::core::Refusal;

/// What `/admin help` says, a line each.
pub(super) const HELP: &[&str] = &[
    "/admin who [word]  the sessions, or those with that word in their line: nick, address, rooms, for how long idle",
    "/admin kick nick [reason]  ends the sessions of somebody",
    "/admin ban nick|mask|address|from:nick [for 2h] [reason]  keeps somebody off the server: bob, b*, 203.0.113.0/24, or where bob comes from",
    "/admin unban nick|mask|address|from:nick  lets them in again",
    "/admin bans  who is kept off the server",
    "/admin announce text  tells everybody who is here",
    "/admin reload  reads the configuration again, and says what has changed",
    "in every room an administrator may do what its owner may: /mode, /role, /kick, /ban, /delete",
];

pub(super) fn parse(words: &str) -> Result<Request, Refusal> {
    let (command, rest) =
        words.trim().split_once(char::is_whitespace).unwrap_or((words.trim(), ""));
    let rest = rest.trim();
    match command {
        "help" | "" => Ok(Request::Help),
        "who" => Ok(Request::Who { word: rest.to_owned() }),
        "kick" => kick(rest),
        "ban" => ban(rest),
        "unban" => one(rest)
            .map(|whom| Ok(Request::BanLift { whom: self::whom(whom)? }))
            .unwrap_or_else(|| Err(usage("/admin unban nick|mask|address|from:nick"))),
        "bans" => Ok(Request::BanList),
        "announce" => announce(rest),
        "reload" => Ok(Request::Reload),
        _ => Err(usage("/admin help, who, kick, ban, unban, bans, announce or reload")),
    }
}

fn kick(args: &str) -> Result<Request, Refusal> {
    let (nick, why) = args.split_once(char::is_whitespace).unwrap_or((args, ""));
    let nick = Nick::parse(nick).map_err(|_none| usage("/admin kick nick [reason]"))?;
    Ok(Request::Kick { nick, reason: reason(why)? })
}

/// Written as for a room.
fn ban(args: &str) -> Result<Request, Refusal> {
    let (whom, rest) = args.split_once(char::is_whitespace).unwrap_or((args, ""));
    if whom.is_empty() || whom.starts_with('#') {
        return Err(usage("/admin ban nick|mask|address|from:nick [for 30m|2h|7d] [reason]"));
    }
    let (secs, why) = duration(rest).map_err(usage)?;
    Ok(Request::BanAdd { whom: self::whom(whom)?, secs, reason: reason(why)? })
}

fn announce(text: &str) -> Result<Request, Refusal> {
    let text = reason(text)?;
    if text.is_empty() {
        Err(usage("/admin announce text"))
    } else {
        Ok(Request::Announce { text })
    }
}

fn one(args: &str) -> Option<&str> {
    (!args.is_empty() && !args.contains(char::is_whitespace)).then_some(args)
}

fn whom(written: &str) -> Result<Whom, Refusal> {
    Whom::parse(written).map_err(|error| Refusal::new(ErrorCode::Usage, error.to_string()))
}

fn reason(written: &str) -> Result<Reason, Refusal> {
    Reason::clean(written.trim())
        .map_err(|error| Refusal::new(ErrorCode::TooLong, error.to_string()))
}

fn usage(how: &str) -> Refusal {
    Refusal::new(ErrorCode::Usage, format!("write {how}"))
}

/// Without its passwords.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserList => f.write_str("user list"),
            Self::UserAdd { nick, password: _ } => write!(f, "user add {nick}"),
            Self::UserPasswd { nick, password: _ } => write!(f, "user passwd {nick}"),
            Self::UserAdmin { nick, on: true } => write!(f, "user admin {nick} on"),
            Self::UserAdmin { nick, on: false } => write!(f, "user admin {nick} off"),
            Self::UserLogout { nick } => write!(f, "user logout {nick}"),
            Self::UserDelete { nick, with_messages: false } => write!(f, "user delete {nick}"),
            Self::UserDelete { nick, with_messages: true } => {
                write!(f, "user delete {nick} --with-messages")
            }
            Self::UserShow { nick } => write!(f, "user export {nick}"),
            Self::RoomList => f.write_str("room list"),
            Self::RoomInfo { room } => write!(f, "room info {room}"),
            Self::RoomDelete { room, number: None } => write!(f, "room delete {room}"),
            Self::RoomDelete { room, number: Some(number) } => {
                write!(f, "room delete {room} --number {number}")
            }
            Self::BanList => f.write_str("bans"),
            Self::BanAdd { whom, secs, reason } => {
                let span = secs.map(|secs| format!("for {}", written(secs))).unwrap_or_default();
                write!(f, "ban {whom}{}{}", behind(&span), behind(reason.as_str()))
            }
            Self::BanLift { whom } => write!(f, "unban {whom}"),
            Self::Help => f.write_str("help"),
            // The one text that is taken as it was typed.
            Self::Who { word } => write!(f, "who{}", behind(&word.escape_debug().to_string())),
            Self::Kick { nick, reason } => write!(f, "kick {nick}{}", behind(reason.as_str())),
            Self::Announce { text } => write!(f, "announce {text}"),
            Self::Reload => f.write_str("reload"),
            Self::Fingerprint => f.write_str("fingerprint"),
        }
    }
}

/// With the blank that parts it from what stands before, if it is anything.
fn behind(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" {text}") }
}

#[cfg(test)]
mod tests {
    use chat_proto::{RoomName, Secret};

    use super::*;

    #[track_caller]
    fn check(words: &str, expected: &str) {
        let shown = match parse(words) {
            Ok(request) => format!("{request:?}"),
            Err(refusal) => refusal.to_string(),
        };
        assert!(shown.contains(expected), "{words}: {shown}");
    }

    #[test]
    fn words_are_requests() {
        check("", "Help");
        check(" who  192.0.2 ", "Who { word: \"192.0.2\" }");
        check("kick bob  too loud", "Kick { nick: ");
        check("ban b* for 2h spam", "secs: Some(7200), reason: ");
        check("unban b*", "BanLift");
        check("announce tea", "Announce");
        check("reload", "Reload");
    }

    #[test]
    fn requests_are_shown_as_they_are_typed() {
        for words in [
            "help",
            "who",
            "who 192.0.2",
            "kick eve",
            "kick eve too loud",
            "ban an*",
            "ban an* for 2h",
            "ban 203.0.113.0/24 for 90s spam, again",
            "ban from:eve for 2w",
            "ban eve for 8d spam",
            "unban an*",
            "bans",
            "announce tea is ready",
            "reload",
        ] {
            assert_eq!(parse(words).unwrap().to_string(), words);
        }
        assert_eq!(parse("who a\n\u{1b}[31mb").unwrap().to_string(), "who a\\n\\u{1b}[31mb");
    }

    #[test]
    fn the_operators_requests_are_shown_without_passwords() {
        let nick = Nick::parse("eve").unwrap();
        let room = RoomName::parse("#tea").unwrap();
        let password = Secret::new("tea for two");
        for (request, expected) in [
            (Request::UserAdd { nick: nick.clone(), password: password.clone() }, "user add eve"),
            (Request::UserPasswd { nick: nick.clone(), password }, "user passwd eve"),
            (Request::UserAdmin { nick: nick.clone(), on: true }, "user admin eve on"),
            (Request::UserDelete { nick, with_messages: true }, "user delete eve --with-messages"),
            (Request::RoomDelete { room, number: Some(3) }, "room delete #tea --number 3"),
        ] {
            assert_eq!(request.to_string(), expected);
        }
    }

    #[test]
    fn mistakes_say_how_it_is_written() {
        check("kick", "usage: write /admin kick nick [reason]");
        check("ban", "usage: write /admin ban nick");
        check("ban #tea bob", "usage: write /admin ban nick");
        check("ban 10.0.0.0/99", "usage: ");
        check("ban foo for 2 hours spam", "usage: write a time behind for, such as 30m, 2h");
        check("ban foo 2h spam", "usage: write for in front of the time: for 30m");
        check("unban a b", "usage: write /admin unban");
        check("announce \u{1b}[31m", "usage: write /admin announce text");
        check("fly", "usage: write /admin help, who");
    }
}
