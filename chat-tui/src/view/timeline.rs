//! The middle: a room's timeline, laid out upwards from the last row that is shown.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line as Spans, Span},
};

use super::{Theme, fill, nth_row, put};
use crate::{
    state::{
        Body, Delivery, Link, Model, Room,
        calendar::local,
        item::Pos,
        revise::Revision,
        room::Standing,
        rows::{EDITED, HOLD, Line, Part, Row, Setting},
        select,
    },
    wrap,
};

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: Theme) {
    let Some(room) = model.rooms.current_room() else { return nothing(buf, area, model, theme) };
    let setting = model.setting(room);
    let rows = visible(&setting, usize::from(area.height));
    let missing = usize::from(area.height) - rows.len();
    let chosen = select::chosen(model).map(|(_, seq)| Pos::entry(seq));
    for (at, row) in rows.iter().enumerate() {
        put(buf, nth_row(area, missing + at), &spans(row, &setting, theme));
        if is_chosen(row, chosen) {
            fill(buf, nth_row(area, missing + at), theme.bar());
        }
    }
    if rows.is_empty() {
        empty(buf, area, model, &setting, theme);
    }
}

fn is_chosen(row: &Row<'_>, chosen: Option<Pos>) -> bool {
    matches!(row, Row::Line(line) if Some(line.pos) == chosen)
}

/// The rows on the screen, from the last one up; no item above it is looked at.
fn visible<'a>(setting: &Setting<'a>, height: usize) -> Vec<Row<'a>> {
    let Some((bottom, row)) = setting.bottom() else { return Vec::new() };
    let mut rows = Vec::new();
    for (pos, item) in setting.room.timeline.up_from(bottom) {
        let mut block = setting.rows(pos, item);
        if pos == bottom {
            block.truncate(row + 1);
        }
        rows.extend(block.into_iter().rev());
        if rows.len() >= height {
            break;
        }
    }
    rows.truncate(height);
    rows.reverse();
    rows
}

fn nothing(buf: &mut Buffer, area: Rect, model: &Model, theme: Theme) {
    let text = match &model.link {
        Link::Online => "/join a room, /help tells what else there is",
        Link::Over { why } => why,
        Link::Connecting { .. } | Link::Waiting { .. } => "connecting…",
    };
    paragraph(buf, area, text, theme);
}

/// Wrapped words in the middle.
fn paragraph(buf: &mut Buffer, area: Rect, text: &str, theme: Theme) {
    let width = usize::from(area.width);
    let rows = wrap::words(text, width.saturating_sub(MARGINS));
    let above = usize::from(area.height).saturating_sub(rows.len()).div_ceil(2);
    for (at, row) in rows.into_iter().enumerate() {
        put(buf, nth_row(area, above + at), &centered(&text[row], ' ', width, theme.dim()));
    }
}

fn empty(buf: &mut Buffer, area: Rect, model: &Model, setting: &Setting<'_>, theme: Theme) {
    let label = setting.room.title.label();
    let line = match (setting.top(), setting.room.standing) {
        (None, Standing::Wanted) if let Link::Over { why } = &model.link => {
            return paragraph(buf, area, why, theme);
        }
        (Some(row), _) => return put(buf, middle(area), &spans(&row, setting, theme)),
        (None, Standing::Wanted) if model.is_online() => format!("entering {label}…"),
        (None, Standing::Wanted) => "connecting…".to_owned(),
        (None, _) => String::new(),
    };
    put(buf, middle(area), &centered(&line, ' ', usize::from(area.width), theme.dim()));
}

fn middle(area: Rect) -> Rect {
    nth_row(area, usize::from(area.height / 2))
}

fn spans<'a>(row: &'a Row<'_>, setting: &Setting<'_>, theme: Theme) -> Spans<'a> {
    let width = setting.columns.width;
    match row {
        Row::Beginning => centered(&beginning(setting.room), ' ', width, theme.dim()),
        Row::Loading => centered("loading…", ' ', width, theme.dim()),
        Row::Day(date) => {
            centered(&date.strftime("%A, %-d %B %Y").to_string(), '─', width, theme.dim())
        }
        Row::New => centered("new messages", '─', width, theme.new_messages()),
        Row::Line(line) => text(line, setting, theme),
    }
}

/// Where nothing was said yet, somebody new may wonder what to do.
fn beginning(room: &Room) -> String {
    let is_quiet = room.timeline.items().all(|(_, item)| item.said().is_none());
    let pointer = if is_quiet { " · F1 or /help tells what can be done" } else { "" };
    format!("beginning of {}{pointer}", room.title.label())
}

/// Columns that stay free around what is centered.
const MARGINS: usize = 2;

fn centered(text: &str, around: char, width: usize, style: Style) -> Spans<'static> {
    let text = wrap::fit(text, width.saturating_sub(MARGINS));
    let side = width.saturating_sub(wrap::width(&text) + MARGINS) / 2;
    let side = around.to_string().repeat(side);
    Spans::styled(format!("{side} {text} {side}"), style)
}

fn text<'a>(line: &'a Line<'_>, setting: &Setting<'_>, theme: Theme) -> Spans<'a> {
    let mut spans = Vec::with_capacity(5);
    if line.first {
        let clock = local(line.item.at, setting.zone).strftime("%H:%M").to_string();
        spans.push(Span::styled(clock, clock_style(line, setting, theme)));
        spans.extend(name(line, setting, theme));
    } else {
        spans.push(Span::raw(" ".repeat(setting.columns.gutter())));
    }
    let style = style(line, theme);
    if line.part == Part::Reactions {
        reactions(line, theme, &mut spans);
        return Spans::from(spans);
    }
    match (line.nick, line.item.said()) {
        (Some((start, end)), Some(said)) => {
            let end = end.min(line.text.len());
            let start = start.min(end);
            spans.push(Span::styled(&line.text[..start], style));
            spans.push(Span::styled(&line.text[start..end], nick_style(said, theme)));
            spans.push(Span::styled(&line.text[end..], style));
        }
        _ => spans.extend(edited(line, style, theme)),
    }
    Spans::from(spans)
}

/// A text with its mark of being edited, if that is in this row.
fn edited<'a>(line: &'a Line<'_>, style: Style, theme: Theme) -> [Span<'a>; 2] {
    let is_edited = line.item.said().is_some_and(|said| said.changed.edited);
    let mark = line.text.strip_suffix(EDITED.trim_start());
    match mark.filter(|_| is_edited && line.part == Part::Text) {
        Some(text) => {
            [Span::styled(text, style), Span::styled(&line.text[text.len()..], theme.dim())]
        }
        None => [Span::styled(line.text.as_str(), style), Span::raw("")],
    }
}

/// One's own reactions stand out.
fn reactions<'a>(line: &'a Line<'_>, theme: Theme, spans: &mut Vec<Span<'a>>) {
    for (at, count) in line.text.split("  ").enumerate() {
        let reaction = count.rsplit_once(HOLD).map_or(count, |(reaction, _)| reaction);
        let all = line.item.said().map(|said| said.changed.reactions.as_slice());
        let mut of = all.unwrap_or_default().iter();
        let mine = of.any(|of| of.mine && of.reaction.as_str() == reaction);
        spans.push(Span::raw(if at > 0 { "  " } else { "" }));
        spans.push(Span::styled(count, if mine { theme.unread() } else { theme.dim() }));
    }
}

/// The time of the message that a jump has led to is marked.
fn clock_style(line: &Line<'_>, setting: &Setting<'_>, theme: Theme) -> Style {
    if setting.room.found.map(Pos::entry) == Some(line.pos) { theme.bar() } else { theme.dim() }
}

/// The nick's column and the mark behind it; the mark alone where nicks stand in the text.
fn name(line: &Line<'_>, setting: &Setting<'_>, theme: Theme) -> Vec<Span<'static>> {
    let (item, columns) = (line.item, setting.columns.nick);
    let (mark, mark_style) = mark(line, setting, theme);
    let mark = Span::styled(mark, mark_style);
    if columns == 0 {
        return vec![mark];
    }
    let (name, style) = match &item.body {
        Body::Said(said) if said.action => ("*".into(), theme.dim()),
        Body::Said(said) => {
            (wrap::fit(said.nick.as_str(), columns).into_owned(), nick_style(said, theme))
        }
        Body::Erased { nick, .. } => {
            (wrap::fit(nick.as_str(), columns).into_owned(), theme.nick(nick.as_str()))
        }
        Body::Error(_) => ("!".into(), theme.error()),
        _ => ("-".into(), theme.dim()),
    };
    let pad = " ".repeat(columns.saturating_sub(wrap::width(&name)));
    vec![Span::raw(format!(" {pad}")), Span::styled(name, style), mark, Span::raw(" ")]
}

fn mark(line: &Line<'_>, setting: &Setting<'_>, theme: Theme) -> (&'static str, Style) {
    if line.pos.1 == 0 && setting.room.revisions_of(line.pos.0).any(Revision::is_pending) {
        return ("…", theme.dim());
    }
    match line.item.said().map(|said| (&said.delivery, said.mention)) {
        Some((Delivery::Pending { .. }, _)) => ("…", theme.dim()),
        Some((Delivery::Failed(_), _)) => ("✗", theme.error()),
        Some((Delivery::Sent, true)) => ("»", theme.mention()),
        _ => (" ", Style::new()),
    }
}

fn nick_style(said: &crate::state::item::Said, theme: Theme) -> Style {
    if said.own { theme.own(said.nick.as_str()) } else { theme.nick(said.nick.as_str()) }
}

fn style(line: &Line<'_>, theme: Theme) -> Style {
    match &line.item.body {
        _ if line.part == Part::Failure => theme.error(),
        _ if line.part == Part::Quote => theme.dim(),
        Body::Erased { .. } => theme.dim(),
        Body::Said(said) if said.mention => theme.mention(),
        Body::Said(said) if said.delivery != Delivery::Sent => theme.dim(),
        Body::Said(_) | Body::Info(_) => Style::new(),
        Body::Error(_) => theme.error(),
        Body::Topic { .. } | Body::Door { .. } | Body::Presence(_) => theme.dim(),
    }
}
