//! The left: rooms and conversations, with what is unread in them.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Theme, fill, nth_row, put};
use crate::{
    state::{Model, Room, RoomKey, room::Standing},
    wrap,
};

/// A row of the pane.
enum Row {
    Heading(&'static str),
    Room(usize, RoomKey),
}

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: Theme) {
    let rows = rows(model);
    let is_current =
        |row: &Row| matches!(row, Row::Room(_, key) if Some(*key) == model.rooms.current());
    let current = rows.iter().position(is_current).unwrap_or(0);
    let height = usize::from(area.height);
    let skip = (current + 1).saturating_sub(height);
    for (at, row) in rows.iter().skip(skip).take(height).enumerate() {
        let area = nth_row(area, at);
        put(buf, area, &line(row, area.width, model, theme));
        if is_current(row) {
            fill(buf, area, theme.bar());
        }
    }
}

fn rows(model: &Model) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut section = None;
    for (place, key) in model.rooms.order().into_iter().enumerate() {
        let direct = model.rooms.get(key).is_some_and(Room::is_direct);
        if section != Some(direct) {
            rows.push(Row::Heading(if direct { "direct" } else { "rooms" }));
            section = Some(direct);
        }
        rows.push(Row::Room(place + 1, key));
    }
    rows
}

fn line(row: &Row, width: u16, model: &Model, theme: Theme) -> Line<'static> {
    match row {
        Row::Heading(text) => Line::styled(format!(" {text}"), theme.dim()),
        Row::Room(place, key) => match model.rooms.get(*key) {
            Some(room) => room_line(*place, room, usize::from(width), theme),
            None => Line::default(),
        },
    }
}

fn room_line(place: usize, room: &Room, width: usize, theme: Theme) -> Line<'static> {
    let number = if place < 10 { place.to_string() } else { " ".into() };
    let count = count(room);
    let columns = width.saturating_sub(3 + wrap::width(&count) + usize::from(!count.is_empty()));
    let label = room.title.label();
    let label = wrap::fit(&label, columns).into_owned();
    let pad = " ".repeat(width.saturating_sub(2 + wrap::width(&label) + wrap::width(&count) + 1));
    let style = style(room, theme);
    Line::from(vec![
        Span::styled(format!("{number} "), theme.dim()),
        Span::styled(label, style),
        Span::raw(pad),
        Span::styled(count, style),
    ])
}

/// What is unread: `3`, or with two mentions among it `3 @2`.
pub(super) fn count(room: &Room) -> String {
    match (room.unread, room.mentions) {
        (0, _) => String::new(),
        (unread, 0) => unread.to_string(),
        (_, mentions) if room.is_direct() => format!("@{mentions}"),
        (unread, mentions) => format!("{unread} @{mentions}"),
    }
}

pub(super) fn style(room: &Room, theme: Theme) -> Style {
    match room {
        room if room.mentions > 0 => theme.mention(),
        room if room.unread > 0 => theme.unread(),
        room if room.standing != Standing::In => theme.dim(),
        _ => Style::new(),
    }
}
