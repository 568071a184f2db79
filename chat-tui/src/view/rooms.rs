//! The left: rooms and conversations, with what is unread in them.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Theme, fill, nth_row, put};
use crate::{
    state::{Model, Room, RoomKey, reading::shown, room::Standing},
    wrap,
};

/// A row of the pane.
enum Row {
    Heading(&'static str),
    Room(usize, RoomKey),
}

/// Only what is in sight is looked at, however many rooms there are.
pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: Theme) {
    let list = List(model.rooms.sections());
    let current = model.rooms.current().and_then(|key| list.row_of(key)).unwrap_or(0);
    let height = usize::from(area.height);
    let skip = (current + 1).saturating_sub(height);
    for at in 0..height {
        let Some(row) = list.row(skip + at) else { break };
        let area = nth_row(area, at);
        put(buf, area, &line(&row, area.width, model, theme));
        if skip + at == current && matches!(row, Row::Room(..)) {
            fill(buf, area, theme.bar());
        }
    }
}

/// The sections under one another, each below its heading; an empty one has none.
struct List<'a>([&'a [RoomKey]; 2]);

const HEADINGS: [&str; 2] = ["rooms", "direct"];

impl List<'_> {
    fn row(&self, mut at: usize) -> Option<Row> {
        let mut before = 0;
        for (heading, keys) in HEADINGS.into_iter().zip(self.0).filter(|(_, keys)| !keys.is_empty())
        {
            if at == 0 {
                return Some(Row::Heading(heading));
            }
            if let Some(key) = keys.get(at - 1) {
                return Some(Row::Room(before + at, *key));
            }
            (at, before) = (at - 1 - keys.len(), before + keys.len());
        }
        None
    }

    fn row_of(&self, key: RoomKey) -> Option<usize> {
        let mut rows = 0;
        for keys in self.0.into_iter().filter(|keys| !keys.is_empty()) {
            // Keys are given in order, and so is a section.
            if let Ok(at) = keys.binary_search(&key) {
                return Some(rows + at + 1);
            }
            rows += keys.len() + 1;
        }
        None
    }
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
    let left = if room.is_deserted() { " (left)" } else { "" };
    let label = format!("{}{left}", room.title.label());
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
    match (room.reading.unread(), room.reading.mentions()) {
        (0, _) => String::new(),
        (unread, 0) => shown(unread),
        (_, mentions) if room.is_direct() => format!("@{}", shown(mentions)),
        (unread, mentions) => format!("{} @{}", shown(unread), shown(mentions)),
    }
}

pub(super) fn style(room: &Room, theme: Theme) -> Style {
    match room {
        room if room.reading.mentions() > 0 => theme.mention(),
        room if room.reading.unread() > 0 => theme.unread(),
        room if room.standing != Standing::In || room.is_deserted() => theme.dim(),
        _ => Style::new(),
    }
}
