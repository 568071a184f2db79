//! Below: the input with its cursor.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{Theme, nth_row, put};
use crate::{
    state::{
        Model,
        commands::secret_from,
        composer::Composer,
        geometry::{PROMPT, input_columns},
    },
    wrap,
};

/// Draws the input and tells where the cursor is.
pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: Theme) -> Option<Position> {
    let rows = rows(&model.composer, input_columns(model.size.0));
    let (row, column) = cursor(&model.composer, &rows);
    let skip = (row + 1).saturating_sub(usize::from(area.height));
    for (at, range) in rows.iter().skip(skip).take(usize::from(area.height)).enumerate() {
        let prompt = if skip + at == 0 { PROMPT } else { "  " };
        let text = shown(model.composer.text(), range.clone());
        put(
            buf,
            nth_row(area, at),
            &Line::from(vec![Span::styled(prompt, theme.dim()), Span::raw(text)]),
        );
    }
    if let Some((query, found)) = model.recall.searched() {
        searching(buf, area, query, found, theme);
    }
    let x = area.x + u16::try_from(wrap::width(PROMPT) + column).unwrap_or(u16::MAX);
    let y = area.y + u16::try_from(row.saturating_sub(skip)).unwrap_or(u16::MAX);
    (!area.is_empty()).then(|| Position::new(x.min(area.right().saturating_sub(1)), y))
}

/// A row of the text; what is for nobody's eyes is dots.
fn shown(text: &str, row: std::ops::Range<usize>) -> String {
    let hidden = secret_from(text).unwrap_or(text.len()).clamp(row.start, row.end);
    let (open, secret) = (&text[row.start..hidden], &text[hidden..row.end]);
    let dot = |c: char| "•".repeat(wrap::width(c.encode_utf8(&mut [0; 4])));
    open.replace('\t', " ") + &secret.chars().map(dot).collect::<String>()
}

/// What is searched stands at the right, so that what was found stays where it will be.
fn searching(buf: &mut Buffer, area: Rect, query: &str, found: bool, theme: Theme) {
    let text = if found { format!(" search: {query} ") } else { format!(" not found: {query} ") };
    let width = u16::try_from(wrap::width(&text)).unwrap_or(area.width).min(area.width);
    let row = Rect { x: area.right() - width, width, ..nth_row(area, 0) };
    put(buf, row, &Line::styled(text, theme.bar()));
}

/// The rows of the text, as byte ranges of all of it.
fn rows(composer: &Composer, columns: usize) -> Vec<std::ops::Range<usize>> {
    let (mut rows, mut start) = (Vec::new(), 0);
    for line in composer.text().split('\n') {
        let of_line = wrap::cells(line, columns).into_iter();
        rows.extend(of_line.map(|row| start + row.start..start + row.end));
        start += line.len() + 1;
    }
    rows
}

/// The row and column of the cursor.
fn cursor(composer: &Composer, rows: &[std::ops::Range<usize>]) -> (usize, usize) {
    let at = composer.cursor();
    let row = rows.iter().rposition(|row| row.start <= at).unwrap_or(0);
    let start = rows.get(row).map_or(0, |row| row.start);
    (row, wrap::width(&composer.text()[start..at]))
}
