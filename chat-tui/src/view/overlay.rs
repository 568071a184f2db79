//! What lies over everything: help, a list to choose from, a question.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::{Block, Clear, Widget},
};

use super::{Theme, fill, nth_row, put};
use crate::{
    state::{
        Model,
        overlay::{HELP_COLUMNS, Overlay},
        picker::Picker,
    },
    wrap,
};

/// Draws the overlay, if there is one, and tells where its cursor is.
pub(super) fn draw(
    buf: &mut Buffer,
    area: Rect,
    model: &Model,
    theme: Theme,
) -> Option<Option<Position>> {
    match model.overlay.as_ref()? {
        Overlay::Text { title, lines, top } => text(buf, area, title, lines, *top, theme),
        Overlay::Pick(picker) => return Some(pick(buf, area, picker, theme)),
        Overlay::Search => return Some(super::search::draw(buf, area, model, theme)),
        Overlay::Delete { text, .. } => deletion(buf, area, text, theme),
        Overlay::Paste { lines, text } => question(buf, area, *lines, text, theme),
    }
    Some(None)
}

fn text(buf: &mut Buffer, area: Rect, title: &str, lines: &[String], top: usize, theme: Theme) {
    let inner = window(
        buf,
        centered(area, HELP_COLUMNS, area.height.saturating_sub(2)),
        title,
        "Esc closes",
        theme,
    );
    for (at, line) in lines.iter().skip(top).take(usize::from(inner.height)).enumerate() {
        put(buf, nth_row(inner, at), &Line::raw(line.as_str()));
    }
}

fn pick(buf: &mut Buffer, area: Rect, picker: &Picker, theme: Theme) -> Option<Position> {
    let inner = window(buf, centered(area, 70, 18), &picker.title, keys(picker), theme);
    let query = picker.query.text();
    put(
        buf,
        nth_row(inner, 0),
        &Line::from(vec![Span::styled("› ", theme.dim()), Span::raw(query)]),
    );
    let matching = picker.matching();
    let height = usize::from(inner.height).saturating_sub(1);
    let skip = (picker.selected + 1).saturating_sub(height);
    let label = matching.iter().map(|choice| wrap::width(&choice.label)).max().unwrap_or(0).min(30);
    for (at, choice) in matching.iter().enumerate().skip(skip).take(height) {
        let row = nth_row(inner, at - skip + 1);
        let name = wrap::fit(&choice.label, label);
        let pad = " ".repeat(label.saturating_sub(wrap::width(&name)));
        let detail = Span::styled(format!("{pad}  {}", choice.detail), theme.dim());
        put(buf, row, &Line::from(vec![Span::raw(format!(" {name}")), detail]));
        if at == picker.selected {
            fill(buf, row, theme.bar());
        }
    }
    let x = inner.x + u16::try_from(2 + wrap::width(query)).unwrap_or(u16::MAX);
    (!inner.is_empty()).then_some(Position::new(x.min(inner.right().saturating_sub(1)), inner.y))
}

const fn keys(picker: &Picker) -> &'static str {
    match picker.react {
        Some(_) => "Enter reacts with it, Esc closes",
        None => "Enter goes there, Esc closes",
    }
}

fn question(buf: &mut Buffer, area: Rect, lines: usize, text: &str, theme: Theme) {
    let title = format!("paste {lines} lines?");
    let inner = window(buf, centered(area, 70, 10), &title, "Enter pastes, Esc does not", theme);
    for (at, line) in text.lines().take(usize::from(inner.height)).enumerate() {
        put(buf, nth_row(inner, at), &Line::styled(line.replace('\t', " "), theme.dim()));
    }
}

fn deletion(buf: &mut Buffer, area: Rect, text: &str, theme: Theme) {
    let inner =
        window(buf, centered(area, 70, 6), "delete this?", "Enter deletes, Esc does not", theme);
    for (at, line) in text.lines().take(usize::from(inner.height)).enumerate() {
        put(buf, nth_row(inner, at), &Line::styled(line.replace('\t', " "), theme.dim()));
    }
}

/// An empty window with a title and a word about its keys; its inside.
pub(super) fn window(buf: &mut Buffer, area: Rect, title: &str, keys: &str, theme: Theme) -> Rect {
    Clear.render(area, buf);
    // Two corners, and a blank at either side.
    let keys = wrap::fit(keys, usize::from(area.width).saturating_sub(4));
    let block = Block::bordered()
        .border_style(theme.rule())
        .title_top(Line::styled(format!(" {title} "), theme.bold()))
        .title_bottom(Line::styled(format!(" {keys} "), theme.dim()).right_aligned());
    let inner = block.inner(area);
    block.render(area, buf);
    inner
}

fn centered(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}
