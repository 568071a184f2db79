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
    /// Whether it tells why the message was refused.
    pub failure: bool,
    pub text: String,
    /// Where in `text` the nick stands, if it stands there.
    pub nick: Option<(usize, usize)>,
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
        if self.is_first_new(pos, before.map(|(pos, _)| pos)) {
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

    fn is_first_new(&self, pos: Pos, before: Option<Pos>) -> bool {
        let Some(mark) = self.room.mark else { return false };
        pos < Pos::UNSENT && pos.0 > mark && before.is_none_or(|before| before.0 <= mark)
    }

    fn date(&self, at: Time) -> Date {
        local(at, self.zone).date()
    }

    fn lines(&self, pos: Pos, item: &'a Item) -> Vec<Line<'a>> {
        let (text, nick) = self.text(item);
        let mut lines = Vec::new();
        for line in text.split('\n') {
            for row in wrap::words(line, self.columns.text()) {
                let first = lines.is_empty();
                let nick = nick.filter(|_| first);
                lines.push(Line {
                    pos,
                    item,
                    first,
                    failure: false,
                    text: line[row].to_owned(),
                    nick,
                });
            }
        }
        lines.extend(self.failure(pos, item));
        lines
    }

    fn failure(&self, pos: Pos, item: &'a Item) -> Vec<Line<'a>> {
        let Some(Said { delivery: Delivery::Failed(why), .. }) = item.said() else {
            return Vec::new();
        };
        let text = format!("✗ not sent: {why} (Up edits, Alt-r sends again, Alt-d drops)");
        let rows = wrap::words(&text, self.columns.text());
        let line = |row| Line {
            pos,
            item,
            first: false,
            failure: true,
            text: String::from(&text[row]),
            nick: None,
        };
        rows.into_iter().map(line).collect()
    }

    /// The text with what stands before it, and where the nick is in it.
    fn text(&self, item: &Item) -> (String, Option<(usize, usize)>) {
        let inline = self.columns.nick == 0;
        let (text, nick) = match &item.body {
            Body::Said(said) => said_text(said, inline),
            Body::Error(text) if inline => (format!("! {text}"), None),
            body if inline => (format!("- {}", body.text()), None),
            body => (body.text().into_owned(), None),
        };
        (text.replace('\t', "    "), nick)
    }
}

fn said_text(said: &Said, inline: bool) -> (String, Option<(usize, usize)>) {
    let (nick, text) = (&said.nick, said.text.as_str());
    debug_assert!(text.len() <= TEXT_BYTES_MAX, "the protocol's limit");
    let from = |start: usize| Some((start, start + nick.as_str().len()));
    match (said.action, inline) {
        (true, true) => (format!("* {nick} {text}"), from(2)),
        (true, false) => (format!("{nick} {text}"), from(0)),
        (false, true) => (format!("<{nick}> {text}"), from(1)),
        (false, false) => (text.to_owned(), None),
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
