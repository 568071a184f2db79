//! The words of a query, and where they stand in a text.
//!
//! The server compares texts without case, accents and width; so does this, nearly: it is only for the eye.

use std::ops::Range;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::wrap;

/// Folded words that are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

const CONDITIONS: [&str; 4] = ["from:", "in:", "before:", "after:"];

impl Words {
    /// The words of a query, without its conditions.
    #[must_use]
    pub fn of(query: &str) -> Self {
        let mut words = Vec::new();
        for (at, piece) in query.split(['"', '“', '”', '„']).enumerate() {
            let quoted = at % 2 == 1;
            let plain = piece.split_whitespace().filter(|word| quoted || !is_condition(word));
            words.extend(plain.flat_map(|word| split(word).map(|range| fold(&word[range]))));
        }
        Self(words)
    }

    /// Where they stand in a text, in order, as byte ranges that do not meet.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        let wanted = |range: &Range<usize>| self.0.contains(&fold(&text[range.clone()]));
        if self.0.is_empty() { Vec::new() } else { split(text).filter(wanted).collect() }
    }
}

fn is_condition(word: &str) -> bool {
    let word = word.to_lowercase();
    CONDITIONS.iter().any(|condition| word.starts_with(condition))
}

/// The words of a text: letters, digits and marks in a row; of scripts without blanks each character.
fn split(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = chars.find(|(_, c)| is_of_word(*c))?;
        let mut end = start + first.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| is_of_word(*c) && !is_unspaced(first, *c))
        {
            end = at + c.len_utf8();
        }
        Some(start..end)
    })
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Whether a word ends between the two: Thai to Khmer, Kana, Han, Hangul.
fn is_unspaced(before: char, c: char) -> bool {
    let alone = |c| matches!(c, '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3005}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}');
    alone(before) && !is_combining_mark(c) || alone(c)
}

fn fold(word: &str) -> String {
    let bare = word.nfkd().filter(|c| !is_combining_mark(*c));
    bare.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// A text in at most `rows` rows, beginning where something that was found is in sight.
#[must_use]
pub fn snippet(text: &str, words: &Words, columns: usize, rows: usize) -> Vec<String> {
    let line = text.replace(['\n', '\t'], " ");
    let space = columns.max(1) * rows.max(1);
    let start = start(&line, words, space);
    let cut = if start > 0 { format!("…{}", &line[start..]) } else { line };
    let wrapped = wrap::words(&cut, columns);
    let more = wrapped.len() > rows;
    let mut lines: Vec<String> =
        wrapped.into_iter().take(rows).map(|row| cut[row].to_owned()).collect();
    if let Some(last) = lines.last_mut().filter(|_| more) {
        *last = format!("{}…", wrap::fit(last, columns.saturating_sub(1)).trim_end_matches('…'));
    }
    lines
}

/// A third of the space before what was found first, at a word's beginning; 0 where all is in sight anyway.
fn start(line: &str, words: &Words, space: usize) -> usize {
    let Some(first) = words.find(line).first().map(|range| range.start) else { return 0 };
    if wrap::width(&line[..first]) + space / 3 < space {
        return 0;
    }
    let mut starts = split(&line[..first]).map(|range| range.start);
    let near = starts.find(|at| wrap::width(&line[*at..first]) <= space / 3);
    near.unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, text: &str, expected: &[&str]) {
        let found = Words::of(query).find(text);
        assert_eq!(found.into_iter().map(|range| &text[range]).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn words_are_found_as_the_server_does() {
        check("kettle", "The Kettle, a kettle; kettles", &["Kettle", "kettle"]);
        check("from:bob cafe", "from bob: Café", &["Café"]);
        check("ПРИВЕТ", "Привет всем", &["Привет"]);
        check("\"the kettle\"", "in the old kettle", &["the", "kettle"]);
        check("\"from:bob\"", "from bob", &["from", "bob"]);
        check("你好", "大家你好吗", &["你", "好"]);
        check("foo_bar.rs", "in Foo_bar.rs", &["Foo", "bar", "rs"]);
        check("", "anything", &[]);
    }

    #[test]
    fn a_snippet_shows_what_was_found() {
        let words = Words::of("kettle");
        let long = "word ".repeat(40) + "the kettle is on " + &"word ".repeat(40);
        assert_eq!(snippet("the kettle", &words, 20, 1), ["the kettle"]);
        assert_eq!(snippet(&long, &words, 20, 1), ["…the kettle is on…"]);
        assert_eq!(snippet(&long, &words, 5, 2).len(), 2);
        assert_eq!(snippet("one\ntwo", &words, 20, 2), ["one two"]);
    }
}
