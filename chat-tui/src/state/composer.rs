//! The input: a text of one or more lines and a cursor in it, edited as readline does.
//!
//! The cursor stands between grapheme clusters. What is killed can be yanked back.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// Bytes of an input: the longest message, and the command before it.
pub const INPUT_BYTES_MAX: usize = chat_proto::text::TEXT_BYTES_MAX + 256;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composer {
    text: String,
    cursor: usize,
    killed: String,
}

impl Composer {
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte before which the cursor stands.
    #[must_use]
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes another text, the cursor at its end.
    pub fn set(&mut self, text: &str) {
        self.text.clear();
        self.cursor = 0;
        self.insert(text);
    }

    /// The text, leaving nothing.
    pub fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Inserts at the cursor, without what a terminal would act upon. What is over the limit is left out.
    pub fn insert(&mut self, text: &str) {
        self.take_in(text);
    }

    /// Inserts, and tells how many bytes at the end were left out.
    pub fn take_in(&mut self, text: &str) -> usize {
        let clean = chat_proto::text::clean(text);
        let room = INPUT_BYTES_MAX.saturating_sub(self.text.len());
        let end = clean.floor_char_boundary(room);
        self.text.insert_str(self.cursor, &clean[..end]);
        self.cursor += end;
        clean.len() - end
    }

    pub fn newline(&mut self) {
        self.insert("\n");
    }

    /// Puts `text` in place of the bytes from `start` to the cursor.
    pub fn replace_back_to(&mut self, start: usize, text: &str) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
        self.insert(text);
    }

    pub fn left(&mut self) {
        self.cursor = self.before(self.cursor);
    }

    pub fn right(&mut self) {
        self.cursor = self.after(self.cursor);
    }

    pub fn line_start(&mut self) {
        self.cursor = self.start_of_line();
    }

    pub fn line_end(&mut self) {
        self.cursor = self.end_of_line();
    }

    pub fn word_left(&mut self) {
        self.cursor = self.word_before();
    }

    pub fn word_right(&mut self) {
        self.cursor = self.word_after();
    }

    /// Moves to the line above; false where there is none.
    pub fn up(&mut self) -> bool {
        let start = self.start_of_line();
        let Some(above) = start.checked_sub(1) else { return false };
        let column = self.text[start..self.cursor].graphemes(true).count();
        let start = self.text[..above].rfind('\n').map_or(0, |at| at + 1);
        self.cursor = self.at_column(start, above, column);
        true
    }

    /// Moves to the line below; false where there is none.
    pub fn down(&mut self) -> bool {
        let (start, end) = (self.start_of_line(), self.end_of_line());
        if end == self.text.len() {
            return false;
        }
        let column = self.text[start..self.cursor].graphemes(true).count();
        let below = self.text[end + 1..].find('\n').map_or(self.text.len(), |at| end + 1 + at);
        self.cursor = self.at_column(end + 1, below, column);
        true
    }

    pub fn backspace(&mut self) {
        let start = self.before(self.cursor);
        self.remove(start, self.cursor);
    }

    pub fn delete(&mut self) {
        let end = self.after(self.cursor);
        self.remove(self.cursor, end);
    }

    pub fn kill_to_end(&mut self) {
        let end = self.end_of_line();
        // At a line's end the line break goes, as in emacs.
        let end = if end == self.cursor { self.after(end) } else { end };
        self.kill(self.cursor, end);
    }

    pub fn kill_to_start(&mut self) {
        self.kill(self.start_of_line(), self.cursor);
    }

    /// Kills back to the last space.
    pub fn kill_word_back(&mut self) {
        let head = self.text[..self.cursor].trim_end();
        let start = head.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let start = if head[start..].is_empty() { head.len() } else { start };
        self.kill(start, self.cursor);
    }

    pub fn kill_word(&mut self) {
        self.kill(self.cursor, self.word_after());
    }

    pub fn yank(&mut self) {
        let killed = std::mem::take(&mut self.killed);
        self.insert(&killed);
        self.killed = killed;
    }

    /// Swaps the clusters around the cursor, or the last two at the end.
    pub fn transpose(&mut self) {
        let end = self.after(self.cursor);
        let middle = self.before(end);
        let start = self.before(middle);
        if start < middle && middle < end {
            let swapped = format!("{}{}", &self.text[middle..end], &self.text[start..middle]);
            self.text.replace_range(start..end, &swapped);
            self.cursor = end;
        }
    }

    fn kill(&mut self, start: usize, end: usize) {
        if start < end {
            self.text[start..end].clone_into(&mut self.killed);
            self.remove(start, end);
        }
    }

    fn remove(&mut self, start: usize, end: usize) {
        self.text.replace_range(start..end, "");
        self.cursor = start;
    }

    fn start_of_line(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    fn end_of_line(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    fn at_column(&self, start: usize, end: usize, column: usize) -> usize {
        let line = &self.text[start..end];
        line.grapheme_indices(true).nth(column).map_or(end, |(at, _)| start + at)
    }

    fn before(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        cursor.prev_boundary(&self.text, 0).ok().flatten().unwrap_or(0)
    }

    fn after(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        cursor.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len())
    }

    fn word_before(&self) -> usize {
        let mut words = self.text[..self.cursor].unicode_word_indices();
        words.next_back().map_or(0, |(at, _)| at)
    }

    fn word_after(&self) -> usize {
        let next = self.text[self.cursor..].unicode_word_indices().next();
        next.map_or(self.text.len(), |(at, word)| self.cursor + at + word.len())
    }
}

#[cfg(test)]
mod tests;
