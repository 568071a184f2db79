//! What the screen shows of a model. Pure: the same model gives the same cells.

mod input;
mod members;
mod overlay;
mod rooms;
mod search;
mod status;
mod theme;
mod timeline;

use ratatui::{Frame, buffer::Buffer, layout::Rect, style::Style, text::Line};

pub use theme::Theme;

use crate::state::Model;

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: Theme) {
    let area = frame.area();
    let parts = Parts::of(area, model);
    let buf = frame.buffer_mut();
    status::topic(buf, parts.topic, model, theme);
    rooms::draw(buf, parts.rooms, model, theme);
    rule(buf, parts.rooms, theme);
    timeline::draw(buf, parts.timeline, model, theme);
    rule(buf, parts.timeline_and_rule, theme);
    members::draw(buf, parts.members, model, theme);
    status::draw(buf, parts.status, model, theme);
    let cursor = input::draw(buf, parts.input, model, theme);
    let cursor = overlay::draw(buf, area, model, theme).unwrap_or(cursor);
    if let Some(cursor) = cursor.filter(|cursor| area.contains(*cursor)) {
        frame.set_cursor_position(cursor);
    }
}

/// Where everything is.
struct Parts {
    topic: Rect,
    rooms: Rect,
    timeline: Rect,
    /// The timeline, where members stand beside it.
    timeline_and_rule: Rect,
    members: Rect,
    status: Rect,
    input: Rect,
}

impl Parts {
    fn of(area: Rect, model: &Model) -> Self {
        let g = model.geometry();
        let (columns, _) = model.size;
        let row = |y: u16, height: u16| Rect::new(0, y, columns, height).intersection(area);
        let body = |x: u16, width: u16| Rect::new(x, g.topic, width, g.body).intersection(area);
        let start = if g.rooms == 0 { 0 } else { g.rooms + 1 };
        let end = start + g.timeline;
        Self {
            topic: row(0, g.topic),
            rooms: body(0, g.rooms),
            timeline: body(start, g.timeline),
            timeline_and_rule: body(start, if g.members == 0 { 0 } else { g.timeline }),
            members: body(end + 1, g.members),
            status: row(g.topic + g.body, g.status),
            input: row(g.topic + g.body + g.status, g.input),
        }
    }
}

/// The line at the right of a pane.
fn rule(buf: &mut Buffer, pane: Rect, theme: Theme) {
    let x = pane.right();
    if pane.is_empty() || x >= buf.area.right() {
        return;
    }
    for y in pane.top()..pane.bottom() {
        buf[(x, y)].set_symbol("│").set_style(theme.rule());
    }
}

/// Puts styled text into a row, cut off at its right end.
fn put(buf: &mut Buffer, row: Rect, line: &Line<'_>) {
    if !row.is_empty() {
        buf.set_line(row.x, row.y, line, row.width);
    }
}

/// The row of that number in an area; empty where there is none.
fn nth_row(area: Rect, at: usize) -> Rect {
    let y = area.y.saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
    let height = u16::from(y < area.bottom());
    Rect::new(area.x, y, area.width, height)
}

/// Gives a whole area a style.
fn fill(buf: &mut Buffer, area: Rect, style: Style) {
    buf.set_style(area, style);
}
