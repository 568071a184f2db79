//! The rows that an item takes in a timeline of some width.
//!
//! Only items near the screen are ever laid out: a screen shows at most as many items as it has rows, so that a frame
//! costs the same for a hundred messages and for a hundred thousand, and nothing has to be cached.

use chat_proto::{Time, text::TEXT_BYTES_MAX};
use jiff::{civil::Date, tz::TimeZone};

use super::{
    Body, Delivery, Item, Room,
    calendar::local,
    geometry::Columns,
    item::{Pos, Presence, Said},
};
use crate::wrap;

/// One row of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// The room begins here.
    Beginning,
    /// What was before is on its way.
    Loading,
    Day(Date),
    /// What follows is new.
    New,
    Line(Line<'a>),
}

/// A row of an item's own text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub pos: Pos,
    pub item: &'a Item,
    /// Whether time and nick stand before it.
    pub first: bool,
    pub part: Part,
    pub text: String,
    /// Where in `text` the nick stands, if it stands there.
    pub nick: Option<(usize, usize)>,
}

/// What of an item a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The message that it answers.
    Quote,
    Text,
    Reactions,
    /// Why it, or a change of it, was refused.
    Failure,
}

/// What rows depend on beside the item.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub room: &'a Room,
    pub columns: Columns,
    pub zone: &'a TimeZone,
}

impl<'a> Setting<'a> {
    /// All rows of the item at `pos`, the separators above it included.
    #[must_use]
    pub fn rows(&self, pos: Pos, item: &'a Item) -> Vec<Row<'a>> {
        let mut rows = self.above(pos, item);
        rows.extend(self.lines(pos, item).into_iter().map(Row::Line));
        rows
    }

    fn above(&self, pos: Pos, item: &Item) -> Vec<Row<'a>> {
        let before = self.room.timeline.up_from(pos).nth(1);
        let mut rows = Vec::new();
        if before.is_none() {
            rows.extend(self.top());
        }
        if before.is_none_or(|(_, before)| self.date(before.at) != self.date(item.at)) {
            rows.push(Row::Day(self.date(item.at)));
        }
        if self.is_first_new(pos, item) {
            rows.push(Row::New);
        }
        rows
    }

    /// What stands above everything.
    #[must_use]
    pub const fn top(&self) -> Option<Row<'a>> {
        if self.room.loading.older {
            Some(Row::Loading)
        } else if self.room.timeline.is_complete() {
            Some(Row::Beginning)
        } else {
            None
        }
    }

    /// Whether this is the first message of somebody else behind the mark.
    fn is_first_new(&self, pos: Pos, item: &Item) -> bool {
        let Some(mark) = self.room.mark else { return false };
        let is_others = |item: &Item| item.said().is_some_and(|said| !said.own);
        let above = self.room.timeline.up_from(pos).skip(1);
        let mut new_above = above.take_while(|(pos, _)| pos.0 > mark);
        pos.0 > mark && is_others(item) && !new_above.any(|(_, item)| is_others(item))
    }

    fn date(&self, at: Time) -> Date {
        local(at, self.zone).date()
    }

    fn lines(&self, pos: Pos, item: &'a Item) -> Vec<Line<'a>> {
        let mut lines = Lines { pos, item, columns: self.columns.text(), lines: Vec::new() };
        if let Some(quote) = item.said().and_then(|said| self.quote(said)) {
            lines.push_row(Part::Quote, wrap::fit(&quote, lines.columns).into_owned());
        }
        let (text, nick) = self.text(item);
        lines.push(Part::Text, &text, nick);
        if let Some(reactions) = item.said().and_then(reactions) {
            lines.push(Part::Reactions, &reactions, None);
        }
        for failure in self.failures(pos, item) {
            lines.push(Part::Failure, &failure, None);
        }
        lines.lines
    }

    /// The beginning of what a reply answers; its number until that is known.
    fn quote(&self, said: &Said) -> Option<String> {
        let seq = said.reply_to?;
        Some(match self.room.message(seq).map(|item| &item.body) {
            Some(Body::Said(said)) => {
                format!("↩ {}: {}", said.nick, said.text.as_str().replace(['\n', '\t'], " "))
            }
            Some(Body::Erased { nick, by }) => format!("↩ {nick}: (deleted by {by})"),
            _ => format!("↩ #{seq}"),
        })
    }

    fn failures(&self, pos: Pos, item: &Item) -> Vec<String> {
        let mut failures = Vec::new();
        if let Some(Said { delivery: Delivery::Failed(why), .. }) = item.said() {
            failures.push(format!("✗ not sent: {why} (Up edits, Alt-r sends again, Alt-d drops)"));
        }
        for revision in self.room.revisions_of(pos.0).filter(|_| pos == Pos::entry(pos.0)) {
            if let Delivery::Failed(why) = &revision.delivery {
                let done = revision.what.done();
                failures.push(format!("✗ not {done}: {why} (Alt-r tries again, Alt-d drops)"));
            }
        }
        failures
    }

    /// The text with what stands before it, and where the nick is in it.
    fn text(&self, item: &Item) -> (String, Option<(usize, usize)>) {
        let inline = self.columns.nick == 0;
        let (text, nick) = match &item.body {
            Body::Said(said) => said_text(said, inline),
            Body::Erased { nick, by } if inline => (format!("<{nick}> (deleted by {by})"), None),
            Body::Erased { by, .. } => (format!("(deleted by {by})"), None),
            Body::Error(text) if inline => (format!("! {text}"), None),
            body if inline => (format!("- {}", body.text()), None),
            body => (body.text().into_owned(), None),
        };
        (text.replace('\t', "    "), nick)
    }
}

/// The rows of an item as they come to be.
struct Lines<'a> {
    pos: Pos,
    item: &'a Item,
    columns: usize,
    lines: Vec<Line<'a>>,
}

impl Lines<'_> {
    /// Wraps a text; `nick` tells where the nick is in it.
    fn push(&mut self, part: Part, text: &str, nick: Option<(usize, usize)>) {
        let before = self.lines.len();
        for line in text.split('\n') {
            for row in wrap::words(line, self.columns) {
                self.push_row(part, line[row].to_owned());
            }
        }
        if let Some(first) = self.lines.get_mut(before) {
            first.nick = nick;
        }
    }

    fn push_row(&mut self, part: Part, text: String) {
        let (pos, item, first) = (self.pos, self.item, self.lines.is_empty());
        self.lines.push(Line { pos, item, first, part, text, nick: None });
    }
}

/// `👍 2  +1 1`: what belongs together is held together by blanks at which no row breaks.
fn reactions(said: &Said) -> Option<String> {
    let reactions = &said.changed.reactions;
    let each = reactions.iter().map(|of| format!("{}{HOLD}{}", of.reaction, of.count));
    (!reactions.is_empty()).then(|| each.collect::<Vec<_>>().join("  "))
}

/// A blank that holds a reaction and its count together.
pub const HOLD: char = '\u{a0}';
/// What stands behind the text of an edited message.
pub const EDITED: &str = " (edited)";

fn said_text(said: &Said, inline: bool) -> (String, Option<(usize, usize)>) {
    let (nick, text) = (&said.nick, said.text.as_str());
    debug_assert!(text.len() <= TEXT_BYTES_MAX, "the protocol's limit");
    let edited = if said.changed.edited { EDITED } else { "" };
    let text = format!("{text}{edited}");
    let from = |start: usize| Some((start, start + nick.as_str().len()));
    match (said.action, inline) {
        (true, true) => (format!("* {nick} {text}"), from(2)),
        (true, false) => (format!("{nick} {text}"), from(0)),
        (false, true) => (format!("<{nick}> {text}"), from(1)),
        (false, false) => (text, None),
    }
}

/// Comings and goings in one line: `→ bob, eve  ← dan (bye)  zoe is now joe`.
#[must_use]
pub fn presence_text(list: &[Presence]) -> String {
    let mut out = String::new();
    let mut before = None;
    for presence in list {
        let (sign, text) = presence_word(presence);
        if before == Some(sign) && !sign.is_empty() {
            out.push_str(", ");
        } else {
            out.push_str(if out.is_empty() { "" } else { "  " });
            out.push_str(sign);
        }
        out.push_str(&text);
        before = Some(sign);
    }
    out
}

fn presence_word(presence: &Presence) -> (&'static str, String) {
    match presence {
        Presence::Joined(nick) => ("→ ", nick.to_string()),
        Presence::Left(nick) => ("← ", nick.to_string()),
        Presence::Quit(nick, why) if why.is_empty() => ("← ", nick.to_string()),
        Presence::Quit(nick, why) => ("← ", format!("{nick} ({why})")),
        Presence::Renamed(old, new) => ("", format!("{old} is now {new}")),
    }
}
