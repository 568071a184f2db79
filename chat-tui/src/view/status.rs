//! The two bars: the topic above, the state of things below.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Theme, fill, nth_row, put, rooms};
use crate::{
    state::{Link, Model, Room, members::Known, room::Standing, status},
    wrap,
};

/// The room's name and topic, and how many are there.
pub(super) fn topic(buf: &mut Buffer, row: Rect, model: &Model, theme: Theme) {
    fill(buf, row, theme.bar());
    let Some(room) = model.rooms.current_room() else {
        return put(buf, row, &Line::styled(" chat", theme.bar().patch(theme.bold())));
    };
    let told = room.standing == Standing::In
        && (room.members.known == Known::Yes || room.members.count() > 0);
    let count = match room.members.count() {
        _ if !told || room.is_direct() => String::new(),
        1 => " 1 member ".into(),
        count => format!(" {count} members "),
    };
    let left = usize::from(row.width).saturating_sub(wrap::width(&count));
    let label = room.title.label();
    let label = wrap::fit(&label, left.saturating_sub(1)).into_owned();
    let doors = doors(room, left.saturating_sub(wrap::width(&label) + 1));
    let named = wrap::width(&label) + wrap::width(&doors);
    let topic = wrap::fit(room.topic.as_str(), left.saturating_sub(named + 3)).into_owned();
    let used = named + wrap::width(&topic) + 3;
    let line = Line::from(vec![
        Span::styled(format!(" {label}"), theme.bold()),
        Span::raw(format!("{doors}  {topic}{}", " ".repeat(left.saturating_sub(used)))),
        Span::styled(count, theme.dim()),
    ]);
    put(buf, row, &line);
}

/// How the room is open and what the user is there, in words where they leave most of the room to the topic.
fn doors(room: &Room, columns: usize) -> String {
    let space = if room.topic.is_empty() { columns } else { columns / 2 };
    let fits = |text: &String, space| wrap::width(text) < space;
    let long = Some(room.openness.long()).filter(|text| fits(text, space));
    let told = long.or_else(|| Some(room.openness.short()).filter(|text| fits(text, columns)));
    told.filter(|text| !text.is_empty()).map_or_else(String::new, |text| format!(" {text}"))
}

/// Connection, nick and latency, what there is to know now, and where the screen stands. What is too long for the row
/// has rows of its own below.
pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: Theme) {
    fill(buf, area, theme.bar());
    let below = status::below(model);
    line(buf, nth_row(area, 0), model, below.is_empty(), theme);
    let left = usize::from(area.height).saturating_sub(1);
    let cut = if below.len() > left { "…" } else { "" };
    for (at, text) in below.iter().take(left).enumerate() {
        let cut = if at + 1 == left { cut } else { "" };
        let text = wrap::fit(&format!(" {text}{cut}"), usize::from(area.width)).into_owned();
        put(buf, nth_row(area, at + 1), &Line::styled(text, theme.bold()));
    }
}

fn line(buf: &mut Buffer, row: Rect, model: &Model, tells: bool, theme: Theme) {
    let right = status::position(model);
    let width = usize::from(row.width).saturating_sub(wrap::width(&right) + 1);
    let mut spans = vec![Span::raw(" "), Span::styled(model.nick.to_string(), theme.bold())];
    spans.push(Span::raw(format!("{}{}", status::away(model), status::BETWEEN)));
    spans.push(link(model, theme));
    spans.extend(middle(model, tells, theme));
    shorten(&mut spans, width);
    let used: usize = spans.iter().map(|span| wrap::width(&span.content)).sum();
    spans.push(Span::raw(" ".repeat(width.saturating_sub(used))));
    put(buf, Rect { width: u16::try_from(width).unwrap_or(row.width), ..row }, &Line::from(spans));
    let end = Rect {
        x: row.right() - u16::try_from(wrap::width(&right)).unwrap_or(0).min(row.width),
        ..row
    };
    put(buf, end.intersection(row), &Line::raw(right));
}

/// Cuts off what is longer than the row, and shows that it does.
fn shorten(spans: &mut [Span<'static>], width: usize) {
    let mut left = width;
    for span in spans {
        let text = wrap::fit(&span.content, left).into_owned();
        left = left.saturating_sub(wrap::width(&text));
        span.content = text.into();
    }
}

fn link(model: &Model, theme: Theme) -> Span<'static> {
    let style = match &model.link {
        Link::Online => theme.good(),
        Link::Connecting { .. } | Link::Waiting { .. } if model.is_restarting() => theme.dim(),
        Link::Connecting { .. } => Style::new(),
        Link::Waiting { .. } | Link::Over { .. } => theme.error(),
    };
    Span::styled(status::link(model), style)
}

/// What is told, or else what is unread where no pane shows it.
fn middle(model: &Model, tells: bool, theme: Theme) -> Vec<Span<'static>> {
    if let Some(told) = status::told(model).filter(|_| tells) {
        return vec![Span::raw(status::BETWEEN), Span::styled(told, theme.bold())];
    }
    if model.geometry().rooms > 0 {
        return Vec::new();
    }
    let places = model.rooms.order().into_iter().enumerate();
    let rooms = places.filter_map(|(at, key)| Some((at + 1, model.rooms.get(key)?)));
    rooms
        .filter(|(_, room)| room.reading.unread() > 0)
        .map(|(place, room)| {
            let text = format!(" · {place}:{} {}", room.title.label(), rooms::count(room));
            Span::styled(text, rooms::style(room, theme))
        })
        .collect()
}
