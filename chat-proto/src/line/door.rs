//! The commands about a room's doors, shared by line mode and clients: what stands behind their names.

use crate::message::Role;

/// A command about the doors of a room. Names and texts are still as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoorCommand {
    /// Shows how the room is open and who looks after it, or opens it in another way.
    Mode(Option<ModeChange>),
    Role {
        nick: String,
        role: Role,
    },
    Invite {
        nick: String,
        on: bool,
    },
    Kick {
        nick: String,
        reason: String,
    },
    /// Keeps somebody out, or, muted, silent.
    Bar {
        mute: bool,
        whom: String,
        secs: Option<u64>,
        reason: String,
    },
    Free {
        mute: bool,
        whom: String,
    },
    Bars,
    Audit(u16),
}

/// One thing about how a room is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeChange {
    Private(bool),
    ReadOnly(bool),
    TopicLock(bool),
    SlowSecs(u32),
}

/// Entries that `/audit` gives unless told otherwise.
const AUDIT_DEFAULT: u16 = 20;

/// How each is written.
const MODE: &str = "/mode [#room] private|public, readonly on|off, topiclock on|off, slow SECONDS|off; alone it shows them";
const ROLE: &str = "/role nick owner|moderator|member [#room]";
const INVITE: &str = "/invite nick [#room]";
const UNINVITE: &str = "/uninvite nick [#room]";
const KICK: &str = "/kick [#room] nick [reason]";
const BAN: &str = "/ban [#room] nick|mask|address|from:nick [for 30m|2h|7d] [reason]";
const UNBAN: &str = "/unban [#room] nick|mask|address|from:nick";
const MUTE: &str = "/mute [#room] nick|mask|address|from:nick [for 10m|2h|7d] [reason]";
const UNMUTE: &str = "/unmute [#room] nick|mask|address|from:nick";
const AUDIT: &str = "/audit [#room] [n], with n from 1; it gives about 70 decisions at most";
/// What is said where a time seems to be meant and is not written as one.
const NO_TIME: &str = "a time behind for, such as 30m, 2h or 7d; a reason does not begin with for";
const NO_FOR: &str = "for in front of the time: for 30m, for 2h or for 7d";

impl DoorCommand {
    /// Reads the command of that name, in small letters, and the room that it names; `None` where it is none of these.
    ///
    /// # Errors
    /// How the command is written.
    #[must_use]
    pub fn parse(name: &str, args: &str) -> Option<Result<(Option<String>, Self), &'static str>> {
        let (room, rest) = room_first(args);
        let bar = |mute, usage| bar(rest, mute, usage).map(|bar| (room.clone(), bar));
        let free = |mute, usage| {
            one(rest).map(|whom| (room.clone(), Self::Free { mute, whom })).ok_or(usage)
        };
        Some(match name {
            "mode" => mode(rest).map(|change| (room, Self::Mode(change))).ok_or(MODE),
            "role" => role(args).ok_or(ROLE),
            "invite" => invite(args, true).ok_or(INVITE),
            "uninvite" => invite(args, false).ok_or(UNINVITE),
            "kick" => kick(rest).map(|kick| (room, kick)).ok_or(KICK),
            "ban" => bar(false, BAN),
            "mute" => bar(true, MUTE),
            "unban" => free(false, UNBAN),
            "unmute" => free(true, UNMUTE),
            "bans" | "mutes" => Ok((room, Self::Bars)),
            "audit" => count(rest).map(|count| (room, Self::Audit(count))).ok_or(AUDIT),
            _ => return None,
        })
    }
}

/// The room that is named first, if one is.
fn room_first(args: &str) -> (Option<String>, &str) {
    let (word, rest) = word(args);
    if word.starts_with('#') { (Some(word.to_owned()), rest) } else { (None, args.trim_start()) }
}

fn mode(args: &str) -> Option<Option<ModeChange>> {
    let words: Vec<String> = args.split_whitespace().map(str::to_ascii_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Some(Some(match words.as_slice() {
        [] => return Some(None),
        ["private"] => ModeChange::Private(true),
        ["public"] => ModeChange::Private(false),
        ["readonly" | "read-only", word] => ModeChange::ReadOnly(on_off(word)?),
        ["topiclock" | "topic-lock", word] => ModeChange::TopicLock(on_off(word)?),
        ["slow", "off"] => ModeChange::SlowSecs(0),
        ["slow", secs] => {
            ModeChange::SlowSecs(secs.parse().ok().or_else(|| span(secs)?.try_into().ok())?)
        }
        _ => return None,
    }))
}

fn role(args: &str) -> Option<(Option<String>, DoorCommand)> {
    let (nick, rest) = word(args);
    let (role, rest) = word(rest);
    let (room, rest) = room_first(rest);
    let role = Role::parse(role).filter(|_| rest.is_empty() && !nick.is_empty())?;
    Some((room, DoorCommand::Role { nick: nick.to_owned(), role }))
}

fn invite(args: &str, on: bool) -> Option<(Option<String>, DoorCommand)> {
    let (nick, rest) = word(args);
    let (room, rest) = room_first(rest);
    let whole = !nick.is_empty() && rest.is_empty();
    whole.then(|| (room, DoorCommand::Invite { nick: nick.to_owned(), on }))
}

fn kick(args: &str) -> Option<DoorCommand> {
    let (nick, reason) = word(args);
    let reason = reason.trim().to_owned();
    (!nick.is_empty()).then(|| DoorCommand::Kick { nick: nick.to_owned(), reason })
}

fn bar(args: &str, mute: bool, usage: &'static str) -> Result<DoorCommand, &'static str> {
    let (whom, rest) = word(args);
    if whom.is_empty() {
        return Err(usage);
    }
    let (secs, reason) = duration(rest)?;
    let reason = reason.trim().to_owned();
    Ok(DoorCommand::Bar { mute, whom: whom.to_owned(), secs, reason })
}

/// `for 2h`, and what stands behind it.
///
/// # Errors
/// How it is written, where a time seems to be meant: a slip of the hand keeps nobody out for ever.
pub fn duration(args: &str) -> Result<(Option<u64>, &str), &'static str> {
    let (first, rest) = word(args);
    if first.eq_ignore_ascii_case("for") {
        let (length, after) = word(rest);
        return span(length).map(|secs| (Some(secs), after)).ok_or(NO_TIME);
    }
    if span(first).is_some() { Err(NO_FOR) } else { Ok((None, args)) }
}

/// `90s`, `10m`, `2h`, `7d`, `4w` in seconds.
#[must_use]
pub fn span(word: &str) -> Option<u64> {
    let unit = word.chars().last()?;
    let number: u64 = word.strip_suffix(unit)?.parse().ok()?;
    let (_, secs) = UNITS.iter().find(|(letter, _)| unit.eq_ignore_ascii_case(letter))?;
    number.checked_mul(*secs)
}

/// Seconds as [`span`] reads them, in the largest unit of which they are a whole number.
#[must_use]
pub fn written(secs: u64) -> String {
    let fits = |(_, unit): &&(char, u64)| secs >= *unit && secs.is_multiple_of(*unit);
    let (letter, unit) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0]);
    format!("{}{letter}", secs / unit)
}

/// What times are written in, and how many seconds each is.
const UNITS: [(char, u64); 5] =
    [('s', 1), ('m', 60), ('h', 3600), ('d', 24 * 3600), ('w', 7 * 24 * 3600)];

fn count(args: &str) -> Option<u16> {
    match args.trim() {
        "" => Some(AUDIT_DEFAULT),
        number => number.parse().ok().filter(|count| *count > 0),
    }
}

fn one(args: &str) -> Option<String> {
    let (first, rest) = word(args);
    (!first.is_empty() && rest.is_empty()).then(|| first.to_owned())
}

fn on_off(word: &str) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn word(args: &str) -> (&str, &str) {
    let args = args.trim();
    args.split_once(char::is_whitespace)
        .map_or((args, ""), |(word, rest)| (word, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, args: &str, expected: &str) {
        let shown = match DoorCommand::parse(name, args).expect("a command") {
            Ok((room, command)) => format!("{} {command:?}", room.unwrap_or_default()),
            Err(usage) => format!("! {usage}"),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn commands() {
        check("mode", "", " Mode(None)");
        check("mode", "#ops", "#ops Mode(None)");
        check("mode", "#ops private", "#ops Mode(Some(Private(true)))");
        check("mode", "PUBLIC", " Mode(Some(Private(false)))");
        check("mode", "readonly on", " Mode(Some(ReadOnly(true)))");
        check("mode", "topiclock off", " Mode(Some(TopicLock(false)))");
        check("mode", "slow 30", " Mode(Some(SlowSecs(30)))");
        check("mode", "slow 2m", " Mode(Some(SlowSecs(120)))");
        check("mode", "slow off", " Mode(Some(SlowSecs(0)))");
        check("role", "bob owner", r#" Role { nick: "bob", role: Owner }"#);
        check("role", "bob Member #ops", r##"#ops Role { nick: "bob", role: Member }"##);
        check("invite", "bob #ops", r##"#ops Invite { nick: "bob", on: true }"##);
        check("uninvite", "bob", r#" Invite { nick: "bob", on: false }"#);
        check("kick", "bob  enough now", r#" Kick { nick: "bob", reason: "enough now" }"#);
        check("unban", "#ops b*", r##"#ops Free { mute: false, whom: "b*" }"##);
        check("bans", "", " Bars");
        check("audit", "", " Audit(20)");
        check("audit", "#ops 5", "#ops Audit(5)");
        assert_eq!(DoorCommand::parse("join", "#ops"), None);
    }

    #[test]
    fn bars_have_a_time_and_a_reason() {
        let bar = |args: &str, secs: &str, reason: &str| {
            let expected =
                format!(" Bar {{ mute: true, whom: \"bob\", secs: {secs}, reason: {reason:?} }}");
            check("mute", args, &expected);
        };
        bar("bob", "None", "");
        bar("bob for 10m", "Some(600)", "");
        bar("bob for 2h spam", "Some(7200)", "spam");
        bar("bob for 4w", "Some(2419200)", "");
        bar("bob rude for 2 days", "None", "rude for 2 days");
        bar("bob 2 many", "None", "2 many");
    }

    #[test]
    fn a_time_that_is_none_is_not_for_ever() {
        for args in ["bob for 2x spam", "bob for 2 hours", "#ops bob for", "bob FOR being rude"] {
            check("ban", args, &format!("! {NO_TIME}"));
        }
        check("mute", "bob for 99999999999999999999d", &format!("! {NO_TIME}"));
        check("mute", "bob 2h spam", &format!("! {NO_FOR}"));
        check("ban", "#ops bob 30m", &format!("! {NO_FOR}"));
    }

    #[test]
    fn mistakes_say_how_it_is_written() {
        check("mode", "loud", &format!("! {MODE}"));
        check("mode", "slow", &format!("! {MODE}"));
        check("role", "bob king", &format!("! {ROLE}"));
        check("invite", "", &format!("! {INVITE}"));
        check("invite", "bob carol", &format!("! {INVITE}"));
        check("kick", " ", &format!("! {KICK}"));
        check("ban", "#ops", &format!("! {BAN}"));
        check("unmute", "", &format!("! {UNMUTE}"));
        check("audit", "0", &format!("! {AUDIT}"));
    }
}
