//! The two bars: the topic above, the state of things below.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{Theme, fill, put, rooms};
use crate::{
    state::{
        Link, Model, Room, leaving::Leaving, members::Known, room::Standing, scroll::Scroll, select,
    },
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

/// Connection, nick and latency, what there is to know now, and where the screen stands.
pub(super) fn line(buf: &mut Buffer, row: Rect, model: &Model, theme: Theme) {
    fill(buf, row, theme.bar());
    let right = position(model);
    let width = usize::from(row.width).saturating_sub(wrap::width(&right) + 1);
    let mut spans = vec![Span::raw(" "), Span::styled(model.nick.to_string(), theme.bold())];
    if model.away {
        spans.push(Span::raw(" (away)"));
    }
    spans.push(Span::raw(" · "));
    spans.push(link(model, theme));
    spans.extend(middle(model, theme));
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

/// Why there is no connection is left out where there is something else to tell: it would take all of the row, and
/// what lasts stands in the middle of the screen, too.
fn link(model: &Model, theme: Theme) -> Span<'static> {
    let is_brief = told(model).is_some();
    match &model.link {
        Link::Online => Span::styled(online(model), theme.good()),
        Link::Connecting { .. } | Link::Waiting { .. } if model.is_restarting() => {
            Span::styled("the server restarts…", theme.dim())
        }
        Link::Connecting { .. } => Span::raw(format!("connecting to {}…", model.settings.server)),
        Link::Waiting { until, why, .. } => {
            let seconds = (until.0 - model.now.0).max(0) / 1000 + 1;
            let why = if is_brief { String::new() } else { format!(": {why}") };
            Span::styled(format!("offline{why}; again in {seconds} s"), theme.error())
        }
        Link::Over { .. } if is_brief => Span::styled("offline", theme.error()),
        Link::Over { why } => Span::styled(format!("offline: {why}"), theme.error()),
    }
}

fn online(model: &Model) -> String {
    let tls = if model.settings.security.is_tls() { " TLS" } else { "" };
    let latency = model.latency_millis.map(|millis| format!(" {millis} ms")).unwrap_or_default();
    format!("online{tls}{latency}")
}

/// A hint, or else what is unread where no pane shows it.
fn middle(model: &Model, theme: Theme) -> Vec<Span<'static>> {
    if let Some(told) = told(model) {
        return vec![Span::raw(" · "), Span::styled(told, theme.bold())];
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

fn told(model: &Model) -> Option<String> {
    let sending = matches!(model.leaving, Some(Leaving::Sending { .. }));
    let keys = || select::chosen(model).map(|_| select::KEYS.to_owned());
    let hint = model.hint.clone().or_else(|| sending.then(|| "sending…".to_owned()));
    hint.or_else(keys).or_else(|| select::about(model))
}

/// How far from the end the screen is.
fn position(model: &Model) -> String {
    let Some(room) = model.rooms.current_room() else { return String::new() };
    match room.scroll {
        _ if room.loading.older && room.timeline.first().is_some() => "↑ loading… ".into(),
        Scroll::End => String::new(),
        Scroll::At { .. } if !room.timeline.is_live() => "↓ to now: End ".into(),
        Scroll::At { .. } if room.below > 0 => format!("↓ {} new · End ", room.below),
        Scroll::At { .. } => "↓ End ".into(),
    }
}
