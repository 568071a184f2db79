//! Characters of several code points that terminals disagree about: flags, families, skin tones. Some draw their parts side
//! by side, beyond the columns that they should take, and what lies beyond stays when the row changes.

use ratatui::buffer::Buffer;

const JOINER: char = '\u{200d}';

/// Where a frame has such characters.
pub(crate) fn disputed(buffer: &Buffer) -> Vec<usize> {
    let cells = buffer.content.iter().enumerate();
    cells.filter(|(_, cell)| is_disputed(cell.symbol())).map(|(at, _)| at).collect()
}

fn is_disputed(symbol: &str) -> bool {
    // Most cells are one ASCII character.
    symbol.len() > 4 && symbol.chars().skip(1).any(is_joined)
}

/// Whether a code point belongs to the one before it on some terminals only.
const fn is_joined(c: char) -> bool {
    matches!(c, JOINER | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use ratatui::{layout::Rect, style::Style};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[usize]) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, text, Style::new());
        assert_eq!(disputed(&buffer), expected, "{text}");
    }

    #[test]
    fn flags_families_and_tones_are_disputed_and_nothing_else() {
        check("a 🇩🇪 👩‍👩‍👧 👋🏽", &[2, 5, 8]);
        check("大家 e\u{301} ❤️ 🎉", &[]);
    }
}
