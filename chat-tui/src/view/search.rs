//! What was looked for and found: a list over the screen, newest first.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{Theme, fill, nth_row, overlay::window, put};
use crate::{
    state::{
        Model,
        calendar::local,
        search::{Place, Search, Stage, WIDE_FROM, Words, snippet, text_rows},
    },
    wrap,
};

/// Columns before the text of a hit.
const INDENT: usize = 3;

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: Theme) -> Option<Position> {
    let search = &model.search;
    let inner = window(buf, area, "search", keys(search, area.width), theme);
    let cursor = query(buf, nth_row(inner, 0), search, theme);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(2), ..inner };
    let list = list.intersection(inner);
    if search.hits.is_empty() {
        empty(buf, list, search, theme);
    } else {
        hits(buf, list, model, theme);
    }
    let last = nth_row(inner, usize::from(inner.height).saturating_sub(1));
    put(buf, last, &Line::styled(told(model), told_style(search, theme)));
    cursor
}

fn keys(search: &Search, columns: u16) -> &'static str {
    match search.is_changed() || search.hits.is_empty() {
        true => "Enter searches, Esc closes",
        false if columns < WIDE_FROM => "Enter goes there, Esc closes",
        false => "↑ ↓ PgUp PgDn, Enter goes there, Esc closes",
    }
}

fn query(buf: &mut Buffer, row: Rect, search: &Search, theme: Theme) -> Option<Position> {
    let text = search.query.text().replace(['\n', '\t'], " ");
    let before = wrap::width(&search.query.text()[..search.query.cursor()]);
    let columns = usize::from(row.width).saturating_sub(3);
    // The end that is typed at stays in sight.
    let hidden = before.saturating_sub(columns);
    let shown = skip_columns(&text, hidden);
    put(buf, row, &Line::from(vec![Span::styled("› ", theme.dim()), Span::raw(shown)]));
    let x = row.x + u16::try_from(2 + before - hidden).unwrap_or(u16::MAX);
    (!row.is_empty()).then(|| Position::new(x.min(row.right().saturating_sub(1)), row.y))
}

fn skip_columns(text: &str, columns: usize) -> &str {
    let rows = wrap::cells(text, columns.max(1));
    match rows.first() {
        Some(first) if columns > 0 => &text[first.end..],
        _ => text,
    }
}

fn empty(buf: &mut Buffer, list: Rect, search: &Search, theme: Theme) {
    let lines: &[&str] = match (&search.asked, &search.stage) {
        (Some(_), Stage::Asked(_) | Stage::More(_)) => &[" searching…"],
        (Some(_), Stage::Done) => &[" nothing was found"],
        (_, Stage::Failed(_)) => &[],
        (None, _) => &HELP,
    };
    for (at, line) in lines.iter().enumerate() {
        put(buf, nth_row(list, at), &Line::styled(*line, theme.dim()));
    }
}

const HELP: [&str; 6] = [
    " words            messages with all of them",
    " \"a phrase\"       these words one behind another",
    " from:nick        said under that nick",
    " in:#room         in that room, or in:@nick",
    " before:2026-11-21",
    " after:2026-11-21 that day or later",
];

fn hits(buf: &mut Buffer, list: Rect, model: &Model, theme: Theme) {
    let search = &model.search;
    let words = Words::of(search.asked.as_deref().unwrap_or_default());
    let mut row = 0;
    for (at, place) in search.hits.iter().enumerate().skip(search.top) {
        if row >= usize::from(list.height) {
            break;
        }
        let selected = at == search.selected;
        put(buf, nth_row(list, row), &heading(place, list.width, model, theme));
        if selected {
            fill(buf, nth_row(list, row), theme.bar());
        }
        let rows = if selected { text_rows(model.size) } else { 1 };
        let columns = usize::from(list.width).saturating_sub(INDENT);
        let text = place.item.body.text();
        for line in snippet(&text, &words, columns, usize::from(rows)) {
            row += 1;
            put(buf, nth_row(list, row), &marked(&line, &words, theme));
        }
        row += 1;
    }
}

fn heading<'a>(place: &'a Place, width: u16, model: &Model, theme: Theme) -> Line<'a> {
    let wide = model.size.0 >= WIDE_FROM;
    let format = if wide { "%a %-d %b %Y %H:%M" } else { "%y-%m-%d %H:%M" };
    let at = local(place.item.at, &model.settings.zone).strftime(format).to_string();
    let nick = place.item.said().map(|said| said.nick.as_str()).unwrap_or_default();
    let left = usize::from(width).saturating_sub(wrap::width(&at) + 4);
    let label = wrap::fit(&place.label, left * 2 / 3);
    let nick_columns = left.saturating_sub(wrap::width(&label));
    Line::from(vec![
        Span::styled(format!(" {label}"), theme.bold()),
        Span::styled(format!(" {at} "), theme.dim()),
        Span::styled(wrap::fit(nick, nick_columns), theme.nick(nick)),
    ])
}

/// A line with what was found in it.
fn marked<'a>(line: &'a str, words: &Words, theme: Theme) -> Line<'a> {
    let mut spans = vec![Span::raw(" ".repeat(INDENT))];
    let mut end = 0;
    for range in words.find(line) {
        spans.push(Span::raw(&line[end..range.start]));
        spans.push(Span::styled(&line[range.clone()], theme.mention()));
        end = range.end;
    }
    spans.push(Span::raw(&line[end..]));
    Line::from(spans)
}

/// How many there are, and what is not looked through yet.
fn told(model: &Model) -> String {
    let search = &model.search;
    let count = search.hits.len();
    let count = match &search.stage {
        Stage::Failed(why) => return format!(" ✗ {why}"),
        Stage::Asked(_) if !model.is_online() => " offline; asked again when online".into(),
        Stage::Asked(_) if count > 0 => format!(" {count} found, searching…"),
        Stage::More(_) if count > 0 => format!(" {count} found, and more"),
        Stage::Done if count > 0 => format!(" {count} found"),
        _ => String::new(),
    };
    let indexed = search.indexed_up_to.map(|at| {
        let at = local(at, &model.settings.zone).strftime("%Y-%m-%d %H:%M");
        format!(" · indexed up to {at}, later ones may be missing")
    });
    count + indexed.unwrap_or_default().as_str()
}

fn told_style(search: &Search, theme: Theme) -> Style {
    if matches!(search.stage, Stage::Failed(_)) { theme.error() } else { theme.dim() }
}
