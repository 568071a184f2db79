//! How the screen is divided. The state scrolls by rows and so has to know what the view will show.

use super::{Model, composer::Composer, status};
use crate::wrap;

/// Columns at which a pane appears by itself.
const ROOMS_FROM: u16 = 72;
const MEMBERS_FROM: u16 = 100;
/// Columns left to the timeline, whatever the user toggles.
const TIMELINE_MIN: u16 = 24;
/// Rows that the input grows to.
const INPUT_ROWS_MAX: u16 = 8;
/// The prompt before the input.
pub const PROMPT: &str = "› ";

/// The panes that the user wants, where they said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panes {
    pub rooms: Option<bool>,
    pub members: Option<bool>,
}

/// Columns and rows of the parts of the screen; 0 for what is hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Geometry {
    pub rooms: u16,
    pub members: u16,
    pub timeline: u16,
    pub topic: u16,
    pub body: u16,
    pub status: u16,
    pub input: u16,
}

/// How messages stand in the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// All of it.
    pub width: usize,
    /// The nick's own column; 0 where nicks stand in the text.
    pub nick: usize,
}

impl Geometry {
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let (columns, rows) = model.size;
        let (rooms, members) = panes(columns, model.panes);
        let input = input_rows(&model.composer, columns).min((rows / 3).max(1));
        let topic = u16::from(rows >= 4);
        let status = u16::from(rows >= 2) + told_rows(model, rows.saturating_sub(input + topic));
        Self {
            rooms,
            members,
            timeline: columns.saturating_sub(side(rooms) + side(members)),
            topic,
            body: rows.saturating_sub(input + status + topic),
            status,
            input,
        }
    }

    #[must_use]
    pub const fn columns(&self) -> Columns {
        Columns::of(self.timeline as usize)
    }
}

impl Columns {
    #[must_use]
    pub const fn of(width: usize) -> Self {
        let nick = match width {
            0..56 => 0,
            56..72 => 10,
            _ => 14,
        };
        Self { width, nick }
    }

    /// Columns before the text: the time, the nick and a mark.
    #[must_use]
    pub const fn gutter(&self) -> usize {
        if self.nick == 0 { 6 } else { 6 + self.nick + 2 }
    }

    /// Columns of the text.
    #[must_use]
    pub const fn text(&self) -> usize {
        let left = self.width.saturating_sub(self.gutter());
        if left == 0 { 1 } else { left }
    }
}

/// Rows below the status line; the timeline keeps as many.
fn told_rows(model: &Model, left: u16) -> u16 {
    let most = left.saturating_sub(1) / 2;
    if most == 0 { 0 } else { u16::try_from(status::below(model).len()).unwrap_or(most).min(most) }
}

/// A pane and the line beside it.
const fn side(pane: u16) -> u16 {
    if pane == 0 { 0 } else { pane + 1 }
}

fn panes(columns: u16, wanted: Panes) -> (u16, u16) {
    let rooms = if columns >= 120 { 22 } else { 18 };
    let members = if columns >= 120 { 18 } else { 14 };
    let show_rooms = wanted.rooms.unwrap_or(columns >= ROOMS_FROM);
    let show_members = wanted.members.unwrap_or(columns >= MEMBERS_FROM);
    let rooms = fitting(show_rooms, rooms, columns);
    (rooms, fitting(show_members, members, columns.saturating_sub(side(rooms))))
}

fn fitting(show: bool, pane: u16, columns: u16) -> u16 {
    if show && columns >= side(pane) + TIMELINE_MIN { pane } else { 0 }
}

/// Columns of the input's text; one is kept for the cursor.
#[must_use]
pub fn input_columns(columns: u16) -> usize {
    usize::from(columns).saturating_sub(wrap::width(PROMPT) + 1).max(1)
}

fn input_rows(composer: &Composer, columns: u16) -> u16 {
    let rows = |line: &str| wrap::cells(line, input_columns(columns)).len();
    let mut count = 0;
    for line in composer.text().split('\n') {
        count += rows(line);
        if count >= usize::from(INPUT_ROWS_MAX) {
            return INPUT_ROWS_MAX;
        }
    }
    u16::try_from(count).unwrap_or(INPUT_ROWS_MAX)
}
