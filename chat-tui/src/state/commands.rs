//! What begins with `/`. One table holds every command, so that help, completion and behaviour cannot differ.

mod account;
mod admin;
mod doors;
mod messages;
mod people;
mod places;
mod program;

pub use account::secret_from;
pub(super) use account::{devices_listed, logged_in};
pub(super) use admin::administered;
pub(super) use messages::toggle;

use super::{Effects, Model};

/// A command.
pub struct Command {
    pub name: &'static str,
    /// Other names, separated by spaces.
    pub aliases: &'static str,
    pub arguments: &'static str,
    pub about: &'static str,
    run: fn(&mut Model, &str, &mut Effects),
}

const fn command(
    (name, aliases): (&'static str, &'static str),
    arguments: &'static str,
    about: &'static str,
    run: fn(&mut Model, &str, &mut Effects),
) -> Command {
    Command { name, aliases, arguments, about, run }
}

/// Every command, in the order of help.
pub const COMMANDS: &[Command] = &[
    command(("help", ""), "[topic]", "this help; /help keys, /help join", program::help),
    command(("join", "j"), "#room", "enter a room, making it where there is none", places::join),
    command(("part", ""), "[reason]", "leave the room", places::part),
    command(("close", ""), "", "leave the room or close the conversation", places::part),
    command(("msg", ""), "#room|nick text", "say something elsewhere", people::msg),
    command(("query", ""), "nick [text]", "talk to somebody in private", people::query),
    command(
        ("reply", "r"),
        "[#number] text",
        "answer a message of the room; without a number, who spoke to you in private last",
        messages::reply,
    ),
    command(
        ("edit", ""),
        "[#number] [text]",
        "give your message, or the last one, another text",
        messages::edit,
    ),
    command(("delete", ""), "[#number]", "delete your message, or the last one", messages::delete),
    command(
        ("react", ""),
        "[#number] 👍",
        "react to a message, or to the last one of others; again takes it back",
        messages::react,
    ),
    command(("me", ""), "text", "say what you do", people::me),
    command(("nick", ""), "name", "be called otherwise", people::nick),
    command(("names", "who"), "", "who is in the room", people::names),
    command(("list", ""), "", "all rooms; Enter joins one", places::list),
    command(("topic", ""), "[text|-]", "tell or set the topic; - removes it", places::topic),
    command(
        ("mode", ""),
        "[#room] [private|public|readonly on|off|topiclock on|off|slow SECONDS|off]",
        "open the room in another way; alone, tell how it is open and who looks after it",
        doors::mode,
    ),
    command(("invite", ""), "nick [#room]", "let somebody into a private room", doors::invite),
    command(("uninvite", ""), "nick [#room]", "take an invitation back", doors::uninvite),
    command(
        ("role", ""),
        "nick owner|moderator|member [#room]",
        "let somebody look after the room",
        doors::role,
    ),
    command(("kick", ""), "[#room] nick [reason]", "put somebody out of the room", doors::kick),
    command(
        ("ban", ""),
        "[#room] nick|mask|address|from:nick [for 2h] [reason]",
        "keep somebody out: bob, b*, 203.0.113.0/24, or where bob comes from",
        doors::ban,
    ),
    command(("unban", ""), "[#room] nick|mask|address|from:nick", "lift a ban", doors::unban),
    command(
        ("mute", ""),
        "[#room] nick|mask|address|from:nick [for 10m] [reason]",
        "keep somebody from speaking in the room",
        doors::mute,
    ),
    command(("unmute", ""), "[#room] nick|mask|address|from:nick", "let them speak", doors::unmute),
    command(("bans", "mutes"), "[#room]", "who is kept out, or silent", doors::bans),
    command(
        ("audit", ""),
        "[#room] [n]",
        "what was decided about the room: topics, doors, deletions",
        doors::audit,
    ),
    command(("read", ""), "[#room|@nick]", "note that you have read all of it", places::read),
    command(("whois", ""), "nick", "what is known of somebody", people::whois),
    command(("away", ""), "[reason]", "tell that you are away", people::away),
    command(("back", ""), "", "tell that you are back", people::back),
    command(
        ("register", ""),
        "[nick] password",
        "make your nick your own; 8 bytes at least, without blanks",
        account::register,
    ),
    command(("login", ""), "nick password", "go on as the account of that nick", account::login),
    command(("password", ""), "old new", "change your password", account::password),
    command(
        ("devices", ""),
        "",
        "the programs that come in as you without a password",
        account::devices,
    ),
    command(
        ("logout", ""),
        "",
        "log this client out: its token is forgotten here and void on the server",
        account::logout,
    ),
    command(("revoke", ""), "number", "let one of them do so no longer", account::revoke),
    command(
        ("admin", ""),
        "help|who|kick|ban|unban|bans|announce|reload|claim TOKEN",
        "what administrators of the server may do; claim makes your account one, by the token that the server shows at its first start",
        admin::admin,
    ),
    command(
        ("ignore", ""),
        "[nick]",
        "do not listen to somebody; alone, tell whom not",
        people::ignore,
    ),
    command(("unignore", ""), "nick", "listen to somebody again", people::unignore),
    command(
        ("history", ""),
        "date|time|number",
        "read from there: 2026-11-20, 14:30, 1234",
        places::history,
    ),
    command(
        ("search", ""),
        "words",
        "find what was said: words, \"a phrase\", from:nick, in:#room, before:2026-11-20, after:2026-11-20",
        places::search,
    ),
    command(("clear", ""), "", "empty the screen; PgUp brings it back", places::clear),
    command(("buffer", "switch"), "name|number", "go to a room of the list", places::buffer),
    command(("connect", ""), "", "connect at once", program::connect),
    command(("quit", "exit"), "[reason]", "leave the chat", program::quit),
];

impl Command {
    /// How it is written.
    #[must_use]
    pub fn usage(&self) -> String {
        format!("/{} {}", self.name, self.arguments).trim_end().to_owned()
    }

    fn is_called(&self, word: &str) -> bool {
        self.name == word || self.aliases.split(' ').any(|alias| alias == word)
    }
}

/// Does what was typed behind the `/`.
pub(super) fn run(model: &mut Model, input: &str, out: &mut Effects) {
    let (word, rest) = input.split_once(char::is_whitespace).unwrap_or((input, ""));
    match find(word) {
        Ok(command) => (command.run)(model, rest.trim(), out),
        Err(why) => refuse(model, &why, out),
    }
}

/// The command of that name, alias, or unique beginning.
///
/// # Errors
/// Tells that there is none, or which there are.
pub fn find(word: &str) -> Result<&'static Command, String> {
    let word = word.to_lowercase();
    if let Some(command) =
        COMMANDS.iter().find(|command| !word.is_empty() && command.is_called(&word))
    {
        return Ok(command);
    }
    let fits: Vec<&Command> = COMMANDS.iter().filter(|c| c.name.starts_with(&word)).collect();
    match fits.as_slice() {
        [only] => Ok(only),
        [] => Err(format!("there is no command /{word}; /help lists them, //{word} says it")),
        _ if word.is_empty() => Err("a command is missing behind '/'; /help lists them".into()),
        several => Err(format!("/{word} could be {}", names(several))),
    }
}

fn names(commands: &[&Command]) -> String {
    let names: Vec<String> = commands.iter().map(|command| format!("/{}", command.name)).collect();
    names.join(", ")
}

/// Says why something typed is not done.
fn refuse(model: &mut Model, why: &str, out: &mut Effects) {
    if model.settings.plain {
        model.refused += 1;
    }
    model.complain(why, out);
}

/// Says how a command is written.
fn usage(model: &mut Model, name: &str, out: &mut Effects) {
    if let Ok(command) = find(name) {
        refuse(model, &format!("{}: {}", command.usage(), command.about), out);
    }
}

/// Whether the server can be asked; says so if not.
fn online(model: &mut Model, out: &mut Effects) -> bool {
    if !model.is_online() {
        refuse(model, "this needs a connection, and there is none", out);
    }
    model.is_online()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: Result<&str, &str>) {
        let found = find(word).map(|command| command.name);
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn unique_beginnings_are_enough() {
        check("join", Ok("join"));
        check("JO", Ok("join"));
        check("r", Ok("reply"));
        check("who", Ok("names"));
        check("whoi", Ok("whois"));
        check("t", Ok("topic"));
        check("n", Err("/n could be /nick, /names"));
        check("fly", Err("there is no command /fly; /help lists them, //fly says it"));
    }
}
