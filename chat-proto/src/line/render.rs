//! The server's lines. Every function appends whole lines. What it is given is already safe to show, but for errors.

use std::fmt::Write as _;

use crate::{Nick, Seq, Text, Time, message::ErrorCode, text::clean};

/// Number and time of a message, as shown by `/numbers on` and in the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub seq: Seq,
    pub at: Time,
}

/// A message as one line shows it.
#[derive(Clone, Copy, Debug)]
pub struct Spoken<'a> {
    /// `#room`, or `@nick` of the other in a private conversation.
    pub conversation: &'a str,
    pub nick: &'a Nick,
    pub text: &'a Text,
    /// `/me`.
    pub action: bool,
    pub stamp: Option<Stamp>,
    /// From `/history` or `/join #room number`: `~ ` stands before it.
    pub past: bool,
}

/// A message, as many lines as its text has: `#room <nick> text`, `#room * nick text`, `@nick <nick> text`.
pub fn spoken(out: &mut String, said: &Spoken<'_>) {
    for line in said.text.lines() {
        if said.past {
            out.push_str("~ ");
        }
        out.push_str(said.conversation);
        if let Some(stamp) = said.stamp {
            let Stamp { seq, at } = stamp;
            infallible(write!(out, " {seq} {at}"));
        }
        let nick = said.nick.as_str();
        let (open, close) = if said.action { (" * ", " ") } else { (" <", "> ") };
        for part in [open, nick, close, line, "\n"] {
            out.push_str(part);
        }
    }
}

/// A notice: `* text`.
pub fn notice(out: &mut String, text: std::fmt::Arguments<'_>) {
    infallible(writeln!(out, "* {text}"));
}

/// An error: `! code: what to do`. It may repeat what somebody typed, so it is cleaned here.
pub fn error(out: &mut String, code: ErrorCode, what_to_do: &str) {
    let safe = clean(what_to_do).replace(['\n', '\t'], " ");
    infallible(writeln!(out, "! {code}: {safe}"));
}

/// An acknowledgement: `+ #room 1234`, `+ @nick 12`.
pub fn ack(out: &mut String, conversation: &str, seq: Seq) {
    infallible(writeln!(out, "+ {conversation} {seq}"));
}

/// Names in as few lines as fit: `* {head} a b c`.
pub fn names<'a>(out: &mut String, head: &str, names: impl IntoIterator<Item = &'a str>) {
    let mut length = 0;
    for name in names {
        if length == 0 || length + name.len() > NAMES_BYTES_MAX {
            out.push_str(if length == 0 { "* " } else { "\n* " });
            out.push_str(head);
            length = 0;
        }
        out.push(' ');
        out.push_str(name);
        length += name.len() + 1;
    }
    if length > 0 {
        out.push('\n');
    }
}

/// Bytes of names in one line, so that a line stays readable and far from any limit.
const NAMES_BYTES_MAX: usize = 400;

pub(super) fn infallible(result: std::fmt::Result) {
    result.expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(said: Spoken<'_>) -> String {
        let mut out = String::new();
        spoken(&mut out, &said);
        out
    }

    #[test]
    fn messages_are_one_line_a_line_of_text() {
        let nick = Nick::parse("alice").unwrap();
        let text = Text::clean("one\ntwo").unwrap();
        let said = Spoken {
            conversation: "#ops",
            nick: &nick,
            text: &text,
            action: false,
            stamp: None,
            past: false,
        };
        assert_eq!(line(said), "#ops <alice> one\n#ops <alice> two\n");
        assert_eq!(line(Spoken { action: true, ..said }), "#ops * alice one\n#ops * alice two\n");
        let stamp = Some(Stamp { seq: Seq(1234), at: Time(1_795_262_584_123) });
        let past = line(Spoken { conversation: "@alice", stamp, past: true, ..said });
        assert!(past.starts_with("~ @alice 1234 2026-11-21T12:03:04.123Z <alice> one\n"), "{past}");
    }

    #[test]
    fn notices_errors_and_acknowledgements() {
        let mut out = String::new();
        notice(&mut out, format_args!("welcome {}", "bot-2"));
        error(&mut out, ErrorCode::NoRoom, "/join one");
        ack(&mut out, "@bob", Seq(12));
        assert_eq!(out, "* welcome bot-2\n! no-room: /join one\n+ @bob 12\n");
    }

    #[test]
    fn an_error_that_repeats_what_was_typed_is_one_safe_line() {
        let mut out = String::new();
        error(&mut out, ErrorCode::Usage, "no \u{1b}[31m/red\n\u{202e}x\ty");
        assert_eq!(out, "! usage: no /red x y\n");
    }

    #[test]
    fn many_names_take_several_lines() {
        let all = vec!["x".repeat(30); 20];
        let mut out = String::new();
        names(&mut out, "names #ops:", all.iter().map(String::as_str));
        assert_eq!(out.lines().count(), 2);
        assert!(out.lines().all(|line| line.starts_with("* names #ops: x")));
    }
}
