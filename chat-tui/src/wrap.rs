//! Text in columns: how wide it is and where its rows end.
//!
//! The unit is the grapheme cluster (Unicode UAX 29), its width that of `unicode-width`, the same crate that ratatui
//! counts cells with. A row breaks behind a space where one is near enough, else between two clusters, never inside one.

use std::{borrow::Cow, ops::Range};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that `text` takes on a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The rows of one line of text, as byte ranges; never none. The space at which a row broke belongs to no row.
#[must_use]
pub fn words(line: &str, columns: usize) -> Vec<Range<usize>> {
    let mut rows = Wrapper { columns: columns.max(1), ..Wrapper::default() };
    for (at, cluster) in line.grapheme_indices(true) {
        rows.push(at, cluster);
    }
    rows.finish(line.len())
}

/// The rows of one line of text filled to the edge, as a composer shows them: no byte is left out.
#[must_use]
pub fn cells(line: &str, columns: usize) -> Vec<Range<usize>> {
    let (mut rows, mut start, mut used) = (Vec::new(), 0, 0);
    for (at, cluster) in line.grapheme_indices(true) {
        let wide = cluster.width();
        if used + wide > columns.max(1) && at > start {
            rows.push(start..at);
            (start, used) = (at, 0);
        }
        used += wide;
    }
    rows.push(start..line.len());
    rows
}

/// The longest start of `text` within `columns`; what is cut off is marked by `…`.
#[must_use]
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let (mut out, mut used) = (String::new(), 1);
    for cluster in text.graphemes(true) {
        used += cluster.width();
        if used > columns {
            break;
        }
        out.push_str(cluster);
    }
    if columns > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

#[derive(Default)]
struct Wrapper {
    columns: usize,
    rows: Vec<Range<usize>>,
    /// Where the row begins, and how wide it is so far.
    start: usize,
    used: usize,
    /// The last space of the row: where it stands, where it ends, and the width up to its end.
    gap: Option<(usize, usize, usize)>,
}

impl Wrapper {
    fn push(&mut self, at: usize, cluster: &str) {
        let (wide, end) = (cluster.width(), at + cluster.len());
        if cluster == " " {
            self.gap = Some((at, end, self.used + 1));
            self.used += wide;
            return;
        }
        // The word that moves to the next row may fill it.
        while self.used + wide > self.columns && at > self.start {
            self.break_before(at);
        }
        self.used += wide;
    }

    fn break_before(&mut self, at: usize) {
        match self.gap.take() {
            Some((space, after, used)) if space > self.start => {
                self.rows.push(self.start..space);
                (self.start, self.used) = (after, self.used - used);
            }
            _ => {
                self.rows.push(self.start..at);
                (self.start, self.used) = (at, 0);
            }
        }
    }

    fn finish(mut self, end: usize) -> Vec<Range<usize>> {
        self.rows.push(self.start..end);
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(line: &str, columns: usize, expected: &[&str]) {
        let rows: Vec<&str> = words(line, columns).into_iter().map(|row| &line[row]).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn rows_break_at_spaces() {
        check("", 5, &[""]);
        check("hello world", 11, &["hello world"]);
        check("hello world", 10, &["hello", "world"]);
        check("a bc def", 4, &["a bc", "def"]);
        check("abcdefghij", 4, &["abcd", "efgh", "ij"]);
        check("a abcdefgh", 4, &["a", "abcd", "efgh"]);
    }

    #[test]
    fn clusters_stay_whole() {
        check("大家你好", 5, &["大家", "你好"]);
        check("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 3, &["👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"]);
        check("e\u{301}e\u{301}e\u{301}", 2, &["e\u{301}e\u{301}", "e\u{301}"]);
        check("大", 1, &["大"]);
        check("大 ", 1, &["大 "]);
    }

    #[test]
    fn what_does_not_fit_is_marked() {
        assert_eq!(fit("alice", 5), "alice");
        assert_eq!(fit("alice", 4), "ali…");
        assert_eq!(fit("大家", 3), "大…");
        assert_eq!(fit("alice", 0), "");
    }

    proptest! {
        #[test]
        fn rows_fit_and_lose_only_spaces(line in "[ a-c大👩\u{200d}👧e\u{301}\u{fe0f}]{0,60}", columns in 2usize..20) {
            let rows = words(&line, columns);
            for row in &rows {
                let text = line[row.clone()].trim_end();
                prop_assert!(width(text) <= columns || text.graphemes(true).count() == 1);
            }
            let kept: String = rows.iter().map(|row| &line[row.clone()]).collect();
            prop_assert_eq!(kept.replace(' ', ""), line.replace(' ', ""));
        }

        #[test]
        fn cells_lose_nothing(line in "[ a-c大👩\u{200d}👧e\u{301}]{0,60}", columns in 2usize..20) {
            let kept: String = cells(&line, columns).into_iter().map(|row| &line[row]).collect();
            prop_assert_eq!(kept, line);
        }
    }
}
