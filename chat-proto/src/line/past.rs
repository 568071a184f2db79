//! Entries of the past as lines: each begins with the room, the number and the time. What became of a message stands on
//! lines of the same beginning, in parentheses, which no message can be mistaken for.

use std::fmt::{Arguments, Write as _};

use super::render::{Spoken, Stamp, infallible, spoken};
use crate::{
    Nick, Seq, Text,
    message::{Content, Outcome, ReactionCount, Said},
};

/// An entry, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// `#room`, or `@nick` of the other in a private conversation.
    pub conversation: &'a str,
    pub stamp: Stamp,
    pub nick: &'a Nick,
    pub content: &'a Content,
    pub outcome: &'a Outcome,
    /// Whether `~ ` stands before it.
    pub tilde: bool,
}

/// Appends the lines of an entry; none for one of an unknown kind.
pub fn past(out: &mut String, entry: &Past<'_>) {
    let nick = entry.nick;
    match entry.content {
        Content::Text(said) => message(out, entry, said, false),
        Content::Action(said) => message(out, entry, said, true),
        Content::Topic(topic) => {
            begin(out, entry);
            infallible(writeln!(out, "* {nick} set the topic: {topic}"));
        }
        Content::Erased { nick: by, .. } => {
            remark(out, entry, format_args!("message of {nick}, deleted by {by}"));
        }
        Content::Edited { target, said } => {
            let text =
                said.as_ref().map_or_else(String::new, |said| format!(": {}", brief(&said.text)));
            remark(out, entry, format_args!("{nick} edited {target}{text}"));
        }
        Content::Deleted { target } => remark(out, entry, format_args!("{nick} deleted {target}")),
        Content::Reacted { target, reaction, on: true } => {
            remark(out, entry, format_args!("{nick} reacted to {target}: {reaction}"));
        }
        Content::Reacted { target, reaction, on: false } => {
            remark(out, entry, format_args!("{nick} took back a reaction to {target}: {reaction}"));
        }
        Content::Door(door) => {
            begin(out, entry);
            infallible(writeln!(out, "* {nick} {}", door.told(entry.conversation)));
        }
        Content::Unknown { .. } => {}
    }
}

/// The first line of a text, and whether there are more.
#[must_use]
pub fn brief(text: &Text) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    if lines.next().is_some() { format!("{first} …") } else { first.to_owned() }
}

fn message(out: &mut String, entry: &Past<'_>, said: &Said, action: bool) {
    if let Some(Seq(target)) = said.reply_to {
        remark(out, entry, format_args!("in reply to {target}"));
    }
    let Past { conversation, stamp, nick, tilde, .. } = *entry;
    let stamp = Some(stamp);
    spoken(out, &Spoken { conversation, nick, text: &said.text, action, stamp, past: tilde });
    if let Some(edited) = entry.outcome.edited {
        remark(out, entry, format_args!("edited {}", edited.at));
    }
    if !entry.outcome.reactions.is_empty() {
        remark(out, entry, format_args!("reactions: {}", counts(&entry.outcome.reactions)));
    }
}

fn counts(reactions: &[ReactionCount]) -> String {
    let count = |given: &ReactionCount| format!("{} {}", given.reaction, given.count);
    reactions.iter().map(count).collect::<Vec<_>>().join(", ")
}

fn remark(out: &mut String, entry: &Past<'_>, text: Arguments<'_>) {
    begin(out, entry);
    infallible(writeln!(out, "({text})"));
}

fn begin(out: &mut String, entry: &Past<'_>) {
    let Past { conversation, stamp: Stamp { seq, at }, tilde, .. } = *entry;
    let tilde = if tilde { "~ " } else { "" };
    infallible(write!(out, "{tilde}{conversation} {seq} {at} "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemberId, Reaction, Time, message::EditMark};

    const AT: Time = Time(1_795_262_584_123);

    #[track_caller]
    fn check(content: &Content, outcome: &Outcome, expected: &str) {
        let nick = Nick::parse("alice").unwrap();
        let stamp = Stamp { seq: Seq(12), at: AT };
        let mut out = String::new();
        past(
            &mut out,
            &Past { conversation: "#ops", stamp, nick: &nick, content, outcome, tilde: true },
        );
        assert_eq!(out.replace("~ #ops 12 2026-11-21T12:03:04.123Z ", "~ "), expected);
    }

    #[test]
    fn messages_with_all_that_became_of_them() {
        let said = Said { reply_to: Some(Seq(7)), ..Said::plain(Text::clean("one\ntwo").unwrap()) };
        let reaction = |name, count| ReactionCount {
            reaction: Reaction::parse(name).unwrap(),
            count,
            mine: false,
        };
        let outcome = Outcome {
            edited: Some(EditMark { seq: Seq(15), at: AT }),
            reactions: vec![reaction("👍", 3), reaction(":tea:", 1)],
        };
        check(
            &Content::Text(said.clone()),
            &outcome,
            "~ (in reply to 7)\n~ <alice> one\n~ <alice> two\n~ (edited 2026-11-21T12:03:04.123Z)\n\
             ~ (reactions: 👍 3, :tea: 1)\n",
        );
        let none = Outcome::default();
        let said = Said { reply_to: None, ..said };
        check(&Content::Action(said.clone()), &none, "~ * alice one\n~ * alice two\n");
        let nick = Nick::parse("alice").unwrap();
        let erased = Content::Erased { by: MemberId(1), nick };
        check(&erased, &none, "~ (message of alice, deleted by alice)\n");
        let edited = Content::Edited { target: Seq(7), said: Some(said) };
        check(&edited, &none, "~ (alice edited 7: one …)\n");
        check(&Content::Edited { target: Seq(7), said: None }, &none, "~ (alice edited 7)\n");
        check(&Content::Deleted { target: Seq(7) }, &none, "~ (alice deleted 7)\n");
        let reaction = Reaction::parse("+1").unwrap();
        let reacted = |on| Content::Reacted { target: Seq(7), reaction: reaction.clone(), on };
        check(&reacted(true), &none, "~ (alice reacted to 7: +1)\n");
        check(&reacted(false), &none, "~ (alice took back a reaction to 7: +1)\n");
    }
}
