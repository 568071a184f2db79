//! The commands of line mode. Names are exact: a script must not change its meaning when a command is added.

use super::DoorCommand;
use crate::{Secret, text::clean};

/// One line of input, read. Names and texts are still as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A message to the current room.
    Say(String),
    Me(String),
    /// To a room or a nick.
    Msg {
        to: String,
        text: String,
    },
    /// An answer to the message of that number in the current room.
    Reply {
        target: u64,
        text: String,
    },
    /// Another text for a message of one's own.
    Edit {
        target: u64,
        text: String,
    },
    Delete(u64),
    /// Puts a reaction to a message, or takes it back.
    React {
        target: u64,
        reaction: String,
        on: bool,
    },
    /// Makes the private conversation with a nick the current one.
    Query(String),
    Join {
        room: String,
        after: Option<u64>,
    },
    Part {
        room: Option<String>,
        reason: String,
    },
    Switch(String),
    Names(Option<String>),
    List,
    /// Shows the topic, or sets it; `-` removes it.
    Topic(Option<String>),
    /// All of a room, or what is in it up to a number, was read.
    Read {
        room: Option<String>,
        through: Option<u64>,
    },
    Nick(String),
    History(u16),
    Search(String),
    /// The next page of the search before.
    SearchMore,
    Whois(String),
    Away(String),
    Back,
    /// Makes one's nick an account; with a nick, of somebody who has none yet.
    Register {
        nick: Option<String>,
        password: Secret,
    },
    /// Goes on as an account.
    Login {
        nick: String,
        password: Secret,
    },
    /// Another password.
    Password {
        old: Secret,
        new: Secret,
    },
    /// Where one is logged in without a password.
    Devices,
    Revoke(u32),
    /// About the doors of a room, or of the current one.
    Door(Option<String>, DoorCommand),
    /// What administrators ask of the server; the token of `claim TOKEN` is a secret.
    Admin(Secret),
    /// What [`HELP`] says, or of one command.
    Help(Vec<&'static str>),
    Quit(String),
    Set(Switchable, bool),
}

/// What can be switched on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switchable {
    /// Show one's own messages.
    Echo,
    /// Answer every message with its number once it is on disk.
    Ack,
    /// Give live messages with number and time.
    Numbers,
    /// Hide joins, parts and nick changes.
    Quiet,
}

/// A command that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Usage {
    #[error("there is no command {0}; /help lists them; // sends a slash")]
    Unknown(String),
    #[error("write {0}")]
    Write(&'static str),
}

/// How many messages `/history` gives unless told otherwise.
const HISTORY_DEFAULT: u16 = 20;

/// What `/help` says, a line each.
pub const HELP: &[&str] = &[
    "a line is a message to the current room; // at its start sends one slash",
    "/join #room [number]  enter a room and make it current; with a number, first everything after it",
    "/part [#room] [reason]  leave",
    "/switch #room  make a room you are in current",
    "/msg #room|nick text  say something there",
    "/query nick  make the private conversation with nick current",
    "/me text  say what you do",
    "/reply number text  answer a message of the current room; /numbers on and /history show numbers",
    "/edit number text  give a message of yours another text",
    "/delete number  delete a message of yours for good",
    "/react number emoji, /unreact number emoji  react to a message, and take that back",
    "/names [#room], /who  who is in a room",
    "/list  all rooms with members and topics",
    "/topic [text]  show or set the topic; '/topic -' removes it",
    "/history [n]  the last n messages (20) of the current room, at most 500; /join #room number gives the rest",
    "/read [#room|@nick] [number]  note that you have read all of a room, or up to that number; for accounts",
    "/search words  find messages in your rooms, newest last; also \"a phrase\" from:nick in:#room before:2026-11-21 after:2026-11-21",
    "/search more  go on with the older ones",
    "/nick name  call yourself otherwise",
    "/whois nick  about somebody",
    "/away [reason], /back  say that you are away, and back",
    "/register [nick] password  make your nick your own; 8 bytes at least, without blanks",
    "/login nick password  go on as the account of that nick",
    "/password old new  change your password",
    "/devices  the programs that come in as you without a password",
    "/revoke number  lets one of them do so no longer",
    "/mode [#room] private|public, readonly on|off, topiclock on|off, slow SECONDS|off  open a room in another way; alone it shows how it is open and who looks after it",
    "/invite nick [#room], /uninvite nick [#room]  let somebody into a private room, and take that back",
    "/role nick owner|moderator|member [#room]  let somebody look after the room",
    "/kick [#room] nick [reason]  put somebody out of the room",
    "/ban [#room] nick|mask|address|from:nick [for 2h] [reason], /unban  keep somebody out: bob, b*, 203.0.113.0/24, or where bob comes from",
    "/mute [#room] nick|mask|address|from:nick [for 10m] [reason], /unmute  keep somebody from speaking",
    "/bans [#room], /audit [#room] [n]  who is kept out or silent, and what was decided about the room, for its moderators",
    "/admin help  what administrators of the server may do; /admin claim TOKEN makes your account one, by the token that the server shows at its first start",
    "/ack on|off  answer each message and each change of one with '+ #room number' once it is on disk",
    "/numbers on|off  give messages with number and time",
    "/echo on|off  show your own messages",
    "/quiet on|off  hide joins, parts and nick changes",
    "/help [command]  all of this, or what it says of one command",
    "/quit [reason]  leave the server",
];

impl Command {
    /// Reads one input line; `None` for a blank one.
    ///
    /// # Errors
    /// Says how to write the command.
    pub fn parse(line: &str) -> Result<Option<Self>, Usage> {
        if line.trim().is_empty() {
            return Ok(None);
        }
        match line.strip_prefix('/') {
            None => Ok(Some(Self::Say(line.to_owned()))),
            Some(rest) if rest.starts_with('/') => Ok(Some(Self::Say(rest.to_owned()))),
            Some(rest) => Self::slash(rest).map(Some),
        }
    }

    fn slash(rest: &str) -> Result<Self, Usage> {
        let (name, args) = split_word(rest);
        match name.to_ascii_lowercase().as_str() {
            "join" | "j" => join(args),
            "part" | "close" => Ok(part(args)),
            "switch" | "buffer" => one(args, "/switch #room").map(Self::Switch),
            "msg" => msg(args),
            "query" => one(args, "/query nick").map(Self::Query),
            "me" => text(args, "/me text").map(Self::Me),
            "reply" => numbered(args, "/reply number text")
                .map(|(target, text)| Self::Reply { target, text }),
            "edit" => numbered(args, "/edit number text")
                .map(|(target, text)| Self::Edit { target, text }),
            "delete" => delete(args),
            "react" => react(args, true, "/react number emoji"),
            "unreact" => react(args, false, "/unreact number emoji"),
            "names" | "who" => Ok(Self::Names(word(args))),
            "list" => Ok(Self::List),
            "topic" => Ok(Self::Topic(word(args).map(|_| args.trim().to_owned()))),
            "read" => read(args),
            "nick" => one(args, "/nick name").map(Self::Nick),
            "history" => history(args),
            "search" => search(args),
            "whois" => one(args, "/whois nick").map(Self::Whois),
            "away" => Ok(Self::Away(args.trim().to_owned())),
            "back" => Ok(Self::Back),
            "register" => register(args),
            "login" => login(args),
            "password" => password(args),
            "devices" => Ok(Self::Devices),
            "revoke" => revoke(args),
            "admin" => Ok(Self::Admin(Secret::new(args.trim()))),
            "help" => help(args),
            "quit" | "exit" => Ok(Self::Quit(args.trim().to_owned())),
            "echo" => on_off(args, "/echo on|off").map(|on| Self::Set(Switchable::Echo, on)),
            "ack" => on_off(args, "/ack on|off").map(|on| Self::Set(Switchable::Ack, on)),
            "numbers" => {
                on_off(args, "/numbers on|off").map(|on| Self::Set(Switchable::Numbers, on))
            }
            "quiet" => on_off(args, "/quiet on|off").map(|on| Self::Set(Switchable::Quiet, on)),
            other => match DoorCommand::parse(other, args) {
                Some(Ok((room, command))) => Ok(Self::Door(room, command)),
                Some(Err(usage)) => Err(Usage::Write(usage)),
                None => Err(unknown(name)),
            },
        }
    }

    /// Whether it is a message or a change of one, answered by exactly one line under `/ack on`.
    #[must_use]
    pub const fn is_message(&self) -> bool {
        matches!(
            self,
            Self::Say(_)
                | Self::Me(_)
                | Self::Msg { .. }
                | Self::Reply { .. }
                | Self::Edit { .. }
                | Self::Delete(_)
                | Self::React { .. }
        )
    }
}

/// Whether a line that cannot be read as a command would have been a message.
#[must_use]
pub fn is_message_command(line: &str) -> bool {
    let name = line.strip_prefix('/').map(|rest| split_word(rest).0.to_ascii_lowercase());
    name.is_none_or(|name| MESSAGES.contains(&name.as_str()) || name.starts_with('/'))
}

/// The commands that say something or change what was said.
const MESSAGES: &[&str] = &["me", "msg", "reply", "edit", "delete", "react", "unreact"];

/// The lines of one command, which may be written without its slash, or all.
fn help(args: &str) -> Result<Command, Usage> {
    let Some(word) = word(args) else { return Ok(Command::Help(HELP.to_vec())) };
    let name = word.trim_start_matches('/');
    let wanted = format!("/{}", first_name(&name.to_ascii_lowercase()));
    let lines: Vec<_> = HELP.iter().copied().filter(|line| is_about(line, &wanted)).collect();
    if lines.is_empty() { Err(unknown(name)) } else { Ok(Command::Help(lines)) }
}

/// Of the names of a command, the one that [`HELP`] has.
fn first_name(name: &str) -> &str {
    match name {
        "j" => "join",
        "close" => "part",
        "buffer" => "switch",
        "mutes" => "bans",
        "exit" => "quit",
        other => other,
    }
}

/// Before two blanks a line of [`HELP`] has how commands are written.
fn is_about(line: &str, command: &str) -> bool {
    let usage = line.split("  ").next().unwrap_or_default();
    usage.split(", ").any(|usage| usage.split(' ').next() == Some(command))
}

/// It repeats what was typed, so no more of that than is short and safe to show.
fn unknown(name: &str) -> Usage {
    let start: String = name.chars().take(32).collect();
    Usage::Unknown(format!("/{}", clean(&start)))
}

fn join(args: &str) -> Result<Command, Usage> {
    const USAGE: Usage = Usage::Write("/join #room or /join #room number");
    let (room, number) = first_word(args);
    let after = word(number).map(|number| number.parse()).transpose();
    match (room, after) {
        ("", _) | (_, Err(_)) => Err(USAGE),
        (room, Ok(after)) => Ok(Command::Join { room: room.to_owned(), after }),
    }
}

fn part(args: &str) -> Command {
    let (room, reason) = first_word(args);
    if room.starts_with('#') {
        Command::Part { room: Some(room.to_owned()), reason: reason.trim().to_owned() }
    } else {
        Command::Part { room: None, reason: args.trim().to_owned() }
    }
}

fn msg(args: &str) -> Result<Command, Usage> {
    const USAGE: &str = "/msg #room text or /msg nick text";
    let (to, rest) = first_word(args);
    let text = text(rest, USAGE)?;
    Ok(Command::Msg { to: to.to_owned(), text })
}

fn numbered(args: &str, usage: &'static str) -> Result<(u64, String), Usage> {
    let (number, rest) = first_word(args);
    let number = number.parse().map_err(|_no_number| Usage::Write(usage))?;
    Ok((number, text(rest, usage)?))
}

fn delete(args: &str) -> Result<Command, Usage> {
    const USAGE: &str = "/delete number";
    let number = one(args, USAGE)?.parse();
    number.map(Command::Delete).map_err(|_no_number| Usage::Write(USAGE))
}

fn react(args: &str, on: bool, usage: &'static str) -> Result<Command, Usage> {
    let (target, reaction) = numbered(args, usage)?;
    Ok(Command::React { target, reaction: reaction.trim().to_owned(), on })
}

fn history(args: &str) -> Result<Command, Usage> {
    match word(args).map(|n| n.parse()) {
        None => Ok(Command::History(HISTORY_DEFAULT)),
        Some(Ok(n)) if n > 0 => Ok(Command::History(n)),
        Some(_) => Err(Usage::Write(
            "/history or /history n, with n from 1; it gives 500 messages at most",
        )),
    }
}

fn read(args: &str) -> Result<Command, Usage> {
    const USAGE: Usage = Usage::Write("/read, /read number, /read #room or /read #room number");
    let (first, rest) = first_word(args);
    let names_room = first.starts_with(['#', '@']);
    let (room, number) = if names_room { (Some(first.to_owned()), rest) } else { (None, args) };
    match word(number).map(|number| number.parse()).transpose() {
        Ok(through) => Ok(Command::Read { room, through }),
        Err(_no_number) => Err(USAGE),
    }
}

fn search(args: &str) -> Result<Command, Usage> {
    match args.trim() {
        "" => Err(Usage::Write("/search words, or /search more")),
        "more" => Ok(Command::SearchMore),
        query => Ok(Command::Search(query.to_owned())),
    }
}

fn register(args: &str) -> Result<Command, Usage> {
    let words: Vec<_> = args.split_whitespace().collect();
    let (nick, password) = match words[..] {
        [password] => (None, password),
        [nick, password] => (Some(nick.to_owned()), password),
        _ => return Err(Usage::Write("/register password, or /register nick password")),
    };
    Ok(Command::Register { nick, password: Secret::new(password) })
}

/// All behind the nick is the password, which may have been chosen elsewhere with blanks in it.
fn login(args: &str) -> Result<Command, Usage> {
    match args.trim().split_once(char::is_whitespace) {
        Some((nick, password)) => Ok(Command::Login {
            nick: nick.to_owned(),
            password: Secret::new(password.trim_start()),
        }),
        None => Err(Usage::Write("/login nick password")),
    }
}

fn password(args: &str) -> Result<Command, Usage> {
    let words: Vec<_> = args.split_whitespace().collect();
    let [old, new] = words[..] else { return Err(Usage::Write("/password old new")) };
    Ok(Command::Password { old: Secret::new(old), new: Secret::new(new) })
}

fn revoke(args: &str) -> Result<Command, Usage> {
    args.trim().parse().map(Command::Revoke).map_err(|_none| Usage::Write("/revoke number"))
}

fn one(args: &str, usage: &'static str) -> Result<String, Usage> {
    let (first, rest) = first_word(args);
    if first.is_empty() || !rest.trim().is_empty() {
        Err(Usage::Write(usage))
    } else {
        Ok(first.to_owned())
    }
}

fn text(args: &str, usage: &'static str) -> Result<String, Usage> {
    if args.trim().is_empty() { Err(Usage::Write(usage)) } else { Ok(args.to_owned()) }
}

fn on_off(args: &str, usage: &'static str) -> Result<bool, Usage> {
    match args.trim() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(Usage::Write(usage)),
    }
}

fn word(args: &str) -> Option<String> {
    let (first, _) = first_word(args);
    (!first.is_empty()).then(|| first.to_owned())
}

/// The first word, and what stands behind the one blank after it.
fn first_word(text: &str) -> (&str, &str) {
    split_word(text.trim_start())
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let shown = match Command::parse(line) {
            Ok(None) => "nothing".to_owned(),
            Ok(Some(command)) => format!("{command:?}"),
            Err(usage) => format!("! {usage}"),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn messages() {
        check("hello", r#"Say("hello")"#);
        check("  indented", r#"Say("  indented")"#);
        check("//etc/passwd", r#"Say("/etc/passwd")"#);
        check("/me  waves", r#"Me(" waves")"#);
        check("/msg bob  hi there", r#"Msg { to: "bob", text: " hi there" }"#);
        check("/MSG #ops hi", r##"Msg { to: "#ops", text: "hi" }"##);
        check(" \t", "nothing");
    }

    #[test]
    fn passwords() {
        check("/register  secret12", "Register { nick: None, password: Secret(…) }");
        check("/register bob secret12", r#"Register { nick: Some("bob"), password: Secret(…) }"#);
        check("/password old new", "Password { old: Secret(…), new: Secret(…) }");
        let login = Command::parse("/login bob  tea for two").unwrap();
        let password = Secret::new("tea for two");
        assert_eq!(login, Some(Command::Login { nick: "bob".into(), password }));
    }

    #[test]
    fn a_line_that_cannot_be_read_may_have_been_a_message() {
        for line in ["hi", "//x", "/me", "/msg bob", "/ME", "/edit", "/delete x", "/unreact"] {
            assert!(is_message_command(line), "{line}");
        }
        for line in ["/join", "/", "/ me x", "/history x"] {
            assert!(!is_message_command(line), "{line}");
        }
    }

    #[test]
    fn commands() {
        check("/join #ops", r##"Join { room: "#ops", after: None }"##);
        check("/j #ops 12", r##"Join { room: "#ops", after: Some(12) }"##);
        check("/part", r#"Part { room: None, reason: "" }"#);
        check("/part #ops good night", r##"Part { room: Some("#ops"), reason: "good night" }"##);
        check("/part good night", r#"Part { room: None, reason: "good night" }"#);
        check("/reply 12  yes ", r#"Reply { target: 12, text: " yes " }"#);
        check("/edit 12 better", r#"Edit { target: 12, text: "better" }"#);
        check("/delete  12 ", "Delete(12)");
        check("/react 12 👍", r#"React { target: 12, reaction: "👍", on: true }"#);
        check("/unreact 12 -1 ", r#"React { target: 12, reaction: "-1", on: false }"#);
        check("/topic", "Topic(None)");
        check("/topic  all  things ", r#"Topic(Some("all  things"))"#);
        check("/read", "Read { room: None, through: None }");
        check("/read 12", "Read { room: None, through: Some(12) }");
        check("/read @bob 12", r#"Read { room: Some("@bob"), through: Some(12) }"#);
        check("/history", "History(20)");
        check("/search  green  tea ", r#"Search("green  tea")"#);
        check("/search more", "SearchMore");
        check("/search \"more\"", r#"Search("\"more\"")"#);
        check("/who", "Names(None)");
        check("/ack on", "Set(Ack, true)");
        check("/Kick bob", r#"Door(None, Kick { nick: "bob", reason: "" })"#);
        check("/quit", r#"Quit("")"#);
    }

    #[test]
    fn help_is_about_everything_or_one_command() {
        let help = |line: &str| match Command::parse(line) {
            Ok(Some(Command::Help(lines))) => lines,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(help("/help "), HELP);
        for line in ["/help join", "/help /JOIN", "/help j"] {
            let lines = help(line);
            assert!(lines.len() == 1 && lines[0].starts_with("/join #room"), "{line}: {lines:?}");
        }
        assert!(help("/help unban")[0].starts_with("/ban "), "written with another");
        assert_eq!(help("/help search").len(), 2);
        check(
            "/help nothing",
            "! there is no command /nothing; /help lists them; // sends a slash",
        );
        check("/help room", "! there is no command /room; /help lists them; // sends a slash");
    }

    #[test]
    fn every_name_of_a_command_has_help() {
        let names = "join j part close switch buffer names who bans mutes audit quit exit help";
        for name in names.split(' ') {
            assert!(help(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn mistakes_say_what_to_do() {
        check("/joi #ops", "! there is no command /joi; /help lists them; // sends a slash");
        check("/ join #ops", "! there is no command /; /help lists them; // sends a slash");
        check("/\u{1b}[31mred", "! there is no command /red; /help lists them; // sends a slash");
        check("/join", "! write /join #room or /join #room number");
        check("/join #ops x", "! write /join #room or /join #room number");
        check("/msg bob", "! write /msg #room text or /msg nick text");
        check("/nick a b", "! write /nick name");
        check("/read all", "! write /read, /read number, /read #room or /read #room number");
        check(
            "/history 0",
            "! write /history or /history n, with n from 1; it gives 500 messages at most",
        );
        check("/edit better", "! write /edit number text");
        check("/edit 12 ", "! write /edit number text");
        check("/delete 1 2", "! write /delete number");
        check("/react 12", "! write /react number emoji");
        check("/register", "! write /register password, or /register nick password");
        check("/login alice", "! write /login nick password");
        check("/password once", "! write /password old new");
        check("/revoke it", "! write /revoke number");
        check("/search ", "! write /search words, or /search more");
        check("/invite", "! write /invite nick [#room]");
        check("/ack", "! write /ack on|off");
    }
}
