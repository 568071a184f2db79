//! What an administrator types, as a request.

use chat_proto::{Nick, Reason, Whom, line::duration, message::ErrorCode};

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

#[cfg(test)]
mod tests {
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
